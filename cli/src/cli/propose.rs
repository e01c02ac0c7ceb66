//! `entrepot propose`

pub(super) mod dao;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use outpost::msg::responses::{ConfigResponse, OrderResponse};
use outpost::msg::{ExecuteMsg, Operator, QueryMsg};
use protocol::deployment::Scope;
use serde::Serialize;
use serde_json::Value;

use super::purchase::{Purchase as Bought, Told};
use super::sent::{CoinArg, Sent};
use super::{Output, Place, accept, top_up};
use crate::figures;
use crate::propose::{Dao, Proposal, Purchase, Source, explain};
use crate::session::{Books, Session};

const EXAMPLES: &str = "\
Examples:
  entrepot propose --dao daodao --address wasm1core... buy --order deploy.yaml --days 30
  entrepot propose --dao daodao --address wasm1core... --explain buy --order deploy.yaml --days 30
  entrepot propose --dao daodao --address wasm1core... --submit buy --order deploy.yaml --days 30
  entrepot propose --dao cw3 --address wasm1multisig... --out proposal.json accept 7 --bid 2
  entrepot propose --dao gov --deposit 10000000stake --community-pool buy --order order.json --days 30 --refund-to wasm1...

Without --submit the proposal is printed: for cw3 and DAO DAO the message for the contract, for gov the file
that the chain's `tx gov submit-proposal` reads. A purchase is checked with both contracts before.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    dao: dao::DaoArgs,
    /// The proposal's title; default what it does.
    #[arg(long)]
    title: Option<String>,
    /// The proposal's description; default what it does, in plain words.
    #[arg(long)]
    description: Option<String>,
    /// Only say in plain words what it will do, and what it can cost at most.
    #[arg(long, conflicts_with_all = ["submit", "out"])]
    explain: bool,
    /// Submit it, signed with a key on the outpost's chain.
    #[arg(long)]
    submit: bool,
    /// Write the proposal to a file.
    #[arg(long, value_name = "FILE", conflicts_with = "submit")]
    out: Option<PathBuf>,
    /// Propose also what the DAO cannot pay yet.
    #[arg(long)]
    unfunded: bool,
    /// With --submit: the key.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Buy what a deployment file or an order asks for.
    Buy(Box<Bought>),
    /// Add money to an order.
    TopUp {
        /// The order's number at the outpost.
        seq: u64,
        /// What is added, such as `28512000usdx`.
        coin: CoinArg,
    },
    /// Accept a bid at the price it has now.
    Accept(accept::Choice),
    /// Close an order; the rest comes home.
    Close {
        /// The order's number at the outpost.
        seq: u64,
    },
}

/// A proposal and where it goes.
#[derive(Serialize)]
struct Written {
    proposal: Value,
    /// The contract that takes it; none for gov.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit: Option<String>,
    explanation: Vec<String>,
    #[serde(skip)]
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Proposal,
    Explanation,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Proposal => writeln!(f, "{:#}", self.proposal),
            Shape::Explanation => {
                self.explanation.iter().try_for_each(|line| writeln!(f, "{line}"))
            }
        }
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    let books = session.books().await?;
    let dao = args.dao.find(&books.outpost).await?;
    let config: ConfigResponse = books.outpost.ask(&QueryMsg::Config {}).await?;
    let purchase = Purchase { default_timeout_seconds: config.default_timeout_seconds };
    let (title, msg, coin) = match &args.verb {
        Verb::Buy(buy) => {
            ensure!(
                buy.refund_to.is_some() || !matches!(dao, Dao::Gov { .. }),
                "--refund-to is missing: who is paid what comes home, because the gov account may \
                 take no coins"
            );
            buy.message(&books, dao.owner()).await?
        }
        other => other.message(&books, &dao).await?,
    };
    if !args.explain && !args.unfunded {
        can_pay(&books, &dao, coin.as_ref()).await?;
    }
    let mut proposal = Proposal {
        title: args.title.clone().unwrap_or(title),
        description: String::new(),
        outpost: books.outpost.address.clone(),
        msg,
        coin,
    };
    let explanation = explain(&dao, &proposal, purchase);
    proposal.description = args.description.clone().unwrap_or_else(|| explanation.join("\n"));
    let written = Written {
        proposal: dao.wrap(&proposal)?,
        target: dao.target().map(ToOwned::to_owned),
        deposit: dao.deposit().map(|(amount, denom)| format!("{amount}{denom}")),
        explanation,
        shape: if args.explain { Shape::Explanation } else { Shape::Proposal },
    };
    if args.submit {
        return submit(&session, &args, &dao, &proposal, &written).await;
    }
    if let Some(file) = &args.out {
        std::fs::write(file, format!("{written}"))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    args.output.print(&written)
}

/// A proposal whose coin is not there when it is executed fails, with DAO DAO for good.
async fn can_pay(books: &Books, dao: &Dao, coin: Option<&(u128, String)>) -> anyhow::Result<()> {
    let Some((amount, denom)) = coin else { return Ok(()) };
    let chain = &books.outpost.chain;
    let (payer, has) = match dao {
        Dao::Gov { source: Source::CommunityPool(pool), .. } => {
            ("the community pool", chain.pool_balance(*pool, denom).await?)
        }
        other => (other.owner(), chain.balance(other.owner(), denom).await?),
    };
    ensure!(
        has >= *amount,
        "{payer} has {} and the proposal takes {}, so its execution would fail; buy for fewer days, \
         or send it more before and give --unfunded",
        figures::units(has, denom),
        figures::units(*amount, denom)
    );
    Ok(())
}

async fn submit(
    session: &Session,
    args: &Args,
    dao: &Dao,
    proposal: &Proposal,
    written: &Written,
) -> anyhow::Result<()> {
    let actor = session.outpost_actor(args.key.as_deref()).await?;
    let deposit = dao.deposit().map(|(amount, denom)| (*amount, denom.as_str()));
    let outcome = match &written.target {
        Some(target) => {
            let funds: Vec<_> = deposit.into_iter().collect();
            actor.send_to(target, &written.proposal, &funds).await?
        }
        None => dao::submit_to_gov(&actor, dao, proposal).await?,
    };
    let number: u64 = outcome
        .attribute("wasm", "proposal_id")
        .or_else(|| outcome.attribute("submit_proposal", "proposal_id"))
        .context("the chain does not say the proposal's number")?
        .parse()?;
    let done = format!("submitted proposal {number}: {}", proposal.title);
    let kind = match dao {
        Dao::DaoDao { .. } => "daodao",
        Dao::Cw3 { .. } => "cw3",
        Dao::Gov { .. } => {
            let next = "vote on it; the chain executes it when the vote ends";
            return args.output.print(&Sent::new(&outcome, done, next).with_proposal(number));
        }
    };
    let next = format!(
        "entrepot proposal vote {number} yes --dao {kind} --address {}; once it has passed, execute",
        dao.owner()
    );
    args.output.print(&Sent::new(&outcome, done, next).with_proposal(number))
}

impl Verb {
    /// The title, the message and the coin of anything but a purchase.
    async fn message(&self, books: &Books, dao: &Dao) -> anyhow::Result<Told> {
        Ok(match self {
            Self::Buy(_) => unreachable!("a purchase has a message of its own"),
            Self::TopUp { seq, coin } => {
                top_up::require_denom(&books.living(*seq).await?, coin)?;
                let CoinArg { amount, denom } = coin.clone();
                let title = format!("Add {amount} {denom} to order {seq}");
                (title, ExecuteMsg::TopUp { seq: *seq }, Some((amount, denom)))
            }
            Self::Accept(choice) => {
                may_command(&books.living(choice.seq).await?, dao, Scope::BidAccept)?;
                let title = format!("Accept bid {} for order {}", choice.bid, choice.seq);
                (title, accept::message(books, choice).await?, None)
            }
            Self::Close { seq } => {
                may_command(&books.living(*seq).await?, dao, Scope::Close)?;
                (format!("Close order {seq}"), ExecuteMsg::Close { seq: *seq }, None)
            }
        })
    }
}

/// Whether the DAO commands the order, as its owner or as an operator.
fn may_command(order: &OrderResponse, dao: &Dao, scope: Scope) -> anyhow::Result<()> {
    let is_operator =
        |operator: &Operator| operator.address == dao.owner() && operator.scopes.contains(&scope);
    ensure!(
        order.owner.as_str() == dao.owner() || order.operators.iter().any(is_operator),
        "order {} belongs to {owner}, and {} is no operator of it with this scope; propose it to {owner}, or let it \
         name an operator",
        order.seq,
        dao.owner(),
        owner = order.owner,
    );
    Ok(())
}
