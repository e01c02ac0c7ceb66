//! `ferry link --connection`: relaying over a connection that stands already.

use std::fmt;

use cosmos::chain::Chain;
use ibc_proto::ibc::core::connection::v1::ConnectionEnd;
use serde::{Deserialize, Serialize};

use super::Place;
use super::clear::is_done;
use super::control::door::{Door, Told};
use super::progress::{Progress, Remaining};
use super::scene::connection_end;
use super::session::{Session, stop_signal};
use crate::drive::setup::newest;
use crate::drive::{self, Engine, Nodes};
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
    connection: &str,
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
    first.extend([Fact::Path(row, Vec::new()), Fact::Clear(id.clone())]);
    let engine = Engine::new(Model::load(config, rows), store, nodes);
    let mut progress = Progress::of(&id);
    let enough = |model: &Model| {
        progress.tell(model);
        is_done(model, &id)
    };
    let model = drive::run(engine, first, stop_signal()?, enough).await?;
    let adopted = Adopted::of(&model, &id);
    let adopted = adopted.ok_or_else(|| anyhow::anyhow!("stopped before the path was stored"))?;
    place.print(&adopted)
}

/// The same by a ferry that runs.
pub(super) async fn beside(
    (door, told): (&Door, &Told),
    (id, chains): (PathId, Both<ChainId>),
    connection: &str,
) -> anyhow::Result<Adopted> {
    let nodes = door.serve(&[chains.a.as_str(), chains.b.as_str()]).await?;
    let known = id.clone();
    let is_known = door.desk.read(move |model, _| model.path(&known).is_some()).await?;
    anyhow::ensure!(!is_known, "path `{id}` exists already; give another --path NAME");
    let row = path(&nodes, (id.clone(), chains), connection).await?;
    door.desk.join(nodes, vec![Fact::Path(row, Vec::new()), Fact::Clear(id.clone())])?;
    let told = told.clone();
    door.until(move |model| {
        told.send_replace(Some(Remaining::of(model, &id)));
        is_done(model, &id).then(|| Adopted::of(model, &id))?
    })
    .await
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
    let (end_b, row_b) = end(&b, &counterparty.connection_id).await?;
    let back = end_b.counterparty.unwrap_or_default();
    anyhow::ensure!(
        back.connection_id == connection && back.client_id == end_a.client_id,
        "`{connection}` of `{}` does not lead to `{}`",
        chains.a,
        chains.b
    );
    let (ends, delay) = (Both { a: row_a, b: row_b }, Span(end_a.delay_period));
    Ok(PathRow { path: id, chains, ends, create: false, delay, ibc: Ibc::V1 })
}

async fn end(chain: &Chain, connection: &str) -> anyhow::Result<(ConnectionEnd, PathEnd)> {
    let id = &chain.config().chain_id;
    let (end, row) = connection_end(chain, connection).await?;
    anyhow::ensure!(
        row.state == EndState::Open,
        "`{connection}` of `{id}` is not open; `ferry link` without --connection makes a new one"
    );
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
