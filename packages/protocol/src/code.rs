//! Stable reasons of a refusal.
//!
//! The code is what programs may depend on: it starts every error text of the market
//! (`"<code>: <text>"`), stands in control acknowledgements and is what `entrepot why` explains.
//! A code is never renamed or given another meaning; new ones are appended.

use std::fmt;

use cosmwasm_schema::cw_serde;

use crate::json::Decode;

/// Why something was refused.
#[cw_serde]
#[derive(Decode, Copy, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The bytes are no valid message: bad JSON, a missing, unknown or repeated key.
    Malformed,
    /// The message has a version that this side does not speak.
    UnsupportedVersion,
    /// A list, string or number is beyond its limit.
    LimitExceeded,
    /// The packet came over a port other than the one it must use.
    WrongPort,
    /// The channel belongs to no route, or the route is switched off.
    WrongRoute,
    /// The transfer's receiver is not this contract.
    WrongReceiver,
    /// The memo's destination callback names another contract.
    WrongCallback,
    /// Not exactly one coin, or an amount of zero or above the maximum.
    WrongCoin,
    /// The denom is not accepted on this route.
    UnknownDenom,
    /// The sender is empty, too long, or has upper-case letters or white space.
    BadSender,
    /// The number `n` of this money packet was accepted before.
    UsedNumber,
    /// A deployment with this `seq`, or its tombstone, exists.
    UsedSeq,
    /// No offer has this id.
    UnknownOffer,
    /// The offer is closed, expired, full, or cannot serve this group.
    OfferUnavailable,
    /// The rate asked is above what the buyer allows.
    RateAboveMax,
    /// The provider does not meet what the group requires.
    ProviderIneligible,
    /// The deposit is below the denom's minimum, or buys less than the runway.
    InsufficientDeposit,
    /// The sender has too many of these already.
    TooMany,
    /// The contract takes no new business for now.
    Paused,
    /// The sender may not do this.
    Unauthorized,
    /// There is no such thing.
    NotFound,
    /// It exists, but its state does not allow this.
    WrongState,
    /// It is too early for this.
    TooEarly,
    /// It is too late for this.
    TooLate,
    /// The amount is below the minimum.
    BelowMinimum,
    /// The bank balance does not cover the ledger.
    Insolvent,
    /// This side does not offer that.
    Unsupported,
    /// A defect or lack of gas: nothing was changed.
    Internal,
}

impl Code {
    /// Every code, in the order of definition.
    pub const ALL: [Self; 28] = [
        Self::Malformed,
        Self::UnsupportedVersion,
        Self::LimitExceeded,
        Self::WrongPort,
        Self::WrongRoute,
        Self::WrongReceiver,
        Self::WrongCallback,
        Self::WrongCoin,
        Self::UnknownDenom,
        Self::BadSender,
        Self::UsedNumber,
        Self::UsedSeq,
        Self::UnknownOffer,
        Self::OfferUnavailable,
        Self::RateAboveMax,
        Self::ProviderIneligible,
        Self::InsufficientDeposit,
        Self::TooMany,
        Self::Paused,
        Self::Unauthorized,
        Self::NotFound,
        Self::WrongState,
        Self::TooEarly,
        Self::TooLate,
        Self::BelowMinimum,
        Self::Insolvent,
        Self::Unsupported,
        Self::Internal,
    ];

    /// The code as it is written on the wire and at the start of an error text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnsupportedVersion => "unsupported_version",
            Self::LimitExceeded => "limit_exceeded",
            Self::WrongPort => "wrong_port",
            Self::WrongRoute => "wrong_route",
            Self::WrongReceiver => "wrong_receiver",
            Self::WrongCallback => "wrong_callback",
            Self::WrongCoin => "wrong_coin",
            Self::UnknownDenom => "unknown_denom",
            Self::BadSender => "bad_sender",
            Self::UsedNumber => "used_number",
            Self::UsedSeq => "used_seq",
            Self::UnknownOffer => "unknown_offer",
            Self::OfferUnavailable => "offer_unavailable",
            Self::RateAboveMax => "rate_above_max",
            Self::ProviderIneligible => "provider_ineligible",
            Self::InsufficientDeposit => "insufficient_deposit",
            Self::TooMany => "too_many",
            Self::Paused => "paused",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::WrongState => "wrong_state",
            Self::TooEarly => "too_early",
            Self::TooLate => "too_late",
            Self::BelowMinimum => "below_minimum",
            Self::Insolvent => "insolvent",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }

    /// Finds the code that starts an error text, wherever a chain has wrapped the text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let word_before = |(at, _)| {
            let before: &str = text.get(..at)?;
            before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()
        };
        text.match_indices(": ")
            .filter_map(word_before)
            .find_map(|word| Self::ALL.into_iter().find(|code| code.as_str() == word))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
