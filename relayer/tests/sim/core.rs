//! What ibc-go does with messages, as far as a relayer can tell.

use std::collections::BTreeMap;
use std::rc::Rc;

use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmos::wire::path;
use ferry::model::facts::Event;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::{
    Channel, MsgAcknowledgement, MsgRecvPacket, MsgTimeout, MsgTimeoutOnClose,
    Packet as ProtoPacket,
};
use prost::Message;

use crate::channels::{Channels, EndName};
use crate::events;
use crate::money::Money;
use crate::plain::Plain;
use crate::shards::Shards;

/// Why a message fails: codespace, code, text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) codespace: &'static str,
    pub(crate) code: u32,
    pub(crate) log: String,
}

impl Failure {
    /// The message that a node's answer names: none where the error is a panic, or comes before all messages.
    pub(crate) fn names(&self, index: usize) -> Option<usize> {
        (self.codespace != "sdk" || ![11, 32].contains(&self.code)).then_some(index)
    }
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
    /// It took this much gas.
    Heavy(u64),
}

/// What a message runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Check,
    /// Receives are applied without their proofs.
    Recheck,
    Simulate,
    Deliver,
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
    pub(crate) mode: Mode,
    /// What gas costs at least, in units of 10⁻¹⁸.
    pub(crate) base_price: u128,
    /// What an update takes whose header is not known yet.
    pub(crate) update_gas: u64,
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
pub(crate) struct Kv(Shards<Rc<[u8]>, Rc<[u8]>>);

impl Kv {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.get(key).map(|value| &**value)
    }

    pub(crate) fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.shard(key.as_slice()).insert(key.into(), value.into());
    }

    /// Whether there was something.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        self.0.shard(key).remove(key).is_some()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.keys().map(|key| &**key)
    }
}

/// (chain that sent or `other`, [`channel_name`], sequence)
type PacketName = Rc<(String, String, u64)>;

/// The state of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Core<C = Plain> {
    /// Clients and connections, by their keys in the store `ibc`.
    pub(crate) store: Kv,
    /// Address -> sequence.
    pub(crate) sequences: BTreeMap<String, u64>,
    /// What fees are paid from.
    pub(crate) money: Money,
    /// Effects of packets here.
    pub(crate) effects: Shards<PacketName, Effects>,
    /// Clients and connections made so far.
    pub(crate) counters: [u64; 2],
    /// Packets ever sent from here between clients.
    pub(crate) sent_v2: u64,
    pub(crate) channels: C,
}

pub(crate) fn decode<M: Message + Default>(any: &Any) -> Result<M, Failure> {
    M::decode(any.value.as_slice()).or_else(|error| fail("sdk", 2, error.to_string()))
}

pub(crate) fn is_ordered(channel: &Channel) -> bool {
    channel.ordering == 2
}

impl<C: Channels> Core<C> {
    pub(crate) fn new(channels: C) -> Self {
        Self {
            store: Kv::default(),
            sequences: BTreeMap::new(),
            money: Money::default(),
            effects: Shards::default(),
            counters: [0; 2],
            sent_v2: 0,
            channels,
        }
    }

    /// The value under a key of the store `ibc`.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.store.get(key).map(<[u8]>::to_vec).or_else(|| self.channels.get(key))
    }

    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// Runs a message.
    pub(crate) fn run(
        &mut self,
        at: &Context,
        message: &Any,
        events: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        if let Some(done) = self.run_v2(at, message, events) {
            return done;
        }
        match message.type_url.rsplit('.').next().unwrap_or_default() {
            "MsgCreateClient" => self.create_client(at, decode(message)?, events),
            "MsgUpdateClient" => self.update_client(at, decode(message)?, events),
            "MsgRecvPacket" => self.recv(at, decode(message)?, events),
            "MsgAcknowledgement" => self.ack(at, decode(message)?, events),
            "MsgTimeout" => self.timeout(at, decode(message)?, events),
            "MsgTimeoutOnClose" => self.timeout_on_close(at, decode(message)?, events),
            "MsgChannelCloseInit" => self.channel_close_init(at, &decode(message)?, events),
            "MsgSetWithdrawAddress" => Ok(Effect::Done),
            _ => self.handshake(at, message, events),
        }
    }

    /// Whether a message is about a packet, and whether it would find nothing to do.
    pub(crate) fn redundancy(&self, message: &Any) -> Result<Option<bool>, Failure> {
        if let Some(is_redundant) = self.redundancy_v2(message)? {
            return Ok(Some(is_redundant));
        }
        Ok(Some(match message.type_url.rsplit('.').next().unwrap_or_default() {
            "MsgRecvPacket" => {
                let message: MsgRecvPacket = decode(message)?;
                self.is_received(&message.packet.unwrap_or_default())
            }
            "MsgAcknowledgement" => {
                let message: MsgAcknowledgement = decode(message)?;
                !self.has(&commitment(&message.packet.unwrap_or_default()))
            }
            "MsgTimeout" => {
                let message: MsgTimeout = decode(message)?;
                !self.has(&commitment(&message.packet.unwrap_or_default()))
            }
            "MsgTimeoutOnClose" => {
                let message: MsgTimeoutOnClose = decode(message)?;
                !self.has(&commitment(&message.packet.unwrap_or_default()))
            }
            _ => return Ok(None),
        }))
    }

    pub(crate) fn channel(&self, (port, channel): EndName<'_>) -> Result<Channel, Failure> {
        match self.get(&path::channel(port, channel)) {
            Some(bytes) => Ok(Channel::decode(&*bytes).unwrap_or_default()),
            None => fail("channel", 3, format!("channel {port}/{channel} not found")),
        }
    }

    /// The client under a channel.
    pub(crate) fn client_of(&self, channel: &Channel) -> Result<String, Failure> {
        let hop = channel.connection_hops.first().cloned().unwrap_or_default();
        Ok(self.connection(&hop)?.client_id)
    }

    pub(crate) fn is_received(&self, packet: &ProtoPacket) -> bool {
        let (port, channel) = (&packet.destination_port, &packet.destination_channel);
        let next = self.get(&path::next_sequence_recv(port, channel));
        let receipt = self.has(&path::receipt(port, channel, packet.sequence));
        let ordered = self.channel((port, channel)).is_ok_and(|channel| is_ordered(&channel));
        receipt || (ordered && packet.sequence < next.map_or(1, |next| events::number(&next)))
    }

    fn recv(
        &mut self,
        at: &Context,
        message: MsgRecvPacket,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let channel = self.channel((&proto.destination_port, &proto.destination_channel))?;
        if self.is_received(&proto) {
            return Ok(Effect::Noop);
        }
        let packet = Packet::from(proto.clone());
        if at.mode != Mode::Recheck {
            let value = packet.commitment();
            let proof = (Some(value.as_slice()), message.proof_commitment.as_slice());
            let client = self.client_of(&channel)?;
            self.verify_delay(at, &channel, message.proof_height)?;
            self.verify(&client, message.proof_height, &commitment(&proto), proof)?;
        }
        let (effect, events) = self.channels.receive(at, &packet)?;
        if effect != Effect::Noop {
            self.effect(&packet, "other", |effects| effects.received += 1);
        }
        out.extend(events);
        Ok(effect)
    }

    fn ack(
        &mut self,
        at: &Context,
        message: MsgAcknowledgement,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let channel = self.channel((&proto.source_port, &proto.source_channel))?;
        let Some(stored) = self.get(&commitment(&proto)) else { return Ok(Effect::Noop) };
        let packet = Packet::from(proto);
        if stored != packet.commitment() {
            return fail("channel", 14, "commitment bytes are not equal");
        }
        let client = self.client_of(&channel)?;
        self.verify_delay(at, &channel, message.proof_height)?;
        let id = &packet.id;
        let key = path::acknowledgement(&id.dst_port, &id.dst_channel, id.sequence);
        let value = acknowledgement_commitment(&message.acknowledgement);
        let proof = (Some(value.as_slice()), message.proof_acked.as_slice());
        self.verify(&client, message.proof_height, &key, proof)?;
        out.extend(self.channels.acknowledge(at, &packet, &message.acknowledgement)?);
        self.effect(&packet, &at.chain, |effects| effects.acknowledged += 1);
        Ok(Effect::Done)
    }

    fn timeout(
        &mut self,
        at: &Context,
        message: MsgTimeout,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let proto = message.packet.unwrap_or_default();
        let channel = self.channel((&proto.source_port, &proto.source_channel))?;
        if !self.has(&commitment(&proto)) {
            return Ok(Effect::Noop);
        }
        let client = self.client_of(&channel)?;
        self.verify_delay(at, &channel, message.proof_height)?;
        let packet = Packet::from(proto);
        let proved = message.proof_height.unwrap_or_default();
        let (time, _) = self.consensus(&client, proved.revision_height)?;
        let late_by_height = !packet.timeout_height.is_zero()
            && cosmos::wire::height::Height::from(proved) >= packet.timeout_height;
        let late_by_time = packet.timeout_timestamp != 0 && time >= packet.timeout_timestamp;
        if !late_by_height && !late_by_time {
            return fail("channel", 21, "packet timeout has not been reached");
        }
        let (port, channel_id) = (&packet.id.dst_port, &packet.id.dst_channel);
        let next = message.next_sequence_recv.to_be_bytes();
        let (key, value) = if is_ordered(&channel) {
            (path::next_sequence_recv(port, channel_id), Some(next.as_slice()))
        } else {
            (path::receipt(port, channel_id, packet.id.sequence), None)
        };
        self.verify(&client, message.proof_height, &key, (value, &message.proof_unreceived))?;
        out.extend(self.channels.time_out(at, &packet)?);
        self.effect(&packet, &at.chain, |effects| effects.timed_out += 1);
        Ok(Effect::Done)
    }

    pub(crate) fn effect(
        &mut self,
        packet: &Packet,
        from: &str,
        change: impl FnOnce(&mut Effects),
    ) {
        let ends = channel_name(&packet.id.src_channel, &packet.id.dst_channel);
        self.effect_of((from.to_owned(), ends, packet.id.sequence), change);
    }

    /// Notes an effect of the packet with this name.
    pub(crate) fn effect_of(
        &mut self,
        name: (String, String, u64),
        change: impl FnOnce(&mut Effects),
    ) {
        change(self.effects.shard(&name).entry(Rc::new(name)).or_default());
    }

    /// Packets ever sent from here.
    pub(crate) fn sent(&self) -> u64 {
        self.channels.sent() + self.sent_v2
    }
}

/// Names a channel by its sending and its receiving end: either alone may be on several chains.
pub(crate) fn channel_name(src: &str, dst: &str) -> String {
    format!("{src}>{dst}")
}

pub(crate) fn commitment(packet: &ProtoPacket) -> Vec<u8> {
    path::commitment(&packet.source_port, &packet.source_channel, packet.sequence)
}
