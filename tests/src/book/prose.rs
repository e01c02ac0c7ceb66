//! Commands that a text names outside of its blocks, where no test runs them: each must be one that there is.

use clap::{ArgAction, Command};

/// Reads a command as a text names it: `…` stands for what is left out, `|` between alternatives, and what is piped or
/// written elsewhere is the shell's.
///
/// # Errors
/// A word that is no command there, or an option that no command on the way has.
pub fn read(program: &Command, typed: &str) -> Result<(), String> {
    let words = typed.replace('\\', "");
    let mut words = words.split_whitespace().skip(1).take_while(|word| !["|", ">"].contains(word));
    let mut path = vec![program];
    while let Some(word) = words.next() {
        let command = path[path.len() - 1];
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or_default();
            let known = path.iter().flat_map(|command| command.get_arguments());
            let known = known.filter(|known| known.get_long() == Some(name)).last();
            let missing = || format!("`{}` has no option `--{name}`", command.get_name());
            let known = known.ok_or_else(missing)?;
            let takes_one = matches!(known.get_action(), ArgAction::Set | ArgAction::Append);
            if takes_one && !option.contains('=') {
                words.next();
            }
        } else if let Some(below) = below(command, word)? {
            path.push(below);
        }
    }
    Ok(())
}

/// The command that a word names below another; none if it names something else.
fn below<'a>(command: &'a Command, word: &str) -> Result<Option<&'a Command>, String> {
    if word == "…" || command.get_subcommands().next().is_none() {
        return Ok(None);
    }
    let mut found = None;
    for name in word.split('|') {
        let missing = || format!("`{}` has no command `{name}`", command.get_name());
        found = Some(command.find_subcommand(name).ok_or_else(missing)?);
    }
    // Of several each exists, and what follows is theirs all.
    Ok(found.filter(|_| !word.contains('|')))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::super::links;
    use super::*;

    #[test]
    fn every_command_that_a_text_names_is_there() {
        let (entrepot, ferry) = (entrepot::cli::Cli::command(), ferry::cli::Cli::command());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let mut count = 0;
        for file in links::texts(&root).unwrap() {
            if file.ends_with("CHANGELOG.md") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for typed in links::quoted(&text) {
                let program = match typed.split(' ').next() {
                    Some("entrepot") => &entrepot,
                    Some("ferry") => &ferry,
                    _ => continue,
                };
                read(program, typed)
                    .unwrap_or_else(|error| panic!("{} names `{typed}`: {error}", file.display()));
                count += 1;
            }
        }
        assert!(count >= 60, "only {count} commands");
    }

    #[test]
    fn a_command_that_is_not_there_is_found() {
        let entrepot = entrepot::cli::Cli::command();
        for there in [
            "entrepot propose --dao daodao|cw3 … buy|top-up",
            "entrepot keys restore NAME",
            "entrepot provider example > provider.toml",
            "entrepot orders wasm1dao --json",
        ] {
            read(&entrepot, there).unwrap();
        }
        for (gone, says) in [
            ("entrepot purchase", "no command `purchase`"),
            ("entrepot propose --dao cw3 … buy|sell", "no command `sell`"),
            ("entrepot close 7 --days 3", "no option `--days`"),
            ("entrepot keys forget me", "no command `forget`"),
        ] {
            let error = read(&entrepot, gone).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
