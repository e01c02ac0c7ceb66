//! `entrepot completions`

use clap::{CommandFactory as _, ValueEnum};

use super::Cli;

const EXAMPLES: &str = "\
Examples:
  entrepot completions bash > ~/.local/share/bash-completion/completions/entrepot
  entrepot completions zsh > \"${fpath[1]}/_entrepot\"
  entrepot completions fish > ~/.config/fish/completions/entrepot.fish";

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
    let mut command = Cli::command();
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => generate(shells::Bash, &mut command, "entrepot", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "entrepot", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "entrepot", &mut script),
    }
    Ok(std::io::Write::write_all(&mut std::io::stdout(), &script)?)
}
