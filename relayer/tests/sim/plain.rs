//! Channels of an application that takes every packet: as cheap as it gets, for long random runs.

use std::collections::BTreeMap;

use cosmos::wire::height::Height as WireHeight;
use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmos::wire::path;
use ferry::model::facts::{Event, HandshakeChange};
use ferry::model::ids::{End, Height, Order};
use ibc_proto::ibc::core::channel::v1::{Channel, Packet as ProtoPacket};
use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use prost::Message;

use crate::chain::RECV_GAS;
use crate::channels::{Channels, Done, EndName};
use crate::core::{Context, Effect, Failure, Kv, Mode, fail, is_ordered};
use crate::events;
use crate::opening::{CLOSED, OPEN};

/// Of a failure: the node takes longer to find out than anybody waits.
pub(crate) const SLOW: &str = "slow";

/// Whoever this is cannot receive transfers.
pub(crate) const NOBODY: &str = "nobody";
/// Gas of refusing a transfer: nothing is minted and nothing is sent.
const REFUSAL_GAS: u64 = 50_000;
/// Gas of an account for a receiver that is new.
const ACCOUNT_GAS: u64 = 13_000;

/// What the application does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// Receiving it takes all the gas there is, in a block only.
    BurnsInBlocks,
    /// Receiving it takes all the gas there is.
    Burns,
    /// Nobody waits for the end of receiving it.
    Hangs,
    /// Receiving it takes this much gas.
    Takes(u64),
    /// Its acknowledgement has so many bytes.
    Acks(usize),
    /// Its acknowledgement fails with this text.
    RefusesAck(&'static str),
    /// Its acknowledgement fails on entry only, in the words of who takes fees.
    PleadsPoverty,
}

/// The channels of a chain and their packets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    /// The application fails on packets with this sequence.
    pub(crate) refuses: Option<u64>,
    /// The application fails on whatever is done with packets.
    pub(crate) halted: bool,
    /// The application on this port takes no channels.
    pub(crate) shut: Option<&'static str>,
    /// The packets with this sequence are treated so.
    pub(crate) quirks: BTreeMap<u64, Quirk>,
    store: Kv,
    next_channel: u64,
    next_send: BTreeMap<String, u64>,
    /// Packets that are not over.
    pending: usize,
}

fn key_of(packet: &Packet) -> Vec<u8> {
    path::commitment(&packet.id.src_port, &packet.id.src_channel, packet.id.sequence)
}

fn order(channel: &Channel) -> Order {
    if is_ordered(channel) { Order::Ordered } else { Order::Unordered }
}

impl Plain {
    /// How many ends of channels were ever made.
    pub(crate) fn count(&self) -> u64 {
        self.next_channel
    }

    fn channel(&self, (port, id): EndName<'_>) -> Result<Channel, Failure> {
        match self.store.get(&path::channel(port, id)) {
            Some(bytes) => Ok(Channel::decode(bytes).unwrap_or_default()),
            None => fail("channel", 3, format!("channel {port}/{id} not found")),
        }
    }

    fn put(
        &mut self,
        (port, id): EndName<'_>,
        channel: &Channel,
        change: HandshakeChange,
    ) -> Event {
        self.store.insert(path::channel(port, id), channel.encode_to_vec());
        events::channel(change, End { port: port.into(), channel: id.into() }, channel)
    }

    /// How many channels there are.
    pub(crate) fn channels(&self) -> usize {
        self.store.keys().filter(|key| key.starts_with(b"channelEnds/")).count()
    }

    /// The application sends a packet.
    pub(crate) fn send(
        &mut self,
        end: &End,
        timeout: (Height, u64),
        data: Vec<u8>,
    ) -> Option<Event> {
        let channel = self.channel((end.port.as_str(), end.channel.as_str())).ok()?;
        if channel.state != OPEN {
            return None;
        }
        let other = channel.counterparty.clone().unwrap_or_default();
        let next = self.next_send.entry(end.channel.to_string()).or_insert(1);
        let proto = ProtoPacket {
            sequence: *next,
            source_port: end.port.to_string(),
            source_channel: end.channel.to_string(),
            destination_port: other.port_id,
            destination_channel: other.channel_id,
            data,
            timeout_height: Some(ProtoHeight {
                revision_number: timeout.0.revision,
                revision_height: timeout.0.height,
            }),
            timeout_timestamp: timeout.1,
        };
        *next += 1;
        let packet = Packet::from(proto);
        self.store.insert(key_of(&packet), packet.commitment().to_vec());
        self.pending += 1;
        let via = (channel.connection_hops[0].as_str(), order(&channel));
        Some(events::packet(&packet, Some(via), events::sent(&packet)))
    }

    /// How a packet is treated.
    fn quirk(&self, packet: &Packet) -> Option<Quirk> {
        self.quirks.get(&packet.id.sequence).copied()
    }

    /// What the application makes of a packet.
    fn run_application(&self, mode: Mode, packet: &Packet) -> Result<Effect, Failure> {
        // CheckTx runs no application on receives.
        let runs = matches!(mode, Mode::Simulate | Mode::Deliver);
        match self.quirk(packet).filter(|_| runs) {
            Some(Quirk::BurnsInBlocks) if mode == Mode::Simulate => Ok(Effect::Done),
            Some(Quirk::BurnsInBlocks | Quirk::Burns) => {
                fail("sdk", 11, "out of gas in location: wasm contract")
            }
            Some(Quirk::Hangs) => fail(SLOW, 1, "nobody waits for this"),
            Some(Quirk::Takes(gas)) => Ok(Effect::Heavy(gas)),
            Some(Quirk::RefusesAck(_) | Quirk::PleadsPoverty | Quirk::Acks(_)) | None => {
                Ok(Effect::Done)
            }
        }
    }

    /// Makes an account for the receiver of a transfer, if it is new.
    fn welcome(&mut self, mode: Mode, receiver: Option<&str>) -> Effect {
        let Some(receiver) = receiver.filter(|_| matches!(mode, Mode::Simulate | Mode::Deliver))
        else {
            return Effect::Done;
        };
        if receiver == NOBODY {
            return Effect::Heavy(REFUSAL_GAS);
        }
        let key = format!("accounts/{receiver}").into_bytes();
        if self.store.get(&key).is_some() {
            return Effect::Done;
        }
        self.store.insert(key, Vec::new());
        Effect::Heavy(RECV_GAS + ACCOUNT_GAS)
    }

    /// Checks and notes that a packet is the next of its channel.
    fn advance(&mut self, packet: &Packet) -> Result<(), Failure> {
        let key = path::next_sequence_recv(&packet.id.dst_port, &packet.id.dst_channel);
        let next = self.store.get(&key).map_or(1, events::number);
        if packet.id.sequence != next {
            let text = format!("packet sequence {} != next {next}", packet.id.sequence);
            return fail("channel", 12, text);
        }
        self.store.insert(key, (next + 1).to_be_bytes().to_vec());
        Ok(())
    }
}

impl Channels for Plain {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.store.get(key).map(<[u8]>::to_vec)
    }

    fn connected(&mut self, _: &Context, _: &str, _: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn open(&mut self, _: &Context, port: &str, channel: Channel) -> Done {
        if self.shut == Some(port) {
            return fail("app", 2, "the application takes no channels");
        }
        let id = format!("channel-{}", self.next_channel);
        self.next_channel += 1;
        if is_ordered(&channel) {
            let key = path::next_sequence_recv(port, &id);
            self.store.insert(key, 1u64.to_be_bytes().to_vec());
        }
        let is_first = channel.state != crate::opening::TRYOPEN;
        let change = if is_first { HandshakeChange::Init } else { HandshakeChange::Try };
        Ok(vec![self.put((port, &id), &channel, change)])
    }

    fn open_ack(&mut self, _: &Context, end: EndName<'_>, mut channel: Channel) -> Done {
        channel.state = OPEN;
        Ok(vec![self.put(end, &channel, HandshakeChange::Ack)])
    }

    fn open_confirm(&mut self, _: &Context, end: EndName<'_>) -> Done {
        let channel = Channel { state: OPEN, ..self.channel(end)? };
        Ok(vec![self.put(end, &channel, HandshakeChange::Confirm)])
    }

    fn close_init(&mut self, _: &Context, end: EndName<'_>) -> Done {
        let channel = Channel { state: CLOSED, ..self.channel(end)? };
        Ok(vec![self.put(end, &channel, HandshakeChange::CloseInit)])
    }

    fn close_confirm(&mut self, _: &Context, end: EndName<'_>) -> Done {
        let channel = Channel { state: CLOSED, ..self.channel(end)? };
        Ok(vec![self.put(end, &channel, HandshakeChange::CloseConfirm)])
    }

    fn receive(&mut self, at: &Context, packet: &Packet) -> Result<(Effect, Vec<Event>), Failure> {
        let (port, id) = (packet.id.dst_port.as_str(), packet.id.dst_channel.as_str());
        let channel = self.channel((port, id))?;
        if channel.state != OPEN {
            return fail("channel", 4, "channel is not OPEN");
        }
        if self.halted || self.refuses == Some(packet.id.sequence) {
            return fail("app", 2, "the application fails");
        }
        let mut effect = self.run_application(at.mode, packet)?;
        let timeout = packet.timeout_height;
        let is_late = (!timeout.is_zero() && WireHeight::new(at.revision, at.height) >= timeout)
            || (packet.timeout_timestamp != 0 && at.time >= packet.timeout_timestamp);
        if is_late {
            return fail("channel", 13, "timeout elapsed");
        }
        let transfer = serde_json::from_slice(&packet.data).unwrap_or(serde_json::Value::Null);
        let receiver = transfer["receiver"].as_str();
        if effect == Effect::Done {
            effect = self.welcome(at.mode, receiver);
        }
        if is_ordered(&channel) {
            self.advance(packet)?;
        } else {
            self.store.insert(path::receipt(port, id, packet.id.sequence), vec![1]);
        }
        let ack = match self.quirk(packet) {
            Some(Quirk::Acks(length)) => vec![b'7'; length],
            _ if receiver == Some(NOBODY) => br#"{"error":"ABCI code: 1"}"#.to_vec(),
            _ => br#"{"result":"AQ=="}"#.to_vec(),
        };
        let key = path::acknowledgement(port, id, packet.id.sequence);
        self.store.insert(key, acknowledgement_commitment(&ack).to_vec());
        let via = Some((channel.connection_hops[0].as_str(), order(&channel)));
        let written = events::ack_written(packet, ack);
        let received = events::packet(packet, via, events::received());
        Ok((effect, vec![received, events::packet(packet, via, written)]))
    }

    fn acknowledge(&mut self, at: &Context, packet: &Packet, _: &[u8]) -> Done {
        if self.halted {
            return fail("app", 2, "the application fails");
        }
        match self.quirk(packet) {
            Some(Quirk::RefusesAck(text)) => return fail("wasm", 5, text),
            Some(Quirk::PleadsPoverty) if matches!(at.mode, Mode::Check | Mode::Recheck) => {
                return fail("sdk", 5, "spendable balance 0stake is smaller: insufficient funds");
            }
            _ => {}
        }
        self.pending -= usize::from(self.store.remove(&key_of(packet)));
        Ok(vec![events::packet(packet, None, events::acknowledged())])
    }

    fn time_out(&mut self, _: &Context, packet: &Packet) -> Done {
        let end = (packet.id.src_port.as_str(), packet.id.src_channel.as_str());
        let channel = self.channel(end)?;
        self.pending -= usize::from(self.store.remove(&key_of(packet)));
        let mut done = vec![events::packet(packet, None, events::timed_out())];
        if is_ordered(&channel) && channel.state != CLOSED {
            let closed = Channel { state: CLOSED, ..channel };
            done.push(self.put(end, &closed, HandshakeChange::CloseInit));
        }
        Ok(done)
    }

    fn commit(&self, _: &Context) {}

    fn commitments(&self) -> usize {
        self.pending
    }

    fn sent(&self) -> u64 {
        self.next_send.values().map(|next| next - 1).sum()
    }
}
