//! What stands above clients and connections: channels, packets, and the applications.

use std::fmt::Debug;

use cosmos::wire::packet::Packet;
use ferry::model::facts::Event;
use ibc_proto::ibc::core::channel::v1::Channel;

use crate::core::{Context, Effect, Failure};

/// A channel end by port and channel.
pub(crate) type EndName<'a> = (&'a str, &'a str);

/// ICS-4 on one chain, without what a light client proves: whoever calls has checked that.
///
/// There are two: [`Plain`](crate::plain::Plain) for fast random runs, and
/// [`Contracts`](crate::contracts::Contracts), the market and the outpost on simnet. A copy is a
/// state of its own, as a node's mempool has one apart from the last block's.
pub(crate) trait Channels: Clone + Debug + 'static {
    /// The value under a key of ICS-24 that is about a channel or a packet.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// This end of a connection is open.
    fn connected(&mut self, at: &Context, id: &str, other: &str) -> Result<(), Failure>;

    /// `INIT` or `TRYOPEN`, by the state in `channel`.
    fn open(&mut self, at: &Context, port: &str, channel: Channel) -> Done;

    /// The initiator's end opens: `channel` has what the other end turned out to be.
    fn open_ack(&mut self, at: &Context, end: EndName<'_>, channel: Channel) -> Done;

    /// The responder's end opens.
    fn open_confirm(&mut self, at: &Context, end: EndName<'_>) -> Done;

    /// Somebody closes this end.
    fn close_init(&mut self, at: &Context, end: EndName<'_>) -> Done;

    /// The end that follows another's closing.
    fn close_confirm(&mut self, at: &Context, end: EndName<'_>) -> Done;

    /// Takes a packet in, once.
    fn receive(&mut self, at: &Context, packet: &Packet) -> Result<(Effect, Vec<Event>), Failure>;

    /// Ends a packet that was committed to here by its acknowledgement.
    fn acknowledge(&mut self, at: &Context, packet: &Packet, ack: &[u8]) -> Done;

    /// Ends a packet that was committed to here by its timeout.
    fn time_out(&mut self, at: &Context, packet: &Packet) -> Done;

    /// This state is now that of the block `at`.
    fn commit(&self, at: &Context);

    /// Packets on their way from here.
    fn commitments(&self) -> usize;

    /// Packets ever sent from here.
    fn sent(&self) -> u64;
}

/// The events of a step that did something.
pub(crate) type Done = Result<Vec<Event>, Failure>;
