//! Storage whose writes can be thrown away.
//!
//! A submessage that fails is undone by the chain, but its reason is lost on the way. Where the
//! reason matters (a refused command, an offer that is gone, the `check` query) the same code runs
//! on an overlay instead, and only what succeeded is written.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::iter::{Peekable, from_fn};
use std::ops::Bound;

use cosmwasm_std::{Order, Record, Storage};

/// Key -> new value; none where it was removed.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Changes {
    /// Writes them.
    pub(crate) fn apply(self, storage: &mut dyn Storage) {
        for (key, value) in self.0 {
            match value {
                Some(value) => storage.set(&key, &value),
                None => storage.remove(&key),
            }
        }
    }
}

/// A storage that reads through and keeps its writes.
pub(crate) struct Overlay<'a> {
    base: &'a dyn Storage,
    changes: Changes,
}

impl<'a> Overlay<'a> {
    /// Nothing changed yet.
    pub(crate) fn new(base: &'a dyn Storage) -> Self {
        Self { base, changes: Changes::default() }
    }

    /// What was written.
    pub(crate) fn into_changes(self) -> Changes {
        self.changes
    }
}

impl Storage for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.changes.0.get(key) {
            Some(value) => value.clone(),
            None => self.base.get(key),
        }
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        if let (Some(start), Some(end)) = (start, end) {
            if start >= end {
                return Box::new(std::iter::empty());
            }
        }
        let bounds = (
            start.map_or(Bound::Unbounded, Bound::Included),
            end.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let changed = self.changes.0.range::<[u8], _>(bounds);
        let base = self.base.range(start, end, order).peekable();
        match order {
            Order::Ascending => Box::new(merged(base, changed.peekable(), order)),
            Order::Descending => Box::new(merged(base, changed.rev().peekable(), order)),
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.changes.0.insert(key.into(), Some(value.into()));
    }

    fn remove(&mut self, key: &[u8]) {
        self.changes.0.insert(key.into(), None);
    }
}

type Entry<'a> = <btree_map::Range<'a, Vec<u8>, Option<Vec<u8>>> as Iterator>::Item;

/// Both sequences in one; where they meet, the change counts.
fn merged<'a>(
    mut base: Peekable<impl Iterator<Item = Record> + 'a>,
    mut changed: Peekable<impl Iterator<Item = Entry<'a>> + 'a>,
    order: Order,
) -> impl Iterator<Item = Record> + 'a {
    from_fn(move || {
        loop {
            let Some((change, _)) = changed.peek() else { return base.next() };
            let is_base_first = base.peek().is_some_and(|(key, _)| match order {
                Order::Ascending => key < change,
                Order::Descending => key > change,
            });
            if is_base_first {
                return base.next();
            }
            base.next_if(|(key, _)| key == *change);
            if let Some((key, Some(value))) = changed.next() {
                return Some((key.clone(), value.clone()));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn base() -> MockStorage {
        let mut storage = MockStorage::new();
        for key in [b"a", b"c", b"e"] {
            storage.set(key, b"old");
        }
        storage
    }

    fn keys(storage: &dyn Storage, order: Order) -> String {
        let keys = storage.range(Some(b"a"), Some(b"z"), order);
        keys.map(|(key, value)| format!("{}{}", char::from(key[0]), char::from(value[0]))).collect()
    }

    #[test]
    fn ranges_see_changes_and_the_base_stays() {
        let base = base();
        let mut overlay = Overlay::new(&base);
        overlay.set(b"b", b"new");
        overlay.set(b"c", b"new");
        overlay.set(b"f", b"new");
        overlay.remove(b"e");
        assert_eq!(keys(&overlay, Order::Ascending), "aobncnfn");
        assert_eq!(keys(&overlay, Order::Descending), "fncnbnao");
        assert_eq!(overlay.get(b"e"), None);
        assert_eq!(keys(&base, Order::Ascending), "aocoeo");
        assert_eq!(overlay.range(Some(b"c"), Some(b"a"), Order::Ascending).count(), 0);
    }

    #[test]
    fn changes_are_applied_as_a_whole() {
        let mut storage = base();
        let mut overlay = Overlay::new(&storage);
        overlay.remove(b"a");
        overlay.set(b"b", b"new");
        overlay.into_changes().apply(&mut storage);
        assert_eq!(keys(&storage, Order::Ascending), "bncoeo");
    }
}
