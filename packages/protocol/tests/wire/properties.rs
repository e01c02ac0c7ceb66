//! Properties: what is encoded decodes to itself; no bytes at all make a decoder panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use protocol::control::{ControlAck, ControlPacket};
use protocol::ics20::{End, TransferOutcome, outcome, received_denom};
use protocol::{Code, Memo};

use crate::generators::{acknowledgement, memo, packet};

/// One change of a text: what a faulty or hostile sender does to bytes that were good.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Remove(Index),
    Repeat(Index, Index),
    Insert(Index, &'static [u8]),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let piece: [&[u8]; 10] =
        [b"{", b"}", b"[", b"\"", b",", b":", b"null", b"1e999", b"\\ud800", b"\xff"];
    let one = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        any::<Index>().prop_map(Damage::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        (any::<Index>(), proptest::sample::select(piece.to_vec()))
            .prop_map(|(at, piece)| Damage::Insert(at, piece)),
    ];
    vec(one, 1..6)
}

fn damaged(mut bytes: Vec<u8>, damage: Vec<Damage>) -> Vec<u8> {
    for change in damage {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match change {
            Damage::Flip(at, byte) => bytes[at.index(length)] = byte,
            Damage::Remove(at) => drop(bytes.remove(at.index(length))),
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
            Damage::Insert(at, piece) => {
                let at = at.index(length);
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}

/// Feeds every decoder; what decodes must be something that could have been sent.
fn decode_everything(bytes: &[u8]) {
    if let Ok(packet) = ControlPacket::parse(bytes) {
        packet.encode().unwrap();
    }
    if let Ok(ack) = ControlAck::parse(bytes) {
        cosmwasm_std::to_json_vec(&ack).unwrap();
    }
    let arrived = outcome(bytes) == TransferOutcome::Arrived;
    assert!(!arrived || bytes.starts_with(b"{") || bytes[0].is_ascii_whitespace());
    let text = String::from_utf8_lossy(bytes);
    if let Ok(memo) = Memo::parse(&text) {
        memo.encode().unwrap();
    }
    assert!(Code::find(&text).is_none_or(|code| text.contains(code.as_str())));
    let end = End { port: "transfer", channel: "channel-0" };
    let denom = received_denom(end, end, &text);
    assert!(denom.starts_with("ibc/") || text.ends_with(&denom));
}

proptest! {
    #[test]
    fn memos_decode_to_what_was_encoded(memo in memo()) {
        let text = memo.encode().unwrap();
        prop_assert_eq!(Memo::parse(&text).unwrap(), memo);
    }

    #[test]
    fn packets_decode_to_what_was_encoded(packet in packet()) {
        let data = packet.encode().unwrap();
        prop_assert_eq!(ControlPacket::parse(&data).unwrap(), packet);
    }

    #[test]
    fn acknowledgements_decode_to_what_was_encoded(ack in acknowledgement()) {
        let data = cosmwasm_std::to_json_vec(&ack).unwrap();
        prop_assert_eq!(ControlAck::parse(&data).unwrap(), ack);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..600)) {
        decode_everything(&bytes);
    }

    #[test]
    fn no_text_makes_a_decoder_panic(text in any::<String>()) {
        decode_everything(text.as_bytes());
    }

    #[test]
    fn no_json_makes_a_decoder_panic(
        text in r#"(\{|\}|\[|\]|"(v|n|do|open|entrepot|result|error)"|:|,|1|-1|1e9|null|true|"AQ=="){0,40}"#,
    ) {
        decode_everything(text.as_bytes());
    }

    #[test]
    fn no_damaged_memo_makes_a_decoder_panic(memo in memo(), damage in damage()) {
        decode_everything(&damaged(memo.encode().unwrap().into_bytes(), damage));
    }

    #[test]
    fn no_damaged_packet_makes_a_decoder_panic(packet in packet(), damage in damage()) {
        decode_everything(&damaged(packet.encode().unwrap().into(), damage));
    }

    #[test]
    fn no_damaged_acknowledgement_makes_a_decoder_panic(
        ack in acknowledgement(),
        damage in damage(),
    ) {
        decode_everything(&damaged(cosmwasm_std::to_json_vec(&ack).unwrap(), damage));
    }

    #[test]
    fn a_code_is_found_behind_any_words(words in "[ (\\[a-z\":;,/]{0,40}", detail in any::<String>()) {
        for code in Code::ALL {
            let text = format!("{words} {code}: {detail}");
            let earlier = Code::ALL.iter().any(|other| words.contains(other.as_str()));
            prop_assume!(!earlier);
            prop_assert_eq!(Code::find(&text), Some(code));
        }
    }
}

#[test]
fn depth_makes_no_decoder_panic() {
    for open in ["[", "{\"entrepot\":", "{\"v\":", "{\"answer\":", "{\"result\":"] {
        decode_everything(open.repeat(4_000 / open.len()).as_bytes());
        decode_everything(open.repeat(200).as_bytes());
    }
}
