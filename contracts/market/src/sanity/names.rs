//! What is known by a short number is known by its name, and what is listed is there.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Order, Storage};
use protocol::hooks;

use super::{Fault, all, same};
use crate::error::ContractError;
use crate::ledger::CLAIMABLE;
use crate::state::bid::BIDS_BY_PROVIDER;
use crate::state::denom::{self, DENOMS, LISTINGS};
use crate::state::deployment::{RECORDS, SLOTS, Slot};
use crate::state::principal::{self, PrincipalId};
use crate::state::route::{self, CONTROLS, HOOKED, LOCAL, OUTPOSTS, ROUTES};
use crate::state::settlement::{HOMES, RETRIES};

/// Checks every index of names.
pub(super) fn check(storage: &dyn Storage) -> Result<(), Fault> {
    let people = principals(storage)?;
    denoms(storage)?;
    routes(storage)?;
    listings(storage)?;
    slots(storage, &people)?;
    money(storage, &people)
}

fn fault(error: ContractError) -> Fault {
    error.to_string()
}

/// Numbers begin at one, and each is that of one name.
fn principals(storage: &dyn Storage) -> Result<BTreeSet<PrincipalId>, Fault> {
    let up = Order::Ascending;
    let mut numbers = BTreeSet::new();
    for (id, name) in all(principal::NAMES.range(storage, None, None, up))? {
        same(
            format!("number of {name}"),
            principal::find(storage, &name).map_err(fault)?,
            Some(id),
        )?;
        numbers.insert(id);
    }
    let by_name: BTreeSet<_> =
        all(principal::IDS.range(storage, None, None, up))?.into_iter().map(|(_, id)| id).collect();
    same("numbers of principals", by_name, numbers.clone())?;
    let last = principal::LAST.may_load(storage).map_err(|error| error.to_string())?;
    same("the last principal", numbers.last().copied(), last)?;
    Ok(numbers)
}

fn denoms(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let stored = all(DENOMS.range(storage, None, None, up))?;
    for (id, denom) in &stored {
        let found = denom::find(storage, &denom.name).map_err(fault)?;
        same(format!("number of `{}`", denom.name), found, Some(*id))?;
    }
    let coins = all(denom::IDS.keys(storage, None, None, up))?.len();
    let tokens = all(denom::TOKENS.keys(storage, None, None, up))?.len();
    same("names of denoms", coins.saturating_add(tokens), stored.len())?;
    let last = denom::LAST.may_load(storage).map_err(|error| error.to_string())?;
    same("the last denom", stored.last().map(|(id, _)| *id), last)
}

/// A route is found by its channel, by its outpost, and by the account in which ibc-hooks call for it.
fn routes(storage: &dyn Storage) -> Result<(), Fault> {
    let up = Order::Ascending;
    let routes = all(ROUTES.range(storage, None, None, up))?;
    for (id, route) in &routes {
        let found = route::find(storage, &route.channel).map_err(fault)?;
        same(format!("route on `{}`", route.channel), found, Some(*id))?;
        let Some(outpost) = &route.outpost else { continue };
        let found = OUTPOSTS.may_load(storage, (route.connection.as_str(), outpost.as_str()));
        let found = found.map_err(|error| error.to_string())?;
        same(format!("route of `{outpost}`"), found, Some(*id))?;
        if route.style.hooks_at_market() {
            let data = hooks::data_of_intermediary(&route.channel, outpost);
            let found = HOOKED.may_load(storage, &data).map_err(|error| error.to_string())?;
            same(format!("route of what calls for `{outpost}`"), found, Some(*id))?;
        }
    }
    let channels = all(route::IDS.keys(storage, None, None, up))?;
    same("channels of routes", channels.len(), routes.len())?;
    let last = route::LAST.may_load(storage).map_err(|error| error.to_string())?;
    same("the last route", routes.last().map(|(id, _)| *id), last)?;
    let outposts = all(OUTPOSTS.range(storage, None, None, up))?.into_iter().map(|(_, id)| id);
    let hooked = all(HOOKED.range(storage, None, None, up))?.into_iter().map(|(_, id)| id);
    let controls = all(CONTROLS.keys(storage, None, None, up))?;
    let mut named = outposts.chain(hooked).chain(controls);
    match named.find(|id| !ROUTES.has(storage, *id)) {
        Some(id) => Err(format!("route {id} is indexed and unknown")),
        None => Ok(()),
    }
}

fn listings(storage: &dyn Storage) -> Result<(), Fault> {
    for (denom, route) in all(LISTINGS.keys(storage, None, None, Order::Ascending))? {
        if !DENOMS.has(storage, denom) || route != LOCAL && !ROUTES.has(storage, route) {
            return Err(format!(
                "unknown denom {denom} is listed on route {route}, or on no route"
            ));
        }
    }
    Ok(())
}

/// Each deployment, dead or alive, has one number, under which its record and bids name it.
fn slots(storage: &dyn Storage, people: &BTreeSet<PrincipalId>) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut numbers = BTreeMap::new();
    for ((tenant, seq), slot) in all(SLOTS.range(storage, None, None, up))? {
        let number = match slot {
            Slot::Live(number) => number,
            Slot::Closed(tombstone) => tombstone.number,
        };
        if !people.contains(&tenant) || numbers.insert(number, (tenant, seq)).is_some() {
            return Err(format!("deployment {number} has no tenant, or two names"));
        }
    }
    for (number, record) in all(RECORDS.range(storage, None, None, up))? {
        let named = Some((record.tenant, record.seq));
        same(format!("name of deployment {number}"), numbers.get(&number).copied(), named)?;
    }
    for ((bidder, number, _), named) in all(BIDS_BY_PROVIDER.range(storage, None, None, up))? {
        let named = Some((named.tenant, named.seq));
        let of = format!("whose order {bidder} bids for");
        same(of, numbers.get(&number).copied(), named)?;
    }
    Ok(())
}

/// Whom something is owed to is known, and nothing is owed by an entry of zero.
fn money(storage: &dyn Storage, people: &BTreeSet<PrincipalId>) -> Result<(), Fault> {
    let up = Order::Ascending;
    let mut owners = BTreeSet::new();
    for ((owner, denom), amount) in all(CLAIMABLE.range(storage, None, None, up))? {
        owners.insert(owner);
        if amount.is_zero() || !DENOMS.has(storage, denom) {
            return Err(format!("{amount} of denom {denom} are owed to {owner}"));
        }
    }
    owners.extend(all(HOMES.keys(storage, None, None, up))?);
    owners.extend(all(RETRIES.keys(storage, None, None, up))?.into_iter().map(|(owner, _)| owner));
    match owners.difference(people).next() {
        Some(nobody) => Err(format!("{nobody} is owed something, and nobody")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;
    use cosmwasm_std::{Addr, Uint128};

    /// A storage with a principal, a denom and a claimable, after a change.
    fn fault(change: impl FnOnce(&mut dyn Storage, PrincipalId)) -> Option<Fault> {
        let mut storage = MockStorage::new();
        let id =
            principal::intern(&mut storage, &principal::local(Addr::unchecked("lea"))).unwrap();
        let denom = denom::intern(&mut storage, "uusd").unwrap();
        CLAIMABLE.save(&mut storage, (id, denom), &Uint128::one()).unwrap();
        change(&mut storage, id);
        check(&storage).err()
    }

    #[test]
    fn an_index_that_lies_is_found() {
        assert_eq!(fault(|_, _| {}), None);
        let renamed = |storage: &mut dyn Storage, id| {
            principal::NAMES.save(storage, id, &principal::local("max")).unwrap();
        };
        assert!(fault(renamed).is_some(), "a number leads to another name");
        let unknown = |storage: &mut dyn Storage, id| {
            CLAIMABLE.save(storage, (id + 1, 1), &Uint128::one()).unwrap();
        };
        assert!(fault(unknown).is_some(), "nobody is owed something");
        let nothing = |storage: &mut dyn Storage, id| {
            CLAIMABLE.save(storage, (id, 1), &Uint128::zero()).unwrap();
        };
        assert!(fault(nothing).is_some(), "an entry of nothing");
        let listed = |storage: &mut dyn Storage, _| {
            LISTINGS.save(storage, (1, 7), &Uint128::one()).unwrap();
        };
        assert!(fault(listed).is_some(), "listed on a route that is none");
        let gone = |storage: &mut dyn Storage, _| denom::IDS.remove(storage, "uusd");
        assert!(fault(gone).is_some(), "a denom that cannot be found");
    }
}
