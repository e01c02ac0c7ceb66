//! `entrepot provider run`

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, ensure};
use cosmos::text;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::super::sent::CoinArg;
use super::super::{Output, Place};
use crate::lock::Lock;
use crate::provider::{Config, Desk, Round, Worker};
use crate::refusal;

const EXAMPLES: &str = "\
Examples:
  entrepot provider run provider.toml
  entrepot provider run provider.toml --once       one round, for a timer
  entrepot provider run provider.toml --json       a document a line for each thing done

Each round beats for leases that are due, ends those that are over, takes deposits back, withdraws when it is
time, has the [[offers]] of the file stand as it says, and bids within the capacity and the [limits]. What it
did goes to standard output, a line each, warnings to standard error. It can be stopped and started at any
moment; it reads the file when it starts.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file; `entrepot provider example` prints one.
    file: PathBuf,
    /// End after one round.
    #[arg(long)]
    once: bool,
    /// The key that signs on the market's chain.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// A thing that was done.
#[derive(Serialize)]
struct Done<'a> {
    /// The machine's time, in seconds since 1970.
    at: u64,
    done: &'a str,
}

impl fmt::Display for Done<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", text::printable(self.done))
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let config = Config::read(&args.file)?;
    let stake: CoinArg = config.stake.parse().map_err(|error| anyhow!("`stake`: {error}"))?;
    let desk = Desk::new(place.session()?.market_actor(args.key.as_deref()).await?);
    let lock = place.home()?.dir().join("running").join(format!("{}.lock", desk.address()));
    let _alone = Lock::take(&lock)?.with_context(|| {
        let (address, lock) = (desk.address(), lock.display());
        format!("another program runs as {address} and holds `{lock}`; two would bid the same capacity twice, so end that one")
    })?;
    let say = |at: u64, done: &str| {
        args.output.print(&Done { at, done })?;
        Ok::<_, anyhow::Error>(std::io::stdout().flush()?)
    };
    say(clock()?, &format!("working as {}", desk.address()))?;
    let mut worker = Worker::new(desk, config, (stake.amount, stake.denom));
    // Asked once for the whole loop: a round that was begun is finished, and a signal in it is not lost.
    let mut stop = pin!(asked_to_stop());
    loop {
        let now = clock()?;
        let Round { done, failed } = worker.round(now).await;
        done.iter().try_for_each(|line| say(now, line))?;
        // A node that does not answer must not end a provider: the next round tries again.
        for error in &failed {
            let said = refusal::said(error);
            writeln!(std::io::stderr(), "warning: {}", text::printable(&said))?;
        }
        if args.once {
            ensure!(
                failed.is_empty(),
                "the round was not whole, see above; the next one tries again"
            );
            return Ok(());
        }
        tokio::select! {
            asked = &mut stop => return asked,
            () = tokio::time::sleep(Duration::from_secs(worker.pause_seconds())) => {}
        }
    }
}

/// Waits for what ends a program: Ctrl-C, or a service manager's request.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminate.recv() => Ok(()),
    }
}

fn clock() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?.as_secs())
}
