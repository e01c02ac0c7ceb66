//! The account: one balance, its streams, and what can be read of them.

mod funds;
mod leases;
mod settle;

pub use self::leases::{Beat, Closed, Fault, Payout};
use crate::stream::in_range;
use crate::{EscrowError, Nano, NanoRate, Seconds, Stream, Units};

/// The most streams of one account: settlement is linear in it, and the record is rewritten as a whole.
pub const MAX_STREAMS: usize = 8;

/// The shortest runway: ten minutes.
pub const MIN_RUNWAY: Seconds = Seconds::new(600);

/// The longest runway: 2^25 s, about a year.
pub const MAX_RUNWAY: Seconds = Seconds::new(1 << 25);

/// The balance of one deployment in one denom, and the leases it pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(crate) free: Nano,
    pub(crate) settled_at: Seconds,
    pub(crate) short: Option<Seconds>,
    pub(crate) runway: Seconds,
    pub(crate) deposited: Units,
    pub(crate) refunded: Units,
    pub(crate) streams: Vec<Stream>,
}

impl Account {
    /// An empty account; `runway` is what new commitments must leave in it, in seconds of their rate.
    ///
    /// # Errors
    /// [`EscrowError::OutOfRange`] for a runway outside [`MIN_RUNWAY`]`..=`[`MAX_RUNWAY`].
    pub fn new(now: Seconds, runway: Seconds) -> Result<Self, EscrowError> {
        let (min, max) = (MIN_RUNWAY.get().into(), MAX_RUNWAY.get().into());
        in_range("runway", runway.get().into(), min, max)?;
        Ok(Self {
            free: Nano::ZERO,
            settled_at: now,
            short: None,
            runway,
            deposited: Units::ZERO,
            refunded: Units::ZERO,
            streams: Vec::new(),
        })
    }

    /// The balance neither earned nor reserved.
    pub fn free(&self) -> Nano {
        self.free
    }

    /// The second up to which everything has been accounted for.
    pub fn settled_at(&self) -> Seconds {
        self.settled_at
    }

    /// The second the funds ran out, while they are out: the grace period counts from it.
    pub fn short_since(&self) -> Option<Seconds> {
        self.short
    }

    /// Whether the funds are out, so that nothing streams.
    pub fn is_short(&self) -> bool {
        self.short.is_some()
    }

    /// Seconds of its committed rate that a new commitment must leave in the account.
    pub fn runway(&self) -> Seconds {
        self.runway
    }

    /// Units ever deposited.
    pub fn deposited(&self) -> Units {
        self.deposited
    }

    /// Units ever returned to the tenant.
    pub fn refunded(&self) -> Units {
        self.refunded
    }

    /// The open streams, in the order they were opened.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The open stream with this number.
    ///
    /// # Errors
    /// [`EscrowError::NoStream`] when there is none.
    pub fn stream(&self, id: u32) -> Result<&Stream, EscrowError> {
        self.streams.iter().find(|stream| stream.id == id).ok_or(EscrowError::NoStream { id })
    }

    /// What is being earned per second, as of the last settlement, funds permitting.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn live_rate(&self) -> Result<NanoRate, EscrowError> {
        self.rate_of(|stream| stream.is_live(self.settled_at))
    }

    /// What the tenant has promised per second, as of the last settlement, to silent leases as well.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn committed_rate(&self) -> Result<NanoRate, EscrowError> {
        self.rate_of(|stream| stream.is_committed(self.settled_at))
    }

    /// The second the funds run out if every live provider keeps beating; while short, the second they
    /// did. `None` when nothing streams or the funds outlast time.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn runs_out_at(&self) -> Result<Option<Seconds>, EscrowError> {
        if self.short.is_some() {
            return Ok(self.short);
        }
        let span = self.free.lasts(self.live_rate()?);
        Ok(self.settled_at.after(span).finite())
    }

    /// Units the account holds for tenant and providers: its part of the contract's liabilities.
    ///
    /// It changes only by deposits, payouts and refunds, by exactly their amounts; settling does not move it.
    ///
    /// # Errors
    /// [`EscrowError::Overflow`], which the bounds exclude.
    pub fn held(&self) -> Result<Units, EscrowError> {
        let mut held = self.free;
        for stream in &self.streams {
            held = held.try_add(stream.held()?)?;
        }
        Ok(held.whole())
    }

    fn rate_of(&self, counts: impl Fn(&Stream) -> bool) -> Result<NanoRate, EscrowError> {
        let mut counted = self.streams.iter().filter(|stream| counts(stream));
        counted.try_fold(NanoRate::ZERO, |sum, stream| sum.try_add(stream.rate))
    }

    fn stream_mut(&mut self, id: u32) -> Result<&mut Stream, EscrowError> {
        self.streams.iter_mut().find(|stream| stream.id == id).ok_or(EscrowError::NoStream { id })
    }
}
