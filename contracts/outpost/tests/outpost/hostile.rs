//! Bad input: over-limit, out of order, from the wrong sender, at the wrong time, with the wrong coin. The text
//! names what came and what was expected, and nothing is changed. That bytes which are no message are
//! `malformed` is a property of all messages: `packages/simnet/tests/decoding`.

use std::collections::BTreeSet;

use cosmwasm_schema::schema_for;
use cosmwasm_std::{Coin, Order, Storage, coin};
use outpost::ContractError;
use outpost::msg::ExecuteMsg;
use serde_json::{Value, json};

use crate::suite::{ROUTE, Suite, USDX, deployment};

/// A message that must be refused: who sends it, with which coins, and what the text names.
struct Case {
    sender: &'static str,
    msg: Value,
    funds: Vec<Coin>,
    words: &'static [&'static str],
}

fn case(sender: &'static str, msg: Value, words: &'static [&'static str]) -> Case {
    Case { sender, msg, funds: Vec::new(), words }
}

impl Case {
    fn with(mut self, units: u128, denom: &str) -> Self {
        self.funds.push(coin(units, denom));
        self
    }

    fn name(&self) -> &str {
        self.msg.as_object().unwrap().keys().next().unwrap()
    }
}

fn named(name: &str) -> String {
    cosmwasm_std::testing::MockApi::default().addr_make(name).into()
}

/// Order 1 of the DAO's arrived, 2 is under way, 3 was not taken by the chain.
fn outpost() -> Suite {
    let mut suite = Suite::connected();
    suite.bought("dao", 1_000);
    suite.buy("dao", 500);
    suite.chain.refuses = Some("client is not active".into());
    suite.execute("dao", &crate::suite::purchase(), &[coin(300, USDX)]).unwrap();
    suite.chain.refuses = None;
    suite
}

/// A purchase, spoiled.
fn buy(spoil: impl FnOnce(&mut Value)) -> Value {
    let mut buy = json!({ "route": ROUTE, "deployment": deployment() });
    spoil(&mut buy);
    json!({ "buy": buy })
}

fn purchases() -> Vec<Case> {
    let bad_route = || buy(|buy| buy["route"] = json!("nowhere"));
    let operators = json!(vec![json!({ "address": named("key"), "scopes": ["close"] }); 5]);
    vec![
        case("dao", buy(|_| ()), &["exactly one coin", "got 0"]),
        case("dao", buy(|_| ()), &["exactly one coin", "got 2"]).with(1, USDX).with(1, "uother"),
        case("dao", buy(|_| ()), &["between 1 and", "1237940039285380274899124225"])
            .with((1 << 90) + 1, USDX),
        case("dao", bad_route(), &["no route `nowhere`", "routes"]).with(5, USDX),
        case("dao", buy(|_| ()), &["not proved for `uother`", "probe_route"]).with(5, "uother"),
        case("dao", buy(|buy| buy["refund_to"] = json!("x")), &["`refund_to`", "`x`"])
            .with(5, USDX),
        case("dao", buy(|buy| buy["operators"] = operators), &["operators", "5", "4"])
            .with(5, USDX),
        case(
            "dao",
            buy(|buy| buy["timeout_seconds"] = json!(19)),
            &["timeout_seconds", "19", "20"],
        )
        .with(5, USDX),
        case("dao", buy(|buy| buy["timeout_seconds"] = json!(86_401)), &["86401", "86400"])
            .with(5, USDX),
        case("dao", buy(|buy| buy["deployment"]["groups"] = json!([])), &["groups", "empty"])
            .with(5, USDX),
        case("dao", json!({ "top_up": { "seq": 9 } }), &["no order 9"]).with(5, USDX),
        case("dao", json!({ "top_up": { "seq": 1 } }), &["paid in `uusdx`", "got `uother`"])
            .with(5, "uother"),
        case("dao", json!({ "top_up": { "seq": 3 } }), &["order 3 is `Unsent`", "must be"])
            .with(5, USDX),
        case("dao", json!({ "top_up": { "seq": 1 } }), &["exactly one coin", "got 0"]),
        case("anyone", json!({ "send": { "seq": 1 } }), &["order 1 is `Acked`", "must be"]),
        case("anyone", json!({ "send": { "seq": 9 } }), &["no order 9"]),
        case("anyone", json!({ "cancel": { "seq": 3 } }), &["possible from", "it is"]),
        case("dao", json!({ "cancel": { "seq": 2 } }), &["order 2 is `InFlight`", "must be"]),
    ]
}

/// Messages about an order that its owner may send.
fn about(seq: u64) -> Vec<Value> {
    let manifest = json!({ "hash": "ab".repeat(32) });
    vec![
        json!({ "accept_bid": {
            "seq": seq, "group": 0, "provider": "away1p", "bid_no": 1, "max_rate": "5",
        } }),
        json!({ "accept_terms": { "seq": seq, "group": 0, "terms_no": 1 } }),
        json!({ "close": { "seq": seq } }),
        json!({ "close_lease": { "seq": seq, "group": 0 } }),
        json!({ "update_manifest": { "seq": seq, "manifest": manifest } }),
        json!({ "withdraw_surplus": { "seq": seq } }),
        json!({ "set_operators": { "seq": seq, "operators": [] } }),
        json!({ "set_refund_to": { "seq": seq, "refund_to": named("dao") } }),
        json!({ "transfer_order": { "seq": seq, "new_owner": named("other") } }),
        json!({ "auto_top_up": { "seq": seq, "target_runway_seconds": 0, "max_per_period": "1" } }),
    ]
}

fn orders() -> Vec<Case> {
    let auto = |runway: u64, tip: &str| {
        json!({ "auto_top_up": {
            "seq": 1, "target_runway_seconds": runway, "max_per_period": "5", "tip": tip,
        } })
    };
    let mut cases = vec![
        case("dao", json!({ "close": { "seq": 2 } }), &["order 2 is `InFlight`", "must be"]),
        case("dao", json!({ "close": { "seq": 1 } }), &["paid in `uusdx`", "got `uother`"])
            .with(5, "uother"),
        case("dao", json!({ "set_operators": { "seq": 1 } }), &["name what to change"]),
        case(
            "dao",
            json!({ "set_refund_to": { "seq": 1, "refund_to": "x" } }),
            &["`refund_to`", "`x`"],
        ),
        case(
            "dao",
            json!({ "transfer_order": { "seq": 1, "new_owner": "x" } }),
            &["`new_owner`", "`x`"],
        ),
        case("thief", json!({ "accept_order": { "seq": 1 } }), &["not offered", "transfer_order"]),
        case("dao", auto(599, "0"), &["target_runway_seconds", "599", "600"]),
        case("dao", auto(600, "6"), &["tip", "6", "5"]),
        case("anyone", json!({ "poke": { "seq": 1 } }), &["no `auto_top_up`"]),
        case("anyone", json!({ "poke": { "seq": 9 } }), &["no order 9"]),
        case("anyone", json!({ "status": { "seq": 9 } }), &["no order 9"]),
        case("anyone", json!({ "status": { "seq": 2 } }), &["order 2 is `InFlight`", "must be"]),
        case("anyone", json!({ "notify_owner": { "seq": 9 } }), &["no order 9"]),
    ];
    for message in about(1) {
        cases.push(case("thief", message, &["may not do this, only"]));
    }
    for message in about(9) {
        cases.push(case("dao", message, &["no order 9"]));
    }
    cases
}

fn budgets() -> Vec<Case> {
    let limit = |seconds: u64| json!({ "denom": USDX, "per_period": "5", "period_seconds": seconds, "total": "5" });
    let allow = |limits: Vec<Value>| json!({ "set_allowance": { "delegate": named("key"), "limits": limits } });
    let spend = |refund_to: Option<String>| {
        let mut purchase = json!({ "route": ROUTE, "deployment": deployment() });
        if let Some(refund_to) = refund_to {
            purchase["refund_to"] = json!(refund_to);
        }
        let coin = json!({ "denom": USDX, "amount": "5" });
        json!({ "buy_from_budget": { "owner": named("dao"), "coin": coin, "buy": purchase } })
    };
    let top_up = json!({ "top_up_from_budget": {
        "owner": named("dao"), "coin": { "denom": USDX, "amount": "5" }, "seq": 1,
    } });
    let withdraw = |amount: &str| json!({ "withdraw_budget": { "denom": USDX, "amount": amount } });
    vec![
        case("dao", json!({ "deposit": {} }), &["exactly one coin", "got 0"]),
        case("dao", json!({ "deposit": { "owner": "x" } }), &["`owner`", "`x`"]).with(5, USDX),
        case("dao", withdraw("5"), &["holds 0uusdx", "got 5", "deposit"]),
        case("dao", withdraw("0"), &["between 1 and", "got 0"]),
        case("dao", allow(vec![limit(0)]), &["period_seconds", "0", "1"]),
        case("dao", allow(vec![limit(9), limit(9)]), &["limits", "`uusdx` twice"]),
        case("dao", allow(vec![limit(9); 9]), &["limits", "9", "8"]),
        case("thief", spend(None), &["only the budget's owner or a delegate"]),
        case("dao", spend(None), &["holds 0uusdx", "got 5"]),
        case("dao", spend(Some(named("dao"))), &["refund_to", "returns to it"]),
        case("thief", top_up.clone(), &["only the budget's owner or a delegate"]),
        case("dao", top_up, &["holds 0uusdx", "got 5"]),
    ]
}

fn money() -> Vec<Case> {
    let claim = json!({ "claim": { "owner": named("dao"), "denom": USDX } });
    vec![
        case("anyone", claim, &["nothing in `uusdx`", "claimable"]),
        case(
            "dao",
            json!({ "claim_to": { "denom": USDX, "to": named("dao") } }),
            &["nothing in `uusdx`"],
        ),
        case("anyone", json!({ "reconcile": { "n": 99 } }), &["no money packet 99", "in_flight"]),
        case("thief", json!({ "announce_refund": { "n": 99 } }), &["only", "owner"]),
        case("keeper", json!({ "announce_refund": { "n": 99 } }), &["no money packet 99"]),
    ]
}

fn governance() -> Vec<Case> {
    let style = json!({ "callbacks": { "source_gas": 1, "destination_gas": 1 } });
    let route = |name: &str, channel: &str| {
        json!({ "add_route": {
            "name": name, "channel": channel, "market": "away1other", "style": style,
        } })
    };
    let probe = |route: &str| json!({ "probe_route": { "route": route } });
    let config = |seconds: u64| json!({ "update_config": { "min_timeout_seconds": seconds } });
    let transfer = json!({ "update_ownership": { "transfer_ownership": { "new_owner": "x" } } });
    let settle = json!({ "entrepot": {
        "v": 1, "n": 1, "settle": { "account": "x", "seq": 1, "kind": "closed" },
    } });
    let mut cases = vec![
        case("keeper", route(&"x".repeat(33), "channel-7"), &["name", "33", "32"]),
        case("keeper", route("other", "channel-99"), &["channel-99", "cannot be a route"]),
        case("keeper", route("other", "channel-7"), &["already has this", "channel"]),
        case("keeper", probe("nowhere"), &["no route `nowhere`"]).with(5, USDX),
        case("keeper", probe(ROUTE), &["exactly one coin", "got 0"]),
        case("keeper", json!({ "arm_control": { "route": "nowhere" } }), &["no route `nowhere`"]),
        case("keeper", config(9), &["min_timeout_seconds", "9", "10"]),
        case("keeper", transfer, &["`x`"]),
        case("thief", json!({ "update_ownership": "accept_ownership" }), &["cannot accept"]),
        case("thief", settle, &["not a settlement"]).with(5, USDX),
    ];
    for message in [
        route("other", "channel-7"),
        json!({ "arm_control": { "route": ROUTE } }),
        config(30),
        json!({ "pause": {} }),
        json!({ "unpause": {} }),
        json!({ "update_ownership": "renounce_ownership" }),
    ] {
        cases.push(case("thief", message, &["may not do this, only"]));
    }
    cases.push(case("thief", probe(ROUTE), &["may not do this, only"]).with(5, USDX));
    cases
}

fn cases() -> Vec<Case> {
    [purchases(), orders(), budgets(), money(), governance()].into_iter().flatten().collect()
}

fn stored(suite: &Suite) -> Vec<(Vec<u8>, Vec<u8>)> {
    suite.deps.storage.range(None, None, Order::Ascending).collect()
}

/// Sends it, and says what is wrong with the refusal.
fn refuse(suite: &mut Suite, case: &Case) -> Option<String> {
    let before = (stored(suite), suite.chain.bank.clone(), suite.chain.paid.clone());
    let msg: ExecuteMsg = serde_json::from_value(case.msg.clone()).unwrap();
    let said = format!("{} by {}", case.msg, case.sender);
    let Err(error) = suite.execute(case.sender, &msg, &case.funds) else {
        return Some(format!("{said} is taken"));
    };
    if before != (stored(suite), suite.chain.bank.clone(), suite.chain.paid.clone()) {
        return Some(format!("{said} changes something"));
    }
    let is_defect = matches!(
        error,
        ContractError::Std(_) | ContractError::Overflow(_) | ContractError::DivideByZero(_)
    );
    let text = error.to_string();
    let missing = case.words.iter().find(|word| !text.contains(*word));
    match missing {
        Some(word) => Some(format!("{said}: `{word}` is not in `{text}`")),
        None => is_defect.then(|| format!("{said} is called a defect: {text}")),
    }
}

fn assert_refused(cases: &[Case]) {
    let mut suite = outpost();
    let faults: Vec<_> = cases.iter().filter_map(|case| refuse(&mut suite, case)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_message_is_refused_with_its_reason_and_changes_nothing() {
    let cases = cases();
    assert_refused(&cases);
    let tried: BTreeSet<_> = cases.iter().map(|case| case.name().to_owned()).collect();
    let schema = serde_json::to_value(schema_for!(ExecuteMsg)).unwrap();
    let all = schema["oneOf"].as_array().unwrap().iter();
    let all = all.map(|variant| variant["required"][0].as_str().unwrap().to_owned());
    assert_eq!(tried, all.collect(), "a case for each message");
}

/// Messages that take a coin, or may.
const PAID: [&str; 13] = [
    "accept_bid",
    "accept_terms",
    "buy",
    "close",
    "close_lease",
    "deposit",
    "entrepot",
    "probe_route",
    "set_operators",
    "set_refund_to",
    "top_up",
    "update_manifest",
    "withdraw_surplus",
];

#[test]
fn coins_that_a_message_does_not_take_are_refused() {
    let free = cases().into_iter().filter(|case| !PAID.contains(&case.name()));
    let paid =
        free.map(|case| Case { funds: vec![coin(5, USDX)], words: &["no coin", "got 1"], ..case });
    // Who may not send it, or names nothing that is there, may hear of that first.
    let other = ["may not do this", "there is no", "not offered", "`x`", "cannot accept", "absent"];
    let mut suite = outpost();
    for case in paid {
        let msg: ExecuteMsg = serde_json::from_value(case.msg.clone()).unwrap();
        let refused = suite.execute(case.sender, &msg, &case.funds).unwrap_err().to_string();
        let is_told = case.words.iter().all(|word| refused.contains(word));
        assert!(
            is_told || other.iter().any(|word| refused.contains(word)),
            "{}: {refused}",
            case.msg
        );
    }
}
