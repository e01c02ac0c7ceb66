//! Deployments, dead or alive.

use cosmwasm_std::{Binary, Order, Storage, Uint128, to_json_binary};
use cw_storage_plus::Bound;
use escrow::Seconds;
use protocol::control::DeploymentState;
use protocol::deployment::LocalOperator;
use protocol::{DeploymentId, Tenant};

use super::{Asked, MISPLACED, page};
use crate::deployment::Live;
use crate::error::ContractError;
use crate::msg::{
    DeploymentInfo, DeploymentSummary, DeploymentsResponse, QueryMsg, StoredTombstone,
};
use crate::state::deployment::{self as state, OPERATORS, Operator, SLOTS, Slot};
use crate::state::{denom, principal, revised};
use crate::status;

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, now, .. }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Deployment { id } => to_json_binary(&deployment(store, &id, now)?),
        QueryMsg::Deployments { tenant, start_after, limit } => {
            to_json_binary(&deployments(store, (tenant, start_after), page(limit))?)
        }
        QueryMsg::Status { id } => to_json_binary(&status::of(store, &id, now)?),
        QueryMsg::Tombstone { id } => to_json_binary(&tombstone(store, &id)?),
        _ => return Err(MISPLACED),
    }?)
}

fn deployment(
    store: &dyn Storage,
    id: &DeploymentId,
    now: Seconds,
) -> Result<DeploymentInfo, ContractError> {
    let mut live = Live::load(store, id)?;
    live.account.settle(now)?;
    let operators = OPERATORS.may_load(store, live.number)?.unwrap_or_default();
    let (record, account) = (&live.record, &live.account);
    Ok(DeploymentInfo {
        id: id.clone(),
        status: status::of_live(store, &live)?,
        deployment: revised::current(store, live.number)?,
        local_operators: operators.into_iter().map(|operator| told(operator, now)).collect(),
        denom: denom::load(store, record.denom)?.name,
        opened_at: record.opened_at,
        refund_to: record.refund_to.clone(),
        local_refund: record.local_refund.clone().map(Into::into),
        deposited: Uint128::new(account.deposited().get()),
        refunded: Uint128::new(account.refunded().get()),
        missing_to_revive: Uint128::new(account.missing_to_revive()?.get()),
        short_since: account.short_since().map(Seconds::get),
        grace_seconds: record.grace_seconds,
        fee_bps: record.fee_bps,
        idle_since: record.idle_since,
    })
}

/// An operator, with what is left of its time.
fn told(operator: Operator, now: Seconds) -> LocalOperator {
    LocalOperator {
        address: operator.address.into(),
        scopes: operator.scopes,
        expires_in_seconds: operator.expires_at.map(|at| at.saturating_sub(now.get())),
    }
}

fn deployments(
    store: &dyn Storage,
    (tenant, after): (Tenant, Option<u64>),
    limit: usize,
) -> Result<DeploymentsResponse, ContractError> {
    let Some(tenant) = principal::find(store, &tenant)? else {
        return Ok(DeploymentsResponse { deployments: Vec::new() });
    };
    let start = after.map(Bound::exclusive);
    let slots = SLOTS.prefix(tenant).range(store, start, None, Order::Ascending).take(limit);
    let deployments = slots.map(|entry| {
        let (seq, slot) = entry?;
        let state = match slot {
            Slot::Live(_) => DeploymentState::Open,
            Slot::Closed(_) => DeploymentState::Closed,
        };
        Ok(DeploymentSummary { seq, state })
    });
    Ok(DeploymentsResponse { deployments: deployments.collect::<Result<_, ContractError>>()? })
}

fn tombstone(store: &dyn Storage, id: &DeploymentId) -> Result<StoredTombstone, ContractError> {
    match state::slot(store, id)? {
        Some(Slot::Closed(tombstone)) => Ok(StoredTombstone {
            closed_at: tombstone.closed_at,
            reason: tombstone.reason,
            revision: tombstone.revision,
            refunded: tombstone.refunded,
            denom: denom::load(store, tombstone.denom)?.name,
        }),
        Some(Slot::Live(_)) | None => {
            Err(ContractError::NotFound { what: "closed deployment", id: id.to_string() })
        }
    }
}
