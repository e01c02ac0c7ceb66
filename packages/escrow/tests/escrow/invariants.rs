//! The invariants, re-checked after every step of a history. The numbers are those of the README.
//!
//! Invariant 3 (settlement itself) is checked in `properties`; 7 (the bank covers the liabilities) is the
//! market's, and its part here is that [`Account::held`] moves only with coins.

use escrow::{Account, Fault, MAX_STREAMS, NANO, Seconds, Units};

use crate::history::{Op, apply};
use crate::model::{Model, Outcome};

/// The most bytes of a stored account whose amounts are of a six-decimals coin's order.
pub(crate) const EVERYDAY_BYTES: usize = MAX_STREAMS * 120 + 80;

/// What left and entered, as the outside saw it: units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    pub deposited: u128,
    pub providers: u128,
    pub treasury: u128,
    pub refunded: u128,
    /// Gross payments of streams since closed.
    pub closed: u128,
}

impl Books {
    /// Enters an accepted operation. `paid_before` is what the stream it closes, if any, had been paid.
    pub(crate) fn enter(&mut self, op: &Op, outcome: Outcome, paid_before: u128) {
        if let Op::Deposit(units) = op {
            self.deposited += units.get();
        }
        self.providers += outcome.provider;
        self.treasury += outcome.treasury;
        self.refunded += outcome.refunded;
        if let Op::Close(..) = op {
            self.closed += paid_before + outcome.provider + outcome.treasury;
        }
    }
}

fn held_nano(account: &Account) -> u128 {
    let streams = account.streams().iter();
    let held: u128 = streams.map(|stream| stream.accrued().get() + stream.reserved().get()).sum();
    account.free().get() + held
}

/// 1: every unit that came in is held, paid or returned, and payments split exactly.
fn every_unit_is_accounted_for(account: &Account, books: &Books) {
    let open: u128 = account.streams().iter().map(|stream| stream.paid().get()).sum();
    let paid = open + books.closed;
    let out = account.refunded().get();
    assert_eq!(account.deposited().get() * NANO, held_nano(account) + NANO * (paid + out));
    assert_eq!(account.deposited().get(), books.deposited);
    assert_eq!(out, books.refunded);
    assert_eq!(paid, books.providers + books.treasury);
}

/// 2: all fractions together are whole, so nothing can remain as dust.
fn fractions_are_whole_together(account: &Account) {
    assert_eq!(held_nano(account) % NANO, 0);
    assert_eq!(account.held().unwrap(), Units::new(held_nano(account) / NANO));
    if account.streams().is_empty() {
        assert_eq!(account.free().get() % NANO, 0);
    }
}

/// 4: a lease earned at most the seconds its heartbeats cover, at the rate of each.
fn only_covered_seconds_are_paid(account: &Account, model: &Model) {
    for stream in account.streams() {
        let earned = stream.paid().get() * NANO + stream.accrued().get();
        assert!(earned <= model.lanes[&stream.id()].covered, "{stream:?}");
        assert!(stream.cap() <= stream.stop(), "{stream:?}");
        assert!(stream.beats() > 0 || earned == 0, "{stream:?}");
    }
}

/// 5: an outage starts at its exhaustion second, which nothing overwrites, and ends only funded.
fn outages_begin_once(before: &Account, op: Option<&Op>, after: &Account) {
    match (before.short_since(), after.short_since()) {
        (None, Some(second)) => {
            assert!(before.settled_at() <= second && second < after.settled_at());
        }
        (Some(old), Some(new)) => assert_eq!(old, new),
        (Some(_), None) => {
            assert!(matches!(op, Some(Op::Deposit(_) | Op::Close(..))), "revived by {op:?}");
            let needed = after.committed_rate().unwrap().over(after.runway()).unwrap();
            assert!(after.free() >= needed);
        }
        (None, None) => {}
    }
}

/// 6, first part: totals never decrease.
fn totals_never_decrease(before: &Account, after: &Account) {
    assert!(before.deposited() <= after.deposited());
    assert!(before.refunded() <= after.refunded());
    for old in before.streams() {
        if let Ok(new) = after.stream(old.id()) {
            assert!(old.paid() <= new.paid() && old.fee().unwrap() <= new.fee().unwrap());
            assert!(old.beats() <= new.beats());
        }
    }
}

/// 6, second part: closing everything now returns everything, to the unit.
fn finishing_returns_everything(account: &Account, books: &Books) {
    let (mut account, mut books) = (account.clone(), books.clone());
    let now = account.settled_at();
    while let Some(stream) = account.streams().last() {
        let fault = if stream.id() % 2 == 0 { Fault::None } else { Fault::Provider };
        let (op, paid) = (Op::Close(stream.id(), fault), stream.paid().get());
        books.enter(&op, apply(&mut account, now, &op).unwrap(), paid);
    }
    books.enter(&Op::Finish, apply(&mut account, now, &Op::Finish).unwrap(), 0);
    assert_eq!(books.deposited, books.providers + books.treasury + books.refunded);
    assert_eq!((account.held().unwrap(), account.free().get()), (Units::ZERO, 0));
    every_unit_is_accounted_for(&account, &books);
}

/// 7, the account's part: what it holds moves by exactly the coins that move.
fn held_moves_with_coins(before: &Account, after: &Account) {
    let paid = |account: &Account| account.streams().iter().map(|s| s.paid().get()).sum::<u128>();
    if before.streams().len() == after.streams().len() {
        let deposited = after.deposited().get() - before.deposited().get();
        let gone = after.refunded().get() - before.refunded().get() + paid(after) - paid(before);
        assert_eq!(before.held().unwrap().get() + deposited, after.held().unwrap().get() + gone);
    }
}

/// 8: an account stays small.
fn the_record_is_small(account: &Account, scale: u128) {
    assert!(account.streams().len() <= MAX_STREAMS);
    if scale == 1 {
        assert!(serde_json::to_vec(account).unwrap().len() <= EVERYDAY_BYTES);
    }
}

/// All of them, between two looks at an account; `op` is what was accepted in between, if anything.
pub(crate) fn check(before: &Account, op: Option<&Op>, after: &Account, scale: u128) {
    outages_begin_once(before, op, after);
    totals_never_decrease(before, after);
    held_moves_with_coins(before, after);
    the_record_is_small(after, scale);
}

/// Those that need the whole story.
pub(crate) fn check_story(account: &Account, books: &Books, model: &Model) {
    every_unit_is_accounted_for(account, books);
    fractions_are_whole_together(account);
    only_covered_seconds_are_paid(account, model);
    finishing_returns_everything(account, books);
}

/// The account is in the state the oracle is in.
pub(crate) fn check_against(account: &Account, model: &Model) {
    assert_eq!(account.settled_at(), Seconds::new(model.now));
    assert_eq!(account.free().get(), model.free);
    assert_eq!(account.short_since(), model.short.map(Seconds::new));
    assert_eq!(account.streams().len(), model.lanes.len());
    for stream in account.streams() {
        let lane = &model.lanes[&stream.id()];
        assert_eq!(stream.rate().get(), lane.rate);
        assert_eq!(stream.accrued().get(), lane.accrued, "{stream:?}");
        assert_eq!(stream.paid().get(), lane.paid, "{stream:?}");
        assert_eq!(stream.reserved().get(), lane.reserved, "{stream:?}");
    }
}
