//! What a running ferry takes over from its configuration when it gets SIGHUP.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::logging::LogLevel;
use crate::config::Config;

/// Reads the file again at every SIGHUP. One that is wrong changes nothing.
pub(super) fn on_hangup(file: PathBuf, level: LogLevel) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let read = Config::read(&file).map_err(anyhow::Error::from);
            match read.and_then(|config| level.set(&config.ferry).map(|()| config)) {
                Ok(config) => tracing::info!(log = config.ferry.log, "configuration is read again"),
                Err(error) => {
                    tracing::error!("configuration is wrong, nothing is changed: {error:#}")
                }
            }
        }
    });
    Ok(())
}
