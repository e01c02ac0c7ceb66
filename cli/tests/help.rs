//! What `--help` says, of every command that there is.

use clap::{ArgMatches, Command, CommandFactory as _, Parser as _};
use entrepot::cli::Cli;

/// The words of an example, without what the shell takes for itself and what explains it.
fn words(line: &str) -> Vec<&str> {
    let typed = ["  ", " > ", " | "]
        .iter()
        .fold(line, |typed, end| typed.split_once(end).map_or(typed, |(before, _)| before));
    typed.split_whitespace().collect()
}

/// The examples of a command's help.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let below = help.split("Examples:\n").nth(1).unwrap_or_default().to_owned();
    let lines = below.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.strip_prefix("  ").map(ToOwned::to_owned)).collect()
}

/// The names of the commands that were parsed.
fn parsed(mut matches: &ArgMatches) -> String {
    let mut path = vec!["entrepot"];
    while let Some((name, below)) = matches.subcommand() {
        path.push(name);
        matches = below;
    }
    path.join(" ")
}

/// Asserts that every example of a command and of those below it is taken, and that one shows the command itself.
fn walk(command: &Command, path: &str, count: &mut usize) {
    let mut shows_itself = false;
    for line in examples(command).iter().filter(|line| line.starts_with("entrepot")) {
        let words = words(line);
        let matches = Cli::command().try_get_matches_from(&words);
        let matches =
            matches.unwrap_or_else(|error| panic!("`{line}` in the help of `{path}`: {error}"));
        Cli::try_parse_from(&words).unwrap();
        shows_itself |= format!("{} ", parsed(&matches)).starts_with(&format!("{path} "));
        *count += 1;
    }
    assert!(shows_itself, "the help of `{path}` has no example of it");
    for below in command.get_subcommands() {
        walk(below, &format!("{path} {}", below.get_name()), count);
    }
}

#[test]
fn every_command_has_examples_and_each_of_them_parses() {
    let mut count = 0;
    walk(&Cli::command(), "entrepot", &mut count);
    assert!(count >= 100, "{count} examples");
}
