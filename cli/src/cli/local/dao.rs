//! `entrepot local dao`

use std::fmt;

use serde::Serialize;

use super::super::Output;
use super::super::sent::CoinArg;
use super::Nodes;
use crate::localnet::NewDao;

const EXAMPLES: &str = "\
Examples:
  entrepot local dao --member user1
  entrepot local dao --member user1 --member user2 --fund 1000000000usdx --json
  entrepot local dao --member user1 --member user2 --deposit 1000000usdx";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    nodes: Nodes,
    /// An account of the local nodes that is a member. More than half of them decide.
    #[arg(long = "member", value_name = "NAME", required = true)]
    members: Vec<String>,
    /// What the treasury gets, such as `1000000000usdx`.
    #[arg(long, value_name = "COIN")]
    fund: Option<CoinArg>,
    /// What who proposes puts down, until the vote is over; then only members propose. Default: anyone may, for nothing.
    #[arg(long, value_name = "COIN")]
    deposit: Option<CoinArg>,
    /// The account that pays for it.
    #[arg(long, value_name = "NAME", default_value = "user1")]
    payer: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    dao: NewDao,
    members: Vec<String>,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NewDao { core, proposals } = &self.dao;
        writeln!(f, "DAO        {core}")?;
        writeln!(f, "proposals  {proposals}")?;
        writeln!(f, "members    {}", self.members.join(", "))?;
        writeln!(f, "next: entrepot propose --dao daodao --address {core} …")
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let Args { nodes, members, fund, deposit, payer, output } = args;
    let net = nodes.read()?;
    let addresses = members.iter().map(|name| Ok(net.account(name)?.address.clone()));
    let addresses = addresses.collect::<anyhow::Result<Vec<_>>>()?;
    let site = net.chains.b.site(net.key(&payer)?).await?;
    let contracts = nodes.artifacts.join("third-party");
    let (funds, deposit) = (coin(fund.as_ref()), coin(deposit.as_ref()));
    let dao = NewDao::form(&site, &contracts, &addresses, funds, deposit).await?;
    output.print(&Made { dao, members })
}

fn coin(given: Option<&CoinArg>) -> Option<(u128, &str)> {
    given.map(|coin| (coin.amount, coin.denom.as_str()))
}
