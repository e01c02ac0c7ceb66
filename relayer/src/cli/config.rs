//! `ferry config`

use std::fmt;
use std::path::PathBuf;

use clap::Subcommand;
use cosmos::rpc::Address;
use serde::Serialize;

use super::{Place, import, logging};
use crate::config::Config;

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

pub(super) fn run(place: &Place, verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Import(args) => import::run(place, args),
        Verb::Check => {
            let chains = read(place)?.chains.into_iter().map(|chain| chain.id).collect();
            place.print(&Checked { config: place.config.clone(), chains })
        }
        Verb::Show => place.print(&Shown(without_secrets(read(place)?))),
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
