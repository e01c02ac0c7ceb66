//! What people type, and what they read.
//!
//! Results go to standard output, as text or with `--json` as JSON with the same facts; progress
//! and errors go to standard error. Exit code 0: done, 1: failed, 2: wrong usage.

mod completions;
mod demo;
mod deploy;
mod money;
mod order;
mod table;
mod why;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde::Serialize;

/// Buy compute on one chain from another: deploy the contracts, see the story, learn why a purchase was refused.
#[derive(Debug, Parser)]
#[command(name = "entrepot", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  entrepot demo                                   the whole story on two chains inside this process
  entrepot deploy --example > deploy.toml         a deployment file to fill in
  entrepot deploy --config deploy.toml --dry-run  what would be done
  entrepot deploy --config deploy.toml            do it
  entrepot order from deploy.yaml --json          Akash's deployment file as an order
  entrepot why 7 --config deploy.toml             why purchase 7 was refused, or where it is";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Tell the story: a DAO on one chain buys compute on another, and the rest comes home.
    Demo(demo::Args),
    /// Store, make and join the contracts on two chains; goes on where it was interrupted.
    Deploy(deploy::Args),
    /// Turn a deployment file into an order for the market.
    Order(order::Args),
    /// Say why a purchase was refused, or where it is, and what to change.
    Why(why::Args),
    /// Print a script that completes commands in a shell.
    Completions(completions::Args),
}

/// Runs a command and reports how it went.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.verb {
        Verb::Demo(args) => demo::run(args).await,
        Verb::Deploy(args) => deploy::run(args).await,
        Verb::Order(args) => order::run(args),
        Verb::Why(args) => why::run(args).await,
        Verb::Completions(args) => completions::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How results are wanted.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Output {
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints a result.
    fn print(self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, result)?;
            writeln!(out)?;
        } else {
            write!(out, "{result}")?;
        }
        Ok(())
    }
}
