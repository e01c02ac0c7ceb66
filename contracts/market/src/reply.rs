//! Replies to our submessages, and the little of protobuf that reading them takes.

use cosmwasm_std::{Binary, Reply, SubMsgResponse};

use crate::context::Context;
use crate::error::ContractError;
use crate::{control, settle};

/// A transfer home was handed to the chain, or refused by it.
pub(crate) const SETTLE: u64 = 1;
/// A control command ran in a call to ourselves.
pub(crate) const CONTROL: u64 = 2;

/// Takes a reply.
///
/// # Errors
/// [`ContractError::UnknownReply`] for a number that nothing of ours has.
pub(crate) fn on_reply(ctx: &mut Context<'_>, reply: Reply) -> Result<(), ContractError> {
    match reply.id {
        SETTLE => settle::on_reply(ctx, reply),
        CONTROL => control::on_reply(ctx, reply.result),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// The sequence of the packet that `IbcMsg::Transfer` sent: field 1 of `MsgTransferResponse`.
pub(crate) fn sequence(response: &SubMsgResponse) -> Result<u64, ContractError> {
    let bytes = first_response(response);
    let mut rest = bytes.as_slice();
    // A field of value zero is left out; sequences begin with 1.
    match tag_one(&mut rest) {
        Some(0) => varint(&mut rest),
        _ => None,
    }
    .ok_or_else(|| malformed("the transfer's response", &bytes))
}

/// The data that a call to a contract returned: field 1 of `MsgExecuteContractResponse`.
pub(crate) fn execute_data(response: &SubMsgResponse) -> Result<Binary, ContractError> {
    let bytes = first_response(response);
    let mut rest = bytes.as_slice();
    let length = match tag_one(&mut rest) {
        Some(2) => varint(&mut rest),
        _ => None,
    };
    let data = length.and_then(|length| rest.get(..usize::try_from(length).ok()?));
    data.map(Binary::from).ok_or_else(|| malformed("the call's response", &bytes))
}

/// Chains of CosmWasm 2 give a list; older ones, and simulators, one field.
fn first_response(response: &SubMsgResponse) -> Binary {
    #[expect(deprecated, reason = "the only place where a simulator puts the response")]
    let data = response.data.clone();
    response.msg_responses.first().map(|first| first.value.clone()).or(data).unwrap_or_default()
}

/// Takes the key of field 1, and returns its wire type.
fn tag_one(bytes: &mut &[u8]) -> Option<u64> {
    let key = varint(bytes)?;
    (key.checked_shr(3) == Some(1)).then_some(key & 0b111)
}

/// Takes a number of at most ten groups of seven bits, lowest first.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn malformed(what: &'static str, bytes: &Binary) -> ContractError {
    ContractError::Malformed { what, reason: format!("unexpected bytes `{bytes}`") }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::MsgResponse;

    use super::*;

    fn response(value: &[u8]) -> SubMsgResponse {
        let type_url = "/ibc.applications.transfer.v1.MsgTransferResponse".into();
        #[expect(deprecated, reason = "the struct has the field")]
        SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: vec![MsgResponse { type_url, value: value.into() }],
        }
    }

    #[test]
    fn reads_a_sequence() {
        assert_eq!(sequence(&response(&[0x08, 0x01])).unwrap(), 1);
        assert_eq!(sequence(&response(&[0x08, 0xac, 0x02])).unwrap(), 300);
    }

    #[test]
    fn reads_the_data_of_a_call() {
        assert_eq!(execute_data(&response(&[0x0a, 0x02, b'h', b'i'])).unwrap(), b"hi");
    }

    #[test]
    fn garbage_is_an_error() {
        for bytes in [&[][..], &[0x08], &[0x08, 0xff], &[0x10, 1], &[0x0a, 9, 1], &[0xff; 12]] {
            assert!(sequence(&response(bytes)).is_err());
            assert!(execute_data(&response(bytes)).is_err());
        }
    }
}
