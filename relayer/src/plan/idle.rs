//! Why nothing goes to a chain.

/// Why a flow prepares nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Idle {
    /// The lane cannot sign.
    #[error("the account that signs is not known yet, or somebody else uses it")]
    Lane,
    /// The lane's key has no money, and no other key has.
    #[error("`{address}` cannot pay fees: {reason}")]
    Unpaid {
        /// The account.
        address: String,
        /// The chain's explanation.
        reason: String,
    },
    /// It has not been found out yet who pays.
    #[error("it is not known yet which of those who grant fees pays")]
    Payer,
    /// An endpoint or the chain turned us away a moment ago.
    #[error("a node turned us away a moment ago: {0}")]
    TurnedAway(String),
    /// What was sent or prepared for it failed a moment ago, and the works tell why.
    #[error("what went there failed a moment ago")]
    Delayed,
    /// The client refuses.
    #[error("the client refuses updates: {0}")]
    Parked(String),
    /// One of the chains has not been read yet.
    #[error("one of the chains is not read or not configured")]
    Unread,
    /// The operator has paused the path.
    #[error("its path is paused; `paused` of [ferry] in the configuration names it")]
    Paused,
    /// There is no client, and none shall be made.
    #[error("there is no client")]
    NoClient,
    /// The client holds a header that its chain did not make.
    #[error("its client was given a header that the other chain did not make, and is being frozen")]
    Misbehaviour,
    /// The connection delays, and the client has not known a header for long enough.
    #[error("the connection delays packets, and no header that proves it is old enough")]
    ConnectionDelay,
    /// No header is old enough for the client's clock.
    #[error("the chain that sent it is ahead of the other one's clock")]
    NoHeader,
    /// Undecided transactions fill the window.
    #[error("two blocks' worth of transactions is on its way already")]
    Window,
    /// The chain has not said what gas costs.
    #[error(
        "the chain has not said yet what gas costs; if it never does, check `module` of its `dynamic_gas_price`"
    )]
    Price,
    /// Gas costs more than shall be paid.
    #[error(
        "gas costs {price} with the margin for the next block, at most {max} shall be paid; wait, or raise `max` of its `dynamic_gas_price`"
    )]
    Expensive {
        /// What would be paid.
        price: String,
        /// What may be.
        max: String,
    },
    /// No work can be done now.
    #[error("nothing can be done now")]
    NoWork,
}
