//! Every message and every question that the schemas allow has its place in the market's tables.

use std::collections::BTreeSet;

use cosmwasm_schema::schemars::JsonSchema;
use cosmwasm_std::Uint128;
use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env};
use market::msg::{ExecuteMsg, InstantiateMsg, Params, QueryMsg};
use protocol::json::{Decode, from_slice};
use serde_json::Value;

use super::schema;
use super::write::{Tape, write};

/// One of each kind, by its name.
fn one_of_each<T: Decode + JsonSchema>() -> Vec<(String, T)> {
    let schema = schema::<T>();
    let mut met = BTreeSet::new();
    let mut all = Vec::new();
    for choice in 0..200 {
        let text = write(&schema, &mut Tape::new(vec![choice])).to_string();
        let json: Value = serde_json::from_str(&text).unwrap();
        let name = json.as_object().unwrap().keys().next().unwrap().clone();
        if met.insert(name.clone()) {
            all.push((name, from_slice(text.as_bytes()).unwrap()));
        }
    }
    assert_eq!(all.len(), schema["oneOf"].as_array().unwrap().len(), "one of each: {met:?}");
    all
}

fn params(treasury: String) -> Params {
    Params {
        treasury,
        pauser: None,
        take_rate_bps: 0,
        grace_seconds: 0,
        stake_denom: "ustake".into(),
        min_stake: Uint128::one(),
        unbonding_seconds: 0,
        bond_denom: None,
        settle_timeout_seconds: 600,
        control_gas: 500_000,
    }
}

#[test]
fn every_message_and_question_has_its_table() {
    let (mut deps, env) = (mock_dependencies(), mock_env());
    let owner = message_info(&deps.api.addr_make("owner"), &[]);
    let setup = InstantiateMsg {
        owner: None,
        min_timeout_seconds: None,
        params: params(deps.api.addr_make("treasury").into()),
        denoms: Vec::new(),
    };
    market::contract::instantiate(deps.as_mut(), env.clone(), owner.clone(), setup).unwrap();
    for (name, question) in one_of_each::<QueryMsg>() {
        if let Err(error) = market::contract::query(deps.as_ref(), env.clone(), question) {
            assert!(!error.to_string().contains("the table of"), "{name}: {error}");
        }
    }
    for (name, message) in one_of_each::<ExecuteMsg>() {
        let done = market::contract::execute(deps.as_mut(), env.clone(), owner.clone(), message);
        if let Err(error) = done {
            assert!(!error.to_string().contains("the table of"), "{name}: {error}");
        }
    }
}
