//! Signing: `SIGN_MODE_DIRECT` with secp256k1, nonces by RFC 6979.

use ibc_proto::cosmos::tx::v1beta1::{SignDoc, TxRaw};
use prost::Message;

use crate::keys::Key;
use crate::wire::tx::{SignedTx, TxPlan, encode_parts};

/// Signs a transaction. Nonces are derived from the message: the same key and plan give the same bytes.
pub fn sign(key: &Key, plan: &TxPlan<'_>) -> SignedTx {
    let (body_bytes, auth_info_bytes) = encode_parts(Some(&key.public_key()), plan);
    let document = SignDoc {
        body_bytes,
        auth_info_bytes,
        chain_id: plan.chain_id.to_owned(),
        account_number: plan.account_number,
    };
    let signature = key.sign(&document.encode_to_vec());
    let SignDoc { body_bytes, auth_info_bytes, .. } = document;
    let raw = TxRaw { body_bytes, auth_info_bytes, signatures: vec![signature.to_vec()] };
    SignedTx::from_bytes(raw.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Any;
    use crate::keys::{HdPath, Key};
    use crate::wire::tx::{Fee, decode, unsigned};

    const MNEMONIC: &str = "abandon abandon abandon abandon abandon abandon \
                            abandon abandon abandon abandon abandon about";

    fn key() -> Key {
        Key::from_mnemonic(MNEMONIC, HdPath::cosmos(0)).unwrap()
    }

    fn fee() -> Fee {
        Fee { gas_limit: 200_000, amount: 5_000, denom: "stake".into(), granter: None }
    }

    #[test]
    fn same_plan_gives_same_bytes_and_reads_back() {
        let msgs = [Any { type_url: "/a.B".into(), value: vec![1, 2] }];
        let fee = Fee { granter: Some("cosmos1granter".into()), ..fee() };
        let plan = TxPlan {
            chain_id: "a-1",
            account_number: 7,
            sequence: 3,
            msgs: &msgs,
            fee: &fee,
            memo: "hello",
            timeout_height: 99,
            extension_options: &[],
        };
        let tx = sign(&key(), &plan);
        assert_eq!(tx, sign(&key(), &plan));
        let read = decode(&tx.bytes).unwrap();
        assert_eq!(read.msgs, msgs);
        assert_eq!((read.memo.as_str(), read.timeout_height, read.sequence), ("hello", 99, 3));
        assert_eq!(read.fee, fee);
        assert_eq!(read.public_key, Some(key().public_key()));
        assert_eq!((read.signature.len(), read.hash), (64, tx.hash));
    }

    #[test]
    fn chain_account_and_sequence_are_signed() {
        let fee = fee();
        let plan = TxPlan {
            chain_id: "a-1",
            account_number: 7,
            sequence: 3,
            msgs: &[],
            fee: &fee,
            memo: "",
            timeout_height: 0,
            extension_options: &[],
        };
        let base = sign(&key(), &plan).hash;
        for other in [
            TxPlan { chain_id: "a-2", ..plan },
            TxPlan { account_number: 8, ..plan },
            TxPlan { sequence: 4, ..plan },
        ] {
            assert_ne!(base, sign(&key(), &other).hash);
        }
    }

    #[test]
    fn unsigned_carries_an_empty_signature() {
        let fee = Fee { amount: 0, ..fee() };
        let plan = TxPlan {
            chain_id: "a-1",
            account_number: 0,
            sequence: 9,
            msgs: &[],
            fee: &fee,
            memo: "",
            timeout_height: 0,
            extension_options: &[],
        };
        let read = decode(&unsigned(None, &plan)).unwrap();
        assert_eq!((read.public_key, read.signature, read.sequence), (None, Vec::new(), 9));
        assert_eq!((read.fee.amount, read.fee.denom.as_str()), (0, ""));
    }

    proptest! {
        #[test]
        fn decoding_garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
