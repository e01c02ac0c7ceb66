//! One lease's side of an account: what it earns, until when, and what it has been paid.

use crate::{EscrowError, MAX_RATE, MAX_UNITS, Nano, NanoRate, Payout, Seconds, Units};

/// Basis points of a whole.
pub const FULL_BPS: u16 = 10_000;

/// The terms of a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenStream {
    /// The number the caller knows the stream by, unused in this account.
    pub id: u32,
    /// Nano-units per second, above zero.
    pub rate: NanoRate,
    /// Seconds a heartbeat earns for; `None` earns from the first one to `stop` without further beats.
    pub window: Option<Seconds>,
    /// The second from which nothing is earned, or [`Seconds::NEVER`].
    pub stop: Seconds,
    /// Units reserved at once and paid at a close without fault, so far as the lease has not earned them.
    pub min_charge: Units,
    /// The treasury's share of every payment, in basis points.
    pub fee_bps: u16,
}

impl OpenStream {
    /// Checks what does not depend on the account.
    pub(crate) fn validate(&self, now: Seconds) -> Result<(), EscrowError> {
        in_range("rate", self.rate.get(), 1, MAX_RATE.get())?;
        in_range("min_charge", self.min_charge.get(), 0, MAX_UNITS.get())?;
        in_range("fee_bps", self.fee_bps.into(), 0, FULL_BPS.into())?;
        if let Some(window) = self.window {
            in_range("window", window.get().into(), 1, u64::MAX.into())?;
        }
        if self.stop <= now {
            return Err(EscrowError::Ended { id: self.id, stop: self.stop });
        }
        Ok(())
    }
}

/// Refuses a value outside `min..=max`.
pub(crate) fn in_range(
    quantity: &'static str,
    got: u128,
    min: u128,
    max: u128,
) -> Result<(), EscrowError> {
    if got < min || got > max {
        return Err(EscrowError::OutOfRange { quantity, got, min, max });
    }
    Ok(())
}

/// A lease as the account pays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub(crate) id: u32,
    pub(crate) rate: NanoRate,
    pub(crate) window: Option<Seconds>,
    pub(crate) cap: Seconds,
    pub(crate) stop: Seconds,
    pub(crate) accrued: Nano,
    pub(crate) paid: Units,
    pub(crate) reserved: Nano,
    pub(crate) fee_bps: u16,
    pub(crate) beats: u32,
}

impl Stream {
    /// A stream that earns nothing before its first heartbeat.
    pub(crate) fn new(now: Seconds, terms: OpenStream) -> Result<Self, EscrowError> {
        Ok(Self {
            id: terms.id,
            rate: terms.rate,
            window: terms.window,
            cap: now,
            stop: terms.stop,
            accrued: Nano::ZERO,
            paid: Units::ZERO,
            reserved: terms.min_charge.to_nano()?,
            fee_bps: terms.fee_bps,
            beats: 0,
        })
    }

    /// The number the caller knows the stream by.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Nano-units per second.
    pub fn rate(&self) -> NanoRate {
        self.rate
    }

    /// Seconds a heartbeat earns for, if the lease needs heartbeats.
    pub fn window(&self) -> Option<Seconds> {
        self.window
    }

    /// The second from which it earns nothing unless a heartbeat comes; never later than the stop.
    pub fn cap(&self) -> Seconds {
        self.cap
    }

    /// The second from which it earns nothing whatever comes, or [`Seconds::NEVER`].
    pub fn stop(&self) -> Seconds {
        self.stop
    }

    /// Nano-units earned and not yet paid, as of the account's last settlement.
    pub fn accrued(&self) -> Nano {
        self.accrued
    }

    /// Units ever paid, fees included.
    pub fn paid(&self) -> Units {
        self.paid
    }

    /// Nano-units set aside for the minimum charge.
    pub fn reserved(&self) -> Nano {
        self.reserved
    }

    /// The treasury's share, in basis points.
    pub fn fee_bps(&self) -> u16 {
        self.fee_bps
    }

    /// Heartbeats received.
    pub fn beats(&self) -> u32 {
        self.beats
    }

    /// Whether it earns in the second `at`, funds permitting.
    pub fn is_live(&self, at: Seconds) -> bool {
        at < self.cap
    }

    /// Whether the tenant is committed to it in the second `at`, silent or not.
    pub fn is_committed(&self, at: Seconds) -> bool {
        at < self.stop
    }

    /// Whether it would earn in the second `at` had its provider beaten in time.
    ///
    /// False from the stop on: a lease that ran its term is not silent, although its cap has passed.
    pub fn is_silent(&self, at: Seconds) -> bool {
        self.cap <= at && at < self.stop
    }

    /// The treasury's part of everything paid so far, rounded down.
    ///
    /// It is a function of the total, so paying in small parts cannot dodge it and it needs no field.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn fee(&self) -> Result<Units, EscrowError> {
        let scaled = self.paid.get().checked_mul(self.fee_bps.into());
        let fee = scaled.and_then(|scaled| scaled.checked_div(FULL_BPS.into()));
        fee.map(Units::new).ok_or(EscrowError::Overflow { operation: "fee" })
    }

    /// Nano-units the stream holds: earned and reserved.
    pub(crate) fn held(&self) -> Result<Nano, EscrowError> {
        self.accrued.try_add(self.reserved)
    }

    /// Nano-units ever earned, paid or not.
    pub(crate) fn earned(&self) -> Result<Nano, EscrowError> {
        self.paid.to_nano()?.try_add(self.accrued)
    }

    /// Pays out the whole units accrued; the fraction stays.
    pub(crate) fn pay(&mut self) -> Result<Payout, EscrowError> {
        let fee_before = self.fee()?;
        let gross = self.accrued.whole();
        self.accrued = self.accrued.try_sub(gross.to_nano()?)?;
        self.paid = self.paid.try_add(gross)?;
        let treasury = self.fee()?.try_sub(fee_before)?;
        Ok(Payout { provider: gross.try_sub(treasury)?, treasury })
    }
}
