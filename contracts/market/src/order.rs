//! Orders: groups that are open for bids.

use escrow::Seconds;
use protocol::deployment::{Group, Selection};

use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::event;
use crate::msg::LeaseId;
use crate::state::deployment::{OPEN_ORDERS, ORDERS, Order};
use crate::state::{count_down, count_up};

/// Open orders that one tenant, or one packet sender without an outpost, may have.
const OPEN_ORDERS_MAX: u32 = 32;

/// Opens a group for bids.
pub(crate) fn open(
    ctx: &mut Context<'_>,
    live: &mut Live,
    index: u32,
    group: &Group,
) -> Result<(), ContractError> {
    if count_up(ctx.storage(), &OPEN_ORDERS, live.record.orders_of)? > OPEN_ORDERS_MAX {
        let max = OPEN_ORDERS_MAX.into();
        return Err(ContractError::TooMany { what: "open orders of this tenant", max });
    }
    let order = new(ctx.now(), group);
    ORDERS.save(ctx.storage(), (live.number, index), &order)?;
    let orders = live.record.orders.checked_add(1);
    live.record.orders = orders.ok_or(ContractError::Overflow { what: "the number of orders" })?;
    live.changed()?;
    ctx.emit(
        event::of_group("order_opened", &live.id, index)
            .add_attribute("max_rate", group.max_rate)
            .add_attribute("expires_at", order.expires_at.to_string()),
    );
    Ok(())
}

fn new(now: Seconds, group: &Group) -> Order {
    let at = |seconds| now.after(Seconds::new(seconds)).get();
    let bidding_until = match group.selection {
        Selection::Lowest { bidding_seconds } => Some(at(bidding_seconds)),
        Selection::Manual {} | Selection::Offer { .. } => None,
    };
    let expires_at = at(group.expires_in_seconds);
    let mut order = Order { expires_at, bidding_until, last_bid_no: 0, bids: 0 };
    // An order does not expire while the bids of its auction bind.
    order.expires_at = expires_at.max(order.match_by().unwrap_or_default());
    order
}

/// Ends an open order. Bids for it bind no more, and their deposits can be returned.
pub(crate) fn close(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    reason: &str,
) -> Result<(), ContractError> {
    ORDERS.remove(ctx.storage(), (live.number, group));
    count_down(ctx.storage(), &OPEN_ORDERS, live.record.orders_of)?;
    let orders = live.record.orders.checked_sub(1);
    live.record.orders = orders.ok_or(ContractError::Overflow { what: "the number of orders" })?;
    live.ended_one(ctx.now())?;
    ctx.emit(event::of_group("order_closed", &live.id, group).add_attribute("reason", reason));
    Ok(())
}

/// Closes an order after its expiry.
pub(crate) fn expire(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let mut live = Live::load(ctx.state(), &id.deployment)?;
    let order = load(ctx, &live, id.group)?;
    let at = Seconds::new(order.expires_at);
    require_reached(ctx.now(), at, "an order expires")?;
    close(ctx, &mut live, id.group, "expired")?;
    live.save(ctx.storage())
}

/// The open order of a group.
pub(crate) fn load(ctx: &Context<'_>, live: &Live, group: u32) -> Result<Order, ContractError> {
    let order = ORDERS.may_load(ctx.state(), (live.number, group))?;
    order.ok_or_else(|| ContractError::NotFound {
        what: "open order",
        id: format!("{}/{group}", live.id),
    })
}
