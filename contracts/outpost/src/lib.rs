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

mod error;
pub mod msg;

pub use error::ContractError;
