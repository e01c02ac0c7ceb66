//! What a chain's state says when it is asked, beside what its blocks tell.

use std::collections::BTreeSet;

use ibc_proto::google::protobuf::Any;

use super::facts::{PacketEvent, TrustTerms};
use super::ids::{Address, ChainId, ChannelId, ClientId, End, Order, PortId, Time};
use super::rows::EndState;

/// A channel end at a height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanEnd {
    /// The chain.
    pub chain: ChainId,
    /// After which block.
    pub height: u64,
    /// The end.
    pub end: End,
}

/// A channel end as its chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The end.
    pub end: End,
    /// Its state.
    pub state: EndState,
    /// How the channel delivers.
    pub order: Order,
    /// Its version.
    pub version: String,
    /// The other end's port.
    pub counterparty_port: PortId,
    /// The other end, once it is known.
    pub counterparty: Option<ChannelId>,
}

/// The packets of one direction of a channel that were not over at the heights of its ends, or the first
/// of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// The end that sends.
    pub from: ScanEnd,
    /// The end that receives.
    pub to: ScanEnd,
    /// Sequences up to this one were not looked at.
    pub after: u64,
    /// Nor were those above this one; [`u64::MAX`] when all were.
    pub upto: u64,
    /// The sequences whose commitments the sender holds.
    pub committed: Vec<u64>,
    /// Those of them that were not received.
    pub unreceived: Vec<u64>,
    /// The events that say what the packets hold, with chain and height: for those not received or
    /// not answered that of the sending, for the others that of the acknowledgement.
    pub events: Vec<(ChainId, u64, PacketEvent)>,
    /// Those whose event cannot be had, and why.
    pub lost: Vec<(u64, String)>,
}

/// A header that somebody gave to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenHeader {
    /// The chain that the client is on.
    pub on: ChainId,
    /// The client.
    pub client: ClientId,
    /// The block of that chain in which it was given.
    pub at: u64,
    /// The chain that the client follows.
    pub of: ChainId,
    /// The header's height.
    pub height: u64,
}

/// What comes of comparing a header that a client was given with its chain's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The chain made it, or the client has forgotten it.
    Honest,
    /// The chain's validators signed two: the client message that proves it.
    Conflict(Any),
    /// The chain did not make it, and the header as it was given cannot be found; why not.
    Unproved(String),
}

/// A lane's account as committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account number.
    pub number: u64,
    /// The next sequence that the chain expects.
    pub sequence: u64,
}

/// What a lane has to pay fees with, as committed, in the fee denom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// What its account has.
    pub balance: u128,
    /// What others grant it, in the order in which they were asked for.
    pub grants: Vec<Grant>,
    /// Those whose grants could not be looked at, and why.
    pub unread: Vec<(Address, String)>,
}

/// What one account grants another of fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who pays.
    pub granter: Address,
    /// Why nothing is paid: there is no grant, or of a kind that is not known.
    pub fault: Option<String>,
    /// What may still be spent now; `None` without limit.
    pub left: Option<u128>,
    /// What the granter has.
    pub balance: u128,
    /// When the grant ends, if it does.
    pub expires: Option<Time>,
    /// The types of messages that are paid for; `None`: all.
    pub messages: Option<BTreeSet<String>>,
    /// Gas that taking a fee from it costs beside what taking it from one's own account does.
    pub gas: u64,
}

/// A client as its chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    /// Whether it takes updates.
    pub status: ClientStatus,
    /// The newest height of the other chain that it knows.
    pub latest: u64,
    /// The time of the other chain's block at that height.
    pub time: Time,
    /// What it demands of headers. As long as the trusting period after that time it still takes updates.
    pub terms: TrustTerms,
    /// Who alone may relay to it, as addresses of its chain; empty when everybody may.
    pub allowed: Vec<Address>,
}

/// Whether a client takes updates, as ibc-go's query `ClientStatus` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientStatus {
    /// It does.
    Active,
    /// Its newest header is older than the trusting period: only governance revives it.
    Expired,
    /// It has seen misbehaviour: only governance revives it.
    Frozen,
    /// The chain calls it something else.
    Other(String),
}
