//! `ferry packets`: what is pending.

use std::fmt;

use serde::Serialize;

use super::Place;
use crate::model::ids::Ends;
use crate::model::rows::PacketRow;
use crate::store::Store as _;
use crate::store::sqlite::Sqlite;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Serialize)]
struct Packets {
    packets: Vec<Pending>,
}

#[derive(Serialize)]
struct Pending {
    from: String,
    to: String,
    port: String,
    channel: String,
    sequence: u64,
    /// Height of the source at which it was sent, if that was seen.
    sent: Option<u64>,
    received: Option<u64>,
    acknowledged: Option<u64>,
}

pub(super) async fn run(place: &Place, Args {}: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let rows = Sqlite::open_to_read(&place.store(&file)).await?.load().await?;
    place.print(&Packets { packets: rows.packets.iter().map(Pending::of).collect() })
}

impl Pending {
    fn of(row: &PacketRow) -> Self {
        let Ends::V1 { src, .. } = &row.key.route.ends;
        Self {
            from: row.key.route.from.to_string(),
            to: row.key.route.to.to_string(),
            port: src.port.to_string(),
            channel: src.channel.to_string(),
            sequence: row.key.seq,
            sent: row.sent,
            received: row.received,
            acknowledged: row.acked,
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
            let Pending { from, to, port, channel, sequence, .. } = packet;
            write!(f, "{separator}{from} {port}/{channel} {sequence} -> {to}")?;
        }
        Ok(())
    }
}
