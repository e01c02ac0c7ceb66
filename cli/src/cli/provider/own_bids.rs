//! `entrepot provider bids`, `withdraw-bid`

use std::fmt;

use anyhow::{Context as _, ensure};
use market::msg::OwnBid;
use serde::Serialize;

use super::super::Place;
use super::super::sent::Sent;
use super::super::table::Table;
use super::{Common, Reading};
use crate::figures;
use crate::provider::{is_binding, parse_order};

const EXAMPLES: &str = "\
Examples:
  entrepot provider withdraw-bid channel-0/wasm1outpost.../wasm1dao.../7/0
  entrepot provider withdraw-bid wasm1tenant.../3/0 --early

Once it binds no more, all of its deposit comes back: `entrepot provider withdraw` takes back all such. --early gives a
tenth of the deposit to the tenant.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order's name, as `entrepot provider bids` prints it.
    order: String,
    /// Also if it binds still, for a tenth of the deposit.
    #[arg(long)]
    early: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Bids {
    bids: Vec<OwnBid>,
}

impl fmt::Display for Bids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bids.is_empty() {
            return writeln!(f, "no bids; `entrepot provider orders` lists what can be bid for");
        }
        let mut table = Table::new(&["ORDER", "PER DAY", "DEPOSIT", "BINDS UNTIL"]);
        for OwnBid { order, is_open, bid } in &self.bids {
            let deposit = figures::grouped(bid.deposit.amount.u128());
            table.row([
                order.to_string(),
                figures::per_day(bid.rate.u128()),
                format!("{deposit} {}", bid.deposit.denom),
                if *is_open {
                    figures::moment(bid.valid_until)
                } else {
                    "the order is over".into()
                },
            ]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn list(place: &Place, reading: Reading) -> anyhow::Result<()> {
    let desk = reading.desk(place).await?;
    reading.watch.show(async || Ok(Bids { bids: desk.own_bids().await? })).await
}

pub(super) async fn withdraw(place: &Place, args: Args) -> anyhow::Result<()> {
    let id = parse_order(&args.order)?;
    let desk = args.common.desk(place).await?;
    let own = desk.own_bids().await?.into_iter().find(|own| own.order == id);
    let own = own.with_context(|| {
        format!("there is no bid for `{id}`; `entrepot provider bids` lists those there are")
    })?;
    ensure!(
        args.early || !is_binding(&own, desk.now().await?),
        "the bid for `{id}` binds until {}; wait, or give --early, which gives a tenth of {} {} to the tenant",
        figures::moment(own.bid.valid_until),
        own.bid.deposit.amount,
        own.bid.deposit.denom
    );
    let outcome = desk.withdraw_bid(&id).await?;
    let next = "what came back: entrepot provider bids lists what is still out";
    args.common.output.print(&Sent::new(&outcome, format!("took back the bid for {id}"), next))
}
