//! From 0.1.0, which knew no auctions, let a provider leave while its bids bound, counted nothing, and
//! found bids by their order alone.
//!
//! Records that only gained fields are read as they are: what is absent has a default.

use cosmwasm_std::{Order, StdResult, Storage};

use crate::deployment::tally_of;
use crate::error::ContractError;
use crate::state::bid::{BIDS, BIDS_BY_PROVIDER, Named};
use crate::state::deployment::{RECORDS, SLOTS, Slot};
use crate::state::provider::{self, PROVIDERS};
use crate::state::tally::{TALLY, Tally};

/// Walks everything once: a market of that version with more than some ten thousand bids and deployments
/// needs a block of more gas.
pub(super) fn migrate(storage: &mut dyn Storage) -> Result<(), ContractError> {
    bind(storage)?;
    index(storage)?;
    count(storage)
}

/// Counts what there is.
fn count(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let mut tally = Tally::default();
    for entry in RECORDS.range(storage, None, None, Order::Ascending) {
        let of_it = tally_of(&entry?.1);
        tally.deployments = tally.deployments.saturating_add(1);
        tally.orders = tally.orders.saturating_add(of_it.orders);
        tally.leases = tally.leases.saturating_add(of_it.leases);
    }
    let providers = PROVIDERS.keys(storage, None, None, Order::Ascending).count();
    tally.providers = u64::try_from(providers).unwrap_or(u64::MAX);
    Ok(TALLY.save(storage, &tally)?)
}

/// Binds the providers by the bids that stand.
fn bind(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let bids = BIDS.range(storage, None, None, Order::Ascending);
    let bound = bids.map(|entry| entry.map(|((_, _, bidder), bid)| (bidder, bid.valid_until)));
    let bound = bound.collect::<StdResult<Vec<_>>>()?;
    bound.into_iter().try_for_each(|(bidder, until)| provider::bind(storage, bidder, until))
}

/// Lists the bids by provider, each with the name of a deployment that may be closed.
fn index(storage: &mut dyn Storage) -> Result<(), ContractError> {
    let slots = SLOTS.range(storage, None, None, Order::Ascending);
    let names = slots.map(|entry| {
        let ((tenant, seq), slot) = entry?;
        Ok(match slot {
            Slot::Live(number) => (number, Named { tenant, seq }),
            Slot::Closed(tombstone) => (tombstone.number, Named { tenant, seq }),
        })
    });
    for (number, named) in names.collect::<StdResult<Vec<_>>>()? {
        let bids = BIDS.sub_prefix(number).keys(storage, None, None, Order::Ascending);
        for (group, bidder) in bids.collect::<StdResult<Vec<_>>>()? {
            BIDS_BY_PROVIDER.save(storage, (bidder, number, group), &named)?;
        }
    }
    Ok(())
}
