//! Headers inside transactions, whatever they are wrapped in.
//!
//! A client is updated by whoever wants to: in a message of its own, by authz, a group or a proposal, by a
//! contract or an interchain account. Messages within messages are taken apart as the chain does it, and where one goes
//! through JSON it is in base64.
//!
//! Anybody may put what he likes into a block, also that which looks like a thousand headers one within the
//! other. So no byte is read more often than a few times: what has a length is taken apart once, and what is named a
//! header is decoded and not taken apart, as no chain executes what stands in a header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ibc_proto::ibc::lightclients::tendermint::v1::Header;
use prost::{Message as _, decode_length_delimiter};

/// How a packed header names itself.
const URL: &[u8] = b"/ibc.lightclients.tendermint.v1.Header";
/// The fields of a packed message, `google.protobuf.Any`.
const NAME: usize = 1;
const VALUE: usize = 2;
/// Base64 within base64 is read to this depth: an interchain account's packet that has a contract called.
const DEPTH: usize = 4;
/// Base64 shorter than this holds no header.
const SHORTEST: usize = 256;

/// The first header found in these bytes that `is_it`.
pub(super) fn header(bytes: &[u8], is_it: &impl Fn(&Header) -> bool) -> Option<Header> {
    within(bytes, is_it, DEPTH)
}

fn within(bytes: &[u8], is_it: &impl Fn(&Header) -> bool, depth: usize) -> Option<Header> {
    plain(bytes, is_it).or_else(|| {
        let deeper = depth.checked_sub(1)?;
        encoded(bytes).find_map(|inner| within(&inner, is_it, deeper))
    })
}

/// The same, where nothing is in base64.
fn plain(bytes: &[u8], is_it: &impl Fn(&Header) -> bool) -> Option<Header> {
    let mut left = vec![bytes];
    while let Some(bytes) = left.pop() {
        let Some(fields) = fields(bytes) else { continue };
        // Of a field that is there twice the last one counts.
        let last = |number| fields.iter().rev().find(|(field, _)| *field == number);
        if last(NAME).is_some_and(|(_, name)| *name == URL) {
            let value = last(VALUE).map_or(&[][..], |(_, value)| *value);
            let header = Header::decode(value).ok().filter(is_it);
            if header.is_some() {
                return header;
            }
        } else {
            let can_hold = |(_, field): &(usize, &[u8])| field.len() > URL.len();
            left.extend(fields.iter().copied().filter(can_hold).map(|(_, field)| field));
        }
    }
    None
}

/// The fields of a message that have a length, by number; `None` if these bytes are no message.
fn fields(mut bytes: &[u8]) -> Option<Vec<(usize, &[u8])>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes)?;
        match tag & 7 {
            0 => {
                number(&mut bytes)?;
            }
            1 => bytes = bytes.get(8..)?,
            2 => {
                let length = number(&mut bytes)?;
                let (field, rest) = bytes.split_at_checked(length)?;
                fields.push((tag >> 3, field));
                bytes = rest;
            }
            // The fields of a group stand between two tags.
            3 | 4 => {}
            5 => bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
    Some(fields)
}

/// The number with which these bytes begin.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    decode_length_delimiter(bytes).ok()
}

/// What stands there in base64.
fn encoded(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let runs = bytes.split(move |byte| !is_base64(byte)).filter(|run| run.len() >= SHORTEST);
    runs.filter_map(|run| STANDARD.decode(run).ok())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use cosmos::wire::tx::any;
    use ibc_proto::cosmos::authz::v1beta1::MsgExec;
    use ibc_proto::google::protobuf::Any;
    use ibc_proto::ibc::core::client::v1::{Height, MsgUpdateClient};

    use super::*;

    const TRUSTED: u64 = 4_711;

    fn update(height: u64) -> Any {
        let trusted = Height { revision_number: 1, revision_height: height };
        let header = any(&Header { trusted_height: Some(trusted), ..Header::default() });
        assert_eq!(header.type_url.as_bytes(), URL);
        // Signatures make a message as long as this.
        let (client_id, signer) = ("07-tendermint-0".to_owned(), "x".repeat(SHORTEST));
        any(&MsgUpdateClient { client_id, client_message: Some(header), signer })
    }

    fn exec(msgs: Vec<Any>) -> Any {
        any(&MsgExec { grantee: "x".into(), msgs })
    }

    fn found(bytes: &[u8]) -> bool {
        let is_it = |header: &Header| {
            header.trusted_height.is_some_and(|height| height.revision_height == TRUSTED)
        };
        header(bytes, &is_it).is_some()
    }

    /// A contract's call, as wasmd takes it.
    fn call(message: &Any) -> Vec<u8> {
        let Any { type_url, value } = message;
        let value = STANDARD.encode(value);
        format!(r#"{{"any":{{"type_url":"{type_url}","value":"{value}"}}}}"#).into_bytes()
    }

    #[test]
    fn a_header_is_found_whatever_it_is_wrapped_in() {
        let other = update(1);
        let plain = update(TRUSTED);
        let twice = exec(vec![other.clone(), exec(vec![plain.clone()])]);
        let by_contract = call(&plain);
        // An interchain account's packet: JSON with the messages in base64.
        let by_account =
            format!(r#"{{"type":1,"data":"{}"}}"#, STANDARD.encode(call(&twice))).into_bytes();
        for bytes in [plain.encode_to_vec(), twice.encode_to_vec(), by_contract, by_account] {
            assert!(found(&bytes));
        }
        assert!(!found(&other.encode_to_vec()));
        assert!(!found(&plain.encode_to_vec()[..104]));
    }

    /// A field of a message: its tag, its length, and these bytes.
    fn field(number: usize, bytes: &[u8]) -> Vec<u8> {
        let mut field = Vec::new();
        prost::encode_length_delimiter(number << 3 | 2, &mut field).unwrap();
        prost::encode_length_delimiter(bytes.len(), &mut field).unwrap();
        field.extend_from_slice(bytes);
        field
    }

    /// Fields that no message knows stand before those that count, and are of every kind.
    #[test]
    fn a_header_is_found_among_unknown_fields() {
        let unknown = [b"\xf8\xff\x07\x01".as_slice(), &[0xf9, 0xff, 0x07], &[1; 8]].concat();
        let group = [0xfb, 0xff, 0x07, 0x28, 0x00, 0xfc, 0xff, 0x07];
        let plain = update(TRUSTED).encode_to_vec();
        let bytes = [unknown.as_slice(), &group, &field(1, b"other"), &plain, &unknown].concat();
        assert!(found(&bytes));
        assert!(found(&[field(2_000, &bytes), field(9, b"x")].concat()));
    }

    /// A megabyte before the real header, made to be slow: decoding what looks like a header at each place takes
    /// minutes.
    #[test]
    fn junk_does_not_hide_a_header() {
        let named = [field(NAME, URL), field(VALUE, &[0x28, 0])].concat();
        // Each seems to reach to the end.
        let mut overlapping: Vec<u8> =
            (0..9_500).flat_map(|_| [URL, &[0x12, 0xff, 0xff, 0x20]].concat()).collect();
        overlapping.extend([0x28, 0].repeat(300_000));
        // One within the other: a header's chain id, or fields that nobody knows.
        let nest = |depth, wrap: &dyn Fn(Vec<u8>) -> Vec<u8>| {
            (0..depth).fold([0x28, 0].repeat(250_000), |inner, _| wrap(inner))
        };
        let inside = nest(300, &|inner| {
            let signed = field(1, &field(1, &field(2, &inner)));
            [field(NAME, URL), field(VALUE, &signed)].concat()
        });
        let around = nest(300, &|inner| [named.as_slice(), &field(7, &inner)].concat());
        let deep = nest(300, &|inner| field(7, &inner));
        let wide = field(7, &named.repeat(10_000));
        let real = update(TRUSTED);
        let junk = [overlapping, inside, around, deep, wide];
        for (place, junk) in junk.into_iter().enumerate() {
            assert!(junk.len() > 400_000, "{}", junk.len());
            let bytes = [field(3, &junk), exec(vec![real.clone()]).encode_to_vec()].concat();
            let started = Instant::now();
            assert!(found(&bytes), "junk no. {place}");
            assert!(
                started.elapsed() < Duration::from_secs(1),
                "no. {place}: {:?}",
                started.elapsed()
            );
        }
    }
}
