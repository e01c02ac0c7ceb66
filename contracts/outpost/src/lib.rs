//! The outpost contract: the buyer's side, chain B.
//!
//! An owner (a DAO, a multisig, a wallet) calls it once with one coin; it buys on the market over
//! IBC, keeps the books, and brings every unspent unit home. See the README beside this crate.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::wildcard_enum_match_arm
)]

mod admin;
mod auto_top_up;
mod budget;
mod buy;
mod callback;
mod channel;
mod claim;
mod command;
pub mod contract;
mod control;
mod custody;
mod error;
mod event;
#[cfg(all(target_arch = "wasm32", not(feature = "library")))]
mod exports;
pub mod ibc;
mod ledger;
mod migrations;
mod money;
pub mod msg;
mod ownership;
mod packet;
mod probe;
mod query;
mod quote;
mod reconcile;
mod route;
#[cfg(any(test, feature = "sanity"))]
pub mod sanity;
mod sequence;
mod settle;
mod state;
mod top_up;
mod transfer;
mod unsent;

pub use error::ContractError;
