//! Whose state it is, and of which version.

use cosmwasm_std::{StdResult, Storage};
use protocol::json::Decode;
use serde::Serialize;

use crate::Item;

/// The version of a contract, where and as cw2 stores it.
const VERSION: Item<Version> = Item::new("contract_info");

/// A contract and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Version {
    /// Its name, for instance `crates.io:entrepot-market`.
    pub contract: String,
    /// Its version.
    pub version: String,
}

impl Version {
    /// The version that is stored.
    ///
    /// # Errors
    /// If there is none.
    pub fn load(storage: &dyn Storage) -> StdResult<Self> {
        VERSION.load(storage)
    }

    /// Stores a version.
    ///
    /// # Errors
    /// Never: it encodes.
    pub fn save(storage: &mut dyn Storage, contract: &str, version: &str) -> StdResult<()> {
        VERSION.save(storage, &Self { contract: contract.into(), version: version.into() })
    }
}
