//! Units, nano-units, rates and seconds: types that cannot be mixed up, with checked arithmetic.
//!
//! # Why nothing overflows
//! An account receives at most 2^90 units ever, so every amount it holds, pays or returns is at most
//! 2^90 units or 2^90 · 10^9 < 2^120 nano-units. A rate is at most 2^96 and eight of them at most 2^99
//! nano-units per second; over the longest runway of 2^25 s that is at most 2^124. Settlement multiplies a
//! rate only by a number of seconds the balance covers, so those products are below 2^120 as well. A fee
//! multiplies at most 2^90 units by 10^4 < 2^14 and a bond at most 2^96 by 86,400 < 2^17. All of it fits
//! a `u128`; [`EscrowError::Overflow`] is the check on this proof, not a case to handle.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::EscrowError;

/// Nano-units in one unit.
pub const NANO: u128 = 1_000_000_000;

/// The most units one account may ever receive: 2^90.
pub const MAX_UNITS: Units = Units::new(1 << 90);

/// The highest rate of one stream: 2^96 nano-units per second.
pub const MAX_RATE: NanoRate = NanoRate::new(1 << 96);

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Wraps a plain number.
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// Unwraps the plain number.
            pub const fn get(self) -> $inner {
                self.0
            }

            /// Adds.
            ///
            /// # Errors
            /// [`EscrowError::Overflow`] when the sum does not fit.
            pub fn try_add(self, other: Self) -> Result<Self, EscrowError> {
                let sum = self.0.checked_add(other.0).map(Self);
                sum.ok_or(EscrowError::Overflow { operation: concat!("sum of ", stringify!($name)) })
            }

            /// Subtracts.
            ///
            /// # Errors
            /// [`EscrowError::Overflow`] when `other` is larger.
            pub fn try_sub(self, other: Self) -> Result<Self, EscrowError> {
                let rest = self.0.checked_sub(other.0).map(Self);
                rest.ok_or(EscrowError::Overflow { operation: concat!("difference of ", stringify!($name)) })
            }

            /// Subtracts, zero when `other` is larger.
            #[must_use]
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}

quantity! {
    /// Whole units of a denom, as the bank counts them.
    Units(u128)
}

quantity! {
    /// Billionths of a unit: what the account counts in.
    Nano(u128)
}

quantity! {
    /// Nano-units per second.
    NanoRate(u128)
}

quantity! {
    /// A block's time or a span of it, in seconds. A point in time counts from 1970.
    Seconds(u64)
}

impl Units {
    /// Converts to nano-units, exactly.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`] above `u128::MAX / 10^9`, far beyond [`MAX_UNITS`].
    pub fn to_nano(self) -> Result<Nano, EscrowError> {
        let nano = self.0.checked_mul(NANO).map(Nano);
        nano.ok_or(EscrowError::Overflow { operation: "Units to Nano" })
    }
}

impl Nano {
    /// The whole units in it, rounded down.
    #[must_use]
    pub const fn whole(self) -> Units {
        match self.0.checked_div(NANO) {
            Some(units) => Units(units),
            None => Units::ZERO,
        }
    }

    /// The fewest whole units that cover it, rounded up.
    #[must_use]
    pub const fn covering(self) -> Units {
        Units(self.0.div_ceil(NANO))
    }

    /// The whole seconds this pays for at `rate`, rounded down; [`Seconds::NEVER`] if more than time has.
    #[must_use]
    pub fn lasts(self, rate: NanoRate) -> Seconds {
        let seconds = self.0.checked_div(rate.0).map(u64::try_from);
        seconds.and_then(Result::ok).map_or(Seconds::NEVER, Seconds)
    }
}

impl NanoRate {
    /// What this rate comes to over `span`.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`] when the product does not fit.
    pub fn over(self, span: Seconds) -> Result<Nano, EscrowError> {
        let nano = self.0.checked_mul(u128::from(span.0)).map(Nano);
        nano.ok_or(EscrowError::Overflow { operation: "NanoRate over Seconds" })
    }
}

impl Seconds {
    /// Later than every second: a stop or a cap that is not set.
    pub const NEVER: Self = Self(u64::MAX);

    /// The second `span` after this one; [`Seconds::NEVER`] if that is beyond time.
    #[must_use]
    pub const fn after(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The second itself, or `None` for [`Seconds::NEVER`].
    #[must_use]
    pub fn finite(self) -> Option<Self> {
        (self != Self::NEVER).then_some(self)
    }
}
