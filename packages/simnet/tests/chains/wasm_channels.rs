//! Contracts' own channels.

use cosmwasm_std::IbcOrder;
use simnet::{ChannelState, End, Error, PacketId, Relayed, Sequence, Stage};

use super::probe::{self, Execute};
use super::{A, B, Pair};

/// The probe on A sends `data` to the probe on B.
fn send(pair: &mut Pair, data: &str) -> PacketId {
    let send =
        Execute::Send { channel: pair.wasm.0.clone(), data: data.into(), timeout_seconds: 60 };
    let (sender, probe) = (pair.network.chain(A).wallet("anyone"), pair.probe_a.clone());
    pair.network.chain_mut(A).execute(&sender, &probe, &send, &[]).unwrap();
    let mut in_flight = pair.network.in_flight().unwrap();
    in_flight.retain(|(id, _)| id.chain == A);
    in_flight.pop().unwrap().0
}

#[test]
fn both_contracts_see_the_channel_open_with_the_identifiers_of_both_ends() {
    let pair = Pair::new();
    assert_eq!(pair.last(A, "connected"), pair.wasm.1);
    assert_eq!(pair.last(B, "connected"), pair.wasm.0);
}

#[test]
fn a_version_the_contract_refuses_opens_nothing() {
    let mut pair = Pair::new();
    let a = End {
        chain: A.into(),
        port: format!("wasm.{}", pair.probe_a),
        connection: pair.connections.0.clone(),
    };
    let port_b = format!("wasm.{}", pair.probe_b);
    let refused = pair.network.open_init(&a, &port_b, IbcOrder::Unordered, "other-1");
    assert_eq!(
        refused,
        Err(Error::Transaction { reason: "kind: Other, error: unknown version".into() })
    );
    let begun = pair.network.open_init(&a, &port_b, IbcOrder::Unordered, probe::VERSION).unwrap();
    let wrong =
        End { chain: B.into(), port: "wasm.other".into(), connection: pair.connections.1.clone() };
    assert!(matches!(pair.network.open_try(&wrong, &a, &begun), Err(Error::Proof { .. })));
}

#[test]
fn an_acknowledgement_is_what_the_contract_or_its_reply_says() {
    let mut pair = Pair::new();
    let redacted =
        r#"{"error":"codespace: wasm, code: 5: error handling packet: see events for details"}"#;
    let cases = [
        ("hello", "done", 1),
        ("reply decides", "from reply", 2),
        ("error", r#"{"error":"kind: Other, error: plain reason"}"#, 2),
        ("submessage fails", redacted, 2),
    ];
    for (data, ack, received) in cases {
        let id = send(&mut pair, data);
        pair.relay_all();
        assert_eq!(pair.ack(&id).as_deref(), Some(ack), "{data}");
        assert_eq!(pair.last(A, "acked"), ack, "{data}");
        assert_eq!(pair.count(B, "received"), received, "an error leaves nothing: {data}");
    }
    assert_eq!(pair.count(B, "failed"), 0);
    assert_eq!(pair.last(B, "reply_error"), "codespace: wasm, code: 5");
}

#[test]
fn no_acknowledgement_data_means_later() {
    let mut pair = Pair::new();
    let id = send(&mut pair, "no ack");
    pair.relay_all();
    assert_eq!(pair.network.in_flight().unwrap(), [(id.clone(), Stage::Unanswered)]);
    let answer = Execute::Answer { channel: pair.wasm.1.clone(), sequence: id.sequence };
    let (anyone, probe) = (pair.alice.clone(), pair.probe_b.clone());
    pair.network.chain_mut(B).execute(&anyone, &probe, &answer, &[]).unwrap();
    pair.relay_all();
    assert_eq!(pair.last(A, "acked"), "late");
    let again = pair.network.chain_mut(B).execute(&anyone, &probe, &answer, &[]);
    assert!(again.is_ok(), "the probe absorbs the error in its reply");
    assert_eq!(pair.count(B, "reply_error"), 1, "only once");
}

#[test]
fn a_closed_channel_times_out_what_was_not_received() {
    let mut pair = Pair::new();
    send(&mut pair, "never there");
    let close = Execute::Close { channel: pair.wasm.1.clone() };
    let (anyone, probe) = (pair.alice.clone(), pair.probe_b.clone());
    pair.network.chain_mut(B).execute(&anyone, &probe, &close, &[]).unwrap();
    assert_eq!(pair.count(B, "closed"), 1);
    let port = format!("wasm.{probe}");
    let channel = pair.wasm.1.clone();
    pair.network.close_confirm(B, &port, &channel).unwrap();
    assert_eq!(pair.count(A, "closed"), 1);
    pair.relay_all();
    assert_eq!(pair.count(A, "timed_out"), 1);
    assert_eq!(pair.count(B, "received"), 0);
    let end = pair.network.chain(B).channel(&port, &channel).unwrap().unwrap();
    assert_eq!(end.state, ChannelState::Closed);
}

#[test]
fn a_relayer_may_reorder_withhold_and_repeat() {
    let mut pair = Pair::new();
    let first = send(&mut pair, "first");
    let second = send(&mut pair, "second");
    pair.relayer.set_sequence(Sequence::Reversed);
    pair.relayer.withhold(second.clone());
    pair.relay_all();
    assert_eq!(pair.last(B, "received"), "first");
    pair.relayer.release(&second);
    pair.relay_all();
    assert_eq!(pair.last(B, "received"), "second");
    assert_eq!(pair.network.receive(&first), Ok(Relayed::Repeated));
    assert_eq!(pair.count(B, "received"), 2);
}
