//! What the end-to-end tests on real chains share.
//!
//! Two wasmd nodes run already; the tests deploy both contracts on them once per process, start
//! ferry as a process of its own when they want packets carried, and read every outcome from the
//! chains. [`run`] is the frame of each test.

pub mod admission;
pub mod book;
pub mod clock;
pub mod control;
pub mod cw3;
pub mod daodao;
pub mod database;
pub mod deployment;
pub mod follower;
pub mod forge;
pub mod gas;
pub mod gate;
pub mod ledger;
pub mod members;
pub mod modules;
pub mod operator;
pub mod page;
pub mod people;
pub mod puppet;
pub mod records;
pub mod relay;
pub mod released;
pub mod signer;
pub mod third_party;
pub mod tool;
pub mod wallet;
pub mod wasmd;
pub mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use anyhow::anyhow;
use tokio::runtime::Runtime;

pub use world::World;

/// All tests share it: connections to the nodes belong to the runtime that made them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Runtime::new().expect("a runtime needs nothing but threads, which the machine has")
});
static WORLD: OnceLock<Result<World, String>> = OnceLock::new();
/// Keys sign one transaction at a time and there is one ferry, so that tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test that makes its own world, while no other runs.
///
/// # Errors
/// What the test says.
pub fn alone(test: impl AsyncFnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    RUNTIME.block_on(Box::pin(test()))
}

/// Runs a test in the world that all tests share, and leaves no ferry behind, however it ends.
///
/// # Errors
/// The world cannot be made, which is said to every test; or what the test says.
pub fn run(test: impl AsyncFnOnce(&World) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let made = WORLD.get_or_init(|| {
        RUNTIME.block_on(Box::pin(World::make())).map_err(|error| format!("{error:#}"))
    });
    let world = made.as_ref().map_err(|reason| anyhow!("the world is not ready: {reason}"))?;
    let outcome = catch_unwind(AssertUnwindSafe(|| RUNTIME.block_on(Box::pin(test(world)))));
    let killed = RUNTIME.block_on(world.kill_ferry());
    match outcome {
        Ok(outcome) => outcome.and(killed),
        Err(panic) => resume_unwind(panic),
    }
}
