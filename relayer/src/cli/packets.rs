//! `ferry packets`: what is pending, and why.

use std::fmt;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Place;
use super::control::{self, Request};
use crate::drive::setup;
use crate::model::Model;
use crate::model::ids::PathId;
use crate::model::rows::PacketRow;
use crate::plan::explain::{Explainer, Why};
use crate::plan::idle::Idle;
use crate::store::Store as _;

#[derive(Clone, Debug, Serialize, Deserialize, clap::Args)]
pub(super) struct Args {
    /// Of this path alone.
    path: Option<String>,
    /// How many at most; the others are counted.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Packets {
    /// Whether a ferry serves them.
    running: bool,
    packets: Vec<Pending>,
    /// How many more are pending than are shown.
    more: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    from: String,
    to: String,
    /// The end that sent it: `PORT/CHANNEL`, or the client in IBC v2.
    end: String,
    /// Empty in IBC v2.
    port: String,
    /// In IBC v2 the client, which stands where a channel stood.
    channel: String,
    sequence: u64,
    /// Height of the source at which it was sent, if that was seen.
    sent: Option<u64>,
    /// Height of the destination at which it was received.
    received: Option<u64>,
    /// Height of the destination at which its acknowledgement was written.
    acknowledged: Option<u64>,
    /// Why it has not moved.
    why: String,
    /// Why its message failed the last time it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    // Why something failed is known only to the one that tried.
    let request = Request::Packets(args.clone());
    if let Some(packets) = control::ask::<Packets>(place, &request).await? {
        return place.print(&packets);
    }
    let store = place.store(&file).open_to_read().await?;
    let model = Model::load(setup::offline(&file), store.load().await?);
    let running = place.is_relaying(&file).await?;
    place.print(&Packets { running, ..Packets::of(&model, &args, stored)? })
}

/// The same as the ferry that runs knows it.
pub(super) fn beside(model: &Model, args: &Args) -> anyhow::Result<Packets> {
    Packets::of(model, args, |why| why)
}

/// Why a packet waits, from the store alone: only the one that signs knows its account and what it prepares.
fn stored(why: Why) -> Why {
    match why {
        Why::Waits { work, idle: Idle::Lane | Idle::Delayed } => Why::Next { work },
        why => why,
    }
}

impl Packets {
    fn of(model: &Model, args: &Args, seen: impl Fn(Why) -> Why) -> anyhow::Result<Self> {
        let path = args.path.as_deref().map(PathId::from);
        if let Some(path) = &path {
            let known = model.path(path);
            known.with_context(|| format!("there is no path `{path}`; see `ferry status`"))?;
        }
        let is_wanted = |row: &&PacketRow| path.as_ref().is_none_or(|path| row.path == *path);
        let mut explainer = Explainer::new(model);
        let mut rows = model.packets().filter(is_wanted);
        let shown = rows.by_ref().take(args.limit);
        let packets = shown.map(|row| Pending::of(row, &mut explainer, &seen)).collect();
        Ok(Self { running: true, packets, more: rows.count() })
    }
}

impl Pending {
    fn of(row: &PacketRow, explainer: &mut Explainer<'_>, seen: impl Fn(Why) -> Why) -> Self {
        let src = row.key.route.src();
        let why = seen(explainer.explain(&row.key)).to_string();
        Self {
            from: row.key.route.from.to_string(),
            to: row.key.route.to.to_string(),
            end: src.to_string(),
            port: src.port.to_string(),
            channel: src.channel.to_string(),
            sequence: row.key.seq,
            sent: row.sent,
            received: row.received,
            acknowledged: row.acked,
            // Said once is enough.
            last_failure: explainer.last_failure(&row.key).filter(|last| !why.contains(last)),
            why,
        }
    }
}

impl fmt::Display for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.packets.is_empty() && self.more == 0 {
            return write!(f, "no packets pending");
        }
        for (line, packet) in self.packets.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let Pending { from, to, end, sequence, why, last_failure, .. } = packet;
            write!(f, "{separator}{from} {end} {sequence} -> {to}: {why}")?;
            if let Some(reason) = last_failure {
                write!(f, "; it failed before: {reason}")?;
            }
        }
        if self.more > 0 {
            write!(
                f,
                "\nand {} more; --limit {} shows them",
                self.more,
                self.packets.len() + self.more
            )?;
        }
        if !self.running {
            write!(f, "\nferry is not running; `ferry start` moves them")?;
        }
        Ok(())
    }
}
