//! Why the market refuses something.

mod missing;

use cosmwasm_std::{OverflowError, StdError};
use escrow::EscrowError;
use protocol::control::ControlError;
use protocol::handshake::HandshakeError;
use protocol::memo::MemoError;
use protocol::{Code, LimitError};

pub use self::missing::{Ineligible, Unavailable};

/// Every refusal. Its text begins with the stable code: `"<code>: <words>"`.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "fields are `got`, `expected` and the names of what was found")]
pub enum ContractError {
    /// Storage, codec or address faults.
    #[error("{}: {}", self.code(), .0)]
    Std(#[from] StdError),
    /// A sum or difference of units does not fit. The bounds on the inputs exclude it.
    #[error("{}: {}", self.code(), .0)]
    Arithmetic(#[from] OverflowError),
    /// The escrow account refuses.
    #[error("{}: {}", self.code(), .0)]
    Escrow(#[from] EscrowError),
    /// Something is beyond its limit.
    #[error("{}: {}", self.code(), .0)]
    Limit(#[from] LimitError),
    /// The memo is not ours or not well formed.
    #[error("{}: {}", self.code(), .0)]
    Memo(#[from] MemoError),
    /// A control packet is not well formed.
    #[error("{}: {}", self.code(), .0)]
    Control(#[from] ControlError),
    /// A step of the control channel's handshake is not allowed.
    #[error("{}: {}", self.code(), .0)]
    Handshake(#[from] HandshakeError),
    /// A message or packet cannot be read.
    #[error("{}: {what} cannot be read: {reason}", self.code())]
    Malformed { what: &'static str, reason: String },
    /// What is given is no address of this chain.
    #[error("{}: `{address}` is no address of this chain: {reason}", self.code())]
    BadAddress { address: String, reason: String },
    /// The packet came over another port.
    #[error("{}: {end} port is `{got}`, expected `{expected}`", self.code())]
    WrongPort { end: &'static str, got: String, expected: String },
    /// The channel belongs to no route that can be used for this.
    #[error("{}: `{channel}` {problem}", self.code())]
    WrongRoute { channel: String, problem: &'static str },
    /// The transfer went to somebody else, or failed.
    #[error("{}: the transfer's receiver is `{got}`, expected `{expected}`", self.code())]
    WrongReceiver { got: String, expected: String },
    /// The transfer below the callback did not succeed.
    #[error("{}: the transfer was not acknowledged with success", self.code())]
    TransferFailed {},
    /// The memo's destination callback is missing or names somebody else.
    #[error("{}: the memo's `dest_callback` names `{got}`, expected `{expected}`", self.code())]
    WrongCallback { got: String, expected: String },
    /// Not exactly one coin of a possible amount.
    #[error("{}: got {got}, expected {expected}", self.code())]
    WrongCoin { got: String, expected: String },
    /// The denom is not accepted here.
    #[error("{}: `{denom}` is not accepted on {on}", self.code())]
    UnknownDenom { denom: String, on: String },
    /// The packet's sender has no usable form.
    #[error("{}: the packet's sender: {}", self.code(), .0)]
    BadSender(LimitError),
    /// The number of the money packet was accepted before.
    #[error("{}: money packet {n} was accepted before; use a new number", self.code())]
    UsedNumber { n: u64 },
    /// The number of the deployment is taken.
    #[error("{}: deployment {seq} exists or existed; use a new number", self.code())]
    UsedSeq { seq: u64 },
    /// No offer was ever issued with this number.
    #[error("{}: there has never been an offer {offer}", self.code())]
    UnknownOffer { offer: u64 },
    /// The offer cannot serve the group.
    #[error("{}: offer {offer} {problem}", self.code())]
    OfferUnavailable { offer: u64, problem: Unavailable },
    /// The minimum charge is higher than the tenant allows.
    #[error(
        "{}: offer {offer} has a minimum charge of {got} units, the order takes at most {max}",
        self.code()
    )]
    ChargeAboveMax { offer: u64, got: u128, max: u128 },
    /// It costs more than the tenant allows.
    #[error("{}: the rate is {got} nano-units per second, at most {max} is allowed", self.code())]
    RateAboveMax { got: u128, max: u128 },
    /// An order has as many bids as it keeps, and this one is not enough below the worst.
    #[error(
        "{}: the order has its 20 bids; yours asks {got} nano-units per second, \
         at most {max} takes a place",
        self.code()
    )]
    NotBetter { got: u128, max: u128 },
    /// The provider may not serve the group.
    #[error("{}: provider `{provider}` {problem}", self.code())]
    ProviderIneligible { provider: String, problem: Ineligible },
    /// A deposit, bond or stake is too small.
    #[error("{}: the {what} is {got} units, expected at least {expected}", self.code())]
    TooSmall { what: &'static str, got: u128, expected: u128 },
    /// There are as many as there may be.
    #[error("{}: there are {max} {what} already; end one first", self.code())]
    TooMany { what: &'static str, max: u64 },
    /// New business is paused.
    #[error("{}: the market takes no new business for now", self.code())]
    Paused {},
    /// The sender may not do this.
    #[error("{}: `{sender}` may not do this, only {expected}", self.code())]
    Unauthorized { sender: String, expected: &'static str },
    /// There is no such thing.
    #[error("{}: there is no {what} `{id}`", self.code())]
    NotFound { what: &'static str, id: String },
    /// Its state does not allow this.
    #[error("{}: the {what} {problem}", self.code())]
    WrongState { what: &'static str, problem: &'static str },
    /// It still has orders or leases.
    #[error("{}: the {what} has {orders} open orders and {leases} leases", self.code())]
    InUse { what: &'static str, orders: u32, leases: u32 },
    /// It is too early.
    #[error("{}: {what} only from second {at}, now is {now}", self.code())]
    TooEarly { what: &'static str, at: u64, now: u64 },
    /// It is too late.
    #[error("{}: {what} only before second {at}, now is {now}", self.code())]
    TooLate { what: &'static str, at: u64, now: u64 },
    /// Nothing to pay.
    #[error("{}: nothing of `{denom}` is credited to `{claimant}`", self.code())]
    NothingToClaim { claimant: String, denom: String },
    /// The bank balance does not cover the ledger.
    #[error("{}: the bank holds {bank} of `{denom}`, the market owes {liabilities}", self.code())]
    Insolvent { denom: String, bank: u128, liabilities: u128 },
    /// This market does not offer that.
    #[error("{}: {what} is not offered by this version of the market", self.code())]
    Unsupported { what: &'static str },
    /// The contract cannot be upgraded from what is stored.
    #[error("{}: stored is `{got}`, expected {expected}", self.code())]
    WrongVersion { got: String, expected: String },
    /// A result does not fit its type. The bounds on the inputs exclude it.
    #[error("{}: {what} does not fit its type", self.code())]
    Overflow { what: &'static str },
    /// A record that another one points to is missing.
    #[error("{}: {what} is missing in storage", self.code())]
    Missing { what: &'static str },
    /// A reply that nothing asked for.
    #[error("{}: reply {id} was never asked for", self.code())]
    UnknownReply { id: u64 },
}

impl ContractError {
    /// The stable reason.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Std(_)
            | Self::Arithmetic(_)
            | Self::Overflow { .. }
            | Self::Missing { .. }
            | Self::UnknownReply { .. } => Code::Internal,
            Self::Escrow(error) => escrow_code(error),
            Self::Memo(error) => error.code(),
            Self::Control(error) => error.code(),
            Self::Limit(_) => Code::LimitExceeded,
            Self::Malformed { .. } | Self::BadAddress { .. } => Code::Malformed,
            Self::Handshake(HandshakeError::Version { .. }) | Self::WrongVersion { .. } => {
                Code::UnsupportedVersion
            }
            Self::Handshake(_) | Self::WrongRoute { .. } => Code::WrongRoute,
            Self::WrongPort { .. } => Code::WrongPort,
            Self::WrongReceiver { .. } | Self::TransferFailed {} => Code::WrongReceiver,
            Self::WrongCallback { .. } => Code::WrongCallback,
            Self::WrongCoin { .. } => Code::WrongCoin,
            Self::UnknownDenom { .. } => Code::UnknownDenom,
            Self::BadSender(_) => Code::BadSender,
            Self::UsedNumber { .. } => Code::UsedNumber,
            Self::UsedSeq { .. } => Code::UsedSeq,
            Self::UnknownOffer { .. } => Code::UnknownOffer,
            Self::OfferUnavailable { .. } | Self::ChargeAboveMax { .. } => Code::OfferUnavailable,
            Self::RateAboveMax { .. } | Self::NotBetter { .. } => Code::RateAboveMax,
            Self::ProviderIneligible { .. } => Code::ProviderIneligible,
            Self::TooSmall { .. } => Code::InsufficientDeposit,
            Self::TooMany { .. } => Code::TooMany,
            Self::Paused {} => Code::Paused,
            Self::Unauthorized { .. } => Code::Unauthorized,
            Self::NotFound { .. } => Code::NotFound,
            Self::WrongState { .. } | Self::InUse { .. } => Code::WrongState,
            Self::TooEarly { .. } => Code::TooEarly,
            Self::TooLate { .. } => Code::TooLate,
            Self::NothingToClaim { .. } => Code::BelowMinimum,
            Self::Insolvent { .. } => Code::Insolvent,
            Self::Unsupported { .. } => Code::Unsupported,
        }
    }
}

/// The stable reason of an escrow refusal.
const fn escrow_code(error: &EscrowError) -> Code {
    match error {
        EscrowError::DepositTooSmall { .. } | EscrowError::InsufficientFunds { .. } => {
            Code::InsufficientDeposit
        }
        EscrowError::OutOfRange { .. } | EscrowError::DepositLimit { .. } => Code::LimitExceeded,
        EscrowError::StreamLimit { .. } => Code::TooMany,
        EscrowError::NoStream { .. } => Code::NotFound,
        EscrowError::Short { .. }
        | EscrowError::Ended { .. }
        | EscrowError::StreamsOpen { .. }
        | EscrowError::StreamExists { .. } => Code::WrongState,
        EscrowError::TimeBackwards { .. }
        | EscrowError::Dust { .. }
        | EscrowError::Overflow { .. } => Code::Internal,
    }
}
