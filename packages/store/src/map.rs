//! Many values under keys that begin alike.

use std::fmt;
use std::marker::PhantomData;

use cosmwasm_std::storage_keys::{namespace_with_key, to_length_prefixed_nested};
use cosmwasm_std::{Order, StdResult, Storage};
use cw_storage_plus::{Bound, Key, KeyDeserialize, Prefixer, PrimaryKey};
use protocol::json::Decode;
use serde::Serialize;

use crate::item::absent;
use crate::scan::{Entries, Range, keys, records};
use crate::{decode, read, write};

/// A value under each of many keys.
pub struct Map<K, T> {
    namespace: &'static str,
    entry: PhantomData<fn() -> (K, T)>,
}

/// The entries of a map whose keys begin alike; `K` is what follows.
pub struct Prefix<K, T> {
    bytes: Vec<u8>,
    entry: PhantomData<fn() -> (K, T)>,
}

impl<K, T> fmt::Debug for Map<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.namespace).finish()
    }
}

impl<K, T> fmt::Debug for Prefix<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prefix").field(&self.bytes).finish()
    }
}

impl<K, T> Map<K, T> {
    /// Values whose keys begin with `namespace`.
    #[must_use]
    pub const fn new(namespace: &'static str) -> Self {
        Self { namespace, entry: PhantomData }
    }

    /// What its keys begin with.
    #[must_use]
    pub const fn namespace(&self) -> &'static str {
        self.namespace
    }
}

impl<'a, K: PrimaryKey<'a>, T> Map<K, T> {
    /// Removes a value.
    pub fn remove(&self, storage: &mut dyn Storage, key: K) {
        storage.remove(&path(self.namespace, &key.key()));
    }

    /// Whether there is a value.
    pub fn has(&self, storage: &dyn Storage, key: K) -> bool {
        storage.get(&path(self.namespace, &key.key())).is_some()
    }

    /// The values whose keys begin with `prefix`.
    pub fn prefix(&self, prefix: K::Prefix) -> Prefix<K::Suffix, T> {
        Prefix::new(self.namespace, &prefix.prefix())
    }

    /// The values whose keys begin with the shorter `prefix`.
    pub fn sub_prefix(&self, prefix: K::SubPrefix) -> Prefix<K::SuperSuffix, T> {
        Prefix::new(self.namespace, &prefix.prefix())
    }
}

impl<'a, K: PrimaryKey<'a>, T: Serialize> Map<K, T> {
    /// Writes a value.
    ///
    /// # Errors
    /// If the value does not encode.
    pub fn save(&self, storage: &mut dyn Storage, key: K, value: &T) -> StdResult<()> {
        write(storage, &path(self.namespace, &key.key()), value)
    }
}

impl<'a, K: PrimaryKey<'a>, T: Decode> Map<K, T> {
    /// Reads a value.
    ///
    /// # Errors
    /// If there is none, or it does not decode.
    pub fn load(&self, storage: &dyn Storage, key: K) -> StdResult<T> {
        let path = path(self.namespace, &key.key());
        read(storage, &path)?.ok_or_else(|| absent(&path))
    }

    /// Reads a value, if there is one.
    ///
    /// # Errors
    /// If it does not decode.
    pub fn may_load(&self, storage: &dyn Storage, key: K) -> StdResult<Option<T>> {
        read(storage, &path(self.namespace, &key.key()))
    }
}

impl<'a, K: KeyDeserialize + PrimaryKey<'a>, T> Map<K, T> {
    /// Keys and values in order.
    pub fn range<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> Entries<'c, (K::Output, T)>
    where
        K::Output: 'static,
        T: Decode + 'c,
    {
        Prefix::<K, T>::new(self.namespace, &[]).range(storage, min, max, order)
    }

    /// Keys in order.
    pub fn keys<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> Entries<'c, K::Output>
    where
        K::Output: 'static,
    {
        Prefix::<K, T>::new(self.namespace, &[]).keys(storage, min, max, order)
    }
}

impl<K, T> Prefix<K, T> {
    fn new(namespace: &str, keys: &[Key<'_>]) -> Self {
        Self { bytes: beginning(namespace, keys), entry: PhantomData }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self, storage: &dyn Storage) -> bool {
        let range = Range::of(&self.bytes, None, None, Order::Ascending);
        keys(storage, range).next().is_none()
    }
}

impl<'a, K: KeyDeserialize + PrimaryKey<'a>, T> Prefix<K, T> {
    /// The rests of the keys, and values, in order.
    pub fn range<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> Entries<'c, (K::Output, T)>
    where
        K::Output: 'static,
        T: Decode + 'c,
    {
        let (min, max) = (min.map(|min| min.to_raw_bound()), max.map(|max| max.to_raw_bound()));
        let entries = records(storage, Range::of(&self.bytes, min, max, order));
        Box::new(entries.map(|(key, value)| Ok((K::from_vec(key)?, decode(&value)?))))
    }

    /// The rests of the keys in order.
    pub fn keys<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> Entries<'c, K::Output>
    where
        K::Output: 'static,
    {
        let (min, max) = (min.map(|min| min.to_raw_bound()), max.map(|max| max.to_raw_bound()));
        let keys = keys(storage, Range::of(&self.bytes, min, max, order));
        let keys = keys.map(|key| K::from_vec(key));
        Box::new(keys)
    }
}

/// The key of a value: every part with its length before it, but the last.
#[inline(never)]
fn path(namespace: &str, keys: &[Key<'_>]) -> Vec<u8> {
    let (last, others) =
        keys.split_last().map_or((&[][..], keys), |(last, others)| (last.as_ref(), others));
    namespace_with_key(&parts(namespace, others), last)
}

/// What keys begin with: every part with its length before it.
#[inline(never)]
fn beginning(namespace: &str, keys: &[Key<'_>]) -> Vec<u8> {
    to_length_prefixed_nested(&parts(namespace, keys))
}

fn parts<'k>(namespace: &'k str, keys: &'k [Key<'_>]) -> Vec<&'k [u8]> {
    let keys = keys.iter().map(AsRef::as_ref);
    std::iter::once(namespace.as_bytes()).chain(keys).collect()
}
