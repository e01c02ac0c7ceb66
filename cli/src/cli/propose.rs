//! `entrepot propose`

pub(super) mod dao;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use cosmos::chain::TxOutcome;
use outpost::msg::responses::OrderResponse;
use outpost::msg::{ExecuteMsg, Operator};
use protocol::control::Command;
use protocol::deployment::Scope;
use serde::Serialize;
use serde_json::Value;

use super::accept::Chosen;
use super::proposal::known;
use super::purchase::{Purchase, Told};
use super::sent::{CoinArg, Sent};
use super::{Output, Place, accept, rehearsal};
use crate::figures;
use crate::propose::{Dao, Proposal, Source, explain};
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

const BUY: &str = "\
Examples:
  entrepot propose --dao daodao --address wasm1core... buy --order deploy.yaml --days 30
  entrepot propose --dao cw3 --address wasm1multisig... buy --order deploy.yaml --coin 28512000usdx --selection offer:7:refund
  entrepot propose --dao gov --deposit 10000000stake buy --order order.json --days 30 --refund-to wasm1...";

const TOP_UP: &str = "\
Examples:
  entrepot propose --dao daodao --address wasm1core... top-up 7 28512000usdx
  entrepot propose --dao gov --deposit 10000000stake --community-pool top-up 7 28512000usdx";

const ACCEPT: &str = "\
Examples:
  entrepot propose --dao daodao --address wasm1core... --submit accept 7 --bid 2
  entrepot propose --dao cw3 --address wasm1multisig... accept 7 --group 1 --bid 2";

const CLOSE: &str = "\
Examples:
  entrepot propose --dao daodao --address wasm1core... --submit close 7
  entrepot propose --dao gov --deposit 10000000stake --out proposal.json close 7";

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
    #[command(after_help = BUY)]
    Buy(Box<Purchase>),
    /// Add money to an order.
    #[command(after_help = TOP_UP)]
    TopUp {
        /// The order's number at the outpost.
        seq: u64,
        /// What is added, such as `28512000usdx`.
        coin: CoinArg,
    },
    /// Accept a bid at the price it has now.
    #[command(after_help = ACCEPT)]
    Accept {
        #[command(flatten)]
        choice: accept::Choice,
        /// The coin with which the command travels, credited to the deployment; default over the control channel.
        #[arg(long, value_name = "COIN")]
        coin: Option<CoinArg>,
    },
    /// Close an order; the rest comes home.
    #[command(after_help = CLOSE)]
    Close {
        /// The order's number at the outpost.
        seq: u64,
        /// The coin with which the command travels; default over the control channel.
        #[arg(long, value_name = "COIN")]
        coin: Option<CoinArg>,
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
    let Told { title, msg, coin, mut notes } = match &args.verb {
        Verb::Buy(buy) => {
            ensure!(
                buy.refund_to.is_some() || !matches!(dao, Dao::Gov { .. }),
                "--refund-to is missing: who is paid what comes home, because the gov account may \
                 take no coins"
            );
            buy.message(&books, dao.owner()).await?
        }
        other => other.message(&books, &dao, &args.dao).await?,
    };
    if let Some(lack) = lack(&books, &dao, coin.as_ref()).await? {
        ensure!(
            args.explain || args.unfunded,
            "{lack}; buy for fewer days, or send it more before and give --unfunded"
        );
        notes.push(format!("{lack}."));
    }
    let mut proposal = Proposal {
        title: args.title.clone().unwrap_or(title),
        description: String::new(),
        outpost: books.outpost.address.clone(),
        msg,
        coin,
    };
    let known = known(&books.outpost, &proposal.msg).await?;
    let mut explanation = explain(&dao, &proposal, known);
    explanation.append(&mut notes);
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

/// What is missing of a proposal's coin: if it is not there when it is executed it fails, with DAO DAO for good.
async fn lack(
    books: &Books,
    dao: &Dao,
    coin: Option<&(u128, String)>,
) -> anyhow::Result<Option<String>> {
    let Some((amount, denom)) = coin else { return Ok(None) };
    let chain = &books.outpost.chain;
    let (payer, has) = match dao {
        Dao::Gov { source: Source::CommunityPool(pool), .. } => {
            ("the community pool", chain.pool_balance(*pool, denom).await?)
        }
        other => (other.owner(), chain.balance(other.owner(), denom).await?),
    };
    Ok((has < *amount).then(|| {
        format!(
            "{payer} has {} and the proposal takes {}, so its execution would fail",
            figures::units(has, denom),
            figures::units(*amount, denom)
        )
    }))
}

/// A vote may outlast the bid that it is about. Where it cannot end early the proposal would be for nothing.
fn outlasts(chosen: &Chosen, vote: Option<u64>, dao: &Dao) -> anyhow::Result<Option<String>> {
    let Chosen { bid, now, .. } = chosen;
    let Some(ends) = vote.map(|seconds| now.saturating_add(seconds)) else { return Ok(None) };
    if ends < bid.valid_until {
        return Ok(None);
    }
    let (good, ends) = (figures::moment(bid.valid_until), figures::moment(ends));
    ensure!(
        !matches!(dao, Dao::Gov { .. }),
        "bid {} is good until {good}, and the vote ends at {ends} at the earliest: ask the provider for one that is good \
         for longer, or buy with `--selection lowest:SECONDS` or `offer:NUMBER`, which take no second vote",
        bid.bid_no
    );
    Ok(Some(format!(
        "Bid {} is good until {good}, and the vote may last until {ends}: it must have passed and be executed before.",
        bid.bid_no
    )))
}

async fn submit(
    session: &Session,
    args: &Args,
    dao: &Dao,
    proposal: &Proposal,
    written: &Written,
) -> anyhow::Result<()> {
    let actor = session.outpost_actor(args.key.as_deref()).await?;
    let outcome = match &written.target {
        Some(target) => actor.send_to(target, &written.proposal, &dao::as_funds(dao)?).await?,
        None => dao::submit_to_gov(&actor, dao, proposal).await?,
    };
    let title = &proposal.title;
    let Some(number) = number(&outcome)? else {
        // A pre-propose module that lets others approve first: the deposit is put down all the same.
        let next = "the DAO has given it no number yet: it must be approved before the vote, see the DAO's own page";
        return args.output.print(&Sent::new(&outcome, format!("submitted: {title}"), next));
    };
    let done = format!("submitted proposal {number}: {title}");
    let next = match dao {
        Dao::Gov { .. } => "vote on it; the chain executes it when the vote ends".to_owned(),
        Dao::DaoDao { .. } | Dao::Cw3 { .. } => {
            let which = &args.dao.which;
            format!("entrepot proposal vote {number} yes {which}; once it has passed, execute")
        }
    };
    args.output.print(&Sent::new(&outcome, done, next).with_proposal(number))
}

/// The number of a proposal that was submitted; none if it is no proposal yet.
fn number(outcome: &TxOutcome) -> anyhow::Result<Option<u64>> {
    let by_contract = outcome.attribute("wasm", "proposal_id");
    let number = by_contract.or_else(|| outcome.attribute("submit_proposal", "proposal_id"));
    Ok(number.map(str::parse).transpose()?)
}

impl Verb {
    /// Anything but a purchase, once it is clear that it has a way and would be taken.
    async fn message(
        &self,
        books: &Books,
        dao: &Dao,
        asked: &dao::DaoArgs,
    ) -> anyhow::Result<Told> {
        let mut notes = Vec::new();
        let (title, msg, coin) = match self {
            Self::Buy(_) => unreachable!("a purchase has a message of its own"),
            Self::TopUp { seq, coin } => {
                rehearsal::require_top_up(books, &books.living(*seq).await?, coin).await?;
                let CoinArg { amount, denom } = coin;
                let title = format!("Add {amount} {denom} to order {seq}");
                (title, ExecuteMsg::TopUp { seq: *seq }, Some(coin))
            }
            Self::Accept { choice, coin } => {
                let order = books.living(choice.seq).await?;
                may_command(&order, dao, Scope::BidAccept)?;
                let chosen = accept::chosen(books, choice).await?;
                let coin = coin.as_ref();
                rehearsal::require_command(books, &order, coin, chosen.command()).await?;
                notes.extend(outlasts(&chosen, asked.vote_seconds(&books.outpost).await?, dao)?);
                let title = format!("Accept bid {} for order {}", choice.bid, choice.seq);
                (title, chosen.message(), coin)
            }
            Self::Close { seq, coin } => {
                let order = books.living(*seq).await?;
                may_command(&order, dao, Scope::Close)?;
                let (coin, command) = (coin.as_ref(), Command::CloseDeployment {});
                rehearsal::require_command(books, &order, coin, command).await?;
                (format!("Close order {seq}"), ExecuteMsg::Close { seq: *seq }, coin)
            }
        };
        let coin = coin.map(|coin| (coin.amount, coin.denom.clone()));
        Ok(Told { title, msg, coin, notes })
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

#[cfg(test)]
mod tests {
    use cosmwasm_std::Uint128;
    use market::msg::{BidInfo, Money};

    use super::*;

    #[test]
    fn a_bid_that_a_vote_may_outlast_is_told_and_one_that_it_must_outlast_is_refused() {
        let bid = BidInfo {
            provider: "wasm1provider".into(),
            bid_no: 2,
            rate: Uint128::one(),
            valid_until: 1_000_100,
            deposit: Money { denom: "stake".into(), amount: Uint128::one() },
        };
        let chosen = Chosen::new(7, 0, bid, 1_000_000);
        let multisig = Dao::Cw3 { address: "wasm1multisig".into() };
        let deposit = (1, "stake".into());
        let gov = Dao::Gov { account: "wasm1gov".into(), deposit, source: Source::Account };
        for dao in [&multisig, &gov] {
            for vote in [None, Some(0), Some(99)] {
                assert_eq!(outlasts(&chosen, vote, dao).unwrap(), None, "{vote:?}");
            }
        }
        let told = outlasts(&chosen, Some(100), &multisig).unwrap().unwrap();
        assert!(
            told.starts_with("Bid 2 is good until 1970-01-12") && told.contains("before"),
            "{told}"
        );
        let error = outlasts(&chosen, Some(100), &gov).unwrap_err().to_string();
        assert!(error.contains("`--selection lowest:SECONDS`"), "{error}");
    }
}
