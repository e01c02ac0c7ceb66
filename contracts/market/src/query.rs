//! Answers to questions. Every list is paginated.

mod deployments;
mod governance;
mod groups;
mod money;
mod providers;
mod rehearsal;

use cosmwasm_std::{Binary, Deps, Env, to_json_binary};
use escrow::Seconds;

use crate::error::ContractError;
use crate::msg::QueryMsg;
use crate::status;

/// Entries of a list, unless the question says otherwise.
const PAGE: u32 = 10;
/// Entries of a list at most.
const PAGE_MAX: u32 = 50;

/// Answers.
#[expect(clippy::too_many_lines, reason = "one arm per question, and nothing else")]
pub(crate) fn answer(deps: Deps<'_>, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let now = Seconds::new(env.block.time.seconds());
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Config {} => to_json_binary(&governance::config(store)?),
        QueryMsg::Ownership {} => to_json_binary(&governance::ownership(store)?),
        QueryMsg::Routes { start_after, limit } => {
            to_json_binary(&governance::routes(store, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Denoms { start_after, limit } => {
            to_json_binary(&governance::denoms(store, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Info {} => to_json_binary(&governance::info()),
        QueryMsg::Provider { address } => to_json_binary(&providers::provider(store, &address)?),
        QueryMsg::Providers { start_after, limit } => {
            to_json_binary(&providers::providers(store, start_after, page(limit))?)
        }
        QueryMsg::Attestations { provider, start_after, limit } => {
            let range = (provider.as_str(), start_after);
            to_json_binary(&providers::attestations(store, range, page(limit))?)
        }
        QueryMsg::Offer { offer } => to_json_binary(&providers::offer(store, offer, now)?),
        QueryMsg::Offers { provider, start_after, limit } => {
            to_json_binary(&providers::offers(store, (provider, start_after), now, page(limit))?)
        }
        QueryMsg::Deployment { id } => to_json_binary(&deployments::deployment(store, &id, now)?),
        QueryMsg::Deployments { tenant, start_after, limit } => {
            to_json_binary(&deployments::deployments(store, (tenant, start_after), page(limit))?)
        }
        QueryMsg::Status { id } => to_json_binary(&status::of(store, &id, now)?),
        QueryMsg::Tombstone { id } => to_json_binary(&deployments::tombstone(store, &id)?),
        QueryMsg::Orders { start_after, limit } => {
            to_json_binary(&groups::orders(store, start_after.as_ref(), page(limit))?)
        }
        QueryMsg::Order { id } => to_json_binary(&groups::order(store, &id)?),
        QueryMsg::Bids { order, start_after, limit } => {
            to_json_binary(&groups::bids(store, (&order, start_after), page(limit))?)
        }
        QueryMsg::Lease { id } => to_json_binary(&groups::lease(store, &id, now)?),
        QueryMsg::Leases { provider, start_after, limit } => {
            let range = (provider, start_after);
            to_json_binary(&groups::leases(store, range, now, page(limit))?)
        }
        QueryMsg::Claimable { claimant, denom } => {
            to_json_binary(&money::claimable(store, &claimant, &denom)?)
        }
        QueryMsg::InFlight { route, start_after, limit } => {
            to_json_binary(&money::in_flight(store, (&route, start_after), page(limit))?)
        }
        QueryMsg::Announcements { start_after, limit } => {
            to_json_binary(&governance::announcements(store, start_after, page(limit))?)
        }
        QueryMsg::Accepted { route, sender, n } => {
            to_json_binary(&money::accepted(store, (&route, &sender, n), now)?)
        }
        QueryMsg::Solvency { denom } => to_json_binary(&money::solvency(deps, env, &denom)?),
        QueryMsg::Check { route, sender, coin, message } => {
            to_json_binary(&rehearsal::check(deps, env, (&route, &sender, coin), &message))
        }
        QueryMsg::Quote { route, denom, deployment, seconds } => {
            let paid = (route.as_deref(), denom.as_str());
            to_json_binary(&rehearsal::quote(store, now, (paid, &deployment), seconds)?)
        }
    }?)
}

/// How many entries a list gives.
fn page(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(PAGE).min(PAGE_MAX)).unwrap_or_default()
}
