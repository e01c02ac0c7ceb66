//! What ibc-go does with messages, as far as a relayer can tell.

use std::collections::BTreeMap;
use std::rc::Rc;

use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmos::wire::path;
use ferry::model::facts::{Event, HandshakeChange};
use ferry::model::ids::{End, Height, Order};
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, MsgAcknowledgement, MsgRecvPacket, MsgTimeout, MsgTimeoutOnClose,
    Packet as ProtoPacket,
};
use ibc_proto::ibc::core::client::v1::Height as ProtoHeight;
use prost::Message;

use crate::events;

/// Why a message fails: codespace, code, text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) codespace: &'static str,
    pub(crate) code: u32,
    pub(crate) log: String,
}

pub(crate) fn fail<T>(
    codespace: &'static str,
    code: u32,
    log: impl Into<String>,
) -> Result<T, Failure> {
    Err(Failure { codespace, code, log: log.into() })
}

/// What a message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Done,
    Noop,
}

/// Where a message runs.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) chain: String,
    pub(crate) revision: u64,
    pub(crate) height: u64,
    pub(crate) time: u64,
    /// ibc-go v8: handshakes prove the other chain's client.
    pub(crate) is_strict: bool,
    /// A recheck applies receives without their proofs.
    pub(crate) is_recheck: bool,
}

/// How often something had an effect on the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) received: u32,
    pub(crate) acknowledged: u32,
    pub(crate) timed_out: u32,
}

/// Keys and values, cheap to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kv(BTreeMap<Rc<[u8]>, Rc<[u8]>>);

impl Kv {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.get(key).map(|value| &**value)
    }

    pub(crate) fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key.into(), value.into());
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        self.0.remove(key);
    }

    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.0.contains_key(key)
    }
}

/// (chain that sent or `other`, channel, sequence)
type PacketName = Rc<(String, String, u64)>;

/// The state of a chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Core {
    /// The store `ibc`.
    pub(crate) store: Kv,
    /// Address -> sequence.
    pub(crate) sequences: BTreeMap<String, u64>,
    /// Effects of packets here.
    pub(crate) effects: BTreeMap<PacketName, Effects>,
    pub(crate) counters: [u64; 3],
    /// The application fails on packets with this sequence.
    pub(crate) refuses: Option<u64>,
    next_send: BTreeMap<String, u64>,
}

pub(crate) fn decode<M: Message + Default>(any: &Any) -> Result<M, Failure> {
    M::decode(any.value.as_slice()).or_else(|error| fail("sdk", 2, error.to_string()))
}

impl Core {
    /// Runs a message.
    pub(crate) fn run(
        &mut self,
        at: &Context,
        message: &Any,
        events: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        match message.type_url.rsplit('.').next().unwrap_or_default() {
            "MsgCreateClient" => self.create_client(at, decode(message)?, events),
            "MsgUpdateClient" => self.update_client(at, decode(message)?, events),
            "MsgRecvPacket" => self.recv(at, decode(message)?, events),
            "MsgAcknowledgement" => self.ack(at, decode(message)?, events),
            "MsgTimeout" => self.timeout(at, decode(message)?, events),
            "MsgTimeoutOnClose" => self.timeout_on_close(at, decode(message)?, events),
            "MsgChannelCloseInit" => self.channel_close_init(&decode(message)?, events),
            _ => self.handshake(at, message, events),
        }
    }

    /// Whether a message is about a packet, and whether it would find nothing to do.
    pub(crate) fn redundancy(&self, message: &Any) -> Result<Option<bool>, Failure> {
        Ok(Some(match message.type_url.rsplit('.').next().unwrap_or_default() {
            "MsgRecvPacket" => {
                let message: MsgRecvPacket = decode(message)?;
                self.is_received(&message.packet.unwrap_or_default())
            }
            "MsgAcknowledgement" => {
                let message: MsgAcknowledgement = decode(message)?;
                !self.store.has(&commitment(&message.packet.unwrap_or_default()))
            }
            "MsgTimeout" => {
                let message: MsgTimeout = decode(message)?;
                !self.store.has(&commitment(&message.packet.unwrap_or_default()))
            }
            "MsgTimeoutOnClose" => {
                let message: MsgTimeoutOnClose = decode(message)?;
                !self.store.has(&commitment(&message.packet.unwrap_or_default()))
            }
            _ => return Ok(None),
        }))
    }

    pub(crate) fn channel(&self, port: &str, channel: &str) -> Result<Channel, Failure> {
        match self.store.get(&path::channel(port, channel)) {
            Some(bytes) => Ok(Channel::decode(bytes).unwrap_or_default()),
            None => fail("channel", 3, format!("channel {port}/{channel} not found")),
        }
    }

    /// The client under a channel.
    pub(crate) fn client_of(&self, channel: &Channel) -> Result<String, Failure> {
        let hop = channel.connection_hops.first().cloned().unwrap_or_default();
        Ok(self.connection(&hop)?.client_id)
    }

    pub(crate) fn is_ordered(channel: &Channel) -> bool {
        channel.ordering == 2
    }

    fn is_received(&self, packet: &ProtoPacket) -> bool {
        let (port, channel) = (&packet.destination_port, &packet.destination_channel);
        let next = self.store.get(&path::next_sequence_recv(port, channel));
        let receipt = self.store.has(&path::receipt(port, channel, packet.sequence));
        let ordered = self.channel(port, channel).is_ok_and(|channel| Self::is_ordered(&channel));
        receipt || (ordered && packet.sequence < next.map_or(1, events::number))
    }

    fn recv(
        &mut self,
        at: &Context,
        message: MsgRecvPacket,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let packet = Packet::from(proto.clone());
        let (port, channel_id) = (&proto.destination_port, &proto.destination_channel);
        let channel = self.channel(port, channel_id)?;
        if self.is_received(&proto) {
            return Ok(Effect::Noop);
        }
        if channel.state != 3 {
            return fail("channel", 4, "channel is not OPEN");
        }
        if self.refuses == Some(proto.sequence) {
            return fail("app", 2, "the application fails");
        }
        let timeout = packet.timeout_height;
        let here = cosmos::wire::height::Height::new(at.revision, at.height);
        let is_late = (!timeout.is_zero() && here >= timeout)
            || (packet.timeout_timestamp != 0 && at.time >= packet.timeout_timestamp);
        if is_late {
            return fail("channel", 13, "timeout elapsed");
        }
        let client = self.client_of(&channel)?;
        let value = packet.commitment();
        let proof = (Some(value.as_slice()), message.proof_commitment.as_slice());
        if !at.is_recheck {
            self.verify(&client, message.proof_height, &commitment(&proto), proof)?;
        }
        let next_key = path::next_sequence_recv(port, channel_id);
        let order = if Self::is_ordered(&channel) {
            let next = self.store.get(&next_key).map_or(1, events::number);
            if proto.sequence != next {
                return fail(
                    "channel",
                    12,
                    format!("packet sequence {} != next {next}", proto.sequence),
                );
            }
            self.store.insert(next_key, (next + 1).to_be_bytes().to_vec());
            Order::Ordered
        } else {
            self.store.insert(path::receipt(port, channel_id, proto.sequence), vec![1]);
            Order::Unordered
        };
        let ack = br#"{"result":"AQ=="}"#.to_vec();
        let key = path::acknowledgement(port, channel_id, proto.sequence);
        self.store.insert(key, acknowledgement_commitment(&ack).to_vec());
        self.effect(&proto, at, |effects| effects.received += 1, Way::In);
        let connection = channel.connection_hops[0].as_str();
        out.push(events::packet(&proto, Some((connection, order)), events::received()));
        out.push(events::packet(
            &proto,
            Some((connection, order)),
            events::ack_written(&packet, ack),
        ));
        Ok(Effect::Done)
    }

    fn ack(
        &mut self,
        at: &Context,
        message: MsgAcknowledgement,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let channel = self.channel(&proto.source_port, &proto.source_channel)?;
        let Some(stored) = self.store.get(&commitment(&proto)) else { return Ok(Effect::Noop) };
        if stored != Packet::from(proto.clone()).commitment() {
            return fail("channel", 14, "commitment bytes are not equal");
        }
        let client = self.client_of(&channel)?;
        let (port, channel_id) = (&proto.destination_port, &proto.destination_channel);
        let key = path::acknowledgement(port, channel_id, proto.sequence);
        let value = acknowledgement_commitment(&message.acknowledgement);
        let proof = (Some(value.as_slice()), message.proof_acked.as_slice());
        self.verify(&client, message.proof_height, &key, proof)?;
        self.store.0.remove(&*commitment(&proto));
        self.effect(&proto, at, |effects| effects.acknowledged += 1, Way::Out);
        out.push(events::packet(&proto, None, events::acknowledged()));
        Ok(Effect::Done)
    }

    fn timeout(
        &mut self,
        at: &Context,
        message: MsgTimeout,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let mut channel = self.channel(&proto.source_port, &proto.source_channel)?;
        if !self.store.has(&commitment(&proto)) {
            return Ok(Effect::Noop);
        }
        let client = self.client_of(&channel)?;
        let packet = Packet::from(proto.clone());
        let proved = message.proof_height.unwrap_or_default();
        let (time, _) = self.consensus(&client, proved.revision_height)?;
        let late_by_height = !packet.timeout_height.is_zero()
            && cosmos::wire::height::Height::from(proved) >= packet.timeout_height;
        let late_by_time = packet.timeout_timestamp != 0 && time >= packet.timeout_timestamp;
        if !late_by_height && !late_by_time {
            return fail("channel", 21, "packet timeout has not been reached");
        }
        let (port, channel_id) = (&proto.destination_port, &proto.destination_channel);
        let next = message.next_sequence_recv.to_be_bytes();
        let (key, value) = if Self::is_ordered(&channel) {
            (path::next_sequence_recv(port, channel_id), Some(next.as_slice()))
        } else {
            (path::receipt(port, channel_id, proto.sequence), None)
        };
        self.verify(&client, message.proof_height, &key, (value, &message.proof_unreceived))?;
        self.store.0.remove(&*commitment(&proto));
        self.effect(&proto, at, |effects| effects.timed_out += 1, Way::Out);
        out.push(events::packet(&proto, None, events::timed_out()));
        if Self::is_ordered(&channel) {
            channel.state = 4;
            let key = path::channel(&proto.source_port, &proto.source_channel);
            self.store.insert(key, channel.encode_to_vec());
            let end = End {
                port: proto.source_port.as_str().into(),
                channel: proto.source_channel.as_str().into(),
            };
            out.push(events::channel(HandshakeChange::CloseInit, end, &channel));
        }
        Ok(Effect::Done)
    }

    pub(crate) fn effect(
        &mut self,
        packet: &ProtoPacket,
        at: &Context,
        change: impl FnOnce(&mut Effects),
        way: Way,
    ) {
        let channel = packet.source_channel.clone();
        let from = match way {
            Way::In => "other".to_owned(),
            Way::Out => at.chain.clone(),
        };
        change(self.effects.entry(Rc::new((from, channel, packet.sequence))).or_default());
    }

    /// The application sends a packet.
    pub(crate) fn send(
        &mut self,
        end: &End,
        timeout: (Height, u64),
        data: Vec<u8>,
    ) -> Option<Event> {
        let channel = self.channel(end.port.as_str(), end.channel.as_str()).ok()?;
        if channel.state != 3 {
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
        let packet = Packet::from(proto.clone());
        self.store.insert(commitment(&proto), packet.commitment().to_vec());
        let order = if Self::is_ordered(&channel) { Order::Ordered } else { Order::Unordered };
        let via = (channel.connection_hops[0].as_str(), order);
        Some(events::packet(&proto, Some(via), events::sent(&packet)))
    }

    /// Packets on their way from here.
    pub(crate) fn commitments(&self) -> usize {
        self.store.0.keys().filter(|key| key.starts_with(b"commitments/")).count()
    }
}

/// Whether a packet comes or went.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    In,
    Out,
}

pub(crate) fn commitment(packet: &ProtoPacket) -> Vec<u8> {
    path::commitment(&packet.source_port, &packet.source_channel, packet.sequence)
}
