//! Closing a deployment: its orders, its leases, and the rest of its account on the way home.

use cosmwasm_std::Uint128;
use escrow::Seconds;
use protocol::DeploymentId;
use protocol::money::SettleKind;

use super::Live;
use crate::context::Context;
use crate::error::ContractError;
use crate::lease::close as lease_close;
use crate::ledger::Funds;
use crate::state::deployment::{
    ACCOUNTS, LEASES, OPERATORS, ORDERS, RECORDS, Record, SLOTS, SPECS, Slot, Tombstone,
};
use crate::state::revised::REVISED;
use crate::{event, order, settle};

/// Seconds after which anyone may finish a deployment that has neither order nor lease.
pub(crate) const IDLE_SECONDS: Seconds = Seconds::new(86_400);

/// Closes a deployment as its tenant wants it.
pub(crate) fn by_tenant(ctx: &mut Context<'_>, mut live: Live) -> Result<(), ContractError> {
    let at = lease_close::judged_at(&mut live, ctx.now())?;
    for group in 0..live.record.groups {
        let key = (live.number, group);
        if ORDERS.has(ctx.state(), key) {
            order::close(ctx, &mut live, group, "closed")?;
        } else if LEASES.has(ctx.state(), key) {
            lease_close::by_tenant(ctx, &mut live, group, at)?;
        }
    }
    finish(ctx, live, "closed")
}

/// Closes a deployment that has been out of funds for longer than its grace.
pub(crate) fn short(ctx: &mut Context<'_>, id: &DeploymentId) -> Result<(), ContractError> {
    let now = ctx.now();
    let mut live = Live::load(ctx.state(), id)?;
    live.account.settle(now)?;
    let since = live.account.short_since();
    let since = since
        .ok_or(ContractError::WrongState { what: "deployment", problem: "is not out of funds" })?;
    let at = since.after(Seconds::new(live.record.grace_seconds));
    require_reached(now, at, "a deployment out of funds can be closed")?;
    for group in 0..live.record.groups {
        let key = (live.number, group);
        if ORDERS.has(ctx.state(), key) {
            order::close(ctx, &mut live, group, "out_of_funds")?;
        } else if LEASES.has(ctx.state(), key) {
            lease_close::out_of_funds(ctx, &mut live, group, since)?;
        }
    }
    finish(ctx, live, "out_of_funds")
}

/// Closes a deployment that has had neither order nor lease for a day.
pub(crate) fn idle(ctx: &mut Context<'_>, id: &DeploymentId) -> Result<(), ContractError> {
    let live = Live::load(ctx.state(), id)?;
    let Record { orders, leases, .. } = live.record;
    let in_use = ContractError::InUse { what: "deployment", orders, leases };
    let since = live.record.idle_since.ok_or(in_use)?;
    let at = Seconds::new(since).after(IDLE_SECONDS);
    require_reached(ctx.now(), at, "an idle deployment can be finished")?;
    finish(ctx, live, "idle")
}

/// Refuses what comes before its time.
pub(crate) fn require_reached(
    now: Seconds,
    at: Seconds,
    what: &'static str,
) -> Result<(), ContractError> {
    if now < at {
        return Err(ContractError::TooEarly { what, at: at.get(), now: now.get() });
    }
    Ok(())
}

/// Buries a deployment without orders and leases, and sends the rest of its account home.
fn finish(ctx: &mut Context<'_>, mut live: Live, reason: &str) -> Result<(), ContractError> {
    let now = ctx.now();
    let refunded = Uint128::new(live.account.finish(now)?.get());
    live.changed()?;
    let tombstone = Tombstone {
        number: live.number,
        closed_at: now.get(),
        reason: reason.into(),
        revision: live.record.revision,
        refunded,
        denom: live.record.denom,
    };
    let slot = (live.record.tenant, live.record.seq);
    let storage = ctx.storage();
    live.end(storage)?;
    SLOTS.save(storage, slot, &Slot::Closed(tombstone))?;
    RECORDS.remove(storage, live.number);
    SPECS.remove(storage, live.number);
    OPERATORS.remove(storage, live.number);
    REVISED.remove(storage, live.number);
    ACCOUNTS.remove(storage, live.number);
    ctx.emit(
        event::of_deployment("deployment_closed", &live.id)
            .add_attribute("reason", reason)
            .add_attribute("refunded", refunded),
    );
    let funds = Funds { denom: live.record.denom, amount: refunded };
    settle::rest(ctx, &live, funds, SettleKind::Closed)
}
