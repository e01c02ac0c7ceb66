//! `ferry status`: what the store says, and what the accounts have. A daemon that runs is not disturbed.

mod accounts;

use std::fmt;

use serde::Serialize;

use super::Place;
use crate::model::ids::{ChainId, PathId};
use crate::model::rows::{EndState, Gap, GapRow, Ibc, Rows};
use crate::store::Store as _;
use crate::store::postgres::Holder;
use accounts::{AccountStatus, Accounts};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Serialize)]
struct Status {
    chains: Vec<ChainStatus>,
    paths: Vec<PathStatus>,
    /// What was not read and is still to be scanned, or holds packets that cannot be moved.
    gaps: Vec<GapStatus>,
    /// Packets that are not over.
    pending_packets: usize,
    /// Transactions whose fate is not decided.
    open_transactions: usize,
    /// The replica that relays, where there are some; none while none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Holder>,
}

#[derive(Serialize)]
struct ChainStatus {
    chain: ChainId,
    /// The last block read.
    height: u64,
    /// The keys that sign there, and those who grant them fees.
    accounts: Vec<AccountStatus>,
}

#[derive(Serialize)]
struct GapStatus {
    path: PathId,
    /// `channels of CHAIN`, `headers given to the client on CHAIN`, or `packets from PORT/CHANNEL of CHAIN`.
    what: String,
    /// Sequences whose data no endpoint has; none until it is scanned.
    lost: Vec<u64>,
    /// Why the last of them cannot be moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct PathStatus {
    path: PathId,
    /// `V1`, or `V2` where the pair of clients is all there is.
    ibc: Ibc,
    ends: [PathEndStatus; 2],
    channels: Vec<[ChannelStatus; 2]>,
}

#[derive(Serialize)]
struct PathEndStatus {
    chain: ChainId,
    client: Option<String>,
    connection: Option<String>,
    state: EndState,
}

#[derive(Serialize)]
struct ChannelStatus {
    port: String,
    channel: Option<String>,
    state: EndState,
}

pub(super) async fn run(place: &Place, Args {}: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let store = place.store(&file).open_to_read().await?;
    let lease = store.holder().await?;
    let rows = store.load().await?;
    let accounts = accounts::look(place, &file).await;
    place.print(&Status { lease, ..Status::of(&rows, accounts) })
}

impl Status {
    fn of(rows: &Rows, mut accounts: Accounts) -> Self {
        let paths = rows.paths.iter().map(|row| {
            let end = |chain: &ChainId, end: &crate::model::rows::PathEnd| PathEndStatus {
                chain: chain.clone(),
                client: end.client.as_ref().map(ToString::to_string),
                connection: end.connection.as_ref().map(ToString::to_string),
                state: end.state,
            };
            let channels = rows.channels.iter().filter(|channel| channel.path == row.path);
            PathStatus {
                path: row.path.clone(),
                ibc: row.ibc,
                ends: [end(&row.chains.a, &row.ends.a), end(&row.chains.b, &row.ends.b)],
                channels: channels.map(|c| [channel(&c.ends.a), channel(&c.ends.b)]).collect(),
            }
        });
        let is_needed = |chain: &ChainId| {
            rows.paths.iter().any(|row| [&row.chains.a, &row.chains.b].contains(&chain))
        };
        Self {
            chains: rows
                .cursors
                .iter()
                // What was read of others is left from paths that were forgotten.
                .filter(|row| is_needed(&row.chain))
                .map(|row| ChainStatus {
                    chain: row.chain.clone(),
                    height: row.tip.height,
                    accounts: accounts.remove(row.chain.as_str()).unwrap_or_default(),
                })
                .collect(),
            paths: paths.collect(),
            gaps: rows.gaps.iter().map(|gap| gap_status(rows, gap)).collect(),
            pending_packets: rows.packets.len(),
            open_transactions: rows.slots.len(),
            lease: None,
        }
    }
}

fn gap_status(rows: &Rows, gap: &GapRow) -> GapStatus {
    let path = rows.paths.iter().find(|row| row.path == gap.id.path);
    let channel = rows.channels.iter().find(|row| match gap.id.gap {
        Gap::Packets { index, .. } => row.path == gap.id.path && row.index == index,
        Gap::Channels(_) | Gap::Headers(_) => false,
    });
    GapStatus {
        path: gap.id.path.clone(),
        what: path.map_or_else(String::new, |path| gap.id.gap.name(path, channel)),
        lost: gap.lost.clone(),
        reason: gap.reason.clone(),
    }
}

fn channel(end: &crate::model::rows::ChannelEnd) -> ChannelStatus {
    ChannelStatus {
        port: end.port.to_string(),
        channel: end.channel.as_ref().map(ToString::to_string),
        state: end.state,
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.paths.is_empty() {
            return write!(
                f,
                "no path yet: `ferry link CHAIN --channel CHANNEL` takes up a channel that stands, `ferry link CHAIN_A CHAIN_B` opens \
                 a new one"
            );
        }
        if let Some(Holder { replica, seconds_left }) = &self.lease {
            writeln!(f, "`{}` relays, its lease holds for {seconds_left} s", replica.holder)?;
        }
        for ChainStatus { chain, height, accounts } in &self.chains {
            writeln!(f, "{chain}: read to height {height}")?;
            for account in accounts {
                writeln!(f, "  {account}")?;
            }
        }
        for path in &self.paths {
            let version = if path.ibc == Ibc::V2 { ", IBC v2" } else { "" };
            writeln!(f, "path {}{version}", path.path)?;
            for end in &path.ends {
                let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".into());
                let (client, state) = (id(&end.client), end.state.word());
                match path.ibc {
                    Ibc::V1 => {
                        let connection = id(&end.connection);
                        writeln!(f, "  {}: {client}, {connection} {state}", end.chain)?;
                    }
                    Ibc::V2 => writeln!(f, "  {}: {client} {state}", end.chain)?,
                }
            }
            for [a, b] in &path.channels {
                writeln!(f, "  channel {} <-> {}", side(a), side(b))?;
            }
        }
        for GapStatus { path, what, lost, reason } in &self.gaps {
            let reason = reason.as_deref().unwrap_or("their data is gone");
            match lost.len() {
                0 => writeln!(f, "{path}: {what} are still to be scanned")?,
                count => writeln!(f, "{path}: {what}: {count} cannot be moved: {reason}")?,
            }
        }
        write!(
            f,
            "{} packets pending, {} transactions open",
            self.pending_packets, self.open_transactions
        )
    }
}

fn side(end: &ChannelStatus) -> String {
    format!("{} {}", name(end), end.state.word())
}

fn name(end: &ChannelStatus) -> String {
    format!("{}/{}", end.port, end.channel.as_deref().unwrap_or("none"))
}
