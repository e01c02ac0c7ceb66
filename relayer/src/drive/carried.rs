//! Headers inside transactions, whatever they are wrapped in.
//!
//! A client is updated by whoever wants to: in a message of its own, by authz, a group or a proposal, by a
//! contract or an interchain account. Protobuf within protobuf stays readable as it is, and where it goes
//! through JSON it is in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ibc_proto::ibc::lightclients::tendermint::v1::Header;
use prost::{Message as _, decode_length_delimiter};

/// How a packed header names itself.
const URL: &[u8] = b"/ibc.lightclients.tendermint.v1.Header";
/// The tag of a packed message's bytes, after its name: `google.protobuf.Any`, field 2.
const VALUE: u8 = 0x12;
/// Base64 within base64 is read to this depth: an interchain account's packet that has a contract called.
const DEPTH: usize = 4;
/// Base64 shorter than this holds no header.
const SHORTEST: usize = 256;

/// The first header in these bytes that `is_it`.
pub(super) fn header(bytes: &[u8], is_it: &impl Fn(&Header) -> bool) -> Option<Header> {
    within(bytes, is_it, DEPTH)
}

fn within(bytes: &[u8], is_it: &impl Fn(&Header) -> bool, depth: usize) -> Option<Header> {
    let named = bytes.windows(URL.len()).enumerate().filter(|(_, window)| *window == URL);
    let mut plain = named.filter_map(|(place, _)| packed(bytes.get(place + URL.len()..)?));
    plain.find(is_it).or_else(|| {
        let deeper = depth.checked_sub(1)?;
        encoded(bytes).find_map(|inner| within(&inner, is_it, deeper))
    })
}

/// The header whose name ends where these bytes begin.
fn packed(bytes: &[u8]) -> Option<Header> {
    let mut rest = bytes.strip_prefix(&[VALUE])?;
    let length = decode_length_delimiter(&mut rest).ok()?;
    Header::decode(rest.get(..length)?).ok()
}

/// What stands there in base64.
fn encoded(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let runs = bytes.split(move |byte| !is_base64(byte)).filter(|run| run.len() >= SHORTEST);
    runs.filter_map(|run| STANDARD.decode(run).ok())
}

#[cfg(test)]
mod tests {
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
        // The header ends at byte 108, the signer's name after it.
        assert!(!found(&plain.encode_to_vec()[..104]));
    }
}
