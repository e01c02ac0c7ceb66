//! Random histories against the oracle, with every invariant after every step.
//!
//! Half a million operations for each of two seeds. `RANDOM_RUNS` is a factor to that, `ESCROW_SEED` the
//! seed of the random run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use escrow::{Account, Seconds};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::history::{History, Op, Step, apply, histories};
use crate::invariants::{Books, check, check_against, check_story};
use crate::model::Model;
use crate::record::permuted;

const STEPS: usize = 200;
const OPS: u64 = 500_000;
const FIXED_SEED: u64 = 20_261_122;

/// How often something worth testing came about, so that a run that tests nothing fails.
#[derive(Debug, Default)]
struct Seen(BTreeMap<&'static str, u64>);

impl Seen {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn assert_every_kind(&self) {
        let expected = [
            "accepted deposit",
            "accepted open",
            "accepted heartbeat",
            "accepted reclaim",
            "accepted change of rate",
            "accepted withdraw",
            "accepted close",
            "accepted surplus",
            "accepted finish",
            "refused",
            "outage",
            "revival",
            "eight streams",
            "settlement in three pieces or more",
        ];
        for what in expected {
            assert!(self.0.contains_key(what), "no history had: {what}; got {:?}", self.0);
        }
    }
}

fn accepted(op: &Op) -> &'static str {
    match op {
        Op::Deposit(_) => "accepted deposit",
        Op::Open(_) => "accepted open",
        Op::Heartbeat(_) => "accepted heartbeat",
        Op::Reclaim(..) => "accepted reclaim",
        Op::ChangeRate(..) => "accepted change of rate",
        Op::Withdraw(_) => "accepted withdraw",
        Op::Close(..) => "accepted close",
        Op::Surplus => "accepted surplus",
        Op::Finish => "accepted finish",
    }
}

/// 3 and 8: settling at once, in parts, or with the streams in another order is the same, and short.
fn settle_every_way(account: &mut Account, step: &Step, seen: &mut Seen) {
    let before = account.clone();
    let (from, now) = (before.settled_at(), before.settled_at().after(Seconds::new(step.gap)));

    let runs_out_at = account.runs_out_at().unwrap();
    let pieces = account.settle(now).unwrap();
    assert!(usize::try_from(pieces).unwrap() <= before.streams().len() + 1);
    if pieces >= 3 {
        seen.count("settlement in three pieces or more");
    }

    if !before.is_short() && account.is_short() {
        assert!(runs_out_at <= account.short_since(), "the forecast is the earliest second");
    }

    let mut looks = step.looks;
    looks.sort_unstable();
    let mut in_parts = before.clone();
    for look in looks {
        in_parts.settle(from.after(Seconds::new(look))).unwrap();
    }
    in_parts.settle(now).unwrap();
    assert_eq!(in_parts, *account);

    let mut reordered = permuted(&before);
    reordered.settle(now).unwrap();
    assert_eq!(reordered, permuted(account));
}

fn live_through(history: &History, seen: &mut Seen) {
    let mut account = Account::new(Seconds::ZERO, history.runway).unwrap();
    let mut model = Model::new(history.runway);
    let mut books = Books::default();
    for step in &history.steps {
        let before = account.clone();
        settle_every_way(&mut account, step, seen);
        let now = account.settled_at();
        model.wait_until(now.get());
        check_against(&account, &model);
        check(&before, None, &account, history.scale);

        let settled = account.clone();
        let op = step.op(&account, now, history.scale);
        let paid_before = |id| settled.stream(id).map_or(0, |stream| stream.paid().get());
        let outcome = apply(&mut account, now, &op);
        assert_eq!(outcome.as_ref().ok(), model.apply(&op).as_ref(), "{op:?} gave {outcome:?}");
        match outcome {
            Ok(outcome) => {
                let paid = if let Op::Close(id, _) = op { paid_before(id) } else { 0 };
                books.enter(&op, outcome, paid);
                seen.count(accepted(&op));
            }
            Err(_) => {
                assert_eq!(account, settled, "a refusal changes nothing");
                seen.count("refused");
            }
        }
        check_against(&account, &model);
        check(&settled, Some(&op), &account, history.scale);
        check_story(&account, &books, &model);
        note(&before, &settled, &account, seen);
    }
}

fn note(before: &Account, settled: &Account, after: &Account, seen: &mut Seen) {
    if !before.is_short() && settled.is_short() {
        seen.count("outage");
    }
    if settled.is_short() && !after.is_short() {
        seen.count("revival");
    }
    if after.streams().len() == escrow::MAX_STREAMS {
        seen.count("eight streams");
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`{variable}` is not a number: got {text:?}")))
}

#[expect(
    clippy::print_stdout,
    reason = "the seed replays a failure, the counts show what was tried"
)]
fn run(seed: u64) {
    let ops = OPS * number("RANDOM_RUNS").unwrap_or(1);
    let cases = u32::try_from(ops.div_ceil(STEPS as u64)).unwrap();
    println!(
        "{cases} histories of {STEPS} operations, seed {seed}: ESCROW_SEED={seed} replays them"
    );

    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let seen = RefCell::new(Seen::default());
    let lived = TestRunner::new_with_rng(config, rng).run(&histories(STEPS), |history| {
        live_through(&history, &mut seen.borrow_mut());
        Ok::<(), TestCaseError>(())
    });
    if let Err(failure) = lived {
        panic!("ESCROW_SEED={seed} replays this failure:\n{failure}");
    }
    println!("{:?}", seen.borrow().0);
    seen.borrow().assert_every_kind();
}

#[test]
fn histories_of_the_fixed_seed_keep_every_invariant() {
    run(FIXED_SEED);
}

#[test]
fn histories_of_a_random_seed_keep_every_invariant() {
    run(number("ESCROW_SEED").unwrap_or_else(|| RandomState::new().hash_one("escrow")));
}
