//! `ferry start`

use anyhow::Context as _;

use super::Place;
use super::session::{Session, stop_signal};
use crate::config::{Chain, Config};
use crate::drive::{self, Engine};
use crate::model::Model;
use crate::model::rows::Rows;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(place: &Place, Args {}: Args) -> anyhow::Result<()> {
    let Session { store, rows, nodes, config } = Session::open(place, chains).await?;
    for path in &rows.paths {
        tracing::info!(path = %path.path, a = %path.chains.a, b = %path.chains.b, "path is served");
    }
    let engine = Engine::new(Model::load(config, rows), store, nodes);
    drive::run(engine, Vec::new(), stop_signal()?, |_| false).await?;
    tracing::info!("stopped");
    Ok(())
}

/// The chains of all stored paths. Each must be configured and have been begun to be read.
fn chains(file: &Config, rows: &Rows) -> anyhow::Result<Vec<Chain>> {
    anyhow::ensure!(
        !rows.paths.is_empty(),
        "there is no path to serve; make one with `ferry link CHAIN_A CHAIN_B`"
    );
    let mut ids: Vec<_> =
        rows.paths.iter().flat_map(|path| [&path.chains.a, &path.chains.b]).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .map(|id| {
            anyhow::ensure!(
                rows.cursors.iter().any(|cursor| cursor.chain == *id),
                "it is not known where to begin reading `{id}`; run `ferry link` for its path, \
                 which sets the start"
            );
            let chain = file.chain(id.as_str());
            chain.cloned().with_context(|| format!("a stored path needs `{id}`"))
        })
        .collect()
}
