//! Accepting a bid, as the tenant or its operator.

use cosmwasm_std::Uint128;

use super::{require_rate, require_unpaused, win};
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::state::bid::{self, BIDS, Bid};
use crate::state::principal::PrincipalId;
use crate::state::provider;
use crate::{eligible, order};

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
    require_unpaused(ctx.state())?;
    if ctx.caller() == accepted.provider {
        let (sender, expected) = (ctx.caller().into(), "somebody other than the bidder");
        return Err(ContractError::Unauthorized { sender, expected });
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
    eligible::require_bound(ctx, live, &group, bidder)?;
    win(ctx, live, (accepted.group, &group), (bidder, &bid), 0)
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
    bid::remove(ctx.storage(), key);
    Ok(bid)
}
