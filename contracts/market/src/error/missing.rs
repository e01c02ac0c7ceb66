//! What a provider or an offer lacks for a group: what was found, and what was expected.

use crate::price::Unpriced;

/// Why a provider may not serve a group, in words that go on after its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are `got`, `expected` and the names of what was found")]
pub enum Ineligible {
    /// It is not registered.
    #[error("is not registered")]
    NotRegistered,
    /// It is leaving the market.
    #[error("is leaving the market, from second {unbonds_at} with its stake")]
    Leaving { unbonds_at: u64 },
    /// Its stake fell below the market's minimum, by a slash or a new minimum.
    #[error("has a stake of {got}, the market requires {expected}")]
    BelowMinimum { got: String, expected: String },
    /// It would pay itself.
    #[error("is the tenant itself")]
    IsTenant,
    /// The order denies it.
    #[error("is denied by the order")]
    Denied,
    /// The order allows others only.
    #[error("is not among those the order allows")]
    NotAllowed,
    /// It has less stake than the order requires, or one of an earlier denom.
    #[error("has a stake of {got}, the order requires {expected}")]
    LacksStake { got: String, expected: String },
    /// It lacks an attribute that the order requires.
    #[error("lacks the attribute `{key}` = `{value}`, which the order requires")]
    LacksAttribute { key: String, value: String },
    /// An auditor that the order requires has not signed it, or its word has ended.
    #[error("lacks the signature of `{auditor}` on what the order requires")]
    LacksSignature { auditor: String },
}

/// Why an offer cannot serve a group, in words that go on after its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are `got`, `expected` and the names of what was found")]
pub enum Unavailable {
    /// It was cancelled, and its last lease closed.
    #[error("is gone")]
    Gone,
    /// It was cancelled.
    #[error("was cancelled")]
    Cancelled,
    /// Its time is over.
    #[error("expired in second {at}, now is {now}")]
    Expired { at: u64, now: u64 },
    /// It is paid in another denom.
    #[error("has its prices in `{got}`, the deployment pays in `{expected}`")]
    OtherDenom { got: String, expected: String },
    /// It has no price for something that the group wants.
    #[error("cannot serve the group: {0}")]
    Unpriced(#[from] Unpriced),
    /// It serves as many leases as it has room for.
    #[error("is full: it has {got} leases of {expected}")]
    Full { got: u32, expected: u32 },
    /// What its leases do not lock of its bond is too little for another one.
    #[error("has {got} units of its bond left, the lease needs {expected}")]
    LacksBond { got: u128, expected: u128 },
}
