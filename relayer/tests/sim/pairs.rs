//! IBC v2 as ibc-go has it: pairs of clients, and packets of an application that takes every one.

use cosmos::wire::msg_v2::{
    Acknowledgement, MsgAcknowledgement, MsgRecvPacket, MsgRegisterCounterparty, MsgTimeout,
    Packet, Payload,
};
use cosmos::wire::path;
use ferry::model::facts::{Event, PacketChange, PacketEvent, Timeout, Via};
use ferry::model::ids::{End, Height, Side, Time};
use ferry::model::rows::{EndState, Ibc};
use ibc_proto::google::protobuf::Any;
use prost::Message as _;

use crate::channels::Channels;
use crate::checks;
use crate::client::creator;
use crate::core::{Context, Core, Effect, Failure, Mode, channel_name, decode, fail};
use crate::rng::Rng;
use crate::setup::{Expiry, Faults, Sending, Setup};
use crate::world::{Happening, SECOND, World};
use crate::{everything, seeds, settle};

/// Prefix of what this model stores under no key of ICS-24: a client's other client.
const REGISTERED: &str = "counterparty/";

fn name(message: &Any) -> &str {
    message.type_url.rsplit('.').next().unwrap_or_default()
}

fn timeout(packet: &Packet) -> Timeout {
    let time = Time(packet.timeout_timestamp * SECOND);
    Timeout { height: Height::default(), time }
}

fn event(packet: &Packet, change: PacketChange) -> Event {
    Event::Packet(PacketEvent {
        via: Some(Via::Clients),
        src: End::of_client(&packet.source_client),
        dst: End::of_client(&packet.destination_client),
        seq: packet.sequence,
        change,
    })
}

fn commitment(packet: &Packet) -> Vec<u8> {
    path::commitment_v2(&packet.source_client, packet.sequence)
}

fn receipt(packet: &Packet) -> Vec<u8> {
    path::receipt_v2(&packet.destination_client, packet.sequence)
}

impl<C: Channels> Core<C> {
    /// Runs a message, if it is one of IBC v2.
    pub(crate) fn run_v2(
        &mut self,
        at: &Context,
        message: &Any,
        out: &mut Vec<Event>,
    ) -> Option<Result<Effect, Failure>> {
        let is_v2 = message.type_url.starts_with("/ibc.core.") && message.type_url.contains(".v2.");
        is_v2.then(|| match name(message) {
            "MsgRegisterCounterparty" => self.register(&decode(message)?),
            "MsgRecvPacket" => self.recv_v2(at, decode(message)?, out),
            "MsgAcknowledgement" => self.ack_v2(at, decode(message)?, out),
            "MsgTimeout" => self.timeout_v2(at, decode(message)?, out),
            other => fail("sdk", 6, format!("unknown message {other}")),
        })
    }

    /// Whether a message is about a packet of IBC v2, and whether it would find nothing to do.
    pub(crate) fn redundancy_v2(&self, message: &Any) -> Result<Option<bool>, Failure> {
        if !message.type_url.starts_with("/ibc.core.channel.v2.") {
            return Ok(None);
        }
        Ok(Some(match name(message) {
            "MsgRecvPacket" => {
                let message: MsgRecvPacket = decode(message)?;
                self.has(&receipt(&message.packet.unwrap_or_default()))
            }
            "MsgAcknowledgement" => {
                let message: MsgAcknowledgement = decode(message)?;
                !self.has(&commitment(&message.packet.unwrap_or_default()))
            }
            _ => {
                let message: MsgTimeout = decode(message)?;
                !self.has(&commitment(&message.packet.unwrap_or_default()))
            }
        }))
    }

    fn register(&mut self, message: &MsgRegisterCounterparty) -> Result<Effect, Failure> {
        self.client(&message.client_id)?;
        let key = format!("{REGISTERED}{}", message.client_id).into_bytes();
        if self.has(&key) {
            return fail("ibc", 2, "cannot register counterparty once it is already set");
        }
        if self.get(&creator(&message.client_id)).as_deref() != Some(message.signer.as_bytes()) {
            return fail("ibc", 3, "expected same signer as createClient submittor");
        }
        if message.counterparty_merkle_prefix != [b"ibc".to_vec(), Vec::new()] {
            return fail("client", 2, "the prefix leads to nothing");
        }
        self.store.insert(key, message.counterparty_client_id.clone().into_bytes());
        Ok(Effect::Done)
    }

    fn counterparty(&self, client: &str) -> Result<String, Failure> {
        match self.store.get(format!("{REGISTERED}{client}").as_bytes()) {
            Some(other) => Ok(String::from_utf8_lossy(other).into_owned()),
            None => fail("clientv2", 2, format!("counterparty not found for client {client}")),
        }
    }

    /// The application sends a packet.
    pub(crate) fn send_v2(&mut self, client: &str, timeout: u64, value: Vec<u8>) -> Option<Event> {
        let destination_client = self.counterparty(client).ok()?;
        self.sent_v2 += 1;
        let payload = Payload {
            source_port: "app".to_owned(),
            destination_port: "app".to_owned(),
            version: "1".to_owned(),
            encoding: "application/json".to_owned(),
            value,
        };
        let packet = Packet {
            sequence: self.sent_v2,
            source_client: client.to_owned(),
            destination_client,
            timeout_timestamp: timeout,
            payloads: vec![payload],
        };
        self.store.insert(commitment(&packet), packet.commitment().to_vec());
        let sent =
            PacketChange::Sent { timeout: self::timeout(&packet), data: packet.encode_to_vec() };
        Some(event(&packet, sent))
    }

    fn recv_v2(
        &mut self,
        at: &Context,
        message: MsgRecvPacket,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let packet = message.packet.unwrap_or_default();
        if self.counterparty(&packet.destination_client)? != packet.source_client {
            return fail("clientv2", 3, "counterparty id does not match");
        }
        if at.time / SECOND >= packet.timeout_timestamp {
            return fail("channelv2", 9, "timeout elapsed");
        }
        if self.has(&receipt(&packet)) {
            return Ok(Effect::Noop);
        }
        if at.mode != Mode::Recheck {
            let value = packet.commitment();
            let proof = (Some(value.as_slice()), message.proof_commitment.as_slice());
            let (client, height) = (&packet.destination_client, message.proof_height);
            self.verify(client, height, &commitment(&packet), proof)?;
        }
        self.store.insert(receipt(&packet), vec![2]);
        let ack = Acknowledgement { app_acknowledgements: vec![b"done".to_vec()] };
        let key = path::acknowledgement_v2(&packet.destination_client, packet.sequence);
        self.store.insert(key, ack.commitment().to_vec());
        self.effect_v2(&packet, "other", |effects| effects.received += 1);
        let written = PacketChange::AckWritten {
            timeout: timeout(&packet),
            data: packet.encode_to_vec(),
            ack: ack.encode_to_vec(),
        };
        out.extend([event(&packet, PacketChange::Received), event(&packet, written)]);
        Ok(Effect::Done)
    }

    /// The packet, if it is committed to here.
    fn committed(&self, packet: Option<Packet>) -> Result<Option<Packet>, Failure> {
        let packet = packet.unwrap_or_default();
        let Some(stored) = self.get(&commitment(&packet)) else { return Ok(None) };
        if stored != packet.commitment() {
            return fail("channelv2", 5, "commitment bytes are not equal");
        }
        Ok(Some(packet))
    }

    fn ack_v2(
        &mut self,
        at: &Context,
        message: MsgAcknowledgement,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let Some(packet) = self.committed(message.packet)? else { return Ok(Effect::Noop) };
        let key = path::acknowledgement_v2(&packet.destination_client, packet.sequence);
        let value = message.acknowledgement.unwrap_or_default().commitment();
        let proof = (Some(value.as_slice()), message.proof_acked.as_slice());
        self.verify(&packet.source_client, message.proof_height, &key, proof)?;
        self.store.remove(&commitment(&packet));
        self.effect_v2(&packet, &at.chain, |effects| effects.acknowledged += 1);
        out.push(event(&packet, PacketChange::Acknowledged));
        Ok(Effect::Done)
    }

    fn timeout_v2(
        &mut self,
        at: &Context,
        message: MsgTimeout,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let Some(packet) = self.committed(message.packet)? else { return Ok(Effect::Noop) };
        let proved = message.proof_height.unwrap_or_default().revision_height;
        let (time, _) = self.consensus(&packet.source_client, proved)?;
        if time < packet.timeout_timestamp * SECOND {
            return fail("channelv2", 10, "packet timeout has not been reached");
        }
        let proof = (None, message.proof_unreceived.as_slice());
        self.verify(&packet.source_client, message.proof_height, &receipt(&packet), proof)?;
        self.store.remove(&commitment(&packet));
        self.effect_v2(&packet, &at.chain, |effects| effects.timed_out += 1);
        out.push(event(&packet, PacketChange::TimedOut));
        Ok(Effect::Done)
    }

    fn effect_v2(
        &mut self,
        packet: &Packet,
        from: &str,
        change: impl FnOnce(&mut crate::core::Effects),
    ) {
        let ends = channel_name(&packet.source_client, &packet.destination_client);
        self.effect_of((from.to_owned(), ends, packet.sequence), change);
    }

    /// Packets on their way from here between clients.
    pub(crate) fn commitments_v2(&self) -> usize {
        let is_commitment = |key: &&[u8]| {
            let kind = key.len().checked_sub(9).and_then(|place| key.get(place));
            key.starts_with(b"07-tendermint-") && kind == Some(&1)
        };
        self.store.keys().filter(is_commitment).count()
    }
}

fn is_paired(world: &World) -> bool {
    let path = world.model.paths().next();
    path.is_some_and(|path| [&path.ends.a, &path.ends.b].iter().all(|e| e.state == EndState::Open))
        && world.model.slots().next().is_none()
}

pub(crate) fn paired(seed: u64, faults: Faults) -> World {
    let mut world = World::with(Setup { seed, faults, ibc: Ibc::V2, ..Setup::default() });
    assert!(world.run(3_600, is_paired), "the clients know each other: {:?}", world.notices);
    world
}

impl World {
    /// Sends packets between the clients of a path, counted from 0 in the order of names.
    pub(crate) fn send_between_clients_at(&mut self, path: usize, sending: Sending) {
        let act = move |world: &mut Self| {
            let Sending { from, count, expiry, .. } = sending;
            let Expiry::Seconds(seconds) = expiry else { panic!("IBC v2 knows only times") };
            let path = world.model.paths().nth(path).expect("there is a path");
            let client = path.ends.on(from).client.clone().expect("there is a client");
            let timeout = world.now / SECOND + seconds;
            for number in 0..count {
                let client = client.to_string();
                let value = format!("packet {number}").into_bytes();
                let send = move |core: &mut Core| core.send_v2(&client, timeout, value);
                world.happens_next(from, Box::new(send));
            }
        };
        self.later(sending.at * SECOND, None, Happening::Act(Box::new(act)));
    }
}

/// Traffic in both directions, some of which cannot arrive in time.
fn busy(world: &mut World) {
    for at in 1..20 {
        for (from, count, seconds) in [(Side::A, 25, 3_600), (Side::B, 10, 3_600), (Side::B, 3, 20)]
        {
            let count = 1 + world.rng.below(count);
            let seconds = 2 + world.rng.below(seconds);
            let expiry = Expiry::Seconds(if seconds > 30 { 3_600 } else { seconds });
            world.send_between_clients_at(0, Sending { at, from, count, expiry });
        }
    }
}

#[test]
fn packets_between_clients_end_once_and_nothing_is_wasted() {
    let mut world = paired(41, Faults::default());
    for (at, from, count) in [(1, Side::A, 1), (4, Side::A, 150), (5, Side::B, 40)] {
        let expiry = Expiry::Seconds(600);
        world.send_between_clients_at(0, Sending { at, from, count, expiry });
    }
    for (at, seconds) in [(2, 1), (3, 4), (4, 9), (5, 20)] {
        let expiry = Expiry::Seconds(seconds);
        world.send_between_clients_at(0, Sending { at, from: Side::B, count: 7, expiry });
    }
    settle(&mut world, 300);
    assert_eq!(checks::wasted(&world), (0, 0));
    let timed_out = world.chains.b.core.effects.values().map(|effects| effects.timed_out);
    assert!(timed_out.sum::<u32>() >= 7, "those of one second cannot arrive");
    checks::books(&world);
}

#[test]
fn a_pair_is_registered_once_whenever_the_process_dies() {
    for seed in 0..6 {
        let faults = Faults { kill: 30, lost: 10, ..Faults::default() };
        let mut world = paired(seed, faults);
        world.faults = Faults::default();
        let count = |world: &World| world.chains.a.paid.len() + world.chains.b.paid.len();
        assert!(count(&world) <= 4, "{} transactions", count(&world));
        let expiry = Expiry::Seconds(600);
        world.send_between_clients_at(0, Sending { at: 1, from: Side::A, count: 3, expiry });
        settle(&mut world, 120);
        assert_eq!(checks::wasted(&world), (0, 0));
    }
}

#[test]
fn without_a_store_the_packets_between_clients_are_found() {
    let mut world = paired(43, Faults::default());
    let expiry = Expiry::Seconds(600);
    for from in [Side::A, Side::B] {
        world.send_between_clients_at(0, Sending { at: 1, from, count: 9, expiry });
    }
    // Some are received and not acknowledged yet.
    let some_arrived =
        |world: &World| world.chains.b.core.effects.values().any(|effects| effects.received > 0);
    assert!(world.run(60, some_arrived));
    world.lose_store();
    settle(&mut world, 300);
}

/// Everything at once, from fixed seeds and one that differs in each run.
#[test]
fn storms_between_clients_lose_nothing() {
    for seed in seeds(2) {
        println!("storm between clients with FERRY_SIM_SEED={seed}");
        let mut rng = Rng::new(seed);
        let faults = Faults { rival: 0, ..everything(&mut rng) };
        let mut world = paired(seed, faults);
        busy(&mut world);
        settle(&mut world, 3_600);
        checks::books(&world);
        assert_eq!(checks::wasted(&world).0, 0);
        // A simulation that saw our own pending work counts too little gas if the node then forgets that work.
        let failures = checks::failures(&world);
        let is_known = failures.len() <= 1 && failures.iter().all(|log| *log == "out of gas");
        assert!(is_known, "{failures:?}");
    }
}
