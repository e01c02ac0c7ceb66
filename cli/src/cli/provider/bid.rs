//! `entrepot provider bid`

use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use super::super::Place;
use super::super::sent::Sent;
use super::Common;
use crate::figures;
use crate::provider::{PriceFile, parse_order};

const EXAMPLES: &str = "\
Examples:
  entrepot provider bid channel-0/wasm1outpost.../wasm1dao.../7/0 --prices provider.toml
  entrepot provider bid wasm1tenant.../3/0 --rate 11000000000 --valid-for-seconds 3600

The deposit, the bond of a day, is attached by itself. A bid withdrawn before its time forfeits a tenth of it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order's name, as `entrepot provider orders` prints it.
    order: String,
    /// Bid what this price file asks.
    #[arg(long, value_name = "FILE", required_unless_present = "rate", conflicts_with = "rate")]
    prices: Option<PathBuf>,
    /// Bid this: nano-units per second for the whole group.
    #[arg(long)]
    rate: Option<u128>,
    /// Seconds for which the bid is binding.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    valid_for_seconds: u64,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let id = parse_order(&args.order)?;
    let desk = args.common.desk(place).await?;
    let order = desk.order(&id).await?;
    let rate = match (&args.prices, args.rate) {
        (Some(file), _) => {
            PriceFile::read(file)?.rate(&order.denom, &order.group).with_context(|| {
                format!(
                    "`{}` has no price in `{}` for all that is ordered; add what is missing to \
                     [[prices]], or give --rate",
                    file.display(),
                    order.denom
                )
            })?
        }
        (None, Some(rate)) => rate,
        (None, None) => anyhow::bail!("--rate is missing"),
    };
    let most = order.group.max_rate.u128();
    ensure!(rate <= most, "{rate} nano-units per second is above the order's {most}; ask less");
    let outcome = desk.bid(&order, rate, args.valid_for_seconds).await?;
    let per_day = figures::per_day(rate);
    let done = format!("bid {per_day} {} per day for {id}", order.denom);
    let next = "if it is accepted: entrepot provider leases, then entrepot provider heartbeat";
    args.common.output.print(&Sent::new(&outcome, done, next))
}
