//! How calls and queries fail.

use std::time::Duration;

/// A call that failed: where, which, and how.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint}: `{method}`: {fault}")]
pub struct RpcError {
    /// The node's address.
    pub endpoint: String,
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
    /// The answer is not what the method answers.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
}

impl Fault {
    /// Whether the same call may succeed at another node or later: nothing in it is known to be wrong.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout(_) | Self::Http { .. } | Self::Malformed(_) => {
                true
            }
            Self::Address(_) | Self::Refused { .. } => false,
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
    /// Queries refuse with the status `NotFound`, which the SDK turns into `sdk/22` or `sdk/38` (`baseapp/grpcrouter.go`).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { codespace, code: 22 | 38, .. } if codespace == "sdk")
    }
}
