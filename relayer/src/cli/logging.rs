//! Where log lines go: standard error, as the configuration says.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::config::{Global, LogFormat};

/// Starts logging. The variable `FERRY_LOG` overrides the level.
pub(super) fn start(config: &Global) -> anyhow::Result<()> {
    let directives = std::env::var("FERRY_LOG").unwrap_or_else(|_| config.log.clone());
    let filter = EnvFilter::try_new(&directives).with_context(|| {
        format!("`{directives}` is no log level; write error, warn, info, debug, or ferry=debug")
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}
