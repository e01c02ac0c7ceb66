//! `ferry backup` and `ferry restore`: the store, taken out and put back.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::{Place, logging};
use crate::store::any::Location;
use crate::store::sqlite::Sqlite;
use crate::store::{Store as _, StoreError};

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to write; it must not exist yet.
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// A file that `ferry backup` wrote.
    file: PathBuf,
}

#[derive(Serialize)]
struct Saved {
    backup: PathBuf,
    paths: usize,
    packets: usize,
}

#[derive(Serialize)]
struct Restored {
    store: PathBuf,
    /// Where the store of before is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<PathBuf>,
    paths: usize,
    packets: usize,
}

/// The store's file.
fn file_of(store: Location) -> anyhow::Result<PathBuf> {
    match store {
        Location::File(path) => Ok(path),
        Location::Database(..) => {
            anyhow::bail!("the store is a database; `pg_dump` and `pg_restore` save and restore it")
        }
    }
}

/// Copies the store as it is at one moment, also while ferry runs.
pub(super) async fn backup(place: &Place, BackupArgs { file }: BackupArgs) -> anyhow::Result<()> {
    let config = place.read_config()?;
    logging::start(&config.ferry)?;
    let store = file_of(place.store(&config))?;
    Sqlite::open_to_read(&store).await?.copy_to(&file).await?;
    let rows = Sqlite::open_to_read(&file).await?.load().await?;
    place.print(&Saved { backup: file, paths: rows.paths.len(), packets: rows.packets.len() })
}

/// Puts a backup in the place of the store, which is kept beside it.
pub(super) async fn restore(
    place: &Place,
    RestoreArgs { file }: RestoreArgs,
) -> anyhow::Result<()> {
    let config = place.read_config()?;
    logging::start(&config.ferry)?;
    let store = file_of(place.store(&config))?;
    let rows = match Sqlite::open_to_read(&file).await {
        // It is not the configuration that names it.
        Err(StoreError::NoStore { .. }) => {
            anyhow::bail!("`{}` is no backup of ferry", file.display())
        }
        opened => opened?.load().await?,
    };
    let before = Sqlite::replace(&store, &file).await?;
    let (paths, packets) = (rows.paths.len(), rows.packets.len());
    place.print(&Restored { store, before, paths, packets })
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backup, paths, packets } = self;
        writeln!(f, "wrote {}: {paths} paths, {packets} packets", backup.display())?;
        write!(f, "the keys are not in it: keep the mnemonics, or a copy of the folder `keys`")
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, before, paths, packets } = self;
        write!(f, "restored {}: {paths} paths, {packets} packets", store.display())?;
        if let Some(before) = before {
            write!(f, "\nthe store of before is {}", before.display())?;
        }
        write!(f, "\n`ferry start` reads what happened since, and pays for nothing twice")
    }
}
