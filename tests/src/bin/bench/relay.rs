//! ferry, Hermes and rly one after the other on the same two nodes, everything read from the chains.
//!
//! Each turn has fresh nodes. A relayer opens a channel, carries single transfers and then a burst while it
//! runs, and finds a backlog that was sent while it was stopped. Requests are counted at a proxy in turns of
//! their own, so that the proxy is in nobody's way when time is measured.

mod figures;
mod journal;
mod load;
mod nodes;
mod peer;
mod plot;
mod process;
mod proxy;
mod report;
mod rivalry;
mod table;
mod turn;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;

use peer::Kind;
use report::Report;
use turn::{Plan, Setup};

/// What is measured, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `scripts/localnet`, which starts the nodes.
    #[arg(long)]
    localnet: PathBuf,
    /// Its folder; the relayers' are made in there.
    #[arg(long)]
    folder: PathBuf,
    /// ferry's binary. A relayer without a binary is left out.
    #[arg(long)]
    ferry: Option<PathBuf>,
    /// Hermes' binary.
    #[arg(long)]
    hermes: Option<PathBuf>,
    /// Hermes has a second turn, in which its nodes send it events.
    #[arg(long, requires = "hermes")]
    hermes_push: bool,
    /// rly's binary.
    #[arg(long)]
    rly: Option<PathBuf>,
    /// How often each has its turn; the order changes with every round.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Fewer singles, nothing above 1,000, no rates and no rivalry.
    #[arg(long)]
    quick: bool,
    /// How many single transfers, instead of 200 or of 15 when it is quick.
    #[arg(long)]
    singles: Option<u64>,
    /// How many transfers each burst has, instead of 1,000 and 5,000 or of 1,000.
    #[arg(long, value_delimiter = ',')]
    bursts: Option<Vec<u64>>,
    /// How many transfers a second are sent for a minute, ascending, instead of 25 to 800; 0 for not at all.
    #[arg(long, value_delimiter = ',')]
    rates: Option<Vec<u64>>,
    /// How many transfers a second ferry and Hermes relay together for a minute, instead of 50; 0 for not at all.
    #[arg(long)]
    rivalry: Option<u64>,
    /// How many transfers each backlog has, instead of 1,000, 5,000 and 10,000 or of 1,000.
    #[arg(long, value_delimiter = ',')]
    backlogs: Option<Vec<u64>>,
    /// How large the bursts are whose requests are counted, ascending; 0 for not at all.
    #[arg(long, value_delimiter = ',')]
    counted: Option<Vec<u64>>,
    /// Where everything that was measured is written, as JSON.
    #[arg(long)]
    out: PathBuf,
    /// The document whose table is replaced and beside which the plots lie; without it the table is only printed.
    #[arg(long)]
    document: Option<PathBuf>,
}

impl Args {
    fn peers(&self) -> Vec<(Kind, PathBuf)> {
        let push = self.hermes.as_ref().filter(|_| self.hermes_push).cloned();
        let peers = [
            (Kind::Ferry, self.ferry.clone()),
            (Kind::Hermes, self.hermes.clone()),
            (Kind::HermesPush, push),
            (Kind::Rly, self.rly.clone()),
        ];
        peers.into_iter().filter_map(|(kind, binary)| Some((kind, binary?))).collect()
    }

    fn plan(&self) -> Plan {
        let plan = if self.quick { Plan::quick() } else { Plan::whole() };
        let counts = |given: &Option<Vec<u64>>, otherwise| {
            let mut counts = given.clone().unwrap_or(otherwise);
            counts.retain(|count| *count > 0);
            counts
        };
        Plan {
            singles: self.singles.unwrap_or(plan.singles),
            bursts: counts(&self.bursts, plan.bursts),
            rates: counts(&self.rates, plan.rates),
            rivalry: self.rivalry.unwrap_or(plan.rivalry),
            backlogs: counts(&self.backlogs, plan.backlogs),
            counted: counts(&self.counted, plan.counted),
            idle_blocks: plan.idle_blocks,
        }
    }
}

/// Measures everything.
///
/// # Errors
/// There is no relayer, a node does not start, or a file cannot be written. What goes wrong in a
/// relayer's turn is part of the report.
pub(crate) async fn measure(args: Args) -> anyhow::Result<()> {
    let peers = args.peers();
    ensure!(!peers.is_empty(), "there is no relayer to measure");
    let setup = Setup { localnet: args.localnet.clone(), folder: args.folder.clone() };
    let plan = args.plan();
    let mut report = Report::begin(&peers, &plan).await?;
    for round in 0..args.rounds {
        for index in 0..peers.len() {
            let Some((kind, binary)) = peers.get((index + round) % peers.len()) else { continue };
            say(&format!("round {}: {kind}", round + 1));
            report.turns.push(turn::timed(&setup, *kind, binary, &plan).await?);
            report.write(&args.out)?;
        }
    }
    let counted = peers.iter().filter(|_| !plan.counted.is_empty());
    for (kind, binary) in counted {
        say(&format!("counting the requests of {kind}"));
        report.requests.push(turn::counted(&setup, *kind, binary, &plan).await?);
        report.write(&args.out)?;
    }
    if let (1.., Some(ferry), Some(hermes)) = (plan.rivalry, &args.ferry, &args.hermes) {
        for first in [Kind::Ferry, Kind::Hermes] {
            say(&format!("ferry and Hermes on one channel, {first} first"));
            match rivalry::measure(&setup, [ferry, hermes], (plan.rivalry, first)).await {
                Ok(race) => report.rivalry.push(race),
                Err(error) => report.rivalry_faults.push(format!("{error:#}")),
            }
            report.write(&args.out)?;
        }
    }
    publish(&report, args.document.as_deref())
}

/// Prints the table, and puts it with its plots into the document.
fn publish(report: &Report, document: Option<&Path>) -> anyhow::Result<()> {
    let table = table::markdown(report);
    writeln!(std::io::stdout(), "{table}")?;
    let Some(document) = document else { return Ok(()) };
    table::replace_in(document, report, &table)?;
    if report.block_limit().is_none() {
        plot::write_beside(document, report)?;
    }
    Ok(())
}

/// Says how it goes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
