//! The sequence of a packet, out of the chain's response to the message that sent it.

use cosmwasm_std::SubMsgResponse;

use crate::ContractError;

/// Key of field 1 as a varint: both `MsgTransferResponse` and wasmd's `MsgIBCSendResponse` hold
/// `uint64 sequence = 1`.
const SEQUENCE_KEY: u8 = 0x08;

/// The sequence of the packet that was sent.
///
/// Source: ibc-go v10 `proto/ibc/applications/transfer/v1/tx.proto`; wasmd v0.61
/// `proto/cosmwasm/wasm/v1/ibc.proto`.
///
/// # Errors
/// [`ContractError::NoSequence`] if neither the typed response nor the data holds one.
pub(crate) fn of(response: &SubMsgResponse) -> Result<u64, ContractError> {
    #[expect(deprecated, reason = "chains before CosmWasm 2.0 fill in only this field")]
    let data = response.data.as_ref();
    let first = response.msg_responses.first().map(|response| &response.value);
    first.or(data).and_then(|bytes| decode(bytes)).ok_or(ContractError::NoSequence)
}

fn decode(bytes: &[u8]) -> Option<u64> {
    let (&key, rest) = bytes.split_first()?;
    if key != SEQUENCE_KEY {
        return None;
    }
    let mut sequence = 0_u64;
    for (place, byte) in rest.iter().enumerate() {
        let shift = u32::try_from(place).ok()?.checked_mul(7)?;
        let bits = u64::from(byte & 0x7F);
        let shifted = bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        sequence |= shifted;
        if byte & 0x80 == 0 {
            return Some(sequence);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_read_to_the_last_bit() {
        assert_eq!(decode(&[0x08, 0x01]), Some(1));
        assert_eq!(decode(&[0x08, 0xAC, 0x02]), Some(300));
        let most = [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        assert_eq!(decode(&most), Some(u64::MAX));
    }

    #[test]
    fn anything_else_is_no_sequence() {
        let too_large = [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        for bytes in [&[][..], &[0x08], &[0x10, 0x01], &[0x08, 0x80], &too_large, &[0x08; 20]] {
            assert!(matches!(decode(bytes), None | Some(8)), "{bytes:?}");
        }
    }
}
