//! `entrepot provider`

mod bid;
mod close;
mod leases;
mod leave;
mod offer;
mod orders;
mod own_bids;
mod register;
mod run;

use std::fmt;

use clap::Subcommand;
use serde::Serialize;

use super::sent::CoinArg;
use super::watch::Watch;
use super::{Output, Place};
use crate::provider::{Desk, example};

const EXAMPLES: &str = "\
Examples:
  entrepot provider register --host-uri https://p.example.org --stake 1000000stake --attribute region=eu-west
  entrepot provider example --denom ibc/... > provider.toml
  entrepot provider orders --prices provider.toml
  entrepot provider bid channel-0/wasm1outpost.../wasm1dao.../7/0 --prices provider.toml
  entrepot provider bids
  entrepot provider heartbeat
  entrepot provider withdraw
  entrepot provider run provider.toml        all of it by itself

Only the section [market] of the configuration is needed. The key must have money for fees, stake and deposits.";

const BIDS: &str = "\
Examples:
  entrepot provider bids
  entrepot provider bids --watch";

const LEASES: &str = "\
Examples:
  entrepot provider leases
  entrepot provider leases --watch
  entrepot provider leases --key provider1 --json";

const EXAMPLE: &str = "\
Examples:
  entrepot provider example > provider.toml
  entrepot provider example --denom ibc/... --stake 1000000stake > provider.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

/// What every command of a provider takes.
#[derive(Debug, clap::Args)]
struct Common {
    /// The key that signs on the market's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// What every command of a provider takes that only reads.
#[derive(Debug, clap::Args)]
struct Reading {
    /// The key that is meant.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

impl Reading {
    async fn desk(&self, place: &Place) -> anyhow::Result<Desk> {
        Ok(Desk::new(place.session()?.market_actor(self.key.as_deref()).await?))
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Become a provider, or change what is said of it.
    Register(register::Args),
    /// Post a standing offer, list them, or end one.
    Offer(offer::Args),
    /// List the open orders, and what a price file asks for them.
    Orders(orders::Args),
    /// Bid for an order.
    Bid(bid::Args),
    /// List the key's own bids whose deposits are held.
    #[command(after_help = BIDS)]
    Bids(Reading),
    /// Take a bid back, with its deposit.
    WithdrawBid(own_bids::Args),
    /// List the leases.
    #[command(after_help = LEASES)]
    Leases(Reading),
    /// Prove that the leases are served: all, or those named.
    Heartbeat(leases::Args),
    /// Have paid what the leases earned: all, or those named.
    Withdraw(leases::Args),
    /// Leave a lease.
    Close(close::Args),
    /// Leave the market, and in the end have the stake released.
    #[command(after_help = leave::EXAMPLES)]
    Leave(Common),
    /// Print a file for `run` with every key and its meaning; its prices serve `bid` too.
    #[command(after_help = EXAMPLE)]
    Example {
        /// What prices are in; `entrepot market` lists what the market takes.
        #[arg(long)]
        denom: Option<String>,
        /// The stake it registers with, such as `1000000stake`.
        #[arg(long, value_name = "COIN")]
        stake: Option<CoinArg>,
        #[command(flatten)]
        output: Output,
    },
    /// Register, offer, bid, beat and withdraw by a file, until interrupted.
    Run(run::Args),
}

/// The text of a file.
#[derive(Serialize)]
struct Example {
    file: String,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)
    }
}

impl Common {
    async fn desk(&self, place: &Place) -> anyhow::Result<Desk> {
        Ok(Desk::new(place.session()?.market_actor(self.key.as_deref()).await?))
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    match args.verb {
        Verb::Register(args) => register::run(place, args).await,
        Verb::Offer(args) => offer::run(place, args).await,
        Verb::Orders(args) => orders::run(place, args).await,
        Verb::Bid(args) => bid::run(place, args).await,
        Verb::Bids(reading) => own_bids::list(place, reading).await,
        Verb::WithdrawBid(args) => own_bids::withdraw(place, args).await,
        Verb::Leases(reading) => leases::list(place, reading).await,
        Verb::Heartbeat(args) => leases::heartbeat(place, args).await,
        Verb::Withdraw(args) => leases::withdraw(place, args).await,
        Verb::Close(args) => close::run(place, args).await,
        Verb::Leave(common) => leave::run(place, common).await,
        Verb::Example { denom, stake, output } => {
            let stake = stake.map(|coin| format!("{}{}", coin.amount, coin.denom));
            output.print(&Example { file: example(denom.as_deref(), stake.as_deref()) })
        }
        Verb::Run(args) => run::run(place, args).await,
    }
}
