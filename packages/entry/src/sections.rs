//! How the VM writes a key and its value: each followed by its length, four bytes, highest first.

use cosmwasm_std::Record;

/// Takes a key and its value apart. None at the end of a range, where the key is empty.
pub(crate) fn record(mut bytes: Vec<u8>) -> Option<Record> {
    let value = last(&mut bytes)?;
    let key = last(&mut bytes)?;
    (!key.is_empty()).then_some((key, value))
}

/// Takes the last section off.
fn last(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::try_from(u32::from_be_bytes(*bytes.last_chunk()?)).ok()?;
    let end = bytes.len().checked_sub(4)?;
    let start = end.checked_sub(length)?;
    bytes.truncate(end);
    Some(bytes.split_off(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_value_are_taken_apart() {
        let bytes = b"key\0\0\0\x03value\0\0\0\x05".to_vec();
        assert_eq!(record(bytes), Some((b"key".to_vec(), b"value".to_vec())));
        assert_eq!(record(b"key\0\0\0\x03\0\0\0\0".to_vec()), Some((b"key".to_vec(), vec![])));
    }

    #[test]
    fn an_empty_key_is_the_end() {
        assert_eq!(record(vec![0; 8]), None);
    }

    #[test]
    fn bytes_of_another_form_are_the_end_too() {
        for bytes in
            [&b""[..], b"\0\0\0", b"\0\0\0\x01", b"a\0\0\0\x01", b"\xff\xff\xff\xff\0\0\0\0"]
        {
            assert_eq!(record(bytes.to_vec()), None);
        }
    }
}
