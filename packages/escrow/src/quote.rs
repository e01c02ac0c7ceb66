//! What a rate comes to in whole units: bonds, and what to attach.

use crate::{EscrowError, Nano, NanoRate, Seconds, Units};

/// A bond covers this span of its lease.
const BOND_SPAN: Seconds = Seconds::new(86_400);

/// What `rate` comes to over `span`, rounded up to whole units.
///
/// # Errors
/// [`EscrowError::Overflow`] when the product does not fit; it does for every rate and runway in bounds.
pub fn cost(rate: NanoRate, span: Seconds) -> Result<Units, EscrowError> {
    rate.over(span).map(Nano::covering)
}

/// The bond of a lease at `rate`: a day of it rounded up, and at least `min_bond`.
///
/// # Errors
/// [`EscrowError::Overflow`] when the product does not fit; it does for every rate up to
/// [`MAX_RATE`](crate::MAX_RATE).
pub fn bond(rate: NanoRate, min_bond: Units) -> Result<Units, EscrowError> {
    Ok(cost(rate, BOND_SPAN)?.max(min_bond))
}
