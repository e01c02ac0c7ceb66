//! How a deployment stands.

use cosmwasm_std::{Storage, Uint128};
use escrow::{Account, Seconds};
use protocol::DeploymentId;
use protocol::control::{DeploymentState, DeploymentStatus, GroupState, GroupStatus};

use crate::deployment::Live;
use crate::error::ContractError;
use crate::state::deployment::{self as state, LEASES, Lease, ORDERS, Slot, Tombstone};
use crate::state::principal;

/// The status of a deployment, dead or alive, in the second `now`.
pub(crate) fn of(
    storage: &dyn Storage,
    id: &DeploymentId,
    now: Seconds,
) -> Result<DeploymentStatus, ContractError> {
    if let Some(Slot::Closed(tombstone)) = state::slot(storage, id)? {
        return Ok(of_closed(id.seq, &tombstone, now));
    }
    let mut live = Live::load(storage, id)?;
    live.account.settle(now)?;
    of_live(storage, &live)
}

fn of_closed(seq: u64, tombstone: &Tombstone, now: Seconds) -> DeploymentStatus {
    DeploymentStatus {
        seq,
        revision: tombstone.revision,
        state: DeploymentState::Closed,
        at: now.get(),
        free: Uint128::zero(),
        rate: Uint128::zero(),
        runs_out_at: None,
        groups: Vec::new(),
    }
}

/// The status of a deployment whose account is settled.
pub(crate) fn of_live(
    storage: &dyn Storage,
    live: &Live,
) -> Result<DeploymentStatus, ContractError> {
    let account = &live.account;
    let groups = (0..live.record.groups).map(|group| of_group(storage, live, group));
    let mut rate = escrow::NanoRate::ZERO;
    for stream in account.streams() {
        rate = rate.try_add(stream.rate())?;
    }
    Ok(DeploymentStatus {
        seq: live.id.seq,
        revision: live.record.revision,
        state: DeploymentState::Open,
        at: account.settled_at().get(),
        free: Uint128::new(account.free().whole().get()),
        rate: Uint128::new(rate.get()),
        runs_out_at: account.runs_out_at()?.map(Seconds::get),
        groups: groups.collect::<Result<_, _>>()?,
    })
}

fn of_group(storage: &dyn Storage, live: &Live, group: u32) -> Result<GroupStatus, ContractError> {
    let key = (live.number, group);
    if let Some(lease) = LEASES.may_load(storage, key)? {
        return Ok(GroupStatus {
            state: of_lease(&lease, &live.account, group)?,
            provider: Some(principal::address(storage, lease.provider)?),
            rate: Some(Uint128::new(live.account.stream(group)?.rate().get())),
        });
    }
    let is_open = ORDERS.has(storage, key);
    let state = if is_open { GroupState::Open } else { GroupState::Closed };
    Ok(GroupStatus { state, provider: None, rate: None })
}

/// Pending, active or reclaiming.
pub(crate) fn of_lease(
    lease: &Lease,
    account: &Account,
    group: u32,
) -> Result<GroupState, ContractError> {
    Ok(if lease.reclaiming {
        GroupState::Reclaiming
    } else if account.stream(group)?.beats() == 0 {
        GroupState::Pending
    } else {
        GroupState::Active
    })
}
