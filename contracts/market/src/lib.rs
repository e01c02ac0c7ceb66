//! The market contract: an open market for compute, chain A.
//!
//! Providers post offers and bid for orders; tenants, of this chain or behind a route, open
//! deployments whose leases are paid by the second out of an escrow account each. Entry points are
//! in [`contract`] and [`ibc`]; `dispatch` tells which function runs a message; what it does stands in
//! the module of its name; what is stored in `state`. Money is counted in one place, `ledger`, and
//! leaves only by a claim, a provider's withdrawal, or the way home, `settle`. The README tells the rest.
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

mod announce;
mod attest;
mod auditor;
mod bid;
mod bond;
mod callback;
mod channel;
mod claim;
mod command;
mod context;
pub mod contract;
mod control;
mod denom;
mod deployment;
mod dispatch;
mod eligible;
pub mod error;
mod event;
#[cfg(all(target_arch = "wasm32", not(feature = "library")))]
mod exports;
pub mod ibc;
mod inquiry;
mod lease;
mod ledger;
mod migrations;
pub mod msg;
mod offer;
mod order;
mod overlay;
mod ownership;
mod params;
pub mod price;
mod provider;
mod purchase;
mod query;
mod reply;
mod route;
#[cfg(any(test, feature = "sanity"))]
pub mod sanity;
mod settle;
mod slash;
mod state;
mod status;
mod token;

pub use error::ContractError;
