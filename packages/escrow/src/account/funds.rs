//! The tenant's side: deposits, the runway, and what comes back.

use super::Account;
use crate::stream::in_range;
use crate::{EscrowError, MAX_RATE, MAX_UNITS, Nano, NanoRate, Seconds, Units};

impl Account {
    /// Adds `units`, from anyone. If the account is short and now covers its runway, the streams go on.
    ///
    /// A forfeited bond has no `minimum`: pass zero.
    ///
    /// # Errors
    /// [`EscrowError::DepositTooSmall`] below `minimum`; [`EscrowError::DepositLimit`] when the
    /// account would have received more than [`MAX_UNITS`] in its life.
    pub fn deposit(
        &mut self,
        now: Seconds,
        units: Units,
        minimum: Units,
    ) -> Result<(), EscrowError> {
        self.settle(now)?;
        if units < minimum {
            return Err(EscrowError::DepositTooSmall { got: units, minimum });
        }
        let room = MAX_UNITS.saturating_sub(self.deposited);
        if units > room {
            return Err(EscrowError::DepositLimit { got: units, room });
        }
        self.free = self.free.try_add(units.to_nano()?)?;
        self.deposited = self.deposited.try_add(units)?;
        self.revive()
    }

    /// Returns what exceeds the runway of the committed leases, in whole units.
    ///
    /// # Errors
    /// [`EscrowError::Short`] while the account is out of funds.
    pub fn surplus(&mut self, now: Seconds) -> Result<Units, EscrowError> {
        self.settle(now)?;
        self.require_funded()?;
        let kept = self.committed_rate()?.over(self.runway)?;
        self.refund(self.free.saturating_sub(kept).whole())
    }

    /// Returns everything that is left once the last stream is closed; nothing remains, not a fraction.
    ///
    /// # Errors
    /// [`EscrowError::StreamsOpen`] while a stream is open.
    pub fn finish(&mut self, now: Seconds) -> Result<Units, EscrowError> {
        self.settle(now)?;
        if !self.streams.is_empty() {
            return Err(EscrowError::StreamsOpen { got: self.streams.len() });
        }
        let units = self.free.whole();
        if units.to_nano()? != self.free {
            return Err(EscrowError::Dust { got: self.free });
        }
        self.refund(units)
    }

    /// Units still missing before a stream of `rate` with `min_charge` can be opened, as of the last
    /// settlement; zero when the balance suffices.
    ///
    /// # Errors
    /// [`EscrowError::OutOfRange`] for a rate or minimum charge out of bounds.
    pub fn missing_to_open(&self, rate: NanoRate, min_charge: Units) -> Result<Units, EscrowError> {
        in_range("rate", rate.get(), 0, MAX_RATE.get())?;
        in_range("min_charge", min_charge.get(), 0, MAX_UNITS.get())?;
        let runway = self.committed_rate()?.try_add(rate)?.over(self.runway)?;
        Ok(self.missing(runway.try_add(min_charge.to_nano()?)?))
    }

    /// Units still missing before a short account is revived, as of the last settlement; zero when it
    /// is not short.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn missing_to_revive(&self) -> Result<Units, EscrowError> {
        if self.short.is_none() {
            return Ok(Units::ZERO);
        }
        Ok(self.missing(self.committed_rate()?.over(self.runway)?))
    }

    /// Clears an outage once the balance covers the runway again. Less than that changes nothing, so
    /// that dust cannot stretch the grace period.
    pub(super) fn revive(&mut self) -> Result<(), EscrowError> {
        if self.free >= self.committed_rate()?.over(self.runway)? {
            self.short = None;
        }
        Ok(())
    }

    pub(super) fn require_funded(&self) -> Result<(), EscrowError> {
        match self.short {
            None => Ok(()),
            Some(since) => Err(EscrowError::Short { since, missing: self.missing_to_revive()? }),
        }
    }

    pub(super) fn require_free(&self, needed: Nano) -> Result<(), EscrowError> {
        if self.free < needed {
            let missing = self.missing(needed);
            return Err(EscrowError::InsufficientFunds { got: self.free, needed, missing });
        }
        Ok(())
    }

    fn missing(&self, needed: Nano) -> Units {
        needed.saturating_sub(self.free).covering()
    }

    fn refund(&mut self, units: Units) -> Result<Units, EscrowError> {
        self.free = self.free.try_sub(units.to_nano()?)?;
        self.refunded = self.refunded.try_add(units)?;
        Ok(units)
    }
}
