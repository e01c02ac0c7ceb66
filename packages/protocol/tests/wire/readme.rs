//! Property: the README says what is so: its examples decode, and its table lists every code in order.

use protocol::control::{ControlAck, ControlPacket};
use protocol::{Code, Memo};

const README: &str = include_str!("../../README.md");

/// The examples of one kind: the contents of the fenced blocks of that kind of json.
fn examples(kind: &str) -> Vec<&'static str> {
    let opening = format!("```json {kind}\n");
    README.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn examples_decode() {
    let (memos, packets, acks) = (examples("memo"), examples("packet"), examples("ack"));
    assert_eq!((memos.len(), packets.len(), acks.len()), (5, 3, 3));
    for text in memos {
        Memo::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    for text in packets {
        ControlPacket::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    for text in acks {
        ControlAck::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}

#[test]
fn table_lists_every_code() {
    let (_, table) = README.split_once("| code | meaning |\n|---|---|\n").unwrap();
    let listed: Vec<&str> = table
        .lines()
        .map_while(|line| line.strip_prefix("| `"))
        .map(|line| line.split('`').next().unwrap())
        .collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, codes);
}

#[test]
fn it_stays_short() {
    assert!(README.lines().count() <= 120);
}
