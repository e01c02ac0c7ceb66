//! One event type per transition. Off-chain code takes them as hints and confirms by a query.

use cosmwasm_std::{Event, Uint128};
use protocol::DeploymentId;

use crate::msg::LeaseId;

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

/// Something happened to what somebody may claim.
pub(crate) fn of_credit(kind: &str, claimant: &str, denom: &str, amount: Uint128) -> Event {
    Event::new(kind)
        .add_attribute("claimant", claimant)
        .add_attribute("denom", denom)
        .add_attribute("amount", amount)
}
