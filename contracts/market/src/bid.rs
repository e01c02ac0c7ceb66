//! Bids: a provider's promise to serve an order at a rate, with a deposit behind it.
//!
//! A bid binds while its order is open and its time has not come. Only a bid that binds can win;
//! one that binds no more is anybody's to clear away.

pub(crate) mod accept;
pub(crate) mod lowest;
pub(crate) mod place;
pub(crate) mod withdraw;

use cosmwasm_std::{Storage, Uint128};
use escrow::NanoRate;
use protocol::deployment::Group;

use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::lease::start::{Agreement, start};
use crate::ledger::Funds;
use crate::order;
use crate::state::bid::Bid;
use crate::state::config::PAUSED;
use crate::state::principal::PrincipalId;

fn require_unpaused(storage: &dyn Storage) -> Result<(), ContractError> {
    if PAUSED.may_load(storage)?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    Ok(())
}

fn require_rate(got: Uint128, max: Uint128) -> Result<(), ContractError> {
    if got > max {
        return Err(ContractError::RateAboveMax { got: got.u128(), max: max.u128() });
    }
    Ok(())
}

/// Makes a lease of a bid that was taken out of the store. Its deposit becomes the bond. So many others
/// were `dropped` from the order on the way.
fn win(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    (bidder, bid): (PrincipalId, &Bid),
    dropped: u32,
) -> Result<(), ContractError> {
    let agreement = Agreement {
        provider: bidder,
        rate: NanoRate::new(bid.rate.u128()),
        min_charge: Uint128::zero(),
        offer: None,
        bond: Funds { denom: bid.deposit_denom, amount: bid.deposit },
    };
    start(ctx, live, (index, group), agreement)?;
    order::close_matched(ctx, live, index, dropped.saturating_add(1))
}
