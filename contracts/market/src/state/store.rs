//! `Item` and `Map` whose values are decoded with little code: see [`protocol::json`].
//!
//! Keys, and values that are one number, are those of `cw-storage-plus`, byte for byte.

use cosmwasm_std::{Order, StdError, StdResult, Storage, to_json_vec};
use cw_storage_plus::{Bound, KeyDeserialize, Prefix, PrimaryKey};
use protocol::json::{Small, from_slice};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One value under one key.
pub(crate) struct Item<T>(cw_storage_plus::Item<Small<T>>);

impl<T: Serialize + DeserializeOwned> Item<T> {
    /// The value under `key`.
    pub(crate) const fn new(key: &'static str) -> Self {
        Self(cw_storage_plus::Item::new(key))
    }

    /// Whether there is a value.
    pub(crate) fn exists(&self, storage: &dyn Storage) -> bool {
        storage.get(self.0.as_slice()).is_some()
    }

    /// Writes the value.
    pub(crate) fn save(&self, storage: &mut dyn Storage, value: &T) -> StdResult<()> {
        storage.set(self.0.as_slice(), &to_json_vec(value)?);
        Ok(())
    }

    /// Reads the value; an error if there is none.
    pub(crate) fn load(&self, storage: &dyn Storage) -> StdResult<T> {
        self.may_load(storage)?.ok_or_else(|| absent(self.0.as_slice()))
    }

    /// Reads the value, if there is one.
    pub(crate) fn may_load(&self, storage: &dyn Storage) -> StdResult<Option<T>> {
        decode(storage.get(self.0.as_slice()))
    }
}

/// A value under each of many keys.
pub(crate) struct Map<K, T>(cw_storage_plus::Map<K, Small<T>>);

impl<K, T> Map<K, T> {
    /// Values whose keys begin with `namespace`.
    pub(crate) const fn new(namespace: &'static str) -> Self {
        Self(cw_storage_plus::Map::new(namespace))
    }
}

impl<'a, K: PrimaryKey<'a>, T: Serialize + DeserializeOwned> Map<K, T> {
    /// Writes a value.
    pub(crate) fn save(&self, storage: &mut dyn Storage, key: K, value: &T) -> StdResult<()> {
        storage.set(&self.0.key(key), &to_json_vec(value)?);
        Ok(())
    }

    /// Removes a value.
    pub(crate) fn remove(&self, storage: &mut dyn Storage, key: K) {
        storage.remove(&self.0.key(key));
    }

    /// Whether there is a value.
    pub(crate) fn has(&self, storage: &dyn Storage, key: K) -> bool {
        storage.get(&self.0.key(key)).is_some()
    }

    /// Reads a value, if there is one.
    pub(crate) fn may_load(&self, storage: &dyn Storage, key: K) -> StdResult<Option<T>> {
        decode(storage.get(&self.0.key(key)))
    }

    /// The values whose keys begin with `prefix`.
    pub(crate) fn prefix(&self, prefix: K::Prefix) -> Prefix<K::Suffix, Small<T>, K::Suffix> {
        self.0.prefix(prefix)
    }

    /// The values whose keys begin with the shorter `prefix`.
    pub(crate) fn sub_prefix(
        &self,
        prefix: K::SubPrefix,
    ) -> Prefix<K::SuperSuffix, Small<T>, K::SuperSuffix> {
        self.0.sub_prefix(prefix)
    }
}

impl<'a, K: PrimaryKey<'a> + KeyDeserialize, T: Serialize + DeserializeOwned> Map<K, T> {
    /// Keys and values in order.
    pub(crate) fn range<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> impl Iterator<Item = StdResult<(K::Output, T)>> + 'c
    where
        T: 'c,
        K::Output: 'static,
    {
        let entries = self.0.range(storage, min, max, order);
        entries.map(|entry| entry.map(|(key, Small(value))| (key, value)))
    }

    /// Keys in order.
    pub(crate) fn keys<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> impl Iterator<Item = StdResult<K::Output>> + 'c
    where
        T: 'c,
        K::Output: 'static,
    {
        self.0.keys(storage, min, max, order)
    }
}

fn decode<T: DeserializeOwned>(json: Option<Vec<u8>>) -> StdResult<Option<T>> {
    json.map(|json| from_slice(&json)).transpose().map_err(StdError::from)
}

#[inline(never)]
fn absent(key: &[u8]) -> StdError {
    StdError::msg(format_args!("nothing is stored under {}", cosmwasm_std::HexBinary::from(key)))
}
