//! What is on this machine: configuration, keys, store.

use cosmos::keys::encode_address;
use cosmos::keys::store::StoredKey;

use super::super::{Place, logging};
use super::{Finding, Findings};
use crate::config::{Chain as ChainFile, Config};
use crate::model::rows::Rows;
use crate::store::any::Location;
use crate::store::{Store as _, StoreError};

const KEY: &str = "key";

/// Looks at what every other check needs.
pub(super) async fn look(place: &Place) -> (Vec<Finding>, Option<Config>, Option<Rows>) {
    let mut findings = Findings::of("home");
    let config = configuration(place, &mut findings);
    let rows = match &config {
        Some(config) => store(place, config, &mut findings).await,
        None => None,
    };
    (findings.found, config, rows)
}

fn configuration(place: &Place, findings: &mut Findings) -> Option<Config> {
    const CHECK: &str = "configuration";
    let file = place.config.display();
    let read = place.read_config();
    let config = match read.and_then(|config| logging::filter(&config.ferry).map(|_| config)) {
        Ok(config) => config,
        Err(error) => {
            findings.fault(CHECK, format!("{error:#}"), format!("edit `{file}`"));
            return None;
        }
    };
    match config.chains.len() {
        0 => findings.fault(CHECK, "it has no chains", format!("fill in two chains in `{file}`")),
        count => findings.ok(CHECK, format!("`{file}`, {count} chains")),
    }
    Some(config)
}

async fn store(place: &Place, config: &Config, findings: &mut Findings) -> Option<Rows> {
    const CHECK: &str = "store";
    let location = place.store(config);
    let opened = location.open_to_read().await;
    let loaded = match opened {
        Ok(store) => store.load().await,
        Err(error) => Err(error),
    };
    match loaded {
        Ok(rows) => {
            let running = place.is_relaying(config).await.unwrap_or(false);
            let state = if running { "ferry is running" } else { "ferry is not running" };
            let (paths, packets) = (rows.paths.len(), rows.packets.len());
            findings.ok(CHECK, format!("{paths} paths, {packets} packets pending; {state}"));
            let lost: usize = rows.gaps.iter().map(|gap| gap.lost.len()).sum();
            if lost > 0 {
                let finding = format!("the data of {lost} pending packets cannot be had");
                let cure = "put endpoints that keep all blocks into `archive_rpc` of the path's chains, restart ferry, \
                            then `ferry clear PATH`";
                findings.warning("packets", finding, cure);
            }
            Some(rows)
        }
        Err(StoreError::Missing { path }) => {
            let cure = "`ferry link CHAIN --channel CHANNEL` serves a channel that stands, with all others of its \
                        connection; `ferry link CHAIN_A CHAIN_B` opens new ones";
            findings.warning(CHECK, format!("there is no store at `{}` yet", path.display()), cure);
            None
        }
        Err(error) => {
            let cure = match location {
                Location::File(_) => {
                    "`ferry restore FILE` puts a backup in its place; without one move it away \
                     and `ferry link A B --connection ID` finds everything on the chains"
                }
                Location::Database(..) => "check `[store] url`, and whether the server runs",
            };
            findings.fault(CHECK, format!("{location}: {error:#}"), cure);
            None
        }
    }
}

/// The addresses of a chain's keys, which no password is needed for.
pub(super) fn addresses(place: &Place, file: &ChainFile, findings: &mut Findings) -> Vec<String> {
    let listed = match place.keys().list() {
        Ok(listed) => listed,
        Err(error) => {
            findings.fault(KEY, error.to_string(), "restore the key file from a backup");
            return Vec::new();
        }
    };
    let names = file.key.iter();
    names.filter_map(|name| address(&listed, (file, name.as_str()), findings)).collect()
}

fn address(
    listed: &[StoredKey],
    (file, name): (&ChainFile, &str),
    findings: &mut Findings,
) -> Option<String> {
    let cure = format!("`ferry keys add {name}` or `ferry keys restore {name}`");
    let Some(key) = listed.iter().find(|key| key.name == name) else {
        findings.fault(KEY, format!("there is no key `{name}`"), cure);
        return None;
    };
    let account = hex::decode(&key.account).unwrap_or_default();
    match encode_address(&file.address_prefix, &account) {
        Ok(address) => {
            findings.ok(KEY, format!("`{name}` is {address}"));
            Some(address)
        }
        Err(error) => {
            findings.fault(KEY, error.to_string(), "correct `address_prefix`");
            None
        }
    }
}
