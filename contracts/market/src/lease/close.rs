//! The end of a lease: the last pay, the bond, and who is to blame.

use cosmwasm_std::Uint128;
use escrow::{EscrowError, Fault, Seconds};

use super::heartbeat::was_alive;
use super::{load, load_named, require_provider};
use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::close::require_reached;
use crate::deployment::fund::{forfeit, tenth};
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::count_down;
use crate::state::deployment::{LEASES, LEASES_BY_PROVIDER, Lease};
use crate::state::provider::{LIVE_LEASES, PROVIDERS};
use crate::state::terms::TERMS;
use crate::{eligible, event, offer};

/// How a lease ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// Whether its minimum charge is paid.
    pub(crate) fault: Fault,
    /// What becomes of its bond.
    pub(crate) bond: BondFate,
    /// Why, in one word.
    pub(crate) reason: &'static str,
}

/// What becomes of a bond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BondFate {
    /// It is the provider's again.
    Returned,
    /// A tenth is the tenant's: what leaving before the first heartbeat costs.
    Tenth,
    /// All of it is the tenant's.
    Forfeited,
}

/// Closes a lease of a deployment that its caller will save.
pub(crate) fn close(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    ending: Ending,
) -> Result<(), ContractError> {
    let lease = load(ctx.state(), live, group)?;
    let storage = ctx.storage();
    LEASES.remove(storage, (live.number, group));
    LEASES_BY_PROVIDER.remove(storage, (lease.provider, live.number, group));
    TERMS.remove(storage, (live.number, group));
    count_down(storage, &LIVE_LEASES, lease.provider)?;
    let leases = live.record.leases.checked_sub(1);
    live.record.leases = leases.ok_or(ContractError::Overflow { what: "the number of leases" })?;

    // Who gave notice broke the lease off, however it ends then: no minimum charge.
    let fault = if lease.reclaiming { Fault::Provider } else { ending.fault };
    let closed = live.account.close(ctx.now(), group, fault)?;
    ledger::credit_payout(ctx.storage(), lease.provider, live.record.denom, closed.payout)?;
    let lost = settle_bond(ctx, live, &lease, ending.bond)?;
    live.ended_one(ctx.now())?;
    ctx.emit(
        event::of_group("lease_closed", &live.id, group)
            .add_attribute("reason", ending.reason)
            .add_attribute("paid", closed.stream.paid().to_string())
            .add_attribute("amount", closed.payout.provider.to_string())
            .add_attribute("fee", closed.payout.treasury.to_string())
            .add_attribute("bond_lost", lost),
    );
    Ok(())
}

/// Gives the forfeit to the tenant and the rest of the bond back to where it came from. Returns what is lost.
fn settle_bond(
    ctx: &mut Context<'_>,
    live: &mut Live,
    lease: &Lease,
    fate: BondFate,
) -> Result<Uint128, ContractError> {
    let lost = match fate {
        BondFate::Returned => Uint128::zero(),
        BondFate::Tenth => tenth(lease.bond),
        BondFate::Forfeited => lease.bond,
    };
    if !lost.is_zero() {
        forfeit(ctx, live, Funds { denom: lease.bond_denom, amount: lost })?;
    }
    match lease.offer {
        Some(offer) => offer::unlock(ctx, offer, lease, lost)?,
        None => {
            let amount = lease.bond.checked_sub(lost)?;
            let rest = Funds { denom: lease.bond_denom, amount };
            ledger::credit(ctx.storage(), lease.provider, rest)?;
        }
    }
    Ok(lost)
}

/// The second by which it is told who was silent: in which the money ran out, if it is out, else this one. Asked for once
/// before the leases of a deployment are closed, since a close can end the shortage.
pub(crate) fn judged_at(live: &mut Live, now: Seconds) -> Result<Seconds, EscrowError> {
    live.account.settle(now)?;
    Ok(live.account.short_since().unwrap_or(now))
}

/// Closes a lease as its tenant wants it; silence is told by the second `at`.
pub(crate) fn by_tenant(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    at: Seconds,
) -> Result<(), ContractError> {
    let fault = fault_at_leaving(ctx, live, group, at)?;
    let ending = Ending { fault, bond: BondFate::Returned, reason: "tenant" };
    close(ctx, live, group, ending)
}

/// Who is to blame if a lease ends: a provider that was silent in the second `at`. One that stops to beat when it
/// is not paid is not.
fn blame(live: &Live, group: u32, at: Seconds) -> Result<Fault, EscrowError> {
    Ok(if live.account.stream(group)?.is_silent(at) { Fault::Provider } else { Fault::None })
}

/// Closes a lease of a deployment that has been out of funds since the second `at`.
pub(crate) fn out_of_funds(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    at: Seconds,
) -> Result<(), ContractError> {
    let fault = blame(live, group, at)?;
    close(ctx, live, group, Ending { fault, bond: BondFate::Returned, reason: "out_of_funds" })
}

/// Whether a tenant that leaves now owes the minimum charge: not to a provider that is silent, nor
/// to one that lost an attribute the tenant asked for.
fn fault_at_leaving(
    ctx: &Context<'_>,
    live: &Live,
    group: u32,
    at: Seconds,
) -> Result<Fault, ContractError> {
    if blame(live, group, at)? == Fault::Provider {
        return Ok(Fault::Provider);
    }
    let stream = live.account.stream(group)?;
    if stream.reserved().get() == 0 {
        return Ok(Fault::None);
    }
    let lease = load(ctx.state(), live, group)?;
    let required = live.group(ctx.state(), group)?.requirements.attributes;
    let Some(provider) = PROVIDERS.may_load(ctx.state(), lease.provider)? else {
        return Ok(Fault::Provider);
    };
    let of_offer = offer::attributes(ctx, lease.offer)?;
    let has_all = eligible::has_attributes(&required, &[&provider.attributes, &of_offer]);
    Ok(if has_all { Fault::None } else { Fault::Provider })
}

/// Ends a lease as its provider wants it.
pub(crate) fn by_provider(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let now = ctx.now();
    let (mut live, mut lease) = load_named(ctx.state(), id)?;
    require_provider(ctx.state(), &lease, ctx.caller())?;
    let at = judged_at(&mut live, now)?;
    let notice = live.group(ctx.state(), id.group)?.notice_seconds.unwrap_or_default();
    if live.account.is_short() {
        out_of_funds(ctx, &mut live, id.group, at)?;
    } else if !was_alive(&live, id.group)? {
        let (fault, bond) = (Fault::Provider, BondFate::Tenth);
        close(ctx, &mut live, id.group, Ending { fault, bond, reason: "declined" })?;
    } else if notice == 0 {
        let (fault, bond) = (Fault::Provider, BondFate::Returned);
        close(ctx, &mut live, id.group, Ending { fault, bond, reason: "provider" })?;
    } else {
        if lease.reclaiming {
            let problem = "ends at its notice already";
            return Err(ContractError::WrongState { what: "lease", problem });
        }
        let stop = live.account.reclaim(now, id.group, Seconds::new(notice))?;
        lease.reclaiming = true;
        LEASES.save(ctx.storage(), (live.number, id.group), &lease)?;
        live.changed()?;
        let event = event::of_lease("lease_reclaiming", id);
        ctx.emit(event.add_attribute("stops_at", stop.to_string()));
    }
    live.save(ctx.storage())
}

/// Closes a lease that ran its term, or whose notice has passed.
pub(crate) fn at_stop(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let (mut live, lease) = load_named(ctx.state(), id)?;
    let stop = live.account.stream(id.group)?.stop();
    if !was_alive(&live, id.group)? {
        let problem = "was never active; close it as unready";
        return Err(ContractError::WrongState { what: "lease", problem });
    }
    let stop = stop.finite().ok_or(ContractError::WrongState {
        what: "lease",
        problem: "has neither a term nor notice, so no end",
    })?;
    require_reached(ctx.now(), stop, "the lease ends")?;
    if lease.silent_deadline.is_some_and(|deadline| Seconds::new(deadline) < stop) {
        let problem = "was silent for its last time; close it with `close_silent`";
        return Err(ContractError::WrongState { what: "lease", problem });
    }
    let reason = if lease.reclaiming { "notice" } else { "term" };
    let at = judged_at(&mut live, ctx.now())?;
    let (fault, bond) = (blame(&live, id.group, at)?, BondFate::Returned);
    close(ctx, &mut live, id.group, Ending { fault, bond, reason })?;
    live.save(ctx.storage())
}
