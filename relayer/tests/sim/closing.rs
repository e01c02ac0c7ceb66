//! Channels that close, and the packets that they leave behind.

use cosmos::wire::packet::Packet;
use cosmos::wire::path;
use ferry::model::facts::Event;
use ferry::model::ids::{Order, Side};
use ferry::plan::explain::Why;
use ibc_proto::ibc::core::channel::v1::{
    Channel, Counterparty, MsgChannelCloseInit, MsgTimeoutOnClose,
};
use prost::Message;

use crate::channels::Channels;
use crate::core::{Context, Core, Effect, Failure, commitment, fail, is_ordered};
use crate::opening::CLOSED;
use crate::setup::{Expiry, Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::World;
use crate::{checks, settle};

impl<C: Channels> Core<C> {
    pub(crate) fn channel_close_init(
        &mut self,
        at: &Context,
        message: &MsgChannelCloseInit,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let end = (message.port_id.as_str(), message.channel_id.as_str());
        out.extend(self.channels.close_init(at, end)?);
        Ok(Effect::Done)
    }

    pub(crate) fn timeout_on_close(
        &mut self,
        at: &Context,
        message: MsgTimeoutOnClose,
        out: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let packet = message.packet.unwrap_or_default();
        let channel = self.channel((&packet.source_port, &packet.source_channel))?;
        if !self.has(&commitment(&packet)) {
            return Ok(Effect::Noop);
        }
        let hop = self.connection(&channel.connection_hops[0])?;
        let (port, id) = (packet.source_port.clone(), packet.source_channel.clone());
        let closed = Channel {
            state: CLOSED,
            counterparty: Some(Counterparty { port_id: port, channel_id: id }),
            connection_hops: vec![hop.counterparty.unwrap_or_default().connection_id],
            ..channel.clone()
        };
        let client = self.client_of(&channel)?;
        let (port, id) = (&packet.destination_port, &packet.destination_channel);
        let proof = (Some(&*closed.encode_to_vec()), &*message.proof_close);
        if self.verify(&client, message.proof_height, &path::channel(port, id), proof).is_err() {
            return fail("commitment", 2, "the other end is not proved to be closed");
        }
        let next = message.next_sequence_recv.to_be_bytes();
        let (key, value) = match is_ordered(&channel) {
            true => (path::next_sequence_recv(port, id), Some(next.as_slice())),
            false => (path::receipt(port, id, packet.sequence), None),
        };
        self.verify(&client, message.proof_height, &key, (value, &message.proof_unreceived))?;
        let packet = Packet::from(packet);
        out.extend(self.channels.time_out(at, &packet)?);
        self.effect(&packet, &at.chain, |effects| effects.timed_out += 1);
        Ok(Effect::Done)
    }
}

fn close(world: &mut World, side: Side) {
    let end = world.channel_end(0, side).expect("the channel is open");
    world.inject(
        side,
        cosmos::wire::tx::any(&MsgChannelCloseInit {
            port_id: end.port.to_string(),
            channel_id: end.channel.to_string(),
            signer: "x".to_owned(),
        }),
    );
}

fn is_closed(world: &World) -> bool {
    [Side::A, Side::B].into_iter().all(|side| {
        let channel = world.chains.on(side).core.channel(("transfer", "channel-0"));
        channel.is_ok_and(|channel| channel.state == CLOSED)
    })
}

/// What a closed end will not receive comes back at once, though its timeout is far away.
#[test]
fn packets_to_a_closed_end_come_back() {
    for faults in [Faults::default(), Faults { kill: 5, lost: 10, stale: 10, ..Faults::default() }]
    {
        let mut world = link(Setup { faults, ..Setup::default() });
        world.send_at(Sending { at: 1, from: Side::A, count: 30, expiry: LATE });
        world.sleep(5);
        close(&mut world, Side::B);
        world.sleep(5);
        settle(&mut world, 120);
        assert!(is_closed(&world), "{:?}", world.notices);
        assert_eq!(checks::wasted(&world), (0, 0));
        let timed_out: u32 = world.chains.a.core.effects.values().map(|e| e.timed_out).sum();
        assert_eq!(timed_out, 30);
    }
}

/// ICS-4: a timeout closes an ordered channel, the other end has to be told, and the packets behind
/// it come back without waiting for their own timeouts.
#[test]
fn an_ordered_timeout_closes_both_ends_and_returns_the_rest() {
    let mut world = link(Setup { order: Order::Ordered, ..Setup::default() });
    world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: Expiry::Seconds(1) });
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    settle(&mut world, 60);
    assert!(is_closed(&world), "{:?}", world.notices);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// One that cannot go on an ordered channel holds those behind it up, and only until it can.
#[test]
fn an_ordered_channel_stops_at_the_first_that_cannot_go_and_goes_on_after() {
    let mut world = link(Setup { order: Order::Ordered, ..Setup::default() });
    world.send_at(Sending { at: 1, from: Side::A, count: 20, expiry: LATE });
    world.chains.b.core.channels.refuses = Some(8);
    world.run(40, |_| false);
    let received = |world: &World| {
        world.chains.b.core.effects.values().map(|effects| effects.received).sum::<u32>()
    };
    assert_eq!(received(&world), 7, "{:?}", world.notices);
    let waits_for = |why: &Why| matches!(why, Why::Behind { seq: 8, .. });
    let whys = why_waits(&world);
    let behind = whys.iter().filter(|why| waits_for(why)).count();
    assert_eq!((behind, whys.len()), (12, 13), "9 to 20 wait for 8: {whys:?}");
    world.chains.b.core.channels.refuses = None;
    settle(&mut world, 200);
    assert_eq!((received(&world), checks::wasted(&world)), (20, (0, 0)));
}
