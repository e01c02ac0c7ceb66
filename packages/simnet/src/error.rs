//! What can go wrong on a simulated chain.

use thiserror::Error;

/// Why a transaction or a relayed step failed. Whatever it did is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A message failed: a contract, the bank or another module refused it.
    #[error("the transaction failed: {reason}")]
    Transaction {
        /// The error text, as a node would log it.
        reason: String,
    },
    /// There is no such connection.
    #[error("no connection `{connection}`")]
    UnknownConnection {
        /// Its identifier.
        connection: String,
    },
    /// The light client under the connection is frozen or expired.
    #[error("the client of `{connection}` is not active")]
    ClientNotActive {
        /// The connection.
        connection: String,
    },
    /// There is no such channel end.
    #[error("no channel `{channel}` at port `{port}`")]
    UnknownChannel {
        /// The port asked for.
        port: String,
        /// The channel asked for.
        channel: String,
    },
    /// The channel end is in another state.
    #[error("channel `{channel}` at port `{port}` is {got}, it must be {expected}")]
    ChannelState {
        /// Its port.
        port: String,
        /// Its identifier.
        channel: String,
        /// Its state.
        got: String,
        /// The state wanted.
        expected: String,
    },
    /// The other chain holds no such thing: a relayer cannot prove what is not there.
    #[error("the proof of {what} does not verify")]
    Proof {
        /// What should have been proved.
        what: String,
    },
    /// The packet came after its timeout.
    #[error("the packet timed out on this chain")]
    TimeoutElapsed,
    /// The packet can still be received.
    #[error("the packet has not timed out yet")]
    TimeoutNotReached,
    /// The packet has no acknowledgement to relay yet.
    #[error("packet {sequence} has no acknowledgement yet")]
    NotAcknowledged {
        /// Its sequence.
        sequence: u64,
    },
    /// The message breaks a rule of ICS-20.
    #[error("invalid transfer: {reason}")]
    Transfer {
        /// Which rule, in words.
        reason: String,
    },
    /// A port that no application is bound to.
    #[error("nothing is bound to port `{port}`")]
    UnboundPort {
        /// The port.
        port: String,
    },
    /// Something was done that this model does not have.
    #[error("simnet does not model {what}")]
    NotModelled {
        /// What.
        what: String,
    },
    /// An invariant does not hold: a defect of a contract, or of the model.
    #[error("broken invariant: {reason}")]
    Invariant {
        /// Which, with the numbers found.
        reason: String,
    },
}

impl From<cosmwasm_std::StdError> for Error {
    fn from(error: cosmwasm_std::StdError) -> Self {
        // `StdError` is opaque; an error of ours that passed through a module comes out as itself.
        let inner: &(dyn std::error::Error + Send + Sync + 'static) = &*error;
        match inner.downcast_ref::<Self>() {
            Some(own) => own.clone(),
            None => Self::Transaction { reason: inner.to_string() },
        }
    }
}

/// Result of a step on a simulated chain.
pub type Result<T, E = Error> = std::result::Result<T, E>;
