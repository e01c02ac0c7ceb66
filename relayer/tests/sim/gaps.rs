//! Blocks that nobody keeps, stores that are lost: what they held is found in the chains' state.

use ferry::model::facts::Fact;
use ferry::model::ids::Side;
use ferry::model::notice::Notice;

use crate::rng::Rng;
use crate::setup::{Expiry, Faults, Sending};
use crate::traps::LATE;
use crate::world::World;
use crate::{busy, checks, linked, seeds, settle};

fn send_both(world: &mut World, count: u64) {
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count, expiry: LATE });
        world.send_at(Sending { at: 2, from, count: 3, expiry: Expiry::Seconds(20) });
    }
}

pub(crate) fn prune(world: &mut World) {
    for side in [Side::A, Side::B] {
        let chain = world.chains.on_mut(side);
        chain.pruned = chain.height - 5;
    }
}

/// A node that has thrown away blocks which were not read: their packets are found all the same.
#[test]
fn a_pruned_node_loses_nothing() {
    for faults in [Faults::default(), Faults { kill: 5, lost: 5, stale: 10, ..Faults::default() }] {
        let mut world = linked(21, faults);
        send_both(&mut world, 40);
        world.run(4, |_| false);
        send_both(&mut world, 20);
        world.sleep(60);
        prune(&mut world);
        settle(&mut world, 300);
        let told = |notice: &&Notice| matches!(notice, Notice::Gap { .. });
        assert!(world.notices.iter().filter(told).count() >= 2, "{:?}", world.notices);
        assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    }
}

/// A scan that takes longer than it may is handed over in parts, and goes on where it was: also after a kill.
#[test]
fn a_long_scan_goes_on_where_it_was() {
    const SENT: u64 = 2_000;
    let mut world = linked(24, Faults { kill: 2, ..Faults::default() });
    world.scan_part = 50;
    world.send_at(Sending { at: 1, from: Side::A, count: SENT, expiry: LATE });
    world.sleep(10);
    prune(&mut world);
    settle(&mut world, 300);
    let parts = world.scanned.iter().filter(|(_, found)| *found == world.scan_part).count();
    let begun = world.scanned.iter().filter(|(after, found)| *after == 0 && *found > 0).count();
    assert!(parts >= 30, "{parts} parts are no long scan");
    assert!(begun < parts / 4, "begun {begun} times in {parts} parts: {:?}", world.scanned);
    let looked_at: usize = world.scanned.iter().map(|(_, found)| found).sum();
    assert!(looked_at < 4_000, "looked at {looked_at} of {SENT}: {:?}", world.scanned);
}

/// An old copy of the store is put back: nothing that it does not know of is lost, and nothing is paid for again.
#[test]
fn an_old_copy_of_the_store_does_no_harm() {
    for seed in seeds(5) {
        println!("old copy with FERRY_SIM_SEED={seed}");
        let mut rng = Rng::new(seed);
        let faults = Faults { slow: rng.below(30), lost: rng.below(5), ..Faults::default() };
        let mut world = linked(seed, faults);
        busy(&mut world);
        world.run(2 + rng.below(8), |_| false);
        let copy = world.store.clone();
        world.run(2 + rng.below(20), |_| false);
        world.restore(copy, 5);
        settle(&mut world, 1_800);
        assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    }
}

/// The store is lost in the middle of everything, ten times over.
#[test]
fn a_lost_store_is_found_again() {
    let mut world = linked(22, Faults::default());
    busy(&mut world);
    for _ in 0..10 {
        world.run(3, |_| false);
        world.lose_store();
    }
    settle(&mut world, 900);
    // Transactions that were on their way when the store was lost are sent a second time.
    let (noops, failed) = checks::wasted(&world);
    assert!(failed == 0 && noops < 200, "{noops} noops, {failed} failed: {:?}", world.notices);
}

/// What happens now does not wait for what a scan found.
#[test]
fn live_packets_go_before_found_ones() {
    let mut world = linked(23, Faults::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 3_000, expiry: LATE });
    world.sleep(10);
    prune(&mut world);
    world.run(2, |_| false);
    world.send_at(Sending { at: 0, from: Side::A, count: 5, expiry: LATE });
    let arrived = |world: &World, seq: u64| {
        let effects = &world.chains.b.core.effects;
        effects.iter().any(|(name, effects)| name.2 == seq && effects.received == 1)
    };
    let live = |world: &World| (3_001..=3_005).all(|seq| arrived(world, seq));
    assert!(world.run(8, live), "the live ones wait: {:?}", world.notices);
    assert!(!(1..=3_000).all(|seq| arrived(&world, seq)), "there was no backlog to wait for");
    settle(&mut world, 300);
}

/// States are compared with what was read as often as that is wanted, also when it is changed.
#[test]
fn states_are_checked_as_often_as_is_wanted() {
    let mut world = linked(65, Faults::default());
    let scans = |world: &mut World, seconds: u64| {
        let before = world.scanned.len();
        world.run(seconds, |_| false);
        world.scanned.len() - before
    };
    world.check_every(0);
    assert_eq!(scans(&mut world, 300), 0);
    world.check_every(60);
    // Both ends of the channel, four times or so.
    let often = scans(&mut world, 270);
    assert!((6..=16).contains(&often), "{often}");
    world.check_every(0);
    assert_eq!(scans(&mut world, 300), 0);
}

fn send_unheard(world: &mut World) {
    world.hides_sends = true;
    world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
    world.run(10, |_| false);
    world.hides_sends = false;
    assert_eq!((world.model.packets().count(), world.chains.a.core.sent()), (0, 5));
}

/// What a node leaves out of a block, nothing else tells of: the check finds it within the hour.
#[test]
fn what_no_block_told_of_is_found_within_the_hour() {
    let mut world = linked(66, Faults::default());
    send_unheard(&mut world);
    settle(&mut world, 3_700);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Where something of a block does not read, the state is looked at without waiting for the hour.
#[test]
fn what_did_not_read_has_the_state_looked_at_at_once() {
    let mut world = linked(67, Faults::default());
    send_unheard(&mut world);
    assert!(!world.run(60, checks::is_at_rest), "nothing told of them yet");
    world.feed(Fact::Garbled(world.chains.a.id.as_str().into()));
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}
