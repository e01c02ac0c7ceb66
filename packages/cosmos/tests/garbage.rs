//! Nothing that a node may answer makes a decoder panic.

use cosmos::Any;
use cosmos::rpc::{AbciQuery, BlockResults};
use cosmos::wire::client::{ClientState, ConsensusState};
use cosmos::wire::event::{Attribute, Event};
use cosmos::wire::event_v1::decode;
use cosmos::wire::height::{Height, revision_of};
use cosmos::wire::proof::{ProofOp, from_ops, verify_absence, verify_value, written_at};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

const KINDS: &[&str] = &[
    "create_client",
    "update_client",
    "connection_open_try",
    "channel_open_ack",
    "channel_close",
    "send_packet",
    "recv_packet",
    "write_acknowledgement",
    "acknowledge_packet",
    "timeout_packet",
];
const KEYS: &[&str] = &[
    "client_id",
    "client_type",
    "consensus_height",
    "consensus_heights",
    "connection_id",
    "counterparty_client_id",
    "port_id",
    "channel_id",
    "counterparty_port_id",
    "packet_src_port",
    "packet_src_channel",
    "packet_dst_port",
    "packet_dst_channel",
    "packet_sequence",
    "packet_data_hex",
    "packet_ack_hex",
    "packet_timeout_height",
    "packet_timeout_timestamp",
    "packet_channel_ordering",
    "packet_connection",
];

fn event() -> impl Strategy<Value = Event> {
    let value = prop_oneof![
        Just("ORDER_UNORDERED".to_owned()),
        Just("0-1".to_owned()),
        Just("7".to_owned()),
        ".{0,12}",
    ];
    let attribute = (prop::sample::select(KEYS), value)
        .prop_map(|(key, value)| Attribute { key: key.to_owned(), value });
    (prop::sample::select(KINDS), vec(attribute, 0..24))
        .prop_map(|(kind, attributes)| Event { kind: kind.to_owned(), attributes })
}

/// The recorded answer with one string replaced: what a faulty node or a proxy may make of it.
fn mutated(name: &str, at: usize, with: &str) -> Value {
    fn replace(value: &mut Value, at: &mut usize, with: &str) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|v| replace(v, at, with)),
            Value::Array(items) => items.iter_mut().for_each(|v| replace(v, at, with)),
            Value::String(text) => {
                if *at == 0 {
                    *text = with.to_owned();
                }
                *at = at.wrapping_sub(1);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let file = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let mut value: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut at = at;
    replace(&mut value, &mut at, with);
    value
}

proptest! {
    #[test]
    fn events_decode_or_say_why(event in event()) {
        let _ = decode(&event);
    }

    #[test]
    fn states_decode_or_say_why(bytes in vec(any::<u8>(), 0..200)) {
        for kind in ["ClientState", "ConsensusState"] {
            let type_url = format!("/ibc.lightclients.tendermint.v1.{kind}");
            let packed = Any { type_url, value: bytes.clone() };
            let _ = (ClientState::from_any(&packed), ConsensusState::from_any(&packed));
        }
    }

    #[test]
    fn proofs_decode_or_say_why(first in vec(any::<u8>(), 0..200), second in vec(any::<u8>(), 0..200)) {
        let op = |data| ProofOp { kind: "ics23:iavl".into(), key: Vec::new(), data };
        if let Ok(proof) = from_ops(&[op(first), op(second)]) {
            let _ = written_at(&proof);
            prop_assert!(verify_value(&proof, &[0; 32], b"key", b"value").is_err());
            prop_assert!(verify_absence(&proof, &[0; 32], b"key").is_err());
        }
    }

    #[test]
    fn heights_read_or_say_why(text in ".{0,30}") {
        let _ = (text.parse::<Height>(), revision_of(&text));
    }

    #[test]
    fn answers_with_a_broken_field_decode_or_say_why(at in 0usize..60, with in ".{0,20}") {
        let results = mutated("results_MsgTransfer", at, &with)["result"].take();
        let _ = serde_json::from_value::<BlockResults>(results);
        let query = mutated("proof_commitment", at, &with)["result"]["response"].take();
        if let Ok(query) = serde_json::from_value::<AbciQuery>(query) {
            let _ = from_ops(query.proof_ops());
        }
    }
}
