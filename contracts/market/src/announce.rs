//! What the owner does where no rule can tell whose money it is: announced first, so that whoever it
//! concerns can act before, and never out of what the market owes to somebody else.

use cosmwasm_std::{Event, Uint128, to_json_string};
use escrow::Seconds;
use protocol::Tenant;

use crate::claim::{self, named};
use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::{Outcome, OwnerAction, Way};
use crate::settle;
use crate::state::announcement::{ANNOUNCEMENTS, Announcement, LAST};
use crate::state::denom::{self, DenomId};
use crate::state::settlement::{HOMES, RETRIES};
use crate::state::{next, principal, route};

/// Seconds between announcing and moving a tenant's claimable: 14 days.
const RESCUE_AFTER: Seconds = Seconds::new(14 * 86_400);
/// Seconds between announcing and saying how a transfer home ended: 14 days, a week after anyone could recover it.
const RESOLVE_AFTER: Seconds = Seconds::new(14 * 86_400);
/// Seconds between announcing and crediting coins that came without an order: 7 days.
const CREDIT_AFTER: Seconds = Seconds::new(7 * 86_400);

/// Seconds after its time in which an announced action can be done, so that none is kept in stock for a
/// case that nobody announced: 30 days.
const LAPSES_AFTER: Seconds = Seconds::new(30 * 86_400);
/// Seconds after a change of the route's style in which no rescue is announced: 30 days.
const STYLE_SETTLES: Seconds = Seconds::new(30 * 86_400);

/// Announces an action. It is checked in full only when it is done.
pub(crate) fn announce(ctx: &mut Context<'_>, action: OwnerAction) -> Result<(), ContractError> {
    let delay = match &action {
        OwnerAction::Rescue { claimant, denom, way } => {
            check_way(ctx, claimant, way)?;
            named(ctx, claimant, denom)?;
            RESCUE_AFTER
        }
        OwnerAction::AttributeStray { denom, amount, to } => {
            to.validate()?;
            require_spare(ctx, known(ctx, denom)?, *amount)?;
            CREDIT_AFTER
        }
        OwnerAction::ResolveSettle { route, sequence, .. } => {
            let in_flight = claim::in_flight(ctx, route, *sequence)?;
            let at = Seconds::new(in_flight.timeout_at);
            require_reached(ctx.now(), at, "a silent transfer home is resolved")?;
            RESOLVE_AFTER
        }
    };
    let now = ctx.now();
    let announcement =
        Announcement { action, announced_at: now.get(), due_at: now.after(delay).get() };
    let id = next(ctx.storage(), &LAST)?;
    ANNOUNCEMENTS.save(ctx.storage(), id, &announcement)?;
    let text = to_json_string(&announcement.action)?;
    let event = of_announcement("action_announced", id, &announcement.action);
    let event = event.add_attribute("details", text);
    ctx.emit(event.add_attribute("due_at", announcement.due_at.to_string()));
    Ok(())
}

/// Takes an announcement back.
pub(crate) fn retract(ctx: &mut Context<'_>, id: u64) -> Result<(), ContractError> {
    let announcement = take(ctx, id)?;
    ctx.emit(of_announcement("action_retracted", id, &announcement.action));
    Ok(())
}

/// Does what was announced.
pub(crate) fn perform(ctx: &mut Context<'_>, id: u64) -> Result<(), ContractError> {
    let announcement = take(ctx, id)?;
    let (what, due_at) = ("an announced action is done", Seconds::new(announcement.due_at));
    require_reached(ctx.now(), due_at, what)?;
    let (at, now) = (due_at.after(LAPSES_AFTER).get(), ctx.now().get());
    if now >= at {
        return Err(ContractError::TooLate { what, at, now });
    }
    ctx.emit(of_announcement("action_performed", id, &announcement.action));
    match announcement.action {
        OwnerAction::Rescue { claimant, denom, way } => {
            check_way(ctx, &claimant, &way)?;
            rescue(ctx, (&claimant, &denom), way, announcement.announced_at)
        }
        OwnerAction::AttributeStray { denom, amount, to } => attribute(ctx, &denom, amount, &to),
        OwnerAction::ResolveSettle { route, sequence, outcome } => {
            resolve(ctx, &route, sequence, outcome)
        }
    }
}

fn take(ctx: &mut Context<'_>, id: u64) -> Result<Announcement, ContractError> {
    let announcement = ANNOUNCEMENTS.may_load(ctx.state(), id)?;
    ANNOUNCEMENTS.remove(ctx.storage(), id);
    announcement.ok_or_else(|| ContractError::NotFound { what: "announcement", id: id.to_string() })
}

/// Refuses a way that could not be that of the claimant.
fn check_way(ctx: &Context<'_>, claimant: &Tenant, way: &Way) -> Result<(), ContractError> {
    let Tenant::Remote { sender, .. } = claimant else {
        let problem = "is of this chain; its way cannot be dead";
        return Err(ContractError::WrongState { what: "claimant", problem });
    };
    let owner = principal::find(ctx.state(), claimant)?;
    let home = match owner {
        Some(owner) => HOMES.may_load(ctx.state(), owner)?.unwrap_or_default(),
        None => Default::default(),
    };
    match way {
        Way::Here { to } => {
            if home.local_refund.is_some() {
                let problem = "named an address on this chain itself; use `claim_local`";
                return Err(ContractError::WrongState { what: "claimant", problem });
            }
            ctx.checked(to).map(|_| ())
        }
        Way::Over { route } => {
            let (_, route) = route::load(ctx.state(), route)?;
            let is_to_wallet = home.refund_to.is_some();
            let is_to_outpost = route.outpost.as_ref() == Some(sender);
            if is_to_wallet || is_to_outpost {
                return Ok(());
            }
            // A contract that is not called back could not tell whose the coin is.
            let problem = "does not lead to the claimant's outpost";
            Err(ContractError::WrongRoute { channel: route.channel, problem })
        }
    }
}

/// Pays a tenant's claimable by another way, if its own has been dead since before the announcement, and
/// not by a change of the route's style: that is the owner's, who would profit by a way that it made dead.
fn rescue(
    ctx: &mut Context<'_>,
    (claimant, denom): (&Tenant, &str),
    way: Way,
    announced_at: u64,
) -> Result<(), ContractError> {
    let (owner, denom) = named(ctx, claimant, denom)?;
    let retry = RETRIES.may_load(ctx.state(), (owner, denom))?;
    if retry.is_none_or(|retry| retry.first_failed_at > announced_at) {
        let problem = "can go home: no transfer has failed, or one arrived since the announcement";
        return Err(ContractError::WrongState { what: "claimable", problem });
    }
    require_settled_style(ctx, claimant, Seconds::new(announced_at))?;
    match way {
        Way::Here { to } => claim::pay_here(ctx, (owner, denom), &to),
        Way::Over { route } => {
            let (route, _) = route::load(ctx.state(), &route)?;
            claim::send_home(ctx, claimant, (owner, denom), route)
        }
    }
}

fn require_settled_style(
    ctx: &Context<'_>,
    claimant: &Tenant,
    announced_at: Seconds,
) -> Result<(), ContractError> {
    let Tenant::Remote { route, .. } = claimant else { return Ok(()) };
    let (_, route) = route::load(ctx.state(), route)?;
    let changed_at = Seconds::new(route.style_changed_at);
    if changed_at.get() > 0 && announced_at < changed_at.after(STYLE_SETTLES) {
        let problem = "had its style changed less than 30 days before the announcement";
        return Err(ContractError::WrongState { what: "claimant's route", problem });
    }
    Ok(())
}

/// Credits coins that the market holds and owes to nobody.
fn attribute(
    ctx: &mut Context<'_>,
    denom: &str,
    amount: Uint128,
    to: &Tenant,
) -> Result<(), ContractError> {
    let denom = known(ctx, denom)?;
    require_spare(ctx, denom, amount)?;
    let owner = match to {
        Tenant::Local { address } => {
            let address = ctx.checked(address)?;
            principal::intern(ctx.storage(), &principal::local(address))?
        }
        Tenant::Remote { .. } => principal::find(ctx.state(), to)?
            .ok_or_else(|| ContractError::NotFound { what: "tenant", id: to.to_string() })?,
    };
    let funds = Funds { denom, amount };
    ledger::enter(ctx.storage(), funds)?;
    ledger::credit(ctx.storage(), owner, funds)?;
    event::tell_credit(ctx, owner, funds)
}

fn known(ctx: &Context<'_>, name: &str) -> Result<DenomId, ContractError> {
    denom::find(ctx.state(), name)?
        .ok_or_else(|| ContractError::UnknownDenom { denom: name.into(), on: "this market".into() })
}

/// Refuses more than the bank holds beyond what is owed, and beyond the transfers home whose outcome
/// is not known: a coin that came back without word of it is its tenant's and no stray.
fn require_spare(ctx: &Context<'_>, denom: DenomId, amount: Uint128) -> Result<(), ContractError> {
    protocol::limits::range("amount", amount, 1_u64, protocol::limits::AMOUNT)?;
    let unresolved = ledger::unresolved(ctx.state(), denom)?;
    ledger::require_bank(ctx, denom, amount.checked_add(unresolved)?)
}

/// Resolves a transfer home of which no word came, as the owner found it to have ended.
fn resolve(
    ctx: &mut Context<'_>,
    channel: &str,
    sequence: u64,
    outcome: Outcome,
) -> Result<(), ContractError> {
    let in_flight = claim::in_flight(ctx, channel, sequence)?;
    if outcome == Outcome::Returned {
        ledger::require_bank(ctx, in_flight.denom, in_flight.amount)?;
    }
    settle::resolve(ctx, channel, sequence, outcome)
}

fn of_announcement(kind: &str, id: u64, action: &OwnerAction) -> Event {
    let name = match action {
        OwnerAction::Rescue { .. } => "rescue",
        OwnerAction::AttributeStray { .. } => "attribute_stray",
        OwnerAction::ResolveSettle { .. } => "resolve_settle",
    };
    Event::new(kind).add_attribute("announcement", id.to_string()).add_attribute("action", name)
}
