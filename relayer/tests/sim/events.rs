//! Facts as the driver would read them from a chain's events.

use cosmos::wire::packet::Packet;
use ferry::model::facts::{Event, HandshakeChange, PacketChange, PacketEvent, Timeout, Via};
use ferry::model::ids::{ChannelId, End, Height, Order, Time};
use ibc_proto::google::protobuf::{Any, Timestamp};
use ibc_proto::ibc::core::channel::v1::Channel;
use ibc_proto::ibc::core::commitment::v1::MerkleRoot;
use ibc_proto::ibc::lightclients::tendermint::v1::ConsensusState;

pub(crate) fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap_or_default())
}

pub(crate) fn consensus_state(time: u64, root: Vec<u8>) -> Any {
    cosmos::wire::tx::any(&ConsensusState {
        timestamp: Some(Timestamp {
            seconds: (time / 1_000_000_000) as i64,
            nanos: (time % 1_000_000_000) as i32,
        }),
        root: Some(MerkleRoot { hash: root }),
        next_validators_hash: vec![7; 32],
    })
}

fn timeout(packet: &Packet) -> Timeout {
    let height = packet.timeout_height;
    Timeout {
        height: Height { revision: height.revision, height: height.block },
        time: Time(packet.timeout_timestamp),
    }
}

pub(crate) fn sent(packet: &Packet) -> PacketChange {
    PacketChange::Sent { timeout: timeout(packet), data: packet.data.clone() }
}

pub(crate) fn received() -> PacketChange {
    PacketChange::Received
}

pub(crate) fn ack_written(packet: &Packet, ack: Vec<u8>) -> PacketChange {
    PacketChange::AckWritten { timeout: timeout(packet), data: packet.data.clone(), ack }
}

pub(crate) fn acknowledged() -> PacketChange {
    PacketChange::Acknowledged
}

pub(crate) fn timed_out() -> PacketChange {
    PacketChange::TimedOut
}

pub(crate) fn packet(packet: &Packet, via: Option<(&str, Order)>, change: PacketChange) -> Event {
    let end = |port: &str, channel: &str| End { port: port.into(), channel: channel.into() };
    Event::Packet(PacketEvent {
        via: via
            .map(|(connection, order)| Via::Connection { connection: connection.into(), order }),
        src: end(&packet.id.src_port, &packet.id.src_channel),
        dst: end(&packet.id.dst_port, &packet.id.dst_channel),
        seq: packet.id.sequence,
        change,
    })
}

pub(crate) fn channel(change: HandshakeChange, end: End, channel: &Channel) -> Event {
    let other = channel.counterparty.clone().unwrap_or_default();
    Event::Channel {
        change,
        end,
        connection: channel.connection_hops[0].as_str().into(),
        counterparty_port: other.port_id.as_str().into(),
        counterparty: (!other.channel_id.is_empty()).then(|| ChannelId::from(other.channel_id)),
    }
}
