//! What ibc-hooks does on a chain without ibc-go callbacks.
//!
//! It executes the contract that a memo names under `wasm`, which must be the transfer's receiver,
//! with the coin; an error of the contract is an error acknowledgement, so the transfer is
//! reverted. The caller is an account that the chain derives from the channel and the packet's
//! sender, whose key nobody has: that it calls proves both. The sender of a transfer with
//! `ibc_callback` is told by `sudo` how it ended; an error there blocks the acknowledgement.
//!
//! Source: cosmos/ibc-apps `modules/ibc-hooks/wasm_hook.go`.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Binary;
use sha2::{Digest, Sha256};

use crate::ics20::{self, TransferOutcome};
use crate::json::Decode;

/// What the chain tells a contract by `sudo`. It may gain fields: unknown ones are ignored.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
pub enum Sudo {
    /// A transfer that named the contract as `ibc_callback` has ended.
    IbcLifecycleComplete(Lifecycle),
}

/// How it ended.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
pub enum Lifecycle {
    /// It was acknowledged.
    IbcAck {
        /// The channel on the sender's chain.
        channel: String,
        /// The packet's sequence there.
        sequence: u64,
        /// The acknowledgement's bytes in base64.
        ack: String,
    },
    /// It was not delivered in time.
    IbcTimeout {
        /// The channel on the sender's chain.
        channel: String,
        /// The packet's sequence there.
        sequence: u64,
    },
}

impl Lifecycle {
    /// The packet as the sender's chain names it: channel and sequence.
    #[must_use]
    pub fn packet(&self) -> (&str, u64) {
        match self {
            Self::IbcAck { channel, sequence, .. } | Self::IbcTimeout { channel, sequence } => {
                (channel.as_str(), *sequence)
            }
        }
    }

    /// How the transfer ended. Never fails.
    ///
    /// The acknowledgement's own bytes decide, as for the transfer module. The field `success`
    /// beside them is a summary by other rules: `{"error":""}` refunds, and counts there as one.
    #[must_use]
    pub fn outcome(&self) -> TransferOutcome {
        match self {
            Self::IbcAck { ack, .. } => Binary::from_base64(ack)
                .map_or(TransferOutcome::Unreadable, |bytes| ics20::outcome(&bytes)),
            Self::IbcTimeout { .. } => {
                TransferOutcome::Reverted { error: "the packet timed out".into() }
            }
        }
    }
}

/// The account bytes under which ibc-hooks calls a contract for `sender` behind `channel`, the
/// receiving chain's end.
///
/// Source: cosmos/ibc-apps `modules/ibc-hooks/keeper`, `DeriveIntermediateSender`; SDK
/// `types/address/hash.go`, `Hash`: sha-256(sha-256(type) ‖ key).
#[must_use]
pub fn intermediary(channel: &str, sender: &str) -> [u8; 32] {
    let kind = Sha256::digest(b"ibc-wasm-hook-intermediary");
    Sha256::new().chain_update(kind).chain_update(format!("{channel}/{sender}")).finalize().into()
}

/// The symbols of bech32, by value. Source: BIP-173.
const SYMBOLS: [char; 32] = [
    'q', 'p', 'z', 'r', 'y', '9', 'x', '8', 'g', 'f', '2', 't', 'v', 'd', 'w', '0', 's', '3', 'j',
    'n', '5', '4', 'k', 'h', 'c', 'e', '6', 'm', 'u', 'a', '7', 'l',
];
/// Symbols of a bech32 checksum.
const CHECKSUM: usize = 6;

/// What an address of the account `intermediary` says between its prefix and its checksum. The
/// contracts compare it with [`data_of`] their caller, which needs neither of the two.
#[must_use]
pub fn data_of_intermediary(channel: &str, sender: &str) -> String {
    let bytes = intermediary(channel, sender);
    let mut bits =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte.rotate_right(bit) & 1));
    let mut data = String::new();
    while let Some(first) = bits.next() {
        // The last symbol is filled up with zeros.
        let rest: [u8; 4] = std::array::from_fn(|_| bits.next().unwrap_or_default());
        let value = rest.iter().fold(first, |value, bit| value << 1 | bit);
        data.extend(SYMBOLS.get(usize::from(value)));
    }
    data
}

/// What an address of this chain says between its prefix and its checksum. None for what the chain
/// would not give as a caller.
#[must_use]
pub fn data_of(address: &str) -> Option<&str> {
    let (_, data) = address.rsplit_once('1')?;
    data.get(..data.len().checked_sub(CHECKSUM)?)
}
