//! `ferry init`

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::Place;
use crate::config::example::EXAMPLE;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Serialize)]
struct Written {
    config: PathBuf,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "wrote {}", self.config.display())?;
        write!(f, "next: fill in your chains there, then `ferry keys add relayer`")
    }
}

pub(super) fn run(place: &Place, Args {}: Args) -> anyhow::Result<()> {
    let config = &place.config;
    if let Some(dir) = config.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make `{}`", dir.display()))?;
    }
    let mut file = fs::File::create_new(config).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => anyhow::anyhow!(
            "`{}` exists already; edit it, or remove it to start over",
            config.display()
        ),
        _ => anyhow::anyhow!("cannot write `{}`: {error}", config.display()),
    })?;
    file.write_all(EXAMPLE.as_bytes())
        .with_context(|| format!("cannot write `{}`", config.display()))?;
    place.print(&Written { config: config.clone() })
}
