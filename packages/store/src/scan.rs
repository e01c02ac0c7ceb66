//! Entries between two bounds. Apart from the types of keys and values, so that there is one copy.

use cosmwasm_std::{Order, Record, StdResult, Storage};
use cw_storage_plus::RawBound;

/// Entries of a map in order.
pub type Entries<'c, E> = Box<dyn Iterator<Item = StdResult<E>> + 'c>;

/// Keys from `start` up to, not including, `end`; `prefix` bytes of each are not shown.
pub(crate) struct Range {
    prefix: usize,
    start: Vec<u8>,
    end: Vec<u8>,
    order: Order,
}

impl Range {
    #[inline(never)]
    pub(crate) fn of(
        prefix: &[u8],
        min: Option<RawBound>,
        max: Option<RawBound>,
        order: Order,
    ) -> Self {
        let start = match min {
            None => prefix.to_vec(),
            Some(RawBound::Inclusive(key)) => [prefix, &key].concat(),
            Some(RawBound::Exclusive(key)) => [prefix, &key, &[0]].concat(),
        };
        let end = match max {
            None => behind(prefix),
            Some(RawBound::Inclusive(key)) => [prefix, &key, &[0]].concat(),
            Some(RawBound::Exclusive(key)) => [prefix, &key].concat(),
        };
        Self { prefix: prefix.len(), start, end, order }
    }
}

/// The first key that does not begin with `prefix`. One of the bytes is below 255: they begin with
/// a length.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    for byte in key.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    key
}

#[inline(never)]
pub(crate) fn records(
    storage: &dyn Storage,
    range: Range,
) -> Box<dyn Iterator<Item = Record> + '_> {
    let records = storage.range(Some(&range.start), Some(&range.end), range.order);
    Box::new(records.map(move |(key, value)| (rest(key, range.prefix), value)))
}

#[inline(never)]
pub(crate) fn keys(storage: &dyn Storage, range: Range) -> Box<dyn Iterator<Item = Vec<u8>> + '_> {
    let keys = storage.range_keys(Some(&range.start), Some(&range.end), range.order);
    Box::new(keys.map(move |key| rest(key, range.prefix)))
}

fn rest(mut key: Vec<u8>, prefix: usize) -> Vec<u8> {
    key.drain(..prefix.min(key.len()));
    key
}
