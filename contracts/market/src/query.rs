//! Answers to questions. Every list is paginated.

mod deployments;
mod governance;
mod groups;
mod money;
mod providers;
mod rehearsal;

use cosmwasm_std::{Binary, Deps, Env};
use escrow::Seconds;

use crate::error::ContractError;
use crate::msg::QueryMsg;

/// Entries of a list, unless the question says otherwise.
const PAGE: u32 = 10;
/// Entries of a list at most.
const PAGE_MAX: u32 = 50;

/// What every answer is taken from.
#[derive(Clone, Copy)]
struct Asked<'a> {
    deps: Deps<'a>,
    env: &'a Env,
    /// Block time.
    now: Seconds,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Who rules, by which parameters, over which routes and denoms.
    Governance,
    /// Providers, their offers, and what auditors signed.
    Providers,
    /// Deployments, dead and alive.
    Deployments,
    /// Orders, bids and leases.
    Groups,
    /// What is owed, credited and under way.
    Money,
    /// What would happen.
    Rehearsal,
}

/// Every question has its place here.
const fn subject_of(msg: &QueryMsg) -> Subject {
    match msg {
        QueryMsg::Config {}
        | QueryMsg::Ownership {}
        | QueryMsg::Routes { .. }
        | QueryMsg::Denoms { .. }
        | QueryMsg::Announcements { .. }
        | QueryMsg::Info {} => Subject::Governance,
        QueryMsg::Provider { .. }
        | QueryMsg::Providers { .. }
        | QueryMsg::Attestations { .. }
        | QueryMsg::Offer { .. }
        | QueryMsg::Offers { .. } => Subject::Providers,
        QueryMsg::Deployment { .. }
        | QueryMsg::Deployments { .. }
        | QueryMsg::Status { .. }
        | QueryMsg::Tombstone { .. } => Subject::Deployments,
        QueryMsg::Orders { .. }
        | QueryMsg::Order { .. }
        | QueryMsg::Bids { .. }
        | QueryMsg::Lease { .. }
        | QueryMsg::Leases { .. } => Subject::Groups,
        QueryMsg::Claimable { .. }
        | QueryMsg::InFlight { .. }
        | QueryMsg::Accepted { .. }
        | QueryMsg::Solvency { .. } => Subject::Money,
        QueryMsg::Check { .. } | QueryMsg::Quote { .. } => Subject::Rehearsal,
    }
}

/// Answers.
pub(crate) fn answer(deps: Deps<'_>, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let asked = Asked { deps, env, now: Seconds::new(env.block.time.seconds()) };
    match subject_of(&msg) {
        Subject::Governance => governance::answer(asked, msg),
        Subject::Providers => providers::answer(asked, msg),
        Subject::Deployments => deployments::answer(asked, msg),
        Subject::Groups => groups::answer(asked, msg),
        Subject::Money => money::answer(asked, msg),
        Subject::Rehearsal => rehearsal::answer(asked, msg),
    }
}

/// A table was asked a question that [`subject_of`] does not send there.
const MISPLACED: ContractError = ContractError::Missing { what: "the table of a question" };

/// How many entries a list gives.
fn page(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(PAGE).min(PAGE_MAX)).unwrap_or_default()
}
