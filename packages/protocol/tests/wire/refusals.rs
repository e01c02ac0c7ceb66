//! Property: a memo or packet that is not exactly ours is refused, whoever else it may suit.

use protocol::control::{ControlAck, ControlPacket};
use protocol::limits::LimitError;
use protocol::money::Probe;
use protocol::{Action, Memo, MemoError};

use crate::samples::{memo, packet, small_open, status};

const PROBE: &str = r#"{"v":1,"n":12,"probe":{"nonce":99}}"#;

fn malformed(text: &str) -> String {
    match Memo::parse(text) {
        Err(MemoError::Malformed { reason }) => reason,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn our_message_alone_is_enough() {
    let parsed = Memo::parse(&format!(r#"{{"entrepot":{PROBE}}}"#)).unwrap();
    assert_eq!(parsed.entrepot.action, Action::Probe(Probe { nonce: 99, refund_to: None }));
    assert_eq!((parsed.src_callback, parsed.dest_callback), (None, None));
}

#[test]
fn memos_of_other_middleware_are_refused() {
    let forward = r#"{"receiver":"x1","port":"transfer","channel":"channel-1"}"#;
    for (key, value) in [
        ("forward", forward),
        ("wasm", r#"{"contract":"x1","msg":{}}"#),
        ("ibc_callback", "\"x1\""),
        ("swap", "{}"),
        ("Entrepot", PROBE),
        ("", "null"),
    ] {
        let reason = malformed(&format!(r#"{{"entrepot":{PROBE},"{key}":{value}}}"#));
        assert!(reason.contains(&format!("unknown field `{key}`")), "{reason}");
        malformed(&format!(r#"{{"{key}":{value}}}"#));
    }
}

#[test]
fn a_callback_with_calldata_is_refused() {
    let callback = r#"{"address":"a1","gas_limit":"1","calldata":"00"}"#;
    let reason = malformed(&format!(r#"{{"dest_callback":{callback},"entrepot":{PROBE}}}"#));
    assert!(reason.contains("unknown field `calldata`"), "{reason}");
}

#[test]
fn a_key_repeated_under_an_escape_is_refused() {
    let escaped = PROBE.replace(r#""probe""#, r#""\u0070robe":{"nonce":1},"probe""#);
    let reason = malformed(&format!(r#"{{"entrepot":{escaped}}}"#));
    assert!(reason.contains("duplicate field `probe`"), "{reason}");
}

#[test]
fn more_than_one_action_is_refused() {
    for second in [
        r#""top_up":{"account":"a","seq":1}"#,
        r#""do":{"account":"a","seq":1,"command":{"close_deployment":{}}}"#,
        r#""settle":{"account":"a","kind":"closed"}"#,
    ] {
        let two = PROBE.replace(r#""probe""#, &format!(r#"{second},"probe""#));
        let reason = malformed(&format!(r#"{{"entrepot":{two}}}"#));
        assert!(reason.contains("more than one action"), "{reason}");
    }
}

#[test]
fn no_action_is_refused_with_the_names_of_all() {
    let reason = malformed(r#"{"entrepot":{"v":1,"n":12}}"#);
    assert!(reason.contains("expected one of `open`, `top_up`, `do`, `probe`, `settle`"));
}

#[test]
fn another_version_is_refused_by_its_number() {
    for got in [0, 2, 255, 256, u64::MAX] {
        let other = PROBE.replace(r#""v":1"#, &format!(r#""v":{got}"#));
        let memo = format!(r#"{{"entrepot":{other}}}"#);
        assert_eq!(Memo::parse(&memo), Err(MemoError::Version { got }));
    }
}

#[test]
fn a_version_that_is_no_number_is_malformed() {
    for got in ["\"1\"", "1.0", "-1", "null", "[1]", "1e0", "01", "true"] {
        malformed(&format!(
            r#"{{"entrepot":{}}}"#,
            PROBE.replace(r#""v":1"#, &format!(r#""v":{got}"#))
        ));
    }
    malformed(&format!(r#"{{"entrepot":{}}}"#, PROBE.replace(r#""v":1,"#, "")));
}

#[test]
fn text_that_is_no_json_object_is_malformed() {
    for text in ["", " ", "null", "0", "\"entrepot\"", "{}", "\u{feff}{}", "{\"entrepot\":null}"] {
        malformed(text);
    }
}

#[test]
fn a_control_packet_says_exactly_one_thing() {
    let notice = r#""notice":{"account":"a","seq":1,"status":{"seq":1,"revision":1,"state":"open","at":1,"free":"1","rate":"1"}}"#;
    let settled = r#""settled":{"n":1}"#;
    ControlPacket::parse(format!(r#"{{"v":1,"id":1,{notice}}}"#).as_bytes()).unwrap();
    ControlPacket::parse(format!(r#"{{"v":1,"id":1,{settled}}}"#).as_bytes()).unwrap();
    for body in [format!(r#","x":1,{settled}"#), format!(",{notice},{settled}"), String::new()] {
        let text = format!(r#"{{"v":1,"id":1{body}}}"#);
        assert!(ControlPacket::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_notice_whose_two_numbers_differ_is_neither_sent_nor_read() {
    use protocol::control::{ControlBody, ControlError, Notice};
    let notice = Notice { account: "a".into(), seq: 8, status: status() };
    let packet = packet(ControlBody::Notice(notice));
    let error = LimitError::OutOfRange { field: "status.seq", got: 7, min: 8, max: 8 };
    assert_eq!(packet.validate(), Err(error.clone()));
    packet.encode().unwrap_err();
    let bytes = cosmwasm_std::to_json_vec(&packet).unwrap();
    assert_eq!(ControlPacket::parse(&bytes), Err(ControlError::Limit(error)));
}

#[test]
fn the_chains_own_error_acknowledgement_is_none_of_ours() {
    for text in [
        r#"{"error":"ABCI code: 5: error handling packet: see events for details"}"#,
        r#"{"result":"AQ=="}"#,
        r#"{"refused":{"code":"no_such_code","detail":""}}"#,
        r#"{"answer":{"done":{}},"internal":{}}"#,
        "",
    ] {
        assert!(ControlAck::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn what_the_other_side_would_refuse_is_not_encoded() {
    let mut open = small_open();
    open.account = String::new();
    let memo = memo(Action::Open(open));
    assert_eq!(memo.encode(), Err(MemoError::Limit(LimitError::Empty { field: "account" })));
}
