//! What goes into [`step`](super::step) and what comes out of it.
//!
//! The driver's one loop: take a [`Fact`], call `step`, commit [`Step::writes`] in one database
//! transaction, and only then run [`Step::asks`]. Each ask is answered by exactly one fact with its
//! [`AskId`]: the one named on the ask, or [`Fact::Failed`]. One that takes too long the
//! driver gives up itself. An answer that never comes is given up by the model at a deadline; one that comes late is ignored.
//!
//! Blocks are not asked for: the driver pulls them from `Model::cursor` + 1 and hands them over
//! in order, without a gap. It verifies headers, with the light client verifier, and proofs, against
//! the root of the header above them, before they become facts.

use std::collections::BTreeSet;

use cosmos::chain::price::PriceModule;
use ibc_proto::google::protobuf::Any;
use serde::{Deserialize, Serialize};
use tendermint::trust_threshold::TrustThresholdFraction;

use super::config::Config;
use super::ids::{
    Address, AskId, ChainId, ClientId, ConnectionId, End, Height, LaneId, Order, PacketKey, PathId,
    PortId, SlotId, Span, Time,
};
use super::notice::Notice;
use super::rows::{ChannelRow, Leg, PathRow, Write};
use super::state::{Account, ClientFacts, Funds, GivenHeader, Listed, ScanEnd, Scanned, Verdict};

/// Something read.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The next block of a chain.
    Block(ChainId, BlockFacts),
    /// Where to begin reading a chain that has no cursor yet, or one of when it was last needed, with nothing on its
    /// way since; else ignored. Comes before any of its blocks.
    Begin(ChainId, Tip),
    /// A path to serve: stored as given, with those of its channels that are not stored yet. What
    /// the rows want and the chains lack (clients, a connection, channels) is then created. Of a path that is stored
    /// already, taken in is what its ends have reached unheard.
    Path(PathRow, Vec<ChannelRow>),
    /// Answers [`Ask::Header`].
    Header(AskId, Header),
    /// Answers [`Ask::Prove`].
    Proofs(AskId, Proofs),
    /// Answers [`Ask::Open`].
    Open(AskId, BTreeSet<(Leg, PacketKey)>),
    /// Answers [`Ask::Load`].
    Loaded(AskId, Vec<PacketData>),
    /// Answers [`Ask::Simulate`].
    Simulated(AskId, Simulation),
    /// Answers [`Ask::Offer`].
    Offered(AskId, Answer),
    /// Answers [`Ask::Account`].
    Account(AskId, Account),
    /// Answers [`Ask::Funds`].
    Funds(AskId, Funds),
    /// Answers [`Ask::Client`].
    Client(AskId, ClientFacts),
    /// Answers [`Ask::GasPrice`], in units of 10⁻¹⁸ denom per gas.
    GasPrice(AskId, u128),
    /// Answers [`Ask::Compare`].
    Compared(AskId, Verdict),
    /// Answers [`Ask::Heights`].
    Heights(AskId, Vec<u64>),
    /// Answers [`Ask::Channels`].
    Channels(AskId, Vec<Listed>),
    /// Answers [`Ask::Packets`].
    Packets(AskId, Scanned),
    /// A path that is to be served no more. Its transactions that are on their way are still settled.
    Forget(PathId),
    /// A channel that shall not be made after all.
    Unwanted(Box<ChannelRow>),
    /// The blocks up to this one cannot be read any more: reading goes on after it, and what they did
    /// is found by scans.
    Jump(ChainId, Tip),
    /// A block of this chain that was just read has events that do not read: what they did is found by
    /// scans.
    Garbled(ChainId),
    /// Everything on the channels of a path shall be looked at anew, and tried again.
    Clear(PathId),
    /// Other settings from now on. Lanes that are new are used, those that are gone sign nothing more; chains that are
    /// not known are served too, and [`Fact::Begin`] says where to begin reading them.
    Reload(Box<Config>),
    /// Answers any ask that could not be answered.
    Failed(AskId, Why),
    /// Time has passed; see [`Step::wake`].
    Tick,
}

/// Something to read or to send.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The header of a block, verified. Answered by [`Fact::Header`].
    Header {
        /// The chain that made the block.
        chain: ChainId,
        /// The block.
        height: u64,
        /// What the client to be updated trusts; `None` when it is still to be created.
        trusted: Option<TrustedHeight>,
    },
    /// Values with proofs, present or absent; with the state of a client also what it holds of its newest height, which only
    /// that state tells. Answered by [`Fact::Proofs`].
    Prove {
        /// The chain whose state it is.
        chain: ChainId,
        /// The state after this block; the header at `height + 1` has its root.
        height: u64,
        /// Keys below the store `ibc`.
        keys: Vec<Vec<u8>>,
    },
    /// Which of these messages of packets are still to be done. Answered by [`Fact::Open`].
    Open {
        /// The chain that they go to.
        chain: ChainId,
        /// The messages.
        works: Vec<(Leg, PacketKey)>,
    },
    /// The bytes of packets, from the store. Answered by [`Fact::Loaded`].
    Load(Vec<PacketKey>),
    /// What an unsigned transaction of the probe account would do now. Answered by
    /// [`Fact::Simulated`].
    Simulate {
        /// The chain.
        chain: ChainId,
        /// The transaction.
        tx: Vec<u8>,
    },
    /// Broadcast the bytes of a slot, from the store, and report the answer of `CheckTx`. Answered by
    /// [`Fact::Offered`].
    Offer(SlotId),
    /// A lane's account as committed. Answered by [`Fact::Account`].
    Account(LaneId),
    /// What a lane has to pay fees with. Answered by [`Fact::Funds`].
    Funds {
        /// The lane.
        lane: LaneId,
        /// The denom that pays.
        denom: String,
        /// Those who may grant it fees.
        granters: Vec<Address>,
    },
    /// What a client is good for. Answered by [`Fact::Client`].
    Client {
        /// The chain that it is on.
        chain: ChainId,
        /// The client.
        client: ClientId,
    },
    /// What the chain demands for gas now. Answered by [`Fact::GasPrice`].
    GasPrice {
        /// The chain.
        chain: ChainId,
        /// The module that sets the price.
        module: PriceModule,
        /// The denom that pays.
        denom: String,
    },
    /// Whether a header that a client was given is one that its chain made. Answered by
    /// [`Fact::Compared`].
    Compare(GivenHeader),
    /// The heights of which a client holds a header. Answered by [`Fact::Heights`].
    Heights {
        /// The chain that the client is on.
        chain: ChainId,
        /// The client.
        client: ClientId,
        /// After which block.
        height: u64,
        /// The chain that the client follows.
        of: ChainId,
    },
    /// The channel ends of a connection. Answered by [`Fact::Channels`].
    Channels {
        /// The chain.
        chain: ChainId,
        /// Its end of the connection.
        connection: ConnectionId,
        /// After which block.
        height: u64,
    },
    /// The packets of one direction of a channel that are not over. Answered by [`Fact::Packets`].
    Packets {
        /// The end that sends.
        from: ScanEnd,
        /// The end that receives.
        to: ScanEnd,
        /// Only those with sequences above this one, and not necessarily all of them.
        after: u64,
    },
}

impl Ask {
    /// The chain that is asked, a scan's source; none for what the store answers.
    pub fn chain(&self) -> Option<&ChainId> {
        match self {
            Self::Header { chain, .. }
            | Self::Prove { chain, .. }
            | Self::Open { chain, .. }
            | Self::Simulate { chain, .. }
            | Self::Client { chain, .. }
            | Self::GasPrice { chain, .. }
            | Self::Heights { chain, .. }
            | Self::Channels { chain, .. } => Some(chain),
            Self::Offer(slot) => Some(&slot.lane.chain),
            Self::Account(lane) | Self::Funds { lane, .. } => Some(&lane.chain),
            Self::Packets { from, .. } => Some(&from.chain),
            Self::Compare(given) => Some(&given.on),
            Self::Load(_) => None,
        }
    }

    /// What it is, in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Header { .. } => "header",
            Self::Prove { .. } => "prove",
            Self::Open { .. } => "open",
            Self::Load(_) => "load",
            Self::Simulate { .. } => "simulate",
            Self::Offer(_) => "offer",
            Self::Account(_) => "account",
            Self::Funds { .. } => "funds",
            Self::Client { .. } => "client",
            Self::GasPrice { .. } => "gas_price",
            Self::Compare(_) => "compare",
            Self::Heights { .. } => "heights",
            Self::Channels { .. } => "channels",
            Self::Packets { .. } => "packets",
        }
    }
}

/// What one step wants done.
#[derive(Debug, Default)]
pub struct Step {
    /// Rows to store, in this order, in one transaction, before any ask runs.
    pub writes: Vec<Write>,
    /// Questions to run after that, all at once; the model bounds how many of a chain are in flight.
    pub asks: Vec<(AskId, Ask)>,
    /// What the operator should be told.
    pub notices: Vec<Notice>,
    /// Call again with [`Fact::Tick`] at this time unless another fact came before.
    pub wake: Option<Time>,
}

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
        counterparty: Option<super::ids::ChannelId>,
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

/// The header from which a client follows its chain further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedHeight {
    /// Its height.
    pub height: u64,
    /// What the client demands of the next.
    pub terms: TrustTerms,
}

/// What a client demands of a header, as it was made: not as ferry would make it. Source: ICS-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustTerms {
    /// For how long it trusts a header.
    pub trusting_period: Span,
    /// How much of the voting power that it trusts must have signed the next header.
    pub trust_threshold: TrustThresholdFraction,
    /// How far a header may be ahead of the clock of the chain that the client is on.
    pub max_clock_drift: Span,
}

/// A verified header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its height.
    pub height: u64,
    /// Its time.
    pub time: Time,
    /// Root of the state after the block before it (`app_hash`).
    pub root: Vec<u8>,
    /// Hash of the validators of the block after it.
    pub next_validators_hash: Vec<u8>,
    /// Client messages (`ibc.lightclients.tendermint.v1.Header`) that lead from the trusted height to
    /// this one, the last with this header; those before it bridge changes of the validator set.
    /// Empty when no trusted height was asked for.
    pub updates: Vec<Any>,
}

/// Values with their proofs, in the order asked for, all verified against one root.
#[derive(Clone, Debug, PartialEq)]
pub struct Proofs {
    /// The root.
    pub root: Vec<u8>,
    /// The values.
    pub items: Vec<Proved>,
}

/// One value with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The key below the store `ibc`.
    pub key: Vec<u8>,
    /// The value; `None` when the key is proved absent.
    pub value: Option<Vec<u8>>,
    /// An encoded `ibc.core.commitment.v1.MerkleProof`.
    pub proof: Vec<u8>,
}

/// The bytes of a packet, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketData {
    /// The packet.
    pub key: PacketKey,
    /// The application's bytes.
    pub data: Vec<u8>,
    /// The acknowledgement, once written.
    pub ack: Option<Vec<u8>>,
}

/// What a simulated transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// It would succeed.
    Ok {
        /// Gas used.
        gas_used: u64,
    },
    /// It would fail.
    Refused(Refusal),
}

/// The answer of `CheckTx` to an offered transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Code 0, or already known to the mempool.
    Pooled,
    /// The mempool is full, the endpoint did not answer, or answered something else than `CheckTx`.
    Unknown(String),
    /// A code other than 0.
    Refused(Refusal),
}

/// A transaction that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The module that `code` belongs to.
    pub codespace: String,
    /// The module's error.
    pub code: u32,
    /// The message at fault, counted from 0, if the log names one. `CheckTx` never does.
    pub index: Option<usize>,
    /// The chain's explanation.
    pub log: String,
}

/// Why an ask has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No answer before the deadline.
    #[error("no answer in time")]
    Timeout,
    /// No endpoint could serve it.
    #[error("not served: {0}")]
    Unavailable(String),
    /// A chain refused it in good health: a simulation failed and named no message, or what was asked for is not there.
    #[error("{0}")]
    Refused(String),
    /// It was served and does not verify.
    #[error("does not verify: {0}")]
    Invalid(String),
}
