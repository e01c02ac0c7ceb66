//! What commands say of a contract's answers, over a node that gives them.

mod node;

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use self::node::{Contract, Waiting, start};

/// No packet waits.
const NONE: Waiting = &[];
/// Packet 3 waits: `QueryPacketCommitmentsResponse` with one state of this sequence.
const THIRD: Waiting = &[0x0a, 0x02, 0x18, 0x03];

/// A folder whose configuration names a market and an outpost.
fn home(market: Contract, outpost: Contract, waiting: Waiting) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let market = start("alpha-1", market, NONE);
    let outpost = start("beta-1", outpost, waiting);
    let place = |section: &str, chain: &str, rpc: &str| {
        format!(
            "[{section}]\nchain_id = \"{chain}\"\nrpc = \"{rpc}\"\naddress_prefix = \"wasm\"\n\
             gas_price = \"0.001stake\"\ncontract = \"wasm1{section}\"\n"
        )
    };
    let config = place("market", "alpha-1", &market) + &place("outpost", "beta-1", &outpost);
    fs::write(home.path().join("config.toml"), config).unwrap();
    home
}

fn entrepot(home: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.env("ENTREPOT_HOME", home.path()).env("ENTREPOT_PASSWORD", "correct horse");
    command.current_dir(home.path()).args(args).output().unwrap()
}

/// A contract that nobody should ask.
fn silent(asked: &Value) -> Value {
    panic!("it is asked {asked}")
}

/// A folder with a key, `me`.
fn with_key(market: Contract, outpost: Contract) -> TempDir {
    let home = home(market, outpost, NONE);
    let added = entrepot(&home, &["keys", "add", "me"]);
    assert!(added.status.success(), "{}", said(&added));
    home
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// An outpost with which coins are whose order it does not know.
fn with_strays(asked: &Value) -> Value {
    let first = |question: &Value| question["start_after"].is_null();
    if let Some(question) = asked.get("claimable").filter(|question| first(question)) {
        assert_eq!(question["owner"], "wasm1dao");
        let credit = |payee: &str| json!({ "denom": "usdx", "payee": payee, "amount": "5" });
        return json!({ "claimable": [credit("wasm1dao"), credit("wasm1heir")] });
    }
    if let Some(question) = asked.get("unclaimed").filter(|question| first(question)) {
        assert_eq!(question["account"], "wasm1dao");
        let coin = |denom: &str, amount: &str| json!({ "denom": denom, "amount": amount });
        return json!({ "coins": [coin("usdx", "7"), coin("uusdc", "11")] });
    }
    if asked.get("claimable").is_some() {
        json!({ "claimable": [] })
    } else {
        json!({ "coins": [] })
    }
}

#[test]
fn what_came_home_without_a_known_order_is_claimable_too() {
    let args = ["claim", "--owner", "wasm1dao", "--dry-run", "--json"];
    let output = entrepot(&home(silent, with_strays, NONE), &args);
    assert!(output.status.success(), "{}", said(&output));
    let claimed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let credit = |amount: &str, denom: &str, payee: &str| json!({ "amount": amount, "denom": denom, "payee": payee });
    let wanted = [
        credit("12", "usdx", "wasm1dao"),
        credit("5", "usdx", "wasm1heir"),
        credit("11", "uusdc", "wasm1dao"),
    ];
    assert_eq!(claimed["credits"], json!(wanted));
}

/// An outpost that owes three denoms, of which the chain does not let the second be sent.
fn with_a_denom_that_cannot_be_sent(asked: &Value) -> Value {
    let first = |question: &Value| question["start_after"].is_null();
    if let Some(claim) = asked["execute"].get("claim") {
        assert_eq!(claim["owner"], "wasm1dao");
        return if claim["denom"] == "uheld" {
            json!("uheld transfers are disabled")
        } else {
            json!(null)
        };
    }
    if asked.get("claimable").is_some_and(first) {
        let credit = |denom: &str| json!({ "denom": denom, "payee": "wasm1dao", "amount": "5" });
        let credits = ["uatom", "uheld", "usdx"].map(credit);
        return json!({ "claimable": credits });
    }
    if asked.get("claimable").is_some() {
        json!({ "claimable": [] })
    } else {
        json!({ "coins": [] })
    }
}

#[test]
fn a_denom_that_cannot_be_paid_keeps_no_other_from_being_paid() {
    let home = with_key(silent, with_a_denom_that_cannot_be_sent);
    let args = ["claim", "--owner", "wasm1dao", "--json", "--key", "me"];
    let output = entrepot(&home, &args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("`uheld` was not paid") && error.contains("are disabled"), "{error}");
    let claimed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let paid = claimed["credits"].as_array().unwrap().iter().map(|credit| &credit["denom"]);
    assert_eq!(paid.collect::<Vec<_>>(), ["uatom", "usdx"], "{claimed}");
    assert_eq!(claimed["transactions"].as_array().unwrap().len(), 2, "{claimed}");
}

/// An outpost with one order on its way, over a route of this style.
fn on_its_way(asked: &Value, style: &Value) -> Value {
    let coin = json!({ "denom": "usdx", "amount": "1000" });
    if asked.get("order").is_some() {
        return json!({
            "seq": 7, "owner": "wasm1dao", "account": "wasm1dao", "route": "market", "n": 9,
            "coin": coin, "refund_to": "wasm1dao", "operators": [], "new_owner": null,
            "state": "in_flight", "send_by": null, "status": null, "refusal": null,
        });
    }
    let has_begun =
        asked.as_object().unwrap().values().any(|question| !question["start_after"].is_null());
    if asked.get("in_flight").is_some() {
        let packet = json!({
            "n": 9, "kind": "open", "seq": 7, "route": "market", "channel": "channel-1", "sequence": 3,
            "coin": coin, "owner": "wasm1dao", "payee": "wasm1dao", "timeout_at": 1_800_000_600,
            "announced_at": null, "state": "waiting",
        });
        return if has_begun { json!({ "packets": [] }) } else { json!({ "packets": [packet] }) };
    }
    assert!(asked.get("routes").is_some(), "{asked}");
    json!({ "routes": [{
        "name": "market", "channel": "channel-1", "connection": "connection-0", "market": "wasm1market",
        "control_port": "wasm.wasm1market", "style": style, "control_channel": null,
        "control_armed": false, "proved": ["usdx"],
    }] })
}

fn called_back(asked: &Value) -> Value {
    on_its_way(asked, &json!({ "callbacks": { "source_gas": 1, "destination_gas": 1 } }))
}

fn on_a_plain_route(asked: &Value) -> Value {
    on_its_way(asked, &json!({ "plain": {} }))
}

#[test]
fn an_order_on_its_way_says_what_it_waits_for() {
    let cases: [(Contract, Waiting, &[&str], &str); 3] = [
        (called_back, THIRD, &["`arrived`", "`entrepot why 7`"], "reconcile"),
        (called_back, NONE, &["`entrepot reconcile 7`", "2027-01-15 08:10:00 UTC"], "`arrived`"),
        (on_a_plain_route, THIRD, &["`entrepot reconcile 7`", "plain"], "`arrived`"),
    ];
    for (outpost, waiting, says, is_silent_about) in cases {
        let output = entrepot(&home(silent, outpost, waiting), &["top-up", "7", "5usdx"]);
        let error = said(&output);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("order 7 is on its way"), "{error}");
        assert!(says.iter().all(|words| error.contains(words)), "{error}");
        assert!(!error.contains(is_silent_about), "{error}");
    }
}

#[test]
fn a_provider_tells_programs_what_it_does() {
    let home = with_key(silent, silent);
    let example = entrepot(&home, &["provider", "example"]);
    fs::write(home.path().join("provider.toml"), example.stdout).unwrap();
    let run = ["provider", "run", "provider.toml", "--once", "--json", "--key", "me"];
    let output = entrepot(&home, &run);
    let told = String::from_utf8(output.stdout).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(told.iter().all(|one| one["at"].is_u64() && one["done"].is_string()), "{told:?}");
    assert!(told[0]["done"].as_str().unwrap().starts_with("working as wasm1"), "{told:?}");
    assert_eq!(told.len(), 2, "the clock of the node's newest block is another: {told:?}");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.starts_with("warning: "), "what was not done is told apart: {warning}");
    assert_eq!(output.status.code(), Some(1));
}

/// A market at which the provider is leaving.
fn leaving(asked: &Value, unbonds_at: u64, live_leases: u32) -> Value {
    json!({
        "address": asked["provider"]["address"], "host_uri": "https://p.example", "attributes": [],
        "stake": { "denom": "stake", "amount": "5" }, "live_leases": live_leases, "unbonds_at": unbonds_at,
    })
}

#[test]
fn who_leaves_is_told_what_still_binds_the_stake() {
    let unbonding: Contract = |asked| leaving(asked, 4_000_000_000, 0);
    let serving: Contract = |asked| leaving(asked, 1_700_000_000, 2);
    for (market, says) in [(unbonding, "bound until 2096-10-02"), (serving, "not closed (2)")] {
        let output = entrepot(&with_key(market, silent), &["provider", "leave", "--key", "me"]);
        let error = said(&output);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(says), "{error}");
    }
}
