//! `entrepot runway`

use std::fmt;

use anyhow::ensure;
use protocol::control::DeploymentState;
use serde::Serialize;

use super::Place;
use super::watch::Watch;
use crate::figures;
use crate::session::Books;

const EXAMPLES: &str = "\
Examples:
  entrepot runway 7
  entrepot runway 7 --days 30          what to add so that it lasts 30 days
  entrepot runway 7 --watch --json";

/// Nano-units in a unit.
const NANO: u128 = 1_000_000_000;
const DAY: u64 = 86_400;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order's number at the outpost.
    seq: u64,
    /// Also say what to add so that the money lasts so many days from now.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: Option<u32>,
    #[command(flatten)]
    watch: Watch,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Runway {
    seq: u64,
    /// As the market's chain calls it.
    denom: String,
    /// As the outpost's chain calls it: what is added.
    pay_denom: String,
    /// Units that nobody has earned yet.
    free: String,
    /// Nano-units per second.
    rate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs_out_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
    /// Units that make it last as long as was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    add: Option<String>,
    #[serde(skip)]
    days: Option<u32>,
    #[serde(skip)]
    per_day: String,
}

impl fmt::Display for Runway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seq, denom) = (self.seq, &self.pay_denom);
        let free = self.free.parse().map_or_else(|_| self.free.clone(), figures::grouped);
        writeln!(f, "left      {free} {denom}")?;
        writeln!(f, "costs     {} {denom} per day", self.per_day)?;
        match (self.runs_out_at, self.seconds_left) {
            (Some(at), Some(left)) => {
                let (at, left) = (figures::moment(at), figures::duration(left));
                writeln!(f, "runs out  {at}, in {left}")?;
            }
            _ => writeln!(f, "runs out  never: nothing is paid at present")?,
        }
        if let (Some(add), Some(days)) = (&self.add, self.days) {
            if add == "0" {
                writeln!(f, "lasts {days} days without more")?;
            } else {
                writeln!(f, "for {days} days: entrepot top-up {seq} {add}{denom}")?;
            }
        }
        Ok(())
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let books = place.session()?.books().await?;
    args.watch.show(async || read(&books, args.seq, args.days).await).await
}

pub(super) async fn read(books: &Books, seq: u64, days: Option<u32>) -> anyhow::Result<Runway> {
    let order = books.order(seq).await?;
    let (id, status) = books.status(seq).await?;
    ensure!(
        status.state == DeploymentState::Open,
        "order {seq} is closed; `entrepot claim --owner {}` pays what came home",
        order.owner
    );
    let info = books.deployment(id).await?;
    let rate = status.rate.u128();
    Ok(Runway {
        seq,
        denom: info.denom,
        pay_denom: order.coin.denom,
        free: status.free.to_string(),
        rate: status.rate.to_string(),
        runs_out_at: status.runs_out_at,
        seconds_left: status.runs_out_at.map(|at| at.saturating_sub(status.at)),
        add: days.map(|days| missing(status.free.u128(), rate, days).to_string()),
        days,
        per_day: figures::per_day(rate),
    })
}

/// Units that are missing for so many days at a rate.
fn missing(free: u128, rate: u128, days: u32) -> u128 {
    let seconds = u128::from(days) * u128::from(DAY);
    rate.saturating_mul(seconds).div_ceil(NANO).saturating_sub(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_rounded_up() {
        assert_eq!(missing(0, 11_000_000_000, 30), 28_512_000);
        assert_eq!(missing(28_511_999, 11_000_000_000, 30), 1);
        assert_eq!(missing(28_512_000, 11_000_000_000, 30), 0);
        assert_eq!(missing(0, 1, 1), 1);
    }
}
