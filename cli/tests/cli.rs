//! The command line from outside: what people type, what they read, how it ends.

#[path = "cli/terminal.rs"]
mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A deployment file that is right, for chains whose nodes nobody runs.
const CONFIG: &str = r#"
[chains.market]
id = "alpha-1"
rpc = "http://127.0.0.1:9"
address_prefix = "wasm"
gas_price = "0.001stake"
mnemonic_file = "mnemonic"

[chains.outpost]
id = "beta-1"
rpc = "http://127.0.0.1:9"
address_prefix = "wasm"
gas_price = "0.001stake"
mnemonic_file = "mnemonic"

[artifacts]
market = "market.wasm"
outpost = "outpost.wasm"

[route]
denom = "usdx"

[channels]
transfer = { market = "channel-0", outpost = "channel-0" }
"#;

fn entrepot(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.current_dir(dir).env_remove("ENTREPOT_PASSWORD").args(args).output().unwrap()
}

fn with_config(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("deploy.toml"), text).unwrap();
    dir
}

/// Asserts that a command fails with this exit code and one error, and returns the error.
fn fails(output: &Output, code: i32) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(output.stdout.is_empty(), "a failure prints no result");
    assert_eq!(error.matches("error:").count(), 1, "{error}");
    error
}

fn deploy_fails(config: &str) -> String {
    let dir = with_config(config);
    let error = fails(&entrepot(dir.path(), &["deploy", "--config", "deploy.toml"]), 1);
    assert!(!dir.path().join("deploy.state.json").try_exists().unwrap(), "nothing half-done");
    error
}

#[test]
fn simulated_story_runs_and_conserves_every_unit() {
    let dir = tempfile::tempdir().unwrap();
    let output = entrepot(dir.path(), &["demo"]);
    let story = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(story.contains("1,000.000000"), "{story}");
    assert_eq!(story.matches(": equal").count(), 5, "{story}");
    assert!(!story.contains("DIFFERENT"), "{story}");
    assert!(story.ends_with("No unit was lost or made.\n"), "{story}");
}

#[test]
fn the_story_is_told_to_programs_too() {
    let dir = tempfile::tempdir().unwrap();
    let output = entrepot(dir.path(), &["demo", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let parts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [opening, steps @ .., end] = &parts[..] else { panic!("{text}") };
    assert_eq!(opening["outpost_chain"], "beta-1");
    assert!(steps.len() >= 8, "{text}");
    for (number, step) in steps.iter().enumerate() {
        assert_eq!(step["step"], number, "{step}");
        assert_eq!(step["balances"].as_array().unwrap().len(), 6, "{step}");
    }
    assert_eq!(steps[0]["balances"][0]["usdx"], "1000000000", "in units");
    let sums = end["conservation"].as_array().unwrap();
    assert!(sums.len() == 5 && sums.iter().all(|sums| sums["one"] == sums["other"]), "{end}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        &["fly"][..],
        &["demo", "--chains", "moon"],
        &["demo", "--chains", "wasmd"],
        &["deploy"],
        &["why"],
        &["why", "seven", "--config", "deploy.toml"],
        &["why", "7", "--outpost", "wasm1x"],
    ] {
        fails(&entrepot(dir.path(), args), 2);
    }
}

#[test]
fn missing_file_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = fails(&entrepot(dir.path(), &["deploy", "--config", "none.toml"]), 1);
    assert!(error.contains("`none.toml`") && error.contains("--example"), "{error}");
    let args = ["demo", "--chains", "wasmd", "--localnet", "l.json", "--artifacts", "a"];
    let error = fails(&entrepot(dir.path(), &[&args[..], &["--ferry", "f"]].concat()), 1);
    assert!(error.contains("`l.json`") && error.contains("scripts/localnet up"), "{error}");
}

#[test]
fn wrong_key_is_named_with_its_line() {
    let error = deploy_fails(&CONFIG.replace("[route]\n", "[route]\ncolour = \"red\"\n"));
    assert!(error.contains("line 21") && error.contains("`colour`"), "{error}");
    let error = deploy_fails(&CONFIG.replace("\"usdx\"", "7"));
    assert!(error.contains("line 21") && error.contains("string"), "{error}");
}

#[test]
fn wrong_value_is_named_with_the_form_wanted() {
    for (from, to, says) in [
        ("denom = \"usdx\"", "", "`route.denom`"),
        ("denom = \"usdx\"", "denom = \"ibc/00\"", "`route.denom_path`"),
        ("\"usdx\"", "\"usdx\"\nstyle = \"smoke\"", "`callbacks`, `hooks`, `plain`"),
        ("\"usdx\"", "\"usdx\"\nmarket_gas = 1", "`route.market_gas`"),
        ("\"usdx\"", "\"usdx\"\nstyle = \"hooks\"\nsource_gas = 1", "`route.source_gas`"),
        (
            "\"usdx\"",
            "\"usdx\"\nprobe_amount = \"0\"",
            "`route.probe_amount` is 0; expected at least 1",
        ),
        ("[route]", "[market]\ntake_rate_bps = 2001\n[route]", "expected at most 2000"),
        (
            "[route]",
            "[market]\nadmin = \"wasm1me\"\n[route]",
            "`market.admin` is `wasm1me`; expected",
        ),
        ("\"beta-1\"", "\"alpha-1\"", "two chains"),
        ("\"0.001stake\"", "\"stake\"", "`chains.market.gas_price`"),
        ("mnemonic_file = \"mnemonic\"", "", "`key` or `mnemonic_file`"),
        ("mnemonic_file = \"mnemonic\"", "key = \"me\"", "`keys.dir`"),
        ("[channels]", "[ferry]\nhome = \"f\"\n[channels]", "either `[ferry]`"),
    ] {
        let error = deploy_fails(&CONFIG.replacen(from, to, 1));
        assert!(error.contains(says), "{to}: {error}");
    }
}

#[test]
fn unreachable_node_is_named() {
    let dir = with_config(CONFIG);
    fs::write(dir.path().join("mnemonic"), "abandon about").unwrap();
    let error = fails(&entrepot(dir.path(), &["deploy", "--config", "deploy.toml"]), 1);
    assert!(error.contains("http://127.0.0.1:9") && error.contains("cannot be reached"), "{error}");
    let ask = ["--market-rpc", "http://127.0.0.1:9", "--outpost-rpc", "http://127.0.0.1:9"];
    let args = [&["why", "7", "--outpost", "wasm1x"][..], &ask].concat();
    let error = fails(&entrepot(dir.path(), &args), 1);
    assert!(error.contains("cannot be reached"), "{error}");
}

#[test]
fn state_of_other_chains_is_refused() {
    let dir = with_config(CONFIG);
    let state = r#"{"market_chain":"x","outpost_chain":"y","market":{"code_id":null,"address":null},
        "outpost":{"code_id":null,"address":null},"transfer":null}"#;
    fs::write(dir.path().join("deploy.state.json"), state).unwrap();
    let error = fails(&entrepot(dir.path(), &["deploy", "--config", "deploy.toml"]), 1);
    assert!(error.contains("`x` and `y`") && error.contains("--state FILE"), "{error}");
    let args = ["why", "1", "--config", "deploy.toml", "--state", "other.json"];
    let error = fails(&entrepot(dir.path(), &args), 1);
    assert!(error.contains("`other.json`") && error.contains("deploy first"), "{error}");
}

#[test]
fn example_is_a_valid_file() {
    let dir = tempfile::tempdir().unwrap();
    let output = entrepot(dir.path(), &["deploy", "--example"]);
    let text = String::from_utf8(output.stdout).unwrap();
    entrepot::deploy::config::Config::parse(&text).unwrap();
    // With every key switched on it is valid too, but for those that exclude others.
    let on: Vec<String> = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line).into())
        .filter(|line: &String| {
            let others = ["mnemonic_file", "transfer", "market_gas"];
            !others.iter().any(|other| line.starts_with(other))
        })
        .collect();
    let address = "wasm1yesq5k4r3v5vwkas35mvmfkmytvfk6nljnzzz3";
    let on = on.join("\n").replace("wasm1...", address);
    entrepot::deploy::config::Config::parse(&on).unwrap();
}

/// Whether a comment, without its mark, is a key with its default.
fn is_setting(text: &str) -> bool {
    let Some((key, _)) = text.split_once(" = ") else { return false };
    key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
