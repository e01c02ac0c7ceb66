//! `ferry config`

use std::fmt;
use std::path::PathBuf;

use clap::Subcommand;
use cosmos::rpc::Address;
use serde::Serialize;

use super::{Place, import, logging};
use crate::config::{Config, Global};
use crate::store::{Store as _, StoreError};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Check the configuration; a mistake is shown at its line.
    Check,
    /// Show the configuration as ferry understands it, with every default; secrets in addresses are left out.
    Show,
    /// Take over Hermes' `config.toml` or rly's `config.yaml`, with its keys where that is possible.
    Import(import::Args),
}

#[derive(Serialize)]
struct Checked {
    config: PathBuf,
    chains: Vec<String>,
}

/// The configuration with every default.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Config);

pub(super) async fn run(place: &Place, verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Import(args) => import::run(place, args),
        Verb::Check => {
            let file = read(place)?;
            check_paths(place, &file).await?;
            let chains = file.chains.into_iter().map(|chain| chain.id).collect();
            place.print(&Checked { config: place.config.clone(), chains })
        }
        Verb::Show => place.print(&Shown(without_secrets(read(place)?))),
    }
}

/// Checks the names of paths, if some are named and there is a store that knows the paths.
async fn check_paths(place: &Place, file: &Config) -> anyhow::Result<()> {
    if file.ferry.named_paths().next().is_none() {
        return Ok(());
    }
    let rows = match place.store(file).open_to_read().await {
        Err(StoreError::Missing { .. }) => return Ok(()),
        opened => opened?.load().await?,
    };
    let known: Vec<&str> = rows.paths.iter().map(|row| row.path.as_str()).collect();
    Ok(Config::check_paths(&place.config, &known)?)
}

/// Says of a configuration that is used which paths it names that are not there: it may name one before it is made.
pub(super) fn warn_of_paths(global: &Global, is_known: impl Fn(&str) -> bool) {
    for path in global.named_paths().filter(|path| !is_known(path)) {
        tracing::warn!(path, "the configuration names a path that is not there");
    }
}

/// The configuration with addresses as they may be shown: what is pasted into a question must not have keys
/// of providers in it.
fn without_secrets(mut file: Config) -> Config {
    for url in
        file.chains.iter_mut().flat_map(|chain| chain.rpc.iter_mut().chain(&mut chain.archive_rpc))
    {
        *url = Address::from(url.as_str()).to_string();
    }
    file
}

fn read(place: &Place) -> anyhow::Result<Config> {
    let file = place.read_config()?;
    logging::filter(&file.ferry)?;
    Ok(file)
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, chains } = self;
        write!(f, "{} is valid", config.display())?;
        match chains.as_slice() {
            [] => write!(f, "; it has no chains yet"),
            chains => write!(f, ": {}", chains.join(", ")),
        }?;
        write!(f, "\n`ferry doctor` checks what it leads to")
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string(&self.0).map_err(|_| fmt::Error)?;
        f.write_str(text.trim_end())
    }
}
