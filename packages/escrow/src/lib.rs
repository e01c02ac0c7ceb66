//! The escrow account: leases paid by the second out of one balance, exactly.
//!
//! One [`Account`] pays the up to eight leases ([`Stream`]s) of one deployment out of one balance in one
//! denom. It never pays for a second that was not funded, not served or not agreed, the result does not
//! depend on who looks when, and closing it returns every unit. There are no chain types here: the
//! market contract moves the coins, this crate says how many.
//!
//! Every operation takes the block's second, [settles](Account::settle) first, and either succeeds or
//! leaves the account settled and otherwise as it was. The README tells the state, the operations and
//! which test proves which invariant.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic
)]

mod account;
mod error;
mod quantity;
mod quote;
mod stream;

pub use account::{Account, Beat, Closed, Fault, MAX_RUNWAY, MAX_STREAMS, MIN_RUNWAY, Payout};
pub use error::EscrowError;
pub use quantity::{MAX_RATE, MAX_UNITS, NANO, Nano, NanoRate, Seconds, Units};
pub use quote::{bond, cost};
pub use stream::{FULL_BPS, OpenStream, Stream};
