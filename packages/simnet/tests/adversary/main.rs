//! Random people, a random relayer and random faults: after every step no unit is lost or made and
//! both contracts are solvent; then, by time alone, everything comes back to whom it belongs.
//!
//! A failure names its seed; `SIMNET_SEED=<seed> cargo test -p simnet --test adversary` replays it.

mod act;
mod machine;
mod mischief;
mod people;

use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// The seed of the run that is the same everywhere.
const FIXED_SEED: u64 = 2_020;
/// Runs per test, and steps of one run.
const CASES: u32 = 40;
const STEPS: usize = 80;

fn run(seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: CASES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&act::acts(STEPS), |acts| machine::play(&acts));
    if let Err(error) = outcome {
        let replay = format!("SIMNET_SEED={seed} cargo test -p simnet --test adversary");
        match error {
            TestError::Fail(reason, acts) => {
                panic!("{reason}\nafter {acts:#?}\nreplay with: {replay}")
            }
            TestError::Abort(reason) => panic!("{reason}\nreplay with: {replay}"),
        }
    }
}

#[test]
fn everything_comes_back_whatever_happens_fixed_seed() {
    run(FIXED_SEED);
}

#[test]
fn everything_comes_back_whatever_happens_random_seed() {
    let seed = match std::env::var("SIMNET_SEED") {
        Ok(seed) => seed.parse().expect("SIMNET_SEED is a number below 2^64"),
        Err(_) => RandomState::new().hash_one("seed"),
    };
    run(seed);
}
