//! What a block tells.

use serde::{Deserialize, Serialize};

use crate::model::ids::{
    ChannelId, ClientId, ConnectionId, End, Height, LaneId, Order, PortId, Time,
};

/// A block to which the model may refer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its time.
    pub time: Time,
}

/// What one block did that concerns us.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockFacts {
    /// The block.
    pub tip: Tip,
    /// Its transactions in order, with those left out that neither carry events of clients,
    /// connections, channels and packets nor used a lane's sequence. Events of the end of the block
    /// come last, as one more entry without a signer.
    pub txs: Vec<TxFacts>,
    /// What the blocks after it may hold, if it tells.
    pub limits: Option<BlockLimits>,
}

/// What a block may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// `max_gas`; `None` when the chain does not limit it.
    pub gas: Option<u64>,
    /// `max_bytes`.
    pub bytes: u64,
}

/// What one transaction of a block did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxFacts {
    /// Which sequences of lanes of ours it used: one of each that signed.
    pub ours: Vec<Used>,
    /// Its events in order; none when it failed.
    pub events: Vec<Event>,
}

/// The end of a transaction that used a sequence of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// The lane.
    pub lane: LaneId,
    /// The sequence, from the event attribute `tx.acc_seq`.
    pub sequence: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Zero when it succeeded.
    pub code: u32,
    /// The module that `code` belongs to.
    pub codespace: String,
    /// The chain's explanation of a failure.
    pub log: String,
    /// The message that failed, counted from 0, if the log names one.
    pub failed_index: Option<usize>,
    /// The messages, counted from 0, whose response says that nothing was left to do.
    pub noops: Vec<usize>,
    /// Gas used.
    pub gas_used: u64,
}

/// Something that happened to a client, a connection, a channel or a packet.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A client was told of misbehaviour of the chain that it follows and takes nothing any more.
    Frozen {
        /// The client.
        client: ClientId,
    },
    /// A client got a consensus state, by its creation or by an update.
    Client {
        /// The client.
        client: ClientId,
        /// The height that it now also knows.
        height: Height,
        /// Which of the two.
        change: ClientChange,
    },
    /// A connection end changed.
    Connection {
        /// What happened.
        change: HandshakeChange,
        /// The end on this chain.
        id: ConnectionId,
        /// The client it uses.
        client: ClientId,
        /// The other chain's client.
        counterparty_client: ClientId,
        /// The other end, once it is known.
        counterparty: Option<ConnectionId>,
    },
    /// A channel end changed.
    Channel {
        /// What happened.
        change: HandshakeChange,
        /// The end on this chain.
        end: End,
        /// The connection that it uses.
        connection: ConnectionId,
        /// The other end's port.
        counterparty_port: PortId,
        /// The other end, once it is known.
        counterparty: Option<ChannelId>,
    },
    /// A packet moved.
    Packet(PacketEvent),
}

/// How a client got a consensus state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientChange {
    /// It was created with it.
    Created,
    /// It was updated to it.
    Updated,
}

/// A step of a handshake or of a close, on the chain where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeChange {
    /// Opened as the first end.
    Init,
    /// Opened as the second end.
    Try,
    /// The first end learned of the second and is open.
    Ack,
    /// The second end is open.
    Confirm,
    /// Closed as the first end, also by a timeout on an ordered channel. Channels only.
    CloseInit,
    /// Closed as the second end. Channels only.
    CloseConfirm,
}

/// A packet moved, on the chain where it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketEvent {
    /// What carries it; the events that end a packet's life need not tell.
    pub via: Option<Via>,
    /// The end that sent the packet, on whichever chain.
    pub src: End,
    /// The end that receives it.
    pub dst: End,
    /// The sequence.
    pub seq: u64,
    /// What happened.
    pub change: PacketChange,
}

/// What carries a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// IBC v1: a channel of a connection.
    Connection {
        /// This chain's end of the connection.
        connection: ConnectionId,
        /// How the channel delivers.
        order: Order,
    },
    /// IBC v2: the two clients that the packet names.
    Clients,
}

/// What happened to a packet.
#[derive(Clone, Debug, PartialEq)]
pub enum PacketChange {
    /// `send_packet` on the source.
    Sent {
        /// When it can no longer be received.
        timeout: Timeout,
        /// The application's bytes; in IBC v2 the whole packet, encoded.
        data: Vec<u8>,
    },
    /// `recv_packet` on the destination.
    Received,
    /// `write_acknowledgement` on the destination.
    AckWritten {
        /// When it could no longer have been received.
        timeout: Timeout,
        /// The application's bytes; in IBC v2 the whole packet, encoded.
        data: Vec<u8>,
        /// The acknowledgement's bytes.
        ack: Vec<u8>,
    },
    /// `acknowledge_packet` on the source.
    Acknowledged,
    /// `timeout_packet` on the source.
    TimedOut,
}

/// When a packet can no longer be received: at this height or time of the destination or after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// Zero when only time counts.
    pub height: Height,
    /// Zero when only height counts.
    pub time: Time,
}
