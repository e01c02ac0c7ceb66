//! One event type per transition, and in all of them what a reader needs who keeps the whole market from
//! events alone: simnet's random histories are folded so and compared with the queries. What time alone
//! changes (funds that run out, bids that bind no more) has no event, nor has a heartbeat but the first.

use cosmwasm_std::{Event, Uint128};
use protocol::DeploymentId;

use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::Funds;
use crate::msg::LeaseId;
use crate::state::denom;
use crate::state::principal::{self, PrincipalId};

/// Something happened to a deployment.
pub(crate) fn of_deployment(kind: &str, id: &DeploymentId) -> Event {
    Event::new(kind).add_attribute("deployment", id.to_string())
}

/// Something happened to an order, a bid or a lease.
pub(crate) fn of_group(kind: &str, id: &DeploymentId, group: u32) -> Event {
    of_deployment(kind, id).add_attribute("group", group.to_string())
}

/// Something happened to a lease named by a caller.
pub(crate) fn of_lease(kind: &str, id: &LeaseId) -> Event {
    of_group(kind, &id.deployment, id.group)
}

/// Something happened to a provider.
pub(crate) fn of_provider(kind: &str, provider: &str) -> Event {
    Event::new(kind).add_attribute("provider", provider)
}

/// Tells what somebody is credited where no other event does: a claimable that comes from a lease, a
/// bid, an offer, a stake or a transfer home stands in the event of its end.
pub(crate) fn tell_credit(
    ctx: &mut Context<'_>,
    claimant: PrincipalId,
    funds: Funds,
) -> Result<(), ContractError> {
    if funds.amount.is_zero() {
        return Ok(());
    }
    let claimant = principal::name(ctx.state(), claimant)?.to_string();
    let denom = denom::load(ctx.state(), funds.denom)?.name;
    ctx.emit(of_credit("credited", &claimant, &denom, funds.amount));
    Ok(())
}

/// Something happened to what somebody may claim.
pub(crate) fn of_credit(kind: &str, claimant: &str, denom: &str, amount: Uint128) -> Event {
    Event::new(kind)
        .add_attribute("claimant", claimant)
        .add_attribute("denom", denom)
        .add_attribute("amount", amount)
}
