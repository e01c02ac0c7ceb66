//! How things on a chain fail.

use crate::keys::KeyError;
use crate::rpc::{Address, QueryError, RpcError};

/// Why something on a chain did not work.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The node is on another chain.
    #[error("{endpoint} is on chain `{got}`, expected `{expected}`; correct the address or the id")]
    WrongChain {
        /// The node.
        endpoint: Address,
        /// Its chain.
        got: String,
        /// The chain wanted.
        expected: String,
    },
    /// A call failed.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// A query was refused or did not get there.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A key or address is not valid.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The account has never received anything.
    #[error("account `{address}` does not exist on `{chain}`; send it some `{denom}` for fees")]
    NoAccount {
        /// The account.
        address: String,
        /// The chain.
        chain: String,
        /// The denom of fees.
        denom: String,
    },
    /// A dry run says that the transaction would fail.
    #[error("transaction would fail: {log} ({codespace}/{code})")]
    WouldFail {
        /// Who refused.
        codespace: String,
        /// The code within it.
        code: u32,
        /// The reason.
        log: String,
    },
    /// The mempool refused the transaction; nothing was paid.
    #[error("transaction {hash} refused: {log} ({codespace}/{code})")]
    Refused {
        /// Its hash.
        hash: String,
        /// Who refused.
        codespace: String,
        /// The code within it.
        code: u32,
        /// The reason.
        log: String,
    },
    /// The transaction is in a block and failed; its fee is paid.
    #[error("transaction {hash} failed in block {height}: {log} ({codespace}/{code})")]
    Failed {
        /// Its hash.
        hash: String,
        /// The block.
        height: u64,
        /// Who failed it.
        codespace: String,
        /// The code within it.
        code: u32,
        /// The reason.
        log: String,
    },
    /// The node wants more gas than the caller allows; nothing was signed.
    #[error(
        "the node wants {gas} gas for it, a fee of {fee} {denom}; expected at most {most} gas: try another node, or \
         raise `max_gas` if that is right"
    )]
    TooMuchGas {
        /// The gas limit that would have been signed.
        gas: u64,
        /// What it would have cost.
        fee: u128,
        /// The denom of fees.
        denom: String,
        /// The most that is allowed.
        most: u64,
    },
    /// No block has the transaction, and none can any more; nothing was paid.
    #[error(
        "transaction {hash} is in no block up to {until_height}, and none after that may have it: nothing was done, \
         try again"
    )]
    NotIncluded {
        /// Its hash.
        hash: String,
        /// The last block that could have had it.
        until_height: u64,
    },
    /// The transaction was sent, and whether a block has it was not to be found out.
    #[error(
        "transaction {hash} was sent, and it is not known whether a block has it ({reason}); one may have it up to \
         block {until_height}: look the hash up before you do the same again"
    )]
    Unknown {
        /// Its hash.
        hash: String,
        /// The last block that may have it.
        until_height: u64,
        /// What stood in the way.
        reason: String,
    },
    /// An answer lacks something that it must have.
    #[error("answer to `{what}` is malformed: {reason}")]
    Malformed {
        /// What was asked or sent.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl ChainError {
    /// Whether the chain expected another sequence, so that reading it anew may help.
    pub fn is_sequence_mismatch(&self) -> bool {
        match self {
            Self::Refused { codespace, code, .. } => codespace == "sdk" && *code == 32,
            Self::WouldFail { log, .. } => log.contains("account sequence mismatch"),
            _ => false,
        }
    }

    /// The sequence that the chain expected, where it says so.
    pub(super) fn expected_sequence(&self) -> Option<u64> {
        let (Self::Refused { log, .. } | Self::WouldFail { log, .. }) = self else { return None };
        // SDK v0.53 `x/auth/ante/sigverify.go`, `SigVerificationDecorator`.
        let (_, rest) = log.split_once("account sequence mismatch, expected ")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}
