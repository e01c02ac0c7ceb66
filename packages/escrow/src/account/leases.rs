//! The providers' side: opening, proving life, changing, paying and closing streams.

use super::{Account, MAX_STREAMS};
use crate::stream::in_range;
use crate::{EscrowError, MAX_RATE, NanoRate, OpenStream, Seconds, Stream, Units};

/// Who is to blame for a close. It decides over the minimum charge; bonds are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody: a provider that was alive at least once receives the minimum charge.
    None,
    /// The provider: it keeps what it earned, the reserve returns to the tenant.
    Provider,
}

/// Units that left the account for a provider; the caller credits them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payout {
    /// To the provider.
    pub provider: Units,
    /// To the treasury.
    pub treasury: Units,
}

impl Payout {
    /// Both parts: by this much the account holds less.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn gross(&self) -> Result<Units, EscrowError> {
        self.provider.try_add(self.treasury)
    }
}

/// What a heartbeat did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Heartbeats so far with this one; 1 makes a pending lease active.
    pub count: u32,
    /// The second from which the lease earns nothing without a further beat, or [`Seconds::NEVER`].
    pub cap: Seconds,
}

/// What a close did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The last payment, which the caller credits.
    pub payout: Payout,
    /// The stream at its end, this payment included: `paid`, `fee` and `beats` are those of its whole life.
    pub stream: Stream,
}

impl Account {
    /// Opens a stream and reserves its minimum charge. It earns from its first heartbeat.
    ///
    /// # Errors
    /// [`EscrowError::OutOfRange`] for terms out of bounds; [`EscrowError::Ended`] for a stop not in the
    /// future; [`EscrowError::Short`], [`EscrowError::StreamLimit`], [`EscrowError::StreamExists`];
    /// [`EscrowError::InsufficientFunds`] when less than the runway of all committed rates would be left.
    pub fn open(&mut self, now: Seconds, terms: OpenStream) -> Result<(), EscrowError> {
        self.settle(now)?;
        terms.validate(now)?;
        self.require_funded()?;
        if self.streams.len() >= MAX_STREAMS {
            return Err(EscrowError::StreamLimit { max: MAX_STREAMS });
        }
        if self.stream(terms.id).is_ok() {
            return Err(EscrowError::StreamExists { id: terms.id });
        }
        let stream = Stream::new(now, terms)?;
        let runway = self.committed_rate()?.try_add(terms.rate)?.over(self.runway)?;
        self.require_free(runway.try_add(stream.reserved)?)?;
        self.free = self.free.try_sub(stream.reserved)?;
        self.streams.push(stream);
        Ok(())
    }

    /// Records that the provider is alive: the stream earns for a window from now. What lies between the
    /// old cap and now stays unpaid.
    ///
    /// # Errors
    /// [`EscrowError::NoStream`]; [`EscrowError::Ended`] from the stop on, where a first beat would
    /// otherwise claim the minimum charge of a lease that was never served.
    pub fn heartbeat(&mut self, now: Seconds, id: u32) -> Result<Beat, EscrowError> {
        self.settle(now)?;
        let stream = self.running_mut(id)?;
        let earned_until = match stream.window {
            Some(window) => now.after(window).min(stream.stop),
            None => stream.stop,
        };
        stream.cap = stream.cap.max(earned_until);
        stream.beats = stream.beats.saturating_add(1);
        Ok(Beat { count: stream.beats, cap: stream.cap })
    }

    /// Ends the stream `notice` seconds from now, or at its stop if that is earlier. Until then it is paid
    /// while its provider beats. Returns the stop. A term is set so too, by the first heartbeat.
    ///
    /// # Errors
    /// [`EscrowError::NoStream`]; [`EscrowError::Ended`] from the stop on.
    pub fn reclaim(
        &mut self,
        now: Seconds,
        id: u32,
        notice: Seconds,
    ) -> Result<Seconds, EscrowError> {
        self.settle(now)?;
        let stream = self.running_mut(id)?;
        stream.stop = now.after(notice).min(stream.stop);
        stream.cap = stream.cap.min(stream.stop);
        Ok(stream.stop)
    }

    /// Changes the rate from now on, both sides having agreed.
    ///
    /// # Errors
    /// [`EscrowError::OutOfRange`], [`EscrowError::NoStream`], [`EscrowError::Short`],
    /// [`EscrowError::Ended`]; [`EscrowError::InsufficientFunds`] when the balance does not cover the runway
    /// at the new rate.
    pub fn change_rate(
        &mut self,
        now: Seconds,
        id: u32,
        rate: NanoRate,
    ) -> Result<(), EscrowError> {
        self.settle(now)?;
        in_range("rate", rate.get(), 1, MAX_RATE.get())?;
        self.require_funded()?;
        let old = self.running_mut(id)?.rate;
        let committed = self.committed_rate()?.try_sub(old)?.try_add(rate)?;
        self.require_free(committed.over(self.runway)?)?;
        self.running_mut(id)?.rate = rate;
        Ok(())
    }

    /// Pays the whole units earned so far; anyone may ask for it.
    ///
    /// # Errors
    /// [`EscrowError::NoStream`].
    pub fn withdraw(&mut self, now: Seconds, id: u32) -> Result<Payout, EscrowError> {
        self.settle(now)?;
        self.stream_mut(id)?.pay()
    }

    /// Closes the stream: the provider is paid what it earned, and the minimum charge unless it is at
    /// fault or was never alive; the rest of the reserve and the fraction of a unit return to the tenant.
    /// If the account was short and is not with this commitment gone, the other streams go on.
    ///
    /// # Errors
    /// [`EscrowError::NoStream`].
    pub fn close(&mut self, now: Seconds, id: u32, fault: Fault) -> Result<Closed, EscrowError> {
        self.settle(now)?;
        let mut stream = self.stream(id)?.clone();
        if fault == Fault::None && stream.beats > 0 {
            let unearned = stream.reserved.saturating_sub(stream.earned()?);
            stream.accrued = stream.accrued.try_add(unearned)?;
            stream.reserved = stream.reserved.try_sub(unearned)?;
        }
        let payout = stream.pay()?;
        self.free = self.free.try_add(stream.held()?)?;
        (stream.accrued, stream.reserved) = Default::default();
        self.streams.retain(|other| other.id != id);
        self.revive()?;
        Ok(Closed { payout, stream })
    }

    /// The stream with this number, before its stop.
    fn running_mut(&mut self, id: u32) -> Result<&mut Stream, EscrowError> {
        let now = self.settled_at;
        let stream = self.stream_mut(id)?;
        if !stream.is_committed(now) {
            return Err(EscrowError::Ended { id, stop: stream.stop });
        }
        Ok(stream)
    }
}
