//! `entrepot claim`

use std::collections::BTreeSet;
use std::fmt;

use outpost::msg::responses::ClaimableResponse;
use outpost::msg::{ExecuteMsg, QueryMsg};
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::Watch;
use crate::figures;
use crate::session::{Actor, Contract};

const EXAMPLES: &str = "\
Examples:
  entrepot claim                          what your key's orders brought home
  entrepot claim --owner wasm1dao...      anyone may have it paid to its owner
  entrepot claim --owner wasm1dao... --dry-run --watch";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Whose credit; default the key's own address.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// Only say what would be paid.
    #[arg(long)]
    dry_run: bool,
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

#[derive(Serialize)]
struct Claimed {
    owner: String,
    paid: bool,
    credits: Vec<Credit>,
    transactions: Vec<String>,
}

/// What would be paid, or was.
#[derive(Serialize)]
pub(super) struct Credit {
    pub(super) amount: String,
    pub(super) denom: String,
    pub(super) payee: String,
}

impl fmt::Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.credits.is_empty() {
            return writeln!(
                f,
                "nothing is claimable by {owner}; what is still out: entrepot orders {owner}",
                owner = self.owner
            );
        }
        let mut table = Table::new(&[if self.paid { "PAID" } else { "CLAIMABLE" }, "DENOM", "TO"]);
        for Credit { amount, denom, payee } in &self.credits {
            let amount = amount.parse().map_or_else(|_| amount.clone(), figures::grouped);
            table.row([amount, denom.clone(), payee.clone()]);
        }
        write!(f, "{table}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    let actor = match (&args.owner, args.dry_run) {
        (Some(_), true) => None,
        _ => Some(session.outpost_actor(args.key.as_deref()).await?),
    };
    let outpost = session.outpost().await?;
    let own = actor.as_ref().map(|actor| actor.address.clone());
    let owner = args.owner.or(own).unwrap_or_default();
    if let (Some(actor), false) = (actor, args.dry_run) {
        args.watch.print(&pay(&outpost, &actor, &owner).await?)?;
        if !args.watch.is_on() {
            return Ok(());
        }
    }
    args.watch.show(async || read(&outpost, &owner).await).await
}

/// Has everything paid that is claimable.
async fn pay(outpost: &Contract, actor: &Actor, owner: &str) -> anyhow::Result<Claimed> {
    let credits = claimable(outpost, owner).await?;
    let denoms: BTreeSet<&String> = credits.iter().map(|credit| &credit.denom).collect();
    let mut transactions = Vec::new();
    for denom in denoms {
        let claim = ExecuteMsg::Claim { owner: owner.to_owned(), denom: denom.clone() };
        transactions.push(actor.send(&claim, &[]).await?.hash);
    }
    Ok(Claimed { owner: owner.to_owned(), paid: true, credits, transactions })
}

async fn read(outpost: &Contract, owner: &str) -> anyhow::Result<Claimed> {
    let credits = claimable(outpost, owner).await?;
    Ok(Claimed { owner: owner.to_owned(), paid: false, credits, transactions: Vec::new() })
}

pub(super) async fn claimable(outpost: &Contract, owner: &str) -> anyhow::Result<Vec<Credit>> {
    let mut credits = Vec::new();
    let mut start_after = None;
    loop {
        let ask = QueryMsg::Claimable { owner: owner.into(), start_after, limit: Some(100) };
        let page: ClaimableResponse = outpost.ask(&ask).await?;
        let Some(last) = page.claimable.last() else { return Ok(credits) };
        start_after = Some((last.denom.clone(), last.payee.to_string()));
        credits.extend(page.claimable.into_iter().map(|credit| Credit {
            amount: credit.amount.to_string(),
            denom: credit.denom,
            payee: credit.payee.into(),
        }));
    }
}
