//! Events of core, with the attributes by which relayers and tools read them.
//!
//! Source: ibc-go v10.5 `modules/core/04-channel/keeper/events.go`.

use cosmwasm_std::{Binary, Event, HexBinary, IbcOrder, IbcPacket};

use super::state::ChannelEnd;

/// An event about a packet, on the chain whose channel end is `end`.
pub(crate) fn packet(kind: &str, packet: &IbcPacket, end: &ChannelEnd) -> Event {
    let height = match packet.timeout.block() {
        Some(block) => format!("{}-{}", block.revision, block.height),
        None => "0-0".to_owned(),
    };
    let time = packet.timeout.timestamp().map_or(0, |time| time.nanos());
    let order = match end.order {
        IbcOrder::Ordered => "ORDER_ORDERED",
        IbcOrder::Unordered => "ORDER_UNORDERED",
    };
    Event::new(kind)
        .add_attribute("packet_data_hex", HexBinary::from(packet.data.as_slice()).to_hex())
        .add_attribute("packet_timeout_height", height)
        .add_attribute("packet_timeout_timestamp", time.to_string())
        .add_attribute("packet_sequence", packet.sequence.to_string())
        .add_attribute("packet_src_port", &packet.src.port_id)
        .add_attribute("packet_src_channel", &packet.src.channel_id)
        .add_attribute("packet_dst_port", &packet.dest.port_id)
        .add_attribute("packet_dst_channel", &packet.dest.channel_id)
        .add_attribute("packet_channel_ordering", order)
        .add_attribute("connection_id", &end.connection)
}

/// The event about an acknowledgement that was written.
pub(crate) fn acknowledged(received: &IbcPacket, ack: &Binary, end: &ChannelEnd) -> Event {
    packet("write_acknowledgement", received, end)
        .add_attribute("packet_ack_hex", HexBinary::from(ack.as_slice()).to_hex())
}

/// An event about a step in a channel's life.
pub(crate) fn channel(kind: &str, (port, channel): (&str, &str), end: &ChannelEnd) -> Event {
    Event::new(kind)
        .add_attribute("port_id", port)
        .add_attribute("channel_id", channel)
        .add_attribute("counterparty_port_id", &end.counterparty_port)
        .add_attribute("counterparty_channel_id", &end.counterparty_channel)
        .add_attribute("connection_id", &end.connection)
}
