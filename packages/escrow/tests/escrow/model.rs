//! The oracle: the same rules said naively, one second at a time, without caps, segments or division.
//!
//! It knows a lease by its last heartbeat and asks of every second whether that beat still covers it. It
//! shares no arithmetic with the crate.

use std::collections::BTreeMap;

use escrow::{Fault, NANO, OpenStream, Seconds};

use crate::history::{MIN_DEPOSIT, Op};

/// What the tenant, the provider and the treasury received from one operation, in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub provider: u128,
    pub treasury: u128,
    pub refunded: u128,
}

/// One lease as the oracle sees it. Amounts are nano-units except `paid` and `fee`.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub rate: u128,
    window: Option<u64>,
    stop: u64,
    last_beat: Option<u64>,
    pub accrued: u128,
    pub paid: u128,
    fee: u128,
    pub reserved: u128,
    bps: u128,
    /// What every covered second so far would have earned with unlimited funds.
    pub covered: u128,
}

impl Lane {
    fn covers(&self, second: u64) -> bool {
        let beaten = self.last_beat.is_some_and(|beat| {
            self.window.is_none_or(|window| second < beat.saturating_add(window))
        });
        beaten && second < self.stop
    }

    fn pay(&mut self) -> Outcome {
        let gross = self.accrued / NANO;
        self.accrued %= NANO;
        self.paid += gross;
        let treasury = self.paid * self.bps / 10_000 - self.fee;
        self.fee += treasury;
        Outcome { provider: gross - treasury, treasury, refunded: 0 }
    }
}

/// One deployment as the oracle sees it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub now: u64,
    runway: u128,
    pub free: u128,
    pub short: Option<u64>,
    pub lanes: BTreeMap<u32, Lane>,
}

impl Model {
    pub(crate) fn new(runway: Seconds) -> Self {
        let runway = runway.get().into();
        Self { now: 0, runway, free: 0, short: None, lanes: BTreeMap::new() }
    }

    /// Lives through every second up to `now`.
    pub(crate) fn wait_until(&mut self, now: u64) {
        while self.now < now {
            self.live_one_second();
            self.now += 1;
        }
    }

    fn live_one_second(&mut self) {
        let second = self.now;
        let covering = || self.lanes.values().filter(|lane| lane.covers(second));
        let due: u128 = covering().map(|lane| lane.rate).sum();
        if self.short.is_none() && due > self.free {
            self.short = Some(second);
        }
        let streams = self.short.is_none();
        for lane in self.lanes.values_mut().filter(|lane| lane.covers(second)) {
            lane.covered += lane.rate;
            if streams {
                lane.accrued += lane.rate;
                self.free -= lane.rate;
            }
        }
    }

    /// Does `op`, or returns `None` where the account must refuse it.
    pub(crate) fn apply(&mut self, op: &Op) -> Option<Outcome> {
        match *op {
            Op::Deposit(units) => self.deposit(units.get()),
            Op::Open(terms) => self.open(terms),
            Op::Heartbeat(id) => self.heartbeat(id),
            Op::Reclaim(id, notice) => self.reclaim(id, notice.get()),
            Op::ChangeRate(id, rate) => self.change_rate(id, rate.get()),
            Op::Withdraw(id) => self.lanes.get_mut(&id).map(Lane::pay),
            Op::Close(id, fault) => self.close(id, fault),
            Op::Surplus => self.surplus(),
            Op::Finish => self.finish(),
        }
    }

    /// What the leases that have not reached their stop cost over the runway.
    fn promised(&self) -> u128 {
        let open = self.lanes.values().filter(|lane| self.now < lane.stop);
        open.map(|lane| lane.rate).sum::<u128>() * self.runway
    }

    fn end_outage_if_covered(&mut self) {
        if self.free >= self.promised() {
            self.short = None;
        }
    }

    fn running(&mut self, id: u32) -> Option<&mut Lane> {
        self.lanes.get_mut(&id).filter(|lane| self.now < lane.stop)
    }

    fn deposit(&mut self, units: u128) -> Option<Outcome> {
        if units < MIN_DEPOSIT.get() {
            return None;
        }
        self.free += units * NANO;
        self.end_outage_if_covered();
        Some(Outcome::default())
    }

    fn open(&mut self, terms: OpenStream) -> Option<Outcome> {
        let reserved = terms.min_charge.get() * NANO;
        let needed = self.promised() + terms.rate.get() * self.runway + reserved;
        let room = self.lanes.len() < 8 && !self.lanes.contains_key(&terms.id);
        if self.short.is_some() || !room || terms.stop.get() <= self.now || self.free < needed {
            return None;
        }
        self.free -= reserved;
        let lane = Lane {
            rate: terms.rate.get(),
            window: terms.window.map(Seconds::get),
            stop: terms.stop.get(),
            last_beat: None,
            accrued: 0,
            paid: 0,
            fee: 0,
            reserved,
            bps: terms.fee_bps.into(),
            covered: 0,
        };
        self.lanes.insert(terms.id, lane);
        Some(Outcome::default())
    }

    fn heartbeat(&mut self, id: u32) -> Option<Outcome> {
        let now = self.now;
        self.running(id)?.last_beat = Some(now);
        Some(Outcome::default())
    }

    fn reclaim(&mut self, id: u32, notice: u64) -> Option<Outcome> {
        let end = self.now + notice;
        let lane = self.running(id)?;
        lane.stop = lane.stop.min(end);
        Some(Outcome::default())
    }

    fn change_rate(&mut self, id: u32, rate: u128) -> Option<Outcome> {
        let (promised, runway) = (self.promised(), self.runway);
        let (free, short) = (self.free, self.short);
        let lane = self.running(id)?;
        if short.is_some() || free + lane.rate * runway < promised + rate * runway {
            return None;
        }
        lane.rate = rate;
        Some(Outcome::default())
    }

    fn close(&mut self, id: u32, fault: Fault) -> Option<Outcome> {
        let mut lane = self.lanes.remove(&id)?;
        let earned = lane.paid * NANO + lane.accrued;
        if fault == Fault::None && lane.last_beat.is_some() && earned < lane.reserved {
            lane.accrued += lane.reserved - earned;
            lane.reserved = earned;
        }
        let outcome = lane.pay();
        self.free += lane.accrued + lane.reserved;
        self.end_outage_if_covered();
        Some(outcome)
    }

    fn surplus(&mut self) -> Option<Outcome> {
        if self.short.is_some() {
            return None;
        }
        let kept = self.promised();
        let refunded = if self.free > kept { (self.free - kept) / NANO } else { 0 };
        self.free -= refunded * NANO;
        Some(Outcome { refunded, ..Outcome::default() })
    }

    fn finish(&mut self) -> Option<Outcome> {
        if !self.lanes.is_empty() {
            return None;
        }
        assert_eq!(self.free % NANO, 0, "the oracle itself must not leave dust");
        let refunded = self.free / NANO;
        self.free = 0;
        Some(Outcome { refunded, ..Outcome::default() })
    }
}
