//! What the contracts read of ICS-20: packet data, acknowledgements, voucher denoms.

use crate::json::{Decode, from_slice};
use cosmwasm_schema::cw_serde;
use cosmwasm_std::Binary;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Port of the transfer module on both chains.
pub const TRANSFER_PORT: &str = "transfer";
/// The acknowledgement of a transfer that went well, as ibc-go writes it.
pub const SUCCESS_ACK: &[u8] = br#"{"result":"AQ=="}"#;

/// Data of an ICS-20 packet. Fields that later versions may add are ignored.
///
/// Source: ibc-go v10 `modules/apps/transfer/types/packet.go`, `FungibleTokenPacketData`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Decode)]
pub struct FungibleTokenPacketData {
    /// Full path of the denom on the sending chain, e.g. `transfer/channel-3/uusdc`.
    pub denom: String,
    /// Decimal amount.
    pub amount: String,
    /// Sender on the sending chain.
    pub sender: String,
    /// Receiver on the receiving chain.
    pub receiver: String,
    /// The memo.
    #[serde(default)]
    pub memo: String,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferOutcome {
    /// The coin arrived. It does not mean that anything was opened with it.
    Arrived,
    /// The transfer was reverted and the coin is back with the sender.
    Reverted {
        /// What the chain says; it carries no reason of ours.
        error: String,
    },
    /// The bytes are no ICS-20 acknowledgement.
    Unreadable,
}

/// Envelope of an ICS-4 acknowledgement.
#[cw_serde]
#[derive(Decode)]
enum Envelope {
    Result(Binary),
    Error(String),
}

/// Reads the acknowledgement of a transfer. Never fails: whatever the bytes are, a callback must end well.
#[must_use]
pub fn outcome(acknowledgement: &[u8]) -> TransferOutcome {
    match from_slice(acknowledgement) {
        Ok(Envelope::Result(_)) => TransferOutcome::Arrived,
        Ok(Envelope::Error(error)) => TransferOutcome::Reverted { error },
        Err(_) => TransferOutcome::Unreadable,
    }
}

/// One end of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End<'a> {
    /// Port.
    pub port: &'a str,
    /// Channel.
    pub channel: &'a str,
}

/// The denom under which a packet's coin is credited on the receiving chain.
///
/// A coin that goes back the way it came loses its last hop; any other gains one and is named
/// `ibc/` and the upper-case hex SHA-256 of its path.
///
/// Source: ibc-go v10 `modules/apps/transfer/keeper/relay.go`, `OnRecvPacket`; ICS-20.
#[must_use]
pub fn received_denom(source: End<'_>, destination: End<'_>, denom: &str) -> String {
    let hop_back = format!("{}/{}/", source.port, source.channel);
    denom.strip_prefix(&hop_back).map_or_else(
        || voucher(&format!("{}/{}/{denom}", destination.port, destination.channel)),
        |rest| if is_path(rest) { voucher(rest) } else { rest.into() },
    )
}

/// The bank denom of a trace path such as `transfer/channel-0/uusdc`.
#[must_use]
pub fn voucher(path: &str) -> String {
    let hash = Sha256::digest(path.as_bytes());
    hash.iter().fold(String::from("ibc/"), |text, byte| text + &format!("{byte:02X}"))
}

/// Whether a denom is a trace path: a port, an identifier, and something after them.
///
/// Source: ibc-go v10 `modules/apps/transfer/types/denom.go`, `ExtractDenomFromPath`. Before v10
/// only a channel was taken for a hop; a denom read otherwise there is refused by the solvency check.
fn is_path(denom: &str) -> bool {
    let mut parts = denom.splitn(3, '/').skip(1);
    parts.next().is_some_and(is_identifier) && parts.next().is_some()
}

/// Whether a text is a channel or client identifier: `{kind}-{N}`, or the localhost client.
///
/// Source: ibc-go v10 `modules/core/02-client/types/keys.go`, `IsValidClientID`; every channel
/// identifier has that form.
fn is_identifier(text: &str) -> bool {
    if text == "09-localhost" {
        return true;
    }
    let Some((kind, number)) = text.rsplit_once('-') else { return false };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let digits = number.len() <= 20 && number.bytes().all(|b| b.is_ascii_digit());
    kind.starts_with(is_word)
        && kind.ends_with(is_word)
        && kind.chars().all(|c| is_word(c) || c == '-')
        && digits
        && number.parse::<u64>().is_ok()
}
