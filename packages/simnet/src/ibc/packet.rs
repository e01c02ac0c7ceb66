//! Core: a packet's life on one chain, by commitments, receipts and acknowledgements.
//!
//! Source: ICS-4; ibc-go v10 `modules/core/04-channel/keeper/{packet,timeout}.go`. Proofs are the
//! network's matter: by the time a packet gets here, the other chain's state was looked up.

use cosmwasm_std::{Binary, BlockInfo, IbcPacket, IbcTimeout, IbcTimeoutBlock, Storage};
use cw_storage_plus::Map;

use super::state::{
    self, ACKS, ASYNC, COMMITMENTS, ChannelEnd, ChannelState, RECEIPTS, active_connection,
    channel_end, channel_in, endpoint,
};
use crate::error::{Error, Result};

/// Every packet ever sent: (port, channel, sequence) -> packet. Never removed: it stands for the
/// proofs at older heights with which a relayer can bring a packet again.
pub(crate) const SENT: Map<(&str, &str, u64), IbcPacket> = Map::new("ibc/sent");

/// Revision of every simulated chain's heights.
pub(crate) const REVISION: u64 = 1;

/// Whether a relayed message changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relayed {
    /// It did.
    Done,
    /// It had been relayed before: nothing happened.
    Repeated,
}

/// Whether a packet with this timeout can no longer be received at `block`. Equal counts as passed.
pub(crate) fn elapsed(timeout: &IbcTimeout, block: &BlockInfo) -> bool {
    let now = IbcTimeoutBlock { revision: REVISION, height: block.height };
    timeout.block().is_some_and(|limit| now >= limit)
        || timeout.timestamp().is_some_and(|limit| block.time >= limit)
}

/// Sends a packet from an open channel.
pub(crate) fn send(
    storage: &mut dyn Storage,
    (port, channel): (&str, &str),
    data: Binary,
    timeout: IbcTimeout,
) -> Result<IbcPacket> {
    let end = channel_in(storage, (port, channel), ChannelState::Open)?;
    active_connection(storage, &end.connection)?;
    let sequence = state::next_sequence(storage, (port, channel))?;
    let destination = endpoint(&end.counterparty_port, &end.counterparty_channel);
    let packet = IbcPacket::new(data, endpoint(port, channel), destination, sequence, timeout);
    COMMITMENTS.save(storage, (port, channel, sequence), &packet)?;
    SENT.save(storage, (port, channel, sequence), &packet)?;
    Ok(packet)
}

/// Takes a packet in: once.
pub(crate) fn receive(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    packet: &IbcPacket,
) -> Result<Relayed> {
    let (port, channel) = (packet.dest.port_id.as_str(), packet.dest.channel_id.as_str());
    let end = channel_in(storage, (port, channel), ChannelState::Open)?;
    check_counterparty(&end, &packet.src.port_id, &packet.src.channel_id)?;
    active_connection(storage, &end.connection)?;
    if elapsed(&packet.timeout, block) {
        return Err(Error::TimeoutElapsed);
    }
    let key = (port, channel, packet.sequence);
    if RECEIPTS.has(storage, key) {
        return Ok(Relayed::Repeated);
    }
    RECEIPTS.save(storage, key, &true)?;
    Ok(Relayed::Done)
}

/// Writes the acknowledgement of a packet that was received.
pub(crate) fn write_ack(storage: &mut dyn Storage, packet: &IbcPacket, ack: &Binary) -> Result<()> {
    let key = (packet.dest.port_id.as_str(), packet.dest.channel_id.as_str(), packet.sequence);
    Ok(ACKS.save(storage, key, ack)?)
}

/// Remembers a packet whose contract gave no acknowledgement: it may write it later, once.
pub(crate) fn await_ack(storage: &mut dyn Storage, packet: &IbcPacket) -> Result<()> {
    let key = (packet.dest.port_id.as_str(), packet.dest.channel_id.as_str(), packet.sequence);
    Ok(ASYNC.save(storage, key, packet)?)
}

/// Writes the late acknowledgement of a contract; returns the packet that it is for.
pub(crate) fn write_async_ack(
    storage: &mut dyn Storage,
    key: (&str, &str, u64),
    ack: &Binary,
) -> Result<IbcPacket> {
    let packet = ASYNC.may_load(storage, key)?.ok_or_else(|| Error::Proof {
        what: format!("a packet {} that waits for an acknowledgement", key.2),
    })?;
    ASYNC.remove(storage, key);
    write_ack(storage, &packet, ack)?;
    Ok(packet)
}

/// Ends a packet's life by its acknowledgement.
pub(crate) fn acknowledge(storage: &mut dyn Storage, packet: &IbcPacket) -> Result<Relayed> {
    let (port, channel) = (packet.src.port_id.as_str(), packet.src.channel_id.as_str());
    let end = channel_in(storage, (port, channel), ChannelState::Open)?;
    active_connection(storage, &end.connection)?;
    remove_commitment(storage, packet)
}

/// Ends a packet's life by its timeout. The channel need not be open any more.
pub(crate) fn time_out(storage: &mut dyn Storage, packet: &IbcPacket) -> Result<Relayed> {
    let end = channel_end(storage, &packet.src.port_id, &packet.src.channel_id)?;
    active_connection(storage, &end.connection)?;
    remove_commitment(storage, packet)
}

fn remove_commitment(storage: &mut dyn Storage, packet: &IbcPacket) -> Result<Relayed> {
    let key = (packet.src.port_id.as_str(), packet.src.channel_id.as_str(), packet.sequence);
    if !COMMITMENTS.has(storage, key) {
        return Ok(Relayed::Repeated);
    }
    COMMITMENTS.remove(storage, key);
    Ok(Relayed::Done)
}

fn check_counterparty(end: &ChannelEnd, port: &str, channel: &str) -> Result<()> {
    if end.counterparty_port != port || end.counterparty_channel != channel {
        return Err(Error::Proof { what: format!("a packet of `{port}`/`{channel}`") });
    }
    Ok(())
}
