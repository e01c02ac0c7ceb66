//! What an operation on an account can refuse.

use crate::{Nano, Seconds, Units};

/// Says why an operation was refused; the account is then settled and otherwise unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscrowError {
    /// The block's second lies before the one the account was settled at.
    #[error("time runs backwards: got second {got}, expected {settled_at} or later")]
    TimeBackwards {
        /// The second given.
        got: Seconds,
        /// The second the account is settled at.
        settled_at: Seconds,
    },
    /// A parameter lies outside the range for which the arithmetic is proved to fit.
    #[error("`{quantity}` is out of range: got {got}, expected {min} to {max}")]
    OutOfRange {
        /// The parameter's name.
        quantity: &'static str,
        /// The value given.
        got: u128,
        /// The smallest value accepted.
        min: u128,
        /// The largest value accepted.
        max: u128,
    },
    /// The deposit is below the caller's minimum.
    #[error("deposit is too small: got {got} units, expected at least {minimum}")]
    DepositTooSmall {
        /// Units given.
        got: Units,
        /// Units required.
        minimum: Units,
    },
    /// The account would have received more than it may in its life.
    #[error(
        "deposit is too large: got {got} units, expected at most {room}; open another deployment"
    )]
    DepositLimit {
        /// Units given.
        got: Units,
        /// Units the account may still receive.
        room: Units,
    },
    /// The account is out of funds, and the operation needs a funded one.
    #[error("account is short of funds since second {since}; deposit {missing} units to revive it")]
    Short {
        /// The second the funds ran out.
        since: Seconds,
        /// Units that bring the account back to its runway.
        missing: Units,
    },
    /// The free balance does not cover the runway of what would be committed.
    #[error(
        "free balance is too small: got {got} nano-units, expected {needed}; deposit {missing} units first"
    )]
    InsufficientFunds {
        /// The free balance.
        got: Nano,
        /// The balance that would be enough.
        needed: Nano,
        /// Units that close the gap.
        missing: Units,
    },
    /// The account has all the streams it may have.
    #[error("account has {max} streams already, expected fewer; close one first")]
    StreamLimit {
        /// The most streams an account may have.
        max: usize,
    },
    /// A stream with this number is open.
    #[error("stream {id} is open already, expected an unused number")]
    StreamExists {
        /// The number given.
        id: u32,
    },
    /// No stream with this number is open.
    #[error("stream {id} is not open in this account")]
    NoStream {
        /// The number given.
        id: u32,
    },
    /// The stream's stop has passed: it earns nothing more and can only be closed.
    #[error("stream {id} stopped at second {stop}; close it")]
    Ended {
        /// The stream's number.
        id: u32,
        /// The second it stopped at.
        stop: Seconds,
    },
    /// The account cannot be finished while it has streams.
    #[error("account has {got} open streams, expected none; close them first")]
    StreamsOpen {
        /// Streams still open.
        got: usize,
    },
    /// An account without streams holds a fraction of a unit. The invariants exclude it.
    #[error("account without streams holds {got} nano-units, expected a multiple of one unit")]
    Dust {
        /// The free balance.
        got: Nano,
    },
    /// A result does not fit. The bounds on the parameters exclude it.
    #[error("`{operation}` does not fit its type; a bound was not checked")]
    Overflow {
        /// The computation that failed.
        operation: &'static str,
    },
}
