//! A result once, or again and again.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::Output;
use crate::refusal;

/// What moves to the corner of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Watch {
    #[command(flatten)]
    output: Output,
    /// Show it, or what becomes of it, again and again, until interrupted.
    #[arg(long)]
    watch: bool,
    /// With --watch: seconds from one look to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
}

/// What every command takes that shows one order.
#[derive(Debug, clap::Args)]
pub(super) struct OrderArgs {
    /// The order's number at the outpost.
    pub(super) seq: u64,
    #[command(flatten)]
    pub(super) watch: Watch,
}

impl Watch {
    /// Whether it is shown again and again.
    pub(super) const fn is_on(self) -> bool {
        self.watch
    }

    /// Prints a result once.
    pub(super) fn print(self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        self.output.print(result)
    }

    /// Prints what is read; with `--watch` again whenever it has changed. On a terminal each view
    /// takes the place of the one before.
    pub(super) async fn show<T: Serialize + Display>(
        self,
        mut read: impl AsyncFnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        if !self.watch {
            return self.print(&read().await?);
        }
        let live = std::io::stdout().is_terminal() && !self.output.json;
        let mut shown = None;
        loop {
            // A node that does not answer for once does not end the watch.
            let view = match read().await {
                Ok(result) => self.output.render(&result)?,
                Err(error) => format!("{}\n", refusal::said(&error)),
            };
            if shown.as_ref() != Some(&view) {
                let mut out = std::io::stdout().lock();
                write!(out, "{}{view}", if live { CLEAR } else { "" })?;
                out.flush()?;
                shown = Some(view);
            }
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
                () = tokio::time::sleep(Duration::from_secs(self.interval)) => {}
            }
        }
    }
}
