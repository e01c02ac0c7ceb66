//! What a chain's IBC modules store. It lives in the chain's own store, so a reverted transaction
//! takes it back like anything else.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, IbcChannel, IbcEndpoint, IbcOrder, IbcPacket, StdResult, Storage};
use cw_storage_plus::{Item, Map};

use crate::error::{Error, Result};

/// Connections of this chain: id -> [`Connection`]. Written when two chains are connected.
pub(crate) const CONNECTIONS: Map<&str, Connection> = Map::new("ibc/connections");
/// Channel ends: (port, channel) -> [`ChannelEnd`]. Never removed, as in ibc-go.
pub(crate) const CHANNELS: Map<(&str, &str), ChannelEnd> = Map::new("ibc/channel_ends");
/// Number of the next channel of this chain.
pub(crate) const NEXT_CHANNEL: Item<u64> = Item::new("ibc/next_channel");
/// Sequence of the next packet: (port, channel) -> sequence.
pub(crate) const NEXT_SEQUENCE: Map<(&str, &str), u64> = Map::new("ibc/next_sequence_send");
/// Packets sent and not yet acknowledged or timed out: (port, channel, sequence) -> packet.
pub(crate) const COMMITMENTS: Map<(&str, &str, u64), IbcPacket> = Map::new("ibc/commitments");
/// Packets received: (port, channel, sequence). Never removed.
pub(crate) const RECEIPTS: Map<(&str, &str, u64), bool> = Map::new("ibc/receipts");
/// Acknowledgements written: (port, channel, sequence) -> bytes. Never removed.
pub(crate) const ACKS: Map<(&str, &str, u64), Binary> = Map::new("ibc/acks");
/// Packets received whose contract has not answered yet; removed by its acknowledgement.
pub(crate) const ASYNC: Map<(&str, &str, u64), IbcPacket> = Map::new("ibc/async_packets");
/// Denom traces: voucher denom -> full path. Written at the first arrival.
pub(crate) const TRACES: Map<&str, String> = Map::new("transfer/denom_traces");

/// One end of a connection.
#[cw_serde]
pub struct Connection {
    /// Chain id of the other chain.
    pub counterparty_chain: String,
    /// Identifier of the other end.
    pub counterparty_connection: String,
    /// Whether the light client below works.
    pub client: ClientStatus,
}

/// Status of a light client.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum ClientStatus {
    /// It follows the other chain.
    Active,
    /// It is frozen or expired: nothing can be sent or proved until governance recovers it.
    Frozen,
}

/// State of a channel end.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum ChannelState {
    /// After `ChanOpenInit`.
    Init,
    /// After `ChanOpenTry`.
    TryOpen,
    /// After `ChanOpenAck` or `ChanOpenConfirm`.
    Open,
    /// Closed for good.
    Closed,
}

/// One end of a channel.
#[cw_serde]
pub struct ChannelEnd {
    /// Its state.
    pub state: ChannelState,
    /// Its ordering.
    pub order: IbcOrder,
    /// Its version, as the application answered it.
    pub version: String,
    /// Connection it runs over.
    pub connection: String,
    /// Port at the other end.
    pub counterparty_port: String,
    /// Channel at the other end; empty until it is known.
    pub counterparty_channel: String,
}

impl ChannelEnd {
    /// The channel as contracts see it.
    pub(crate) fn describe(&self, port: &str, channel: &str) -> IbcChannel {
        IbcChannel::new(
            endpoint(port, channel),
            endpoint(&self.counterparty_port, &self.counterparty_channel),
            self.order.clone(),
            self.version.clone(),
            self.connection.clone(),
        )
    }
}

/// A port and a channel.
pub(crate) fn endpoint(port: &str, channel: &str) -> IbcEndpoint {
    IbcEndpoint { port_id: port.into(), channel_id: channel.into() }
}

/// Loads a channel end.
pub(crate) fn channel_end(storage: &dyn Storage, port: &str, channel: &str) -> Result<ChannelEnd> {
    CHANNELS
        .may_load(storage, (port, channel))?
        .ok_or_else(|| Error::UnknownChannel { port: port.into(), channel: channel.into() })
}

/// Loads a channel end that must be in `expected` state.
pub(crate) fn channel_in(
    storage: &dyn Storage,
    (port, channel): (&str, &str),
    expected: ChannelState,
) -> Result<ChannelEnd> {
    let end = channel_end(storage, port, channel)?;
    if end.state != expected {
        return Err(Error::ChannelState {
            port: port.into(),
            channel: channel.into(),
            got: format!("{:?}", end.state),
            expected: format!("{expected:?}"),
        });
    }
    Ok(end)
}

/// Loads a connection whose client works.
pub(crate) fn active_connection(storage: &dyn Storage, connection: &str) -> Result<Connection> {
    let found = CONNECTIONS
        .may_load(storage, connection)?
        .ok_or_else(|| Error::UnknownConnection { connection: connection.into() })?;
    if found.client == ClientStatus::Frozen {
        return Err(Error::ClientNotActive { connection: connection.into() });
    }
    Ok(found)
}

/// Takes the next channel identifier.
pub(crate) fn next_channel(storage: &mut dyn Storage) -> StdResult<String> {
    let number = NEXT_CHANNEL.may_load(storage)?.unwrap_or_default();
    NEXT_CHANNEL.save(storage, &(number + 1))?;
    Ok(format!("channel-{number}"))
}

/// Takes the next sequence of a channel; the first is 1.
pub(crate) fn next_sequence(storage: &mut dyn Storage, end: (&str, &str)) -> StdResult<u64> {
    let sequence = NEXT_SEQUENCE.may_load(storage, end)?.unwrap_or(1);
    NEXT_SEQUENCE.save(storage, end, &(sequence + 1))?;
    Ok(sequence)
}
