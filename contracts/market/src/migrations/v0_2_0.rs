//! From 0.1.0, which knew no auctions and let a provider leave while its bids bound.
//!
//! Records that only gained fields are read as they are: what is absent has a default.

use cosmwasm_std::{Order, StdResult, Storage};

use crate::error::ContractError;
use crate::state::deployment::BIDS;
use crate::state::provider;

/// Binds the providers by the bids that stand. All of them are walked once: a market of that version
/// with more than some ten thousand needs a block of more gas.
pub(super) fn migrate(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let bids = BIDS.range(storage, None, None, Order::Ascending);
    let bound = bids.map(|entry| entry.map(|((_, _, bidder), bid)| (bidder, bid.valid_until)));
    let bound = bound.collect::<StdResult<Vec<_>>>()?;
    bound.into_iter().try_for_each(|(bidder, until)| provider::bind(storage, bidder, until))
}
