//! A map that is cheap to copy however much it holds: a copy shares all shards, and a change copies one.
//!
//! A simulated chain copies its state for each transaction and keeps a hundred old ones, also when a million
//! packets have left their receipts in it.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::rc::Rc;

const SHARDS: usize = 512;

#[derive(Clone, Debug)]
pub(crate) struct Shards<K, V>(Rc<Vec<Rc<BTreeMap<K, V>>>>);

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self(Rc::new(vec![Rc::default(); SHARDS]))
    }
}

/// The same in every run: a run follows from its seed.
fn place(key: &(impl Hash + ?Sized)) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() as usize % SHARDS
}

impl<K: Ord + Clone + Hash, V: Clone> Shards<K, V> {
    pub(crate) fn get<Q: Ord + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0[place(key)].get(key)
    }

    /// The shard of a key, its own.
    pub(crate) fn shard<Q: Ord + Hash + ?Sized>(&mut self, key: &Q) -> &mut BTreeMap<K, V>
    where
        K: Borrow<Q>,
    {
        Rc::make_mut(&mut Rc::make_mut(&mut self.0)[place(key)])
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.len()).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().flat_map(|shard| shard.iter())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}
