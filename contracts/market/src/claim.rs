//! Claimables: the pull side of every payment, here or home.

use cosmwasm_std::{Order, Storage, Uint128};
use escrow::Seconds;
use protocol::Tenant;
use protocol::money::{Settle, SettleKind};

use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::Outcome;
use crate::settle::{self, Homeward, RETRY_MAX_SECONDS, wait_after};
use crate::state::denom::{self, DenomId, LISTINGS};
use crate::state::deployment::{SLOTS, Slot};
use crate::state::principal::{self, PrincipalId};
use crate::state::route::{self, RouteId};
use crate::state::settlement::{HOMES, IN_FLIGHT, InFlight, ORIGINS, RETRIES};

/// Seconds after which a claimable whose way home is dead may be paid on this chain: 30 days.
pub(crate) const LOCAL_AFTER: Seconds = Seconds::new(30 * 86_400);
/// Seconds after its timeout in which word of a transfer home may still come: 7 days.
const RECOVER_AFTER: Seconds = Seconds::new(7 * 86_400);
/// Deployments whose money one claim sends home; the next claim sends the rest.
const HOME_MAX: usize = 4;
/// Deployments whose money one claim pays on this chain.
const HERE_MAX: usize = 30;

/// Pays out what is credited to somebody: here, or by a transfer home.
pub(crate) fn claim(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(), ContractError> {
    let (owner, denom) = named(ctx, claimant, denom)?;
    match claimant {
        Tenant::Local { address } => {
            // Left by a statement that the claimant paid for and that came back.
            RETRIES.remove(ctx.storage(), (owner, denom));
            let funds = ledger::take_claimable(ctx.storage(), owner, denom)?;
            paid(ctx, claimant, funds, Some(address))?;
            ledger::pay(ctx, address, funds)
        }
        Tenant::Remote { route, .. } => {
            let (route, _) = route::load(ctx.state(), route)?;
            require_retry(ctx, (owner, denom), route)?;
            send_home(ctx, claimant, (owner, denom), route)
        }
    }
}

/// Sends home what is credited to a remote tenant, as that tenant wants it: without waiting.
pub(crate) fn hurry(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    denom: DenomId,
) -> Result<(), ContractError> {
    let Tenant::Remote { route, .. } = claimant else { return Ok(()) };
    let Some(owner) = principal::find(ctx.state(), claimant)? else { return Ok(()) };
    if ledger::claimable(ctx.state(), owner, denom)?.is_zero() {
        return Ok(());
    }
    let (route, _) = route::load(ctx.state(), route)?;
    send_home(ctx, claimant, (owner, denom), route)
}

/// Makes anyone wait after a transfer home that failed.
fn require_retry(
    ctx: &Context<'_>,
    key: (PrincipalId, DenomId),
    route: RouteId,
) -> Result<(), ContractError> {
    match retry_at(ctx.state(), key, route)? {
        Some(at) => {
            require_reached(ctx.now(), Seconds::new(at), "the transfer home can be tried again")
        }
        None => Ok(()),
    }
}

/// When anyone may repeat a transfer home that failed: later each time, and with less than the least
/// deposit only once in the longest time, so that dust does not keep relayers busy.
pub(crate) fn retry_at(
    storage: &dyn Storage,
    key: (PrincipalId, DenomId),
    route: RouteId,
) -> Result<Option<u64>, ContractError> {
    let Some(retry) = RETRIES.may_load(storage, key)? else { return Ok(None) };
    let minimum = LISTINGS.may_load(storage, (key.1, route))?.unwrap_or_default();
    if ledger::claimable(storage, key.0, key.1)? >= minimum {
        return Ok(Some(retry.next_at));
    }
    let failed_at = retry.next_at.saturating_sub(wait_after(retry.attempts));
    Ok(Some(failed_at.saturating_add(RETRY_MAX_SECONDS)))
}

/// Sends home what is credited to a remote tenant: each deployment's part under its own number, so
/// that it finds the one it belongs to.
pub(crate) fn send_home(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    (owner, denom): (PrincipalId, DenomId),
    route: RouteId,
) -> Result<(), ContractError> {
    let Tenant::Remote { sender, account, .. } = claimant else {
        return Err(ContractError::Missing { what: "a remote tenant" });
    };
    let said = HOMES.may_load(ctx.state(), owner)?.unwrap_or_default().refund_to;
    let route_home = route::by_id(ctx.state(), route)?;
    // What was said before the address was an outpost's may be refused by now; the sender is left.
    let to = route_home.home(sender, account, said);
    let to = to.or_else(|_| route_home.home(sender, account, None))?;
    for (seq, funds) in take_parts(ctx, (owner, denom), HOME_MAX)? {
        paid(ctx, claimant, funds, None)?;
        let settle = Settle {
            account: account.clone(),
            seq,
            kind: kind_of(ctx.state(), owner, seq)?,
            nonce: None,
            statement: None,
        };
        let (sender, to) = (sender.clone(), to.clone());
        settle::send(ctx, Homeward { route, owner, sender, to, funds, settle })?;
    }
    Ok(())
}

/// Pays what is credited to a remote tenant to an address of this chain.
pub(crate) fn pay_here(
    ctx: &mut Context<'_>,
    (owner, denom): (PrincipalId, DenomId),
    to: &str,
) -> Result<(), ContractError> {
    let mut sum = Uint128::zero();
    for (_, part) in take_parts(ctx, (owner, denom), HERE_MAX)? {
        sum = sum.checked_add(part.amount)?;
    }
    let funds = Funds { denom, amount: sum };
    let claimant = principal::name(ctx.state(), owner)?;
    paid(ctx, &claimant, funds, Some(to))?;
    ledger::pay(ctx, to, funds)
}

/// Takes the parts of a claimable, by the deployments they come from; what comes from none is the
/// last part, and goes with the highest number that the tenant ever gave.
fn take_parts(
    ctx: &mut Context<'_>,
    (owner, denom): (PrincipalId, DenomId),
    max: usize,
) -> Result<Vec<(Option<u64>, Funds)>, ContractError> {
    let up = Order::Ascending;
    let origins = ORIGINS.prefix((owner, denom)).range(ctx.state(), None, None, up);
    let origins = origins.take(max).collect::<Result<Vec<_>, _>>()?;
    let mut parts = Vec::new();
    for (seq, amount) in origins {
        ORIGINS.remove(ctx.storage(), (owner, denom, seq));
        let funds = Funds { denom, amount };
        ledger::take_part(ctx.storage(), owner, funds)?;
        parts.push((Some(seq), funds));
    }
    if parts.len() < max && (parts.is_empty() || has_more(ctx.state(), owner, denom)?) {
        let seq = latest_seq(ctx.state(), owner)?;
        parts.push((seq, ledger::take_claimable(ctx.storage(), owner, denom)?));
    }
    Ok(parts)
}

fn has_more(
    storage: &dyn Storage,
    owner: PrincipalId,
    denom: DenomId,
) -> Result<bool, ContractError> {
    Ok(!ledger::claimable(storage, owner, denom)?.is_zero())
}

/// The highest number that a remote tenant ever gave: its home knows by it whom the coin belongs to.
fn latest_seq(storage: &dyn Storage, tenant: PrincipalId) -> Result<Option<u64>, ContractError> {
    let mut seqs = SLOTS.prefix(tenant).keys(storage, None, None, Order::Descending);
    Ok(seqs.next().transpose()?)
}

/// What a transfer home says of its deployment: that it is closed, if it is, for the first word of
/// it may have been lost with the transfer that failed.
fn kind_of(
    storage: &dyn Storage,
    tenant: PrincipalId,
    seq: Option<u64>,
) -> Result<SettleKind, ContractError> {
    let slot = match seq {
        Some(seq) => SLOTS.may_load(storage, (tenant, seq))?,
        None => None,
    };
    Ok(match slot {
        Some(Slot::Closed(_)) => SettleKind::Closed,
        Some(Slot::Live(_)) | None => SettleKind::Refund,
    })
}

/// Tells that a claimable is paid: to an address of this chain, or by a transfer home, of which its own
/// event tells.
fn paid(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    funds: Funds,
    to: Option<&str>,
) -> Result<(), ContractError> {
    let denom = denom::load(ctx.state(), funds.denom)?.name;
    let event = event::of_credit("claim_paid", &claimant.to_string(), &denom, funds.amount);
    ctx.emit(match to {
        Some(to) => event.add_attribute("to", to),
        None => event,
    });
    Ok(())
}

/// Pays to its address here what is credited to a remote tenant whose way home is dead.
pub(crate) fn claim_local(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(), ContractError> {
    let (owner, denom) = named(ctx, claimant, denom)?;
    let home = HOMES.may_load(ctx.state(), owner)?.unwrap_or_default();
    let to = home.local_refund.ok_or(ContractError::WrongState {
        what: "claimant",
        problem: "named no address on this chain when it bought",
    })?;
    let retry = RETRIES
        .may_load(ctx.state(), (owner, denom))?
        .ok_or(ContractError::WrongState { what: "claimable", problem: "can go home; claim it" })?;
    let at = Seconds::new(retry.first_failed_at).after(LOCAL_AFTER);
    require_reached(ctx.now(), at, "it is paid on this chain")?;
    pay_here(ctx, (owner, denom), to.as_str())
}

/// The numbers of a claimant and a denom as a caller names them.
pub(crate) fn named(
    ctx: &Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(PrincipalId, DenomId), ContractError> {
    let owner = principal::find(ctx.state(), claimant)?;
    match (owner, denom::find(ctx.state(), denom)?) {
        (Some(owner), Some(denom)) => Ok((owner, denom)),
        _ => Err(ContractError::NothingToClaim {
            claimant: claimant.to_string(),
            denom: denom.into(),
        }),
    }
}

/// A transfer home of which no word came yet.
pub(crate) fn in_flight(
    ctx: &Context<'_>,
    channel: &str,
    sequence: u64,
) -> Result<InFlight, ContractError> {
    let (route, _) = route::load(ctx.state(), channel)?;
    let in_flight = IN_FLIGHT.may_load(ctx.state(), (route, sequence))?;
    in_flight.ok_or_else(|| ContractError::NotFound {
        what: "transfer home",
        id: format!("{channel}/{sequence}"),
    })
}

/// Credits a transfer home of which no word came, if the bank holds what all such amount to: so it
/// is never paid out of what others own.
pub(crate) fn recover(
    ctx: &mut Context<'_>,
    channel: &str,
    sequence: u64,
) -> Result<(), ContractError> {
    let in_flight = in_flight(ctx, channel, sequence)?;
    let at = Seconds::new(in_flight.timeout_at).after(RECOVER_AFTER);
    require_reached(ctx.now(), at, "a silent transfer home is recovered")?;
    let denom = in_flight.denom;
    let mut unresolved = ledger::unresolved(ctx.state(), denom)?;
    if in_flight.aside {
        unresolved = unresolved.checked_add(in_flight.amount)?;
    }
    ledger::require_bank(ctx, denom, unresolved)?;
    settle::resolve(ctx, channel, sequence, Outcome::Returned)
}
