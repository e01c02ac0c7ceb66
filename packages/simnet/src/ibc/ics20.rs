//! A model of the transfer module: escrow and vouchers.
//!
//! Source: ICS-20; ibc-go v10 `modules/apps/transfer/keeper/relay.go`. It computes denoms by
//! itself, not with the contracts' own code, so that each checks the other.

use cosmwasm_std::{
    Addr, Binary, Coin, IbcPacket, IbcTimeout, Storage, Uint256, from_json, to_json_binary,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::host::Host;
use super::state::TRACES;
use super::{callbacks, hooks, packet};
use crate::error::{Error, Result};

/// Port of the transfer module.
pub const TRANSFER_PORT: &str = "transfer";
/// Version of its channels.
pub const TRANSFER_VERSION: &str = "ics20-1";
/// Bytes of a memo, at most.
const MEMO_BYTES: usize = 32_768;
/// Bytes of a receiver, at most.
const RECEIVER_BYTES: usize = 2_048;

/// What a `MsgTransfer` asks for, apart from its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Channel on the sender's chain.
    pub channel: String,
    /// Receiver on the other chain.
    pub receiver: String,
    /// What to send.
    pub coin: Coin,
    /// Until when it may arrive.
    pub timeout: IbcTimeout,
    /// The memo; may be empty.
    pub memo: String,
}

/// Data of an ICS-20 packet, as this chain writes and reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PacketData {
    pub(crate) denom: String,
    pub(crate) amount: String,
    pub(crate) sender: String,
    pub(crate) receiver: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) memo: String,
}

impl PacketData {
    pub(crate) fn parse(packet: &IbcPacket) -> Result<Self> {
        from_json(&packet.data).map_err(|error| invalid(format!("packet data: {error}")))
    }

    pub(crate) fn units(&self) -> Result<Uint256> {
        self.amount.parse().map_err(|error| invalid(format!("amount: {error}")))
    }
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::Transfer { reason: reason.into() }
}

/// The account that holds what went out through a channel.
///
/// Source: ibc-go `modules/apps/transfer/types/keys.go`, `GetEscrowAddress`.
pub(crate) fn escrow_account(host: &dyn Host, channel: &str) -> Result<Addr> {
    let preimage = format!("{TRANSFER_VERSION}\0{TRANSFER_PORT}/{channel}");
    let hash = Sha256::digest(preimage.as_bytes());
    host.account_of(hash.get(..20).unwrap_or_default())
}

/// Sends a coin: what was born here or came another way is escrowed, what came this way is burnt.
pub(crate) fn send(
    host: &dyn Host,
    storage: &mut dyn Storage,
    sender: &Addr,
    transfer: Transfer,
) -> Result<IbcPacket> {
    if transfer.memo.len() > MEMO_BYTES || transfer.receiver.len() > RECEIVER_BYTES {
        return Err(invalid("the memo or the receiver is too long"));
    }
    let account = host.account(sender.as_str())?;
    let Transfer { channel, receiver, coin, timeout, memo } = transfer;
    // Source: ibc-go, `types.UnboundedSpendLimit`: the greatest amount stands for the whole balance.
    let amount = if coin.amount == Uint256::MAX {
        host.balance(storage, &account, &coin.denom)?
    } else {
        coin.amount
    };
    if amount.is_zero() {
        return Err(invalid("the amount is zero"));
    }
    let path = full_path(storage, &coin.denom)?;
    let coin = Coin { denom: coin.denom, amount };
    if path.starts_with(&hop(TRANSFER_PORT, &channel)) {
        host.burn(storage, &account, coin)?;
    } else {
        let escrow = escrow_account(host, &channel)?;
        host.send(storage, (&account, &escrow), coin)?;
    }
    let mut data = PacketData {
        denom: path,
        amount: amount.to_string(),
        sender: sender.to_string(),
        receiver,
        memo,
    };
    let is_hooked = hooks::are_installed(storage)?;
    let told = if is_hooked { hooks::take_callback(&mut data) } else { None };
    callbacks::check_source(&data)?;
    let packet = packet::send(storage, (TRANSFER_PORT, &channel), to_json_binary(&data)?, timeout)?;
    if let Some(told) = told {
        hooks::remember(host, storage, &packet, &told)?;
    }
    Ok(packet)
}

/// What a packet brought.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) receiver: Addr,
    pub(crate) coin: Coin,
}

/// Credits the receiver: what comes back is released, anything else is minted as a voucher.
pub(crate) fn receive(
    host: &dyn Host,
    storage: &mut dyn Storage,
    packet: &IbcPacket,
) -> Result<Arrival> {
    let receiver = host.account(&PacketData::parse(packet)?.receiver)?;
    receive_for(host, storage, packet, receiver)
}

/// Credits an account with what a packet brought, whomever the packet names.
pub(crate) fn receive_for(
    host: &dyn Host,
    storage: &mut dyn Storage,
    packet: &IbcPacket,
    receiver: Addr,
) -> Result<Arrival> {
    let data = PacketData::parse(packet)?;
    let amount = data.units()?;
    let coin = match data.denom.strip_prefix(&hop(&packet.src.port_id, &packet.src.channel_id)) {
        Some(rest) => {
            let coin = Coin { denom: local_denom(rest), amount };
            let escrow = escrow_account(host, &packet.dest.channel_id)?;
            host.send(storage, (&escrow, &receiver), coin.clone())?;
            coin
        }
        None => {
            let path = hop(&packet.dest.port_id, &packet.dest.channel_id) + &data.denom;
            let coin = Coin { denom: voucher(&path), amount };
            TRACES.save(storage, &coin.denom, &path)?;
            host.mint(storage, &receiver, coin.clone())?;
            coin
        }
    };
    Ok(Arrival { receiver, coin })
}

/// Gives the coin back to its sender, after an error acknowledgement or a timeout.
pub(crate) fn refund(host: &dyn Host, storage: &mut dyn Storage, packet: &IbcPacket) -> Result<()> {
    let data = PacketData::parse(packet)?;
    let sender = host.account(&data.sender)?;
    let coin = Coin { denom: local_denom(&data.denom), amount: data.units()? };
    if data.denom.starts_with(&hop(&packet.src.port_id, &packet.src.channel_id)) {
        host.mint(storage, &sender, coin)
    } else {
        let escrow = escrow_account(host, &packet.src.channel_id)?;
        host.send(storage, (&escrow, &sender), coin)
    }
}

/// Whether an acknowledgement says that the transfer went well.
pub(crate) fn succeeded(ack: &Binary) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        result: Option<Binary>,
    }
    from_json::<Envelope>(ack).is_ok_and(|envelope| envelope.result.is_some())
}

/// The path prefix of one hop.
pub(crate) fn hop(port: &str, channel: &str) -> String {
    format!("{port}/{channel}/")
}

/// The bank denom of a trace path: `ibc/` and the upper-case hex SHA-256 of it.
#[must_use]
pub fn voucher(path: &str) -> String {
    let hash = Sha256::digest(path.as_bytes());
    hash.iter().fold(String::from("ibc/"), |text, byte| text + &format!("{byte:02X}"))
}

/// The path of a bank denom.
pub(crate) fn full_path(storage: &dyn Storage, denom: &str) -> Result<String> {
    if !denom.starts_with("ibc/") {
        return Ok(denom.into());
    }
    TRACES
        .may_load(storage, denom)?
        .ok_or_else(|| invalid(format!("`{denom}` has no trace on this chain")))
}

/// The bank denom of a path on the chain where the path is known.
pub(crate) fn local_denom(path: &str) -> String {
    let mut parts = path.split('/');
    let channel = (parts.next(), parts.next()).1;
    let is_trace = channel.and_then(|part| part.strip_prefix("channel-")).is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_trace { voucher(path) } else { path.into() }
}
