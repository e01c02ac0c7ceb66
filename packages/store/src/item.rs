//! One value.

use std::marker::PhantomData;

use cosmwasm_std::{HexBinary, StdError, StdResult, Storage};
use protocol::json::Decode;
use serde::Serialize;

use crate::{read, write};

/// One value under one key.
#[derive(Debug)]
pub struct Item<T> {
    key: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Item<T> {
    /// The value under `key`.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, value: PhantomData }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Whether there is a value.
    pub fn exists(&self, storage: &dyn Storage) -> bool {
        storage.get(self.key.as_bytes()).is_some()
    }
}

impl<T: Serialize> Item<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// If the value does not encode.
    pub fn save(&self, storage: &mut dyn Storage, value: &T) -> StdResult<()> {
        write(storage, self.key.as_bytes(), value)
    }
}

impl<T: Decode> Item<T> {
    /// Reads the value.
    ///
    /// # Errors
    /// If there is none, or it does not decode.
    pub fn load(&self, storage: &dyn Storage) -> StdResult<T> {
        self.may_load(storage)?.ok_or_else(|| absent(self.key.as_bytes()))
    }

    /// Reads the value, if there is one.
    ///
    /// # Errors
    /// If it does not decode.
    pub fn may_load(&self, storage: &dyn Storage) -> StdResult<Option<T>> {
        read(storage, self.key.as_bytes())
    }
}

#[cold]
#[inline(never)]
pub(crate) fn absent(key: &[u8]) -> StdError {
    StdError::msg(format_args!("nothing is stored under {}", HexBinary::from(key)))
}
