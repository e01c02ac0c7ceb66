//! Events of IBC v2, as ibc-go v10 and v11 emit them, read into types.
//!
//! They have the kinds of IBC v1 but name clients where those name channels, and hold the whole packet, encoded.

use prost::Message;

use super::event::Event;
use super::event_v1::{EventError, LAST_SEQUENCE};
use super::msg_v2::{Acknowledgement, Packet};
use super::path::is_identifier;

/// What happened to a packet.
#[derive(Clone, Debug, PartialEq)]
pub enum PacketStep {
    /// It was sent.
    Send,
    /// It was received.
    Recv,
    /// The answer to it was written.
    WriteAck(Acknowledgement),
    /// The sender learned of the answer; the packet's life is over.
    Acked,
    /// The sender learned that the packet cannot be received any more; its life is over.
    TimedOut,
}

/// Reads an event; `None` for one that is not about a packet of IBC v2.
///
/// # Errors
/// [`EventError`] when an IBC v2 event lacks an attribute or has one that does not read.
///
/// Source: ibc-go v10.5 `modules/core/04-channel/v2/keeper/events.go`.
pub fn decode(event: &Event) -> Result<Option<(PacketStep, Packet)>, EventError> {
    if event.get("packet_source_client").is_none() {
        return Ok(None);
    }
    let step = match event.kind.as_str() {
        "send_packet" => PacketStep::Send,
        "recv_packet" => PacketStep::Recv,
        "write_acknowledgement" => {
            PacketStep::WriteAck(message(event, "encoded_acknowledgement_hex")?)
        }
        "acknowledge_packet" => PacketStep::Acked,
        "timeout_packet" => PacketStep::TimedOut,
        _ => return Ok(None),
    };
    Ok(Some((step, packet(event)?)))
}

fn packet(event: &Event) -> Result<Packet, EventError> {
    let packet: Packet = message(event, "encoded_packet_hex")?;
    let is_possible = packet.sequence <= LAST_SEQUENCE
        && is_identifier(&packet.source_client)
        && is_identifier(&packet.destination_client);
    is_possible.then_some(packet).ok_or_else(|| EventError::Malformed {
        event: event.kind.clone(),
        attribute: "encoded_packet_hex",
        got: "a packet with other numbers".to_owned(),
        expected: "a sequence below 2^63 and identifiers of clients",
    })
}

fn message<M: Message + Default>(event: &Event, attribute: &'static str) -> Result<M, EventError> {
    let kind = || event.kind.clone();
    let text =
        event.get(attribute).ok_or_else(|| EventError::Missing { event: kind(), attribute })?;
    let decoded = hex::decode(text).ok().and_then(|bytes| M::decode(&*bytes).ok());
    decoded.ok_or_else(|| EventError::Malformed {
        event: kind(),
        attribute,
        got: text.to_owned(),
        expected: "an encoded message, in hexadecimal",
    })
}
