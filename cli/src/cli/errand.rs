//! What a command is told that sends one message about one order, and nothing else.

use super::Output;

#[derive(Debug, clap::Args)]
pub(super) struct Errand {
    /// The order's number at the outpost.
    pub(super) seq: u64,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    pub(super) key: Option<String>,
    #[command(flatten)]
    pub(super) output: Output,
}
