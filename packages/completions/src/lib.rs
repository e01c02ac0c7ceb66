//! The verb `completions`, which ferry and entrepot share.

use std::io::{self, Write as _};

use clap::{CommandFactory, ValueEnum};
use clap_complete::{generate, shells};

/// What the verb takes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// The examples in the verb's help: where each shell looks for the script of the program named.
#[macro_export]
macro_rules! examples {
    ($name:literal) => {
        concat!(
            "Examples:\n",
            "  ",
            $name,
            " completions bash > ~/.local/share/bash-completion/completions/",
            $name,
            "\n",
            "  ",
            $name,
            " completions zsh > \"${fpath[1]}/_",
            $name,
            "\"\n",
            "  ",
            $name,
            " completions fish > ~/.config/fish/completions/",
            $name,
            ".fish"
        )
    };
}

/// Prints the script that completes the commands of `C`.
///
/// # Errors
/// Standard output is closed.
pub fn print<C: CommandFactory>(args: Args) -> io::Result<()> {
    let mut command = C::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    match args.shell {
        Shell::Bash => generate(shells::Bash, &mut command, name, &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, name, &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, name, &mut script),
    }
    io::stdout().write_all(&script)
}
