//! What a running ferry takes over from its configuration when it gets SIGHUP.

use std::path::PathBuf;

use tokio::signal::unix::Signal;

use super::logging::LogLevel;
use crate::config::Config;
use crate::drive::desk::Desk;
use crate::drive::setup;
use crate::model::facts::Fact;

/// Reads the file again at every SIGHUP. One that is wrong changes nothing.
pub(super) fn on_hangup(
    mut hangup: Signal,
    (file, mut config): (PathBuf, Config),
    level: LogLevel,
    desk: Desk,
) {
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match reload(&file, &config, &level, &desk).await {
                Ok(read) => config = read,
                Err(error) => tracing::error!("nothing of the configuration is changed: {error:#}"),
            }
        }
    });
}

async fn reload(
    file: &std::path::Path,
    config: &Config,
    level: &LogLevel,
    desk: &Desk,
) -> anyhow::Result<Config> {
    let read = Config::read(file)?;
    level.set(&read.ferry)?;
    let known = desk.read(|model, _| model.config.clone()).await?;
    let tuned = read.chains.iter().filter_map(|chain| {
        let known = known.get(&chain.id.as_str().into())?;
        Some(setup::tune(known.clone(), chain))
    });
    desk.tell(Fact::Reload { chains: tuned.collect(), max_tries: read.ferry.max_tries })?;
    tracing::info!(log = read.ferry.log, "configuration is read again");
    if !differs_in_tuning_only(config, &read) {
        tracing::warn!("some changes of the configuration take effect at the next start only");
    }
    Ok(read)
}

/// Whether everything that was changed can be changed while ferry runs.
fn differs_in_tuning_only(old: &Config, new: &Config) -> bool {
    let mut same = new.clone();
    same.ferry.log.clone_from(&old.ferry.log);
    same.ferry.max_tries = old.ferry.max_tries;
    for chain in &mut same.chains {
        if let Some(old) = old.chains.iter().find(|old| old.id == chain.id) {
            *chain = chain.with_tuning_of(old);
        }
    }
    same == *old
}
