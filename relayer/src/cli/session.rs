//! What every verb that relays needs: configuration, store, nodes and model.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Place;
use super::password::{self, Again};
use crate::config::{Chain, Config};
use crate::drive::Nodes;
use crate::drive::setup::{self, Probes, Setup};
use crate::model::config::Config as ModelConfig;
use crate::model::rows::Rows;
use crate::store::Store as _;
use crate::store::sqlite::Sqlite;

/// Everything ready to relay.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) store: Arc<Sqlite>,
    pub(super) rows: Rows,
    pub(super) nodes: Nodes,
    pub(super) config: ModelConfig,
}

impl Session {
    /// Opens the keys, then the store for writing, and connects to the chains.
    ///
    /// In this order, so that whatever can be wrong is found before anything is made.
    pub(super) async fn begin(
        place: &Place,
        file: &Config,
        chains: &[&Chain],
    ) -> anyhow::Result<Self> {
        Self::over(place, (file, chains), &place.store(file), Probes::Make).await
    }

    /// As [`Session::begin`], on a copy of the store, and with nothing made on the chains.
    pub(super) async fn begin_to_look(
        place: &Place,
        file: &Config,
        chains: &[&Chain],
        copy: &Path,
    ) -> anyhow::Result<Self> {
        Self::over(place, (file, chains), copy, Probes::Demand).await
    }

    async fn over(
        place: &Place,
        (file, chains): (&Config, &[&Chain]),
        store: &Path,
        probes: Probes,
    ) -> anyhow::Result<Self> {
        let (keys, password) = (place.keys(), password::read(place, Again::No)?);
        let unlocked = chains.iter().map(|chain| setup::unlock(chain, &keys, &password));
        let unlocked = unlocked.collect::<Result<Vec<_>, _>>()?;
        let store = Sqlite::open(store).await?;
        let rows = store.load().await?;
        let Setup { nodes, config } = setup::connect(&file.ferry, unlocked, probes).await?;
        Ok(Self { store: Arc::new(store), rows, nodes, config })
    }
}

/// Cancelled by the first Ctrl-C or by SIGTERM.
pub(super) fn stop_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(stop)
}
