//! IBC v2 in the bytes of ibc-go v10.5: `tests/fixtures/v2.go` prints them.

use cosmos::wire::event::{Attribute, Event};
use cosmos::wire::event_v1::EventError;
use cosmos::wire::event_v2::{PacketStep, decode};
use cosmos::wire::height::Height;
use cosmos::wire::msg_v2::*;
use cosmos::wire::{event_v1, path};
use prost::{Message, Name};

const CLIENT: &str = "07-tendermint-1";
const OTHER: &str = "07-tendermint-22";

fn golden(name: &str) -> Vec<u8> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/v2.json");
    let values: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    hex::decode(values[name].as_str().unwrap()).unwrap()
}

fn payloads() -> Vec<Payload> {
    let transfer = Payload {
        source_port: "transfer".into(),
        destination_port: "transfer".into(),
        version: "ics20-1".into(),
        encoding: "application/json".into(),
        value: br#"{"amount":"5"}"#.to_vec(),
    };
    let call = Payload {
        source_port: "a".into(),
        destination_port: "b".into(),
        version: "v".into(),
        encoding: "e".into(),
        value: vec![0, 1, 255],
    };
    vec![transfer, call]
}

fn packet() -> Packet {
    Packet {
        sequence: 300,
        source_client: CLIENT.into(),
        destination_client: OTHER.into(),
        timeout_timestamp: 1_800_000_000,
        payloads: payloads(),
    }
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement { app_acknowledgements: vec![b"one".to_vec(), vec![2]] }
}

fn is_golden<M: Message + Default + PartialEq + std::fmt::Debug>(name: &str, message: &M) {
    let bytes = golden(name);
    assert_eq!(message.encode_to_vec(), bytes, "{name}");
    assert_eq!(&M::decode(&*bytes).unwrap(), message, "{name}");
}

#[test]
fn messages_have_the_bytes_of_ibc_go() {
    let height = Some(Height::new(4, 70).into());
    let proof = b"proof".to_vec();
    let signer = || "signer".to_owned();
    let register = MsgRegisterCounterparty {
        client_id: CLIENT.into(),
        counterparty_merkle_prefix: vec![path::IBC_PREFIX.to_vec(), Vec::new()],
        counterparty_client_id: OTHER.into(),
        signer: signer(),
    };
    is_golden("MsgRegisterCounterparty", &register);
    let send = MsgSendPacket {
        source_client: CLIENT.into(),
        timeout_timestamp: 1_800_000_000,
        payloads: payloads(),
        signer: signer(),
    };
    is_golden("MsgSendPacket", &send);
    is_golden("MsgSendPacketResponse", &MsgSendPacketResponse { sequence: 300 });
    let recv = MsgRecvPacket {
        packet: Some(packet()),
        proof_commitment: proof.clone(),
        proof_height: height,
        signer: signer(),
    };
    is_golden("MsgRecvPacket", &recv);
    is_golden("MsgRecvPacketResponse", &MsgRecvPacketResponse { result: 1 });
    let ack = MsgAcknowledgement {
        packet: Some(packet()),
        acknowledgement: Some(acknowledgement()),
        proof_acked: proof.clone(),
        proof_height: height,
        signer: signer(),
    };
    is_golden("MsgAcknowledgement", &ack);
    let timeout = MsgTimeout {
        packet: Some(packet()),
        proof_unreceived: proof,
        proof_height: height,
        signer: signer(),
    };
    is_golden("MsgTimeout", &timeout);
    assert_eq!(MsgRecvPacket::type_url(), "/ibc.core.channel.v2.MsgRecvPacket");
    assert_eq!(MsgRegisterCounterparty::type_url(), "/ibc.core.client.v2.MsgRegisterCounterparty");
}

#[test]
fn commitments_and_keys_are_those_of_ibc_go() {
    assert_eq!(packet().commitment().to_vec(), golden("packet_commitment"));
    assert_eq!(acknowledgement().commitment().to_vec(), golden("acknowledgement_commitment"));
    assert_eq!(ERROR_ACKNOWLEDGEMENT.to_vec(), golden("error_acknowledgement"));
    assert_eq!(path::commitment_v2(CLIENT, 300), golden("commitment_key"));
    assert_eq!(path::receipt_v2(CLIENT, 300), golden("receipt_key"));
    assert_eq!(path::acknowledgement_v2(CLIENT, 300), golden("acknowledgement_key"));
}

fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
    let attributes = attributes
        .iter()
        .map(|(key, value)| Attribute { key: (*key).into(), value: (*value).into() });
    Event { kind: kind.into(), attributes: attributes.collect() }
}

#[test]
fn events_of_packets_are_read_and_those_of_v1_are_left() {
    let encoded = hex::encode(packet().encode_to_vec());
    let answer = hex::encode(acknowledgement().encode_to_vec());
    let of_packet = [("packet_source_client", CLIENT), ("encoded_packet_hex", encoded.as_str())];
    let written = [of_packet.as_slice(), &[("encoded_acknowledgement_hex", &answer)]].concat();
    for (kind, step) in [
        ("send_packet", PacketStep::Send),
        ("recv_packet", PacketStep::Recv),
        ("write_acknowledgement", PacketStep::WriteAck(acknowledgement())),
        ("acknowledge_packet", PacketStep::Acked),
        ("timeout_packet", PacketStep::TimedOut),
    ] {
        let event = event(kind, &written);
        assert_eq!(decode(&event).unwrap(), Some((step, packet())));
        assert_eq!(event_v1::decode(&event).unwrap(), None);
    }
    assert_eq!(decode(&event("send_packet", &[("packet_src_port", "transfer")])).unwrap(), None);
    let missing = decode(&event("write_acknowledgement", &of_packet));
    assert!(
        matches!(
            missing,
            Err(EventError::Missing { attribute: "encoded_acknowledgement_hex", .. })
        ),
        "{missing:?}"
    );
    let garbage = [("packet_source_client", CLIENT), ("encoded_packet_hex", "08")];
    let garbage = decode(&event("send_packet", &garbage));
    assert!(matches!(garbage, Err(EventError::Malformed { .. })), "{garbage:?}");
}
