//! The engine against simulated chains in virtual time: every run follows from one seed.
//!
//! `FERRY_SIM_SEED` replays a seed, `FERRY_SIM_RUNS` makes the random runs longer.

mod chain;
mod checks;
mod core;
mod events;
mod light;
mod opening;
mod rival;
mod rng;
mod store;
mod world;

use ferry::model::ids::Side;
use world::{Expiry, Faults, Sending, World};

fn linked(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    world
}

fn settle(world: &mut World, seconds: u64) {
    let over = world.now + 2 * world::SECOND;
    let done = world.run(seconds, |world| world.now > over && checks::is_at_rest(world));
    assert!(done, "everything ends: {:?} {:?}", world.notices, world.model.packets().next());
    checks::at_rest(world);
}

#[test]
fn link_opens_client_connection_and_channel() {
    let mut world = linked(1, Faults::default());
    assert_eq!(checks::wasted(&world), (0, 0));
    settle(&mut world, 10);
}

#[test]
fn packets_are_received_and_acknowledged_once() {
    let mut world = linked(2, Faults::default());
    for (at, from, count) in [(1, Side::A, 1), (4, Side::A, 150), (5, Side::B, 40)] {
        world.send_at(Sending { at, from, count, expiry: Expiry::Seconds(600) });
    }
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0));
}
