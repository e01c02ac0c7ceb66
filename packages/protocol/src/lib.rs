//! The wire between the outpost (chain B, the buyer's side) and the market (chain A).
//!
//! Money travels as ICS-20 transfers whose memo carries a [`Message`]; commands without money
//! travel over a channel of their own as [`control`] packets. Both contracts, the command line
//! tool and the tests link this crate; it holds types, encodings and limits and no contract code.
//!
//! A change to anything serialised here is a change of [`handshake::VERSION`] and of
//! [`MESSAGE_VERSION`]: the golden files under `tests/golden` fail first.
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

// The code that `json::Decode` derives names this crate from outside.
extern crate self as protocol;

pub mod code;
pub mod control;
pub mod deployment;
pub mod handshake;
pub mod hooks;
pub mod ics20;
pub mod identity;
pub mod json;
pub mod limits;
pub mod memo;
pub mod money;
pub mod ownership;
pub mod style;

pub use code::Code;
pub use deployment::{Deployment, Group, Manifest, Otherwise, Selection};
pub use identity::{DeploymentId, Tenant};
pub use limits::LimitError;
pub use memo::{Memo, MemoError};
pub use money::{Action, MESSAGE_VERSION, Message};
pub use style::{Parties, RouteStyle};
