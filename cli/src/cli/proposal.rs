//! `entrepot proposal`

mod standing;

pub(super) use standing::known;

use anyhow::{bail, ensure};
use clap::{Subcommand, ValueEnum};

use super::propose::dao::{Kind, Which};
use super::sent::{Sent, not_sent};
use super::watch::Watch;
use super::{Output, Place};
use crate::propose::{self, Vote};
use crate::session::{Actor, Contract};

const EXAMPLES: &str = "\
Examples:
  entrepot proposal show 3 --dao daodao --address wasm1core... --watch
  entrepot proposal vote 3 yes --dao daodao --address wasm1core... --key me
  entrepot proposal execute 3 --dao cw3 --address wasm1multisig...

Proposals of x/gov are voted on with the chain's own `tx gov vote`; the chain executes them itself.";

const SHOW: &str = "\
Examples:
  entrepot proposal show 3 --dao daodao --address wasm1core...
  entrepot proposal show 3 --dao cw3 --address wasm1multisig... --watch";

const VOTE: &str = "\
Examples:
  entrepot proposal vote 3 yes --dao daodao --address wasm1core... --key me
  entrepot proposal vote 3 abstain --dao cw3 --address wasm1multisig...";

const EXECUTE: &str = "\
Examples:
  entrepot proposal execute 3 --dao daodao --address wasm1core...
  entrepot proposal execute 3 --dao cw3 --address wasm1multisig... --key me --json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show how a proposal stands, what its messages do, and what they cost at most.
    #[command(after_help = SHOW)]
    Show {
        #[command(flatten)]
        proposal: Target,
        #[command(flatten)]
        watch: Watch,
    },
    /// Vote on a proposal, after showing what it does and what it costs at most.
    #[command(after_help = VOTE)]
    Vote {
        #[command(flatten)]
        proposal: Target,
        /// The vote.
        #[arg(value_enum)]
        vote: VoteArg,
        #[command(flatten)]
        signed: Signed,
    },
    /// Execute a proposal that has passed.
    #[command(after_help = EXECUTE)]
    Execute {
        #[command(flatten)]
        proposal: Target,
        #[command(flatten)]
        signed: Signed,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The proposal's number.
    number: u64,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, clap::Args)]
struct Signed {
    /// The key that signs on the outpost's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum VoteArg {
    Yes,
    No,
    Abstain,
}

impl From<VoteArg> for Vote {
    fn from(given: VoteArg) -> Self {
        match given {
            VoteArg::Yes => Self::Yes,
            VoteArg::No => Self::No,
            VoteArg::Abstain => Self::Abstain,
        }
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    match args.verb {
        Verb::Show { proposal, watch } => {
            let outpost = session.outpost().await?;
            let book = proposal.book(&outpost).await?;
            watch.show(async || proposal.standing(&book, &outpost).await).await
        }
        Verb::Vote { proposal, vote, signed } => {
            let actor = session.outpost_actor(signed.key.as_deref()).await?;
            cast(&actor, &proposal, vote.into(), signed.output).await
        }
        Verb::Execute { proposal, signed } => {
            let actor = session.outpost_actor(signed.key.as_deref()).await?;
            execute(&actor, &proposal, signed.output).await
        }
    }
}

/// Votes, once it is said on what: by the proposal's messages, whatever its title says.
async fn cast(actor: &Actor, proposal: &Target, vote: Vote, output: Output) -> anyhow::Result<()> {
    let book = proposal.book(&actor.contract).await?;
    let number = proposal.number;
    let standing = proposal.standing(&book, &actor.contract).await?;
    if !output.json {
        output.print(&standing)?;
    }
    let outcome = actor.send_to(&book.address, &propose::vote(number, vote), &[]).await?;
    let status = proposal.read(&book).await?.status;
    let done = format!("voted on proposal {number}, which is {status} now");
    let next = format!("entrepot proposal execute {number} {}, once it has passed", proposal.which);
    let sent = Sent::new(&outcome, done, next).with_proposal(number);
    output.print(&sent.with_explanation(standing.explanation))
}

async fn execute(actor: &Actor, proposal: &Target, output: Output) -> anyhow::Result<()> {
    let book = proposal.book(&actor.contract).await?;
    let number = proposal.number;
    let standing = proposal.read(&book).await?;
    ensure!(
        standing.status == "passed",
        "proposal {number} is {}, and only one that has passed can be executed; {}",
        standing.status,
        match standing.status.as_str() {
            "open" => "members vote with `entrepot proposal vote`",
            "executed" => "`entrepot orders` with the DAO's address lists what it has bought",
            _ => "propose anew with `entrepot propose`",
        }
    );
    let outcome = actor.send_to(&book.address, &propose::execute(number), &[]).await?;
    let standing = proposal.read(&book).await?;
    // DAO DAO takes the messages' failure as the end of the proposal, not of the transaction.
    ensure!(
        standing.status == "executed",
        "proposal {number} is {} for good: its messages failed in transaction {}; propose anew",
        standing.status,
        outcome.hash
    );
    let done = format!("executed proposal {number}: {}", standing.title);
    let order = outcome.attribute("wasm-outpost_sent", "seq").and_then(|seq| seq.parse().ok());
    let sent = |next: &str| Sent::new(&outcome, done.clone(), next).with_proposal(number);
    match order {
        Some(seq) => {
            let next = format!(
                "a relayer carries order {seq}; entrepot lease {seq} --watch, or entrepot why {seq}"
            );
            output.print(&sent(&next).with_order(seq))
        }
        None => match not_sent(&outcome) {
            None => output.print(&sent("a relayer carries what it sent")),
            Some(reason) => output.print(&sent(&format!(
                "the chain did not take its transfer ({reason}): a purchase is kept, `entrepot orders` lists it as not \
                 sent; anything else is credited, `entrepot claim`"
            ))),
        },
    }
}

impl Target {
    /// The contract that counts the votes.
    async fn book(&self, outpost: &Contract) -> anyhow::Result<Contract> {
        match self.which.kind() {
            Kind::Daodao => Ok(outpost.beside(&self.which.module(outpost).await?)),
            Kind::Cw3 => Ok(outpost.beside(self.which.address()?)),
            Kind::Gov => bail!(
                "proposals of x/gov are voted on with the chain's own `tx gov vote {}`; the chain \
                 executes them itself",
                self.number
            ),
        }
    }
}
