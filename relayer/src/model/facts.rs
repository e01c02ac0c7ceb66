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

mod answers;
mod block;

use std::collections::BTreeSet;

use cosmos::chain::price::PriceModule;

use super::config::Config;
use super::ids::{
    Address, AskId, ChainId, ClientId, ConnectionId, LaneId, PacketKey, PathId, SlotId, Time,
};
use super::notice::Notice;
use super::rows::{ChannelRow, Leg, PathRow, Write};
use super::state::{Account, ClientFacts, Funds, GivenHeader, Listed, ScanEnd, Scanned, Verdict};
pub use answers::{
    Answer, Header, PacketData, Proofs, Proved, Refusal, Simulation, TrustTerms, TrustedHeight, Why,
};
pub use block::{
    BlockFacts, BlockLimits, ClientChange, Event, HandshakeChange, PacketChange, PacketEvent,
    Timeout, Tip, TxFacts, Used, Via,
};

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
