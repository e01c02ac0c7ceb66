//! `ferry completions`

use std::io::Write as _;

use clap::{CommandFactory as _, ValueEnum};

use super::Cli;

const EXAMPLES: &str = "\
Examples:
  ferry completions bash > ~/.local/share/bash-completion/completions/ferry
  ferry completions zsh > \"${fpath[1]}/_ferry\"
  ferry completions fish > ~/.config/fish/completions/ferry.fish";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    use clap_complete::{generate, shells};
    let (mut command, mut script) = (Cli::command(), Vec::new());
    match args.shell {
        Shell::Bash => generate(shells::Bash, &mut command, "ferry", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "ferry", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "ferry", &mut script),
    }
    Ok(std::io::stdout().write_all(&script)?)
}
