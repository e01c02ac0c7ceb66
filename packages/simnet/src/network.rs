//! Several chains, connected, and the rules by which anything may pass between them.
//!
//! There are no light clients and no proofs: where a chain would verify one, the network looks
//! the fact up in the other chain's store.

use std::collections::BTreeMap;

use cosmwasm_std::{Binary, IbcOrder, IbcPacket};

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::ibc::channel::Counterparty;
use crate::ibc::packet::{Relayed, SENT, elapsed};
use crate::ibc::state::{
    ACKS, COMMITMENTS, CONNECTIONS, ChannelEnd, ChannelState, ClientStatus, Connection, RECEIPTS,
    channel_end,
};

/// Chains by their chain id.
#[derive(Debug, Default)]
pub struct Network {
    chains: BTreeMap<String, Chain>,
}

/// One end of a channel that is to be opened, or is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Chain id.
    pub chain: String,
    /// Port.
    pub port: String,
    /// Connection on that chain.
    pub connection: String,
}

/// Names a packet by where it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PacketId {
    /// Chain id of the sender's chain.
    pub chain: String,
    /// Port it was sent from.
    pub port: String,
    /// Channel it was sent on.
    pub channel: String,
    /// Its sequence.
    pub sequence: u64,
}

/// What is to be done about a packet in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It can be received.
    Receive,
    /// It was received, its acknowledgement can be brought back.
    Acknowledge,
    /// It can no longer be received: it can be timed out.
    TimeOut,
    /// It was received and its contract has not answered yet.
    Unanswered,
}

impl Network {
    /// Adds a chain.
    pub fn add(&mut self, chain: Chain) {
        self.chains.insert(chain.id().into(), chain);
    }

    /// A chain.
    ///
    /// # Panics
    /// If no chain with this id was added.
    #[must_use]
    #[track_caller]
    pub fn chain(&self, id: &str) -> &Chain {
        self.chains.get(id).expect("chains are named by those who added them")
    }

    /// A chain, to change it.
    ///
    /// # Panics
    /// If no chain with this id was added.
    #[track_caller]
    pub fn chain_mut(&mut self, id: &str) -> &mut Chain {
        self.chains.get_mut(id).expect("chains are named by those who added them")
    }

    /// All chains in the order of their ids.
    pub fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.values()
    }

    /// Lets blocks of one second pass on every chain.
    pub fn advance(&mut self, seconds: u64) {
        self.chains.values_mut().for_each(|chain| chain.advance(seconds));
    }

    /// Lets blocks of one second pass on one chain: its clock runs ahead of the others.
    ///
    /// # Panics
    /// If no chain with this id was added.
    #[track_caller]
    pub fn advance_chain(&mut self, id: &str, seconds: u64) {
        self.chain_mut(id).advance(seconds);
    }

    /// Makes clients and a connection between two chains; returns its identifier on each.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a store cannot be written.
    pub fn connect(&mut self, a: &str, b: &str) -> Result<(String, String)> {
        let (on_a, on_b) = (self.next_connection(a), self.next_connection(b));
        for (chain, own, other_chain, other) in [(a, &on_a, b, &on_b), (b, &on_b, a, &on_a)] {
            let connection = Connection {
                counterparty_chain: other_chain.into(),
                counterparty_connection: other.clone(),
                client: ClientStatus::Active,
            };
            self.chain_mut(chain).open_connection(own, &connection)?;
        }
        Ok((on_a, on_b))
    }

    fn next_connection(&self, chain: &str) -> String {
        let storage = self.chain(chain).storage();
        let mut number = 0;
        while CONNECTIONS.has(storage, &format!("connection-{number}")) {
            number += 1;
        }
        format!("connection-{number}")
    }

    /// Opens a channel by the four steps of the handshake; returns its identifier on each chain.
    ///
    /// # Errors
    /// What an application says; earlier steps stay done, as on real chains.
    pub fn open_channel(
        &mut self,
        initiator: &End,
        responder: &End,
        order: IbcOrder,
        version: &str,
    ) -> Result<(String, String)> {
        let here = self.open_init(initiator, &responder.port, order, version)?;
        let there = self.open_try(responder, initiator, &here)?;
        self.open_ack(initiator, responder, (&here, &there))?;
        self.open_confirm(initiator, responder, (&here, &there))?;
        Ok((here, there))
    }

    /// `ChanOpenInit`: anybody may begin a channel from any port over any connection.
    ///
    /// # Errors
    /// What the application says.
    pub fn open_init(
        &mut self,
        end: &End,
        counterparty_port: &str,
        order: IbcOrder,
        version: &str,
    ) -> Result<String> {
        let wanted = ChannelEnd {
            state: ChannelState::Init,
            order,
            version: version.into(),
            connection: end.connection.clone(),
            counterparty_port: counterparty_port.into(),
            counterparty_channel: String::new(),
        };
        self.chain_mut(&end.chain).open_channel(&end.port, wanted)
    }

    /// `ChanOpenTry` at `end`, for the channel that `initiator` began.
    ///
    /// # Errors
    /// [`Error::Proof`] if the initiator's end is not what this step needs, or what the
    /// application says.
    pub fn open_try(&mut self, end: &End, initiator: &End, channel: &str) -> Result<String> {
        let begun = channel_end(self.chain(&initiator.chain).storage(), &initiator.port, channel)?;
        let connection = self.connection(&initiator.chain, &initiator.connection)?;
        let leads_here = connection.counterparty_chain == end.chain
            && connection.counterparty_connection == end.connection
            && begun.counterparty_port == end.port
            && begun.connection == initiator.connection;
        if begun.state != ChannelState::Init || !leads_here {
            return Err(Error::Proof { what: format!("the begun channel `{channel}`") });
        }
        let wanted = ChannelEnd {
            state: ChannelState::TryOpen,
            order: begun.order,
            version: begun.version,
            connection: end.connection.clone(),
            counterparty_port: initiator.port.clone(),
            counterparty_channel: channel.into(),
        };
        self.chain_mut(&end.chain).open_channel(&end.port, wanted)
    }

    /// `ChanOpenAck` at the initiator; `channels` are its and the responder's identifiers.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::ChannelState`], or what the application says.
    pub fn open_ack(
        &mut self,
        initiator: &End,
        responder: &End,
        channels: (&str, &str),
    ) -> Result<()> {
        let (here, there) = channels;
        let tried = channel_end(self.chain(&responder.chain).storage(), &responder.port, there)?;
        if tried.state != ChannelState::TryOpen || tried.counterparty_channel != here {
            return Err(Error::Proof { what: format!("the answered channel `{there}`") });
        }
        let counterparty = Counterparty { channel: there.into(), version: tried.version };
        self.chain_mut(&initiator.chain).acknowledge_channel((&initiator.port, here), counterparty)
    }

    /// `ChanOpenConfirm` at the responder; `channels` are the initiator's and its identifiers.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::ChannelState`], or what the application says.
    pub fn open_confirm(
        &mut self,
        initiator: &End,
        responder: &End,
        channels: (&str, &str),
    ) -> Result<()> {
        let (here, there) = channels;
        let opened = channel_end(self.chain(&initiator.chain).storage(), &initiator.port, here)?;
        if opened.state != ChannelState::Open {
            return Err(Error::Proof { what: format!("the open channel `{here}`") });
        }
        self.chain_mut(&responder.chain).confirm_channel((&responder.port, there))
    }

    /// Brings a channel's closing on `chain` to its other end.
    ///
    /// # Errors
    /// [`Error::Proof`] if it is not closed there, or what the application says.
    pub fn close_confirm(&mut self, chain: &str, port: &str, channel: &str) -> Result<()> {
        let end = channel_end(self.chain(chain).storage(), port, channel)?;
        if end.state != ChannelState::Closed {
            return Err(Error::Proof { what: format!("the closed channel `{channel}`") });
        }
        let other = self.connection(chain, &end.connection)?.counterparty_chain;
        self.chain_mut(&other).confirm_close((&end.counterparty_port, &end.counterparty_channel))
    }

    fn connection(&self, chain: &str, connection: &str) -> Result<Connection> {
        CONNECTIONS
            .may_load(self.chain(chain).storage(), connection)?
            .ok_or_else(|| Error::UnknownConnection { connection: connection.into() })
    }

    /// Chain id of the chain at the other end of a channel.
    ///
    /// # Errors
    /// [`Error::UnknownChannel`], [`Error::UnknownConnection`].
    pub fn counterparty(&self, chain: &str, port: &str, channel: &str) -> Result<String> {
        let end = channel_end(self.chain(chain).storage(), port, channel)?;
        Ok(self.connection(chain, &end.connection)?.counterparty_chain)
    }

    /// Every packet in flight, with what can be done about it, in the order of chain, port,
    /// channel, sequence.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a store cannot be read.
    pub fn in_flight(&self) -> Result<Vec<(PacketId, Stage)>> {
        let mut found = Vec::new();
        for chain in self.chains.values() {
            let pending =
                COMMITMENTS.range(chain.storage(), None, None, cosmwasm_std::Order::Ascending);
            for record in pending {
                let ((port, channel, sequence), packet) = record?;
                let id = PacketId { chain: chain.id().into(), port, channel, sequence };
                let stage = self.stage(&id, &packet)?;
                found.push((id, stage));
            }
        }
        Ok(found)
    }

    fn stage(&self, id: &PacketId, packet: &IbcPacket) -> Result<Stage> {
        let other = self.chain(&self.counterparty(&id.chain, &id.port, &id.channel)?);
        let key = (packet.dest.port_id.as_str(), packet.dest.channel_id.as_str(), packet.sequence);
        if ACKS.has(other.storage(), key) {
            return Ok(Stage::Acknowledge);
        }
        if RECEIPTS.has(other.storage(), key) {
            return Ok(Stage::Unanswered);
        }
        let closed = channel_end(other.storage(), key.0, key.1)?.state == ChannelState::Closed;
        if closed || elapsed(&packet.timeout, &other.block()) {
            return Ok(Stage::TimeOut);
        }
        Ok(Stage::Receive)
    }

    /// Every packet that was ever sent, in the order of chain, port, channel, sequence.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a store cannot be read.
    pub fn sent(&self) -> Result<Vec<PacketId>> {
        let mut sent = Vec::new();
        for chain in self.chains.values() {
            for key in SENT.keys(chain.storage(), None, None, cosmwasm_std::Order::Ascending) {
                let (port, channel, sequence) = key?;
                sent.push(PacketId { chain: chain.id().into(), port, channel, sequence });
            }
        }
        Ok(sent)
    }

    /// A packet that was sent, whether it is still in flight or not.
    ///
    /// # Errors
    /// [`Error::Proof`] if no such packet was ever sent.
    pub fn packet(&self, id: &PacketId) -> Result<IbcPacket> {
        let key = (id.port.as_str(), id.channel.as_str(), id.sequence);
        SENT.may_load(self.chain(&id.chain).storage(), key)?
            .ok_or_else(|| Error::Proof { what: format!("packet {id:?}") })
    }

    /// The acknowledgement that the other chain wrote, if it has.
    ///
    /// # Errors
    /// [`Error::Proof`] if no such packet was ever sent.
    pub fn ack(&self, id: &PacketId) -> Result<Option<Binary>> {
        let packet = self.packet(id)?;
        let other = self.counterparty(&id.chain, &id.port, &id.channel)?;
        let key = (packet.dest.port_id.as_str(), packet.dest.channel_id.as_str(), packet.sequence);
        Ok(ACKS.may_load(self.chain(&other).storage(), key)?)
    }

    /// Brings a packet to its destination.
    ///
    /// # Errors
    /// [`Error::Proof`], [`Error::TimeoutElapsed`], [`Error::ChannelState`]. What an application
    /// says is no error here but an acknowledgement.
    pub fn receive(&mut self, id: &PacketId) -> Result<Relayed> {
        let packet = self.packet(id)?;
        let other = self.counterparty(&id.chain, &id.port, &id.channel)?;
        self.chain_mut(&other).receive_packet(&packet)
    }

    /// Brings `packet` to `chain` as a liar would: it was never sent, or not like this.
    ///
    /// # Errors
    /// [`Error::Proof`] unless the chain at the other end of the channel did send exactly this.
    pub fn present(&mut self, chain: &str, packet: &IbcPacket) -> Result<Relayed> {
        let (port, channel) = (&packet.dest.port_id, &packet.dest.channel_id);
        let end = channel_end(self.chain(chain).storage(), port, channel)?;
        let source = self.connection(chain, &end.connection)?.counterparty_chain;
        let key = (packet.src.port_id.as_str(), packet.src.channel_id.as_str(), packet.sequence);
        let sent = SENT.may_load(self.chain(&source).storage(), key)?;
        if sent.as_ref() != Some(packet) {
            return Err(Error::Proof { what: format!("packet {}", packet.sequence) });
        }
        self.chain_mut(chain).receive_packet(packet)
    }

    /// Brings a packet's acknowledgement to its source.
    ///
    /// # Errors
    /// [`Error::NotAcknowledged`], [`Error::ChannelState`], or what the contract says.
    pub fn acknowledge(&mut self, id: &PacketId) -> Result<Relayed> {
        let ack = self.ack(id)?.ok_or(Error::NotAcknowledged { sequence: id.sequence })?;
        let packet = self.packet(id)?;
        self.chain_mut(&id.chain).acknowledge_packet(&packet, &ack)
    }

    /// Times a packet out at its source.
    ///
    /// # Errors
    /// [`Error::TimeoutNotReached`] while it can be received, [`Error::Proof`] if it was received,
    /// or what the contract says.
    pub fn time_out(&mut self, id: &PacketId) -> Result<Relayed> {
        let packet = self.packet(id)?;
        match self.stage(id, &packet)? {
            Stage::TimeOut => self.chain_mut(&id.chain).time_out_packet(&packet),
            Stage::Receive => Err(Error::TimeoutNotReached),
            Stage::Acknowledge | Stage::Unanswered => {
                Err(Error::Proof { what: format!("no receipt of packet {}", id.sequence) })
            }
        }
    }
}
