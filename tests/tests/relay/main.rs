//! ferry by itself, between two real wasmd nodes: what it does for channels that are not ours.
//! See `README.md` beside the manifest.

mod admission;
mod blocks;
mod by_hand;
mod clients;
mod doctor;
mod economy;
mod forgetting;
mod guard;
mod handshakes;
mod ica;
mod isolation;
mod keys;
mod kills;
mod nodes;
mod operations;
mod pair;
mod replicas;
mod rivals;
mod scan;
mod upgrade;

use std::sync::{LazyLock, Mutex, PoisonError};

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime needs nothing but threads"));
/// One key signs for every ferry, so that tests take turns.
static TURN: Mutex<()> = Mutex::new(());

fn run(test: impl AsyncFnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    RUNTIME.block_on(Box::pin(test()))
}
