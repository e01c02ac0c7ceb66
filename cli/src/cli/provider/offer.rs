//! `entrepot provider offer`

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use cosmwasm_std::Uint128;
use market::msg::{ExecuteMsg, OfferInfo, OfferTerms};
use serde::Serialize;

use super::super::Place;
use super::super::sent::{CoinArg, Sent};
use super::super::table::Table;
use super::{Common, Reading};
use crate::figures;
use crate::provider::PriceFile;

const EXAMPLES: &str = "\
Examples:
  entrepot provider offer post --prices provider.toml --capacity 10 --bond 50000000stake
  entrepot provider offer list
  entrepot provider offer cancel 7

Orders that name an offer get their lease at once. Each lease locks its part of the bond, a day at its rate.";

const POST: &str = "\
Examples:
  entrepot provider offer post --prices provider.toml --capacity 10 --bond 50000000stake
  entrepot provider offer post --prices provider.toml --denom ibc/... --capacity 2 --bond 5000000stake --min-charge 100000";

const LIST: &str = "\
Examples:
  entrepot provider offer list
  entrepot provider offer list --watch";

const CANCEL: &str = "\
Examples:
  entrepot provider offer cancel 7

Leases that it has go on. `entrepot provider withdraw` then pays what they do not lock of the bond.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Post an offer by the prices of a file.
    #[command(after_help = POST)]
    Post {
        /// The price file.
        #[arg(long, value_name = "FILE")]
        prices: PathBuf,
        /// In which of the file's denoms; not needed if it has one.
        #[arg(long)]
        denom: Option<String>,
        /// Leases that it may have at a time.
        #[arg(long)]
        capacity: u32,
        /// The bond, of which each lease locks its part.
        #[arg(long, value_name = "COIN")]
        bond: CoinArg,
        /// Units that a lease costs at least.
        #[arg(long, value_name = "UNITS", default_value_t = 0)]
        min_charge: u128,
        /// Seconds for which it stands.
        #[arg(long, value_name = "SECONDS", default_value_t = 7_776_000)]
        expires_in_seconds: u64,
        #[command(flatten)]
        common: Common,
    },
    /// List the key's offers.
    #[command(after_help = LIST)]
    List(Reading),
    /// End an offer: no new leases.
    #[command(after_help = CANCEL)]
    Cancel {
        /// Its number.
        offer: u64,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Serialize)]
struct Offers {
    offers: Vec<OfferInfo>,
}

impl fmt::Display for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offers.is_empty() {
            return writeln!(f, "no offers; `entrepot provider offer post` makes one");
        }
        let mut table = Table::new(&["OFFER", "LEASES", "CAPACITY", "BOND", "LOCKED", "UNTIL"]);
        for offer in &self.offers {
            let until =
                if offer.cancelled { "ended".into() } else { figures::moment(offer.expires_at) };
            table.row([
                offer.id.to_string(),
                offer.live_leases.to_string(),
                offer.terms.capacity.to_string(),
                figures::units(offer.bond.amount.u128(), &offer.bond.denom),
                figures::grouped(offer.locked.u128()),
                until,
            ]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    match args.verb {
        Verb::List(reading) => {
            let desk = reading.desk(place).await?;
            reading.watch.show(async || Ok(Offers { offers: desk.offers().await? })).await
        }
        Verb::Cancel { offer, common } => {
            let desk = common.desk(place).await?;
            let outcome = desk.send(&ExecuteMsg::CancelOffer { offer }, &[]).await?;
            let next = "what its leases do not lock of the bond: entrepot provider withdraw";
            common.output.print(&Sent::new(&outcome, format!("ended offer {offer}"), next))
        }
        Verb::Post { prices, denom, capacity, bond, min_charge, expires_in_seconds, common } => {
            let file = PriceFile::read(&prices)?;
            let list = file.list(denom.as_deref())?;
            let terms = OfferTerms {
                denom: list.denom.clone(),
                prices: list.each.clone(),
                attributes: Vec::new(),
                capacity,
                min_charge: Uint128::new(min_charge),
                expires_in_seconds,
            };
            let desk = common.desk(place).await?;
            ensure!(
                desk.record().await?.is_some(),
                "{} is no provider yet; `entrepot provider register` makes it one",
                desk.address()
            );
            let outcome = desk.send(&ExecuteMsg::PostOffer { terms }, &bond.as_funds()).await?;
            let offer = desk.offers().await?.pop().context("the market does not list the offer")?;
            let done = format!("posted offer {}", offer.id);
            common.output.print(&Sent::new(&outcome, done, "entrepot provider leases"))
        }
    }
}
