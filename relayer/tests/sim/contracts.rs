//! Channels of simnet: the transfer module with callbacks, the market and the outpost.

use std::cell::RefCell;
use std::rc::Rc;

use cosmos::wire::event::{Attribute, Event as RawEvent};
use cosmos::wire::height::Height;
use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmwasm_std::{IbcEndpoint, IbcOrder, IbcPacket, IbcTimeout, IbcTimeoutBlock, Timestamp};
use ferry::drive::decode;
use ferry::model::facts::Event;
use ferry::model::ids::Side;
use ibc_proto::ibc::core::channel::v1::{Channel, Counterparty};
use prost::Message;
use simnet::{
    Chain, ChannelEnd, ChannelState, ClientStatus, Connection, Error, Relayed, State, World,
};

use crate::channels::{Channels, Done, EndName};
use crate::core::{Context, Effect, Failure, fail};
use crate::opening::{CLOSED, INIT, OPEN, TRYOPEN};
use crate::world::World as Simulation;

/// The channels of one chain of a simnet world, in some state of that chain.
#[derive(Clone, Debug)]
pub(crate) struct Contracts {
    world: Rc<RefCell<World>>,
    chain: String,
    other: String,
    state: Rc<State>,
}

impl Contracts {
    /// The channels of `chain` as they are now; `other` is the chain at the other end.
    pub(crate) fn of(world: &Rc<RefCell<World>>, chain: &str, other: &str) -> Self {
        let state = Rc::new(world.borrow().network.chain(chain).state());
        Self { world: Rc::clone(world), chain: chain.to_owned(), other: other.to_owned(), state }
    }

    /// Makes this state the chain's own, as of the block `at`.
    fn show(&self, at: &Context) {
        let state = State::clone(&self.state).in_block(block(at));
        self.world.borrow_mut().network.chain_mut(&self.chain).set_state(state);
    }

    /// Takes over what somebody did on the chain, and returns the events after the first `seen`.
    fn take_over(&mut self, seen: usize) -> Vec<Event> {
        let world = self.world.borrow();
        let chain = world.network.chain(&self.chain);
        self.state = Rc::new(chain.state());
        facts(chain.events().get(seen..).unwrap_or_default())
    }

    fn events_seen(&self) -> usize {
        self.world.borrow().network.chain(&self.chain).events().len()
    }

    /// Does something in the block `at`, on top of this state.
    fn run<T>(
        &mut self,
        at: &Context,
        work: impl FnOnce(&mut Chain) -> Result<T, Error>,
    ) -> Result<(T, Vec<Event>), Failure> {
        let mut world = self.world.borrow_mut();
        let mut state = State::clone(&self.state);
        let chain = world.network.chain_mut(&self.chain);
        let (done, events) = chain.run_on(&mut state, block(at), work).or_else(refused)?;
        self.state = Rc::new(state);
        Ok((done, facts(&events)))
    }

    fn value(&self, key: &str) -> Option<Vec<u8>> {
        let parts: Vec<&str> = key.split('/').collect();
        let readable = "the store of a simulated chain can be read";
        match parts[..] {
            ["channelEnds", "ports", port, "channels", channel] => {
                let end = self.state.channel(port, channel).expect(readable)?;
                Some(proto(end).encode_to_vec())
            }
            [kind, "ports", port, "channels", channel, "sequences", sequence] => {
                let place = (port, channel, sequence.parse().ok()?);
                match kind {
                    "commitments" => {
                        let packet = self.state.commitment(place).expect(readable)?;
                        Some(wire(packet).commitment().to_vec())
                    }
                    "acks" => {
                        let ack = self.state.acknowledgement(place).expect(readable)?;
                        Some(acknowledgement_commitment(&ack).to_vec())
                    }
                    "receipts" => self.state.has_receipt(place).then(|| vec![1]),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Channels for Contracts {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.value(std::str::from_utf8(key).ok()?)
    }

    fn connected(&mut self, at: &Context, id: &str, other: &str) -> Result<(), Failure> {
        let connection = Connection {
            counterparty_chain: self.other.clone(),
            counterparty_connection: other.to_owned(),
            client: ClientStatus::Active,
        };
        self.run(at, |chain| chain.open_connection(id, &connection)).map(|_| ())
    }

    fn open(&mut self, at: &Context, port: &str, channel: Channel) -> Done {
        let other = channel.counterparty.unwrap_or_default();
        let end = ChannelEnd {
            state: if channel.state == TRYOPEN {
                ChannelState::TryOpen
            } else {
                ChannelState::Init
            },
            order: if channel.ordering == 2 { IbcOrder::Ordered } else { IbcOrder::Unordered },
            version: channel.version,
            connection: channel.connection_hops.first().cloned().unwrap_or_default(),
            counterparty_port: other.port_id,
            counterparty_channel: other.channel_id,
        };
        self.run(at, |chain| chain.open_channel(port, end)).map(|(_, events)| events)
    }

    fn open_ack(&mut self, at: &Context, end: EndName<'_>, channel: Channel) -> Done {
        let other = simnet::Counterparty {
            channel: channel.counterparty.unwrap_or_default().channel_id,
            version: channel.version,
        };
        self.run(at, |chain| chain.acknowledge_channel(end, other)).map(|(_, events)| events)
    }

    fn open_confirm(&mut self, at: &Context, end: EndName<'_>) -> Done {
        self.run(at, |chain| chain.confirm_channel(end)).map(|(_, events)| events)
    }

    fn close_init(&mut self, at: &Context, (port, id): EndName<'_>) -> Done {
        self.run(at, |chain| chain.close_channel(port, id)).map(|(_, events)| events)
    }

    fn close_confirm(&mut self, at: &Context, end: EndName<'_>) -> Done {
        self.run(at, |chain| chain.confirm_close(end)).map(|(_, events)| events)
    }

    fn receive(&mut self, at: &Context, packet: &Packet) -> Result<(Effect, Vec<Event>), Failure> {
        let packet = unwire(packet);
        let (relayed, events) = self.run(at, |chain| chain.receive_packet(&packet))?;
        let effect = if relayed == Relayed::Done { Effect::Done } else { Effect::Noop };
        Ok((effect, events))
    }

    fn acknowledge(&mut self, at: &Context, packet: &Packet, ack: &[u8]) -> Done {
        let (packet, ack) = (unwire(packet), ack.into());
        self.run(at, |chain| chain.acknowledge_packet(&packet, &ack)).map(|(_, events)| events)
    }

    fn time_out(&mut self, at: &Context, packet: &Packet) -> Done {
        let packet = unwire(packet);
        self.run(at, |chain| chain.time_out_packet(&packet)).map(|(_, events)| events)
    }

    fn commit(&self, at: &Context) {
        self.show(at);
        let world = self.world.borrow();
        if world.is_routed() {
            world.check().expect("no unit is lost or made in any block");
        }
    }

    fn commitments(&self) -> usize {
        self.state.commitments()
    }

    fn sent(&self) -> u64 {
        self.state.sent().expect("the store of a simulated chain can be read")
    }
}

/// Two chains of simnet on which people act.
impl Simulation<Contracts> {
    /// Lets somebody act on the chains, in their next blocks.
    pub(crate) fn act<T>(&mut self, act: impl FnOnce(&mut World) -> Result<T, Error>) -> T {
        let sides = [Side::A, Side::B];
        for side in sides {
            let chain = self.chains.on(side);
            chain.core.channels.show(&chain.context(chain.height + 1, self.now));
        }
        let seen = sides.map(|side| self.chains.on(side).core.channels.events_seen());
        let world = Rc::clone(&self.chains.a.core.channels.world);
        let done = act(&mut world.borrow_mut()).expect("this may be done");
        for (side, seen) in sides.into_iter().zip(seen) {
            for event in self.chains.on_mut(side).core.channels.take_over(seen) {
                self.happens_next(side, Box::new(|_| Some(event)));
            }
        }
        done
    }

    /// Asks about the chains as they are after their last blocks.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&mut World) -> T) -> T {
        ask(&mut self.chains.a.core.channels.world.borrow_mut())
    }
}

fn block(at: &Context) -> (u64, Timestamp) {
    (at.height, Timestamp::from_nanos(at.time))
}

/// Events as the driver reads them from a node.
fn facts(events: &[cosmwasm_std::Event]) -> Vec<Event> {
    let raw = |event: &cosmwasm_std::Event| RawEvent {
        kind: event.ty.clone(),
        attributes: event
            .attributes
            .iter()
            .map(|a| Attribute { key: a.key.clone(), value: a.value.clone() })
            .collect(),
    };
    let raw: Vec<RawEvent> = events.iter().map(raw).collect();
    decode::events(&raw).expect("simnet's events read like a real chain's")
}

/// The error as a node would answer it.
fn refused<T>(error: Error) -> Result<T, Failure> {
    let log = error.to_string();
    match error {
        Error::TimeoutElapsed => fail("channel", 13, "timeout elapsed"),
        Error::ChannelState { .. } => fail("channel", 4, log),
        Error::UnknownChannel { .. } => fail("channel", 3, log),
        _ => fail("wasm", 5, log),
    }
}

fn proto(end: ChannelEnd) -> Channel {
    Channel {
        state: match end.state {
            ChannelState::Init => INIT,
            ChannelState::TryOpen => TRYOPEN,
            ChannelState::Open => OPEN,
            ChannelState::Closed => CLOSED,
        },
        ordering: match end.order {
            IbcOrder::Unordered => 1,
            IbcOrder::Ordered => 2,
        },
        counterparty: Some(Counterparty {
            port_id: end.counterparty_port,
            channel_id: end.counterparty_channel,
        }),
        connection_hops: vec![end.connection],
        version: end.version,
        upgrade_sequence: 0,
    }
}

fn wire(packet: IbcPacket) -> Packet {
    Packet {
        id: cosmos::wire::packet::PacketId {
            src_port: packet.src.port_id,
            src_channel: packet.src.channel_id,
            dst_port: packet.dest.port_id,
            dst_channel: packet.dest.channel_id,
            sequence: packet.sequence,
        },
        data: packet.data.to_vec(),
        timeout_height: packet
            .timeout
            .block()
            .map_or_else(|| Height::new(0, 0), |block| Height::new(block.revision, block.height)),
        timeout_timestamp: packet.timeout.timestamp().map_or(0, |time| time.nanos()),
    }
}

fn unwire(packet: &Packet) -> IbcPacket {
    let end = |port: &str, channel: &str| IbcEndpoint {
        port_id: port.to_owned(),
        channel_id: channel.to_owned(),
    };
    let height = packet.timeout_height;
    let block = IbcTimeoutBlock { revision: height.revision, height: height.block };
    let time = Timestamp::from_nanos(packet.timeout_timestamp);
    let timeout = match (height.is_zero(), packet.timeout_timestamp) {
        (false, 0) => IbcTimeout::with_block(block),
        (false, _) => IbcTimeout::with_both(block, time),
        (true, _) => IbcTimeout::with_timestamp(time),
    };
    let id = &packet.id;
    let (src, dst) = (end(&id.src_port, &id.src_channel), end(&id.dst_port, &id.dst_channel));
    IbcPacket::new(packet.data.clone(), src, dst, id.sequence, timeout)
}
