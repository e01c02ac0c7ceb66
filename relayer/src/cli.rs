//! What the operator types, and what they read.
//!
//! Results go to standard output, as text or with `--json` as JSON with the same facts; everything
//! else goes to standard error. Exit code 0: done, 1: failed, 2: wrong usage. With `--json` a command that fails before
//! it has a result prints `{"error": ...}` in its place, so that programs always read one object.

mod adopt;
mod backup;
mod chains;
mod channel;
mod clear;
mod client;
mod config;
mod connection;
mod control;
mod costs;
mod doctor;
mod dry_run;
mod hand;
mod import;
mod init;
mod keys;
mod link;
mod log;
mod logging;
mod packets;
mod password;
mod progress;
mod query;
mod reload;
mod scene;
mod serving;
mod session;
mod standby;
mod start;
mod status;
mod supervisor;
mod transfer;
mod tx;

use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Parser, Subcommand};
use cosmos::text::printable_text;
use serde::Serialize;

use crate::config::Config;
use crate::store::any::Location;

/// An IBC relayer: connects chains and carries their packets.
#[derive(Debug, Parser)]
#[command(name = "ferry", version, about, max_term_width = 100, after_help = FIRST_STEPS)]
pub struct Cli {
    /// Where ferry keeps its configuration, keys and store.
    #[arg(long, global = true, env = "FERRY_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// The configuration; default HOME/ferry.toml.
    #[arg(long, global = true, env = "FERRY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// A file with the password of the keys; default the variable `FERRY_PASSWORD`, else it is asked for.
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Print results as JSON; what fails prints `{"error": ...}` instead of one.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

const FIRST_STEPS: &str = "\
First steps:
  ferry init                     write a configuration with comments; fill in two chains
  ferry keys add relayer         make a key; fund its address on both chains
  ferry link CHAIN_A CHAIN_B     make clients, a connection and a transfer channel
  ferry start                    relay";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a configuration that explains itself.
    Init(init::Args),
    /// Add, restore and list the keys that sign.
    #[command(subcommand)]
    Keys(keys::Verb),
    /// List, check and add the chains of the configuration.
    #[command(subcommand, after_help = chains::EXAMPLES)]
    Chains(chains::Verb),
    /// Make the clients, the connection and a channel between two chains, or what is missing of them.
    Link(link::Args),
    /// Look at everything on a path anew, and move what can be moved.
    Clear(clear::Args),
    /// Show how long clients are good for, make new ones, revive dead ones.
    #[command(subcommand)]
    Client(client::Verb),
    /// List the connections that are served, or show what one is.
    #[command(subcommand, after_help = connection::EXAMPLES)]
    Connection(connection::Verb),
    /// List the channels that are served, show what one is, open and close.
    #[command(subcommand, after_help = channel::EXAMPLES)]
    Channel(channel::Verb),
    /// Relay, until told to stop.
    Start(start::Args),
    /// Have the ferry that runs read its configuration again; a wrong one is refused, and the old one stays.
    ///
    /// Taken over are `log`, `max_tries`, `check_every`, `paused`, `only`, and of each chain keys, prices and limits of gas, filters,
    /// `handshakes`, grants, memos, `max_msgs`, `backup_blocks` and `polite_blocks`. A chain that is new is served from the first
    /// `ferry link` that needs it. The rest takes effect at the next start.
    Reload,
    /// Change what the ferry that runs logs, until it reads its configuration again.
    Log(log::Args),
    /// Show the packets that are not over, and why each of them waits.
    Packets(packets::Args),
    /// Send coins over a channel.
    Transfer(transfer::Args),
    /// Send a single message by hand: a packet's, a step of a handshake, a client's update.
    #[command(subcommand, after_help = tx::EXAMPLES)]
    Tx(tx::Verb),
    /// Show what a chain itself says of its clients, connections, channels, packets and accounts.
    #[command(subcommand)]
    Query(query::Verb),
    /// Show what was paid, for what, and what came of it.
    Costs(costs::Args),
    /// Show chains, paths and channels.
    Status(status::Args),
    /// Check everything that relaying needs, and say how to cure what is wrong.
    Doctor(doctor::Args),
    /// Check and show the configuration, or take over that of another relayer.
    #[command(subcommand)]
    Config(config::Verb),
    /// Copy the store to a file, also while ferry runs.
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the store.
    Restore(backup::RestoreArgs),
    /// Print what completes the commands of ferry in a shell.
    #[command(after_help = completions::examples!("ferry"))]
    Completions(completions::Args),
}

/// Runs a command and reports how it went.
pub async fn run(cli: Cli) -> ExitCode {
    let (json, printed) = (cli.json, Arc::new(AtomicBool::new(false)));
    let ended = Box::pin(cli.execute(Arc::clone(&printed))).await;
    let Err(error) = ended else { return ExitCode::SUCCESS };
    let said = format!("{error:#}");
    // With the outputs closed there is nobody left to tell.
    if json && !printed.load(Ordering::Relaxed) {
        let _ = writeln!(std::io::stdout(), "{}", serde_json::json!({ "error": said }));
    }
    let _ = writeln!(std::io::stderr(), "error: {}", printable_text(&said));
    ExitCode::FAILURE
}

impl Cli {
    async fn execute(self, printed: Arc<AtomicBool>) -> anyhow::Result<()> {
        let place = Place::find(&self, printed)?;
        match self.verb {
            Verb::Init(args) => init::run(&place, args),
            Verb::Keys(verb) => keys::run(&place, verb),
            Verb::Chains(verb) => Box::pin(chains::run(&place, verb)).await,
            Verb::Link(args) => link::run(&place, args).await,
            Verb::Connection(verb) => Box::pin(connection::run(&place, verb)).await,
            Verb::Channel(verb) => Box::pin(channel::run(&place, verb)).await,
            Verb::Clear(args) => clear::run(&place, args).await,
            Verb::Client(verb) => client::run(&place, verb).await,
            Verb::Start(args) => Box::pin(start::run(&place, args)).await,
            Verb::Reload => reload::run(&place).await,
            Verb::Log(args) => log::run(&place, args).await,
            Verb::Packets(args) => packets::run(&place, args).await,
            Verb::Transfer(args) => transfer::run(&place, args).await,
            Verb::Tx(verb) => Box::pin(tx::run(&place, verb)).await,
            Verb::Query(verb) => query::run(&place, verb).await,
            Verb::Costs(args) => costs::run(&place, args).await,
            Verb::Status(args) => status::run(&place, args).await,
            Verb::Doctor(args) => doctor::run(&place, args).await,
            Verb::Config(verb) => config::run(&place, &verb).await,
            Verb::Backup(args) => backup::backup(&place, args).await,
            Verb::Restore(args) => backup::restore(&place, args).await,
            Verb::Completions(args) => Ok(completions::print::<Cli>(args)?),
        }
    }
}

/// Where things are, and how results are wanted.
#[derive(Clone, Debug)]
struct Place {
    home: PathBuf,
    config: PathBuf,
    password_file: Option<PathBuf>,
    json: bool,
    /// Whether a result was printed.
    printed: Arc<AtomicBool>,
}

impl Place {
    fn find(cli: &Cli, printed: Arc<AtomicBool>) -> anyhow::Result<Self> {
        let home = match &cli.home {
            Some(home) => home.clone(),
            None => std::env::home_dir()
                .map(|home| home.join(".ferry"))
                .ok_or_else(|| anyhow::anyhow!("no home directory is known; give --home DIR"))?,
        };
        let config = cli.config.clone().unwrap_or_else(|| home.join("ferry.toml"));
        let password_file = cli.password_file.clone();
        Ok(Self { home, config, password_file, json: cli.json, printed })
    }

    fn read_config(&self) -> anyhow::Result<Config> {
        Ok(Config::read(&self.config)?)
    }

    fn keys(&self) -> cosmos::keys::store::KeyStore {
        cosmos::keys::store::KeyStore::new(self.home.join("keys"))
    }

    fn store(&self, config: &Config) -> Location {
        match &config.store {
            Some(database) => Location::Database(database.url.reveal().to_owned(), database.lease),
            None => Location::File(self.home.join(&config.ferry.store)),
        }
    }

    /// Whether a ferry relays: in this home, or another replica.
    async fn is_relaying(&self, config: &Config) -> anyhow::Result<bool> {
        match self.store(config) {
            Location::File(_) => control::is_running(self).await,
            database @ Location::Database(..) => Ok(database.is_in_use().await?),
        }
    }

    /// Prints a result.
    fn print(&self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        self.printed.store(true, Ordering::Relaxed);
        if self.json {
            serde_json::to_writer(&mut out, result)?;
            writeln!(out)?;
        } else {
            // Chains and contracts wrote some of it.
            writeln!(out, "{}", printable_text(&result.to_string()))?;
        }
        Ok(())
    }
}
