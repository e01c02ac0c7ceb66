//! Measures on real chains. `scripts/bench` is how to run it.

mod localnet;
mod relay;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};
use e2e::gas::{self, Setup};
use e2e::signer::{Clock, Signer};

use crate::localnet::run;

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
    /// `scripts/localnet`, which starts the nodes.
    #[arg(long)]
    localnet: PathBuf,
    /// The folder in which it keeps them.
    #[arg(long)]
    folder: PathBuf,
    /// The market's artifact.
    #[arg(long)]
    wasm: PathBuf,
    /// Where the artifacts of the other contracts are.
    #[arg(long)]
    artifacts: PathBuf,
    /// How many deployments, leases, orders and bids the stores hold.
    #[arg(long, value_delimiter = ',', default_value = "1,100,10000")]
    sizes: Vec<u32>,
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
    let GasArgs { localnet, folder, wasm, artifacts, sizes, document } = args;
    // In a folder of its own: the path of a socket must be short, and a socket that is there is not listened on.
    let socket = tempfile::tempdir()?;
    let clock = Clock::default();
    let signer = Signer {
        socket: socket.path().join("signer"),
        key: folder.join("a/config/priv_validator_key.json"),
        clock: clock.clone(),
    };
    let setup = Setup { localnet: folder.join("localnet.json"), clock, wasm, artifacts, sizes };
    let signed_by = [("LOCALNET_SIGNER", signer.socket.clone())];
    let table = async {
        run(&localnet, &["up", "--fresh"], &signed_by).await?;
        let measured = gas::measure(&setup).await;
        // A node that waits for a signature does not end when it is asked to.
        let stopped = run(&localnet, &["down"], &[]).await;
        let table = measured?;
        stopped?;
        anyhow::Ok(table)
    };
    let table = tokio::select! {
        signed = signer.run() => bail!("nobody signs for the node any more: {signed:?}"),
        table = table => table?,
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", table.markdown(), table.verdict())?;
    if let Some(document) = document {
        table.replace_in(&document)?;
    }
    Ok(table.is_good())
}
