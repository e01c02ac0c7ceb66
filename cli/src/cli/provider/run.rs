//! `entrepot provider run`

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};

use super::super::Place;
use super::super::sent::CoinArg;
use crate::provider::{Config, Desk, Memory, Worker};
use crate::refusal;

const EXAMPLES: &str = "\
Examples:
  entrepot provider run provider.toml
  entrepot provider run provider.toml --once       one round, for a timer

Each round registers if need be, beats for leases that are due, bids within the capacity, and withdraws when
it is time. What it did goes to standard output, a line each. It can be stopped and started at any moment.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file; `entrepot provider example` prints one.
    file: PathBuf,
    /// Where it keeps for which orders it has bid; default the file's name with `.state.json`.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// End after one round.
    #[arg(long)]
    once: bool,
    /// The key that signs on the market's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let config = Config::read(&args.file)?;
    let stake: CoinArg = config.stake.parse().map_err(|error| anyhow!("`stake`: {error}"))?;
    let desk = Desk::new(place.session()?.market_actor(args.key.as_deref()).await?);
    say(&format!("working as {}", desk.address()))?;
    let memory = Memory::open(&args.state.unwrap_or_else(|| Memory::beside(&args.file)))?;
    let mut worker = Worker::new(desk, config, (stake.amount, stake.denom), memory);
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?.as_secs();
        let round = worker.round(now).await;
        if args.once {
            return round?.iter().try_for_each(|line| say(line));
        }
        match round {
            Ok(done) => done.iter().try_for_each(|line| say(line))?,
            // A node that does not answer must not end a provider: the next round tries again.
            Err(error) => writeln!(std::io::stderr(), "warning: {}", refusal::said(&error))?,
        }
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
            () = tokio::time::sleep(Duration::from_secs(worker.pause_seconds())) => {}
        }
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
