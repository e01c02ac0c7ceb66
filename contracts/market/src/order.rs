//! Orders: groups that are open for bids.

use cosmwasm_std::Uint128;
use escrow::Seconds;
use protocol::deployment::{Group, Selection};

use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::deployment::{Live, fund};
use crate::error::ContractError;
use crate::event;
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::state::deployment::{OPEN_ORDERS, ORDERS, Order};
use crate::state::principal;
use crate::state::{count_down, count_up};

/// Open orders that one tenant, or one packet sender without an outpost, may have.
const OPEN_ORDERS_MAX: u32 = 32;

/// Opens a group for bids. `fee` has been taken from what came.
pub(crate) fn open(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    fee: Uint128,
) -> Result<(), ContractError> {
    if count_up(ctx.storage(), &OPEN_ORDERS, live.record.orders_of)? > OPEN_ORDERS_MAX {
        let max = OPEN_ORDERS_MAX.into();
        return Err(ContractError::TooMany { what: "open orders of this tenant", max });
    }
    let order = Order { fee, ..new(ctx.now(), group) };
    ORDERS.save(ctx.storage(), (live.number, index), &order)?;
    let orders = live.record.orders.checked_add(1);
    live.record.orders = orders.ok_or(ContractError::Overflow { what: "the number of orders" })?;
    live.changed()?;
    let mut event = event::of_group("order_opened", &live.id, index)
        .add_attribute("max_rate", group.max_rate)
        .add_attribute("fee", fee)
        .add_attribute("expires_at", order.expires_at.to_string());
    if let Some(until) = order.bidding_until {
        event = event.add_attribute("bidding_until", until.to_string());
    }
    ctx.emit(event);
    Ok(())
}

fn new(now: Seconds, group: &Group) -> Order {
    let at = |seconds| now.after(Seconds::new(seconds)).get();
    let bidding_until = match group.selection {
        Selection::Lowest { bidding_seconds } => Some(at(bidding_seconds)),
        Selection::Manual {} | Selection::Offer { .. } => None,
    };
    let expires_at = at(group.expires_in_seconds);
    let fee = Uint128::zero();
    let mut order = Order { expires_at, bidding_until, last_bid_no: 0, bids: 0, fee };
    // An order does not expire while the bids of its auction bind.
    order.expires_at = expires_at.max(order.match_by().unwrap_or_default());
    order
}

/// Ends an open order. Bids for it bind no more, and their deposits can be returned; nobody needs to
/// be paid for clearing it away, so its fee is the tenant's again.
pub(crate) fn close(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    reason: &str,
) -> Result<(), ContractError> {
    let fee = end(ctx, live, group, (reason, 0))?;
    fund::give(ctx, live, fee)
}

/// Ends an order that became a lease. `gone` of the bids that it counts are taken already: the one that
/// won, and those that were dropped on the way to it.
pub(crate) fn close_matched(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    gone: u32,
) -> Result<(), ContractError> {
    let fee = end(ctx, live, group, ("matched", gone))?;
    fund::give(ctx, live, fee)
}

/// Closes an order after its expiry. Who does it is paid the fee.
pub(crate) fn expire(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let mut live = Live::load(ctx.state(), &id.deployment)?;
    let order = load(ctx, &live, id.group)?;
    let at = Seconds::new(order.expires_at);
    require_reached(ctx.now(), at, "an order expires")?;
    let fee = end(ctx, &mut live, id.group, ("expired", 0))?;
    if !fee.amount.is_zero() {
        let caller = principal::local(ctx.caller());
        let cleaner = principal::intern(ctx.storage(), &caller)?;
        ledger::credit(ctx.storage(), cleaner, fee)?;
        let paid =
            event::of_lease("listing_fee_earned", id).add_attribute("by", caller.to_string());
        ctx.emit(paid.add_attribute("amount", fee.amount));
    }
    live.save(ctx.storage())
}

/// Removes an order, and returns its fee, which is to be given to somebody. Its bids are told by number
/// alone: to read each of them would let junk bids make a close as dear as they like.
fn end(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    (reason, gone): (&str, u32),
) -> Result<Funds, ContractError> {
    let order = load(ctx, live, group)?;
    ORDERS.remove(ctx.storage(), (live.number, group));
    count_down(ctx.storage(), &OPEN_ORDERS, live.record.orders_of)?;
    let orders = live.record.orders.checked_sub(1);
    live.record.orders = orders.ok_or(ContractError::Overflow { what: "the number of orders" })?;
    live.ended_one(ctx.now())?;
    let event = event::of_group("order_closed", &live.id, group).add_attribute("reason", reason);
    ctx.emit(event.add_attribute("lost_bids", order.bids.saturating_sub(gone).to_string()));
    Ok(Funds { denom: live.record.denom, amount: order.fee })
}

/// The open order of a group.
pub(crate) fn load(ctx: &Context<'_>, live: &Live, group: u32) -> Result<Order, ContractError> {
    let order = ORDERS.may_load(ctx.state(), (live.number, group))?;
    order.ok_or_else(|| ContractError::NotFound {
        what: "open order",
        id: format!("{}/{group}", live.id),
    })
}
