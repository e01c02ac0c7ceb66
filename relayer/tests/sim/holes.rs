//! Transactions that were taken and are gone: their sequences hold up all that comes after.

use cosmos::wire::tx::decode;
use ferry::model::ids::Side;
use ferry::model::rows::SlotRow;

use crate::setup::{Faults, Sending};
use crate::traps::LATE;
use crate::world::{SECOND, World};
use crate::{checks, linked, settle};

/// Within so many seconds all is over where nothing waits for a transaction to expire, which takes 30 blocks.
const SOON: u64 = 12;

/// So many seeds are tried.
const SEEDS: u64 = 8;

/// A world in which packets are sent to B and the transactions with all of them are pooled there: nothing else is to
/// be offered, whose refusal would tell. Whether they are at one moment hangs on when blocks are made, which the seed decides.
fn pooled(seed: u64, packets: u64) -> World {
    let are_pooled = |world: &World| {
        let slots = to_b(world);
        let works: usize = slots.iter().map(|slot| slot.works.len()).sum();
        works as u64 == packets && world.chains.b.pooled() == slots.len()
    };
    let world = (seed..seed + SEEDS).find_map(|seed| {
        let mut world = linked(seed, Faults::default());
        world.send_at(Sending { at: 1, from: Side::A, count: packets, expiry: LATE });
        world.run(20, are_pooled).then_some(world)
    });
    world.expect("all is on its way at once, with some seed")
}

fn to_b(world: &World) -> Vec<SlotRow> {
    world.model.slots().filter(|slot| slot.flow.to == Side::B).cloned().collect()
}

/// Puts what a transaction of ours would do into the next block of B, in a rival's name.
fn rival_does(world: &mut World, slot: &SlotRow) {
    let bytes = world.store.bytes(&slot.id).expect("it is stored").to_vec();
    for message in decode(&bytes).expect("it is a transaction").msgs {
        world.inject(Side::B, message);
    }
}

/// All end soon, nothing fails, and no packet is paid for in vain.
fn acknowledged_soon(world: &mut World, packets: u32) {
    let began = world.now;
    let are_acked = |world: &World| {
        world.chains.a.core.effects.values().map(|effects| effects.acknowledged).sum::<u32>()
            == packets
    };
    assert!(world.run(60, are_acked), "{:?}", world.notices);
    let took = (world.now - began) / SECOND;
    assert!(took <= SOON, "it took {took} s: {:?}", world.notices);
    settle(world, 60);
    let (noops, failed) = checks::wasted(world);
    // The update that a rival brought as well.
    assert!(noops <= 1 && failed == 0, "{noops} noops, {failed} failed");
}

/// A node took transactions, with code 0, and lost them.
#[test]
fn what_a_mempool_lost_is_offered_again() {
    for packets in [1, 100] {
        let mut world = pooled(61, packets);
        world.chains.b.restart();
        acknowledged_soon(&mut world, packets as u32);
    }
}

/// The first of several that a node lost, or the second, or the last, is refused when it is offered again, as a rival has done all of
/// it meanwhile: its sequence is filled before those behind it are offered.
#[test]
fn a_sequence_whose_transaction_is_refused_is_filled_at_once() {
    for place in [0, 1, 7] {
        let mut world = pooled(62, 100);
        world.chains.b.restart();
        let (updates, moving): (Vec<_>, Vec<_>) =
            to_b(&world).into_iter().partition(|slot| slot.works.is_empty());
        updates.iter().for_each(|slot| rival_does(&mut world, slot));
        rival_does(&mut world, &moving[place.min(moving.len() - 1)]);
        acknowledged_soon(&mut world, 100);
    }
}
