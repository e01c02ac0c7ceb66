//! Transactions: messages, fee and signature to bytes, and back.

use std::fmt;

use ibc_proto::cosmos::base::v1beta1::Coin;
use ibc_proto::cosmos::crypto::secp256k1::PubKey;
use ibc_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use ibc_proto::cosmos::tx::v1beta1::{
    AuthInfo, Fee as ProtoFee, ModeInfo, SignerInfo, TxBody, TxRaw,
};
use ibc_proto::google::protobuf::Any;
use prost::{Message, Name};
use sha2::{Digest, Sha256};

/// The type URL of a secp256k1 public key.
const SECP256K1_URL: &str = "/cosmos.crypto.secp256k1.PubKey";
/// `SIGN_MODE_DIRECT`: the signature is over the protobuf bytes.
const SIGN_MODE_DIRECT: i32 = 1;

/// What a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The gas it may use; the fee is charged on this, not on what is used.
    pub gas_limit: u64,
    /// Units of `denom`; zero writes no coin at all, as the SDK refuses a coin of zero.
    pub amount: u128,
    /// The denom of `amount`.
    pub denom: String,
    /// The account that pays by a fee grant, instead of the signer.
    pub granter: Option<String>,
}

/// All that a transaction's bytes depend on, except the key.
#[derive(Clone, Copy, Debug)]
pub struct TxPlan<'a> {
    /// The chain that shall accept it.
    pub chain_id: &'a str,
    /// The signer's account number.
    pub account_number: u64,
    /// The signer's sequence.
    pub sequence: u64,
    /// The messages, in order.
    pub msgs: &'a [Any],
    /// What it pays.
    pub fee: &'a Fee,
    /// A text for people.
    pub memo: &'a str,
    /// The last height that may include it; zero for no limit.
    pub timeout_height: u64,
    /// Options that a chain refuses if it does not know them.
    pub extension_options: &'a [Any],
}

/// A transaction ready to be broadcast.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedTx {
    /// The bytes to broadcast.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`: the name the chain gives it.
    pub hash: [u8; 32],
}

impl SignedTx {
    /// Names the bytes of a signed transaction by their hash.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let hash = tx_hash(&bytes);
        Self { bytes, hash }
    }

    /// The hash as explorers and `/tx` print it: upper-case hexadecimal.
    pub fn hash_hex(&self) -> String {
        hex::encode_upper(self.hash)
    }
}

impl fmt::Debug for SignedTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTx")
            .field("hash", &self.hash_hex())
            .field("len", &self.bytes.len())
            .finish()
    }
}

/// A transaction read back from its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedTx {
    /// The messages, in order.
    pub msgs: Vec<Any>,
    /// The memo.
    pub memo: String,
    /// The last height that may include it; zero for no limit.
    pub timeout_height: u64,
    /// What it pays.
    pub fee: Fee,
    /// The signer's sequence.
    pub sequence: u64,
    /// The signer's compressed public key, if the transaction carries one.
    pub public_key: Option<[u8; 33]>,
    /// The signature; empty in a transaction made for simulation.
    pub signature: Vec<u8>,
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
}

/// Why bytes are not a transaction that this crate could have made.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// The bytes are not protobuf of the expected shape.
    #[error("transaction does not decode: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The part that says what it pays is absent.
    #[error("transaction has no fee")]
    NoFee,
    /// Several signers, which this crate never writes.
    #[error("transaction has {got} signers, expected 1")]
    Signers {
        /// How many there are.
        got: usize,
    },
    /// The public key is of another kind.
    #[error("signer's public key is `{got}`, expected `{SECP256K1_URL}` of 33 bytes")]
    PublicKey {
        /// Its type URL.
        got: String,
    },
    /// The fee is not one coin, or its amount is no number.
    #[error("fee `{got}` is not one coin")]
    Fee {
        /// The coins as text.
        got: String,
    },
}

/// Packs a message with its own type URL.
pub fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

/// The hash by which a chain names a transaction.
pub fn tx_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Encodes a transaction with an empty signature, for simulation.
///
/// Simulation checks no signature but counts the gas of a secp256k1 one when `public_key` is absent
/// and the account has none on chain yet. A fee of zero skips the gas of taking it, 16,000 on SDK 0.53: write the fee,
/// or one unit of it.
pub fn unsigned(public_key: Option<&[u8; 33]>, plan: &TxPlan<'_>) -> Vec<u8> {
    let (body_bytes, auth_info_bytes) = encode_parts(public_key, plan);
    TxRaw { body_bytes, auth_info_bytes, signatures: vec![Vec::new()] }.encode_to_vec()
}

/// Reads a transaction of one signer.
///
/// # Errors
/// [`TxError`] when the bytes are none, or have several signers or several fee coins.
pub fn decode(bytes: &[u8]) -> Result<DecodedTx, TxError> {
    let tx = TxRaw::decode(bytes)?;
    let body = TxBody::decode(tx.body_bytes.as_slice())?;
    let auth = AuthInfo::decode(tx.auth_info_bytes.as_slice())?;
    let got = tx.signatures.len().max(auth.signer_infos.len());
    let (Ok([signature]), Ok([signer])) =
        (<[Vec<u8>; 1]>::try_from(tx.signatures), <[SignerInfo; 1]>::try_from(auth.signer_infos))
    else {
        return Err(TxError::Signers { got });
    };
    Ok(DecodedTx {
        msgs: body.messages,
        memo: body.memo,
        timeout_height: body.timeout_height,
        fee: decode_fee(auth.fee.ok_or(TxError::NoFee)?)?,
        sequence: signer.sequence,
        public_key: signer.public_key.map(decode_public_key).transpose()?,
        signature,
        hash: tx_hash(bytes),
    })
}

/// The two parts of a transaction that its signature covers: body and authentication.
pub(super) fn encode_parts(public_key: Option<&[u8; 33]>, plan: &TxPlan<'_>) -> (Vec<u8>, Vec<u8>) {
    let body = TxBody {
        messages: plan.msgs.to_vec(),
        memo: plan.memo.to_owned(),
        timeout_height: plan.timeout_height,
        extension_options: plan.extension_options.to_vec(),
        ..TxBody::default()
    };
    let signer = SignerInfo {
        public_key: public_key.map(|key| Any {
            type_url: SECP256K1_URL.to_owned(),
            value: PubKey { key: key.to_vec() }.encode_to_vec(),
        }),
        mode_info: Some(ModeInfo { sum: Some(Sum::Single(Single { mode: SIGN_MODE_DIRECT })) }),
        sequence: plan.sequence,
    };
    let fee = Some(encode_fee(plan.fee));
    let auth = AuthInfo { signer_infos: vec![signer], fee, ..AuthInfo::default() };
    (body.encode_to_vec(), auth.encode_to_vec())
}

fn encode_fee(fee: &Fee) -> ProtoFee {
    let coin = Coin { denom: fee.denom.clone(), amount: fee.amount.to_string() };
    ProtoFee {
        amount: if fee.amount == 0 { Vec::new() } else { vec![coin] },
        gas_limit: fee.gas_limit,
        payer: String::new(),
        granter: fee.granter.clone().unwrap_or_default(),
    }
}

fn decode_fee(fee: ProtoFee) -> Result<Fee, TxError> {
    let (amount, denom) = match fee.amount.as_slice() {
        [] => (0, String::new()),
        [coin] => {
            let amount = coin.amount.parse().map_err(|_| not_one_coin(&fee.amount))?;
            (amount, coin.denom.clone())
        }
        coins => return Err(not_one_coin(coins)),
    };
    let granter = Some(fee.granter).filter(|granter| !granter.is_empty());
    Ok(Fee { gas_limit: fee.gas_limit, amount, denom, granter })
}

fn not_one_coin(coins: &[Coin]) -> TxError {
    let coins: Vec<String> = coins.iter().map(|c| format!("{}{}", c.amount, c.denom)).collect();
    TxError::Fee { got: coins.join(",") }
}

fn decode_public_key(key: Any) -> Result<[u8; 33], TxError> {
    let wrong = || TxError::PublicKey { got: key.type_url.clone() };
    if key.type_url != SECP256K1_URL {
        return Err(wrong());
    }
    PubKey::decode(key.value.as_slice())?.key.try_into().map_err(|_| wrong())
}
