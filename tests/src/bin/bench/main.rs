//! Measures on real chains. `scripts/bench` is how to run it.

mod relay;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use e2e::gas::{self, Setup};

#[derive(Parser)]
#[command(about = "Measurements on real chains; run by scripts/bench")]
struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// What each message of the market costs in gas.
    Gas(GasArgs),
    /// How ferry relays beside Hermes and rly.
    Relay(relay::Args),
}

#[derive(clap::Args)]
struct GasArgs {
    /// The description of the local nodes that `scripts/localnet` writes.
    #[arg(long)]
    localnet: PathBuf,
    /// The market's artifact.
    #[arg(long)]
    wasm: PathBuf,
    /// How many deployments, leases, orders and bids the stores hold.
    #[arg(long, value_delimiter = ',', default_value = "1,100,10000")]
    sizes: Vec<u32>,
    /// Leave out the messages for which a quarter of an hour must pass.
    #[arg(long)]
    quick: bool,
    /// The document whose table is replaced; without it the table is only printed.
    #[arg(long)]
    document: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Bench::parse().what {
        What::Gas(args) => Box::pin(measure(args)).await,
        What::Relay(args) => Box::pin(relay::measure(args)).await.map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row meets its target and stays flat.
async fn measure(args: GasArgs) -> anyhow::Result<bool> {
    let GasArgs { localnet, wasm, sizes, quick, document } = args;
    let table = gas::measure(&Setup { localnet, wasm, sizes, quick }).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", table.markdown(), table.verdict())?;
    if let Some(document) = document {
        table.replace_in(&document)?;
    }
    Ok(table.is_good())
}
