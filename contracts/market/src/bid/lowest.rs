//! The decision of an auction: the lowest bid that can still win becomes the lease.

use escrow::Seconds;

use super::withdraw::{emit_gone, price_of};
use super::{require_unpaused, win};
use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::close::require_reached;
use crate::deployment::fund::forfeit;
use crate::eligible;
use crate::error::{ContractError, Ineligible};
use crate::ledger::{self, Funds};
use crate::msg::LeaseId;
use crate::order;
use crate::state::bid::{self, Bid};
use crate::state::deployment::Order;
use crate::state::principal::{self, PrincipalId};

/// Matches an order whose bidding is over. Anyone may.
///
/// Bids that cannot win any more are passed over. If none fits, nothing is changed: funds can still
/// be added until the bids bind no more.
pub(crate) fn match_order(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    require_unpaused(ctx.state())?;
    let mut live = Live::load(ctx.state(), &id.deployment)?;
    require_matching(&order::load(ctx, &live, id.group)?, ctx.now())?;
    let group = live.group(ctx.state(), id.group)?;
    let mut standing = bid::of_order(ctx.state(), (live.number, id.group))?;
    standing.sort_by_key(|(_, bid)| (bid.rate, bid.bid_no));
    let mut dropped: u32 = 0;
    for (bidder, bid) in standing {
        if let Some(problem) = eligible::problem(ctx, &live, &group, (bidder, &[]))? {
            let is_dropped = pass_over(ctx, (&mut live, id), (bidder, &bid), &problem)?;
            dropped = dropped.saturating_add(is_dropped.into());
            continue;
        }
        bid::remove(ctx.storage(), (live.number, id.group, bidder));
        win(ctx, &mut live, (id.group, &group), (bidder, &bid), dropped)?;
        return live.save(ctx.storage());
    }
    Err(ContractError::WrongState { what: "order", problem: "has no bid that can win" })
}

/// Refuses what is no auction, and the time before and after its decision.
fn require_matching(order: &Order, now: Seconds) -> Result<(), ContractError> {
    let (Some(from), Some(until)) = (order.bidding_until, order.match_by()) else {
        let problem = "is not decided by the lowest bid";
        return Err(ContractError::WrongState { what: "order", problem });
    };
    let what = "the lowest bid is matched";
    require_reached(now, Seconds::new(from), what)?;
    if now.get() >= until {
        return Err(ContractError::TooLate { what, at: until, now: now.get() });
    }
    Ok(())
}

/// Leaves a bid that cannot win to be withdrawn; if that is its bidder's doing, it pays for it. The
/// order, which counts its bids, ends with the match. Whether it was dropped, and its rest credited.
fn pass_over(
    ctx: &mut Context<'_>,
    (live, id): (&mut Live, &LeaseId),
    (bidder, bid): (PrincipalId, &Bid),
    problem: &Ineligible,
) -> Result<bool, ContractError> {
    let lost = price_of(problem, bid);
    if lost.is_zero() {
        return Ok(false);
    }
    bid::remove(ctx.storage(), (live.number, id.group, bidder));
    let denom = bid.deposit_denom;
    forfeit(ctx, live, Funds { denom, amount: lost })?;
    let amount = bid.deposit.checked_sub(lost)?;
    ledger::credit(ctx.storage(), bidder, Funds { denom, amount })?;
    let provider = principal::address(ctx.state(), bidder)?;
    emit_gone(ctx, ("bid_dropped", id), (provider, bid), lost);
    Ok(true)
}
