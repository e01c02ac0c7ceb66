//! The store of one chain: ordered, and cheap to copy, so that a step can be taken back.

use std::collections::BTreeMap;

use cosmwasm_std::{Order, Record, Storage};

/// Keys and values of a whole chain, all modules and contracts included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainStorage(BTreeMap<Vec<u8>, Vec<u8>>);

impl Storage for ChainStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        let start = start.unwrap_or_default().to_vec();
        // A range that ends before it starts is empty here and a panic in `BTreeMap::range`.
        let end = end.map(|end| end.to_vec().max(start.clone()));
        let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        let records: Box<dyn DoubleEndedIterator<Item = Record>> = match end {
            Some(end) => Box::new(self.0.range(start..end).map(owned)),
            None => Box::new(self.0.range(start..).map(owned)),
        };
        match order {
            Order::Ascending => Box::new(records),
            Order::Descending => Box::new(records.rev()),
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.0.insert(key.to_vec(), value.to_vec());
    }

    fn remove(&mut self, key: &[u8]) {
        self.0.remove(key);
    }
}
