//! Events of IBC v1, as ibc-go v8 to v11 emit them, read into types.
//!
//! Packet bytes are taken from the `…_hex` attributes, which all these versions have; the plain ones, which v10 dropped,
//! cannot hold bytes that are no text.

use super::event::Event;
use super::height::Height;
use super::packet::{Packet, PacketId};
use super::path::is_identifier;

/// What an event says about IBC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IbcEvent {
    /// A client was made.
    CreateClient(ClientEvent),
    /// A client learned of headers of its counterparty.
    UpdateClient(ClientEvent),
    /// A client was told of misbehaviour of its counterparty and is frozen.
    FreezeClient(String),
    /// A connection handshake took a step.
    Connection(HandshakeStep, ConnectionEvent),
    /// A channel handshake took a step.
    Channel(HandshakeStep, ChannelEvent),
    /// A channel end was closed.
    ChannelClosed(CloseStep, ChannelEvent),
    /// A packet was sent.
    Send(Packet, Route),
    /// A packet was received.
    Recv(Packet, Route),
    /// The acknowledgement of a received packet was written.
    WriteAck(Packet, Route, Vec<u8>),
    /// The sender learned of the acknowledgement; the packet's life is over.
    Acked(PacketId, Route),
    /// The sender learned that the packet cannot be received any more; its life is over.
    TimedOut(PacketId, Route),
}

/// Which of the four steps of a handshake was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HandshakeStep {
    /// The first end is there.
    Init,
    /// The second end answers.
    Try,
    /// The first end is open.
    Ack,
    /// The second end is open.
    Confirm,
}

/// Which end of a channel was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseStep {
    /// The first, on purpose or by a timeout on an ordered channel.
    Init,
    /// The second, which follows.
    Confirm,
}

/// What surrounds a packet on the chain that tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Whether the channel is ordered.
    pub ordered: bool,
    /// The connection the channel runs over, on the chain that emitted the event.
    pub connection: String,
}

/// A client and the heights it learned of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientEvent {
    /// The client.
    pub client: String,
    /// Its type, such as `07-tendermint`.
    pub client_type: String,
    /// Heights of the counterparty for which it now has a consensus state.
    pub consensus_heights: Vec<Height>,
}

/// A connection end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionEvent {
    /// The connection.
    pub connection: String,
    /// The client it runs over.
    pub client: String,
    /// The other end's client.
    pub counterparty_client: String,
    /// The other end, once it is known.
    pub counterparty_connection: Option<String>,
}

/// A channel end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelEvent {
    /// The port.
    pub port: String,
    /// The channel.
    pub channel: String,
    /// The other end's port.
    pub counterparty_port: String,
    /// The other end's channel, once it is known.
    pub counterparty_channel: Option<String>,
    /// The connection it runs over.
    pub connection: String,
}

/// An IBC event that does not say what such an event says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// An attribute is absent.
    #[error("event `{event}` has no attribute `{attribute}`")]
    Missing {
        /// The event's kind.
        event: String,
        /// The attribute's key.
        attribute: &'static str,
    },
    /// An attribute does not read.
    #[error("event `{event}`: attribute `{attribute}` is `{got}`, expected {expected}")]
    Malformed {
        /// The event's kind.
        event: String,
        /// The attribute's key.
        attribute: &'static str,
        /// Its value.
        got: String,
        /// What would have been right.
        expected: &'static str,
    },
}

/// Reads an event; `None` for one that is not about IBC v1.
///
/// Events of IBC v2 have the same kinds but name clients instead of channels: they are `None` here.
///
/// # Errors
/// [`EventError`] when an IBC v1 event lacks an attribute or has one that does not read.
///
/// Source: ibc-go v10.5 `modules/core/{02-client,03-connection,04-channel}/keeper/events.go`.
pub fn decode(event: &Event) -> Result<Option<IbcEvent>, EventError> {
    use HandshakeStep::{Ack, Confirm, Init, Try};
    let read = Reader(event);
    let decoded = match event.kind.as_str() {
        "create_client" => IbcEvent::CreateClient(read.client("consensus_height")?),
        "update_client" => IbcEvent::UpdateClient(read.client("consensus_heights")?),
        "client_misbehaviour" => IbcEvent::FreezeClient(read.identifier("client_id")?),
        "connection_open_init" => IbcEvent::Connection(Init, read.connection()?),
        "connection_open_try" => IbcEvent::Connection(Try, read.connection()?),
        "connection_open_ack" => IbcEvent::Connection(Ack, read.connection()?),
        "connection_open_confirm" => IbcEvent::Connection(Confirm, read.connection()?),
        "channel_open_init" => IbcEvent::Channel(Init, read.channel()?),
        "channel_open_try" => IbcEvent::Channel(Try, read.channel()?),
        "channel_open_ack" => IbcEvent::Channel(Ack, read.channel()?),
        "channel_open_confirm" => IbcEvent::Channel(Confirm, read.channel()?),
        "channel_close_init" | "channel_close" => {
            IbcEvent::ChannelClosed(CloseStep::Init, read.channel()?)
        }
        "channel_close_confirm" => IbcEvent::ChannelClosed(CloseStep::Confirm, read.channel()?),
        _ if event.get("packet_source_client").is_some() => return Ok(None),
        "send_packet" => IbcEvent::Send(read.packet()?, read.route()?),
        "recv_packet" => IbcEvent::Recv(read.packet()?, read.route()?),
        "write_acknowledgement" => {
            IbcEvent::WriteAck(read.packet()?, read.route()?, read.hex("packet_ack_hex")?)
        }
        "acknowledge_packet" => IbcEvent::Acked(read.packet_id()?, read.route()?),
        "timeout_packet" => IbcEvent::TimedOut(read.packet_id()?, read.route()?),
        _ => return Ok(None),
    };
    Ok(Some(decoded))
}

/// No chain counts packets or an account's transactions as far, and no database keeps a number beyond it.
pub const LAST_SEQUENCE: u64 = i64::MAX as u64;

struct Reader<'a>(&'a Event);

impl<'a> Reader<'a> {
    fn text(&self, attribute: &'static str) -> Result<&'a str, EventError> {
        let missing = || EventError::Missing { event: self.0.kind.clone(), attribute };
        self.0.get(attribute).ok_or_else(missing)
    }

    fn identifier(&self, attribute: &'static str) -> Result<String, EventError> {
        let text = self.text(attribute)?;
        let is_one = is_identifier(text);
        is_one.then(|| text.to_owned()).ok_or_else(|| self.malformed(attribute, "an identifier"))
    }

    /// An identifier that is absent or empty until the other end is known.
    fn optional(&self, attribute: &'static str) -> Result<Option<String>, EventError> {
        let is_known = self.0.get(attribute).is_some_and(|value| !value.is_empty());
        is_known.then(|| self.identifier(attribute)).transpose()
    }

    fn malformed(&self, attribute: &'static str, expected: &'static str) -> EventError {
        let got = self.0.get(attribute).unwrap_or_default().to_owned();
        EventError::Malformed { event: self.0.kind.clone(), attribute, got, expected }
    }

    fn number(&self, attribute: &'static str) -> Result<u64, EventError> {
        self.text(attribute)?.parse().map_err(|_| self.malformed(attribute, "a number"))
    }

    fn sequence(&self, attribute: &'static str) -> Result<u64, EventError> {
        let sequence = self.number(attribute)?;
        let is_possible = sequence <= LAST_SEQUENCE;
        is_possible
            .then_some(sequence)
            .ok_or_else(|| self.malformed(attribute, "a number below 2^63"))
    }

    fn hex(&self, attribute: &'static str) -> Result<Vec<u8>, EventError> {
        hex::decode(self.text(attribute)?).map_err(|_| self.malformed(attribute, "hexadecimal"))
    }

    fn height(&self, attribute: &'static str) -> Result<Height, EventError> {
        self.text(attribute)?.parse().map_err(|_| self.malformed(attribute, "a height"))
    }

    fn client(&self, heights: &'static str) -> Result<ClientEvent, EventError> {
        let listed = self.text(heights)?.split(',').filter(|height| !height.is_empty());
        let consensus_heights: Result<Vec<Height>, _> = listed.map(str::parse).collect();
        Ok(ClientEvent {
            client: self.identifier("client_id")?,
            client_type: self.identifier("client_type")?,
            consensus_heights: consensus_heights
                .map_err(|_| self.malformed(heights, "heights with commas between"))?,
        })
    }

    fn connection(&self) -> Result<ConnectionEvent, EventError> {
        Ok(ConnectionEvent {
            connection: self.identifier("connection_id")?,
            client: self.identifier("client_id")?,
            counterparty_client: self.identifier("counterparty_client_id")?,
            counterparty_connection: self.optional("counterparty_connection_id")?,
        })
    }

    fn channel(&self) -> Result<ChannelEvent, EventError> {
        Ok(ChannelEvent {
            port: self.identifier("port_id")?,
            channel: self.identifier("channel_id")?,
            counterparty_port: self.identifier("counterparty_port_id")?,
            counterparty_channel: self.optional("counterparty_channel_id")?,
            connection: self.identifier("connection_id")?,
        })
    }

    fn packet_id(&self) -> Result<PacketId, EventError> {
        Ok(PacketId {
            src_port: self.identifier("packet_src_port")?,
            src_channel: self.identifier("packet_src_channel")?,
            dst_port: self.identifier("packet_dst_port")?,
            dst_channel: self.identifier("packet_dst_channel")?,
            sequence: self.sequence("packet_sequence")?,
        })
    }

    fn packet(&self) -> Result<Packet, EventError> {
        Ok(Packet {
            id: self.packet_id()?,
            data: self.hex("packet_data_hex")?,
            timeout_height: self.height("packet_timeout_height")?,
            timeout_timestamp: self.number("packet_timeout_timestamp")?,
        })
    }

    /// v8 names the connection `packet_connection`, v10 both, later ones `connection_id`.
    fn route(&self) -> Result<Route, EventError> {
        let connection = match self.optional("connection_id")? {
            Some(connection) => connection,
            None => self.identifier("packet_connection")?,
        };
        let ordered = match self.0.get("packet_channel_ordering") {
            Some("ORDER_ORDERED") => true,
            Some("ORDER_UNORDERED") => false,
            _ => return Err(self.malformed("packet_channel_ordering", "an order")),
        };
        Ok(Route { ordered, connection })
    }
}
