//! `ferry connection`: those of the paths, and what the chains say of one.

use std::fmt;

use clap::Subcommand;
use serde::Serialize;

use super::Place;
use super::scene::Scene;
use crate::model::ids::{ChainId, PathId, Side};
use crate::model::rows::{Ibc, PathRow};
use crate::store::Store as _;

pub(super) const EXAMPLES: &str = "\
Examples:
  ferry connection list
  ferry connection show chain-a connection-0

`ferry link` makes a connection with its clients and a channel; `ferry tx connection-init` begins one between
clients that there are.";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the connections of all paths, or of one, as they were read last.
    List {
        /// The path.
        path: Option<String>,
    },
    /// Show both ends of a connection as the chains have them now, and what its handshake is at.
    Show {
        /// The chain.
        chain: String,
        /// Its end of the connection.
        connection: String,
    },
}

#[derive(Serialize)]
struct Connections {
    connections: Vec<Connection>,
}

#[derive(Serialize)]
struct Connection {
    /// None of one that was asked for by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathId>,
    ends: [ConnectionEnd; 2],
    /// How long it holds back packets.
    delay_seconds: u64,
    /// What its handshake is at: the message, and the chain that it goes to. Known only where the chains were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct ConnectionEnd {
    chain: ChainId,
    client: Option<String>,
    connection: Option<String>,
    state: &'static str,
}

pub(super) async fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let connections = match verb {
        Verb::List { path } => {
            let rows = place.store(&file).open_to_read().await?.load().await?;
            let is_wanted = |row: &&PathRow| {
                row.ibc == Ibc::V1 && path.as_ref().is_none_or(|path| row.path.as_str() == path)
            };
            let paths = rows.paths.iter().filter(is_wanted);
            paths.map(|row| Connection::of(Some(row.path.clone()), row, None)).collect()
        }
        Verb::Show { chain, connection } => {
            let scene = Box::pin(Scene::of_connection(&file, &chain, &connection)).await?;
            let next = scene.next_step().await?;
            vec![Connection::of(None, &scene.path, next)]
        }
    };
    place.print(&Connections { connections })
}

impl Connection {
    fn of(path: Option<PathId>, row: &PathRow, next: Option<String>) -> Self {
        let end = |side: Side| {
            let end = row.ends.on(side);
            ConnectionEnd {
                chain: row.chains.on(side).clone(),
                client: end.client.as_ref().map(ToString::to_string),
                connection: end.connection.as_ref().map(ToString::to_string),
                state: end.state.word(),
            }
        };
        let delay_seconds = row.delay.0 / 1_000_000_000;
        Self { path, ends: [end(Side::A), end(Side::B)], delay_seconds, next }
    }
}

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.connections.is_empty() {
            return write!(f, "there are none; make one with `ferry link CHAIN_A CHAIN_B`");
        }
        for (line, connection) in self.connections.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            f.write_str(separator)?;
            if let Some(path) = &connection.path {
                writeln!(f, "path {path}")?;
            }
            let end = |end: &ConnectionEnd| {
                let name = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".into());
                let ConnectionEnd { chain, client, connection, state } = end;
                format!("  {chain}: {}, {} {state}", name(client), name(connection))
            };
            write!(f, "{}\n{}", end(&connection.ends[0]), end(&connection.ends[1]))?;
            if connection.delay_seconds > 0 {
                write!(f, "\n  holds back packets for {} s", connection.delay_seconds)?;
            }
            if let Some(next) = &connection.next {
                write!(f, "\n  next: {next}")?;
            }
        }
        Ok(())
    }
}
