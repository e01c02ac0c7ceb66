//! ferry, an IBC relayer: the command.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ferry::cli::Cli;
use tokio::runtime::Runtime;

fn main() -> io::Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(ferry::cli::run(cli));
    // Else a name server that says nothing would be waited for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(code)
}
