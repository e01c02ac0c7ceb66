//! Configuration and keys from outside, without a node.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use entrepot::home::{Config, EXAMPLE};
use serde_json::Value;

const WORDS: &str = "abandon abandon abandon abandon abandon abandon \
                     abandon abandon abandon abandon abandon about";
const CONFIG: &str = r#"
[market]
chain_id = "alpha-1"
rpc = "http://127.0.0.1:9"
address_prefix = "wasm"
gas_price = "0.001stake"
contract = "wasm1market"

[outpost]
chain_id = "beta-1"
rpc = "http://127.0.0.1:9"
address_prefix = "osmo"
gas_price = "0.001stake"
contract = "osmo1outpost"
key = "me"
"#;

fn entrepot(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.env("ENTREPOT_HOME", home).env("ENTREPOT_PASSWORD", "correct horse");
    command.env_remove("LOCALNET_DIR");
    command.current_dir(home).stdin(Stdio::null()).args(args).output().unwrap()
}

fn json(home: &Path, args: &[&str]) -> Value {
    let output = entrepot(home, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fails(home: &Path, args: &[&str]) -> String {
    let output = entrepot(home, args);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(output.stdout.is_empty(), "a failure prints no result");
    error
}

fn configured() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("config.toml"), CONFIG).unwrap();
    home
}

#[test]
fn a_configuration_is_written_once() {
    let home = tempfile::tempdir().unwrap();
    let error = fails(home.path(), &["config", "show"]);
    assert!(error.contains("entrepot config init"), "{error}");
    json(home.path(), &["config", "init"]);
    assert_eq!(fs::read_to_string(home.path().join("config.toml")).unwrap(), EXAMPLE);
    let error = fails(home.path(), &["config", "init"]);
    assert!(error.contains("exists already"), "{error}");
}

#[test]
fn the_example_is_a_valid_configuration_with_every_key_switched_on() {
    let on = EXAMPLE.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("key = ") || rest.starts_with("password_file = ") => rest,
        _ => line,
    });
    let config = Config::parse(&on.collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(config.market.key.as_deref(), Some("me"));
    assert!(config.password_file.is_some());
}

#[test]
fn a_deployment_becomes_a_configuration() {
    let home = tempfile::tempdir().unwrap();
    let deploy = include_str!("../src/deploy/example.toml");
    fs::write(home.path().join("deploy.toml"), deploy).unwrap();
    let error = fails(home.path(), &["config", "init", "--deployment", "deploy.toml"]);
    assert!(error.contains("names no market") && error.contains("entrepot deploy"), "{error}");
    let state = r#"{"market_chain":"wasmdev-1","outpost_chain":"betanet",
        "market":{"code_id":1,"address":"wasm1market"},
        "outpost":{"code_id":1,"address":"wasm1outpost"},"transfer":null}"#;
    fs::write(home.path().join("deploy.state.json"), state).unwrap();
    json(home.path(), &["config", "init", "--deployment", "deploy.toml", "--key", "me"]);
    let text = fs::read_to_string(home.path().join("config.toml")).unwrap();
    let config = Config::parse(&text).unwrap();
    assert_eq!(config.market.contract, "wasm1market");
    assert_eq!(config.outpost.unwrap().key.as_deref(), Some("me"));
}

#[test]
fn wrong_values_are_named_with_the_form_wanted() {
    for (from, to, says) in [
        ("rpc =", "colour =", "line 4"),
        ("\"0.001stake\"", "\"stake\"", "`market.gas_price`"),
        ("\"osmo1outpost\"", "\"wasm1outpost\"", "`osmo1…`"),
    ] {
        let home = configured();
        let text = CONFIG.replacen(from, to, 1);
        fs::write(home.path().join("config.toml"), text).unwrap();
        let error = fails(home.path(), &["config", "show"]);
        assert!(error.contains(says), "{to}: {error}");
    }
}

#[test]
fn keys_are_made_restored_and_listed_with_addresses_on_both_chains() {
    let home = configured();
    let made = json(home.path(), &["keys", "add", "me"]);
    assert_eq!(made["mnemonic"].as_str().unwrap().split(' ').count(), 24);
    fs::write(home.path().join("words"), WORDS).unwrap();
    json(home.path(), &["keys", "restore", "known", "--mnemonic-file", "words"]);
    let listed = json(home.path(), &["keys", "list"]);
    assert!(listed.get("mnemonic").is_none());
    let keys = listed["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    let known = keys.iter().find(|key| key["name"] == "known").unwrap();
    let addresses = known["addresses"].as_array().unwrap();
    assert!(addresses[0].as_str().unwrap().starts_with("wasm1"));
    // The address of these words that every Cosmos wallet shows.
    assert_eq!(addresses[1], "osmo19rl4cm2hmr8afy4kldpxz3fka4jguq0a5m7df8");
    assert!(fails(home.path(), &["keys", "add", "me"]).contains("`me`"));
}

#[test]
fn all_keys_of_a_folder_have_one_password() {
    let home = configured();
    json(home.path(), &["keys", "add", "me"]);
    let mut other = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    other.env("ENTREPOT_HOME", home.path()).env("ENTREPOT_PASSWORD", "another one");
    let output = other.args(["keys", "add", "you"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("that of `me`") && error.contains("nothing was written"), "{error}");
    assert_eq!(json(home.path(), &["keys", "list"])["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_cure() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let (artifacts, localnet) = (home.path().join("artifacts"), home.path().join("localnet.json"));
    fs::create_dir(artifacts).unwrap();
    let chain = r#"{"chain_id":"x-1","rpc":"http://127.0.0.1:9","grpc":"127.0.0.1:9","bech32_prefix":"wasm",
        "fee_denom":"stake","gas_price":"0.001","token":"t"}"#;
    let net = format!(r#"{{"chains":{{"a":{chain},"b":{chain}}},"accounts":{{}}}}"#);
    fs::write(localnet, net).unwrap();
    for args in [
        &["config", "init"][..],
        &["keys", "add", "me"],
        &["local", "init", "--localnet", ".", "--artifacts", "artifacts"],
    ] {
        let error = fails(home.path(), &[&["--home", "file/home"], args].concat());
        assert!(error.contains("file/home") && error.contains("--home DIR"), "{args:?}: {error}");
    }
}

#[test]
fn nothing_is_left_of_a_preparation_that_fails() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("artifacts")).unwrap();
    let error = fails(home.path(), &["local", "init"]);
    assert!(error.contains("scripts/localnet up"), "{error}");
    let net = r#"{"chains":{"a":A,"b":A},"accounts":{"relayer":{"address":"a","mnemonic":"m"}}}"#;
    let chain = r#"{"chain_id":"x-1","rpc":"http://127.0.0.1:9","grpc":"127.0.0.1:9","bech32_prefix":"wasm",
        "fee_denom":"stake","gas_price":"0.001","token":"t"}"#;
    fs::write(home.path().join("localnet.json"), net.replace('A', chain)).unwrap();
    let init = ["local", "init", "--localnet", ".", "--artifacts"];
    let error = fails(home.path(), &[&init[..], &["none"]].concat());
    assert!(error.contains("scripts/build-contracts"), "{error}");
    let args = [&init[..], &["artifacts", "--ferry", "./no-ferry"]].concat();
    let error = fails(home.path(), &args);
    assert!(error.contains("no-ferry") && error.contains("cargo build"), "{error}");
    for left in ["ferry", "keys", "deploy.toml", "config.toml"] {
        assert!(!home.path().join(left).try_exists().unwrap(), "{left}");
    }
}

/// Whoever pays to an address whose words nobody has seen has lost it.
#[test]
fn a_key_whose_words_could_not_be_shown_is_not_kept() {
    let home = configured();
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.env("ENTREPOT_HOME", home.path()).env("ENTREPOT_PASSWORD", "correct horse");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.args(["keys", "add", "lost"]).stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("was not kept"), "{error}");
    assert_eq!(json(home.path(), &["keys", "list"])["keys"], Value::Array(Vec::new()));
}

#[test]
fn keys_are_in_the_form_that_ferry_reads() {
    let home = configured();
    fs::write(home.path().join("words"), WORDS).unwrap();
    json(home.path(), &["keys", "restore", "known", "--mnemonic-file", "words"]);
    let store = cosmos::keys::KeyStore::new(home.path().join("keys"));
    store.load("known", "correct horse").unwrap();
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let home = configured();
    let error = fails(home.path(), &["top-up", "7", "10usdx"]);
    assert!(error.contains("http://127.0.0.1:9") && error.contains("cannot be reached"), "{error}");
    let error = fails(home.path(), &["claim"]);
    assert!(error.contains("`me`"), "{error}");
    let error = fails(home.path(), &["provider", "heartbeat"]);
    assert!(error.contains("--key NAME") && error.contains("alpha-1"), "{error}");
    fs::write(home.path().join("words"), WORDS).unwrap();
    json(home.path(), &["keys", "restore", "me", "--mnemonic-file", "words"]);
    let file = "password_file = \"wrong\"\n";
    fs::write(home.path().join("wrong"), "another password").unwrap();
    fs::write(home.path().join("config.toml"), format!("{file}{CONFIG}")).unwrap();
    let error = fails(home.path(), &["claim"]);
    assert!(error.contains("wrong password for key `me`") && error.contains("/wrong`"), "{error}");
    let only_market = CONFIG.split("[outpost]").next().unwrap();
    fs::write(home.path().join("config.toml"), only_market).unwrap();
    let error = fails(home.path(), &["orders", "osmo1x"]);
    assert!(error.contains("[outpost]"), "{error}");
}

/// What a user meets who begins in the middle, or whose node is gone.
#[test]
fn every_command_about_an_order_says_what_it_lacks() {
    let commands = [
        &["bids", "7"][..],
        &["accept", "7", "--bid", "1"],
        &["lease", "7"],
        &["runway", "7"],
        &["top-up", "7", "1usdx"],
        &["close", "7"],
        &["claim", "--owner", "osmo1x"],
        &["why", "7"],
        &["status", "7"],
        &["send", "7"],
        &["cancel", "7"],
        &["reconcile", "7"],
    ];
    let empty = tempfile::tempdir().unwrap();
    let home = configured();
    for args in commands {
        let error = fails(empty.path(), args);
        assert!(error.contains("entrepot config init"), "{args:?}: {error}");
        let error = fails(home.path(), args);
        let is_named = error.contains("http://127.0.0.1:9") && error.contains("cannot be reached");
        assert!(is_named || error.contains("no key `me`"), "{args:?}: {error}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["top-up", "7", "10"][..],
        &["accept", "7"],
        &["propose", "--dao", "cw3", "close", "7"],
        &["propose", "--dao", "gov", "close", "7"],
        &["propose", "--dao", "senate", "close", "7"],
        &["buy", "--order", "x.yaml"],
        &["bids", "7", "--interval", "0"],
        &["provider", "bid", "wasm1x/1/0"],
        &["buy", "--order", "x.yaml", "--days", "0"],
        &["order", "from", "x.yaml", "--expires-in-seconds", "1"],
        &["proposal", "vote", "1", "maybe", "--dao", "cw3", "--address", "wasm1x"],
        &["proposal", "show", "1", "--dao", "cw3"],
        &["local", "dao"],
        &["bids"],
        &["bids", "seven"],
        &["accept", "7", "--bid", "-1"],
        &["accept", "seven", "--bid", "1"],
        &["lease", "-7"],
        &["lease", "7", "--interval", "3601"],
        &["runway", "7", "--days", "many"],
        &["top-up", "7"],
        &["top-up", "7", "0usdx"],
        &["top-up", "7", "1.5usdx"],
        &["close", "7", "--coin", "usdx"],
        &["claim", "--owner"],
        &["claim", "7"],
        &["why", "7", "8"],
        &["status"],
        &["status", "18446744073709551616"],
        &["send"],
        &["cancel", "all"],
        &["reconcile", "7", "--n", "1"],
        &["runway", "7", "--days", "0"],
    ] {
        assert_eq!(entrepot(home.path(), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn the_example_of_a_provider_is_valid() {
    let home = tempfile::tempdir().unwrap();
    let output = entrepot(home.path(), &["provider", "example"]);
    let file = home.path().join("provider.toml");
    fs::write(&file, output.stdout).unwrap();
    let config = entrepot::provider::Config::read(&file).unwrap();
    assert_eq!(config.capacity.cpu_milli, 64_000);
    let prices = entrepot::provider::PriceFile::read(&file).unwrap();
    assert_eq!(prices.prices.len(), 1);
    let text = json(home.path(), &["provider", "example"])["file"].clone();
    assert_eq!(text.as_str(), fs::read_to_string(&file).ok().as_deref());
    let own = ["provider", "example", "--denom", "uusdc", "--stake", "5utok"];
    fs::write(&file, entrepot(home.path(), &own).stdout).unwrap();
    let config = entrepot::provider::Config::read(&file).unwrap();
    assert_eq!((config.stake.as_str(), config.prices[0].denom.as_str()), ("5utok", "uusdc"));
}

/// An offer of what costs nothing may have to give any amount, so that beside it there would be room for no bid.
#[test]
fn a_price_of_zero_is_refused_with_the_reason() {
    let home = configured();
    let example =
        String::from_utf8(entrepot(home.path(), &["provider", "example"]).stdout).unwrap();
    let file = home.path().join("provider.toml");
    let path = file.to_str().unwrap();
    for (priced, free, named) in [
        (r#"memory_gib = "2000000000""#, r#"memory_gib = "0""#, "memory_gib"),
        (r#"cpu_milli = "5000000""#, r#"cpu_milli = "0""#, "cpu_milli"),
        (r#"gib = "100000000""#, r#"gib = "0""#, "storage `default`"),
        (r#"each = "500000000000""#, r#"each = "0""#, "gpus `nvidia/a100`"),
    ] {
        assert!(example.contains(priced), "{priced}");
        fs::write(&file, example.replace(priced, free)).unwrap();
        let post = ["provider", "offer", "post", "--prices", path, "--capacity", "1", "--bond"];
        for args in [&[&post[..], &["5utok"]].concat()[..], &["provider", "run", path]] {
            let error = fails(home.path(), args);
            assert!(error.contains(&format!("the price of {named} in")), "{error}");
            assert!(error.contains("expected at least \"1\""), "{error}");
        }
    }
    fs::write(&file, example.replace(r#"endpoint = "1000000000""#, r#"endpoint = "0""#)).unwrap();
    entrepot::provider::PriceFile::read(&file).unwrap();
}
