//! Random people, a random relayer and random faults: after every step no unit is lost or made and
//! both contracts are solvent; before and after everything comes back, by time alone, to whom it belongs,
//! a book kept of the market's events alone says the same as its answers.
//!
//! A failure names its seed; `SIMNET_SEED=<seed> cargo test -p simnet --test adversary` replays it.

mod act;
mod books;
mod deeds;
mod machine;
mod mischief;
mod people;
mod rebuild;
mod scenes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// The seed of the run that is the same everywhere.
const FIXED_SEED: u64 = 2_020;
/// Runs per test, and steps of one run: 20,000 messages in all. `RANDOM_RUNS` is a factor to the runs.
const CASES: u32 = 80;
const STEPS: usize = 250;

fn factor() -> u32 {
    let factor = std::env::var("RANDOM_RUNS").unwrap_or_else(|_| "1".into());
    factor.parse().expect("RANDOM_RUNS is a number")
}

/// What the market must have taken on its own chain, or a run tests nothing.
const TAKEN: [&str; 30] = [
    "accept_bid",
    "accept_terms",
    "bid",
    "cancel_offer",
    "claim",
    "close_deployment",
    "close_lease",
    "close_short",
    "close_silent",
    "close_unready",
    "deregister_provider",
    "end_lease",
    "expire_order",
    "finish",
    "heartbeat",
    "match",
    "open",
    "post_offer",
    "propose_terms",
    "release_stake",
    "report_silent",
    "set_operators",
    "slash_provider",
    "top_up",
    "update_manifest",
    "update_offer",
    "update_provider",
    "withdraw",
    "withdraw_bid",
    "withdraw_surplus",
];

/// What the market must have told of, or the book of its events proves little. What is rarer: [`scenes`].
const TOLD: [&str; 35] = [
    "bid_placed",
    "bid_withdrawn",
    "bond_forfeited",
    "claim_paid",
    "credited",
    "deployment_closed",
    "deployment_funded",
    "deployment_opened",
    "lease_active",
    "lease_closed",
    "lease_reclaiming",
    "lease_silent",
    "lease_started",
    "lease_withdrawn",
    "listing_fee_earned",
    "manifest_updated",
    "offer_cancelled",
    "offer_posted",
    "offer_removed",
    "offer_updated",
    "operators_set",
    "order_closed",
    "order_opened",
    "provider_leaving",
    "provider_registered",
    "provider_slashed",
    "provider_updated",
    "settlement_arrived",
    "settlement_failed",
    "settlement_returned",
    "settlement_sent",
    "silence_broken",
    "stake_released",
    "terms_agreed",
    "terms_proposed",
];

/// Plays the runs of a seed and returns what the market took in them, and what it told.
fn run(seed: u64) -> [BTreeSet<String>; 2] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: CASES * factor(),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let taken = RefCell::new([const { BTreeSet::new() }; 2]);
    let outcome = runner.run(&act::acts(STEPS), |acts| {
        let [acts, events] = machine::play(&acts)?;
        let mut taken = taken.borrow_mut();
        taken[0].extend(acts);
        taken[1].extend(events);
        Ok(())
    });
    if let Err(error) = outcome {
        let replay = format!("SIMNET_SEED={seed} cargo test -p simnet --test adversary");
        match error {
            TestError::Fail(reason, acts) => {
                panic!("{reason}\nafter {acts:#?}\nreplay with: {replay}")
            }
            TestError::Abort(reason) => panic!("{reason}\nreplay with: {replay}"),
        }
    }
    taken.into_inner()
}

#[test]
fn everything_comes_back_whatever_happens_fixed_seed() {
    let [taken, told] = run(FIXED_SEED);
    let missing: Vec<_> = TAKEN.into_iter().filter(|message| !taken.contains(*message)).collect();
    assert!(missing.is_empty(), "never taken: {missing:?}; taken: {taken:?}");
    let missing: Vec<_> = TOLD.into_iter().filter(|event| !told.contains(*event)).collect();
    assert!(missing.is_empty(), "never told: {missing:?}; told: {told:?}");
}

#[test]
fn everything_comes_back_whatever_happens_random_seed() {
    let seed = match std::env::var("SIMNET_SEED") {
        Ok(seed) => seed.parse().expect("SIMNET_SEED is a number below 2^64"),
        Err(_) => RandomState::new().hash_one("seed"),
    };
    run(seed);
}
