//! `ferry reload`, and SIGHUP: what a running ferry takes over from its configuration.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Place;
use super::control::door::Door;
use super::control::{self, Request};
use crate::config::Config;
use crate::drive::setup;
use crate::model::Model;
use crate::model::facts::Fact;
use crate::model::ids::PathId;

/// What was taken over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reloaded {
    /// The chains that are served.
    chains: Vec<String>,
    /// Whether something was changed that takes effect at the next start only.
    later: bool,
}

pub(super) async fn run(place: &Place) -> anyhow::Result<()> {
    place.print(&control::demand::<Reloaded>(place, &Request::Reload).await?)
}

/// Reads the file of a ferry that runs again. One that is wrong changes nothing.
pub(super) async fn read_again(door: &Door) -> anyhow::Result<Reloaded> {
    let mut config = door.config.lock().await;
    let read = Config::read(&door.place.config)?;
    let look = |model: &Model, _: &_| {
        let paths: BTreeSet<PathId> = model.paths().map(|row| row.path.clone()).collect();
        (model.config.clone(), paths)
    };
    let (known, paths) = door.desk.read(look).await?;
    super::config::warn_of_paths(&read.ferry, |name| paths.contains(&PathId::from(name)));
    let (mut tuned, mut keys) = (Vec::new(), door.keys());
    for chain in &read.chains {
        let Some(known) = known.get(&chain.id.as_str().into()) else { continue };
        let mut chain_config = setup::tune(known.clone(), chain);
        if config.chain(&chain.id).map(|old| &old.key).ok() != Some(&chain.key) {
            chain_config.lanes = keys.lanes(chain)?;
        }
        tuned.push(chain_config);
    }
    // Nothing can be wrong from here on but the level itself.
    door.level.set(&read.ferry)?;
    tuned.iter().for_each(|chain| door.sign_with(&chain.id, &chain.lanes));
    let settings = setup::settings(&read.ferry, tuned);
    let chains = settings.chains.iter().map(|chain| chain.id.to_string()).collect();
    door.desk.tell(Fact::Reload(Box::new(settings)))?;
    tracing::info!(log = read.ferry.log, "configuration is read again");
    let is_served = |id: &str| known.contains_key(&id.into());
    let later = !differs_in_tuning_only(&config, &read, is_served);
    if later {
        tracing::warn!("some changes of the configuration take effect at the next start only");
    }
    *config = read;
    drop(config);
    door.wallets.look_again();
    Ok(Reloaded { chains, later })
}

/// Whether everything that was changed can be changed while ferry runs.
fn differs_in_tuning_only(old: &Config, new: &Config, is_served: impl Fn(&str) -> bool) -> bool {
    let (mut old, mut same) = (old.clone(), new.clone());
    same.ferry.log.clone_from(&old.ferry.log);
    same.ferry.max_tries = old.ferry.max_tries;
    same.ferry.check_every = old.ferry.check_every;
    same.ferry.paused.clone_from(&old.ferry.paused);
    same.ferry.only.clone_from(&old.ferry.only);
    for chains in [&mut old.chains, &mut same.chains] {
        // One that is not served is read again as soon as a path needs it.
        chains.retain(|chain| is_served(&chain.id));
        chains.sort_by(|one, other| one.id.cmp(&other.id));
    }
    for chain in &mut same.chains {
        if let Ok(old) = old.chain(&chain.id) {
            *chain = chain.with_tuning_of(old);
        }
    }
    same == old
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is read again: {}", self.chains.join(", "))?;
        if self.later {
            write!(
                f,
                "\nsome of its changes take effect at the next start only; `ferry reload --help` has a list of those that need none"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Chain;

    fn chain(id: &str, rpc: &str, max_msgs: u64) -> Chain {
        let text = format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\"http://{rpc}\"]\naddress_prefix = \"x\"\nkey = \"k\"\n\
             gas_price = \"0.1stake\"\nmax_msgs = {max_msgs}\n"
        );
        Config::parse(&text).unwrap().chains.remove(0)
    }

    fn of(chains: [Chain; 3]) -> Config {
        Config { chains: chains.into(), ..Config::parse("").unwrap() }
    }

    /// Whatever else the file says by now, and in whatever order: of a chain that is served the section counts with
    /// which it is, and of one that is not none.
    #[test]
    fn what_needs_a_start_is_by_what_is_in_effect() {
        let later = |old: &Config, new: &Config| {
            !differs_in_tuning_only(old, new, |id| ["a", "c"].contains(&id))
        };
        let mut old = of([chain("a", "1", 9), chain("b", "1", 9), chain("c", "1", 9)]);
        assert!(!later(&old, &of([chain("b", "2", 1), chain("c", "1", 3), chain("a", "1", 9)])));
        let moved = of([chain("a", "1", 9), chain("b", "1", 9), chain("c", "2", 9)]);
        assert!(later(&old, &moved));
        // It is served only now, by another section than the file had.
        old.take_over([chain("c", "2", 9)]);
        assert!(!later(&old, &moved));
        old.take_over([chain("d", "1", 9)]);
        assert!(!later(&old, &moved), "it is not served");
    }
}
