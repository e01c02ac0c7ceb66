//! All invariants of what is stored, re-checked after every message in test builds.
//!
//! It walks the whole storage, so it is for tests only (feature `sanity`).

mod accounts;
mod names;

use std::collections::BTreeMap;
use std::fmt::Display;

use cosmwasm_std::{Deps, Env, Order, StdResult, Storage, Uint128};

use crate::ledger::{self, CLAIMABLE, LIABILITIES};
use crate::state::bid::{BIDS, BIDS_BY_PROVIDER};
use crate::state::denom::{self, DenomId};
use crate::state::deployment::{
    ACCOUNTS, LEASES, LEASES_BY_PROVIDER, Number, OPEN_ORDERS, OPERATORS, ORDERS, RECORDS, SLOTS,
    SPECS, Slot, StoredAccount,
};
use crate::state::offer::{BY_PROVIDER, CHANGES, OFFERS, OfferUse, USES};
use crate::state::provider::{self, LIVE_LEASES, PROVIDERS};
use crate::state::revised::REVISED;
use crate::state::route::{CONTROL_ROUTES, CONTROLS};
use crate::state::settlement::{IN_FLIGHT, ORIGINS, UNRESOLVED};
use crate::state::tally::TALLY;
use crate::state::terms::TERMS;

/// Sums by key.
type Sums<K, V> = BTreeMap<K, V>;
/// What does not hold, in words.
type Fault = String;

/// Checks every invariant.
///
/// # Errors
/// The first that does not hold.
pub fn check(deps: Deps<'_>, env: &Env) -> Result<(), String> {
    names::check(deps.storage)?;
    accounts::check(deps.storage)?;
    solvency(deps, env)?;
    deployments(deps.storage)?;
    tally(deps.storage)?;
    bids(deps.storage, env.block.time.seconds())?;
    changes(deps.storage)?;
    leases(deps.storage)?;
    offers(deps.storage)?;
    channels(deps.storage)?;
    settlements(deps.storage)
}

fn all<T>(entries: impl Iterator<Item = StdResult<T>>) -> Result<Vec<T>, Fault> {
    entries.collect::<StdResult<_>>().map_err(|error| error.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(what: impl Display, got: T, want: T) -> Result<(), Fault> {
    if got == want { Ok(()) } else { Err(format!("{what}: got {got:?}, expected {want:?}")) }
}

fn add<K: Ord>(sums: &mut Sums<K, Uint128>, key: K, amount: Uint128) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(amount);
}

fn count<K: Ord>(counts: &mut Sums<K, u32>, key: K) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(1);
}

fn without_zeros<K: Ord>(sums: Sums<K, Uint128>) -> Sums<K, Uint128> {
    sums.into_iter().filter(|(_, sum)| !sum.is_zero()).collect()
}

/// `L` is the sum of all that is owed, and the bank holds at least that.
fn solvency(deps: Deps<'_>, env: &Env) -> Result<(), Fault> {
    let stored = all(LIABILITIES.range(deps.storage, None, None, Order::Ascending))?;
    for (id, owed) in &stored {
        let name = denom::load(deps.storage, *id).map_err(|error| error.to_string())?.name;
        let bank = ledger::bank(deps, env, &name).map_err(|error| error.to_string())?;
        if bank < *owed {
            return Err(format!("`{name}`: the bank holds {bank}, the market owes {owed}"));
        }
    }
    let owed = owed(deps.storage)?;
    same("liabilities", without_zeros(stored.into_iter().collect()), without_zeros(owed))
}

/// Everything owed, summed from the records that say so.
fn owed(storage: &dyn Storage) -> Result<Sums<DenomId, Uint128>, Fault> {
    let up = Order::Ascending;
    let mut owed = Sums::new();
    let records: BTreeMap<_, _> =
        all(RECORDS.range(storage, None, None, up))?.into_iter().collect();
    for (number, StoredAccount(account)) in all(ACCOUNTS.range(storage, None, None, up))? {
        let record =
            records.get(&number).ok_or_else(|| format!("account {number} has no record"))?;
        let held = account.held().map_err(|error| error.to_string())?;
        add(&mut owed, record.denom, Uint128::new(held.get()));
    }
    for ((_, denom), amount) in all(CLAIMABLE.range(storage, None, None, up))? {
        add(&mut owed, denom, amount);
    }
    for (_, bid) in all(BIDS.range(storage, None, None, up))? {
        add(&mut owed, bid.deposit_denom, bid.deposit);
    }
    for ((number, _), order) in all(ORDERS.range(storage, None, None, up))? {
        let record =
            records.get(&number).ok_or_else(|| format!("an order of {number} has no record"))?;
        add(&mut owed, record.denom, order.fee);
    }
    for (_, lease) in all(LEASES.range(storage, None, None, up))? {
        if lease.offer.is_none() {
            add(&mut owed, lease.bond_denom, lease.bond);
        }
    }
    let offers: BTreeMap<_, _> = all(OFFERS.range(storage, None, None, up))?.into_iter().collect();
    for (id, usage) in all(USES.range(storage, None, None, up))? {
        let offer =
            offers.get(&id).ok_or_else(|| format!("offer {id} has counters but no terms"))?;
        add(&mut owed, offer.bond_terms.denom, usage.bond);
    }
    for (_, provider) in all(PROVIDERS.range(storage, None, None, up))? {
        add(&mut owed, provider.stake_denom, provider.stake);
    }
    Ok(owed)
}

/// Slots, records, accounts, specifications and counters tell the same story.
fn deployments(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut live: Vec<Number> = Vec::new();
    for (_, slot) in all(SLOTS.range(storage, None, None, up))? {
        if let Slot::Live(number) = slot {
            live.push(number);
        }
    }
    live.sort_unstable();
    same("records", all(RECORDS.keys(storage, None, None, up))?, live.clone())?;
    same("accounts", all(ACCOUNTS.keys(storage, None, None, up))?, live.clone())?;
    same("specifications", all(SPECS.keys(storage, None, None, up))?, live)?;

    let orders = all(ORDERS.keys(storage, None, None, up))?;
    let leases = all(LEASES.keys(storage, None, None, up))?;
    let mut open_orders = Sums::new();
    for (number, record) in all(RECORDS.range(storage, None, None, up))? {
        let of_it = |keys: &[(Number, u32)]| keys.iter().filter(|key| key.0 == number).count();
        same(format!("orders of {number}"), of_it(&orders), size(record.orders))?;
        same(format!("leases of {number}"), of_it(&leases), size(record.leases))?;
        let is_idle = record.orders == 0 && record.leases == 0;
        same(format!("idleness of {number}"), record.idle_since.is_some(), is_idle)?;
        for _ in 0..record.orders {
            count(&mut open_orders, record.orders_of);
        }
    }
    let stored = all(OPEN_ORDERS.range(storage, None, None, up))?;
    same("open orders", stored.into_iter().collect(), open_orders)
}

/// What is counted is there.
fn tally(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let got = TALLY.may_load(storage).map_err(|error| error.to_string())?.unwrap_or_default();
    let sum = |counts: [usize; 4]| counts.map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    let want = [
        all(PROVIDERS.keys(storage, None, None, up))?.len(),
        all(RECORDS.keys(storage, None, None, up))?.len(),
        all(ORDERS.keys(storage, None, None, up))?.len(),
        all(LEASES.keys(storage, None, None, up))?.len(),
    ];
    same("tally", [got.providers, got.deployments, got.orders, got.leases], sum(want))
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Each open order counts the bids that stand for it, at most 20, and who bids is bound by it: not by
/// one that binds no more, which may have outlived its bidder's leaving and return.
fn bids(storage: &dyn Storage, now: u64) -> Result<(), Fault> {
    let up = Order::Ascending;
    let (mut standing, mut by_provider) = (Sums::new(), Vec::new());
    for ((number, group, bidder), bid) in all(BIDS.range(storage, None, None, up))? {
        count(&mut standing, (number, group));
        by_provider.push((bidder, number, group));
        let bound = provider::bound_until(storage, bidder).map_err(|error| error.to_string())?;
        let is_binding = now < bid.valid_until;
        if is_binding && PROVIDERS.has(storage, bidder) && bound < bid.valid_until {
            return Err(format!("bid {number}/{group}/{bidder} binds longer than its bidder"));
        }
    }
    by_provider.sort_unstable();
    same("bids by provider", all(BIDS_BY_PROVIDER.keys(storage, None, None, up))?, by_provider)?;
    for (key, order) in all(ORDERS.range(storage, None, None, up))? {
        same(format!("bids of {key:?}"), order.bids, standing.remove(&key).unwrap_or_default())?;
        if size(order.bids) > protocol::limits::BIDS {
            return Err(format!("order {key:?} has {} bids", order.bids));
        }
    }
    Ok(())
}

/// What was replaced, named or proposed lives and dies with its deployment, lease or offer.
fn changes(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let revised = all(REVISED.keys(storage, None, None, up))?;
    let operated = all(OPERATORS.keys(storage, None, None, up))?;
    for number in revised.into_iter().chain(operated) {
        if !RECORDS.has(storage, number) {
            return Err(format!("deployment {number} is closed and was revised, or has operators"));
        }
    }
    for id in all(CHANGES.keys(storage, None, None, up))? {
        if !OFFERS.has(storage, id) {
            return Err(format!("offer {id} is gone and will change"));
        }
    }
    for key in all(TERMS.keys(storage, None, None, up))? {
        if !LEASES.has(storage, key) {
            return Err(format!("terms are proposed for {key:?}, which is no lease"));
        }
    }
    Ok(())
}

/// Each lease has its stream and its entry by provider, and counts once.
fn leases(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut live = Sums::new();
    let mut by_provider = Vec::new();
    for ((number, group), lease) in all(LEASES.range(storage, None, None, up))? {
        count(&mut live, lease.provider);
        by_provider.push((lease.provider, number, group));
        if ORDERS.has(storage, (number, group)) {
            return Err(format!("group {number}/{group} is leased and open"));
        }
    }
    by_provider.sort_unstable();
    let stored = all(LEASES_BY_PROVIDER.keys(storage, None, None, up))?;
    same("leases by provider", stored, by_provider)?;
    let stored = all(LIVE_LEASES.range(storage, None, None, up))?;
    same("live leases", stored.into_iter().collect(), live)?;

    let mut streams = Vec::new();
    for (number, StoredAccount(account)) in all(ACCOUNTS.range(storage, None, None, up))? {
        streams.extend(account.streams().iter().map(|stream| (number, stream.id())));
    }
    streams.sort_unstable();
    same("streams", streams, all(LEASES.keys(storage, None, None, up))?)
}

/// Each offer locks what its leases need, and is listed by its provider.
fn offers(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut used: Sums<u64, OfferUse> = Sums::new();
    for (_, lease) in all(LEASES.range(storage, None, None, up))? {
        if let Some(offer) = lease.offer {
            let usage = used.entry(offer).or_default();
            usage.locked = usage.locked.saturating_add(lease.bond);
            usage.leases = usage.leases.saturating_add(1);
        }
    }
    for (id, usage) in all(USES.range(storage, None, None, up))? {
        let want = used.remove(&id).unwrap_or_default();
        let got = (usage.locked, usage.leases);
        same(format!("use of offer {id}"), got, (want.locked, want.leases))?;
        if usage.locked > usage.bond {
            return Err(format!("offer {id} locks {} of {}", usage.locked, usage.bond));
        }
    }
    same("leases of unknown offers", used.len(), 0)?;
    let offers = all(OFFERS.range(storage, None, None, up))?;
    let ids = offers.iter().map(|(id, _)| *id).collect();
    same("counters of offers", all(USES.keys(storage, None, None, up))?, ids)?;
    let mut of_providers: Vec<_> = offers.iter().map(|(id, offer)| (offer.provider, *id)).collect();
    of_providers.sort_unstable();
    same("offers by provider", all(BY_PROVIDER.keys(storage, None, None, up))?, of_providers)
}

/// Each open control channel leads to its route, and back.
fn channels(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let of_routes = all(CONTROLS.range(storage, None, None, up))?.into_iter();
    let mut of_routes: Vec<_> =
        of_routes.map(|(route, control)| (control.channel, route)).collect();
    of_routes.sort_unstable();
    let mut of_channels = all(CONTROL_ROUTES.range(storage, None, None, up))?;
    of_channels.sort_unstable();
    same("control channels", of_channels, of_routes)
}

/// The unresolved transfers home add up.
fn settlements(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut unresolved = Sums::new();
    for (_, in_flight) in all(IN_FLIGHT.range(storage, None, None, up))? {
        if !in_flight.aside {
            add(&mut unresolved, in_flight.denom, in_flight.amount);
        }
    }
    let mut origins = Sums::new();
    for ((claimant, denom, _), amount) in all(ORIGINS.range(storage, None, None, up))? {
        add(&mut origins, (claimant, denom), amount);
    }
    for ((claimant, denom), sum) in origins {
        let claimable = ledger::claimable(storage, claimant, denom);
        let claimable = claimable.map_err(|error| error.to_string())?;
        if sum > claimable {
            return Err(format!("{sum} of {claimant} come from deployments, {claimable} are owed"));
        }
    }
    let stored = all(UNRESOLVED.range(storage, None, None, up))?;
    same("unresolved", without_zeros(stored.into_iter().collect()), without_zeros(unresolved))
}
