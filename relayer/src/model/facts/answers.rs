//! What a chain, its nodes and the store answer.

use ibc_proto::google::protobuf::Any;
use tendermint::trust_threshold::TrustThresholdFraction;

use crate::model::ids::{PacketKey, Span, Time};

/// The header from which a client follows its chain further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedHeight {
    /// Its height.
    pub height: u64,
    /// What the client demands of the next.
    pub terms: TrustTerms,
}

/// What a client demands of a header, as it was made: not as ferry would make it. Source: ICS-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustTerms {
    /// For how long it trusts a header.
    pub trusting_period: Span,
    /// How much of the voting power that it trusts must have signed the next header.
    pub trust_threshold: TrustThresholdFraction,
    /// How far a header may be ahead of the clock of the chain that the client is on.
    pub max_clock_drift: Span,
}

/// A verified header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its height.
    pub height: u64,
    /// Its time.
    pub time: Time,
    /// Root of the state after the block before it (`app_hash`).
    pub root: Vec<u8>,
    /// Hash of the validators of the block after it.
    pub next_validators_hash: Vec<u8>,
    /// Client messages (`ibc.lightclients.tendermint.v1.Header`) that lead from the trusted height to
    /// this one, the last with this header; those before it bridge changes of the validator set.
    /// Empty when no trusted height was asked for.
    pub updates: Vec<Any>,
}

/// Values with their proofs, in the order asked for, all verified against one root.
#[derive(Clone, Debug, PartialEq)]
pub struct Proofs {
    /// The root.
    pub root: Vec<u8>,
    /// The values.
    pub items: Vec<Proved>,
}

/// One value with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The key below the store `ibc`.
    pub key: Vec<u8>,
    /// The value; `None` when the key is proved absent.
    pub value: Option<Vec<u8>>,
    /// An encoded `ibc.core.commitment.v1.MerkleProof`.
    pub proof: Vec<u8>,
}

/// The bytes of a packet, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketData {
    /// The packet.
    pub key: PacketKey,
    /// The application's bytes.
    pub data: Vec<u8>,
    /// The acknowledgement, once written.
    pub ack: Option<Vec<u8>>,
}

/// What a simulated transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// It would succeed.
    Ok {
        /// Gas used.
        gas_used: u64,
    },
    /// It would fail.
    Refused(Refusal),
}

/// The answer of `CheckTx` to an offered transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Code 0, or already known to the mempool.
    Pooled,
    /// The mempool is full, the endpoint did not answer, or answered something else than `CheckTx`.
    Unknown(String),
    /// A code other than 0.
    Refused(Refusal),
}

/// A transaction that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The module that `code` belongs to.
    pub codespace: String,
    /// The module's error.
    pub code: u32,
    /// The message at fault, counted from 0, if the log names one. `CheckTx` never does.
    pub index: Option<usize>,
    /// The chain's explanation.
    pub log: String,
}

/// Why an ask has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No answer before the deadline.
    #[error("no answer in time")]
    Timeout,
    /// No endpoint could serve it.
    #[error("not served: {0}")]
    Unavailable(String),
    /// A chain refused it in good health: a simulation failed and named no message, or what was asked for is not there.
    #[error("{0}")]
    Refused(String),
    /// It was served and does not verify.
    #[error("does not verify: {0}")]
    Invalid(String),
}
