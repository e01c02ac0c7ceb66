//! `entrepot deploy`

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

use super::Output;
use crate::deploy::config::{Config, EXAMPLE};
use crate::deploy::{Deployed, Deployment, Plan, Standing, StateFile};
use crate::lock::Lock;

const EXAMPLES: &str = "\
Examples:
  entrepot deploy --example > deploy.toml
  entrepot deploy --config deploy.toml --dry-run
  entrepot deploy --config deploy.toml
  entrepot deploy --config deploy.toml --json > addresses.json

What was done is kept in the state file. The same command goes on after an interruption, and asks the
chains about each step before it skips it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The deployment file.
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    config: Option<PathBuf>,
    /// Where progress is kept; default the deployment file's name with `.state.json`.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Only say what is done and what would be.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
    /// Print a deployment file with every key and its meaning.
    #[arg(long, conflicts_with_all = ["config", "state", "dry_run", "json"])]
    example: bool,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Standing { step, done, would } in &self.steps {
            match (done, would) {
                (Some(found), _) => writeln!(f, "done     {step}: {found}")?,
                (None, Some(would)) => writeln!(f, "to do    {step}: {would}")?,
                (None, None) => writeln!(f, "to do    {step}")?,
            }
        }
        self.missing.iter().try_for_each(|what| writeln!(f, "missing  {what}"))
    }
}

impl fmt::Display for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "market   {} on {}", self.market, self.market_chain)?;
        writeln!(f, "outpost  {} on {}", self.outpost, self.outpost_chain)?;
        writeln!(f, "route    `{}`, transfer {}", self.route, self.transfer)?;
        writeln!(f, "control  {}", self.control)?;
        writeln!(f, "paid in  {}, on the market's chain {}", self.denom, self.market_denom)
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    if args.example {
        std::io::stdout().write_all(EXAMPLE.as_bytes())?;
        return Ok(());
    }
    let path = args.config.context("--config is missing")?;
    let config = Config::read(&path)?;
    let (a, b) = (&config.chains.market.id, &config.chains.outpost.id);
    let state = args.state.unwrap_or_else(|| StateFile::beside(&path));
    let lock = state.with_extension("lock");
    let _alone = Lock::take(&lock)?.with_context(|| {
        format!("another program deploys by `{}`; wait until it has ended", state.display())
    })?;
    let mut file = StateFile::open(&state, a, b)?;
    let sites = config.sites().await?;
    let channels = config.channels().context("no channels are configured")?;
    let deployment = Deployment {
        sites: &sites,
        spec: &config.spec(),
        channels: &channels,
        carrier: &config.carrier(),
    };
    if args.dry_run {
        return args.output.print(&deployment.plan(&file.state).await?);
    }
    let mut say = |text: &str| {
        // With standard error closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "{text}");
    };
    args.output.print(&deployment.run(&mut file, &mut say).await?)
}
