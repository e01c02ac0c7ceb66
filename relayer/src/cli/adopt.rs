//! `ferry link --connection`: relaying over a connection that others have made, or begun.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cosmos::chain::Chain;
use ibc_proto::ibc::core::connection::v1::ConnectionEnd;
use serde::{Deserialize, Serialize};

use super::Place;
use super::control::door::{Door, Told};
use super::link::{self, progress};
use super::progress::{Progress, Remaining};
use super::scene::{connection_end, counterpart, followed, path_end};
use super::session::{Session, stop_signal};
use crate::drive::setup::newest;
use crate::drive::{self, Engine, Nodes};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::{Both, ChainId, PathId, Side, Span};
use crate::model::rows::{EndState, Ibc, PathEnd, PathRow};
use crate::plan::cleared::is_cleared;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Adopted {
    path: PathId,
    a: AdoptedEnd,
    b: AdoptedEnd,
    /// The channels of the connection.
    channels: usize,
    /// Packets that were there before and cannot be moved now.
    pending: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct AdoptedEnd {
    chain: ChainId,
    client: String,
    connection: String,
}

/// A connection of the first chain that is there, and how it is taken over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over<'a> {
    pub(super) connection: &'a str,
    /// For how many seconds nothing may move while it is opened.
    pub(super) patience: u32,
    /// Whether the path's name was given.
    pub(super) is_named: bool,
}

/// Stores a path over a connection of the first chain, with everything that its channels hold.
pub(super) async fn run(
    place: &Place,
    session: Session,
    (id, chains): (PathId, Both<ChainId>),
    over: Over<'_>,
) -> anyhow::Result<()> {
    let Session { store, rows, nodes, config, .. } = session;
    let row = match begun(&rows.paths, (&id, &chains), over)? {
        Some(row) => row,
        // What is read of the connection must be from before the first block that is read.
        None => new_path(&nodes, (&id, &chains), (over.connection, &rows.paths)).await?,
    };
    let (id, patience) = (row.path.clone(), over.patience);
    let mut first = Vec::new();
    for node in nodes.values() {
        first.push(Fact::Begin(node.id.clone(), newest(node).await?));
    }
    let stop = stop_signal()?;
    let (opening, impatience) = progress::watch(&stop, Duration::from_secs(patience.into()));
    // A scan may take its time.
    let end = if is_open(&row) { stop.clone() } else { impatience };
    first.extend(facts(row));
    let engine = Engine::new(Model::load(config, rows), store, nodes);
    let mut progress = Progress::of(&id);
    let enough = |model: &Model| {
        opening.tell(model, &id, None);
        progress.tell(model);
        is_settled(model, &id) || link::refused(model, &id, 0).is_some()
    };
    let model = drive::run(engine, first, end, enough).await?;
    match Adopted::of(&model, &id).filter(|_| model.path(&id).is_some_and(is_open)) {
        Some(adopted) => place.print(&adopted),
        None => {
            let waited = (!stop.is_cancelled()).then_some(patience);
            Err(link::not_open(&model, &id, link::refused(&model, &id, 0), waited))
        }
    }
}

/// The path that has this connection already, from whichever side, and is gone on with; not by another name.
fn begun(
    known: &[PathRow],
    (id, chains): (&PathId, &Both<ChainId>),
    Over { connection, is_named, .. }: Over<'_>,
) -> anyhow::Result<Option<PathRow>> {
    let a = &chains.a;
    let has = |row: &&PathRow| {
        [Side::A, Side::B].into_iter().any(|side| {
            let own = row.ends.on(side).connection.as_ref();
            row.chains.on(side) == a && own.is_some_and(|own| own.as_str() == connection)
        })
    };
    let Some(row) = known.iter().find(has) else {
        let is_taken = known.iter().any(|row| row.path == *id);
        anyhow::ensure!(
            !is_taken,
            "path `{id}` exists already, and does not have `{connection}` of `{a}`; give another --path NAME"
        );
        return Ok(None);
    };
    let path = &row.path;
    anyhow::ensure!(
        path == id || !is_named,
        "path `{path}` has `{connection}` of `{a}` already; give --path {path}"
    );
    let leads = [&row.chains.a, &row.chains.b].contains(&&chains.b);
    anyhow::ensure!(leads, "`{connection}` of `{a}` does not lead to `{}`", chains.b);
    Ok(Some(row.clone()))
}

/// The path over a connection that no other path has: two would do, and pay for, everything twice.
async fn new_path(
    nodes: &Nodes,
    (id, chains): (&PathId, &Both<ChainId>),
    (connection, known): (&str, &[PathRow]),
) -> anyhow::Result<PathRow> {
    let row = path(nodes, (id.clone(), chains.clone()), connection).await?;
    match known.iter().find(|other| share_connection(other, &row)) {
        Some(other) => anyhow::bail!(
            "path `{}` has `{connection}` of `{}` already; give --path {}",
            other.path,
            chains.a,
            other.path
        ),
        None => Ok(row),
    }
}

/// Whether two paths have an end of a connection in common.
fn share_connection(one: &PathRow, other: &PathRow) -> bool {
    let end = |row: &PathRow, side: Side| {
        let connection = row.ends.on(side).connection.clone();
        connection.map(|connection| (row.chains.on(side).clone(), connection))
    };
    let sides = [Side::A, Side::B];
    sides.into_iter().filter_map(|side| end(one, side)).any(|own| {
        sides.into_iter().filter_map(|side| end(other, side)).any(|another| another == own)
    })
}

/// What tells the model of a path.
fn facts(row: PathRow) -> Vec<Fact> {
    let clear = clear(&row);
    [Fact::Path(row, Vec::new())].into_iter().chain(clear).collect()
}

/// What its channels hold is looked for where there can be some.
fn clear(row: &PathRow) -> Option<Fact> {
    is_open(row).then(|| Fact::Clear(row.path.clone()))
}

fn is_open(row: &PathRow) -> bool {
    [&row.ends.a, &row.ends.b].iter().all(|end| end.state == EndState::Open)
}

/// Whether the connection is open, and what was there before is looked at.
fn is_settled(model: &Model, id: &PathId) -> bool {
    model.path(id).is_some_and(is_open) && is_cleared(model, id)
}

/// The same by a ferry that runs.
pub(super) async fn beside(
    (door, told): (&Door, &Told),
    (id, chains): (PathId, Both<ChainId>),
    over: Over<'_>,
) -> anyhow::Result<Adopted> {
    let nodes = door.serve(&[chains.a.as_str(), chains.b.as_str()]).await?;
    let paths = || door.desk.read(|model, _| model.paths().cloned().collect::<Vec<_>>());
    let known = paths().await?;
    let Over { connection, patience, .. } = over;
    let row = match begun(&known, (&id, &chains), over)? {
        // The model goes on with it; its row may be another one by now.
        Some(row) => {
            door.desk.join(nodes, clear(&row).into_iter().collect())?;
            row
        }
        None => {
            let row = new_path(&nodes, (&id, &chains), (connection, &known)).await?;
            door.desk.join(nodes.clone(), facts(row.clone()))?;
            read_again(door, &nodes, (row, connection)).await?
        }
    };
    let (id, was_open) = (row.path.clone(), is_open(&row));
    let (opening, impatience) = progress::watch(&door.stop, Duration::from_secs(patience.into()));
    let (path, opening, told) = (id.clone(), Arc::new(opening), told.clone());
    let ended = door.until(move |model| {
        opening.tell(model, &path, None);
        told.send_replace(Some(Remaining::of(model, &path)));
        if is_settled(model, &path) {
            return Adopted::of(model, &path).map(Ok);
        }
        link::refused(model, &path, 0).map(Err)
    });
    tokio::select! {
        ended = ended => ended?.map_err(|why| anyhow::anyhow!("path `{id}` cannot be opened: {why}")),
        () = impatience.cancelled(), if !was_open => anyhow::bail!(
            "path `{id}` is not open, and nothing has moved for {patience} s; `ferry status` says why; ferry goes on \
             with it"
        ),
    }
}

/// Reads the connection once more. What happened to it between the first reading and the time when the path was known
/// was told by blocks when nobody asked for it.
async fn read_again(
    door: &Door,
    nodes: &Nodes,
    (row, connection): (PathRow, &str),
) -> anyhow::Result<PathRow> {
    // Whatever is asked after the path was handed over is answered when it is known.
    let id = row.path.clone();
    door.desk.read(move |model, _| model.path(&id).is_some()).await?;
    let again = path(nodes, (row.path.clone(), row.chains.clone()), connection).await?;
    let mut facts = vec![Fact::Path(again.clone(), Vec::new())];
    facts.extend(clear(&again).filter(|_| !is_open(&row)));
    facts.into_iter().try_for_each(|fact| door.desk.tell(fact))?;
    Ok(again)
}

async fn path(
    nodes: &Nodes,
    (id, chains): (PathId, Both<ChainId>),
    connection: &str,
) -> anyhow::Result<PathRow> {
    let chain = |id: &ChainId| {
        let node = nodes.get(id).map(|node| node.chain());
        node.ok_or_else(|| anyhow::anyhow!("chain `{id}` is not configured"))
    };
    let (a, b) = (chain(&chains.a)?, chain(&chains.b)?);
    let (end_a, row_a) = end(&a, connection).await?;
    let counterparty = end_a.counterparty.unwrap_or_default();
    let leads = followed(&a, &end_a.client_id).await? == chains.b.as_str();
    let here = (connection, end_a.client_id.as_str());
    let (leads_back, row_b) = match counterpart(&b, here, &counterparty).await? {
        None => {
            let client = &counterparty.client_id;
            (followed(&b, client).await? == chains.a.as_str(), path_end(&b, client).await?)
        }
        Some(other) => {
            let (end_b, row_b) = end(&b, &other).await?;
            let back = end_b.counterparty.unwrap_or_default();
            let is_known = [connection, ""].contains(&back.connection_id.as_str());
            (is_known && back.client_id == end_a.client_id, row_b)
        }
    };
    anyhow::ensure!(
        leads && leads_back,
        "`{connection}` of `{}` does not lead to `{}`",
        chains.a,
        chains.b
    );
    let (ends, delay) = (Both { a: row_a, b: row_b }, Span(end_a.delay_period));
    Ok(PathRow { path: id, chains, ends, create: false, delay, ibc: Ibc::V1 })
}

/// An end of the connection, in whatever state it is now.
async fn end(chain: &Chain, connection: &str) -> anyhow::Result<(ConnectionEnd, PathEnd)> {
    let (end, mut row) = connection_end(chain, connection).await?;
    // What the other chain is shown of it, also of one that is open, is proved by this block, or a later one.
    row.since = chain.height().await?;
    Ok((end, row))
}

impl Adopted {
    fn of(model: &Model, path: &PathId) -> Option<Self> {
        let row = model.path(path)?;
        let end = |side: Side| {
            let end = row.ends.on(side);
            Some(AdoptedEnd {
                chain: row.chains.on(side).clone(),
                client: end.client.as_ref()?.to_string(),
                connection: end.connection.as_ref()?.to_string(),
            })
        };
        Some(Self {
            path: path.clone(),
            a: end(Side::A)?,
            b: end(Side::B)?,
            channels: model.channel_count(path),
            pending: model.found(path).count(),
        })
    }
}

impl fmt::Display for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, channels, pending, .. } = self;
        write!(f, "path {path}: {channels} channels, {pending} packets pending")?;
        for AdoptedEnd { chain, client, connection } in [&self.a, &self.b] {
            write!(f, "\n  {chain}: {client}, {connection}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chains(a: &str, b: &str) -> Both<ChainId> {
        Both { a: a.into(), b: b.into() }
    }

    fn row(path: &str, chains: Both<ChainId>, [a, b]: [Option<&str>; 2]) -> PathRow {
        let end = |connection: Option<&str>| PathEnd {
            connection: connection.map(Into::into),
            ..PathEnd::default()
        };
        let ends = Both { a: end(a), b: end(b) };
        PathRow { path: path.into(), chains, ends, create: false, delay: Span(0), ibc: Ibc::V1 }
    }

    #[test]
    fn the_same_command_goes_on_with_what_it_stored() {
        let ends = [Some("connection-7"), Some("connection-3")];
        let known = [row("hub-juno", chains("hub", "juno"), ends)];
        let told = |path: &str, on: Both<ChainId>, (connection, is_named)| {
            let over = Over { connection, patience: 1, is_named };
            begun(&known, (&path.into(), &on), over).map_err(|error| error.to_string())
        };
        let both = chains("hub", "juno");
        for (path, is_named) in [("hub-juno", true), ("hub-juno", false), ("juno-hub", false)] {
            let same = told(path, both.clone(), ("connection-7", is_named)).unwrap();
            assert_eq!(same.as_ref(), known.first());
        }
        let named = told("other", both.clone(), ("connection-7", true)).unwrap_err();
        assert!(named.contains("give --path hub-juno"), "{named}");
        let another = told("hub-juno", both.clone(), ("connection-8", false)).unwrap_err();
        assert!(another.contains("give another --path NAME"), "{another}");
        assert_eq!(told("other", both, ("connection-8", true)), Ok(None));
        told("hub-osmosis", chains("hub", "osmosis"), ("connection-7", false)).unwrap_err();
        let other_side = chains("juno", "hub");
        let same = told("juno-hub", other_side.clone(), ("connection-3", false)).unwrap();
        assert_eq!(same.as_ref(), known.first());
        assert_eq!(told("juno-hub", other_side, ("connection-7", false)), Ok(None));
    }

    /// From whichever side it is named, and with whatever number on the other chain.
    #[test]
    fn a_connection_is_of_one_path() {
        let known =
            row("hub-juno", chains("hub", "juno"), [Some("connection-7"), Some("connection-3")]);
        let shares = |on, ends| share_connection(&known, &row("other", on, ends));
        assert!(shares(chains("hub", "juno"), [Some("connection-7"), None]));
        assert!(shares(chains("juno", "hub"), [Some("connection-3"), Some("connection-7")]));
        assert!(!shares(chains("juno", "hub"), [Some("connection-7"), Some("connection-3")]));
        assert!(!shares(chains("hub", "juno"), [Some("connection-8"), None]));
        assert!(!shares(chains("hub", "osmosis"), [None, Some("connection-3")]));
    }
}
