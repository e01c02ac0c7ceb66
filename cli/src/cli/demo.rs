//! `entrepot demo`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;

use super::Output;
use crate::demo::{self, Form, Nodes};

const EXAMPLES: &str = "\
Examples:
  entrepot demo
  entrepot demo --json                             a document for each step
  entrepot demo --chains wasmd --localnet localnet.json --artifacts artifacts --ferry target/debug/ferry

`scripts/demo --chains wasmd` starts two nodes, builds all that is needed and calls the second.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Where the story happens.
    #[arg(long, value_enum, default_value_t = Chains::Simnet)]
    chains: Chains,
    /// With `--chains wasmd`: what `scripts/localnet` wrote about the nodes.
    #[arg(long, value_name = "FILE", required_if_eq("chains", "wasmd"))]
    localnet: Option<PathBuf>,
    /// With `--chains wasmd`: the directory of the compiled contracts.
    #[arg(long, value_name = "DIR", required_if_eq("chains", "wasmd"))]
    artifacts: Option<PathBuf>,
    /// With `--chains wasmd`: the ferry binary.
    #[arg(long, value_name = "FILE", required_if_eq("chains", "wasmd"))]
    ferry: Option<PathBuf>,
    /// With `--chains wasmd`: a new directory for ferry's home and log; default a temporary one.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chains {
    /// Two chains inside this process.
    Simnet,
    /// Two real nodes, with ferry between them.
    Wasmd,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let form = if args.output.json { Form::Json } else { Form::Text };
    if args.chains == Chains::Simnet {
        return demo::simulated(&mut out, form).await;
    }
    let work = args.work.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("entrepot-demo-{}", std::process::id()))
    });
    let nodes = Nodes {
        localnet: args.localnet.context("--localnet is missing")?,
        artifacts: args.artifacts.context("--artifacts is missing")?,
        ferry: args.ferry.context("--ferry is missing")?,
        work,
    };
    demo::live(&nodes, &mut out, form).await
}
