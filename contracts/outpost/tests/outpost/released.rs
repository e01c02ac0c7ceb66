//! From each released version: all that it stored is found again after the migration, and every unit
//! finds its way out.
//!
//! `tests/released/VERSION.json` holds the storage of an outpost of that version on a real chain and its
//! answers there; `scripts/record-release` made it.

use std::collections::BTreeMap;

use cosmwasm_std::testing::{MockApi, MockQuerier, MockStorage, mock_env};
use cosmwasm_std::{Addr, HexBinary, OwnedDeps, Storage, Timestamp, coin};
use outpost::contract;
use outpost::msg::responses::{InFlightResponse, OrderState, SolvencyResponse};
use outpost::msg::{ExecuteMsg, MigrateMsg, QueryMsg};
use serde::Deserialize;
use serde_json::Value;

use crate::suite::{Chain, Sent, Suite};

/// What was recorded, as of one block.
#[derive(Deserialize)]
struct Recorded {
    /// Seconds since 1970.
    time: u64,
    /// The outpost's.
    address: String,
    /// All storage: keys in hex, values as text.
    state: BTreeMap<String, String>,
    answers: Vec<Answered>,
}

#[derive(Deserialize)]
struct Answered {
    ask: Value,
    answer: Value,
}

impl Recorded {
    fn of(&self, kind: &str) -> impl Iterator<Item = (&Value, &Value)> {
        let asked = self.answers.iter();
        asked.filter_map(move |asked| Some((asked.ask.get(kind)?, &asked.answer)))
    }

    /// An outpost that stores and holds this, migrated.
    fn migrated(&self) -> Suite {
        let mut storage = MockStorage::default();
        for (key, value) in &self.state {
            storage.set(HexBinary::from_hex(key).unwrap().as_slice(), value.as_bytes());
        }
        let mut suite = Suite {
            deps: OwnedDeps {
                storage,
                api: MockApi::default().with_prefix("wasm"),
                querier: MockQuerier::default(),
                custom_query_type: std::marker::PhantomData,
            },
            env: mock_env(),
            chain: Chain::default(),
        };
        suite.env.contract.address = Addr::unchecked(&self.address);
        suite.env.block.time = Timestamp::from_seconds(self.time);
        for (ask, answer) in self.of("solvency") {
            let books: SolvencyResponse = serde_json::from_value(answer.clone()).unwrap();
            suite.receive_coins(&[coin(books.bank.u128(), ask["denom"].as_str().unwrap())]);
        }
        contract::migrate(suite.deps.as_mut(), suite.env.clone(), MigrateMsg {}).unwrap();
        suite.check();
        suite
    }
}

fn recorded() -> Recorded {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/released/0.1.0.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every field of what was answered must be in the new answer, with the same value.
fn assert_kept(path: &str, old: &Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let found = new.get(key).unwrap_or_else(|| panic!("{path}: `{key}` is gone"));
                assert_kept(&format!("{path}.{key}"), value, found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            assert_eq!(old.len(), new.len(), "{path}: {old:?} became {new:?}");
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                assert_kept(&format!("{path}[{index}]"), old, new);
            }
        }
        (old, new) => assert_eq!(old, new, "{path}"),
    }
}

#[test]
fn all_that_0_1_0_stored_is_found_again() {
    let recorded = recorded();
    let suite = recorded.migrated();
    for Answered { ask, answer } in &recorded.answers {
        let asked: QueryMsg = serde_json::from_value(ask.clone()).unwrap();
        let now: Value = suite.ask(asked);
        assert_kept(&ask.to_string(), answer, &now);
    }
    let states: Vec<_> = recorded.of("order").map(|(_, order)| order["state"].clone()).collect();
    for state in ["in_flight", "acked", "leased", "closed"] {
        assert!(states.contains(&state.into()), "no order of 0.1.0 is {state}: {states:?}");
    }
    let (_, flights) = recorded.of("in_flight").next().unwrap();
    assert_eq!(flights["packets"].as_array().unwrap().len(), 1, "a purchase is under way");
    assert!(
        recorded.of("claimable").any(|(_, answer)| answer["claimable"] != Value::Array(vec![]))
    );
}

#[test]
fn every_unit_in_0_1_0_finds_its_way_out() {
    let recorded = recorded();
    let mut suite = recorded.migrated();
    let flights: InFlightResponse =
        suite.ask(QueryMsg::InFlight { start_after: None, limit: None });
    let mut back = 0;
    for flight in flights.packets {
        let sent = Sent {
            channel: flight.channel,
            sequence: flight.sequence,
            to: String::new(),
            coin: flight.coin,
            timeout_at: flight.timeout_at,
            memo: String::new(),
        };
        suite.time_out(&sent);
        back += 1;
        assert_eq!(suite.state(flight.seq.unwrap()), OrderState::Refunded);
    }
    assert_eq!(back, 1);
    let credits: Vec<(String, Value)> = recorded
        .of("claimable")
        .map(|(ask, _)| {
            let owner = ask["owner"].as_str().unwrap().to_owned();
            let ask = QueryMsg::Claimable { owner: owner.clone(), start_after: None, limit: None };
            (owner, suite.ask(ask))
        })
        .collect();
    for (owner, credits) in credits {
        for credit in credits["claimable"].as_array().unwrap() {
            let (owner, denom) = (owner.clone(), credit["denom"].as_str().unwrap().to_owned());
            // Who refunds are for may be named more than once; one claim pays all of an owner's.
            let _ = suite.execute("anyone", &ExecuteMsg::Claim { owner, denom }, &[]);
        }
    }
    for (ask, _) in recorded.of("solvency") {
        let denom = ask["denom"].as_str().unwrap().to_owned();
        let books: SolvencyResponse = suite.ask(QueryMsg::Solvency { denom });
        let nothing = (books.tracked.u128(), books.unresolved.u128(), books.bank.u128());
        assert_eq!(nothing, (0, 0, 0), "{books:?}");
    }
}
