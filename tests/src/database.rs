//! A PostgreSQL server for a test.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A server of its own on loopback; it ends, and leaves nothing behind, when the handle is dropped.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub url: String,
    /// Ends when nobody holds its input open.
    _script: Child,
}

impl Database {
    /// Starts a server.
    ///
    /// # Errors
    /// PostgreSQL is missing, or does not start: `scripts/postgres` says which.
    pub async fn start() -> anyhow::Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres");
        let mut script = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("scripts/postgres cannot be run")?;
        let out = script.stdout.take().context("its output is not piped")?;
        let url = BufReader::new(out).lines().next_line().await?;
        let url = url.context("scripts/postgres ended, and has said why")?;
        ensure!(url.starts_with("postgres://"), "scripts/postgres says `{url}`, not a URL");
        Ok(Self { url, _script: script })
    }
}
