//! `entrepot why`

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::Place;
use super::watch::Watch;
use crate::deploy::StateFile;
use crate::deploy::config::Config;
use crate::session::Books;
use crate::why::{Explanation, Facts, Reader, explain};

const EXAMPLES: &str = "\
Examples:
  entrepot why 7
  entrepot why 7 --watch
  entrepot why 7 --config deploy.toml
  entrepot why 7 --market-rpc http://127.0.0.1:26657 --outpost-rpc http://127.0.0.1:26757 --outpost wasm1...

The answer is a hint: the reason of a refusal stands in the events of the market's chain, which no light
client proves. The node must index transactions.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The purchase's number at the outpost.
    seq: u64,
    /// A deployment file, which names the chains; default the configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The deployment's state file; default the deployment file's name with `.state.json`.
    #[arg(long, value_name = "FILE", requires = "config")]
    state: Option<PathBuf>,
    /// A node of the market's chain.
    #[arg(long, value_name = "URL", requires = "outpost")]
    market_rpc: Option<String>,
    /// A node of the outpost's chain.
    #[arg(long, value_name = "URL", requires = "outpost")]
    outpost_rpc: Option<String>,
    /// The outpost's address, instead of a deployment file.
    #[arg(
        long,
        value_name = "ADDRESS",
        conflicts_with = "config",
        requires_all = ["market_rpc", "outpost_rpc"]
    )]
    outpost: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    explanation: Explanation,
    facts: Facts,
    /// Always: events are not proved.
    hint: bool,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.explanation)?;
        writeln!(f, "(a hint: what nodes say of events is not proved)")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let reader = reader(place, &args).await?;
    args.watch
        .show(async || {
            let facts = reader.facts(args.seq).await?;
            Ok(Answer { explanation: explain(&facts), facts, hint: true })
        })
        .await
}

/// What reads the contracts of the configuration.
pub(super) fn reader_of(Books { market, outpost }: Books) -> Reader {
    Reader { market_chain: market.chain, outpost_chain: outpost.chain, outpost: outpost.address }
}

async fn reader(place: &Place, args: &Args) -> anyhow::Result<Reader> {
    if let Some(outpost) = args.outpost.clone() {
        let market_rpc = args.market_rpc.as_ref().context("--market-rpc is missing")?;
        let outpost_rpc = args.outpost_rpc.as_ref().context("--outpost-rpc is missing")?;
        return Ok(Reader {
            market_chain: Reader::connect(market_rpc).await?,
            outpost_chain: Reader::connect(outpost_rpc).await?,
            outpost,
        });
    }
    let Some(path) = &args.config else {
        return Ok(reader_of(place.session()?.books().await?));
    };
    let chains = Config::read(path)?.chains;
    let state = args.state.clone().unwrap_or_else(|| StateFile::beside(path));
    let file = StateFile::open(&state, &chains.market.id, &chains.outpost.id)?;
    let outpost = file.state.outpost.address.with_context(|| {
        format!("`{}` names no outpost; deploy first, or give --state FILE", state.display())
    })?;
    Ok(Reader {
        market_chain: chains.market.connect().await?,
        outpost_chain: chains.outpost.connect().await?,
        outpost,
    })
}
