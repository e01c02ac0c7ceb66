//! Packets of IBC v1 and the commitments to them.

use ibc_proto::ibc::core::channel::v1::Packet as ProtoPacket;
use sha2::{Digest, Sha256};

use super::height::Height;

/// Which packet: its two channel ends and its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId {
    /// The port it was sent from.
    pub src_port: String,
    /// The channel it was sent from.
    pub src_channel: String,
    /// The port it goes to.
    pub dst_port: String,
    /// The channel it goes to.
    pub dst_channel: String,
    /// Its number on the source channel, from 1.
    pub sequence: u64,
}

/// A packet: what is sent, and until when it may be received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Which packet it is.
    pub id: PacketId,
    /// The application's bytes.
    pub data: Vec<u8>,
    /// The first height of the destination at which it is too late; zero for none.
    pub timeout_height: Height,
    /// The first time of the destination at which it is too late, in nanoseconds since 1970; zero for none.
    pub timeout_timestamp: u64,
}

impl Packet {
    /// What the source stores under [`super::path::commitment`].
    ///
    /// Source: ICS-4; ibc-go v10.5 `modules/core/04-channel/types/packet.go`, `CommitPacket`.
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.timeout_timestamp.to_be_bytes())
            .chain_update(self.timeout_height.revision.to_be_bytes())
            .chain_update(self.timeout_height.block.to_be_bytes())
            .chain_update(Sha256::digest(&self.data))
            .finalize()
            .into()
    }
}

/// What the destination stores under [`super::path::acknowledgement`].
///
/// Source: ICS-4; ibc-go v10.5 `modules/core/04-channel/types/packet.go`, `CommitAcknowledgement`.
pub fn acknowledgement_commitment(acknowledgement: &[u8]) -> [u8; 32] {
    Sha256::digest(acknowledgement).into()
}

impl From<Packet> for ProtoPacket {
    fn from(packet: Packet) -> Self {
        Self {
            sequence: packet.id.sequence,
            source_port: packet.id.src_port,
            source_channel: packet.id.src_channel,
            destination_port: packet.id.dst_port,
            destination_channel: packet.id.dst_channel,
            data: packet.data,
            timeout_height: Some(packet.timeout_height.into()),
            timeout_timestamp: packet.timeout_timestamp,
        }
    }
}

impl From<ProtoPacket> for Packet {
    fn from(packet: ProtoPacket) -> Self {
        Self {
            id: PacketId {
                src_port: packet.source_port,
                src_channel: packet.source_channel,
                dst_port: packet.destination_port,
                dst_channel: packet.destination_channel,
                sequence: packet.sequence,
            },
            data: packet.data,
            timeout_height: packet.timeout_height.unwrap_or_default().into(),
            timeout_timestamp: packet.timeout_timestamp,
        }
    }
}
