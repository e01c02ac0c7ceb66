//! `ferry start`

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;

use super::control::door::{Door, Socket};
use super::serving::{self, Serving};
use super::session::{Session, stop_signal};
use super::supervisor::Supervisor;
use super::{Place, dry_run, logging, standby};
use crate::config::{Chain, Config};
use crate::drive::served::Served;
use crate::drive::{self, Engine, Keeping};
use crate::model::Model;
use crate::model::rows::Rows;
use crate::store::Store as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only say what would be sent now and what it would cost; a ferry that runs is not disturbed.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let level = logging::start(&file.ferry)?;
    let hangup = signal(SignalKind::hangup())?;
    let stored = place.store(&file).open_to_read().await?.load().await?;
    let served = chains(&file, &stored)?;
    if args.dry_run {
        return dry_run::run(place, &file, &served, None).await;
    }
    let (serving, supervisor) = (Serving::prepare(place, &file).await?, Supervisor::find());
    let turn = begin(place, (&file, &served), (&serving, &supervisor));
    let (session, missing, socket) = Box::pin(turn).await?;
    let Session { store, rows, nodes, config, password } = session;
    let replica = store.replica().cloned();
    super::config::warn_of_paths(&file.ferry, |name| {
        rows.paths.iter().any(|row| row.path.as_str() == name)
    });
    for path in &rows.paths {
        tracing::info!(path = %path.path, a = %path.chains.a, b = %path.chains.b, "path is served");
    }
    let paid = serving::read_books(place.store(&file), rows.cursors.clone());
    let engine = Engine::new(Model::load(config, rows), store, nodes.clone())
        .keeping_costs(Keeping {
            messages: file.ferry.cost_packet_days,
            sums: file.ferry.cost_days,
        })
        .without_lost_chains();
    let stop = stop_signal()?;
    let (config, nodes) = (Arc::new(Mutex::new(file)), Served::from(nodes));
    let looked_at = (Arc::clone(&config), nodes.clone());
    let wallets = serving.begin(engine.desk(), looked_at, (paid, replica), stop.clone());
    let door = Door {
        place: Arc::new(place.clone()),
        desk: engine.desk(),
        level,
        wallets,
        config,
        nodes,
        connecting: Arc::default(),
        password: Arc::new(password),
        stop: stop.clone(),
    };
    for chain in missing {
        door.clone().try_again(chain);
    }
    door.open(socket, hangup);
    let heartbeat = tokio::spawn(supervisor.attend(engine.desk(), stop.clone()));
    let ended = drive::run(engine, Vec::new(), stop.clone(), |_| false).await;
    stop.cancel();
    heartbeat.await?;
    ended?;
    tracing::info!("stopped");
    Ok(())
}

/// Opens keys and store, in turn with other replicas, and connects to the chains; those that cannot be served now
/// are given.
async fn begin(
    place: &Place,
    (file, served): (&Config, &[&Chain]),
    (serving, supervisor): (&Serving, &Supervisor),
) -> anyhow::Result<(Session, Vec<String>, Option<Socket>)> {
    // What is wrong is told before it may be another's turn for days.
    let (mut unlocked, password) = Session::unlock(place, served)?;
    let store = standby::open(&place.store(file), serving, supervisor).await?;
    let socket = Socket::make(place);
    let rows = store.load().await?;
    // The replica that relayed until now may have been given more paths.
    let needed = chains(file, &rows)?;
    if needed != served {
        unlocked = Session::unlock_with(&password, place, &needed)?;
    }
    let (session, missing) =
        Session::begin_with_some(file, (store, rows), (unlocked, password)).await?;
    Ok((session, missing, socket))
}

/// The chains of all stored paths. Each must be configured and have been begun to be read.
fn chains<'a>(file: &'a Config, rows: &Rows) -> anyhow::Result<Vec<&'a Chain>> {
    anyhow::ensure!(
        !rows.paths.is_empty(),
        "there is no path to serve; `ferry link CHAIN --channel CHANNEL` takes up a channel that stands, \
         `ferry link CHAIN_A CHAIN_B` opens a new one"
    );
    let ids = rows.paths.iter().flat_map(|path| [&path.chains.a, &path.chains.b]);
    let ids: BTreeSet<_> = ids.collect();
    ids.into_iter()
        .map(|id| {
            anyhow::ensure!(
                rows.cursors.iter().any(|cursor| cursor.chain == *id),
                "it is not known where to begin reading `{id}`; run `ferry link` for its path, \
                 which sets the start"
            );
            file.chain(id.as_str()).with_context(|| {
                format!(
                    "a stored path needs `{id}`; if that chain has another id now, `ferry chains rename {id} NEW` carries \
                     its paths over"
                )
            })
        })
        .collect()
}
