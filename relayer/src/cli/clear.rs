//! `ferry clear`: look at everything on a path anew, and move what can be moved.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::control::door::{Door, Told};
use super::control::{self, Request};
use super::progress::{Progress, Remaining};
use super::session::{Session, stop_signal};
use super::{Place, dry_run, logging};
use crate::drive::setup::newest;
use crate::drive::{self, Engine};
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::PathId;
use crate::plan::cleared::{is_cleared, left};
use crate::store::Store as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The path.
    path: String,
    /// Only say what would be sent and what it would cost; a ferry that runs is not disturbed.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cleared {
    path: PathId,
    /// Packets that were found and cannot be moved now, and why.
    left: Vec<Left>,
    /// How many packets are pending whose data no endpoint has.
    lost: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Left {
    packet: String,
    why: String,
}

pub(super) async fn run(place: &Place, Args { path, dry_run }: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    logging::start(&file.ferry)?;
    let id = PathId::from(path);
    let request = Request::Clear(id.clone());
    if !dry_run && let Some(cleared) = control::ask::<Cleared>(place, &request).await? {
        return place.print(&cleared);
    }
    let rows = place.store(&file).open_to_read().await?.load().await?;
    let row = rows.paths.iter().find(|row| row.path == id);
    let row = row.ok_or_else(|| anyhow::anyhow!("there is no path `{id}`; see `ferry status`"))?;
    let chains = [file.chain(row.chains.a.as_str())?, file.chain(row.chains.b.as_str())?];
    if dry_run {
        return dry_run::run(place, &file, &chains, Some(&id)).await;
    }
    let Session { store, rows, nodes, config, .. } = Session::begin(place, &file, &chains).await?;
    let mut first = Vec::new();
    for node in nodes.values() {
        first.push(Fact::Begin(node.id.clone(), newest(node).await?));
    }
    first.push(Fact::Clear(id.clone()));
    let engine = Engine::new(Model::load(config, rows), store, nodes);
    let mut progress = Progress::of(&id);
    let enough = |model: &Model| {
        progress.tell(model);
        is_cleared(model, &id)
    };
    let model = drive::run(engine, first, stop_signal()?, enough).await?;
    place.print(&Cleared::of(&model, &id))
}

/// The same by a ferry that runs, which relays everything else meanwhile.
pub(super) async fn beside(door: &Door, path: PathId, told: &Told) -> anyhow::Result<Cleared> {
    let id = path.clone();
    let is_known = door.desk.read(move |model, _| model.path(&id).is_some()).await?;
    anyhow::ensure!(is_known, "there is no path `{path}`; see `ferry status`");
    door.desk.tell(Fact::Clear(path.clone()))?;
    let told = told.clone();
    door.until(move |model| {
        told.send_replace(Some(Remaining::of(model, &path)));
        is_cleared(model, &path).then(|| Cleared::of(model, &path))
    })
    .await
}

impl Cleared {
    fn of(model: &Model, path: &PathId) -> Self {
        let left = left(model, path).into_iter();
        let left =
            left.map(|(packet, why)| Left { packet: packet.to_string(), why: why.to_string() });
        let lost = model.gaps(path).map(|gap| gap.lost.len()).sum();
        Self { path: path.clone(), left: left.collect(), lost }
    }
}

impl fmt::Display for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, left, lost } = self;
        write!(f, "{path}: {} packets left, {lost} lost", left.len())?;
        for Left { packet, why } in left {
            write!(f, "\n{packet}: {why}")?;
        }
        Ok(())
    }
}
