//! `entrepot local init`

use std::fmt;
use std::path::PathBuf;

use super::super::{Output, Place};
use super::Nodes;
use crate::localnet::{Parts, Prepared};

const EXAMPLES: &str = "\
Examples:
  entrepot local init
  entrepot --home try local init --localnet .localnet --artifacts artifacts --ferry target/debug/ferry";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    nodes: Nodes,
    /// The ferry binary.
    #[arg(long, value_name = "FILE", default_value = "ferry")]
    ferry: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deployment = self.deployment.display();
        writeln!(f, "keys        {}", self.keys.join(", "))?;
        writeln!(f, "password    in {}", self.password_file.display())?;
        writeln!(f, "ferry       {}", self.ferry_home.display())?;
        writeln!(f, "deployment  {deployment}")?;
        writeln!(f, "next: entrepot deploy --config {deployment}")
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let Args { nodes, ferry, output } = args;
    let parts = Parts { artifacts: &nodes.artifacts, ferry: &ferry };
    output.print(&nodes.read()?.prepare(&place.home()?, parts).await?)
}
