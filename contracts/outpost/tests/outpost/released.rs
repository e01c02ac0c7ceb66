//! From each released version: all that it stored is found again after the migration, and every unit
//! finds its way out.
//!
//! `tests/released/VERSION.json` holds the storage of an outpost of that version on a real chain and its
//! answers there; `scripts/record-release` made it.

use cosmwasm_std::testing::{MockApi, MockQuerier, MockStorage, mock_env};
use cosmwasm_std::{Addr, HexBinary, OwnedDeps, Storage, Timestamp, coin};
use outpost::contract;
use outpost::msg::responses::{InFlightResponse, OrderState, SolvencyResponse};
use outpost::msg::{ExecuteMsg, MigrateMsg, QueryMsg};
use released::{Answered, Recorded, losses};
use serde_json::Value;

use crate::suite::{Chain, Sent, Suite};

/// An outpost that stores and holds this, migrated.
fn migrated(recorded: &Recorded) -> Suite {
    let mut storage = MockStorage::default();
    for (key, value) in &recorded.state {
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
    suite.env.contract.address = Addr::unchecked(recorded.address.as_deref().unwrap());
    suite.env.block.time = Timestamp::from_seconds(recorded.time);
    for (ask, answer) in recorded.of("solvency") {
        let books: SolvencyResponse = serde_json::from_value(answer.clone()).unwrap();
        suite.receive_coins(&[coin(books.bank.u128(), ask["denom"].as_str().unwrap())]);
    }
    contract::migrate(suite.deps.as_mut(), suite.env.clone(), MigrateMsg {}).unwrap();
    suite.check();
    suite
}

fn recorded() -> Recorded {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/released/0.1.0.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn all_that_0_1_0_stored_is_found_again() {
    let recorded = recorded();
    let suite = migrated(&recorded);
    for Answered { ask, answer } in &recorded.answers {
        let asked: QueryMsg = serde_json::from_value(ask.clone()).unwrap();
        let now: Value = suite.ask(asked);
        assert_eq!(losses(&ask.to_string(), (answer, &now), &[]), [""; 0]);
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
    let mut suite = migrated(&recorded);
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
