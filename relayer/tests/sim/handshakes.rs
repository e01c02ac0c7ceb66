//! Channels by the thousand.

use ferry::model::ids::{Both, Side};

use crate::channels::Channels as _;
use crate::setup::{Faults, Sending};
use crate::traps::LATE;
use crate::world::World;
use crate::{checks, linked, settle};

const MANY: usize = 1_000;

fn open_many(world: &mut World, count: usize) {
    let ports: Vec<String> = (0..count).map(|number| format!("account-{number}")).collect();
    let ports = ports.iter().map(|port| Both { a: port.as_str(), b: "host" });
    world.link_all(ports, "v");
}

fn transactions(world: &World) -> usize {
    world.chains.a.paid.len() + world.chains.b.paid.len()
}

/// A thousand channels are opened with a few messages in each transaction, within the window, while
/// packets on the first channel go on.
#[test]
fn a_thousand_channels_open_in_batches_and_hold_up_no_packets() {
    let mut world = linked(51, Faults::default());
    for chain in [&mut world.chains.a, &mut world.chains.b] {
        chain.block_gas = 75_000_000;
    }
    world.reconfigure(|config| config.block_gas = Some(75_000_000));
    let before = transactions(&world);
    open_many(&mut world, MANY);
    world.run(3, |_| false);
    world.send_at(Sending { at: 0, from: Side::A, count: 20, expiry: LATE });
    let arrived = |world: &World| world.chains.a.core.channels.commitments() == 0;
    world.run(1, |_| false);
    assert!(world.run(12, arrived), "packets wait for handshakes: {:?}", world.notices);
    assert!(!checks::is_linked(&world), "the flood is over before the packets");
    assert!(world.run(300, checks::is_linked), "the channels open: {:?}", world.notices);
    let count = transactions(&world) - before;
    // Each channel takes four messages.
    assert!(count < MANY / 2, "{count} transactions for {MANY} channels");
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// The same through kills at any step, lost and late answers: no channel is opened twice.
#[test]
fn channels_open_once_through_kills_at_any_step() {
    let faults = Faults { kill: 15, lost: 4, slow: 20, stale: 10, vanish: 10, ..Faults::default() };
    let mut world = linked(52, faults);
    open_many(&mut world, 60);
    assert!(world.run(3_600, checks::is_linked), "the channels open: {:?}", world.notices);
    for side in [Side::A, Side::B] {
        assert_eq!(world.chains.on(side).core.channels.channels(), 61, "channels on {side:?}");
    }
    assert!(world.kills > 20, "only {} kills", world.kills);
    settle(&mut world, 60);
}
