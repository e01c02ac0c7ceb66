//! Answers of wasmd v0.61.14 as recorded in `packages/cosmos/tests/fixtures`, and changed ones.

use cosmos::wire::event::Attribute;
use ibc_proto::google::protobuf::Any;

use super::*;
use crate::model::ids::ChainId;

/// Who sent the recorded transactions.
const SIGNER: &str = "wasm1jasx5gw94esyzcardvqnfa000385wrnpa6xg8h";

/// The results of the block that included `message`.
fn recorded(message: &str) -> BlockResults {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/tests/fixtures");
    let text = std::fs::read_to_string(format!("{fixtures}/results_{message}.json")).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(answer["result"].clone()).unwrap()
}

fn lane(address: &str) -> LaneId {
    LaneId { chain: ChainId::from("wasmdev-1"), address: address.into() }
}

fn read(lane: &LaneId, results: &BlockResults) -> Vec<TxFacts> {
    let tip = Tip { height: results.height, hash: [1; 32], time: Time(1) };
    let txs = vec![b"bytes".to_vec(); results.txs.len()];
    let (block, unread) = block(std::slice::from_ref(lane), tip, &txs, results);
    assert!(unread.is_empty(), "{unread:?}");
    assert_eq!(block.tip, tip);
    block.txs
}

/// The packet's changes in a block, by name.
fn changes(facts: &[TxFacts]) -> Vec<&'static str> {
    let name = |event: &Event| match event {
        Event::Packet(event) => Some(match event.change {
            PacketChange::Sent { .. } => "sent",
            PacketChange::Received => "received",
            PacketChange::AckWritten { .. } => "ack written",
            PacketChange::Acknowledged => "acknowledged",
            PacketChange::TimedOut => "timed out",
        }),
        _ => None,
    };
    facts.iter().flat_map(|tx| tx.events.iter().filter_map(name)).collect()
}

fn answers(answers: &[Any]) -> Vec<u8> {
    TxMsgData { msg_responses: answers.to_vec() }.encode_to_vec()
}

/// A chain that says nothing of its limits, or what does not read, does not keep its blocks from being read.
#[test]
fn blocks_tell_what_the_next_ones_hold() {
    let read = |told: serde_json::Value| {
        let answer = serde_json::json!({ "height": "9", "consensus_param_updates": told });
        let results: BlockResults = serde_json::from_value(answer).unwrap();
        results.limits.map(limits)
    };
    let told = |block: serde_json::Value| read(serde_json::json!({ "block": block }));
    let limits = |gas, bytes| Some(BlockLimits { gas, bytes });
    assert_eq!(
        recorded("MsgTransfer").limits.map(super::limits),
        limits(Some(100_000_000), 22_020_096)
    );
    let any = serde_json::json!({ "max_bytes": "-1", "max_gas": "-1" });
    assert_eq!(told(any), limits(None, MAX_BLOCK_BYTES));
    assert_eq!(told(serde_json::json!({ "max_bytes": "500" })), limits(None, 500));
    for other in [serde_json::Value::Null, "other".into(), serde_json::json!({ "block": 7 })] {
        assert_eq!(read(other), None);
    }
}

#[test]
fn a_packet_is_sent_received_and_acknowledged() {
    let mut names = Vec::new();
    for message in ["MsgTransfer", "MsgRecvPacket", "MsgAcknowledgement"] {
        names.extend(changes(&read(&lane(SIGNER), &recorded(message))));
    }
    assert_eq!(names, ["sent", "received", "ack written", "acknowledged"]);
}

#[test]
fn a_transaction_of_the_lane_is_known_by_its_sequence() {
    let results = recorded("MsgRecvPacket");
    assert!(has_used(&[lane(SIGNER)], &results));
    let facts = read(&lane(SIGNER), &results);
    let used = &facts[0].ours[0];
    assert_eq!((used.sequence, used.code, used.gas_used), (13, 0, 196_997));
    assert_eq!(used.hash, tx_hash(b"bytes"));
    assert_eq!(used.noops, Vec::<usize>::new());
}

/// A transaction that two of our keys signed by hand used a sequence of each.
#[test]
fn a_transaction_of_two_lanes_used_a_sequence_of_each() {
    let mut results = recorded("MsgRecvPacket");
    let signed = |event: &&RawEvent| event.kind == "tx" && event.get("acc_seq").is_some();
    let tx = &mut results.txs[0];
    let mut second = tx.events.iter().find(signed).unwrap().clone();
    for attribute in second.attributes.iter_mut().filter(|one| one.key == "acc_seq") {
        attribute.value = "wasm1second/4".into();
    }
    tx.events.push(second);
    let lanes = [lane(SIGNER), lane("wasm1second")];
    let tip = Tip { height: results.height, hash: [1; 32], time: Time(1) };
    let (block, _) = block(&lanes, tip, &[b"bytes".to_vec()], &results);
    let used: Vec<_> = block.txs[0].ours.iter().map(|one| (&one.lane, one.sequence)).collect();
    assert_eq!(used, [(&lanes[0], 13), (&lanes[1], 4)]);
}

#[test]
fn a_foreign_transaction_only_has_events() {
    let results = recorded("MsgRecvPacket");
    assert!(!has_used(&[lane("wasm1other")], &results));
    let facts = read(&lane("wasm1other"), &results);
    assert_eq!(facts[0].ours, []);
    assert_eq!(changes(&facts), ["received", "ack written"]);
}

#[test]
fn a_failed_transaction_used_its_sequence_and_moved_nothing() {
    let mut results = recorded("MsgRecvPacket");
    let tx = &mut results.txs[0];
    tx.code = 2;
    tx.codespace = "sdk".into();
    tx.log = "failed to execute message; message index: 1: packet timed out".into();
    tx.data.clear();
    let facts = read(&lane(SIGNER), &results);
    let used = &facts[0].ours[0];
    assert_eq!((used.sequence, used.code, used.failed_index), (13, 2, Some(1)));
    assert_eq!(facts[0].events, []);
    assert_eq!(read(&lane("wasm1other"), &results), []);
}

#[test]
fn events_at_the_end_of_a_block_count_like_a_transaction() {
    let mut results = recorded("MsgTransfer");
    results.events = std::mem::take(&mut results.txs[0].events);
    let facts = read(&lane("wasm1other"), &results);
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].ours, []);
    assert_eq!(changes(&facts), ["sent"]);
}

#[test]
fn a_created_client_is_told_with_its_height() {
    let facts = read(&lane("wasm1other"), &recorded("MsgCreateClient"));
    let [Event::Client { change, height, .. }] = facts[0].events.as_slice() else {
        panic!("one client event expected, got {facts:?}");
    };
    assert_eq!(*change, ClientChange::Created);
    assert!(height.height > 0);
}

#[test]
fn an_unreadable_ibc_event_is_told_and_the_others_are_read() {
    let mut results = recorded("MsgTransfer");
    let sent = results.txs[0].events.iter_mut().find(|event| event.kind == "send_packet").unwrap();
    let is_sequence = |attribute: &&mut Attribute| attribute.key == "packet_sequence";
    sent.attributes.iter_mut().find(is_sequence).unwrap().value = "many".into();
    let tip = Tip { height: results.height, hash: [1; 32], time: Time(1) };
    let (facts, unread) = block(&[lane(SIGNER)], tip, &[vec![]], &results);
    assert_eq!((unread.len(), facts.txs.len(), changes(&facts.txs).len()), (1, 1, 0));
}

#[test]
fn messages_that_found_nothing_to_do_are_counted() {
    let noop = i32::from(ResponseResultType::Noop);
    let success = i32::from(ResponseResultType::Success);
    let data = answers(&[
        Any { type_url: "/ibc.core.client.v1.MsgUpdateClientResponse".into(), value: vec![] },
        cosmos::wire::tx::any(&MsgRecvPacketResponse { result: noop }),
        cosmos::wire::tx::any(&MsgRecvPacketResponse { result: success }),
        cosmos::wire::tx::any(&MsgAcknowledgementResponse { result: noop }),
        cosmos::wire::tx::any(&MsgTimeoutResponse { result: noop }),
    ]);
    assert_eq!(noops(&data), [1, 3, 4]);
    assert_eq!(noops(b"another form of answer"), Vec::<usize>::new());
}

/// A contract may explain itself in megabytes, and what is kept is kept for each packet.
#[test]
fn only_the_beginning_of_an_explanation_is_kept() {
    let log = format!("failed to execute message; message index: 3: {}", "ü".repeat(1 << 20));
    let kept = beginning(&log);
    assert!(kept.len() <= MAX_LOG_BYTES + '…'.len_utf8(), "{} bytes", kept.len());
    assert_eq!((failed_index(&kept), beginning("short").as_str()), (Some(3), "short"));
    let forged = beginning(&"\u{1b}]0;".repeat(MAX_LOG_BYTES));
    assert!(forged.len() <= MAX_LOG_BYTES + '…'.len_utf8(), "{} bytes", forged.len());
    assert!(
        forged.starts_with("\\u{1b}]0;\\u{1b}]0;") && !forged.contains(char::is_control),
        "{forged}"
    );
    let mut results = recorded("MsgTransfer");
    (results.txs[0].code, results.txs[0].log) = (5, log);
    let facts = read(&lane(SIGNER), &results);
    assert_eq!(facts[0].ours[0].log, kept);
}

#[test]
fn the_failed_message_is_read_from_the_log() {
    let log = "failed to execute message; message index: 12: packet commitment not found";
    assert_eq!(failed_index(log), Some(12));
    assert_eq!(failed_index("out of gas in location: ReadFlat"), None);
    assert_eq!(failed_index("message index: none"), None);
}

/// What no chain counts to would stop the store, and with it every path.
#[test]
fn numbers_and_names_that_cannot_be_are_not_read() {
    for (key, value) in [
        ("packet_sequence", u64::MAX.to_string()),
        ("packet_sequence", (1_u64 << 63).to_string()),
        ("packet_src_channel", "c".repeat(129)),
        ("packet_dst_port", "p".repeat(5_000)),
        ("packet_src_channel", "channel-0\u{1b}[2J".to_owned()),
        ("packet_dst_port", "transfer\nalpha-1/transfer".to_owned()),
        ("packet_src_port", String::new()),
    ] {
        let mut results = recorded("MsgTransfer");
        let events = results.txs.iter_mut().flat_map(|tx| &mut tx.events);
        for event in events.filter(|event| event.kind == "send_packet") {
            let attributes = event.attributes.iter_mut();
            attributes
                .filter(|found| found.key == key)
                .for_each(|found| found.value = value.clone());
        }
        let tip = Tip { height: results.height, hash: [1; 32], time: Time(1) };
        let (facts, unread) = block(&[lane(SIGNER)], tip, &[vec![]], &results);
        assert_eq!((unread.len(), changes(&facts.txs).len()), (1, 0), "{key}");
    }
    let mut results = recorded("MsgTransfer");
    let events = results.txs.iter_mut().flat_map(|tx| &mut tx.events);
    let attributes = events.flat_map(|event| &mut event.attributes);
    for attribute in attributes.filter(|attribute| attribute.key == "acc_seq") {
        attribute.value = format!("{SIGNER}/{}", u64::MAX);
    }
    assert!(!has_used(&[lane(SIGNER)], &results));
}
