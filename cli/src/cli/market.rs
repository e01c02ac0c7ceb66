//! `entrepot market`

use std::fmt;

use market::msg::{ConfigResponse, DenomInfo, DenomsResponse, QueryMsg};
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::Watch;
use crate::figures;
use crate::session::Contract;

const EXAMPLES: &str = "\
Examples:
  entrepot market
  entrepot market --json | jq -r '.denoms[].denom'      what a price file must name";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    watch: Watch,
}

#[derive(Serialize)]
struct Taken {
    chain_id: String,
    address: String,
    config: ConfigResponse,
    denoms: Vec<DenomInfo>,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = &self.config.params;
        let stake = figures::units(params.min_stake.u128(), &params.stake_denom);
        let unbonding = figures::duration(params.unbonding_seconds);
        let fee = u32::from(params.take_rate_bps);
        writeln!(f, "market   {} on {}", self.address, self.chain_id)?;
        if self.config.paused {
            writeln!(f, "paused   takes no new business now")?;
        }
        writeln!(f, "stake    {stake} or more; free {unbonding} after leaving")?;
        if let Some(denom) = &params.bond_denom {
            writeln!(f, "bonds    in {denom}, or in what is paid with")?;
        }
        writeln!(f, "fee      {}.{:02} % of what providers earn", fee / 100, fee % 100)?;
        let heads = ["ROUTE", "LEAST DEPOSIT", "LEAST BOND", "LISTING FEE", "PAID IN"];
        let mut table = Table::new(&heads);
        for info in &self.denoms {
            table.row([
                info.route.clone().unwrap_or_else(|| "this chain".into()),
                figures::grouped(info.min_deposit.u128()),
                figures::grouped(info.min_bond.u128()),
                figures::grouped(info.listing_fee.u128()),
                info.denom.clone(),
            ]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let market = place.session()?.market().await?;
    args.watch.show(async || read(&market).await).await
}

async fn read(market: &Contract) -> anyhow::Result<Taken> {
    let config = market.ask(&QueryMsg::Config {}).await?;
    let mut denoms: Vec<DenomInfo> = Vec::new();
    loop {
        let start_after = denoms.last().map(Into::into);
        let page: DenomsResponse =
            market.ask(&QueryMsg::Denoms { start_after, limit: Some(50) }).await?;
        if page.denoms.is_empty() {
            let chain_id = market.chain.config().chain_id.clone();
            return Ok(Taken { chain_id, address: market.address.clone(), config, denoms });
        }
        denoms.extend(page.denoms);
    }
}
