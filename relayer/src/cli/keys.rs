//! `ferry keys`

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Subcommand, value_parser};
use cosmos::keys::{HdPath, encode_address, keyring};
use serde::Serialize;
use zeroize::Zeroizing;

use super::Place;
use super::password::{self, Again};
use crate::config::{Config, ConfigError};
use crate::drive::setup::PROBE_INDEX;

/// The highest number of an account.
const MAX_INDEX: i64 = (1 << 31) - 1;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a new key and show its mnemonic once.
    Add {
        /// The key's name, as `key` in the configuration.
        name: String,
    },
    /// Store the key of a mnemonic.
    Restore {
        /// The key's name, as `key` in the configuration.
        name: String,
        /// A file with the mnemonic; default standard input.
        #[arg(long, value_name = "FILE")]
        mnemonic_file: Option<PathBuf>,
        /// Which account of the mnemonic: the last number of m/44'/118'/0'/0/INDEX.
        #[arg(long, default_value_t = 0, value_parser = value_parser!(u32).range(..=MAX_INDEX))]
        index: u32,
        /// Where the key lies below the mnemonic, for coins and accounts of other numbers: as in m/44'/529'/0'/0/0.
        #[arg(long, value_name = "PATH", conflicts_with = "index")]
        hd_path: Option<HdPath>,
    },
    /// Store a private key that has no mnemonic.
    Import {
        /// The key's name, as `key` in the configuration.
        name: String,
        /// A file with the private key, 64 hexadecimal digits; default standard input.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// A folder with `keyring-test`, in which another program keeps the key: such as ~/.gaia, or
        /// ~/.relayer/keys/CHAIN of rly.
        #[arg(long, value_name = "DIR", conflicts_with = "secret_file")]
        keyring: Option<PathBuf>,
        /// The key's name there; default the same.
        #[arg(long, value_name = "NAME", requires = "keyring")]
        keyring_name: Option<String>,
    },
    /// Delete a key that signs for no chain. Without its mnemonic it is lost, and all that its accounts have.
    Delete {
        /// The key's name.
        name: String,
        /// Yes, delete it.
        #[arg(long)]
        yes: bool,
    },
    /// List the keys with their addresses on the configured chains.
    List,
}

#[derive(Serialize)]
struct Listed {
    keys: Vec<ListedKey>,
}

#[derive(Serialize)]
struct ListedKey {
    name: String,
    hd_path: String,
    addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mnemonic: Option<String>,
}

#[derive(Serialize)]
struct Address {
    prefix: String,
    address: String,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return write!(f, "no keys; make one with `ferry keys add NAME`");
        }
        for (line, key) in self.keys.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            write!(f, "{separator}{}  {}", key.name, key.hd_path)?;
            for address in &key.addresses {
                write!(f, "\n  {}", address.address)?;
            }
            if let Some(mnemonic) = &key.mnemonic {
                write!(f, "\n\nmnemonic, shown only now; who has it has the key:\n{mnemonic}")?;
            }
        }
        Ok(())
    }
}

pub(super) fn run(place: &Place, verb: Verb) -> anyhow::Result<()> {
    let store = place.keys();
    let mut mnemonic = None;
    let only = match verb {
        Verb::Add { name } => {
            let words = store.add(&name, &password::read(place, Again::Yes)?)?;
            mnemonic = Some(words.to_string());
            Some(name)
        }
        Verb::Restore { name, mnemonic_file, index, hd_path } => {
            let path = hd_path.unwrap_or_else(|| HdPath::cosmos(index));
            // An account that signs has another sequence each time; one that simulates must not.
            anyhow::ensure!(
                path != HdPath::cosmos(PROBE_INDEX),
                "at {path} is the account in whose name ferry simulates; use another one"
            );
            let words = read_secret(mnemonic_file, "mnemonic")?;
            let password = password::read(place, Again::Yes)?;
            store.restore(&name, words.trim(), path, &password)?;
            Some(name)
        }
        Verb::Import { name, secret_file, keyring, keyring_name } => {
            let secret = match keyring {
                Some(folder) => keyring::read(&folder, keyring_name.as_deref().unwrap_or(&name))?,
                None => private_key(secret_file)?,
            };
            store.import(&name, &secret, &password::read(place, Again::Yes)?)?;
            Some(name)
        }
        Verb::Delete { name, yes } => {
            anyhow::ensure!(
                yes,
                "without its mnemonic the key `{name}` is lost, and all that its accounts have; add --yes to \
                 delete it"
            );
            delete(place, &name)?;
            None
        }
        Verb::List => None,
    };
    let prefixes = prefixes(place)?;
    let mut keys = Vec::new();
    for key in store.list()? {
        if only.as_ref().is_none_or(|only| *only == key.name) {
            let account = hex::decode(&key.account)
                .with_context(|| format!("key file of `{}` has no account in it", key.name))?;
            let addresses = prefixes.iter().map(|prefix| {
                let address = encode_address(prefix, &account)?;
                Ok(Address { prefix: prefix.clone(), address })
            });
            let addresses = addresses.collect::<anyhow::Result<_>>()?;
            let mnemonic = mnemonic.take();
            keys.push(ListedKey { name: key.name, hd_path: key.path, addresses, mnemonic });
        }
    }
    place.print(&Listed { keys })
}

fn private_key(file: Option<PathBuf>) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let text = read_secret(file, "private key")?;
    let secret = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(Zeroizing::new(secret.context("a private key has 64 hexadecimal digits")?))
}

/// Deletes a key, unless a chain needs it.
fn delete(place: &Place, name: &str) -> anyhow::Result<()> {
    let signs = match Config::read(&place.config) {
        Err(ConfigError::Missing { .. }) => None,
        file => file?.chains.into_iter().find(|chain| chain.key.iter().any(|key| key == name)),
    };
    if let Some(chain) = signs {
        anyhow::bail!("`{}` signs with `{name}`; give it another `key` first", chain.id);
    }
    Ok(place.keys().remove(name, &password::read(place, Again::No)?)?)
}

fn read_secret(file: Option<PathBuf>, what: &str) -> anyhow::Result<String> {
    match file {
        Some(file) => std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read the {what} file `{}`", file.display())),
        None => std::io::read_to_string(std::io::stdin())
            .with_context(|| format!("cannot read the {what}")),
    }
}

/// The prefixes of the configured chains, each once; `cosmos` while there is no configuration.
fn prefixes(place: &Place) -> anyhow::Result<Vec<String>> {
    let config = match Config::read(&place.config) {
        Err(ConfigError::Missing { .. }) => return Ok(vec!["cosmos".into()]),
        other => other?,
    };
    let mut prefixes: Vec<_> = config.chains.into_iter().map(|c| c.address_prefix).collect();
    prefixes.sort();
    prefixes.dedup();
    Ok(prefixes)
}
