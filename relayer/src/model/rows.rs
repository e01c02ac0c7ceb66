//! What the store keeps: one row type per table, and the writes that change them.
//!
//! Every write replaces the row with the same key or removes it, so that writes may be repeated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cost::CostRow;
use super::facts::{Timeout, Tip};
use super::ids::{
    Address, Both, ChainId, ChannelId, ClientId, ConnectionId, End, FlowId, Order, PacketKey,
    PathId, PortId, Route, Side, SlotId, Span, Time,
};
use crate::plan::work::Work;

/// A change of the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Table `chain_cursor`, by chain.
    Cursor(CursorRow),
    /// Table `pair`, by path.
    Path(PathRow),
    /// Tables `pair` and `channel`: removes a path with its channels. Its packets and gaps go by writes of their own.
    Forgotten(PathId),
    /// Table `channel`, by path and index.
    Channel(ChannelRow),
    /// Table `packet`, by key: removed, with its bytes, when the model needs it no more.
    Packet(PacketRow),
    /// Table `packet_data`, by packet: inserted once, `ack` filled in when it comes.
    Data(PacketDataRow),
    /// Tables `slot` and `slot_item`, by id: a transaction that may be offered from now on.
    Slot(SlotRow, SlotBytes),
    /// Table `slot`: removes it and all other attempts at its sequence, which ended so.
    Decided(SlotId, Outcome),
    /// Table `cost`, by transaction and place.
    Cost(CostRow),
    /// Table `lead`, by id.
    Lead(LeadRow),
    /// Table `gap`, by id.
    Gap(GapRow),
    /// Table `gap`: removes one whose scan is over.
    Closed(GapId),
    /// Table `slot`: removes a transaction that was never offered or can no longer be included.
    Dropped(SlotId),
}

/// What [`Model::load`](crate::model::Model::load) needs of the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// All cursors.
    pub cursors: Vec<CursorRow>,
    /// All paths.
    pub paths: Vec<PathRow>,
    /// All channels.
    pub channels: Vec<ChannelRow>,
    /// The packets that are not over.
    pub packets: Vec<PacketRow>,
    /// The undecided slots.
    pub slots: Vec<SlotRow>,
    /// The gaps.
    pub gaps: Vec<GapRow>,
    /// Who brings the messages of routes on which others led once.
    pub leads: Vec<LeadRow>,
}

/// Who brought the last messages of one kind on a route, when others began or ceased to lead there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadRow {
    /// The route and the kind.
    pub id: (Route, Leg),
    /// The last messages: a bit each, set for those that others brought.
    pub last: u16,
}

/// What was not read of a path and has to be scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GapId {
    /// The path.
    pub path: PathId,
    /// What of it.
    pub gap: Gap,
}

/// What was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Gap {
    /// Which channels this side's end of the connection has.
    Channels(Side),
    /// Which headers this side's client was given.
    Headers(Side),
    /// What became of the packets of one direction of a channel.
    Packets {
        /// The channel's index in the path.
        index: u32,
        /// The side that sends.
        from: Side,
    },
}

impl Gap {
    /// What people call it: `channels of CHAIN`, `headers given to the client on CHAIN`, or
    /// `packets from PORT/CHANNEL of CHAIN`. `channel` is that of packets, where there is one.
    pub fn name(&self, path: &PathRow, channel: Option<&ChannelRow>) -> String {
        let chain = |side: &Side| path.chains.on(*side);
        match self {
            Self::Channels(side) => format!("channels of {}", chain(side)),
            Self::Headers(side) => format!("headers given to the client on {}", chain(side)),
            Self::Packets { index, from } => {
                let client = path.ends.on(*from).client.as_ref().filter(|_| path.ibc == Ibc::V2);
                let end = channel.map(|row| row.ends.on(*from));
                let name = match (client, end) {
                    (Some(client), _) => client.to_string(),
                    (None, Some(end)) => end.name(),
                    (None, None) => format!("channel no. {index}"),
                };
                format!("packets from {name} of {}", chain(from))
            }
        }
    }
}

/// A gap that is to be scanned, or of which packets are left whose data cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapRow {
    /// What was not read.
    pub id: GapId,
    /// Sequences that are pending and cannot be moved, since no endpoint has their data: of those that
    /// are scanned.
    pub lost: Vec<u64>,
    /// Why the last of them cannot be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Sequences up to this one are scanned; [`u64::MAX`] when all are. Of headers: heights up to this one were known
    /// before.
    #[serde(default)]
    pub after: u64,
    /// Of headers: those from this height on are noted; the others wait until there is room for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<u64>,
}

impl GapRow {
    /// A gap of which nothing is scanned.
    pub fn new(id: GapId) -> Self {
        Self { id, lost: Vec::new(), reason: None, after: 0, below: None }
    }

    /// Whether it may hide packets that can be moved: headers are none, and what is scanned is known.
    pub fn hides_packets(&self) -> bool {
        !matches!(self.id.gap, Gap::Headers(_)) && !self.is_scanned()
    }

    /// Whether only packets are left whose data cannot be had.
    pub fn is_scanned(&self) -> bool {
        self.after == u64::MAX
    }
}

/// How far a chain has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorRow {
    /// The chain.
    pub chain: ChainId,
    /// The last block applied.
    pub tip: Tip,
}

/// A path: what is wanted of it, and what there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRow {
    /// Its name.
    pub path: PathId,
    /// The two chains.
    pub chains: Both<ChainId>,
    /// The two clients and connection ends.
    pub ends: Both<PathEnd>,
    /// Whether a missing client and connection shall be made.
    pub create: bool,
    /// How long a client must have known a header before packets are proved with it.
    #[serde(default)]
    pub delay: Span,
    /// What packets take: channels, or the pair of clients itself.
    #[serde(default)]
    pub ibc: Ibc,
}

/// A version of IBC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ibc {
    /// Packets take the channels of a connection.
    #[default]
    V1,
    /// Packets take a pair of clients, each of which knows the other one by name. A path's ends have no connection
    /// then, and are open once their clients know that name.
    V2,
}

/// One chain's end of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathEnd {
    /// The client that verifies the other chain.
    pub client: Option<ClientId>,
    /// Heights of the other chain that the client knows, ascending; the newest few.
    pub consensus: Vec<u64>,
    /// Where the connection delays packets: heights that the client knows, those of them that are
    /// growing old and one that is old enough.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aging: BTreeMap<u64, Aging>,
    /// Heights of headers that others gave to the client and that are not compared with the chain's own
    /// yet, with the block of this chain that has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unchecked: BTreeMap<u64, u64>,
    /// Proof that the validators of the other chain signed two headers, until the client has it: an
    /// encoded client message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<u8>>,
    /// The connection end.
    pub connection: Option<ConnectionId>,
    /// The state of the connection end.
    pub state: EndState,
    /// The height of this chain at which `state` was reached.
    pub since: u64,
}

/// A header that a client was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aging {
    /// Its time.
    pub time: Time,
    /// Height of the block that gave it to the client.
    pub since: u64,
    /// That block's time.
    pub since_time: Time,
}

/// The state of one end of a connection or channel, as in ICS-3 and ICS-4, in the order in which it goes through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EndState {
    /// There is no end yet.
    #[default]
    None,
    /// `INIT`
    Init,
    /// `TRYOPEN`
    TryOpen,
    /// `OPEN`
    Open,
    /// `CLOSED`
    Closed,
}

impl EndState {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "not begun",
            Self::Init => "init",
            Self::TryOpen => "tryopen",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A channel of a path whose handshake was wanted or seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// The path.
    pub path: PathId,
    /// Counts the channels of the path from 0.
    pub index: u32,
    /// The version proposed with `INIT`.
    pub version: String,
    /// How it delivers, as proposed with `INIT`.
    pub order: Order,
    /// Whether it was asked for here; else others began it.
    #[serde(default)]
    pub wanted: bool,
    /// The two ends.
    pub ends: Both<ChannelEnd>,
}

/// One end of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEnd {
    /// The port.
    pub port: PortId,
    /// The channel, once there is one.
    pub channel: Option<ChannelId>,
    /// Its state.
    pub state: EndState,
    /// The height of this chain at which `state` was reached.
    pub since: u64,
}

impl ChannelEnd {
    /// The end, once there is one.
    pub fn end(&self) -> Option<End> {
        let channel = self.channel.clone()?;
        Some(End { port: self.port.clone(), channel })
    }

    /// `PORT/CHANNEL`, or `PORT/none` before there is one.
    pub fn name(&self) -> String {
        let channel = self.channel.as_ref().map_or("none", ChannelId::as_str);
        format!("{}/{channel}", self.port)
    }
}

/// A packet's life so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketRow {
    /// The packet.
    pub key: PacketKey,
    /// The path that it takes.
    pub path: PathId,
    /// When it can no longer be received.
    pub timeout: Timeout,
    /// Height of the source at which it was sent, once seen.
    pub sent: Option<u64>,
    /// Height of the destination at which it was received.
    pub received: Option<u64>,
    /// Height of the destination at which the acknowledgement was written.
    pub acked: Option<u64>,
    /// How and where on the source it ended.
    pub done: Option<Done>,
    /// Failed tries, and of which message.
    pub failed: Option<(Leg, Attempt)>,
    /// Why it is left to others, if what it holds is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filtered: Option<String>,
    /// How many bytes it and its acknowledgement have, as far as they are known.
    #[serde(default)]
    pub bytes: u64,
    /// Whether the model still needs the row.
    pub live: bool,
}

impl PacketRow {
    /// A packet of which nothing is known yet.
    pub fn new(key: PacketKey, path: PathId) -> Self {
        Self {
            key,
            path,
            timeout: Timeout::default(),
            sent: None,
            received: None,
            acked: None,
            done: None,
            failed: None,
            filtered: None,
            bytes: 0,
            live: true,
        }
    }
}

/// One of the messages that a packet needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Leg {
    /// The packet itself.
    Recv,
    /// Its acknowledgement.
    Ack,
    /// Its timeout.
    Timeout,
}

/// How a packet ended, and at which height of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// Its acknowledgement was processed.
    Acknowledged(u64),
    /// Its timeout was processed.
    TimedOut(u64),
}

/// Failed tries of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// How many there were.
    pub tries: u16,
    /// The height of the chain it goes to before which it is not tried again.
    pub not_before: u64,
    /// Why it failed last; given up when `given_up`.
    pub reason: Option<String>,
    /// Whether it is not tried any more.
    pub given_up: bool,
}

/// The bytes of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketDataRow {
    /// The packet.
    pub key: PacketKey,
    /// The application's bytes.
    pub data: Vec<u8>,
    /// The acknowledgement, once written.
    pub ack: Option<Vec<u8>>,
}

/// A signed transaction whose sequence is not decided yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotRow {
    /// Which sequence of which lane.
    pub id: SlotId,
    /// Which client it serves.
    pub flow: FlowId,
    /// The source height whose consensus state its proofs need; zero when it has no proofs.
    pub proved_at: u64,
    /// How many client messages stand before the works.
    pub updates: usize,
    /// What it does, one message each, after the updates; table `slot_item`.
    pub works: Vec<Work>,
    /// The last height that may include it.
    pub timeout_height: u64,
    /// Its gas limit.
    pub gas_limit: u64,
    /// The fee that it takes, whatever becomes of it.
    #[serde(default)]
    pub fee: u128,
    /// What it is paid in; of one that was stored without, what the configuration says.
    #[serde(default)]
    pub denom: String,
    /// Who pays it by a grant; none if the key does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granter: Option<Address>,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
}

/// The bytes of a slot: in the store only.
#[derive(Clone, PartialEq, Eq)]
pub struct SlotBytes(pub Vec<u8>);

impl std::fmt::Debug for SlotBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotBytes({} bytes)", self.0.len())
    }
}

/// How a sequence ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The block that used the sequence.
    pub height: u64,
    /// Zero when the transaction succeeded.
    pub code: u32,
    /// Gas used.
    pub gas_used: u64,
    /// Messages that found nothing left to do and were paid for.
    pub noops: usize,
}
