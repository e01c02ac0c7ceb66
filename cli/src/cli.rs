//! What people type, and what they read.
//!
//! Results go to standard output, as text or with `--json` as JSON with the same facts; progress
//! and errors go to standard error. Exit code 0: done, 1: failed, 2: wrong usage.

mod accept;
mod bids;
mod buy;
mod claim;
mod close;
mod config;
mod demo;
mod deploy;
mod errand;
mod keys;
mod lease;
mod local;
mod market;
mod offers;
mod order;
mod orders;
mod proposal;
mod propose;
mod provider;
mod purchase;
mod reconcile;
mod rehearsal;
mod runway;
mod sent;
mod status;
mod table;
mod top_up;
mod unsent;
mod watch;
mod why;

use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cosmos::text;
use serde::Serialize;

use crate::home::Home;
use crate::refusal;
use crate::session::Session;

/// Buy compute on one chain from another: by a DAO's vote or a key, and follow it to the end.
#[derive(Debug, Parser)]
#[command(name = "entrepot", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// Where the configuration and the keys are; default `entrepot` in the user's configuration.
    #[arg(long, global = true, env = "ENTREPOT_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  entrepot demo                                   the whole story on two chains inside this process
  entrepot deploy --example > deploy.toml         a deployment file to fill in
  entrepot deploy --config deploy.toml            store, make and join the contracts
  entrepot config init --deployment deploy.toml   what the commands below talk to
  entrepot keys add me                            a key that signs
  entrepot order from deploy.yaml                 Akash's deployment file as an order
  entrepot propose --dao daodao --address wasm1... buy --order deploy.yaml --days 30
  entrepot proposal execute 3 --dao daodao --address wasm1core...
  entrepot bids 7 --watch                         who bids for order 7
  entrepot lease 7                                who runs it
  entrepot status 7 --watch                       all that is known of it, as it changes
  entrepot why 7                                  why it was refused, or where it is";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Tell the story: a DAO on one chain buys compute on another, and the rest comes home.
    Demo(demo::Args),
    /// Store, make and join the contracts on two chains; goes on where it was interrupted.
    Deploy(deploy::Args),
    /// Make two local nodes ready for trying things: keys, relayer, a DAO.
    Local(local::Args),
    /// Write or show the configuration.
    Config(config::Args),
    /// Add, restore and list the keys that sign.
    Keys(keys::Args),
    /// Show what the market takes and asks: denoms, stakes, bonds.
    Market(market::Args),
    /// List the offers that can be taken now.
    Offers(offers::Args),
    /// Turn a deployment file into an order for the market.
    Order(order::Args),
    /// Write what a DAO votes on to buy, pay or command; or submit it.
    Propose(Box<propose::Args>),
    /// Show a DAO's proposal, vote on it, execute it.
    Proposal(proposal::Args),
    /// List orders at the outpost.
    Orders(orders::Args),
    /// Show the bids for an order.
    #[command(after_help = bids::EXAMPLES)]
    Bids(watch::OrderArgs),
    /// Buy with a key what a deployment file or an order asks for.
    Buy(Box<buy::Args>),
    /// Accept a bid.
    Accept(accept::Args),
    /// Show who runs an order, and on which terms.
    #[command(after_help = lease::EXAMPLES)]
    Lease(watch::OrderArgs),
    /// Show how long an order's money lasts.
    Runway(runway::Args),
    /// Add money to an order.
    TopUp(top_up::Args),
    /// Close an order; the rest comes home.
    Close(close::Args),
    /// Have paid what came home.
    Claim(claim::Args),
    /// Show all that is known of an order: where it is, its lease, its money.
    #[command(after_help = status::EXAMPLES)]
    Status(watch::OrderArgs),
    /// Send a purchase that the chain did not take.
    #[command(after_help = unsent::SEND)]
    Send(errand::Errand),
    /// Give up a purchase that the chain did not take.
    #[command(after_help = unsent::CANCEL)]
    Cancel(errand::Errand),
    /// Repair an order whose packet's outcome the outpost does not know.
    Reconcile(reconcile::Args),
    /// Be a provider: register, offer, bid, beat, withdraw, or all of it by itself.
    Provider(provider::Args),
    /// Say why a purchase was refused, or where it is, and what to change.
    Why(why::Args),
    /// Print a script that completes commands in a shell.
    #[command(after_help = completions::examples!("entrepot"))]
    Completions(completions::Args),
}

/// Runs a command and reports how it went.
pub async fn run(cli: Cli) -> ExitCode {
    let Cli { home, verb } = cli;
    let place = Place { home };
    let done = match verb {
        Verb::Demo(args) => demo::run(args).await,
        Verb::Deploy(args) => deploy::run(args).await,
        Verb::Local(args) => local::run(&place, args).await,
        Verb::Config(args) => config::run(&place, args),
        Verb::Keys(args) => keys::run(&place, args),
        Verb::Market(args) => market::run(&place, args).await,
        Verb::Offers(args) => offers::run(&place, args).await,
        Verb::Order(args) => order::run(args),
        Verb::Propose(args) => propose::run(&place, *args).await,
        Verb::Proposal(args) => proposal::run(&place, args).await,
        Verb::Orders(args) => orders::run(&place, args).await,
        Verb::Bids(args) => bids::run(&place, args).await,
        Verb::Buy(args) => buy::run(&place, *args).await,
        Verb::Accept(args) => accept::run(&place, args).await,
        Verb::Lease(args) => lease::run(&place, args).await,
        Verb::Runway(args) => runway::run(&place, args).await,
        Verb::TopUp(args) => top_up::run(&place, args).await,
        Verb::Close(args) => close::run(&place, args).await,
        Verb::Claim(args) => claim::run(&place, args).await,
        Verb::Status(args) => status::run(&place, args).await,
        Verb::Send(args) => unsent::send(&place, args).await,
        Verb::Cancel(args) => unsent::cancel(&place, args).await,
        Verb::Reconcile(args) => reconcile::run(&place, args).await,
        Verb::Provider(args) => provider::run(&place, args).await,
        Verb::Why(args) => why::run(&place, args).await,
        Verb::Completions(args) => completions::print::<Cli>(args).map_err(Into::into),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed there is nobody left to tell.
            let said = text::printable_text(&refusal::said(&error));
            let _ = writeln!(std::io::stderr(), "error: {said}");
            ExitCode::FAILURE
        }
    }
}

/// Where the user's things are, as given on the command line.
#[derive(Clone, Debug)]
struct Place {
    home: Option<PathBuf>,
}

impl Place {
    fn home(&self) -> anyhow::Result<Home> {
        Home::find(self.home.clone())
    }

    fn session(&self) -> anyhow::Result<Session> {
        Session::open(self.home()?)
    }
}

/// How results are wanted.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Output {
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
}

impl Output {
    /// Prints a result.
    fn print(self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(self.render(result)?.as_bytes())?;
        Ok(out.flush()?)
    }

    /// A result as it is printed.
    fn render(self, result: &(impl Serialize + Display)) -> anyhow::Result<String> {
        Ok(if self.json {
            format!("{}\n", serde_json::to_string(result)?)
        } else {
            text::printable_text(&result.to_string())
        })
    }
}
