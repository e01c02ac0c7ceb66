//! `ferry packets`: what is pending, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Place;
use super::control::{self, Request};
use crate::drive::setup;
use crate::model::Model;
use crate::model::rows::PacketRow;
use crate::plan::choose::Idle;
use crate::plan::explain::{Why, explain};
use crate::store::Store as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Packets {
    /// Whether a ferry serves them.
    running: bool,
    packets: Vec<Pending>,
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
}

pub(super) async fn run(place: &Place, Args {}: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    // Why something failed is known only to the one that tried.
    if let Some(packets) = control::ask::<Packets>(place, &Request::Packets).await? {
        return place.print(&packets);
    }
    let store = place.store(&file).open_to_read().await?;
    let model = Model::load(setup::offline(&file), store.load().await?);
    let packets = model.packets().map(|row| Pending::of(row, &stored(&model, row)));
    let packets = packets.collect();
    place.print(&Packets { running: place.is_relaying(&file).await?, packets })
}

/// The same as the ferry that runs knows it.
pub(super) fn beside(model: &Model) -> Packets {
    let packets = model.packets().map(|row| Pending::of(row, &explain(model, &row.key)));
    Packets { running: true, packets: packets.collect() }
}

/// Why a packet waits, from the store alone: only the one that signs knows its account and what it prepares.
fn stored(model: &Model, row: &PacketRow) -> Why {
    match explain(model, &row.key) {
        Why::Waits { work, idle: Idle::Lane | Idle::Delayed } => Why::Next { work },
        why => why,
    }
}

impl Pending {
    fn of(row: &PacketRow, why: &Why) -> Self {
        let src = row.key.route.src();
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
            why: why.to_string(),
        }
    }
}

impl fmt::Display for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.packets.is_empty() {
            return write!(f, "no packets pending");
        }
        for (line, packet) in self.packets.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let Pending { from, to, end, sequence, why, .. } = packet;
            write!(f, "{separator}{from} {end} {sequence} -> {to}: {why}")?;
        }
        if !self.running {
            write!(f, "\nferry is not running; `ferry start` moves them")?;
        }
        Ok(())
    }
}
