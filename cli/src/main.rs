//! `entrepot`

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    entrepot::cli::run(entrepot::cli::Cli::parse()).await
}
