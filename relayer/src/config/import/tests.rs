//! Taking over whole files with every key that the other relayers document.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::config::filter::Filter;
use crate::config::gas::Module;
use crate::config::{Chain, Listen, Mistake};
use crate::model::config::Handshakes;

const HERMES: &str = include_str!("../../../tests/import/hermes.toml");
const RLY: &str = include_str!("../../../tests/import/rly.yaml");

fn noted<'a>(import: &'a Import, key: &str) -> &'a Note {
    let note = import.notes.iter().find(|note| note.key == key);
    note.unwrap_or_else(|| panic!("`{key}` is not named in {:#?}", import.notes))
}

/// The names of the keys of a file, of whatever depth.
fn keys(at: &str, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            keys(&at, value, into);
        }),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().enumerate().for_each(|(i, item)| keys(&format!("{at}[{i}]"), item, into));
        }
        _ => into.push(at.to_owned()),
    }
}

/// Hermes limits them where its file says nothing.
#[test]
fn what_hermes_limits_unasked_is_limited() {
    let without: String = HERMES
        .lines()
        .filter(|line| !line.starts_with("ics20_max"))
        .fold(String::new(), |all, line| all + line + "\n");
    let chains = import(&without).unwrap().config.chains;
    let longest = |chain: &Chain| (chain.filter.max_memo_bytes, chain.filter.max_receiver_bytes);
    assert!(chains.iter().all(|chain| longest(chain) == (Some(32_768), Some(2_048))));
}

#[test]
fn a_configuration_of_hermes_becomes_ours() {
    let import = import(HERMES).unwrap();
    let Config { ferry, serve, chains, .. } = &import.config;
    assert_eq!(ferry.log, "debug");
    assert_eq!(serve.listen, Some(Listen::At("127.0.0.1:3000".parse().unwrap())));
    let ids: Vec<&str> = chains.iter().map(|chain| chain.id.as_str()).collect();
    assert_eq!(ids, ["ibc-0", "ibc-1"]);
    let first = &chains[0];
    assert_eq!(first.rpc, ["http://127.0.0.1:26657"]);
    assert_eq!((first.address_prefix.as_str(), first.key.first()), ("cosmos", "testkey"));
    assert_eq!(first.gas_price.to_string(), "0.025stake");
    assert_eq!((first.max_msgs, first.memo.as_str()), (30, "ours"));
    assert!(first.fee_granter.first().starts_with("cosmos1"));
    assert_eq!(first.extension_options, [ExtensionOption::EthermintDynamicFee(1_000_000)]);
    assert_eq!(first.trusting_period, Some(Duration::from_secs(14 * 86_400)));
    assert_eq!(first.max_clock_drift, Duration::from_secs(44));
    assert_eq!((first.trust_threshold.numerator(), first.trust_threshold.denominator()), (2, 3));
    assert_eq!(first.rpc_timeout, Duration::from_secs(20));
    let dynamic = first.dynamic_gas_price.as_ref().unwrap();
    assert_eq!((dynamic.module, dynamic.multiplier), (Module::Feemarket, 1_200));
    assert_eq!(dynamic.max.to_string(), "0.6stake");
    assert_eq!((first.gas_multiplier, first.max_gas), (1_100, Some(400_000)));
    let Filter { allow_channels, deny_channels, .. } = &first.filter;
    let shown: Vec<String> = allow_channels.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["transfer/channel-0", "ica*/*"]);
    assert!(deny_channels.is_empty());
    let denied: Vec<String> = first.filter.deny_packets.iter().map(ToString::to_string).collect();
    assert_eq!(denied, ["*/channel-1/3", "*/channel-1/4"]);
    let longest = (first.filter.max_memo_bytes, first.filter.max_receiver_bytes);
    assert_eq!(longest, (Some(32_768), None), "the receiver's is switched off");
    assert_eq!(chains[1].gas_price.to_string(), "0.0000001uosmo");
    assert_eq!(chains[1].dynamic_gas_price.as_ref().unwrap().module, Module::Osmosis);
    assert_eq!(chains[1].max_clock_drift, Duration::from_secs(40));
    let KeySource::Hermes { folder, .. } = &import.keys[0][0] else { panic!("a key of Hermes") };
    assert_eq!(folder.as_deref(), Some("/keys".as_ref()));
}

/// Nobody may begin to pay for strangers because of a move; and what ferry does all the same is told.
#[test]
fn what_hermes_does_not_do_is_not_done() {
    let handshakes = |text: &str| {
        let chains = import(text).unwrap().config.chains;
        chains.iter().map(|chain| chain.handshakes).collect::<Vec<_>>()
    };
    assert_eq!(handshakes(HERMES), [Handshakes::Own; 2], "`enabled = false`");
    let off = "[mode.channels]\nenabled = false\n";
    assert!(HERMES.contains(off));
    assert_eq!(handshakes(&HERMES.replace(off, "")), [Handshakes::Own; 2], "unsaid");
    let on = HERMES.replace(off, &off.replace("false", "true"));
    assert_eq!(handshakes(&on), [Handshakes::All; 2]);
    for (part, said, other) in [
        ("clients", "enabled = true\nrefresh = true\nmisbehaviour = true", "misbehaviour"),
        ("connections", "enabled = false", "enabled"),
        ("packets", "enabled = true", "enabled"),
    ] {
        let (said, key) = (format!("[mode.{part}]\n{said}"), format!("mode.{part}.{other}"));
        assert!(!noted(&import(HERMES).unwrap(), &key).differs, "{key}");
        let (yes, no) = (format!("{other} = true"), format!("{other} = false"));
        let turned =
            if said.contains(&yes) { said.replace(&yes, &no) } else { said.replace(&no, &yes) };
        assert_ne!(said, turned);
        assert!(HERMES.contains(&said), "{said}");
        let turned = import(&HERMES.replace(&said, &turned)).unwrap();
        assert!(noted(&turned, &key).differs, "{key}");
    }
}

#[test]
fn a_configuration_of_rly_becomes_ours() {
    let import = import(RLY).unwrap();
    let Config { ferry, serve, chains, .. } = &import.config;
    assert_eq!(ferry.log, "info");
    assert_eq!(serve.listen, Some(Listen::At("127.0.0.1:5184".parse().unwrap())));
    let hub = &chains[0];
    assert_eq!(hub.id, "cosmoshub-4");
    assert_eq!(hub.rpc, ["http://hub.example:26657", "http://hub2.example:26657"]);
    assert_eq!(hub.gas_price.to_string(), "0.01uatom");
    assert_eq!((hub.rpc_timeout, hub.memo.as_str()), (Duration::from_secs(90), "ours"));
    assert_eq!(chains[1].rpc_timeout, Duration::from_secs(10));
    assert_eq!((hub.gas_multiplier, hub.max_gas), (1_200, None));
    assert_eq!((hub.filter.max_memo_bytes, hub.filter.max_receiver_bytes), (Some(500), Some(150)));
    assert_eq!(ferry.only["hub-juno"][0].to_string(), "*/channel-141");
    assert!(hub.filter.allow_channels.is_empty());
    assert_eq!(hub.handshakes, Handshakes::All);
    assert!(hub.fee_granter.first().starts_with("cosmos1"));
    assert_eq!(hub.extension_options, [ExtensionOption::EthermintDynamicFee(2_000_000)]);
    assert_eq!(hub.key.to_vec(), ["grantee1", "grantee2"], "those sign whom it grants fees");
    let path = ImportedPath {
        name: "hub-juno".into(),
        a: "cosmoshub-4".into(),
        b: "juno-1".into(),
        connection: Some("connection-372".into()),
    };
    assert_eq!(import.paths, [path]);
    let [alias, name, id, prefix, backend] =
        ["juno", "default", "juno-1", "juno", "test"].map(String::from);
    assert_eq!(import.keys[1], [KeySource::Rly { alias, name, id, prefix, backend }]);
    let name = |source: &KeySource| match source {
        KeySource::Rly { name, .. } => name.clone(),
        KeySource::Hermes { .. } => String::new(),
    };
    assert_eq!(import.keys[0].iter().map(name).collect::<Vec<_>>(), hub.key.to_vec());
}

#[test]
fn what_has_no_counterpart_is_named() {
    let hermes = import(HERMES).unwrap();
    for key in [
        "chains[0].packet_filter.min_fees",
        "chains[0].memo_overwrite",
        "telemetry.prefix",
        "chains[2].type",
    ] {
        assert!(noted(&hermes, key).differs, "{key}");
    }
    for key in [
        "chains[0].grpc_addr",
        "chains[0].address_type",
        "chains[0].store_prefix",
        "mode.packets.clear_interval",
        "mode.clients.refresh",
        "mode.clients.misbehaviour",
    ] {
        assert!(!noted(&hermes, key).differs, "{key}");
    }
    let other = import(&HERMES.replace("ethermint_dynamic_fee", "another")).unwrap();
    assert!(noted(&other, "chains[0].extension_options[0].type").differs);
    assert!(other.config.chains[0].extension_options.is_empty());
    let rly = import(RLY).unwrap();
    assert!(noted(&rly, "chains.shade.type").differs);
    assert!(!noted(&rly, "chains.hub.value.feegrants.num_grantees").differs);
    assert_eq!(noted(&rly, "chains.hub.value.gas-prices").value, "0.02uother");
}

/// What one path of a chain allows says nothing of the others.
#[test]
fn a_list_of_one_path_does_not_shut_out_another() {
    let second = "    juno-hub:\n        src:\n            chain-id: juno-1\n        dst:\n            \
                  chain-id: cosmoshub-4\n";
    let two = import(&format!("{RLY}{second}")).unwrap();
    let only: Vec<&String> = two.config.ferry.only.keys().collect();
    assert_eq!(only, ["hub-juno"]);
    assert!(two.config.chains.iter().all(|chain| chain.filter.allow_channels.is_empty()));
    let denied = RLY.replace("allowlist", "denylist");
    let denied = import(&format!("{denied}{second}")).unwrap();
    assert_eq!(denied.config.chains[0].filter.deny_channels[0].to_string(), "*/channel-141");
}

#[test]
fn a_grant_of_a_key_that_only_rly_knows_is_named() {
    let address = "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4";
    let import = import(&RLY.replace(address, "payer")).unwrap();
    let chain = &import.config.chains[0];
    assert!(chain.fee_granter.is_empty());
    assert_eq!(chain.key.to_vec(), ["default"], "a grantee has no money");
    assert!(noted(&import, "chains.hub.value.feegrants.grantees").differs);
    assert!(noted(&import, "chains.hub.value.feegrants.granter").why.contains("`fee_granter`"));
}

/// Keys whose values became ours, by their last part.
const TAKEN: &[&str] = &[
    "log_level",
    "enabled",
    "host",
    "port",
    "id",
    "rpc_addr",
    "account_prefix",
    "key_name",
    "key_store_folder",
    "price",
    "denom",
    "max_msg_num",
    "clock_drift",
    "max_block_time",
    "trusting_period",
    "trust_threshold",
    "rpc_timeout",
    "memo_prefix",
    "fee_granter",
    "max_gas",
    "gas_multiplier",
    "multiplier",
    "max",
    "size",
    "policy",
    "excluded_sequences",
    "list",
    "ics20-memo-limit",
    "max-receiver-size",
    "max-gas-amount",
    "gas-adjustment",
    "rule",
    "granter",
    "grantees",
    "value",
    "type",
    "metrics-listen-addr",
    "timeout",
    "memo",
    "log-level",
    "key",
    "chain-id",
    "rpc-addr",
    "backup-rpc-addrs",
    "account-prefix",
    "gas-prices",
    "connection-id",
    "channel-list",
];

#[test]
fn no_key_is_dropped_in_silence() {
    for text in [HERMES, RLY] {
        let table = text.parse::<Table>().unwrap_or_else(|_| yaml::read(text).unwrap());
        let mut all = Vec::new();
        keys("", &Value::Table(table), &mut all);
        let import = import(text).unwrap();
        let left_out =
            |key: &String| ["chains[2]", "chains.shade"].iter().any(|chain| key.starts_with(chain));
        for key in all.iter().filter(|key| !left_out(key)) {
            let is_noted = import.notes.iter().any(|note| key.starts_with(note.key.as_str()));
            let is_taken = TAKEN.contains(&key.rsplit('.').next().unwrap());
            assert!(is_noted || is_taken, "`{key}`");
        }
    }
    let text = format!("{HERMES}\n[new_thing]\nx = 1\n");
    assert!(noted(&import(&text).unwrap(), "new_thing").differs);
}

#[test]
fn the_text_of_an_import_is_a_configuration() {
    for text in [HERMES, RLY] {
        let import = import(text).unwrap();
        let ours = import.text().unwrap();
        assert_eq!(Config::parse(&ours).map_err(|m: Mistake| m.to_string()), Ok(import.config));
        let named = import.notes.iter().filter(|note| note.differs).count();
        assert_eq!(ours.matches("# NOT taken over: ").count(), named);
    }
}

#[test]
fn what_cannot_be_taken_over_is_an_error() {
    let error = |text: &str| import(text).unwrap_err().to_string();
    assert!(error("x = 1").contains("neither Hermes"));
    assert!(error("a: [").contains("neither Hermes"));
    assert!(error("a: &x 1\nchains: *x").contains("alias"));
    assert!(error("chains = 3").contains("`chains`: it is integer, expected a list"));
    assert!(error(&HERMES.replace("'14days'", "'long'")).contains("`chains[0].trusting_period`"));
    assert!(
        error(&HERMES.replace("rpc_addr = 'http://127.0.0.1:26557'", ""))
            .contains("`chains[1].rpc_addr`: it is missing")
    );
    assert!(error(&RLY.replace("0.075ujuno", "cheap")).contains("`chains.juno.value.gas-prices`"));
}

/// The keys that the book's list names, of one file's section: the words in the first cells.
fn left_out(section: &str) -> BTreeSet<String> {
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names =
        cells.flat_map(|cell| cell.split(',').map(|part| part.trim().trim_start_matches('`')));
    names.map(|name| name.split('`').next().unwrap_or(name).to_owned()).collect()
}

/// The last part of a key's name, which is what people look for.
fn last(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).to_owned()
}

/// The book has one list of all that ferry leaves out: what the import names, and nothing else.
#[test]
fn the_book_names_what_is_left_out() {
    let book = include_str!("../../../../docs/src/coming-from.md");
    let (_, list) = book.split_once("\n## What ferry leaves out, and why\n").unwrap();
    let (hermes, rly) = list.split_once("\n### Of rly's").unwrap();
    // With a key's name where an address may be, and a rule that rly does not have.
    let granter = "granter: cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4";
    let other = RLY.replace(granter, "granter: one").replace("rule: allowlist", "rule: another");
    // What stood for `event_source` before Hermes 1.6.
    let older = HERMES.replacen("grpc_addr =", "websocket_addr = 'ws://x'\ngrpc_addr =", 1);
    for (files, section) in [(&[HERMES, &older][..], hermes), (&[RLY, &other][..], rly)] {
        let notes = files.iter().flat_map(|file| import(file).unwrap().notes);
        let named: BTreeSet<String> = notes.map(|note| last(&note.key)).collect();
        assert_eq!(left_out(section), named);
    }
}
