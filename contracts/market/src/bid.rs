//! Bids: a provider's promise to serve an order at a rate, with a deposit behind it.

use cosmwasm_std::Uint128;
use escrow::{NanoRate, Seconds};
use protocol::deployment::Group;
use protocol::limits;

use crate::bond;
use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::fund::{forfeit, tenth};
use crate::error::ContractError;
use crate::lease::start::{Agreement, start};
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::config::PAUSED;
use crate::state::deployment::{self as state, BIDS, Bid, ORDERS};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider;
use crate::{eligible, event, order};

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
    if PAUSED.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    limits::range("rate", new.rate, 1_u64, limits::RATE)?;
    limits::range("valid_for_seconds", new.valid_for_seconds, 1_u64, limits::ORDER_SECONDS)?;
    let mut live = Live::load(ctx.state(), &id.deployment)?;
    let mut order = order::load(ctx, &live, id.group)?;
    let now = ctx.now();
    if now.get() >= order.expires_at {
        let (at, now) = (order.expires_at, now.get());
        return Err(ContractError::TooLate { what: "bids are taken", at, now });
    }
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
    let deposit = take_deposit(ctx, &live, &new)?;

    order.last_bid_no = order.last_bid_no.saturating_add(1);
    order.bids = order.bids.saturating_add(1);
    if usize::try_from(order.bids).unwrap_or(usize::MAX) > limits::BIDS {
        return Err(ContractError::TooMany { what: "bids for this order", max: 20 });
    }
    let valid_until = now.after(Seconds::new(new.valid_for_seconds)).get().min(order.expires_at);
    let bid = Bid {
        bid_no: order.last_bid_no,
        rate: new.rate,
        valid_until,
        deposit: deposit.amount,
        deposit_denom: deposit.denom,
    };
    BIDS.save(ctx.storage(), key, &bid)?;
    ORDERS.save(ctx.storage(), (live.number, id.group), &order)?;
    live.changed()?;
    ctx.emit(
        event::of_lease("bid_placed", id)
            .add_attribute("provider", caller)
            .add_attribute("bid_no", bid.bid_no.to_string())
            .add_attribute("rate", bid.rate)
            .add_attribute("valid_until", valid_until.to_string()),
    );
    live.save(ctx.storage())
}

fn require_rate(got: Uint128, max: Uint128) -> Result<(), ContractError> {
    if got > max {
        return Err(ContractError::RateAboveMax { got: got.u128(), max: max.u128() });
    }
    Ok(())
}

/// Takes the deposit: the bond that the lease would have, in the order's denom or the market's.
fn take_deposit(
    ctx: &mut Context<'_>,
    live: &Live,
    new: &NewBid<'_>,
) -> Result<Funds, ContractError> {
    let (denom, amount) = new.deposit;
    let terms = bond::terms(ctx.state(), live.record.denom, denom)?;
    let expected = terms.bond(NanoRate::new(new.rate.u128()))?;
    if amount < expected {
        let (got, expected) = (amount.u128(), expected.u128());
        return Err(ContractError::TooSmall { what: "bid's deposit", got, expected });
    }
    let funds = Funds { denom: terms.denom, amount };
    ledger::enter(ctx.storage(), funds)?;
    Ok(funds)
}

/// Returns a bid's deposit: whole once it binds no more; before, to the bidder less a tenth.
pub(crate) fn withdraw(
    ctx: &mut Context<'_>,
    id: &LeaseId,
    provider: Option<String>,
) -> Result<(), ContractError> {
    let number = state::number(ctx.state(), &id.deployment)?;
    let caller = ctx.caller().to_owned();
    let address = provider.unwrap_or_else(|| caller.clone());
    let bidder = principal::find(ctx.state(), &principal::local(&address))?;
    let not_found = || ContractError::NotFound { what: "bid", id: format!("{id} of {address}") };
    let key = (number, id.group, bidder.ok_or_else(not_found)?);
    let bid = BIDS.may_load(ctx.state(), key)?.ok_or_else(not_found)?;
    BIDS.remove(ctx.storage(), key);
    let order = ORDERS.may_load(ctx.state(), (number, id.group))?;
    let mut lost = Uint128::zero();
    if let Some(mut order) = order {
        order.bids = order.bids.saturating_sub(1);
        ORDERS.save(ctx.storage(), (number, id.group), &order)?;
        if ctx.now().get() < bid.valid_until {
            if caller != address {
                return Err(ContractError::Unauthorized {
                    sender: caller,
                    expected: "the bidder, while the bid is binding",
                });
            }
            lost = tenth(bid.deposit);
            let mut live = Live::load(ctx.state(), &id.deployment)?;
            forfeit(ctx, &mut live, Funds { denom: bid.deposit_denom, amount: lost })?;
            live.changed()?;
            live.save(ctx.storage())?;
        }
    }
    let amount = bid.deposit.checked_sub(lost)?;
    ledger::pay(ctx, &address, Funds { denom: bid.deposit_denom, amount })?;
    ctx.emit(
        event::of_lease("bid_withdrawn", id)
            .add_attribute("provider", address)
            .add_attribute("bid_no", bid.bid_no.to_string())
            .add_attribute("returned", amount)
            .add_attribute("forfeited", lost),
    );
    Ok(())
}

/// What a tenant accepts: everything that was voted on is pinned.
#[derive(Debug)]
pub(crate) struct Acceptance {
    /// Index of the group.
    pub(crate) group: u32,
    /// Who made the bid.
    pub(crate) provider: String,
    /// The bid's number.
    pub(crate) bid_no: u64,
    /// The most it may ask.
    pub(crate) max_rate: Uint128,
}

/// Accepts a bid: its deposit becomes the bond of a lease.
pub(crate) fn accept(
    ctx: &mut Context<'_>,
    live: &mut Live,
    accepted: &Acceptance,
) -> Result<(), ContractError> {
    if PAUSED.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    let group = live.group(ctx.state(), accepted.group)?;
    let order = order::load(ctx, live, accepted.group)?;
    let (bidder, _) = provider::load(ctx.state(), &accepted.provider)?;
    let bid = take_bid(ctx, live, accepted, bidder)?;
    let now = ctx.now().get();
    let until = bid.valid_until.min(order.expires_at);
    if now >= until {
        return Err(ContractError::TooLate { what: "the bid can be accepted", at: until, now });
    }
    require_rate(bid.rate, accepted.max_rate.min(group.max_rate))?;
    eligible::require(ctx, live, &group, (bidder, &[]))?;
    match_bid(ctx, live, (accepted.group, &group), (bidder, &bid))
}

/// Removes the bid that is accepted from those whose deposit is to be returned.
fn take_bid(
    ctx: &mut Context<'_>,
    live: &Live,
    accepted: &Acceptance,
    bidder: PrincipalId,
) -> Result<Bid, ContractError> {
    let key = (live.number, accepted.group, bidder);
    let bid = BIDS.may_load(ctx.state(), key)?.filter(|bid| bid.bid_no == accepted.bid_no);
    let bid = bid.ok_or_else(|| ContractError::NotFound {
        what: "bid",
        id: format!("{} of {}", accepted.bid_no, accepted.provider),
    })?;
    BIDS.remove(ctx.storage(), key);
    Ok(bid)
}

fn match_bid(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    (bidder, bid): (PrincipalId, &Bid),
) -> Result<(), ContractError> {
    let agreement = Agreement {
        provider: bidder,
        rate: NanoRate::new(bid.rate.u128()),
        min_charge: Uint128::zero(),
        offer: None,
        bond: Funds { denom: bid.deposit_denom, amount: bid.deposit },
    };
    start(ctx, live, (index, group), agreement)?;
    order::close(ctx, live, index, "matched")
}
