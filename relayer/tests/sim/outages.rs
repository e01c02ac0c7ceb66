//! Applications that refuse everything for a while: nothing is lost, and nobody has to ask for it.

use ferry::model::ids::Side;
use ferry::model::notice::Notice;

use crate::again::{is_open, shut_out};
use crate::setup::{Faults, Sending};
use crate::traps::LATE;
use crate::world::World;
use crate::{checks, linked, settle};

fn halt(world: &mut World, side: Side) {
    world.chains.on_mut(side).core.channels.halted = true;
}

fn resume(world: &mut World, side: Side) {
    world.chains.on_mut(side).core.channels.halted = false;
}

fn given_up(world: &World) -> usize {
    let rows = world.model.packets().filter_map(|row| row.failed.as_ref());
    rows.filter(|(_, attempt)| attempt.given_up).count()
}

fn paid(world: &World) -> usize {
    world.chains.a.paid.len() + world.chains.b.paid.len()
}

/// Everything is given up while a contract is paused, receives or acknowledgements. When it works again, the next
/// regular check finds that out, and all goes in batches.
#[test]
fn what_was_given_up_goes_by_itself_after_an_outage_of_hours() {
    const COUNT: u64 = 200;
    for side in [Side::A, Side::B] {
        let mut world = linked(95, Faults::default());
        world.try_often(5);
        halt(&mut world, side);
        world.send_at(Sending { at: 1, from: Side::A, count: COUNT, expiry: LATE });
        assert!(
            world.run(2_000, |world| given_up(world) == COUNT as usize),
            "it is tried for ever"
        );
        // Checks come and go, and each tries some in vain; the operator is told once of each packet.
        world.run(8_000, |_| false);
        let told = |notice: &&Notice| matches!(notice, Notice::GivenUp { .. });
        assert_eq!(world.notices.iter().filter(told).count() as u64, COUNT);
        assert!(given_up(&world) > 150, "{} are given up", given_up(&world));
        resume(&mut world, side);
        let before = paid(&world);
        settle(&mut world, 3_700);
        assert_eq!(checks::wasted(&world), (0, 0));
        assert!(paid(&world) - before < 80, "{} transactions", paid(&world) - before);
    }
}

/// What failed for some minutes goes in batches again, and takes hardly more transactions than if nothing had been.
#[test]
fn after_a_short_outage_all_goes_in_batches_again() {
    const COUNT: u64 = 500;
    let mut taken = [0, 0];
    for (halts, taken) in [false, true].into_iter().zip(&mut taken) {
        let mut world = linked(96, Faults::default());
        if halts {
            halt(&mut world, Side::B);
        }
        world.send_at(Sending { at: 1, from: Side::A, count: COUNT, expiry: LATE });
        if halts {
            world.run(100, |_| false);
            resume(&mut world, Side::B);
        }
        let before = paid(&world);
        settle(&mut world, 600);
        assert_eq!(checks::wasted(&world), (0, 0));
        *taken = paid(&world) - before;
    }
    assert!(taken[1] <= 2 * taken[0], "{taken:?} transactions, without and with an outage");
}

/// A step of a handshake that an application refuses for hours is taken by itself too.
#[test]
fn a_handshake_that_was_given_up_goes_by_itself() {
    let mut world = shut_out(97);
    assert!(world.run(3_700, is_open), "{:?}", world.notices.last());
}
