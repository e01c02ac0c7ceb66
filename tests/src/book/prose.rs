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

    /// The commands of Hermes 1.13.
    const HERMES: &str = "clear packets|completions|config auto|config validate|create channel|create client|\
        create connection|evidence|fee register-counterparty-payee|fee register-payee|fee transfer|health-check|keys add|\
        keys balance|keys delete|keys list|listen|logs reset|logs set-log-level|logs set-raw-filter|misbehaviour|\
        query channel client|query channel end|query channel ends|query channels|query client connections|\
        query client consensus|query client header|query client state|query client status|query clients|\
        query connection channels|query connection end|query connections|query packet ack|query packet acks|\
        query packet commitment|query packet commitments|query packet pending|query packet pending-acks|\
        query packet pending-sends|query transfer denom-trace|query tx events|start|tx chan-close-confirm|\
        tx chan-close-init|tx chan-open-ack|tx chan-open-confirm|tx chan-open-init|tx chan-open-try|tx chan-upgrade-ack|\
        tx chan-upgrade-cancel|tx chan-upgrade-confirm|tx chan-upgrade-open|tx chan-upgrade-timeout|tx chan-upgrade-try|\
        tx conn-ack|tx conn-confirm|tx conn-init|tx conn-try|tx ft-transfer|tx packet-ack|tx packet-recv|\
        tx upgrade-chain|update client|upgrade client|upgrade clients|version";
    /// The commands of rly 2.6.
    const RLY: &str = "chains add|chains add-dir|chains address|chains configure feegrant|chains delete|chains list|\
        chains registry-list|chains set-backup-rpc-addrs|chains set-rpc-addr|chains show|config init|config show|keys add|\
        keys address|keys delete|keys export|keys list|keys restore|keys show|keys use|paths add|paths add-dir|\
        paths delete|paths fetch|paths list|paths new|paths show|paths update|query balance|query balances|query channel|\
        query channels|query client|query client-connections|query clients|query clients-expiration|query connection|\
        query connection-channels|query connections|query denom-hash|query denom-trace|query feegrant|query header|\
        query ibc-denoms|query node-state|query packet-commit|query tx|query txs|query unrelayed-acknowledgements|\
        query unrelayed-packets|start|tx channel|tx channel-close|tx client|tx clients|tx connection|tx flush|tx link|\
        tx link-then-start|tx register-counterparty|tx relay-acknowledgements|tx relay-packets|tx transfer|\
        tx update-clients|tx upgrade-clients|version";

    /// Each command of the others has a row, which names what there is of ferry's, or why there is nothing.
    #[test]
    fn every_command_of_hermes_and_rly_has_its_counterpart() {
        let mut ferry = ferry::cli::Cli::command();
        ferry.build();
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/coming-from.md");
        let page = fs::read_to_string(page).unwrap();
        let table = page.lines().skip_while(|line| !line.starts_with("| Hermes | rly | ferry |"));
        let table = table.take_while(|line| line.starts_with('|')).skip(2);
        let rows: Vec<Vec<&str>> = table.map(|row| row.split(" | ").collect()).collect();
        let quoted = |cell: &'_ str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        for (column, commands) in [(0, HERMES), (1, RLY)] {
            let named: Vec<String> = rows.iter().flat_map(|row| quoted(row[column])).collect();
            for command in commands.split('|') {
                let count = named.iter().filter(|named| *named == command).count();
                assert_eq!(count, 1, "`{command}` of column {column}");
            }
        }
        for row in &rows {
            assert_eq!(row.len(), 3, "{row:?}");
            for typed in quoted(row[2]) {
                let first = typed.split(' ').next().unwrap_or_default();
                let is_command = ferry.find_subcommand(first).is_some() || typed.starts_with("--");
                let key = first.rsplit('.').next().unwrap_or_default();
                let is_key = ferry::config::example::EXAMPLE.contains(&format!("{key} = "));
                let is_address = first.starts_with('/') || first == "POST";
                let is_the_sdks = typed == "tx feegrant grant" || typed == "--path";
                if is_command && !is_the_sdks {
                    read(&ferry, &format!("ferry {typed}"))
                        .unwrap_or_else(|error| panic!("`{typed}`: {error}"));
                }
                assert!(is_command || is_key || is_address || is_the_sdks, "`{typed}`");
            }
        }
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
