//! Proofs that a key of the `ibc` store has a value, or has none, under an application hash.

use ibc_proto::ibc::core::commitment::v1::MerkleProof;
use ics23::commitment_proof::Proof as Ics23;
use ics23::{
    CommitmentProof, HostFunctionsManager, ProofSpec, calculate_existence_root, iavl_spec,
    tendermint_spec, verify_membership, verify_non_membership,
};
use prost::Message;
use prost::encoding::decode_varint;
use serde::Deserialize;

use super::json::bytes;
use super::path::IBC_STORE;

/// One step of a proof as a node answers it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProofOp {
    /// What kind of tree it is of: `ics23:iavl`, `ics23:simple`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The key in that tree.
    #[serde(deserialize_with = "bytes", default)]
    pub key: Vec<u8>,
    /// An encoded `CommitmentProof`.
    #[serde(deserialize_with = "bytes", default)]
    pub data: Vec<u8>,
}

/// A key of the `ibc` store with its value, or its absence, and the proof of that.
#[derive(Clone, Debug, PartialEq)]
pub struct Proved {
    /// The key.
    pub key: Vec<u8>,
    /// Its value; `None` if it is absent.
    pub value: Option<Vec<u8>>,
    /// The height of the state; the header of the next one has its root.
    pub height: u64,
    /// The proof.
    pub proof: MerkleProof,
}

impl Proved {
    /// Checks it against the application hash in the header of `height + 1`.
    ///
    /// # Errors
    /// [`ProofError`] when it does not hold.
    pub fn verify(&self, app_hash: &[u8]) -> Result<(), ProofError> {
        match &self.value {
            Some(value) => verify_value(&self.proof, app_hash, &self.key, value),
            None => verify_absence(&self.proof, app_hash, &self.key),
        }
    }

    /// The proof as IBC messages carry it.
    pub fn proof_bytes(&self) -> Vec<u8> {
        self.proof.encode_to_vec()
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The number of steps is wrong.
    #[error("proof has {got} steps, expected 2: iavl, then simple; was it asked with a proof?")]
    Steps {
        /// How many there are.
        got: usize,
    },
    /// A step does not decode.
    #[error("proof step {step} does not decode: {reason}")]
    Malformed {
        /// Its place, from 0.
        step: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A step does not lead to the next one or to the application hash.
    #[error("proof step {step} does not hold for key `{key}`")]
    Invalid {
        /// Its place, from 0.
        step: usize,
        /// The key.
        key: String,
    },
    /// The proof is of absence, so that there is no leaf.
    #[error("proof is not of a value that is there")]
    NoLeaf,
}

/// The two trees of a Cosmos chain: IAVL within a store, simple Merkle above the stores.
///
/// They stand in every 07-tendermint client state of such a chain.
pub fn proof_specs() -> Vec<ProofSpec> {
    vec![iavl_spec(), tendermint_spec()]
}

/// Turns a node's proof into the form that IBC messages carry.
///
/// # Errors
/// [`ProofError::Steps`] or [`ProofError::Malformed`].
pub fn from_ops(ops: &[ProofOp]) -> Result<MerkleProof, ProofError> {
    if ops.len() != 2 {
        return Err(ProofError::Steps { got: ops.len() });
    }
    let decode = |(step, op): (usize, &ProofOp)| {
        CommitmentProof::decode(op.data.as_slice())
            .map_err(|error| ProofError::Malformed { step, reason: error.to_string() })
    };
    let proofs = ops.iter().enumerate().map(decode).collect::<Result<_, _>>()?;
    Ok(MerkleProof { proofs })
}

/// Checks that `key` of the `ibc` store has `value` under `app_hash`.
///
/// The state of height `h` is under the application hash in the header of `h + 1`.
///
/// # Errors
/// [`ProofError`] when it does not.
pub fn verify_value(
    proof: &MerkleProof,
    app_hash: &[u8],
    key: &[u8],
    value: &[u8],
) -> Result<(), ProofError> {
    let (leaf, root) = verify_store(proof, app_hash)?;
    let holds = verify_membership::<HostFunctionsManager>(leaf, &iavl_spec(), &root, key, value);
    holds.then_some(()).ok_or_else(|| invalid(0, key))
}

/// Checks that `key` of the `ibc` store is absent under `app_hash`.
///
/// # Errors
/// [`ProofError`] when it is not.
pub fn verify_absence(proof: &MerkleProof, app_hash: &[u8], key: &[u8]) -> Result<(), ProofError> {
    let (leaf, root) = verify_store(proof, app_hash)?;
    let holds = verify_non_membership::<HostFunctionsManager>(leaf, &iavl_spec(), &root, key);
    holds.then_some(()).ok_or_else(|| invalid(0, key))
}

/// The height at which a proved value was written: IAVL keeps it in the leaf, under the hash.
///
/// # Errors
/// [`ProofError`] when the proof is not of a value or its leaf is not IAVL's.
///
/// Source: iavl v1.2 `proof_ics23.go`: the prefix is varint(height = 0), varint(size = 1), varint(version), zig-zag coded.
pub fn written_at(proof: &MerkleProof) -> Result<u64, ProofError> {
    let leaf = match proof.proofs.first().and_then(|first| first.proof.as_ref()) {
        Some(Ics23::Exist(exist)) => exist.leaf.as_ref().ok_or(ProofError::NoLeaf)?,
        _ => return Err(ProofError::NoLeaf),
    };
    let malformed = |reason: &str| ProofError::Malformed { step: 0, reason: reason.to_owned() };
    let mut prefix = leaf.prefix.as_slice();
    let mut next = || decode_varint(&mut prefix).map_err(|_| malformed("leaf prefix is too short"));
    let (height, size, version) = (next()?, next()?, next()?);
    // Zig-zag: the numbers are never negative, so they are doubled.
    if height != 0 || size != 2 || version % 2 != 0 {
        return Err(malformed("leaf prefix is not of an iavl leaf"));
    }
    Ok(version / 2)
}

/// Checks the upper step and returns the lower one with the root it must lead to.
fn verify_store<'a>(
    proof: &'a MerkleProof,
    app_hash: &[u8],
) -> Result<(&'a CommitmentProof, Vec<u8>), ProofError> {
    let [leaf, store] = proof.proofs.as_slice() else {
        return Err(ProofError::Steps { got: proof.proofs.len() });
    };
    let root = store_root(leaf).ok_or_else(|| invalid(0, IBC_STORE.as_bytes()))?;
    let holds = verify_membership::<HostFunctionsManager>(
        store,
        &tendermint_spec(),
        &app_hash.to_vec(),
        IBC_STORE.as_bytes(),
        &root,
    );
    holds.then_some((leaf, root)).ok_or_else(|| invalid(1, IBC_STORE.as_bytes()))
}

/// The root that a proof within a store leads to; of a proof of absence, that of either neighbour.
fn store_root(leaf: &CommitmentProof) -> Option<Vec<u8>> {
    let exist = match leaf.proof.as_ref()? {
        Ics23::Exist(exist) => exist,
        Ics23::Nonexist(absent) => absent.left.as_ref().or(absent.right.as_ref())?,
        Ics23::Batch(_) | Ics23::Compressed(_) => return None,
    };
    calculate_existence_root::<HostFunctionsManager>(exist).ok()
}

fn invalid(step: usize, key: &[u8]) -> ProofError {
    ProofError::Invalid { step, key: String::from_utf8_lossy(key).into_owned() }
}
