//! What every verb that relays needs: configuration, store, nodes and model.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Place;
use super::password::{self, Again, Password};
use crate::config::{Chain, Config};
use crate::drive::Nodes;
use crate::drive::setup::{self, Probes, Setup, Unlocked};
use crate::model::config::Config as ModelConfig;
use crate::model::rows::Rows;
use crate::store::Store as _;
use crate::store::any::{AnyStore, Location};
use crate::store::postgres::Held;

/// Everything ready to relay.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) store: Arc<AnyStore>,
    pub(super) rows: Rows,
    pub(super) nodes: Nodes,
    pub(super) config: ModelConfig,
    /// Opens the keys of chains that come later.
    pub(super) password: Password,
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
        Self::over(place, (file, chains), &place.store(file), make).await
    }

    /// As [`Session::begin`] with an open store and its rows, also when some of the chains cannot be served now;
    /// their ids are given.
    pub(super) async fn begin_with_some(
        file: &Config,
        (store, rows): (AnyStore, Rows),
        (unlocked, password): (Vec<Unlocked>, Password),
    ) -> anyhow::Result<(Self, Vec<String>)> {
        let (setup, missing) = setup::connect_some(&file.ferry, unlocked, make(&rows)).await?;
        for (chain, error) in &missing {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::error!(chain, error, "chain cannot be served now, and is tried again");
        }
        let Setup { nodes, config } = setup;
        await_signed(&nodes, &rows);
        let session = Self { store: Arc::new(store), rows, nodes, config, password };
        Ok((session, missing.into_iter().map(|(chain, _)| chain).collect()))
    }

    /// Opens the keys of chains with the password, which is read.
    pub(super) fn unlock(
        place: &Place,
        chains: &[&Chain],
    ) -> anyhow::Result<(Vec<Unlocked>, Password)> {
        let password = password::read(place, Again::No)?.into();
        Ok((Self::unlock_with(&password, place, chains)?, password))
    }

    /// Opens the keys of chains with a password that was read before.
    pub(super) fn unlock_with(
        password: &Password,
        place: &Place,
        chains: &[&Chain],
    ) -> anyhow::Result<Vec<Unlocked>> {
        let mut keys = setup::Keys::new(place.keys(), password.reveal());
        let unlocked = chains.iter().map(|chain| keys.unlock(chain));
        Ok(unlocked.collect::<Result<_, _>>()?)
    }

    /// As [`Session::begin`], on a copy of the store, and with nothing made on the chains.
    pub(super) async fn begin_to_look(
        place: &Place,
        file: &Config,
        chains: &[&Chain],
        copy: &Path,
    ) -> anyhow::Result<Self> {
        let store = Location::File(copy.into());
        Self::over(place, (file, chains), &store, |_| Probes::Demand).await
    }

    async fn over(
        place: &Place,
        (file, chains): (&Config, &[&Chain]),
        store: &Location,
        probes: impl FnOnce(&Rows) -> Probes,
    ) -> anyhow::Result<Self> {
        let (unlocked, password) = Self::unlock(place, chains)?;
        let store = store.open(Held::Refuse).await?;
        let rows = store.load().await?;
        let Setup { nodes, config } = setup::connect(&file.ferry, unlocked, probes(&rows)).await?;
        await_signed(&nodes, &rows);
        Ok(Self { store: Arc::new(store), rows, nodes, config, password })
    }
}

/// Has accounts that simulate made, by keys that have nothing on its way.
fn make(rows: &Rows) -> Probes {
    Probes::Make { undecided: rows.slots.iter().map(|slot| slot.id.clone()).collect() }
}

/// Has blocks tell of everything that is signed and not decided, also of keys that sign no more.
fn await_signed(nodes: &Nodes, rows: &Rows) {
    for node in nodes.values() {
        node.sign_with(rows.slots.iter().map(|slot| slot.id.lane.clone()));
    }
}

/// Cancelled by the first Ctrl-C or by SIGTERM. At the second the process ends, whatever it waits for.
pub(super) fn stop_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let signals = async move || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::spawn(heed(signals, stop.clone(), end_at_once));
    Ok(stop)
}

async fn heed(mut signal: impl AsyncFnMut(), stop: CancellationToken, end: impl FnOnce()) {
    signal().await;
    stop.cancel();
    signal().await;
    end();
}

#[expect(clippy::disallowed_methods, clippy::exit, reason = "who asks twice wants no drain")]
fn end_at_once() {
    let said = "error: ended at once, as a second signal says; what was not stored is found on the chains again";
    let _ = writeln!(std::io::stderr(), "{said}");
    std::process::exit(1);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn the_second_signal_ends_what_the_first_one_stops() {
        let (tell, mut told) = mpsc::channel(1);
        let (stop, ended) = (CancellationToken::new(), Cell::new(false));
        let signal = async || {
            told.recv().await;
        };
        let heeding = heed(signal, stop.clone(), || ended.set(true));
        let people = async {
            tell.send(()).await.unwrap();
            stop.cancelled().await;
            assert!(!ended.get(), "it may finish what is under way");
            tell.send(()).await.unwrap();
        };
        tokio::join!(heeding, people);
        assert!(ended.get());
    }
}
