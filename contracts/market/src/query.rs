//! Answers to questions. Every list is paginated.

mod deployments;
mod governance;
mod groups;
mod money;
mod places;
mod providers;
mod rehearsal;

use cosmwasm_std::{Binary, Deps, Env, Storage};
use cw_storage_plus::Bound;
use escrow::Seconds;
use store::Entries;

use crate::error::ContractError;
use crate::msg::QueryMsg;
use crate::state::denom::{self, DenomId};
use crate::state::principal::{self, PrincipalId};

/// Entries of a list, unless the question says otherwise.
const PAGE: u32 = 10;
/// Entries of a list at most.
const PAGE_MAX: u32 = 50;
/// Entries at which a list with a filter looks at most.
const LOOK_MAX: usize = 100;

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
        | QueryMsg::Stats {}
        | QueryMsg::Info {} => Subject::Governance,
        QueryMsg::Provider { .. }
        | QueryMsg::Providers { .. }
        | QueryMsg::Attestations { .. }
        | QueryMsg::Offer { .. }
        | QueryMsg::Offers { .. } => Subject::Providers,
        QueryMsg::Deployment { .. }
        | QueryMsg::Deployments { .. }
        | QueryMsg::LiveDeployments { .. }
        | QueryMsg::Status { .. }
        | QueryMsg::Tombstone { .. } => Subject::Deployments,
        QueryMsg::Orders { .. }
        | QueryMsg::Order { .. }
        | QueryMsg::Bids { .. }
        | QueryMsg::BidsOf { .. }
        | QueryMsg::Lease { .. }
        | QueryMsg::Leases { .. } => Subject::Groups,
        QueryMsg::Claimable { .. }
        | QueryMsg::Claimables { .. }
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
    usize::try_from(limit.unwrap_or(PAGE).clamp(1, PAGE_MAX)).unwrap_or_default()
}

/// What a list with a filter gives, and the place after which it goes on, if it does.
type Found<T, K> = (Vec<T>, Option<K>);

/// Tells of entries until there are `limit`, or [`LOOK_MAX`] were looked at. What does not fit the filter
/// is told as none.
fn fill<K, T>(
    mut places: Entries<'_, K>,
    limit: usize,
    tell: &mut dyn FnMut(&K) -> Result<Option<T>, ContractError>,
) -> Result<Found<T, K>, ContractError> {
    let (mut found, mut last) = (Vec::new(), None);
    for _ in 0..LOOK_MAX {
        let Some(place) = places.next().transpose()? else { return Ok((found, None)) };
        if found.len() == limit {
            return Ok((found, last));
        }
        found.extend(tell(&place)?);
        last = Some(place);
    }
    let is_end = places.next().is_none();
    Ok((found, last.filter(|_| !is_end)))
}

/// Whether a filter lets something through.
fn fits<T: PartialEq>(filter: Option<T>, got: T) -> bool {
    filter.is_none_or(|wanted| wanted == got)
}

/// The number of a denom to look for. One that nobody ever named fits nothing.
fn denom_number(store: &dyn Storage, name: Option<&str>) -> Result<Option<DenomId>, ContractError> {
    name.map(|name| Ok(denom::find(store, name)?.unwrap_or(denom::NONE))).transpose()
}

/// The place of somebody in a list by address, after which it goes on.
fn after_address<'a>(
    store: &dyn Storage,
    address: Option<String>,
) -> Result<Option<Bound<'a, PrincipalId>>, ContractError> {
    let Some(address) = address else { return Ok(None) };
    let id = principal::find(store, &principal::local(address.as_str()))?;
    let id = id.ok_or(ContractError::NotFound { what: "address to go on after", id: address })?;
    Ok(Some(Bound::exclusive(id)))
}
