//! The story that must always work: a DAO on one chain buys compute on another, in the money it
//! already holds, and whatever it does not spend comes home.
//!
//! The story is told once, in `story`; a `stage::Stage` is where it happens: two chains inside
//! this process, or two real nodes with ferry between them. Every figure is read from a chain.

mod live;
mod multisig;
mod purchase;
mod simulated;
mod stage;
mod story;
mod table;
mod telling;

use std::io::Write;
use std::path::PathBuf;

pub use telling::Form;
use telling::Teller;

/// Two real nodes and what runs on them.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// `localnet.json`, as `scripts/localnet` writes it.
    pub localnet: PathBuf,
    /// The directory of the compiled contracts.
    pub artifacts: PathBuf,
    /// The ferry binary.
    pub ferry: PathBuf,
    /// A directory for ferry's home, its log and the deployment's state; made if need be.
    pub work: PathBuf,
}

/// Tells the story on two chains inside this process.
///
/// # Errors
/// A step fails, or a unit was lost or made.
pub async fn simulated(out: &mut dyn Write, form: Form) -> anyhow::Result<()> {
    story::tell(&mut simulated::Simulated::new()?, Teller { out, form }).await
}

/// Tells the story on two real nodes, with a ferry of its own that ends with it.
///
/// # Errors
/// As [`simulated`]; also if a node, ferry or an artifact is not there.
pub async fn live(nodes: &Nodes, out: &mut dyn Write, form: Form) -> anyhow::Result<()> {
    let mut stage = live::Live::set(nodes).await?;
    let told = story::tell(&mut stage, Teller { out, form }).await;
    let ended = stage.end().await;
    told.and(ended)
}
