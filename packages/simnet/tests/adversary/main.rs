//! Random people, a random relayer and random faults: after every step no unit is lost or made and
//! both contracts are solvent; before and after everything comes back, by time alone, to whom it belongs,
//! a book kept of the market's events alone says the same as its answers. On routes of ibc-go callbacks,
//! and fewer runs on those of ibc-hooks and on plain ones.
//!
//! A failure names its seed; `SIMNET_SEED=<seed> cargo test -p simnet --test adversary` replays it.

mod act;
mod books;
mod deeds;
mod errands;
mod machine;
mod mischief;
mod people;
mod purses;
mod rebuild;
mod scenes;

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use cosmwasm_schema::schema_for;
use machine::Story;
use market::msg::{ExecuteMsg, OwnerAction};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use protocol::RouteStyle;
use protocol::control::Command;
use simnet::World;

/// The seed of the run that is the same everywhere.
const FIXED_SEED: u64 = 2_020;
/// Runs per test, and steps of one run. `RANDOM_RUNS` is a factor to the runs.
const CASES: u32 = 80;
const STEPS: usize = 250;
/// The least number of messages and packets that reach the market in the runs of one test.
const REACHED: u64 = 20_000;
/// Runs per test over each style of ibc-hooks, and over plain routes.
const HOOKED_CASES: u32 = 12;
const PLAIN_CASES: u32 = 6;
/// ibc-hooks at both ends, and at the outpost's alone.
const HOOKED: [RouteStyle; 2] =
    [RouteStyle::Hooks { market_gas: None }, RouteStyle::Hooks { market_gas: Some(1_000_000) }];

fn factor() -> u32 {
    let factor = std::env::var("RANDOM_RUNS").unwrap_or_else(|_| "1".into());
    factor.parse().expect("RANDOM_RUNS is a number")
}

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

/// The one message that needs a route over ibc-hooks; [`HOOKED`] routes bring it.
const OF_HOOKS: [&str; 2] = ["entrepot", "outpost entrepot"];
/// Owners here are no contracts that could be called; `story/multisig.rs` has one that is.
const OF_CONTRACTS: &str = "outpost notify_owner";
/// What the contracts must have taken over each style of ibc-hooks, beside [`OF_HOOKS`].
const HOOKED_TAKEN: [&str; 7] = [
    "heartbeat",
    "internal",
    "outpost buy",
    "outpost buy_from_budget",
    "outpost claim",
    "outpost close",
    "outpost top_up",
];

/// What the contracts must have taken over plain routes, on which the outpost learns nothing by itself.
const PLAIN_TAKEN: [&str; 5] =
    ["heartbeat", "internal", "outpost buy", "outpost close", "outpost reconcile"];

/// How the worlds of a test come to be, and how many.
struct Worlds {
    make: fn() -> simnet::Result<World>,
    cases: u32,
}

const OF_CALLBACKS: Worlds = Worlds { make: World::new, cases: CASES };

fn of_hooks() -> [Worlds; 2] {
    [
        Worlds { make: || World::of_style(HOOKED[0].clone()), cases: HOOKED_CASES },
        Worlds { make: || World::of_style(HOOKED[1].clone()), cases: HOOKED_CASES },
    ]
}

const OF_PLAIN: Worlds =
    Worlds { make: || World::of_style(RouteStyle::Plain {}), cases: PLAIN_CASES };

/// Plays the runs of a seed.
fn run(worlds: &Worlds, seed: u64) -> Story {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: worlds.cases * factor(),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let story = RefCell::new(Story::default());
    let outcome = runner.run(&act::acts(STEPS), |acts| {
        story.borrow_mut().extend(machine::play((worlds.make)(), &acts)?);
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
    story.into_inner()
}

/// The names of an enum's variants, as its schema lists them.
fn variants(schema: &impl serde::Serialize) -> Vec<String> {
    let schema = serde_json::to_value(schema).unwrap();
    let all = schema["oneOf"].as_array().unwrap().iter();
    all.map(|variant| variant["required"][0].as_str().unwrap().to_owned()).collect()
}

fn random_seed() -> u64 {
    match std::env::var("SIMNET_SEED") {
        Ok(seed) => seed.parse().expect("SIMNET_SEED is a number below 2^64"),
        Err(_) => RandomState::new().hash_one("seed"),
    }
}

#[test]
fn everything_comes_back_whatever_happens_fixed_seed() {
    let Story { taken, told, reached } = run(&OF_CALLBACKS, FIXED_SEED);
    let taken = taken.0;
    assert!(reached >= REACHED, "{reached} messages and packets reached the market");
    let within = |outer: &str, inner: Vec<String>| -> Vec<String> {
        inner.iter().map(|inner| format!("{outer} {inner}")).collect()
    };
    let wanted = [
        variants(&schema_for!(ExecuteMsg)),
        within("act", variants(&schema_for!(Command))),
        within("announce", variants(&schema_for!(OwnerAction))),
        within("outpost", variants(&schema_for!(outpost::msg::ExecuteMsg))),
    ];
    let elsewhere = OF_HOOKS.into_iter().chain([OF_CONTRACTS]).collect::<Vec<_>>();
    let wanted = wanted.into_iter().flatten().filter(|name| !elsewhere.contains(&name.as_str()));
    let missing: Vec<_> = wanted.filter(|name| !taken.contains_key(name)).collect();
    assert!(missing.is_empty(), "never taken: {missing:?}; taken: {taken:?}");
    let missing: Vec<_> = TOLD.into_iter().filter(|event| !told.contains(*event)).collect();
    assert!(missing.is_empty(), "never told: {missing:?}; told: {told:?}");
}

#[test]
fn everything_comes_back_whatever_happens_random_seed() {
    let reached = run(&OF_CALLBACKS, random_seed()).reached;
    assert!(reached >= REACHED, "{reached} messages and packets reached the market");
}

#[test]
fn everything_comes_back_over_ibc_hooks_fixed_seed() {
    for (worlds, style) in of_hooks().iter().zip(HOOKED) {
        let taken = run(worlds, FIXED_SEED).taken.0;
        let at_both_ends = style.hooks_at_market().then_some(OF_HOOKS[0]);
        let wanted = HOOKED_TAKEN.into_iter().chain([OF_HOOKS[1]]).chain(at_both_ends);
        let missing: Vec<_> = wanted.filter(|name| !taken.contains_key(*name)).collect();
        assert!(missing.is_empty(), "never taken over {style:?}: {missing:?}; taken: {taken:?}");
    }
}

#[test]
fn everything_comes_back_over_ibc_hooks_random_seed() {
    let seed = random_seed();
    of_hooks().iter().for_each(|worlds| drop(run(worlds, seed)));
}

#[test]
fn everything_comes_back_over_plain_routes_fixed_seed() {
    let taken = run(&OF_PLAIN, FIXED_SEED).taken.0;
    let missing: Vec<_> =
        PLAIN_TAKEN.into_iter().filter(|name| !taken.contains_key(*name)).collect();
    assert!(missing.is_empty(), "never taken over plain routes: {missing:?}; taken: {taken:?}");
}

#[test]
fn everything_comes_back_over_plain_routes_random_seed() {
    run(&OF_PLAIN, random_seed());
}
