//! Deployments, dead or alive.

use cosmwasm_std::{Binary, Order, Storage, Uint128, to_json_binary};
use cw_storage_plus::Bound;
use escrow::Seconds;
use protocol::control::DeploymentState;
use protocol::deployment::LocalOperator;
use protocol::{DeploymentId, Tenant};

use super::{Asked, MISPLACED, denom_number, fill, fits, page};
use crate::deployment::Live;
use crate::deployment::close::IDLE_SECONDS;
use crate::error::ContractError;
use crate::msg::{
    DeploymentInfo, DeploymentSummary, DeploymentsResponse, LiveDeployment,
    LiveDeploymentsResponse, QueryMsg, Standing, StoredTombstone,
};
use crate::state::deployment::{
    self as state, Number, OPERATORS, Operator, RECORDS, Record, SLOTS, Slot,
};
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
        QueryMsg::Deployments { tenant, denom, state, start_after, limit } => {
            let of = (&tenant, denom.as_deref(), state);
            to_json_binary(&deployments(store, of, start_after, page(limit))?)
        }
        QueryMsg::LiveDeployments { denom, standing, start_after, limit } => {
            let of = (denom.as_deref(), standing);
            to_json_binary(&live(store, of, start_after.as_ref(), (now, page(limit)))?)
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
    (tenant, denom, state): (&Tenant, Option<&str>, Option<DeploymentState>),
    after: Option<u64>,
    limit: usize,
) -> Result<DeploymentsResponse, ContractError> {
    let wanted = denom_number(store, denom)?;
    let tenant = principal::find(store, tenant)?.unwrap_or(principal::NOBODY);
    let start = after.map(Bound::exclusive);
    let numbers = SLOTS.prefix(tenant).keys(store, start, None, Order::Ascending);
    let (deployments, next) = fill(numbers, limit, &mut |seq| {
        let (now, denom) = match SLOTS.load(store, (tenant, *seq))? {
            Slot::Live(number) => (DeploymentState::Open, state::record(store, number)?.denom),
            Slot::Closed(tombstone) => (DeploymentState::Closed, tombstone.denom),
        };
        if !fits(state, now) || !fits(wanted, denom) {
            return Ok(None);
        }
        let denom = denom::load(store, denom)?.name;
        Ok(Some(DeploymentSummary { seq: *seq, state: now, denom }))
    })?;
    Ok(DeploymentsResponse { deployments, next })
}

fn live(
    store: &dyn Storage,
    (denom, standing): (Option<&str>, Option<Standing>),
    after: Option<&DeploymentId>,
    (now, limit): (Seconds, usize),
) -> Result<LiveDeploymentsResponse, ContractError> {
    let denom = denom_number(store, denom)?;
    let after = after.map(|id| state::number(store, id)).transpose()?;
    let start = after.map(Bound::exclusive);
    let numbers = RECORDS.keys(store, start, None, Order::Ascending);
    let (deployments, next) = fill(numbers, limit, &mut |number| {
        let record = state::record(store, *number)?;
        if !fits(denom, record.denom) {
            return Ok(None);
        }
        let told = told_live(store, (*number, &record), now)?;
        Ok(fits(standing, told.standing).then_some(told))
    })?;
    let next = next.map(|number| state::id(store, &state::record(store, number)?)).transpose()?;
    Ok(LiveDeploymentsResponse { deployments, next })
}

fn told_live(
    store: &dyn Storage,
    (number, record): (Number, &Record),
    now: Seconds,
) -> Result<LiveDeployment, ContractError> {
    let mut account = state::account(store, number)?;
    account.settle(now)?;
    let short = account.short_since();
    let grace_over = short.map(|since| since.after(Seconds::new(record.grace_seconds)));
    let idle_over = record.idle_since.map(|since| Seconds::new(since).after(IDLE_SECONDS));
    Ok(LiveDeployment {
        id: state::id(store, record)?,
        standing: match (record.idle_since, short) {
            (Some(_), _) => Standing::Idle,
            (None, Some(_)) => Standing::Short,
            (None, None) => Standing::Funded,
        },
        denom: denom::load(store, record.denom)?.name,
        opened_at: record.opened_at,
        free: Uint128::new(account.free().whole().get()),
        runs_out_at: account.runs_out_at()?.map(Seconds::get),
        closable_at: grace_over.into_iter().chain(idle_over).min().map(Seconds::get),
        orders: record.orders,
        leases: record.leases,
    })
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
