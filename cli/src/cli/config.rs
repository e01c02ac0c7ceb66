//! `entrepot config`

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;

use super::{Output, Place};
use crate::deploy::StateFile;
use crate::deploy::config::{ChainSection, Config as DeployConfig, KeysSection};
use crate::home::{Config, EXAMPLE, Home};

const EXAMPLES: &str = "\
Examples:
  entrepot config init                             an example to fill in
  entrepot config init --deployment deploy.toml    the contracts that `entrepot deploy` made
  entrepot config show";

const INIT: &str = "\
Examples:
  entrepot config init
  entrepot config init --deployment deploy.toml --key me
  entrepot --home try config init --deployment try/deploy.toml";

const SHOW: &str = "\
Examples:
  entrepot config show
  entrepot config show --json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a configuration; one that exists is never touched.
    #[command(after_help = INIT)]
    Init {
        /// A deployment file: take its chains, and its contracts from its state file.
        #[arg(long, value_name = "FILE")]
        deployment: Option<PathBuf>,
        /// The deployment's state file; default the deployment file's name with `.state.json`.
        #[arg(long, value_name = "FILE", requires = "deployment")]
        state: Option<PathBuf>,
        /// The key that signs on both chains.
        #[arg(long, value_name = "NAME", requires = "deployment")]
        key: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Show where the configuration is and what it says.
    #[command(after_help = SHOW)]
    Show {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    text: String,
    next: Option<&'static str>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.next {
            Some(next) => writeln!(f, "wrote {}\nnext: {next}", self.file.display()),
            None => write!(f, "# {}\n\n{}", self.file.display(), self.text),
        }
    }
}

pub(super) fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let home = place.home()?;
    match args.verb {
        Verb::Init { deployment, state, key, output } => {
            let (text, next) = match deployment {
                None => (EXAMPLE.to_owned(), "fill it in, then `entrepot keys add NAME`"),
                Some(file) => {
                    let state = state.unwrap_or_else(|| StateFile::beside(&file));
                    let next = match &key {
                        Some(_) => "entrepot market",
                        None => "entrepot keys add NAME",
                    };
                    (of_deployment(&home, &file, &state, key.as_deref())?, next)
                }
            };
            let file = home.write_config(&text)?;
            output.print(&Shown { file, text, next: Some(next) })
        }
        Verb::Show { output } => {
            home.config()?;
            let file = home.config_file();
            let text = std::fs::read_to_string(&file)?;
            output.print(&Shown { file, text, next: None })
        }
    }
}

/// The configuration for the contracts of a deployment.
fn of_deployment(
    home: &Home,
    file: &std::path::Path,
    state: &std::path::Path,
    key: Option<&str>,
) -> anyhow::Result<String> {
    let DeployConfig { chains, keys, .. } = DeployConfig::read(file)?;
    let made = StateFile::open(state, &chains.market.id, &chains.outpost.id)?.state;
    let address = |address: Option<String>, what: &str| {
        address.with_context(|| {
            format!("`{}` names no {what}; `entrepot deploy` makes it", state.display())
        })
    };
    let market = section("market", &chains.market, &address(made.market.address, "market")?, key);
    let outpost = address(made.outpost.address, "outpost")?;
    let outpost = section("outpost", &chains.outpost, &outpost, key);
    let password = password_line(home, &keys)?;
    let text = format!("# Made from `{}`.\n\n{password}{market}\n{outpost}", file.display());
    // What is written can be read again.
    Config::parse(&text)?;
    Ok(text)
}

/// Keys that serve both the deployment and the user have one password.
fn password_line(home: &Home, keys: &KeysSection) -> anyhow::Result<String> {
    let (Some(dir), Some(file)) = (&keys.dir, &keys.password_file) else {
        return Ok(String::new());
    };
    let own = home.dir().join("keys");
    if !own.try_exists()? || own.canonicalize()? != dir.canonicalize()? {
        return Ok(String::new());
    }
    let file = file.canonicalize().with_context(|| format!("no `{}`", file.display()))?;
    let file = toml::Value::from(file.display().to_string());
    Ok(format!("password_file = {file}\n\n"))
}

fn section(name: &str, chain: &ChainSection, contract: &str, key: Option<&str>) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut text = format!(
        "[{name}]\nchain_id = {}\nrpc = {}\naddress_prefix = {}\ngas_price = {}\ncontract = {}\n",
        quoted(&chain.id),
        quoted(&chain.rpc),
        quoted(&chain.address_prefix),
        quoted(&chain.gas_price),
        quoted(contract),
    );
    match key {
        Some(key) => text.push_str(&format!("key = {}\n", quoted(key))),
        None => text.push_str("# key = \"me\"\n"),
    }
    text
}
