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
//!
//! ```
//! use escrow::{Account, Fault, NanoRate, OpenStream, Seconds, Units};
//!
//! let at = Seconds::new;
//! let mut account = Account::new(at(0), at(600))?;
//! account.deposit(at(0), Units::new(10_000), Units::ZERO)?;
//! let terms = OpenStream {
//!     id: 1,
//!     rate: NanoRate::new(1_500_000_000),
//!     window: Some(at(900)),
//!     stop: Seconds::NEVER,
//!     min_charge: Units::new(100),
//!     fee_bps: 200,
//! };
//! account.open(at(0), terms)?;
//! account.heartbeat(at(10), 1)?;
//! let closed = account.close(at(110), 1, Fault::None)?;
//! assert_eq!((closed.payout.provider, closed.payout.treasury), (Units::new(147), Units::new(3)));
//! assert_eq!(account.finish(at(110))?, Units::new(9_850));
//! # Ok::<(), escrow::EscrowError>(())
//! ```

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
mod record;
mod stream;

pub use account::{Account, Beat, Closed, Fault, MAX_RUNWAY, MAX_STREAMS, MIN_RUNWAY, Payout};
pub use error::EscrowError;
pub use quantity::{MAX_RATE, MAX_UNITS, NANO, Nano, NanoRate, Seconds, Units};
pub use quote::{bond, cost};
pub use record::{AccountRow, StreamRow};
pub use stream::{FULL_BPS, OpenStream, Stream};
