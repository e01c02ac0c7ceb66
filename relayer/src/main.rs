//! ferry, an IBC relayer: the command.

use std::process::ExitCode;

use clap::Parser;
use ferry::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    ferry::cli::run(Cli::parse()).await
}
