//! Leases: a group run by a provider. pending → active → (reclaiming) → closed.

pub(crate) mod close;
pub(crate) mod heartbeat;
pub(crate) mod silence;
pub(crate) mod start;
pub(crate) mod terms;
pub(crate) mod withdraw;

use cosmwasm_std::Storage;
use protocol::DeploymentId;

use crate::deployment::Live;
use crate::error::ContractError;
use crate::msg::LeaseId;
use crate::state::deployment::{LEASES, Lease};
use crate::state::principal;

/// The lease of a group.
pub(crate) fn load(storage: &dyn Storage, live: &Live, group: u32) -> Result<Lease, ContractError> {
    let lease = LEASES.may_load(storage, (live.number, group))?;
    lease.ok_or_else(|| not_found(&live.id, group))
}

fn not_found(deployment: &DeploymentId, group: u32) -> ContractError {
    ContractError::NotFound { what: "lease", id: format!("{deployment}/{group}") }
}

/// A lease and its deployment, for whoever names it.
pub(crate) fn load_named(
    storage: &dyn Storage,
    id: &LeaseId,
) -> Result<(Live, Lease), ContractError> {
    let live = Live::load(storage, &id.deployment)?;
    let lease = load(storage, &live, id.group)?;
    Ok((live, lease))
}

/// Refuses anybody but the lease's provider.
pub(crate) fn require_provider(
    storage: &dyn Storage,
    lease: &Lease,
    caller: &str,
) -> Result<(), ContractError> {
    if principal::address(storage, lease.provider)? != caller {
        return Err(ContractError::Unauthorized {
            sender: caller.into(),
            expected: "the lease's provider",
        });
    }
    Ok(())
}
