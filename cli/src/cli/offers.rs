//! `entrepot offers`

use std::fmt;

use market::msg::{OfferInfo, OfferState, OffersResponse, QueryMsg};
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::Watch;
use crate::figures;
use crate::session::Contract;

const EXAMPLES: &str = "\
Examples:
  entrepot offers
  entrepot offers --json | jq '.offers[].id'      what --selection offer:NUMBER can name";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    watch: Watch,
}

#[derive(Serialize)]
struct Offers {
    offers: Vec<OfferInfo>,
}

impl fmt::Display for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offers.is_empty() {
            return writeln!(f, "no offer can be taken now; `--selection manual` takes bids");
        }
        let heads =
            ["OFFER", "CPU PER DAY", "GiB MEMORY PER DAY", "LEFT", "UNTIL", "PAID IN", "PROVIDER"];
        let mut table = Table::new(&heads);
        for offer in &self.offers {
            let OfferInfo { id, provider, terms, expires_at, live_leases, .. } = offer;
            let cpu = terms.prices.cpu_milli.u128().saturating_mul(1_000);
            table.row([
                id.to_string(),
                figures::per_day(cpu),
                figures::per_day(terms.prices.memory_gib.u128()),
                terms.capacity.saturating_sub(*live_leases).to_string(),
                figures::moment(*expires_at),
                terms.denom.clone(),
                provider.clone(),
            ]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let market = place.session()?.market().await?;
    args.watch.show(async || read(&market).await).await
}

/// The offers that can be taken now.
async fn read(market: &Contract) -> anyhow::Result<Offers> {
    let mut offers: Vec<OfferInfo> = Vec::new();
    let mut start_after = None;
    loop {
        let state = Some(OfferState::Open);
        let ask =
            QueryMsg::Offers { provider: None, denom: None, state, start_after, limit: Some(50) };
        let page: OffersResponse = market.ask(&ask).await?;
        offers.extend(page.offers);
        start_after = page.next;
        if start_after.is_none() {
            return Ok(Offers { offers });
        }
    }
}
