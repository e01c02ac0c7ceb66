//! Property: on any text, good or spoiled, the contracts' own decoder and serde say the same.
//!
//! The texts are written after the schemas of the messages, so a new message is tried without
//! being named here. Only three things may differ, and only one way: the contracts refuse a struct
//! without names, what is nested deeper than 32 levels, and what is no text (half a character, bytes
//! that are not UTF-8) where serde does not look: in a field of the chain that they do not know.

mod chain;
mod places;
mod spoil;
mod write;

use std::fmt::Debug;

use cosmwasm_schema::schema_for;
use cosmwasm_schema::schemars::JsonSchema;
use cosmwasm_std::{Env, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, Reply};
use proptest::collection::vec;
use proptest::prelude::*;
use protocol::control::{ControlAck, ControlPacket, Instruction, Notice, SettledQuery};
use protocol::json::{self, Decode};
use protocol::money::{Open, Probe, Settle, TopUp};
use protocol::{Memo, Message};
use serde::de::DeserializeOwned;
use serde_json::Value;

use spoil::spoil;
use write::{Json, Tape, write};

/// Where the contracts are stricter than serde.
const STRICTER: [&str; 4] = [
    "expected an object, found a list",
    "less than 33 levels",
    "expected a code point",
    "expected UTF-8",
];

fn schema<T: JsonSchema>() -> Value {
    serde_json::to_value(schema_for!(T)).unwrap()
}

/// Decodes with both. Says whether the text was accepted.
fn agree<T: Decode + DeserializeOwned + PartialEq + Debug>(text: &[u8]) -> bool {
    let (ours, serde) = (json::from_slice::<T>(text), serde_json::from_slice::<T>(text));
    let shown = String::from_utf8_lossy(text);
    match (ours, serde) {
        (Ok(ours), Ok(serde)) => {
            assert_eq!(ours, serde, "{shown}");
            true
        }
        (Err(_), Err(_)) => false,
        (Err(error), Ok(_)) => {
            let error = error.to_string();
            assert!(STRICTER.iter().any(|known| error.contains(known)), "{error}: {shown}");
            false
        }
        (Ok(ours), Err(error)) => panic!("serde refuses {shown}: {error}; we read {ours:?}"),
    }
}

/// A message of this type, as it is and spoiled.
fn try_type<T>(schema: &Value, tape: &mut Tape, wrap: fn(Json) -> Json)
where
    T: Decode + DeserializeOwned + PartialEq + Debug,
{
    let good = wrap(write(schema, tape));
    assert!(agree::<T>(good.to_string().as_bytes()), "refused: {good}");
    let mut bad = good;
    for _ in 0..=tape.next(2) {
        spoil(&mut bad, tape);
    }
    agree::<T>(bad.to_string().as_bytes());
    let mut bytes = bad.to_string().into_bytes();
    let at = tape.next(bytes.len());
    bytes[at] ^= 1 << tape.next(8);
    agree::<T>(&bytes);
    bytes.truncate(at);
    agree::<T>(&bytes);
}

fn as_it_is(json: Json) -> Json {
    json
}

fn object(entries: Vec<(&str, Json)>) -> Json {
    Json::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn raw(text: &str) -> Json {
    Json::Raw(text.into())
}

macro_rules! agreement {
    ($($name:ident: $type:ty, $schema:ty, $wrap:expr;)*) => {
        proptest! {
            $(
                #[test]
                fn $name(choices in vec(any::<u32>(), 0..400)) {
                    try_type::<$type>(&schema::<$schema>(), &mut Tape::new(choices), $wrap);
                }
            )*
        }
    };
}

fn memo(action: &str, content: Json) -> Json {
    let message = object(vec![("v", raw("1")), ("n", raw("12")), (action, content)]);
    object(vec![
        ("src_callback", object(vec![("address", raw("\"a\"")), ("gas_limit", raw("\"7\""))])),
        ("entrepot", message),
    ])
}

fn packet(body: &str, content: Json) -> Json {
    object(vec![("v", raw("1")), ("id", raw("3")), (body, content)])
}

agreement! {
    market_instantiate: market::msg::InstantiateMsg, market::msg::InstantiateMsg, as_it_is;
    market_execute: market::msg::ExecuteMsg, market::msg::ExecuteMsg, as_it_is;
    market_query: market::msg::QueryMsg, market::msg::QueryMsg, as_it_is;
    market_migrate: market::msg::MigrateMsg, market::msg::MigrateMsg, as_it_is;
    outpost_instantiate: outpost::msg::InstantiateMsg, outpost::msg::InstantiateMsg, as_it_is;
    outpost_execute: outpost::msg::ExecuteMsg, outpost::msg::ExecuteMsg, as_it_is;
    outpost_query: outpost::msg::QueryMsg, outpost::msg::QueryMsg, as_it_is;
    outpost_migrate: outpost::msg::MigrateMsg, outpost::msg::MigrateMsg, as_it_is;
    memo_open: Memo, Open, |content| memo("open", content);
    memo_top_up: Memo, TopUp, |content| memo("top_up", content);
    memo_do: Memo, Instruction, |content| memo("do", content);
    memo_probe: Memo, Probe, |content| memo("probe", content);
    memo_settle: Memo, Settle, |content| memo("settle", content);
    message_of_two_actions: Message, Probe, |content| {
        object(vec![("v", raw("1")), ("n", raw("1")), ("probe", content)])
    };
    packet_do: ControlPacket, Instruction, |content| packet("do", content);
    packet_notice: ControlPacket, Notice, |content| packet("notice", content);
    packet_settled: ControlPacket, SettledQuery, |content| packet("settled", content);
    acknowledgement: ControlAck, ControlAck, as_it_is;
    chain_env: Env, Env, as_it_is;
    chain_reply: Reply, Reply, as_it_is;
    chain_open: IbcChannelOpenMsg, IbcChannelOpenMsg, as_it_is;
    chain_connect: IbcChannelConnectMsg, IbcChannelConnectMsg, as_it_is;
    chain_close: IbcChannelCloseMsg, IbcChannelCloseMsg, as_it_is;
}

proptest! {
    #[test]
    fn any_json_is_json_to_both(choices in vec(any::<u32>(), 0..400)) {
        let mut tape = Tape::new(choices);
        let mut json = Json::List(Vec::new());
        for _ in 0..tape.next(40) {
            spoil(&mut json, &mut tape);
        }
        let text = json.to_string();
        // Nothing is read out of it, so only its form counts.
        let parses = serde_json::from_str::<Value>(&text).is_ok();
        let ours = json::from_slice::<Unread>(text.as_bytes());
        prop_assert_eq!(ours.is_ok(), parses, "{}: {:?}", text, ours);
    }

    #[test]
    fn white_space_counts_for_nothing(choices in vec(any::<u32>(), 0..400)) {
        let mut tape = Tape::new(choices);
        let schema = schema::<market::msg::ExecuteMsg>();
        let text = write(&schema, &mut tape).spaced(&mut tape);
        prop_assert!(agree::<market::msg::ExecuteMsg>(text.as_bytes()), "{}", text);
    }
}

/// A value that is not looked at.
#[derive(Debug)]
struct Unread;

impl Decode for Unread {
    fn decode(_node: json::Node<'_>) -> Self {
        Self
    }
}

#[test]
fn deep_texts_are_refused_by_one_and_harmless_to_both() {
    for depth in [31, 32, 33, 127, 5_000] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(json::from_slice::<Vec<Unread>>(text.as_bytes()).is_ok(), depth <= 32);
        agree::<market::msg::ExecuteMsg>(text.as_bytes());
    }
}
