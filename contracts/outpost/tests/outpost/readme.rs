//! Property: the README's examples decode, and every message has one.

use std::collections::BTreeSet;

use cosmwasm_schema::schema_for;
use outpost::msg::ExecuteMsg;
use serde_json::{Deserializer, Value};

const README: &str = include_str!("../../README.md");

/// The examples: each fenced block holds one or more messages.
fn examples() -> Vec<Value> {
    let blocks = README.split("```json execute\n").skip(1);
    let text = blocks.map(|rest| rest.split("```").next().unwrap());
    text.flat_map(|text| Deserializer::from_str(text).into_iter::<Value>())
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The name of a message: its only key.
fn name(message: &Value) -> String {
    message.as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn examples_decode_and_every_message_has_one() {
    let mut shown = BTreeSet::new();
    for example in examples() {
        let decoded: Result<ExecuteMsg, _> = serde_json::from_value(example.clone());
        assert!(decoded.is_ok(), "{example}: {decoded:?}");
        shown.insert(name(&example));
    }
    let schema = serde_json::to_value(schema_for!(ExecuteMsg)).unwrap();
    let variants = schema["oneOf"].as_array().unwrap().iter();
    let all: BTreeSet<_> =
        variants.map(|variant| variant["required"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, all);
}
