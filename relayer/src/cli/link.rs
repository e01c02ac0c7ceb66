//! `ferry link`: clients, connection and channel in one go, or what is missing of them.

mod args;
pub(super) mod forget;
mod pair;
pub(super) mod progress;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control::door::{Door, Told};
use super::control::{self, Request};
use super::scene::{absent, connection_under};
use super::session::{Session, stop_signal};
use super::{Place, adopt, logging};
use crate::config::value::format_duration;
use crate::drive::setup::newest;
use crate::drive::{self, Engine};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::{Both, ChainId, FlowId, PathId, PortId, Side};
use crate::model::rows::{ChannelEnd, ChannelRow, EndState, Ibc, PathEnd, PathRow, Write};
use crate::plan::explain::explain_path;
use crate::plan::work::{HandshakeStep, Work};
use crate::store::{Store as _, StoreError};

pub(super) use args::{Args, Delivery, Wanted};

/// After how many refusals of a step `link` ends: somebody waits for it.
const TRIES: u16 = 3;

/// What there is now.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Linked {
    path: PathId,
    a: LinkedEnd,
    b: LinkedEnd,
}

#[derive(Debug, Serialize, Deserialize)]
struct LinkedEnd {
    chain: ChainId,
    client: String,
    connection: String,
    port: PortId,
    channel: String,
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path {}", self.path)?;
        for end in [&self.a, &self.b] {
            let LinkedEnd { chain, client, connection, port, channel } = end;
            write!(f, "\n  {chain}: {client}, {connection}, {port}/{channel}")?;
        }
        Ok(())
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    if let Some(path) = args.forget {
        let request = forget::Request { path, yes: args.yes, dry_run: args.dry_run };
        return forget::run(place, request).await;
    }
    let wanted = match args.end() {
        Some((chain, end)) => {
            let (connection, other) = connection_under(&place.read_config()?, chain, &end).await?;
            args.over(connection, other)?
        }
        None => args.wanted()?,
    };
    make(place, wanted).await
}

/// Makes what is missing of a path.
pub(super) async fn make(place: &Place, args: Wanted) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.chain_a != args.chain_b,
        "a path connects two chains; `{}` was given twice",
        args.chain_a
    );
    let file = place.read_config()?;
    logging::start(&file.ferry)?;
    let chains = [file.chain(&args.chain_a)?, file.chain(&args.chain_b)?];
    if is_made_by_another(place, &args).await? {
        return Ok(());
    }
    let session = Session::begin(place, &file, &chains).await.map_err(beside_start)?;
    if let Some(connection) = &args.terms.connection {
        return adopt::run(place, session, args.path(), args.over(connection)).await;
    }
    if args.terms.v2 {
        return pair::run(place, session, &args).await;
    }
    let Session { store, rows, nodes, config, .. } = session;
    let known = rows.paths.iter().find(|row| row.path == args.path().0);
    let (path, wanted) = wanted(&args, known, &rows.channels)?;
    let (id, index) = (path.path.clone(), wanted.index);
    let mut first = Vec::new();
    for node in nodes.values() {
        first.push(Fact::Begin(node.id.clone(), newest(node).await?));
    }
    first.push(Fact::Path(path, vec![wanted]));
    let engine = Engine::new(Model::load(config, rows), Arc::clone(&store), nodes);
    let stop = stop_signal()?;
    let (progress, impatience) = progress::watch(&stop, args.patience());
    let enough = |model: &Model| {
        progress.tell(model, &id, Some(index));
        linked(model, &id, index).is_some() || refused(model, &id, index).is_some()
    };
    let model = drive::run(engine, first, impatience, enough).await?;
    if let Some(linked) = linked(&model, &id, index) {
        return place.print(&linked);
    }
    let reason = refused(&model, &id, index);
    if reason.is_some()
        && let Some(unwanted) = channel(&model, &id, index).and_then(given_up)
    {
        store.commit(&[Write::Channel(unwanted)]).await?;
    }
    Err(not_open(&model, &id, reason, (!stop.is_cancelled()).then_some(args.terms.patience)))
}

/// Says why a path is not open: a chain refused it, we were stopped, or nothing moved for so many seconds.
pub(super) fn not_open(
    model: &Model,
    id: &PathId,
    refused: Option<String>,
    waited: Option<u32>,
) -> anyhow::Error {
    match (refused, waited) {
        (Some(reason), _) => anyhow::anyhow!("path `{id}` cannot be opened: {reason}"),
        (None, None) => {
            anyhow::anyhow!("stopped before the path was open; the same command goes on")
        }
        (None, Some(seconds)) => anyhow::anyhow!(
            "path `{id}` is not open, and nothing has moved for {seconds} s: {}; the same command \
             goes on",
            explain_path(model, id)
        ),
    }
}

/// Lets the ferry that runs in this home do it, if one does, and prints what it made.
async fn is_made_by_another(place: &Place, args: &Wanted) -> anyhow::Result<bool> {
    let request = Request::Link(Box::new(args.clone()));
    if args.terms.connection.is_some() {
        let adopted = control::ask::<adopt::Adopted>(place, &request).await?;
        adopted.iter().try_for_each(|adopted| place.print(adopted))?;
        return Ok(adopted.is_some());
    }
    let linked = control::ask::<Linked>(place, &request).await?;
    linked.iter().try_for_each(|linked| place.print(linked))?;
    Ok(linked.is_some())
}

/// The same by a ferry that runs, which relays everything else meanwhile.
pub(super) async fn beside(door: &Door, args: &Wanted, told: &Told) -> anyhow::Result<Value> {
    let (id, chains) = args.path();
    anyhow::ensure!(
        !args.terms.v2,
        "a pair of clients is made while no ferry runs in this home; stop `ferry start` for it"
    );
    if let Some(connection) = &args.terms.connection {
        let over = args.over(connection);
        return Ok(json!(adopt::beside((door, told), (id, chains), over).await?));
    }
    let nodes = door.serve(&[chains.a.as_str(), chains.b.as_str()]).await?;
    let known = id.clone();
    let (row, channels) = door
        .desk
        .read(move |model, _| {
            let channels: Vec<ChannelRow> = model.channels(&known).cloned().collect();
            (model.path(&known).cloned(), channels)
        })
        .await?;
    let (path, wanted) = wanted(args, row.as_ref(), &channels)?;
    let index = wanted.index;
    door.desk.join(nodes, vec![Fact::Path(path, vec![wanted])])?;
    let (progress, impatience) = progress::watch(&door.stop, args.patience());
    let (path, progress) = (id.clone(), Arc::new(progress));
    let ended = door.until(move |model| {
        progress.tell(model, &path, Some(index));
        if let Some(linked) = linked(model, &path, index) {
            return Some(Ok(linked));
        }
        let reason = refused(model, &path, index)?;
        Some(Err((reason, channel(model, &path, index).and_then(given_up))))
    });
    tokio::select! {
        ended = ended => match ended? {
            Ok(linked) => Ok(json!(linked)),
            Err((reason, unwanted)) => {
                if let Some(row) = unwanted {
                    door.desk.tell(Fact::Unwanted(Box::new(row)))?;
                }
                anyhow::bail!("path `{id}` cannot be opened: {reason}")
            }
        },
        () = impatience.cancelled() => anyhow::bail!(
            "path `{id}` is not open, and nothing has moved for {} s; `ferry status` says why; \
             ferry goes on with it",
            args.terms.patience
        ),
    }
}

/// Says what to do about another ferry on the same home, which is not to look for another home: two
/// that share a key stand in each other's way.
fn beside_start(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(StoreError::InUse { path }) => anyhow::anyhow!(
            "another ferry is using `{}`, and does not serve other commands; wait until it has ended, \
             or stop `ferry start`, run this, and start it again: it goes on where it was",
            path.display()
        ),
        Some(StoreError::Leased { holder, seconds_left, .. }) => anyhow::anyhow!(
            "`{holder}` relays: run this in its home; if it has ended, this goes in {seconds_left} s"
        ),
        _ => error,
    }
}

fn channel<'a>(model: &'a Model, path: &PathId, index: u32) -> Option<&'a ChannelRow> {
    model.channels(path).find(|channel| channel.index == index)
}

/// The step that a chain keeps refusing, and why.
pub(super) fn refused(model: &Model, path: &PathId, index: u32) -> Option<String> {
    use HandshakeStep::{Ack, Confirm, Init, Try};
    let steps = [Init, Try, Ack, Confirm];
    let mut works = vec![Work::CreateClient];
    works.extend(steps.map(Work::Connection));
    works.extend(steps.map(|step| Work::Channel(index, step)));
    refused_one(model, path, &works)
}

/// The first of these messages that a chain keeps refusing, and why.
fn refused_one(model: &Model, path: &PathId, works: &[Work]) -> Option<String> {
    [Side::A, Side::B].into_iter().find_map(|to| {
        let chain = model.path(path)?.chains.on(to);
        let flow = FlowId { path: path.clone(), to };
        works.iter().find_map(|work| {
            let attempt = model.attempt(&flow, work);
            let reason = attempt.reason.filter(|_| attempt.tries >= TRIES)?;
            Some(format!("`{chain}` refuses {work}: {reason}"))
        })
    })
}

/// The row of a channel that neither chain has, so that it is not tried for ever.
fn given_up(row: &ChannelRow) -> Option<ChannelRow> {
    let mut row = row.clone();
    for end in [&mut row.ends.a, &mut row.ends.b] {
        if end.channel.is_some() {
            return None;
        }
        end.state = EndState::Closed;
    }
    Some(row)
}

/// The path and the channel to make: those begun before, else new ones.
fn wanted(
    args: &Wanted,
    known: Option<&PathRow>,
    channels: &[ChannelRow],
) -> anyhow::Result<(PathRow, ChannelRow)> {
    let (id, chains) = args.path();
    let terms = &args.terms;
    let path = wanted_path(known, (&id, chains), terms.delay, Ibc::V1)?;
    let of_path = || channels.iter().filter(|channel| channel.path == id);
    let new = ChannelRow {
        path: id.clone(),
        index: of_path().map(|channel| channel.index + 1).max().unwrap_or(0),
        version: terms.channel_version.clone(),
        order: terms.order.into(),
        wanted: true,
        ends: Both { a: absent(&terms.a_port), b: absent(&terms.b_port) },
    };
    let channel = of_path().find(|channel| is_same(channel, &new)).cloned().unwrap_or(new);
    let channel = ChannelRow { wanted: true, ..channel };
    Ok((path, channel))
}

/// The path to make: the one begun before, else a new one.
fn wanted_path(
    known: Option<&PathRow>,
    (id, chains): (&PathId, Both<ChainId>),
    delay: Option<Duration>,
    ibc: Ibc,
) -> anyhow::Result<PathRow> {
    let Some(known) = known else {
        return Ok(PathRow {
            path: id.clone(),
            chains,
            ends: Both::default(),
            create: true,
            delay: delay.unwrap_or_default().into(),
            ibc,
        });
    };
    anyhow::ensure!(
        known.chains == chains && known.ibc == ibc,
        "path `{id}` connects `{}` and `{}` by IBC {:?}; give another --path NAME",
        known.chains.a,
        known.chains.b,
        known.ibc
    );
    anyhow::ensure!(
        delay.is_none_or(|delay| known.delay == delay.into()),
        "the connection of path `{id}` delays packets by {}, which cannot be changed; give \
         another --path NAME",
        format_duration(Duration::from_nanos(known.delay.0))
    );
    Ok(known.clone())
}

/// Whether a channel is what is wanted, begun or open.
fn is_same(channel: &ChannelRow, wanted: &ChannelRow) -> bool {
    let closed = |end: &ChannelEnd| end.state == EndState::Closed;
    channel.version == wanted.version
        && channel.order == wanted.order
        && channel.ends.a.port == wanted.ends.a.port
        && channel.ends.b.port == wanted.ends.b.port
        && !closed(&channel.ends.a)
        && !closed(&channel.ends.b)
}

/// What was made, once all of it is open.
fn linked(model: &Model, path: &PathId, index: u32) -> Option<Linked> {
    let row = model.path(path)?;
    let channel = channel(model, path, index)?;
    let end = |chain: &ChainId, end: &PathEnd, channel: &ChannelEnd| {
        let open = end.state == EndState::Open && channel.state == EndState::Open;
        open.then(|| {
            Some(LinkedEnd {
                chain: chain.clone(),
                client: end.client.as_ref()?.to_string(),
                connection: end.connection.as_ref()?.to_string(),
                port: channel.port.clone(),
                channel: channel.channel.as_ref()?.to_string(),
            })
        })?
    };
    Some(Linked {
        path: path.clone(),
        a: end(&row.chains.a, &row.ends.a, &channel.ends.a)?,
        b: end(&row.chains.b, &row.ends.b, &channel.ends.b)?,
    })
}
