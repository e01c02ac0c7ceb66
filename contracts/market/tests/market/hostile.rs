//! Bad input: over-limit, out of order, from the wrong sender, at the wrong time, with the wrong coin. Each gets
//! its code and a text that names what came and what was expected, and nothing is changed. That bytes which are
//! no message are `malformed` is a property of all messages: `packages/simnet/tests/decoding`.

mod exits;
mod governance;
mod providers;
mod tenants;

use std::collections::BTreeSet;

use cosmwasm_schema::schema_for;
use cosmwasm_std::{Coin, Order, coin};
use market::msg::{ExecuteMsg, QueryMsg};
use protocol::Code;
use protocol::control::Command;
use serde_json::{Value, json};

use crate::suite::{BOND, PEOPLE, RATE, STAKE, Suite, USD, by_offer, group, manual};

/// A message that must be refused: who sends it, with which coins, why it is refused, and what the text names.
struct Case {
    sender: &'static str,
    msg: Value,
    funds: Vec<Coin>,
    code: Code,
    words: &'static [&'static str],
}

fn case(sender: &'static str, msg: Value, code: Code, words: &'static [&'static str]) -> Case {
    Case { sender, msg, funds: Vec::new(), code, words }
}

impl Case {
    fn with(mut self, units: u128, denom: &str) -> Self {
        self.funds.push(coin(units, denom));
        self
    }

    fn name(&self) -> &str {
        match &self.msg {
            Value::Object(fields) => fields.keys().next().unwrap(),
            other => panic!("{other} is no message"),
        }
    }
}

/// A deployment of the tenant.
fn deployment(seq: u64) -> Value {
    json!({ "tenant": { "local": { "address": Suite::named("tenant") } }, "seq": seq })
}

/// A group of it.
fn lease(seq: u64) -> Value {
    json!({ "deployment": deployment(seq), "group": 0 })
}

/// Somebody behind a route that is none.
fn far() -> Value {
    json!({ "remote": { "route": "channel-7", "sender": "far1x", "account": "far1x" } })
}

/// Something in every state: 1 is leased by offer 1 and waits for its first heartbeat, 2 is an order with a bid
/// of bob's, 3 is closed, 4 is an active lease of alice's, 5 an auction in its bidding.
fn market() -> Suite {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    suite.open(3, manual(), 1_000);
    let close = Command::CloseDeployment {};
    suite.just("tenant", &ExecuteMsg::Act { deployment: suite.id(3), command: close });
    suite.open(4, vec![group("web", by_offer(offer))], 10_000);
    let active = suite.lease_id(4, 0);
    suite.beat("alice", &active);
    suite.open(1, vec![group("web", by_offer(offer))], 10_000);
    suite.open(2, manual(), 10_000);
    let order = suite.lease_id(2, 0);
    let bid = ExecuteMsg::Bid { order, rate: RATE.into(), valid_for_seconds: 3_600 };
    suite.run("bob", &bid, &[coin(BOND, USD)]);
    let auction = protocol::Selection::Lowest { bidding_seconds: 3_600 };
    suite.open(5, vec![group("web", auction)], 10_000);
    suite
}

/// Keys and values.
type Stored = Vec<(Vec<u8>, Vec<u8>)>;

/// All that is stored, and what everybody has.
fn everything(suite: &Suite) -> (Stored, Vec<(u128, u128)>) {
    let storage = suite.app.contract_storage(&suite.market);
    let stored = storage.range(None, None, Order::Ascending).collect();
    (stored, PEOPLE.iter().map(|name| (suite.usd(name), suite.stake(name))).collect())
}

/// Sends it, and says what is wrong with the refusal.
fn refuse(suite: &mut Suite, case: &Case) -> Option<String> {
    let before = everything(suite);
    let said = format!("{} by {}", case.msg, case.sender);
    let msg: ExecuteMsg = match serde_json::from_value(case.msg.clone()) {
        Ok(msg) => msg,
        Err(error) => return Some(format!("{said} is no message: {error}")),
    };
    let Err(error) = suite.send(case.sender, &msg, &case.funds) else {
        return Some(format!("{said} is taken"));
    };
    if everything(suite) != before {
        return Some(format!("{said} changes something"));
    }
    if Code::find(&error) != Some(case.code) {
        return Some(format!("{said} is not `{}`: {error}", case.code));
    }
    // The chain wraps the text; ours is its end.
    let text = &error[error.find(&format!("{}: ", case.code)).unwrap()..];
    let missing = case.words.iter().find(|word| !text.contains(*word));
    missing.map(|word| format!("{said}: `{word}` is not in `{text}`"))
}

fn assert_refused(suite: &mut Suite, cases: &[Case]) {
    let faults: Vec<_> = cases.iter().filter_map(|case| refuse(suite, case)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn cases() -> Vec<Case> {
    let parts = [providers::cases(), tenants::cases(), exits::cases(), governance::cases()];
    parts.into_iter().flatten().collect()
}

/// The names of an enum's variants, as its schema lists them.
pub(crate) fn variants(schema: &impl serde::Serialize) -> BTreeSet<String> {
    let schema = serde_json::to_value(schema).unwrap();
    let all = schema["oneOf"].as_array().unwrap().iter();
    all.map(|variant| variant["required"][0].as_str().unwrap().to_owned()).collect()
}

// Rules 37, 41: every field has its bound.
#[test]
fn every_message_is_refused_with_its_reason_and_changes_nothing() {
    let mut suite = market();
    let cases = cases();
    assert_refused(&mut suite, &cases);
    let tried: BTreeSet<_> = cases.iter().map(|case| case.name().to_owned()).collect();
    assert_eq!(tried, variants(&schema_for!(ExecuteMsg)), "a case for each message");
}

/// Messages that take coins.
const PAID: [&str; 8] = [
    "attest",
    "bid",
    "open",
    "post_offer",
    "register_provider",
    "top_up",
    "update_offer",
    "update_provider",
];

// Rule 21: a message that takes no coin keeps none.
#[test]
fn coins_that_a_message_does_not_take_are_refused() {
    // What ibc-hooks brings comes with a coin: there the sender is the first question.
    let free = cases().into_iter().filter(|case| !PAID.contains(&case.name()));
    let free = free.filter(|case| case.name() != "entrepot");
    let paid: Vec<_> = free
        .map(|case| {
            let words = &["5uusd", "no coin"];
            Case { funds: vec![coin(5, USD)], code: Code::WrongCoin, words, ..case }
        })
        .collect();
    assert_refused(&mut market(), &paid);
}

// Rule 21: one coin, of a possible amount.
#[test]
fn messages_that_take_a_coin_take_one_of_a_possible_amount() {
    let paid = || cases().into_iter().filter(|case| PAID.contains(&case.name()));
    let with = |case: Case, funds| {
        let (code, words): (_, &[&str]) = (Code::WrongCoin, &["expected"]);
        Case { funds, code, words, ..case }
    };
    let two = paid().map(|case| with(case, vec![coin(5, STAKE), coin(5, USD)]));
    let none = paid().filter(|case| !case.name().starts_with("update_"));
    let none = none.map(|case| with(case, Vec::new()));
    assert_refused(&mut market(), &two.chain(none).collect::<Vec<_>>());
}

/// A question that must be refused, why, and what the text names.
type Question = (Value, Code, [&'static str; 2]);

fn questions() -> Vec<Question> {
    let nobody = Suite::named("nobody");
    let elsewhere = json!({ "tenant": { "local": { "address": nobody } }, "seq": 9 });
    let none = |ask: Value, words: [&'static str; 2]| (ask, Code::NotFound, words);
    vec![
        none(json!({ "provider": { "address": nobody } }), ["provider", "cosmwasm1"]),
        none(json!({ "attestations": { "provider": nobody } }), ["provider", "cosmwasm1"]),
        none(json!({ "offer": { "offer": 99 } }), ["offer", "99"]),
        none(json!({ "deployment": { "id": deployment(9) } }), ["deployment", "/9"]),
        none(json!({ "status": { "id": elsewhere } }), ["deployment", "/9"]),
        none(json!({ "tombstone": { "id": deployment(1) } }), ["closed deployment", "/1"]),
        none(json!({ "order": { "id": lease(1) } }), ["open order", "/1"]),
        none(json!({ "order": { "id": lease(9) } }), ["deployment", "/9"]),
        none(json!({ "bids": { "order": lease(9) } }), ["deployment", "/9"]),
        none(
            json!({ "bids_of": { "provider": nobody, "start_after": lease(9) } }),
            ["deployment", "/9"],
        ),
        none(json!({ "lease": { "id": lease(2) } }), ["lease", "/2"]),
        none(json!({ "leases": { "start_after": lease(9) } }), ["deployment", "/9"]),
        none(
            json!({ "providers": { "start_after": nobody } }),
            ["address to go on after", "cosmwasm1"],
        ),
        none(
            json!({ "denoms": { "start_after": { "denom": "never" } } }),
            ["denom to go on after", "never"],
        ),
        (
            json!({ "denoms": { "start_after": { "denom": "uusd", "route": "channel-7" } } }),
            Code::WrongRoute,
            ["channel-7", "belongs to no route"],
        ),
        (
            json!({ "routes": { "start_after": "channel-7" } }),
            Code::WrongRoute,
            ["channel-7", "belongs to no route"],
        ),
        (
            json!({ "in_flight": { "route": "channel-7" } }),
            Code::WrongRoute,
            ["channel-7", "belongs to no route"],
        ),
    ]
}

#[test]
fn questions_about_what_is_not_there_say_so() {
    let suite = market();
    let mut faults = Vec::new();
    for (ask, code, words) in questions() {
        let asked: QueryMsg = serde_json::from_value(ask.clone()).unwrap();
        match suite.app.wrap().query_wasm_smart::<Value>(&suite.market, &asked) {
            Ok(answer) => faults.push(format!("{ask} is answered: {answer}")),
            Err(error) => {
                let error = error.to_string();
                let is_said = words.iter().all(|word| error.contains(word));
                if Code::find(&error) != Some(code) || !is_said {
                    faults.push(format!("{ask} is not `{code}` with {words:?}: {error}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
