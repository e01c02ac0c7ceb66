//! `Item` and `Map` whose values are decoded with little code: see [`protocol::json`].
//!
//! Keys and values in storage are those of `cw-storage-plus`, byte for byte.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod item;
mod map;
mod scan;
mod version;

use cosmwasm_std::{StdError, StdResult, Storage, to_json_vec};
use protocol::json::{self, Decode};
use serde::Serialize;

pub use item::Item;
pub use map::{Map, Prefix};
pub use scan::Entries;
pub use version::Version;

fn write<T: Serialize>(storage: &mut dyn Storage, key: &[u8], value: &T) -> StdResult<()> {
    storage.set(key, &to_json_vec(value)?);
    Ok(())
}

fn read<T: Decode>(storage: &dyn Storage, key: &[u8]) -> StdResult<Option<T>> {
    let Some(json) = storage.get(key) else { return Ok(None) };
    decode(&json).map(Some)
}

fn decode<T: Decode>(json: &[u8]) -> StdResult<T> {
    json::from_slice(json).map_err(unreadable)
}

#[cold]
#[inline(never)]
fn unreadable(error: json::Error) -> StdError {
    StdError::from(error)
}
