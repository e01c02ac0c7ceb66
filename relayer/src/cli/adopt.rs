//! `ferry link --connection`: relaying over a connection that others have made, or begun.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cosmos::chain::Chain;
use ibc_proto::ibc::core::connection::v1::ConnectionEnd;
use serde::{Deserialize, Serialize};

use super::Place;
use super::clear::is_done;
use super::control::door::{Door, Told};
use super::link::{self, progress};
use super::progress::{Progress, Remaining};
use super::scene::{connection_end, path_end};
use super::session::{Session, stop_signal};
use crate::drive::setup::newest;
use crate::drive::{self, Engine, Nodes, client};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::{Both, ChainId, PathId, Side, Span};
use crate::model::rows::{EndState, Ibc, PathEnd, PathRow};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Adopted {
    path: PathId,
    a: AdoptedEnd,
    b: AdoptedEnd,
    /// The channels of the connection.
    channels: usize,
    /// Packets that cannot be moved now.
    pending: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct AdoptedEnd {
    chain: ChainId,
    client: String,
    connection: String,
}

/// Stores a path over `connection` of the first chain, with everything that its channels hold.
pub(super) async fn run(
    place: &Place,
    session: Session,
    (id, chains): (PathId, Both<ChainId>),
    (connection, patience): (&str, u32),
) -> anyhow::Result<()> {
    let Session { store, rows, nodes, config, .. } = session;
    anyhow::ensure!(
        !rows.paths.iter().any(|path| path.path == id),
        "path `{id}` exists already; give another --path NAME"
    );
    // What is read of the connection must be from before the first block that is read.
    let row = path(&nodes, (id.clone(), chains), connection).await?;
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

/// What tells the model of a path: what its channels hold is looked for where there can be some.
fn facts(row: PathRow) -> Vec<Fact> {
    let clear = is_open(&row).then(|| Fact::Clear(row.path.clone()));
    [Fact::Path(row, Vec::new())].into_iter().chain(clear).collect()
}

fn is_open(row: &PathRow) -> bool {
    [&row.ends.a, &row.ends.b].iter().all(|end| end.state == EndState::Open)
}

/// Whether the connection is open, and everything on it is looked at.
fn is_settled(model: &Model, id: &PathId) -> bool {
    model.path(id).is_some_and(is_open) && is_done(model, id)
}

/// The same by a ferry that runs.
pub(super) async fn beside(
    (door, told): (&Door, &Told),
    (id, chains): (PathId, Both<ChainId>),
    (connection, patience): (&str, u32),
) -> anyhow::Result<Adopted> {
    let nodes = door.serve(&[chains.a.as_str(), chains.b.as_str()]).await?;
    let known = id.clone();
    let is_known = door.desk.read(move |model, _| model.path(&known).is_some()).await?;
    anyhow::ensure!(!is_known, "path `{id}` exists already; give another --path NAME");
    let row = path(&nodes, (id.clone(), chains), connection).await?;
    let was_open = is_open(&row);
    door.desk.join(nodes, facts(row))?;
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
    let leads = follows(&a, &end_a.client_id, chains.b.as_str()).await?;
    let (leads_back, row_b) = match counterparty.connection_id.as_str() {
        // The other chain has no end of it yet, or none that this chain knows of.
        "" => {
            let client = &counterparty.client_id;
            (follows(&b, client, chains.a.as_str()).await?, path_end(&b, client).await?)
        }
        other => {
            let (end_b, row_b) = end(&b, other).await?;
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
    if row.state != EndState::Open {
        // What the other chain is shown of it is proved by this block, or a later one.
        row.since = chain.height().await?;
    }
    Ok((end, row))
}

/// Whether a client of a chain follows another one.
async fn follows(chain: &Chain, client: &str, other: &str) -> anyhow::Result<bool> {
    Ok(client::state(chain, client).await?.chain_id == other)
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
            channels: model.channels(path).count(),
            pending: model.packets().filter(|row| row.path == *path).count(),
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
