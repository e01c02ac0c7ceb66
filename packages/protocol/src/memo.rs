//! The memo of an ICS-20 transfer: whom the chains call back, and our message.
//!
//! One transfer carries the coin, the order and both callbacks, so that a refused order is a
//! reverted transfer. Source: ibc-go v10 `modules/apps/callbacks`, ADR-8; memo limit 32,768 bytes
//! (ours is [`crate::limits::MEMO_BYTES`]).

use cosmwasm_schema::cw_serde;
use cosmwasm_std::to_json_string;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::code::Code;
use crate::json::{Decode, from_slice};
use crate::limits::{self, LimitError};
use crate::money::{MESSAGE_VERSION, Message, Versioned};

/// Whom ibc-go calls, and with how much gas at most.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// The contract. A source callback runs only if it is the packet's sender.
    pub address: String,
    /// Gas as a decimal string, capped by the chain (1,000,000 by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_limit: Option<String>,
}

impl Callback {
    /// A callback with a gas limit.
    #[must_use]
    pub fn new(address: impl Into<String>, gas_limit: u64) -> Self {
        Self { address: address.into(), gas_limit: Some(gas_limit.to_string()) }
    }
}

/// A memo with callbacks. No other top-level key is allowed: a packet-forwarding memo is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Decode)]
#[serde(deny_unknown_fields)]
pub struct Memo {
    /// Called on the sender's chain with the acknowledgement or timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_callback: Option<Callback>,
    /// Called on the receiver's chain after the coin has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dest_callback: Option<Callback>,
    /// Our message.
    pub entrepot: Message,
}

/// Why a memo is not ours or not well formed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MemoError {
    /// It is longer than [`limits::MEMO_BYTES`] or something in it is beyond its limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Our part is of a version that this side does not speak.
    #[error("the memo's `entrepot` has version {got}, this side speaks {MESSAGE_VERSION}")]
    Version {
        /// The version it has.
        got: u64,
    },
    /// It is no JSON of the form wanted.
    #[error("the memo is not of the form {{src_callback, dest_callback, entrepot}}: {reason}")]
    Malformed {
        /// What the decoder found, with its place.
        reason: String,
    },
}

impl MemoError {
    /// The stable reason to refuse with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Limit(_) => Code::LimitExceeded,
            Self::Version { .. } => Code::UnsupportedVersion,
            Self::Malformed { .. } => Code::Malformed,
        }
    }
}

/// As much of a memo as every version has.
#[derive(Decode)]
struct VersionOnly {
    entrepot: Versioned,
}

impl Memo {
    /// Decodes and checks a memo.
    ///
    /// # Errors
    /// [`MemoError::Limit`] if it or a part is too large, [`MemoError::Version`] if it is of
    /// another version, [`MemoError::Malformed`] for anything but the known keys, each at most once.
    pub fn parse(memo: &str) -> Result<Self, MemoError> {
        limits::bytes("memo", memo.len(), limits::MEMO_BYTES)?;
        let memo: Self = from_slice(memo.as_bytes()).map_err(|error| {
            let other: Option<VersionOnly> = from_slice(memo.as_bytes()).ok();
            match other.and_then(|other| other.entrepot.foreign()) {
                Some(got) => MemoError::Version { got },
                None => MemoError::Malformed { reason: error.to_string() },
            }
        })?;
        memo.entrepot.validate()?;
        Ok(memo)
    }

    /// Encodes and checks a memo.
    ///
    /// # Errors
    /// [`MemoError::Limit`] if a part or the whole is too large.
    pub fn encode(&self) -> Result<String, MemoError> {
        self.entrepot.validate()?;
        encode_within_limit(self)
    }
}

/// Writes a memo of any form, if it is not too long.
pub(crate) fn encode_within_limit(memo: &impl Serialize) -> Result<String, MemoError> {
    let memo =
        to_json_string(memo).map_err(|error| MemoError::Malformed { reason: error.to_string() })?;
    limits::bytes("memo", memo.len(), limits::MEMO_BYTES)?;
    Ok(memo)
}
