//! Headers and proofs of simulated chains: unforgeable by hashing, not by trees.

use ibc_proto::google::protobuf::Any;
use sha2::{Digest, Sha256};

pub(crate) const HEADER_URL: &str = "/sim.Header";
pub(crate) const EVIDENCE_URL: &str = "/sim.Misbehaviour";

/// A header of a simulated chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SimHeader {
    pub(crate) chain: String,
    pub(crate) height: u64,
    pub(crate) time: u64,
    /// Of the state after the block before.
    pub(crate) root: Vec<u8>,
}

/// The root of the state of `chain` after block `height`.
pub(crate) fn root(chain: &str, height: u64) -> Vec<u8> {
    Sha256::digest(format!("root {chain} {height}")).to_vec()
}

/// The root of a header that the validators of `chain` signed and never made into a block.
pub(crate) fn forged(chain: &str, height: u64) -> Vec<u8> {
    Sha256::digest(format!("forged {chain} {height}")).to_vec()
}

/// Evidence that two headers were signed.
pub(crate) fn evidence(height: u64) -> Any {
    Any { type_url: EVIDENCE_URL.to_owned(), value: height.to_be_bytes().to_vec() }
}

/// The proof that `key` has `value` (or none) under `root`.
pub(crate) fn proof(root: &[u8], key: &[u8], value: Option<&[u8]>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in [b"proof".as_slice(), root, key, value.unwrap_or(b"absent")] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update([u8::from(value.is_some())]);
    hash.finalize().to_vec()
}

/// A client message: a header on top of a trusted height.
pub(crate) fn pack(header: &SimHeader, trusted: u64) -> Any {
    let SimHeader { chain, height, time, root } = header;
    let text = format!("{chain} {height} {time} {} {trusted}", hex::encode(root));
    Any { type_url: HEADER_URL.to_owned(), value: text.into_bytes() }
}

/// Reads a client message: the header and the trusted height.
pub(crate) fn unpack(message: &Any) -> Option<(SimHeader, u64)> {
    if message.type_url != HEADER_URL {
        return None;
    }
    let text = std::str::from_utf8(&message.value).ok()?;
    let mut parts = text.split(' ');
    let header = SimHeader {
        chain: parts.next()?.to_owned(),
        height: parts.next()?.parse().ok()?,
        time: parts.next()?.parse().ok()?,
        root: hex::decode(parts.next()?).ok()?,
    };
    Some((header, parts.next()?.parse().ok()?))
}
