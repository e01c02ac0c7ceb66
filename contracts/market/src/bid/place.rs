//! Placing a bid, and making room for it among the 20 best of an order.

use cosmwasm_std::Uint128;
use escrow::{NanoRate, Seconds};
use protocol::limits;

use super::{require_rate, require_unpaused};
use crate::bond;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::bid::{self, BIDS, Bid};
use crate::state::deployment::{ORDERS, Order};
use crate::state::principal;
use crate::state::provider;
use crate::{eligible, event, order};

/// Thousandths of the worst bid's rate that a bid may ask to take its place: half a percent less.
/// Without such a step a full order could be churned for ever by a nano-unit at a time.
const STEP: (u128, u128) = (995, 1_000);

/// A bid as it comes.
#[derive(Debug)]
pub(crate) struct NewBid<'a> {
    /// Nano-units per second.
    pub(crate) rate: Uint128,
    /// Seconds for which it is binding.
    pub(crate) valid_for_seconds: u64,
    /// The deposit: denom and units.
    pub(crate) deposit: (&'a str, Uint128),
}

/// Places a bid.
pub(crate) fn place(
    ctx: &mut Context<'_>,
    id: &LeaseId,
    new: NewBid<'_>,
) -> Result<(), ContractError> {
    require_unpaused(ctx.state())?;
    limits::range("rate", new.rate, 1_u64, limits::RATE)?;
    limits::range("valid_for_seconds", new.valid_for_seconds, 1_u64, limits::ORDER_SECONDS)?;
    let live = Live::load(ctx.state(), &id.deployment)?;
    let mut order = order::load(ctx, &live, id.group)?;
    let valid_until = binding_until(&order, ctx.now(), Seconds::new(new.valid_for_seconds))?;
    let group = live.group(ctx.state(), id.group)?;
    require_rate(new.rate, group.max_rate)?;
    let caller = ctx.caller().to_owned();
    let (bidder, _) = provider::load(ctx.state(), &caller)?;
    eligible::require(ctx, &live, &group, (bidder, &[]))?;
    let key = (live.number, id.group, bidder);
    if BIDS.has(ctx.state(), key) {
        let problem = "stands already; withdraw it first";
        return Err(ContractError::WrongState { what: "bid", problem });
    }
    let secured = bond::secured_rate(new.rate, group.max_rate);
    let deposit = take_deposit(ctx, &live, secured, new.deposit)?;
    make_room(ctx, (&live, id), &mut order, new.rate)?;

    order.last_bid_no = order.last_bid_no.saturating_add(1);
    order.bids = order.bids.saturating_add(1);
    let placed = Bid {
        bid_no: order.last_bid_no,
        rate: new.rate,
        valid_until,
        deposit: deposit.amount,
        deposit_denom: deposit.denom,
    };
    bid::save(ctx.storage(), key, &placed, (&live.record).into())?;
    ORDERS.save(ctx.storage(), (live.number, id.group), &order)?;
    provider::bind(ctx.storage(), bidder, valid_until)?;
    // Neither the account nor the status of the deployment changes: nothing else is written.
    ctx.emit(
        event::of_lease("bid_placed", id)
            .add_attribute("provider", caller)
            .add_attribute("bid_no", placed.bid_no.to_string())
            .add_attribute("rate", placed.rate)
            .add_attribute("deposit", placed.deposit)
            .add_attribute("denom", new.deposit.0)
            .add_attribute("valid_until", valid_until.to_string()),
    );
    Ok(())
}

/// Until when a bid placed now binds: in an auction until its decision, else as long as it says.
fn binding_until(order: &Order, now: Seconds, valid_for: Seconds) -> Result<u64, ContractError> {
    let what = "bids are taken";
    let now_seconds = now.get();
    match (order.bidding_until, order.match_by()) {
        (Some(until), Some(match_by)) if now_seconds < until => Ok(match_by),
        (Some(at), Some(match_by)) if now_seconds < match_by => {
            Err(ContractError::TooLate { what, at, now: now_seconds })
        }
        _ if now_seconds >= order.expires_at => {
            Err(ContractError::TooLate { what, at: order.expires_at, now: now_seconds })
        }
        _ => Ok(now.after(valid_for).get().min(order.expires_at)),
    }
}

/// Gives a full order a free place: that of a bid that binds no more, else that of its worst, which
/// the new one must undercut.
fn make_room(
    ctx: &mut Context<'_>,
    (live, id): (&Live, &LeaseId),
    order: &mut Order,
    rate: Uint128,
) -> Result<(), ContractError> {
    if usize::try_from(order.bids).unwrap_or(usize::MAX) < limits::BIDS {
        return Ok(());
    }
    let mut standing = bid::of_order(ctx.state(), (live.number, id.group))?;
    let now = ctx.now().get();
    standing.sort_by_key(|(_, bid)| (now >= bid.valid_until, bid.rate, bid.bid_no));
    let (bidder, worst) = standing.pop().ok_or(ContractError::Missing { what: "a bid" })?;
    let max = undercutting(worst.rate);
    if now < worst.valid_until && rate > max {
        return Err(ContractError::NotBetter { got: rate.u128(), max: max.u128() });
    }
    bid::remove(ctx.storage(), (live.number, id.group, bidder));
    order.bids = order.bids.saturating_sub(1);
    let deposit = Funds { denom: worst.deposit_denom, amount: worst.deposit };
    ledger::credit(ctx.storage(), bidder, deposit)?;
    let provider = principal::address(ctx.state(), bidder)?;
    ctx.emit(
        event::of_lease("bid_evicted", id)
            .add_attribute("provider", provider)
            .add_attribute("bid_no", worst.bid_no.to_string())
            .add_attribute("returned", worst.deposit),
    );
    Ok(())
}

/// The most that a bid may ask to take the place of one at `worst`.
fn undercutting(worst: Uint128) -> Uint128 {
    // Rates are below 2^96, so the product fits.
    worst.saturating_mul(Uint128::new(STEP.0)).checked_div(Uint128::new(STEP.1)).unwrap_or_default()
}

/// Takes the deposit, which becomes the bond of the lease: a day at the rate that it secures, in the
/// order's denom or the market's.
fn take_deposit(
    ctx: &mut Context<'_>,
    live: &Live,
    secured: Uint128,
    (denom, amount): (&str, Uint128),
) -> Result<Funds, ContractError> {
    let terms = bond::terms(ctx.state(), live.record.denom, denom)?;
    let expected = terms.bond(NanoRate::new(secured.u128()))?;
    if amount < expected {
        let (got, expected) = (amount.u128(), expected.u128());
        return Err(ContractError::TooSmall { what: "bid's deposit", got, expected });
    }
    let funds = Funds { denom: terms.denom, amount };
    ledger::enter(ctx.storage(), funds)?;
    Ok(funds)
}
