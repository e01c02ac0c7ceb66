//! Other relayers on the same path: who waits for whom, and what that saves.

use ferry::model::config::ChainConfig;
use ferry::model::ids::{Both, Side};
use ferry::plan::explain::Why;

use crate::setup::{Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::{MILLI, World};
use crate::{checks, settle};

const RIVAL: Faults = Faults { rival: 95, slow: 20, ..Faults::NONE };

fn beside_a_rival(adjust: fn(&mut ChainConfig)) -> World {
    let mut world = link(Setup { seed: 61, adjust, ..Setup::default() });
    world.faults = RIVAL;
    // Two nodes, so that the mempool of ours does not show what the other does.
    world.rival.is_elsewhere = true;
    send(&mut world);
    world
}

/// As much as the rival keeps up with.
fn send(world: &mut World) {
    for at in 1..40 {
        world.send_at(Sending { at, from: Side::A, count: 3, expiry: LATE });
    }
}

/// Beside one that takes every step that it sees, also in blocks of which our node hears nothing before, all that is wanted
/// opens, and soon.
#[test]
fn paths_open_beside_a_rival_that_opens_them_too() {
    for (seed, is_elsewhere) in [(63, false), (64, true), (65, true)] {
        let mut world = World::with(Setup { seed, faults: RIVAL, ..Setup::default() });
        world.rival.is_elsewhere = is_elsewhere;
        assert!(world.run(60, checks::is_linked), "the path opens: {:?}", world.notices);
        let ports = |number: usize| Both { a: ["one", "two"][number % 2], b: "other" };
        world.link_all((0..10).map(ports), "v");
        assert!(world.run(60, checks::is_linked), "the channels open: {:?}", world.notices);
        assert!(world.rival.won > 5, "the rival took {} steps", world.rival.won);
        send(&mut world);
        settle(&mut world, 300);
        // Second ends that were made twice for one first end are nobody's to open.
        world.faults.rival = 0;
        world.notices.clear();
        world.run(120, |_| false);
        assert_eq!(world.notices, []);
    }
}

/// Where a rival leads, waiting a block makes double work rare.
#[test]
fn politeness_halves_what_is_paid_for_nothing() {
    let noops = |adjust| {
        let mut world = beside_a_rival(adjust);
        settle(&mut world, 900);
        checks::books(&world);
        assert_eq!(checks::wasted(&world).1, 0, "{:?}", world.notices);
        checks::wasted(&world).0
    };
    let (rude, polite) = (noops(|config| config.polite_blocks = 0), noops(|_| {}));
    assert!(rude > 20 && polite * 2 < rude, "{polite} redundant messages, {rude} without waiting");
}

/// A backup pays for nothing while the other relayer works, and does everything when that stops.
#[test]
fn a_backup_steps_in_only_when_others_stop() {
    let mut world = beside_a_rival(|config| config.backup_blocks = 30);
    let paid = |world: &World| world.chains.a.fees + world.chains.b.fees;
    let before = paid(&world);
    world.run(20, |_| false);
    assert!(world.rival.won > 10 && paid(&world) == before, "the backup paid");
    world.faults.rival = 0;
    send(&mut world);
    world.run(3, |_| false);
    let waits = why_waits(&world);
    let yields = |why: &Why| matches!(why, Why::Yields { .. });
    assert!(waits.iter().any(yields), "{waits:?}");
    settle(&mut world, 900);
    assert!(paid(&world) > before);
    assert_eq!(checks::wasted(&world).1, 0, "{:?}", world.notices);
}

/// Who led is known after a restart: the first packets after it wait as those before.
#[test]
fn politeness_outlives_a_restart() {
    let mut world = beside_a_rival(|config| config.polite_blocks = 20);
    settle(&mut world, 900);
    world.faults.rival = 0;
    world.sleep(5);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    world.run(5, |_| false);
    let waits = why_waits(&world);
    assert!(waits.iter().any(|why| matches!(why, Why::Yields { .. })), "{waits:?}");
    settle(&mut world, 120);
}

/// Woken beside blocks in which another relayer has done a part of everything, ferry asks what is left before
/// it pays.
#[test]
fn a_ferry_that_is_behind_looks_before_it_pays() {
    let mut world = link(Setup { adjust: |config| config.polite_blocks = 0, ..Setup::default() });
    world.faults.rival = 60;
    for at in 1..25 {
        world.send_at(Sending { at, from: Side::A, count: 15, expiry: LATE });
    }
    world.sleep(30);
    // All that it did stands in blocks that are not read yet, and they are read slowly.
    world.faults.rival = 0;
    world.reading = 300 * MILLI;
    assert!(world.rival.won > 10);
    settle(&mut world, 300);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}
