//! `ferry config`

use std::fmt;
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::{Place, logging};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Check the configuration; a mistake is shown at its line.
    Check,
    /// Show the configuration as ferry understands it, with every default.
    Show,
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
    let file = place.read_config()?;
    logging::filter(&file.ferry)?;
    match verb {
        Verb::Check => place.print(&Checked {
            config: place.config.clone(),
            chains: file.chains.into_iter().map(|chain| chain.id).collect(),
        }),
        Verb::Show => place.print(&Shown(file)),
    }
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
