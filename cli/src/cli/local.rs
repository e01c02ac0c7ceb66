//! `entrepot local`

mod dao;
mod init;

use std::path::PathBuf;

use clap::Subcommand;

use super::Place;
use crate::localnet::Localnet;

const EXAMPLES: &str = "\
Examples:
  scripts/localnet up                                 two nodes
  entrepot --home try local init                      keys, a relayer, a deployment file for them
  entrepot --home try deploy --config try/deploy.toml
  entrepot --home try config init --deployment try/deploy.toml --key user1
  entrepot local dao --member user1 --member user2 --fund 1000000000usdx

All keys here are public: they stand in the repository. Never use them elsewhere.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write keys, a relayer's home and a deployment file for the two nodes into a new folder.
    Init(init::Args),
    /// Make a DAO of DAO DAO on the outpost's chain, with money.
    Dao(dao::Args),
}

/// Which nodes.
#[derive(Debug, clap::Args)]
struct Nodes {
    /// The state folder of `scripts/localnet`.
    #[arg(
        long = "localnet",
        value_name = "DIR",
        env = "LOCALNET_DIR",
        default_value = ".localnet"
    )]
    dir: PathBuf,
    /// The directory of the compiled contracts.
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
}

impl Nodes {
    fn read(&self) -> anyhow::Result<Localnet> {
        Localnet::read(&self.dir.join("localnet.json"))
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    match args.verb {
        Verb::Init(args) => init::run(place, args).await,
        Verb::Dao(args) => dao::run(args).await,
    }
}
