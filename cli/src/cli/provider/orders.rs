//! `entrepot provider orders`

use std::fmt;
use std::path::PathBuf;

use market::msg::OrderInfo;
use serde::Serialize;

use super::super::Place;
use super::super::table::Table;
use super::Reading;
use crate::figures;
use crate::provider::{Desk, PriceFile};

const EXAMPLES: &str = "\
Examples:
  entrepot provider orders
  entrepot provider orders --prices provider.toml --watch";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Also show what this price file asks.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Orders {
    orders: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    order: OrderInfo,
    /// Nano-units per second by the price file.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    own_bid: bool,
    #[serde(skip)]
    asked_per_day: String,
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.orders.is_empty() {
            return writeln!(f, "no order is open");
        }
        let heads = ["ORDER", "RESOURCES", "MOST PER DAY", "ASKED", "BIDS", "UNTIL"];
        let mut table = Table::new(&heads);
        for line in &self.orders {
            let order = &line.order;
            let own = if line.own_bid { ", one is yours" } else { "" };
            table.row([
                line.name.clone(),
                figures::resources(&order.group.resources),
                figures::per_day(order.group.max_rate.u128()),
                line.asked_per_day.clone(),
                format!("{}{own}", order.bids),
                figures::moment(order.expires_at),
            ]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let prices = args.prices.as_deref().map(PriceFile::read).transpose()?;
    let desk = args.reading.desk(place).await?;
    args.reading.watch.show(async || read(&desk, prices.as_ref()).await).await
}

async fn read(desk: &Desk, prices: Option<&PriceFile>) -> anyhow::Result<Orders> {
    let mut orders = Vec::new();
    for order in desk.orders().await? {
        let asked = prices.and_then(|prices| prices.rate(&order.denom, &order.group));
        orders.push(Line {
            name: order.id.to_string(),
            own_bid: desk.own_bid(&order.id).await?.is_some(),
            asked: asked.map(|rate| rate.to_string()),
            asked_per_day: asked.map_or_else(|| "no price".into(), figures::per_day),
            order,
        });
    }
    Ok(Orders { orders })
}
