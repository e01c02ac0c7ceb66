//! Where log lines go: standard error, as the configuration says.

use std::fmt::Debug;
use std::io::IsTerminal as _;

use anyhow::Context as _;
use cosmos::text::printable;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::fmt::{self, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, reload};

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
        LogFormat::Text => registry.with(lines.fmt_fields(fields())).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))?;
    Ok(LogLevel(handle))
}

/// What an event says, on the event's line: chains and contracts wrote some of it.
fn fields() -> impl for<'writer> FormatFields<'writer> + 'static {
    let one = |line: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let said = printable(&format!("{value:?}"));
        match field.name() {
            "message" => write!(line, "{said}"),
            // Where other crates log from; the line begins with it.
            name if name.starts_with("log.") => Ok(()),
            name => write!(line, "{name}={said}"),
        }
    };
    format::debug_fn(one).delimited(" ")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was logged.
    #[derive(Default)]
    struct Log(Mutex<Vec<u8>>);

    impl io::Write for &Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_strangers_wrote_stays_on_its_line() {
        let out = Arc::new(Log::default());
        let lines = fmt::layer().with_writer(Arc::clone(&out)).with_ansi(false);
        let registry = tracing_subscriber::registry().with(lines.fmt_fields(fields()));
        let forged = "\u{1b}[2J\n2026-11-23T16:00:00Z  INFO ferry: all is well";
        tracing::subscriber::with_default(registry, || {
            tracing::warn!(path = "a-b", reason = %forged, "it waits: {forged}");
        });
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end().contains(char::is_control), "{text:?}");
        let parts = ["it waits: \\u{1b}[2J\\n2026", " path=\"a-b\" reason=\\u{1b}[2J\\n2026"];
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}
