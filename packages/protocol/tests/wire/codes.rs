//! Property: a code is found wherever a chain has wrapped the text that it starts, and only there.

use std::collections::BTreeSet;

use protocol::Code;
use protocol::control::{ControlAck, ControlError, ControlPacket};
use protocol::limits::DETAIL_BYTES;
use protocol::{Memo, MemoError};

#[test]
fn every_code_is_listed_once_and_is_written_as_in_json() {
    let distinct: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(distinct.len(), Code::ALL.len());
    for code in Code::ALL {
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
    }
}

#[test]
fn every_code_is_found_at_the_start_and_inside_a_wrapping_text() {
    for code in Code::ALL {
        assert_eq!(Code::find(&format!("{code}: because")), Some(code));
        let wrapped = format!("ibc callback failed: Error calling the VM: (dispatch: {code}: why)");
        assert_eq!(Code::find(&wrapped), Some(code));
    }
}

#[test]
fn the_first_code_is_the_one_meant() {
    assert_eq!(Code::find("wrong_coin: 0 units; internal: x"), Some(Code::WrongCoin));
    assert_eq!(Code::find("my_paused: paused: x"), Some(Code::Paused));
}

#[test]
fn a_word_that_is_no_code_is_not_taken_for_one() {
    for text in
        ["", "paused", "paused:x", "unpaused: x", "not_paused: x", "paused2: x", "épaused: x", ": "]
    {
        assert_eq!(Code::find(text), None, "{text}");
    }
}

#[test]
fn a_refusals_text_is_cut_at_its_limit_and_never_inside_a_character() {
    let detail = |text: &str| match ControlAck::refused(Code::TooMany, text) {
        ControlAck::Refused(refusal) => refusal.detail,
        other => panic!("{other:?}"),
    };
    let edge = "x".repeat(DETAIL_BYTES);
    assert_eq!(detail(&edge), edge);
    assert_eq!(detail(&format!("{edge}x")), edge);
    let short = "x".repeat(DETAIL_BYTES - 1);
    assert_eq!(detail(&format!("{short}é")), short);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_own_code() {
    let memo = |text: &str| Memo::parse(text).unwrap_err();
    assert_eq!(memo("{}").code(), Code::Malformed);
    assert_eq!(memo(&" ".repeat(9_000)).code(), Code::LimitExceeded);
    let later = r#"{"entrepot":{"v":2,"n":1,"rent":{"room":4}}}"#;
    assert_eq!(memo(later), MemoError::Version { got: 2 });
    assert_eq!(memo(later).code(), Code::UnsupportedVersion);

    let packet = |text: &str| ControlPacket::parse(text.as_bytes()).unwrap_err();
    assert_eq!(packet("{}").code(), Code::Malformed);
    assert_eq!(packet(&" ".repeat(9_000)).code(), Code::LimitExceeded);
    let later = r#"{"v":2,"id":1,"do":{},"urgent":true}"#;
    assert_eq!(packet(later), ControlError::Version { got: 2 });
    assert_eq!(packet(later).code(), Code::UnsupportedVersion);
}
