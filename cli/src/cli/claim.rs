//! `entrepot claim`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::bail;
use cosmwasm_std::Uint256;
use outpost::msg::responses::{ClaimableResponse, Credit as OutpostCredit, UnclaimedResponse};
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
        let (claimed, refused) = pay(&outpost, &actor, &owner).await?;
        if !claimed.transactions.is_empty() || refused.is_empty() {
            args.watch.print(&claimed)?;
        }
        if !refused.is_empty() {
            bail!(refused.join("\n"));
        }
        if !args.watch.is_on() {
            return Ok(());
        }
    }
    args.watch.show(async || read(&outpost, &owner).await).await
}

/// Has everything paid that is claimable. A denom that its chain does not pay, which the second part is about, keeps none
/// of the others from being paid.
async fn pay(
    outpost: &Contract,
    actor: &Actor,
    owner: &str,
) -> anyhow::Result<(Claimed, Vec<String>)> {
    let mut credits = claimable(outpost, owner).await?;
    let denoms: BTreeSet<String> = credits.iter().map(|credit| credit.denom.clone()).collect();
    let (mut transactions, mut refused) = (Vec::new(), Vec::new());
    for denom in denoms {
        let claim = ExecuteMsg::Claim { owner: owner.to_owned(), denom: denom.clone() };
        match actor.send(&claim, &[]).await {
            Ok(outcome) => transactions.push(outcome.hash),
            Err(error) => {
                credits.retain(|credit| credit.denom != denom);
                refused.push(format!("`{denom}` was not paid: {error:#}"));
            }
        }
    }
    Ok((Claimed { owner: owner.to_owned(), paid: true, credits, transactions }, refused))
}

async fn read(outpost: &Contract, owner: &str) -> anyhow::Result<Claimed> {
    let credits = claimable(outpost, owner).await?;
    Ok(Claimed { owner: owner.to_owned(), paid: false, credits, transactions: Vec::new() })
}

/// What `claim` would pay for an owner: what its orders brought home, and what came home for it without an order that
/// the outpost knows.
pub(super) async fn claimable(outpost: &Contract, owner: &str) -> anyhow::Result<Vec<Credit>> {
    let mut credits = BTreeMap::new();
    let mut start_after = None;
    loop {
        let ask = QueryMsg::Claimable { owner: owner.into(), start_after, limit: Some(100) };
        let page: ClaimableResponse = outpost.ask(&ask).await?;
        let Some(last) = page.claimable.last() else { break };
        start_after = Some((last.denom.clone(), last.payee.to_string()));
        for OutpostCredit { denom, payee, amount } in page.claimable {
            add(&mut credits, (denom, payee.into()), amount.into());
        }
    }
    let mut start_after = None;
    loop {
        let ask = QueryMsg::Unclaimed { account: owner.into(), start_after, limit: Some(100) };
        let page: UnclaimedResponse = outpost.ask(&ask).await?;
        let Some(last) = page.coins.last() else { break };
        start_after = Some(last.denom.clone());
        for coin in page.coins {
            add(&mut credits, (coin.denom, owner.to_owned()), coin.amount);
        }
    }
    let credit = |((denom, payee), amount): (_, Uint256)| Credit {
        amount: amount.to_string(),
        denom,
        payee,
    };
    Ok(credits.into_iter().map(credit).collect())
}

/// Adds to what an address is paid in a denom.
fn add(credits: &mut BTreeMap<(String, String), Uint256>, to: (String, String), amount: Uint256) {
    let sum = credits.entry(to).or_default();
    *sum = sum.saturating_add(amount);
}
