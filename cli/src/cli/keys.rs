//! `entrepot keys`

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use cosmos::keys::password::Again;
use cosmos::keys::{HdPath, KeyStore, encode_address};
use serde::Serialize;

use super::{Output, Place};
use crate::home::{Config, Home};

const EXAMPLES: &str = "\
Examples:
  entrepot keys add me
  entrepot keys restore me --mnemonic-file words.txt
  entrepot keys list

Keys lie encrypted in `keys` of the folder, in the form that ferry uses. The password is that of
`password_file` in the configuration, of the variable ENTREPOT_PASSWORD, or typed.";

const ADD: &str = "\
Examples:
  entrepot keys add me

The mnemonic is shown once. Who has it has the key: write it down.";

const RESTORE: &str = "\
Examples:
  entrepot keys restore me                                        asks for the words
  entrepot keys restore me --mnemonic-file words.txt
  entrepot keys restore second --mnemonic-file words.txt --index 1";

const LIST: &str = "\
Examples:
  entrepot keys list
  entrepot keys list --json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a new key and show its mnemonic once.
    #[command(after_help = ADD)]
    Add {
        /// The key's name.
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Store the key of a mnemonic.
    #[command(after_help = RESTORE)]
    Restore {
        /// The key's name.
        name: String,
        /// A file with the mnemonic; default standard input.
        #[arg(long, value_name = "FILE")]
        mnemonic_file: Option<PathBuf>,
        /// Which account of the mnemonic: the last number of m/44'/118'/0'/0/INDEX.
        #[arg(long, default_value_t = 0)]
        index: u32,
        #[command(flatten)]
        output: Output,
    },
    /// List the keys with their addresses on the configured chains.
    #[command(after_help = LIST)]
    List {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Serialize)]
struct Listed {
    keys: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mnemonic: Option<String>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    hd_path: String,
    addresses: Vec<String>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return writeln!(f, "no keys; make one with `entrepot keys add NAME`");
        }
        for Line { name, hd_path, addresses } in &self.keys {
            writeln!(f, "{name}  {hd_path}")?;
            for address in addresses {
                writeln!(f, "  {address}")?;
            }
        }
        if let Some(mnemonic) = &self.mnemonic {
            writeln!(f, "\nmnemonic, shown only now; who has it has the key:\n{mnemonic}")?;
        }
        Ok(())
    }
}

pub(super) fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let home = place.home()?;
    let store = home.keys();
    // A key can be made before there is a configuration.
    let config = if home.is_configured()? { Some(home.config()?) } else { None };
    let (only, output) = match args.verb {
        Verb::Add { name, output } => {
            let password = new_password(&home, config.as_ref())?;
            let words = store.add(&name, &password)?;
            let shown = list(&store, config.as_ref(), Some(&name))
                .and_then(|keys| output.print(&Listed { keys, mnemonic: Some(words.to_string()) }));
            if let Err(error) = shown {
                // Nobody has its words, so nobody should send it anything.
                store.remove(&name, &password)?;
                return Err(error.context(format!(
                    "the words of key `{name}` could not be shown, so it was not kept"
                )));
            }
            return Ok(());
        }
        Verb::Restore { name, mnemonic_file, index, output } => {
            let words = match mnemonic_file {
                Some(file) => std::fs::read_to_string(&file).with_context(|| {
                    format!("cannot read the mnemonic file `{}`", file.display())
                })?,
                None => std::io::read_to_string(std::io::stdin())
                    .context("cannot read the mnemonic from standard input")?,
            };
            let password = new_password(&home, config.as_ref())?;
            store.restore(&name, words.trim(), HdPath::cosmos(index), &password)?;
            (Some(name), output)
        }
        Verb::List { output } => (None, output),
    };
    let keys = list(&store, config.as_ref(), only.as_deref())?;
    output.print(&Listed { keys, mnemonic: None })
}

/// The keys, or the only one of this name.
fn list(
    store: &KeyStore,
    config: Option<&Config>,
    only: Option<&str>,
) -> anyhow::Result<Vec<Line>> {
    let mut keys = Vec::new();
    for key in store.list()? {
        if only.is_none_or(|only| only == key.name) {
            let addresses = addresses(config, &key.account)
                .with_context(|| format!("the key file of `{}` has no account in it", key.name))?;
            keys.push(Line { name: key.name, hd_path: key.path, addresses });
        }
    }
    Ok(keys)
}

/// The password for a new key: that of the keys which are there, or else a new one.
fn new_password(home: &Home, config: Option<&Config>) -> anyhow::Result<String> {
    home.make()?;
    let store = home.keys();
    let Some(other) = store.list()?.into_iter().next() else {
        return home.password(config, Again::Yes);
    };
    let password = home.password(config, Again::No)?;
    store.load(&other.name, &password).with_context(|| {
        format!("all keys here have one password, that of `{}`; nothing was written", other.name)
    })?;
    Ok(password)
}

/// A key's addresses, each once.
fn addresses(config: Option<&Config>, account: &str) -> anyhow::Result<Vec<String>> {
    let account = hex::decode(account)?;
    let places = config.map(|config| [Some(&config.market), config.outpost.as_ref()]);
    let mut prefixes: Vec<_> = places.into_iter().flatten().flatten().collect();
    prefixes.dedup_by_key(|place| place.address_prefix.clone());
    let addresses =
        prefixes.into_iter().map(|place| Ok(encode_address(&place.address_prefix, &account)?));
    addresses.collect()
}
