//! Property: encoded messages pass at the limit of their size and are refused one byte beyond,
//! when they are sent as when they are read; no valid control packet is too large to be sent.

use cosmwasm_std::{Uint128, to_json_vec};
use protocol::control::{
    Command, ControlAck, ControlBody, ControlError, ControlPacket, GroupStatus, Notice,
};
use protocol::deployment::{Attribute, LocalOperator, Requirements};
use protocol::limits::{self, ADDRESS_BYTES, CONTROL_BYTES, LimitError, MEMO_BYTES, OPEN_BYTES};
use protocol::memo::Callback;
use protocol::money::{Open, Probe};
use protocol::{Action, Code, Manifest, Memo, MemoError, Selection};

use crate::samples::{
    access_keys, deployment, group, instruction, manifest, memo, open, operators, packet, status,
};

fn too_long(field: &'static str, max: usize) -> LimitError {
    LimitError::TooLong { field, unit: "bytes", got: max + 1, max }
}

fn size_of(open: &Open) -> usize {
    to_json_vec(open).unwrap().len()
}

/// An order of exactly `size` encoded bytes, every part of it within its own limit.
fn open_of_size(size: usize) -> Open {
    let groups = (0..3).map(|at| {
        let attributes = (0..limits::ATTRIBUTES)
            .map(|key| Attribute { key: format!("key{key}"), value: String::new() })
            .collect();
        let mut group = group(&format!("group{at}"), Selection::Manual {});
        group.requirements = Requirements { attributes, ..Requirements::default() };
        group
    });
    let mut open = open(deployment(groups.collect()));
    let mut missing = size - size_of(&open);
    for attribute in open.deployment.groups.iter_mut().flat_map(|g| &mut g.requirements.attributes)
    {
        let bytes = missing.min(limits::STRING_BYTES);
        attribute.value = "v".repeat(bytes);
        missing -= bytes;
    }
    assert_eq!(size_of(&open), size);
    open
}

#[test]
fn an_order_of_the_largest_size_travels() {
    let edge = memo(Action::Open(open_of_size(OPEN_BYTES)));
    assert_eq!(Memo::parse(&edge.encode().unwrap()), Ok(edge));
}

#[test]
fn an_order_one_byte_larger_is_neither_sent_nor_read() {
    let beyond = memo(Action::Open(open_of_size(OPEN_BYTES + 1)));
    let error = MemoError::Limit(too_long("open", OPEN_BYTES));
    assert_eq!(beyond.encode(), Err(error.clone()));
    let sent_anyway = cosmwasm_std::to_json_string(&beyond).unwrap();
    assert_eq!(Memo::parse(&sent_anyway), Err(error));
}

#[test]
fn a_memo_is_read_up_to_its_limit() {
    let text = memo(Action::Probe(Probe { nonce: 1, refund_to: None })).encode().unwrap();
    let padded = |size: usize| format!("{text}{}", " ".repeat(size - text.len()));
    Memo::parse(&padded(MEMO_BYTES)).unwrap();
    let error = MemoError::Limit(too_long("memo", MEMO_BYTES));
    assert_eq!(Memo::parse(&padded(MEMO_BYTES + 1)), Err(error));
}

#[test]
fn a_memo_is_written_up_to_its_limit() {
    let mut memo = memo(Action::Probe(Probe { nonce: 1, refund_to: None }));
    memo.dest_callback = Some(Callback::new("", 1));
    let rest = MEMO_BYTES - memo.encode().unwrap().len();
    let mut with_address = |bytes| {
        memo.dest_callback = Some(Callback::new("x".repeat(bytes), 1));
        memo.encode()
    };
    assert_eq!(with_address(rest).unwrap().len(), MEMO_BYTES);
    assert_eq!(with_address(rest + 1), Err(MemoError::Limit(too_long("memo", MEMO_BYTES))));
}

#[test]
fn the_largest_order_leaves_room_for_the_largest_callbacks() {
    let mut edge = memo(Action::Open(open_of_size(OPEN_BYTES)));
    edge.src_callback = Some(Callback::new("x".repeat(ADDRESS_BYTES), u64::MAX));
    edge.dest_callback = edge.src_callback.clone();
    edge.encode().unwrap();
}

#[test]
fn a_control_packet_is_read_up_to_its_limit() {
    let text = packet(ControlBody::Do(instruction(Command::CloseDeployment {}))).encode().unwrap();
    let padded = |size: usize| [text.to_vec(), vec![b' '; size - text.len()]].concat();
    ControlPacket::parse(&padded(CONTROL_BYTES)).unwrap();
    let error = ControlError::Limit(too_long("control packet", CONTROL_BYTES));
    assert_eq!(ControlPacket::parse(&padded(CONTROL_BYTES + 1)), Err(error));
}

#[test]
fn a_control_packet_is_written_up_to_its_limit() {
    let notice = |bytes: usize| {
        let mut status = status();
        status.groups[1].provider = Some("x".repeat(bytes));
        packet(ControlBody::Notice(Notice { account: "a".into(), seq: status.seq, status }))
    };
    let rest = CONTROL_BYTES - notice(0).encode().unwrap().len();
    assert_eq!(notice(rest).encode().unwrap().len(), CONTROL_BYTES);
    assert!(notice(rest + 1).encode().unwrap_err().is::<LimitError>());
}

#[test]
fn an_acknowledgement_is_read_up_to_its_limit() {
    let text = to_json_vec(&ControlAck::refused(Code::Paused, "later")).unwrap();
    let padded = |size: usize| [text.clone(), vec![b' '; size - text.len()]].concat();
    ControlAck::parse(&padded(CONTROL_BYTES)).unwrap();
    let error = ControlError::Limit(too_long("control acknowledgement", CONTROL_BYTES));
    assert_eq!(ControlAck::parse(&padded(CONTROL_BYTES + 1)), Err(error));
}

/// Commands whose parts are as long as they may be, of characters that JSON doubles or worse.
#[test]
fn the_largest_commands_fit_a_control_packet() {
    let escaped = |bytes: usize| "\"".repeat(bytes);
    let operator = operators().remove(0);
    let local_operators = (0..limits::OPERATORS)
        .map(|at| LocalOperator {
            address: format!("{at}{}", escaped(ADDRESS_BYTES - 1)),
            expires_in_seconds: Some(limits::JSON_INTEGER - 1),
            ..operator.clone()
        })
        .collect();
    let commands = [
        Command::SetOperators {
            rev: limits::JSON_INTEGER - 1,
            local_operators,
            access_keys: [access_keys(), access_keys()].concat(),
        },
        Command::UpdateManifest {
            rev: limits::JSON_INTEGER - 1,
            manifest: Manifest { uri: Some("\u{1}".repeat(limits::URI_BYTES)), ..manifest() },
        },
        Command::AcceptBid {
            group: 7,
            provider: escaped(ADDRESS_BYTES),
            bid_no: limits::JSON_INTEGER - 1,
            max_rate: Uint128::new(limits::RATE),
        },
    ];
    for command in commands {
        let mut instruction = instruction(command);
        instruction.account = "\u{1}".repeat(ADDRESS_BYTES);
        packet(ControlBody::Do(instruction)).encode().unwrap();
    }
}

#[test]
fn the_largest_status_fits_a_notice() {
    let mut status = status();
    let group = GroupStatus {
        provider: Some("\"".repeat(ADDRESS_BYTES)),
        rate: Some(Uint128::MAX),
        ..status.groups[0].clone()
    };
    status.groups = vec![group; limits::GROUPS];
    let account = "\"".repeat(ADDRESS_BYTES);
    packet(ControlBody::Notice(Notice { account, seq: status.seq, status })).encode().unwrap();
}
