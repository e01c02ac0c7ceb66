//! Random histories: what happens to an account, and the strategies that make it up.

use escrow::{Account, EscrowError, Fault, NANO, NanoRate, OpenStream, Payout, Seconds, Units};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::Outcome;

/// The market's minimum deposit in these histories, so that a deposit can be refused.
pub(crate) const MIN_DEPOSIT: Units = Units::new(2);

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Deposit(Units),
    Open(OpenStream),
    Heartbeat(u32),
    Reclaim(u32, Seconds),
    ChangeRate(u32, NanoRate),
    Withdraw(u32),
    Close(u32, Fault),
    Surplus,
    Finish,
}

/// Does `op` to the account at `now`.
pub(crate) fn apply(account: &mut Account, now: Seconds, op: &Op) -> Result<Outcome, EscrowError> {
    let nothing = |()| Outcome::default();
    let paid = |payout: Payout| Outcome {
        provider: payout.provider.get(),
        treasury: payout.treasury.get(),
        refunded: 0,
    };
    let refunded = |units: Units| Outcome { refunded: units.get(), ..Outcome::default() };
    match *op {
        Op::Deposit(units) => account.deposit(now, units, MIN_DEPOSIT).map(nothing),
        Op::Open(terms) => account.open(now, terms).map(nothing),
        Op::Heartbeat(id) => account.heartbeat(now, id).map(|_| Outcome::default()),
        Op::Reclaim(id, notice) => account.reclaim(now, id, notice).map(|_| Outcome::default()),
        Op::ChangeRate(id, rate) => account.change_rate(now, id, rate).map(nothing),
        Op::Withdraw(id) => account.withdraw(now, id).map(paid),
        Op::Close(id, fault) => account.close(now, id, fault).map(|closed| paid(closed.payout)),
        Op::Surplus => account.surplus(now).map(refunded),
        Op::Finish => account.finish(now).map(refunded),
    }
}

/// An operation before it is known which streams are open and what second it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Seconds since the step before.
    pub gap: u64,
    /// Where inside the gap somebody looks.
    pub looks: [u64; 2],
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Deposit(u128),
    Open(OpenStream, Option<u64>),
    Heartbeat(usize),
    Reclaim(usize, u64),
    ChangeRate(usize, u128),
    Withdraw(usize),
    Close(usize, Fault),
    Surplus,
    Finish,
}

impl Step {
    /// The operation this step is for `account` at `now`; every amount and rate grows by `scale`.
    pub(crate) fn op(&self, account: &Account, now: Seconds, scale: u128) -> Op {
        let pick = |nth: usize| {
            let streams = account.streams();
            streams.get(nth % (streams.len() + 1)).map_or(u32::MAX, |stream| stream.id())
        };
        match self.kind {
            Kind::Deposit(units) => Op::Deposit(Units::new(units * scale)),
            Kind::Open(terms, term) => Op::Open(OpenStream {
                rate: NanoRate::new(terms.rate.get() * scale),
                min_charge: Units::new(terms.min_charge.get() * scale),
                stop: term.map_or(Seconds::NEVER, |term| now.after(Seconds::new(term))),
                ..terms
            }),
            Kind::Heartbeat(nth) => Op::Heartbeat(pick(nth)),
            Kind::Reclaim(nth, notice) => Op::Reclaim(pick(nth), Seconds::new(notice)),
            Kind::ChangeRate(nth, rate) => Op::ChangeRate(pick(nth), NanoRate::new(rate * scale)),
            Kind::Withdraw(nth) => Op::Withdraw(pick(nth)),
            Kind::Close(nth, fault) => Op::Close(pick(nth), fault),
            Kind::Surplus => Op::Surplus,
            Kind::Finish => Op::Finish,
        }
    }
}

/// The life of one account.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub runway: Seconds,
    pub scale: u128,
    pub steps: Vec<Step>,
}

/// Histories of exactly `length` steps.
pub(crate) fn histories(length: usize) -> impl Strategy<Value = History> {
    let runway = select(vec![600_u64, 601, 1_000]).prop_map(Seconds::new);
    let scale = select(vec![1_u128, 1, 1_000_003, (1 << 60) + 33]);
    (runway, scale, vec(step(), length)).prop_map(|(runway, scale, steps)| History {
        runway,
        scale,
        steps,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let gap = select(vec![0_u64, 0, 0, 1, 3, 17, 90, 90, 400, 2_500]);
    (gap, any::<[u64; 2]>(), kind()).prop_map(|(gap, looks, kind)| {
        let looks = looks.map(|look| look % (gap + 1));
        Step { gap, looks, kind }
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let nth = || 0_usize..64;
    let rate = || 1..=3 * NANO;
    let fault = select(vec![Fault::None, Fault::None, Fault::Provider]);
    prop_oneof![
        3 => (1_u128..=6_000).prop_map(Kind::Deposit),
        3 => opening(),
        6 => nth().prop_map(Kind::Heartbeat),
        1 => (nth(), 0_u64..1_500).prop_map(|(nth, notice)| Kind::Reclaim(nth, notice)),
        1 => (nth(), rate()).prop_map(|(nth, rate)| Kind::ChangeRate(nth, rate)),
        2 => nth().prop_map(Kind::Withdraw),
        1 => (nth(), fault).prop_map(|(nth, fault)| Kind::Close(nth, fault)),
        1 => Just(Kind::Surplus),
        1 => Just(Kind::Finish),
    ]
}

fn opening() -> impl Strategy<Value = Kind> {
    let window = select(vec![None, Some(5_u64), Some(60), Some(900), Some(3_600)]);
    let term = prop_oneof![2 => Just(None), 1 => (0_u64..4_000).prop_map(Some)];
    let min_charge = select(vec![0_u128, 0, 3, 1_500]);
    let fee_bps = select(vec![0_u16, 250, 2_000, 10_000]);
    (0_u32..40, 1..=3 * NANO, window, term, min_charge, fee_bps).prop_map(
        |(id, rate, window, term, min_charge, fee_bps)| {
            let terms = OpenStream {
                id,
                rate: NanoRate::new(rate),
                window: window.map(Seconds::new),
                stop: Seconds::NEVER,
                min_charge: Units::new(min_charge),
                fee_bps,
            };
            Kind::Open(terms, term)
        },
    )
}
