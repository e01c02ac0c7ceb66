//! Where log lines go: standard error, as the configuration says.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt, reload};

use super::log::Logged;
use crate::config::{Global, LogFormat};

/// Changes what is logged while ferry runs.
#[derive(Clone, Debug)]
pub(super) struct LogLevel(reload::Handle<EnvFilter, Registry>);

impl LogLevel {
    /// Logs as a configuration says from now on.
    pub(super) fn set(&self, config: &Global) -> anyhow::Result<()> {
        Ok(self.0.reload(filter(config)?)?)
    }

    /// Logs by these directives until a configuration says something else.
    pub(super) fn direct(&self, directives: &str) -> anyhow::Result<Logged> {
        self.0.reload(parse(directives)?)?;
        tracing::warn!(log = directives, "what is logged was changed");
        Ok(Logged { log: directives.to_owned() })
    }
}

/// What is logged. The variable `FERRY_LOG` overrides the configuration.
pub(super) fn filter(config: &Global) -> anyhow::Result<EnvFilter> {
    let directives = std::env::var("FERRY_LOG").unwrap_or_else(|_| config.log.clone());
    parse(&directives)
}

fn parse(directives: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(directives).with_context(|| {
        format!("`{directives}` is no log level; write error, warn, info, debug, or ferry=debug")
    })
}

/// Starts logging.
pub(super) fn start(config: &Global) -> anyhow::Result<LogLevel> {
    let (filter, handle) = reload::Layer::new(filter(config)?);
    let lines =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    let started = match config.log_format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))?;
    Ok(LogLevel(handle))
}
