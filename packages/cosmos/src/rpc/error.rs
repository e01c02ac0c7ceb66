//! How calls and queries fail.

use std::time::Duration;

use super::Address;

/// A call that failed: where, which, and how.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint}: `{method}`: {fault}")]
pub struct RpcError {
    /// The node's address.
    pub endpoint: Address,
    /// The method called.
    pub method: &'static str,
    /// What went wrong.
    pub fault: Fault,
}

/// How a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The address is no URL of a node.
    #[error("the address is not valid ({0}); expected a form like `http://127.0.0.1:26657`")]
    Address(String),
    /// Nothing answered.
    #[error("the node cannot be reached ({0}); check that it runs and that the address is right")]
    Unreachable(String),
    /// The answer did not come in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// Something answered that is no healthy node.
    #[error("answered with HTTP status {status}: {body}")]
    Http {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The node refused the call.
    #[error("the node refused: {message} (code {code}) {data}")]
    Refused {
        /// The JSON-RPC error code.
        code: i64,
        /// Its message.
        message: String,
        /// Its details.
        data: String,
    },
    /// The answer has more bytes than the caller wanted to read.
    #[error("the answer has more than {most} bytes")]
    TooLong {
        /// How many were wanted.
        most: usize,
    },
    /// The answer is not what the method answers.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
}

/// What a failure says about trying the same elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The node is to blame: another may do, and this one is to be avoided.
    Node,
    /// The node refused in good health, such as for a block it has not: another may have it.
    Place,
    /// The question is to blame: the answer is the same everywhere.
    Question,
}

impl Fault {
    /// Who is to blame for it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Unreachable(_) | Self::Timeout(_) | Self::Http { .. } | Self::Malformed(_) => {
                Blame::Node
            }
            Self::Refused { .. } => Blame::Place,
            Self::Address(_) | Self::TooLong { .. } => Blame::Question,
        }
    }
}

/// A query that a chain's application refused, or that did not get there.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The call failed.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The application refused it.
    #[error("query `{path}` refused: {log} ({codespace}/{code})")]
    Refused {
        /// The query.
        path: String,
        /// Who refused.
        codespace: String,
        /// The code within it.
        code: u32,
        /// The reason.
        log: String,
    },
    /// The answer does not decode.
    #[error("query `{path}`: the answer does not decode: {reason}")]
    Malformed {
        /// The query.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl QueryError {
    /// Whether the application says that what was asked for does not exist.
    ///
    /// Source: SDK v0.53 `baseapp/abci.go`, `gRPCErrorToSDKError`: the status `NotFound` becomes `sdk/22`.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { codespace, code: 22, .. } if codespace == "sdk")
    }

    /// Whether the application has no such query, as it lacks the module or is older.
    ///
    /// Source: SDK v0.53 `types/errors/errors.go`, `ErrUnknownRequest`; `baseapp/abci.go`, `Query`.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { codespace, code: 6, .. } if codespace == "sdk")
    }
}
