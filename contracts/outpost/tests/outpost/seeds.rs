//! Whatever happens in whatever order, and whichever callbacks the chain swallows: every unit that
//! was put in is in the end at the market or paid out, once.

use std::collections::BTreeMap;

use cosmwasm_std::{Coin, Uint128, coin};
use outpost::msg::ExecuteMsg;
use proptest::prelude::*;
use protocol::Action;
use protocol::control::{Answer, Command, ControlAck, ControlBody, GroupState};
use protocol::ics20::SUCCESS_ACK;
use protocol::money::SettleKind;

use crate::suite::market::status;
use crate::suite::{Posted, Sent, Suite, USDX, purchase};

/// The people who pay.
const PAYERS: [&str; 3] = ["dao", "another", "friend"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn every_unit_is_at_the_market_or_paid_out(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in steps {
            world.perform(&step);
        }
        world.end();
        let held = world.suite.chain.bank.get(USDX).copied().unwrap_or_default();
        let paid: u128 = PAYERS.map(|name| world.suite.paid(name)).iter().sum();
        prop_assert_eq!(held, 0);
        prop_assert_eq!(world.put_in, paid + world.at_market);
    }
}

/// One event; an index picks one of the packets that left.
#[derive(Debug, Clone)]
enum Step {
    Buy(usize, u128),
    TopUp(u64, u128),
    TakePackets,
    RefusePackets,
    Arrive(usize, Callback),
    TimeOut(usize, Callback),
    CallAgain(usize),
    Reconcile(usize),
    Answer(usize),
    Settle(u64, u128),
    Send(u64),
    Cancel(u64),
    Claim,
    Pass(u64),
}

/// Whether the chain delivers a callback or swallows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callback {
    Delivered,
    Swallowed,
}

/// Where a transfer's coin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Away,
    Arrived,
    Back,
}

fn step() -> impl Strategy<Value = Step> {
    let units = 1..1_000_u128;
    let packet = 0..8_usize;
    let seq = 1..6_u64;
    let callback = prop_oneof![Just(Callback::Delivered), Just(Callback::Swallowed)];
    prop_oneof![
        3 => (0..2_usize, units.clone()).prop_map(|(payer, units)| Step::Buy(payer, units)),
        2 => (seq.clone(), units.clone()).prop_map(|(seq, units)| Step::TopUp(seq, units)),
        1 => Just(Step::TakePackets),
        1 => Just(Step::RefusePackets),
        3 => (packet.clone(), callback.clone()).prop_map(|(i, callback)| Step::Arrive(i, callback)),
        3 => (packet.clone(), callback).prop_map(|(i, callback)| Step::TimeOut(i, callback)),
        2 => packet.clone().prop_map(Step::CallAgain),
        3 => packet.clone().prop_map(Step::Reconcile),
        3 => packet.prop_map(Step::Answer),
        2 => (seq.clone(), units).prop_map(|(seq, units)| Step::Settle(seq, units)),
        1 => seq.clone().prop_map(Step::Send),
        1 => seq.prop_map(Step::Cancel),
        1 => Just(Step::Claim),
        2 => (1..90_u64).prop_map(Step::Pass),
    ]
}

/// An outpost, and the truth about its coins.
struct World {
    suite: Suite,
    /// Sequence -> where the coin is.
    fates: BTreeMap<u64, Fate>,
    /// Transfers that left before the first step.
    before: usize,
    put_in: u128,
    at_market: u128,
}

impl World {
    fn new() -> Self {
        let suite = Suite::connected();
        let before = suite.chain.sent.len();
        Self { suite, fates: BTreeMap::new(), before, put_in: 0, at_market: 0 }
    }

    fn sent(&self) -> Vec<Sent> {
        self.suite.chain.sent.iter().skip(self.before).cloned().collect()
    }

    fn fate(&self, sent: &Sent) -> Fate {
        self.fates.get(&sent.sequence).copied().unwrap_or(Fate::Away)
    }

    fn perform(&mut self, step: &Step) {
        match *step {
            Step::Buy(payer, units) => self.pay(PAYERS[payer], &purchase(), units),
            Step::TopUp(seq, units) => self.pay("friend", &ExecuteMsg::TopUp { seq }, units),
            Step::TakePackets => self.suite.chain.refuses = None,
            Step::RefusePackets => self.suite.chain.refuses = Some("the client expired".into()),
            Step::Arrive(i, callback) => self.with_packet(i, |world, sent| {
                world.arrive(sent, callback);
            }),
            Step::TimeOut(i, callback) => self.with_packet(i, |world, sent| {
                world.time_out(sent, callback);
            }),
            Step::CallAgain(i) => self.with_packet(i, World::call_again),
            Step::Reconcile(i) => self.with_packet(i, |world, sent| {
                let n = sent.message().n;
                world.attempt("anyone", &ExecuteMsg::Reconcile { n });
            }),
            Step::Answer(i) => {
                if let Some(posted) = self.suite.chain.posted.get(i).cloned() {
                    self.answer(&posted);
                }
            }
            Step::Settle(seq, units) => self.settle(seq, units),
            Step::Send(seq) => self.attempt("anyone", &ExecuteMsg::Send { seq }),
            Step::Cancel(seq) => self.attempt("dao", &ExecuteMsg::Cancel { seq }),
            Step::Claim => self.claim(),
            Step::Pass(seconds) => self.suite.pass(seconds),
        }
    }

    fn with_packet(&mut self, index: usize, act: impl FnOnce(&mut Self, &Sent)) {
        if let Some(sent) = self.sent().get(index) {
            act(self, sent);
        }
    }

    /// Sends a message that may be impossible now; then nothing changes.
    fn attempt(&mut self, sender: &str, msg: &ExecuteMsg) {
        let _impossible_now = self.suite.execute(sender, msg, &[]);
    }

    fn pay(&mut self, payer: &str, msg: &ExecuteMsg, units: u128) {
        if self.suite.execute(payer, msg, &[coin(units, USDX)]).is_ok() {
            self.put_in += units;
        }
    }

    fn arrive(&mut self, sent: &Sent, callback: Callback) {
        if self.fate(sent) != Fate::Away || self.suite.now() >= sent.timeout_at {
            return;
        }
        self.fates.insert(sent.sequence, Fate::Arrived);
        self.at_market += units(&sent.coin);
        if callback == Callback::Delivered {
            self.suite.source_callback(sent, Some(SUCCESS_ACK));
        }
    }

    fn time_out(&mut self, sent: &Sent, callback: Callback) {
        if self.fate(sent) != Fate::Away || self.suite.now() < sent.timeout_at {
            return;
        }
        self.fates.insert(sent.sequence, Fate::Back);
        self.suite.receive_coins(std::slice::from_ref(&sent.coin));
        if callback == Callback::Delivered {
            self.suite.source_callback(sent, None);
        }
    }

    fn call_again(&mut self, sent: &Sent) {
        match self.fate(sent) {
            Fate::Away => {}
            Fate::Arrived => {
                self.suite.source_callback(sent, Some(SUCCESS_ACK));
            }
            Fate::Back => {
                self.suite.source_callback(sent, None);
            }
        }
    }

    /// The market answers by the truth.
    fn answer(&mut self, posted: &Posted) {
        let ControlBody::Do(question) = &posted.packet.body else { return };
        let Command::Status { n: Some(n) } = question.command else { return };
        let sent = self.sent().into_iter().find(|sent| sent.message().n == n).unwrap();
        let answer = match self.fate(&sent) {
            Fate::Arrived => Answer::Deployment(status(question.seq, 1, GroupState::Open)),
            Fate::Away | Fate::Back => Answer::Never { at: self.suite.now() },
        };
        self.suite.answer(posted, &ControlAck::Answer(answer));
    }

    /// The market sends home a part of what it has, for an order that it opened.
    fn settle(&mut self, seq: u64, units: u128) {
        let opens = |sent: &Sent| match sent.message().action {
            Action::Open(open) => open.seq == seq && self.fate(sent) == Fate::Arrived,
            _ => false,
        };
        if self.at_market < units || !self.sent().iter().any(opens) {
            return;
        }
        self.at_market -= units;
        let home = self.suite.home("dao", seq, SettleKind::Surplus);
        self.suite.settle(&home, coin(units, USDX)).unwrap();
    }

    fn claim(&mut self) {
        for payer in PAYERS {
            let _nothing_to_claim = self.suite.claim(payer);
        }
    }

    /// Lets time pass and everyone do what anyone may; nothing else is needed.
    fn end(&mut self) {
        self.suite.chain.refuses = None;
        self.suite.pass(2_000);
        for seq in 1..=u64::try_from(self.sent().len() + 60).unwrap() {
            self.attempt("anyone", &ExecuteMsg::Cancel { seq });
        }
        for sent in self.sent() {
            self.time_out(&sent, Callback::Swallowed);
        }
        for _question_and_credit in 0..2 {
            for sent in self.sent() {
                self.attempt("anyone", &ExecuteMsg::Reconcile { n: sent.message().n });
                let posted = self.suite.chain.posted.last().cloned();
                posted.iter().for_each(|posted| self.answer(posted));
            }
        }
        assert!(self.suite.in_flight().packets.is_empty());
        self.claim();
    }
}

fn units(coin: &Coin) -> u128 {
    Uint128::try_from(coin.amount).unwrap().u128()
}
