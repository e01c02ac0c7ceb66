//! Settlement: the exact integral of a piecewise linear function, in at most nine pieces.

use super::Account;
use crate::{EscrowError, Seconds};

impl Account {
    /// Accounts for every second up to `now` and returns the number of linear pieces that took.
    ///
    /// Each piece but the last ends at the cap of a stream, so there are at most
    /// [`MAX_STREAMS`](crate::MAX_STREAMS)` + 1`. Settling twice, or in steps, gives the same result:
    /// with balance F and rate R, `⌊(F − R·j) / R⌋ = ⌊F / R⌋ − j`.
    ///
    /// # Errors
    /// [`EscrowError::TimeBackwards`] for a second before the last settlement.
    pub fn settle(&mut self, now: Seconds) -> Result<u32, EscrowError> {
        if now < self.settled_at {
            return Err(EscrowError::TimeBackwards { got: now, settled_at: self.settled_at });
        }
        let mut pieces: u32 = 0;
        while self.settled_at < now {
            self.advance(now)?;
            pieces = pieces.saturating_add(1);
        }
        Ok(pieces)
    }

    /// Integrates up to the next cap, the exhaustion of the funds, or `now`, whichever comes first.
    fn advance(&mut self, now: Seconds) -> Result<(), EscrowError> {
        let from = self.settled_at;
        let live = self.streams.iter().filter(|stream| stream.is_live(from));
        let next_cap = live.map(|stream| stream.cap).min();
        let until = match next_cap {
            Some(cap) if self.short.is_none() => cap.min(now),
            _ => {
                self.settled_at = now;
                return Ok(());
            }
        };

        let rate = self.live_rate()?;
        let wanted = until.try_sub(from)?;
        let funded = self.free.lasts(rate).min(wanted);
        for stream in self.streams.iter_mut().filter(|stream| stream.is_live(from)) {
            stream.accrued = stream.accrued.try_add(stream.rate.over(funded)?)?;
        }
        self.free = self.free.try_sub(rate.over(funded)?)?;
        self.settled_at = from.try_add(funded)?;

        if funded < wanted {
            self.short = Some(self.settled_at);
            self.settled_at = now;
        }
        Ok(())
    }
}
