//! `ferry config import`: from Hermes or rly to ferry, keys included.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cosmos::keys::store::fitting_name;
use cosmos::keys::{Key, KeyStore, KeyStoreError, keyring};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Place;
use super::password::{self, Again};
use crate::config::import::{Import, ImportedPath, KeySource, Note, import};
use crate::model::filter::{Pattern, TRANSFER_PORT};
use crate::model::ids::End;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Hermes' `config.toml` or rly's `config.yaml`.
    file: PathBuf,
    /// The other relayer's folder of keys. Default: what Hermes' configuration says, else ~/.hermes/keys; of rly
    /// `keys` beside the folder of its configuration.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Show what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Report {
    /// Where ferry's configuration is, or would be.
    config: PathBuf,
    written: bool,
    chains: Vec<String>,
    keys: Vec<KeyReport>,
    /// What did not become a value of ours, and why.
    notes: Vec<Note>,
    paths: Vec<ImportedPath>,
    next: Vec<String>,
    /// The configuration's text, when nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What became of a chain's key.
#[derive(Serialize)]
struct KeyReport {
    chain: String,
    /// Its name in ferry.
    key: String,
    /// Its name in the other relayer, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    taken_over: bool,
    /// What was done, or what is to be done.
    how: String,
}

/// A key file of Hermes. Files of before v1.0 have an extended key instead.
#[derive(Deserialize)]
struct HermesKey {
    private_key: String,
    #[serde(default)]
    address_type: Option<String>,
}

pub(super) fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let file = args.file.display();
    let text = fs::read_to_string(&args.file).with_context(|| format!("cannot read `{file}`"))?;
    let mut import = import(&text).with_context(|| format!("`{file}` cannot be taken over"))?;
    let config = &place.config;
    let is_taken = config.try_exists()? && !args.dry_run;
    anyhow::ensure!(
        !is_taken,
        "`{}` exists already; give another --home or --config",
        config.display()
    );
    let keys = take_keys(place, args, &mut import)?;
    let ours = import.text()?;
    if !args.dry_run {
        if let Some(dir) = config.parent() {
            fs::create_dir_all(dir).with_context(|| format!("cannot make `{}`", dir.display()))?;
        }
        let written =
            fs::File::create_new(config).and_then(|mut file| file.write_all(ours.as_bytes()));
        written.with_context(|| format!("cannot write `{}`", config.display()))?;
    }
    place.print(&Report {
        config: config.clone(),
        written: !args.dry_run,
        chains: import.config.chains.iter().map(|chain| chain.id.clone()).collect(),
        next: next(&import, &keys),
        keys,
        notes: import.notes,
        paths: import.paths,
        text: args.dry_run.then_some(ours),
    })
}

/// Takes over the keys that can be opened, and renames those whose name ferry does not take, or that share one and
/// are not the same.
fn take_keys(place: &Place, args: &Args, import: &mut Import) -> anyhow::Result<Vec<KeyReport>> {
    let mut taken = Taken { place, store: place.keys(), password: None, names: BTreeMap::new() };
    let mut reports = Vec::new();
    for (sources, chain) in import.keys.iter().zip(&mut import.config.chains) {
        let mut names = Vec::new();
        for (source, name) in sources.iter().zip(chain.key.to_vec()) {
            let mut key = fitting_name(&name);
            let (taken_over, how) = match open(source, &key, args) {
                Err(how) => (false, how),
                Ok(secret) => {
                    key = taken.keep((&key, &chain.id), &secret, args)?;
                    let address = Key::from_secret(&secret)?.address(&chain.address_prefix)?;
                    (true, format!("its address is {address}"))
                }
            };
            names.push(key.clone());
            let (chain, was) = (chain.id.clone(), (name != key).then_some(name));
            reports.push(KeyReport { chain, key, was, taken_over, how });
        }
        chain.key = names.into();
    }
    Ok(reports)
}

/// The keys that were taken over so far.
struct Taken<'a> {
    place: &'a Place,
    store: KeyStore,
    /// Asked for once there is a key.
    password: Option<String>,
    /// Name -> account.
    names: BTreeMap<String, [u8; 20]>,
}

impl Taken<'_> {
    /// Keeps a key, under another name where that is another key's; gives the name.
    fn keep(
        &mut self,
        (name, chain): (&str, &str),
        secret: &[u8; 32],
        args: &Args,
    ) -> anyhow::Result<String> {
        let account = Key::from_secret(secret)?.account_id();
        let is_anothers = |name: &str| self.names.get(name).is_some_and(|known| *known != account);
        let mut others = (1..).map(|number: u32| {
            fitting_name(&match number {
                1 => format!("{name}-{chain}"),
                number => format!("{number}-{name}-{chain}"),
            })
        });
        let mut name = name.to_owned();
        while is_anothers(&name)
            && let Some(other) = others.next()
        {
            name = other;
        }
        let is_new = self.names.insert(name.clone(), account).is_none();
        if is_new && !args.dry_run {
            let password = match &self.password {
                Some(password) => password,
                None => self.password.insert(password::read(self.place, Again::Yes)?),
            };
            keep(&self.store, &name, secret, account, password)?;
        }
        Ok(name)
    }
}

/// Stores a key; one that is there already must be the same.
fn keep(
    store: &KeyStore,
    name: &str,
    secret: &[u8; 32],
    account: [u8; 20],
    password: &str,
) -> anyhow::Result<()> {
    match store.import(name, secret, password) {
        Err(KeyStoreError::Exists(_)) => {
            let known = store.list()?.into_iter().find(|key| key.name == name);
            let is_same = known.is_some_and(|key| key.account == hex::encode(account));
            anyhow::ensure!(is_same, "there is another key `{name}` already; use another --home");
            Ok(())
        }
        other => Ok(other.map(|_| ())?),
    }
}

/// The secret of a key of the other relayer, or what is to be done to get it under the name that it has here.
fn open(source: &KeySource, ours: &str, args: &Args) -> Result<Zeroizing<[u8; 32]>, String> {
    match source {
        KeySource::Hermes { chain, name, folder } => {
            let home = std::env::home_dir().unwrap_or_default().join(".hermes/keys");
            let folder = args.keys.clone().or_else(|| folder.clone()).unwrap_or(home);
            hermes_key(&folder.join(chain).join("keyring-test").join(format!("{name}.json")), ours)
        }
        KeySource::Rly { alias, name, id, prefix, backend } => {
            let folder = args.keys.clone().unwrap_or_else(|| rly_keys(&args.file)).join(id);
            let opened = match backend.as_str() {
                "test" => keyring::read(&folder, name).map_err(|error| whole(&error)),
                other => Err(format!("ferry opens keyrings of the backend `test`, not `{other}`")),
            };
            let folder = folder.display();
            // As a shell takes it.
            let quoted = if ours == name {
                name.clone()
            } else {
                format!("'{}'", name.replace('\'', "'\\''"))
            };
            opened.map_err(|why| {
                format!(
                    "{why}. Give --keys DIR if the keys are elsewhere. Or `ferry keys restore {ours}` with its mnemonic. Or \
                     have the command of any Cosmos chain, such as gaiad, print the private key: `gaiad keys export {quoted} \
                     --keyring-backend {backend} --keyring-dir {folder} --unarmored-hex --unsafe > secret`, then `ferry keys \
                     import {ours} --secret-file secret` and delete that file. `rly keys show {alias} {quoted}` and `ferry \
                     keys list` must show the same address, {prefix}1…"
                )
            })
        }
    }
}

/// rly's folder of keys: its configuration is in `config` below its home.
fn rly_keys(config: &Path) -> PathBuf {
    let folder = config.parent().filter(|folder| folder.ends_with("config"));
    match folder.and_then(Path::parent) {
        Some(home) => home.join("keys"),
        None => std::env::home_dir().unwrap_or_default().join(".relayer/keys"),
    }
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn hermes_key(file: &Path, name: &str) -> Result<Zeroizing<[u8; 32]>, String> {
    let shown = file.display();
    let instead = format!("`ferry keys restore {name}` takes its mnemonic");
    let text = fs::read_to_string(file).map_err(|error| {
        format!("`{shown}` cannot be read ({error}): give --keys DIR, or {instead}")
    })?;
    let key: HermesKey = serde_json::from_str(&text)
        .map_err(|_| format!("`{shown}` is no key file that ferry knows: {instead}"))?;
    if let Some(kind) = key.address_type.filter(|kind| kind != "Cosmos") {
        return Err(format!(
            "`{shown}` is a key of type {kind}: ferry signs for Cosmos addresses only"
        ));
    }
    let secret = hex::decode(&key.private_key).ok().and_then(|bytes| bytes.try_into().ok());
    secret.map(Zeroizing::new).ok_or_else(|| {
        format!("`{shown}` has no plain private key, it is of an old Hermes: {instead}")
    })
}

fn next(import: &Import, keys: &[KeyReport]) -> Vec<String> {
    let mut next = Vec::new();
    if keys.iter().any(|key| !key.taken_over) {
        next.push("take over the keys as said above".to_owned());
    }
    next.push(
        "stop the other relayer: two that sign with one key stand in each other's way".to_owned(),
    );
    next.push("ferry doctor".to_owned());
    next.extend(links(import));
    next.push("ferry start".to_owned());
    next
}

/// What makes ferry serve what the other relayer served: its paths, or the channels that it names.
fn links(import: &Import) -> Vec<String> {
    let path = |ImportedPath { name, a, b, connection }: &ImportedPath| match connection {
        Some(connection) => format!("ferry link {a} {b} --path {name} --connection {connection}"),
        None => format!("ferry link {a} {b} --path {name}"),
    };
    if !import.paths.is_empty() {
        return import.paths.iter().map(path).collect();
    }
    let ends = import.config.chains.iter().flat_map(|chain| {
        let named = chain.filter.allow_channels.iter().filter_map(Pattern::single);
        named.map(|end| (chain.id.as_str(), end))
    });
    let links = ends.map(|(chain, End { port, channel })| match port.as_str() {
        TRANSFER_PORT => format!("ferry link {chain} --channel {channel}"),
        port => format!("ferry link {chain} --channel {channel} --a-port {port}"),
    });
    let links: Vec<String> = links.collect();
    if links.is_empty() {
        return vec![
            "ferry link CHAIN --channel CHANNEL, for one channel of each connection".to_owned(),
        ];
    }
    links
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, written, chains, keys, notes, next, text, .. } = self;
        if let Some(text) = text {
            writeln!(f, "{text}")?;
        }
        let wrote = if *written { "wrote" } else { "would write" };
        writeln!(f, "{wrote} {}: {}", config.display(), chains.join(", "))?;
        writeln!(f, "\nkeys")?;
        for KeyReport { chain, key, was, taken_over, how } in keys {
            let mark = if *taken_over { "taken over" } else { "TO DO" };
            let was = was.as_ref().map(|was| format!(", which was `{was}`")).unwrap_or_default();
            writeln!(f, "  {chain} `{key}`{was}: {mark}; {how}")?;
        }
        for (title, differs) in [("not taken over", true), ("not needed", false)] {
            if notes.iter().any(|note| note.differs == differs) {
                writeln!(f, "\n{title}")?;
            }
            for note in notes.iter().filter(|note| note.differs == differs) {
                writeln!(f, "  {note}")?;
            }
        }
        write!(f, "\nnext")?;
        for (number, step) in next.iter().enumerate() {
            write!(f, "\n  {}. {step}", number + 1)?;
        }
        Ok(())
    }
}
