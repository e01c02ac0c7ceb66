//! One bad packet among many: it delays nothing else and ends with its reason.

use ferry::model::facts::Fact;
use ferry::model::ids::{Order, Side};
use ferry::model::notice::Notice;
use ferry::plan::explain::{Why, explain};

use crate::plain::Quirk;
use crate::setup::{Expiry, Faults, Sending, Setup};
use crate::traps::LATE;
use crate::world::{SECOND, World};
use crate::{checks, linked, settle};

const BAD: u64 = 57;

fn send(world: &mut World) {
    world.send_at(Sending { at: 1, from: Side::A, count: 100, expiry: LATE });
}

/// How long it takes until `count` packets are acknowledged, in nanoseconds.
fn time_until(world: &mut World, count: u32) -> u64 {
    let began = world.now;
    let acked = |world: &World| {
        world.chains.a.core.effects.values().map(|e| e.acknowledged).sum::<u32>() >= count
    };
    assert!(world.run(120, acked), "{:?}", world.notices);
    world.now - began
}

/// After how many blocks of B `count` packets have been received, and how many of A later they have been acknowledged.
fn heights_until(world: &mut World, count: usize) -> [u64; 2] {
    let begun = world.chains.b.height;
    let received = |world: &World| {
        let effects = world.chains.b.core.effects.values();
        effects.filter(|effects| effects.received > 0).count() >= count
    };
    assert!(world.run(120, received), "{:?}", world.notices);
    let (received, acknowledged) = (world.chains.b.height, world.chains.a.height);
    time_until(world, count as u32);
    [received - begun, world.chains.a.height - acknowledged]
}

fn failing(notice: &Notice) -> Option<&str> {
    match notice {
        Notice::Failing { work, .. } => Some(work),
        _ => None,
    }
}

#[test]
fn one_bad_packet_in_a_hundred_delays_nothing_and_ends_with_its_reason() {
    let mut calm = linked(31, Faults::default());
    send(&mut calm);
    let usual = time_until(&mut calm, 100);
    let mut world = linked(31, Faults::default());
    world.chains.b.core.channels.refuses = Some(BAD);
    send(&mut world);
    let taken = time_until(&mut world, 99);
    let block = 2 * SECOND;
    assert!(taken <= usual + block, "{taken} ns with a bad packet, {usual} ns without");
    let given_up =
        |world: &World| world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }));
    assert!(world.run(9_000, given_up), "it is tried for ever");
    let rows: Vec<_> = world.model.packets().map(|row| row.key.clone()).collect();
    let [bad] = &rows[..] else { panic!("one packet is left, not {rows:?}") };
    match explain(&world.model, bad) {
        Why::GivenUp { reason, .. } => {
            assert!(reason.contains("the application fails"), "{reason}")
        }
        why => panic!("{why}"),
    }
    assert_eq!((bad.seq, checks::wasted(&world)), (BAD, (0, 0)));
    // Whatever was wrong is repaired: it goes when it is asked for.
    world.chains.b.core.channels.refuses = None;
    assert!(!world.run(120, checks::is_at_rest), "given up means given up");
    let path = world.model.paths().next().expect("there is a path").path.clone();
    world.feed(Fact::Clear(path));
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// The same where the chain does not say which message fails.
#[test]
fn one_bad_packet_that_nothing_names_delays_nothing() {
    let mut calm = linked(33, Faults::default());
    send(&mut calm);
    let usual = time_until(&mut calm, 100);
    let mut world = linked(33, Faults::default());
    world.chains.b.core.channels.quirks = [(BAD, Quirk::Burns)].into();
    send(&mut world);
    let taken = time_until(&mut world, 99);
    let block = 2 * SECOND;
    assert!(taken <= usual + block, "{taken} ns with a bad packet, {usual} ns without");
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Five kinds at once in one block of a hundred: one that takes all gas there is, one that takes more than may be paid
/// for, one whose acknowledgement nobody can bring, one that times out before it can be received, and one that may. No
/// message of another one is more than a block later.
#[test]
fn five_bad_packets_of_all_kinds_delay_nothing() {
    let mut calm = linked(36, Faults::default());
    send(&mut calm);
    let usual = heights_until(&mut calm, 100);
    let mut world = linked(36, Faults::default());
    let quirks = [(17, Quirk::Burns), (38, Quirk::Takes(15_000_000)), (57, Quirk::Acks(1_000_000))];
    world.chains.b.core.channels.quirks = quirks.into();
    for (count, expiry) in
        [(63, LATE), (1, Expiry::Blocks(1)), (26, LATE), (1, Expiry::Seconds(4)), (9, LATE)]
    {
        world.send_at(Sending { at: 1, from: Side::A, count, expiry });
    }
    let taken = heights_until(&mut world, 95);
    let is_late = usual.into_iter().zip(taken).any(|(usual, taken)| taken > usual + 1);
    assert!(!is_late, "received and acknowledged in {taken:?} with bad packets, {usual:?} without");
    let are_given_up = |world: &World| {
        let given_up = |notice: &&Notice| matches!(notice, Notice::GivenUp { .. });
        world.notices.iter().filter(given_up).count() == quirks.len()
    };
    assert!(world.run(9_000, are_given_up), "{:?}", world.notices);
    let left: Vec<u64> = world.model.packets().map(|row| row.key.seq).collect();
    assert_eq!((&left[..], checks::wasted(&world)), (&[17, 38, 57][..], (0, 0)));
}

/// A contract knows whether it is simulated, and its error on entry can be that of an account without money. What the
/// account has is what tells: it goes on paying, and the message is found.
#[test]
fn a_packet_that_pleads_poverty_stops_no_lane() {
    let mut world = linked(35, Faults::default());
    world.chains.a.core.channels.quirks = [(BAD, Quirk::PleadsPoverty)].into();
    send(&mut world);
    let taken = time_until(&mut world, 99);
    assert!(taken <= 30 * SECOND, "{taken} ns");
    let is_empty = |notice: &Notice| matches!(notice, Notice::LaneEmpty { .. });
    assert!(!world.notices.iter().any(is_empty), "{:?}", world.notices);
    assert!(world.run(600, |world| world.notices.iter().any(|it| failing(it).is_some())));
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// On an ordered channel nothing goes before one that fails; what waits for it is not blamed.
#[test]
fn an_ordered_channel_stops_at_its_first_bad_packet_and_goes_on_after() {
    let mut world = World::with(Setup { seed: 32, order: Order::Ordered, ..Setup::default() });
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    world.chains.b.core.channels.refuses = Some(6);
    world.send_at(Sending { at: 1, from: Side::A, count: 12, expiry: LATE });
    let acked = time_until(&mut world, 5);
    assert!(acked < 10 * SECOND, "{acked} ns for those before it");
    world.run(60, |_| false);
    let mut blamed: Vec<&str> = world.notices.iter().filter_map(failing).collect();
    blamed.dedup();
    assert!(blamed.len() == 1 && blamed[0].ends_with("/6"), "{blamed:?}");
    world.chains.b.core.channels.refuses = None;
    settle(&mut world, 300);
    assert_eq!(checks::wasted(&world), (0, 0));
}
