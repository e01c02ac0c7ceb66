//! What is stored, by concern. Keys hold integers: names are interned at their first use.

pub(crate) mod announcement;
pub(crate) mod attestation;
pub(crate) mod bid;
pub(crate) mod config;
pub(crate) mod denom;
pub(crate) mod deployment;
pub(crate) mod offer;
pub(crate) mod principal;
pub(crate) mod provider;
pub(crate) mod revised;
pub(crate) mod route;
pub(crate) mod settlement;
pub(crate) mod tally;
pub(crate) mod terms;

use cosmwasm_std::Storage;
use cw_storage_plus::PrimaryKey;
use store::{Item, Map};

use crate::error::ContractError;

/// Takes the next number of a sequence that begins with 1.
pub(crate) fn next(storage: &mut dyn Storage, last: &Item<u64>) -> Result<u64, ContractError> {
    let number = last.may_load(storage)?.unwrap_or_default().checked_add(1);
    let number = number.ok_or(ContractError::Overflow { what: "a sequence" })?;
    last.save(storage, &number)?;
    Ok(number)
}

/// Adds one to a counter, and returns it.
pub(crate) fn count_up<'a, K: PrimaryKey<'a>>(
    storage: &mut dyn Storage,
    counter: &Map<K, u32>,
    key: K,
) -> Result<u32, ContractError> {
    let count = counter.may_load(storage, key.clone())?.unwrap_or_default().checked_add(1);
    let count = count.ok_or(ContractError::Overflow { what: "a counter" })?;
    counter.save(storage, key, &count)?;
    Ok(count)
}

/// Takes one off a counter, and removes it at zero.
pub(crate) fn count_down<'a, K: PrimaryKey<'a>>(
    storage: &mut dyn Storage,
    counter: &Map<K, u32>,
    key: K,
) -> Result<(), ContractError> {
    let count = counter.may_load(storage, key.clone())?.unwrap_or_default().checked_sub(1);
    match count.ok_or(ContractError::Overflow { what: "a counter" })? {
        0 => counter.remove(storage, key),
        count => counter.save(storage, key, &count)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Every file that declares storage.
    const SOURCES: [&str; 14] = [
        include_str!("ledger.rs"),
        include_str!("state/announcement.rs"),
        include_str!("state/attestation.rs"),
        include_str!("state/config.rs"),
        include_str!("state/denom.rs"),
        include_str!("state/deployment.rs"),
        include_str!("state/offer.rs"),
        include_str!("state/principal.rs"),
        include_str!("state/provider.rs"),
        include_str!("state/revised.rs"),
        include_str!("state/route.rs"),
        include_str!("state/settlement.rs"),
        include_str!("state/tally.rs"),
        include_str!("state/terms.rs"),
    ];

    #[test]
    fn no_two_items_share_a_key() {
        let mut keys = BTreeSet::new();
        for declaration in SOURCES.iter().flat_map(|source| source.split(" = ").skip(1)) {
            let is_storage =
                declaration.starts_with("Map::new(") || declaration.starts_with("Item::new(");
            if let Some(key) = declaration.split('"').nth(1).filter(|_| is_storage) {
                assert!(keys.insert(key), "`{key}` is taken twice");
            }
        }
        assert!(keys.len() > 30, "found only {keys:?}");
    }
}
