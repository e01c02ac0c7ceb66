//! `entrepot provider leases`, `heartbeat`, `withdraw`

use std::collections::BTreeSet;
use std::fmt;

use anyhow::ensure;
use market::msg::{LeaseId, LeaseInfo};
use serde::Serialize;

use super::super::Place;
use super::super::table::Table;
use super::{Common, Reading};
use crate::figures;
use crate::provider::{Desk, is_binding, parse_order};

const EXAMPLES: &str = "\
Examples:
  entrepot provider heartbeat
  entrepot provider withdraw
  entrepot provider heartbeat channel-0/wasm1outpost.../wasm1dao.../7/0";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Leases by their names, as `entrepot provider leases` prints them; default all.
    leases: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Leases {
    leases: Vec<LeaseInfo>,
}

impl fmt::Display for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.leases.is_empty() {
            return writeln!(f, "no leases; `entrepot provider orders` lists what can be bid for");
        }
        let mut table = Table::new(&["LEASE", "PER DAY", "DENOM", "TO WITHDRAW", "EARNS UNTIL"]);
        for lease in &self.leases {
            table.row([
                lease.id.to_string(),
                figures::per_day(lease.rate.u128()),
                lease.denom.clone(),
                figures::grouped(lease.withdrawable.u128()),
                figures::moment(lease.earns_until),
            ]);
        }
        write!(f, "{table}")
    }
}

/// What was done for leases.
#[derive(Serialize)]
struct Done {
    leases: Vec<String>,
    claimed: Vec<String>,
    /// Orders whose bids bound no more.
    taken_back: Vec<String>,
    transactions: Vec<String>,
    #[serde(skip)]
    verb: &'static str,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, count) = (self.verb, self.leases.len());
        let leases = if count == 1 { "lease" } else { "leases" };
        if [&self.leases, &self.taken_back, &self.claimed].iter().all(|done| done.is_empty()) {
            return writeln!(
                f,
                "there is nothing to withdraw; `entrepot provider leases` tells what is earned"
            );
        }
        writeln!(f, "{verb} {count} {leases}")?;
        self.taken_back
            .iter()
            .try_for_each(|order| writeln!(f, "took back the bid for {order}"))?;
        self.claimed.iter().try_for_each(|coin| writeln!(f, "claimed {coin}"))
    }
}

pub(super) async fn list(place: &Place, reading: Reading) -> anyhow::Result<()> {
    let desk = reading.desk(place).await?;
    reading.watch.show(async || Ok(Leases { leases: desk.leases().await? })).await
}

pub(super) async fn heartbeat(place: &Place, args: Args) -> anyhow::Result<()> {
    let desk = args.common.desk(place).await?;
    let leases: Vec<LeaseId> = chosen(&desk, &args.leases).await?;
    ensure!(
        !leases.is_empty(),
        "{} has no leases, so there is nothing to beat for; `entrepot provider orders` lists what it can bid for",
        desk.address()
    );
    let sent = desk.beat(&leases).await?;
    args.common.output.print(&Done {
        leases: leases.iter().map(ToString::to_string).collect(),
        claimed: Vec::new(),
        taken_back: Vec::new(),
        transactions: sent.into_iter().map(|outcome| outcome.hash).collect(),
        verb: "sent a heartbeat for",
    })
}

pub(super) async fn withdraw(place: &Place, args: Args) -> anyhow::Result<()> {
    let desk = args.common.desk(place).await?;
    let leases = chosen(&desk, &args.leases).await?;
    let mut done = Done {
        leases: leases.iter().map(ToString::to_string).collect(),
        claimed: Vec::new(),
        taken_back: Vec::new(),
        transactions: Vec::new(),
        verb: "withdrew from",
    };
    for lease in &leases {
        done.transactions.push(desk.withdraw(lease).await?.hash);
    }
    let now = desk.now().await?;
    for own in desk.own_bids().await?.into_iter().filter(|own| !is_binding(own, now)) {
        done.transactions.push(desk.withdraw_bid(&own.order).await?.hash);
        done.taken_back.push(own.order.to_string());
    }
    // What closed leases earned, and bonds that came back.
    let denoms: BTreeSet<String> = desk.denoms().await?;
    for denom in denoms {
        let credit = desk.claimable(&denom).await?;
        if credit > 0 {
            done.transactions.push(desk.claim(&denom).await?.hash);
            done.claimed.push(format!("{credit} {denom}"));
        }
    }
    args.common.output.print(&done)
}

async fn chosen(desk: &Desk, names: &[String]) -> anyhow::Result<Vec<LeaseId>> {
    let own: Vec<LeaseId> = desk.leases().await?.into_iter().map(|lease| lease.id).collect();
    if names.is_empty() {
        return Ok(own);
    }
    let chosen = names.iter().map(|name| {
        let id = parse_order(name)?;
        ensure!(
            own.contains(&id),
            "`{id}` is no lease of {}; `entrepot provider leases` lists those there are",
            desk.address()
        );
        Ok(id)
    });
    chosen.collect()
}
