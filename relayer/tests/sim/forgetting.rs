//! Paths that are forgotten in the middle of everything, and taken up again.

use ferry::model::ids::{Both, Height, Side};
use ferry::model::rows::{PathRow, Rows};
use ferry::plan::work::Work;

use crate::chain::Send;
use crate::setup::Faults;
use crate::world::{SECOND, World};
use crate::{busy, checks, linked, seeds, settle};

/// The same connection under another name.
fn renamed(row: PathRow) -> PathRow {
    PathRow { path: "another".into(), ..row }
}

/// The same connection under another name, seen from its other side.
fn turned(row: PathRow) -> PathRow {
    let (chains, ends) = (row.chains.clone(), row.ends.clone());
    PathRow {
        chains: Both { a: chains.b, b: chains.a },
        ends: Both { a: ends.b, b: ends.a },
        ..renamed(row)
    }
}

/// Lets somebody send packets while nobody serves the path.
fn send_unseen(world: &mut World) {
    for side in [Side::A, Side::B] {
        let end = world.channel_end(0, side).expect("the channel is open");
        let timeout = (Height::default(), world.now + 9_000 * SECOND);
        for number in 0..7 {
            let (end, data) = (end.clone(), format!("unseen {number}").into_bytes());
            let send: Send = Box::new(move |core| core.channels.send(&end, timeout, data));
            world.happens_next(side, send);
        }
    }
}

/// Nothing is left of it but what is on its way.
fn nothing_is_left(world: &World) {
    let Rows { paths, channels, packets, gaps, .. } = world.store.rows();
    assert_eq!((paths, channels, packets, gaps), (vec![], vec![], vec![], vec![]));
    assert!(world.model.packets().next().is_none());
}

/// Whatever was under way: what was signed is settled and in the books, nothing new is signed, and whoever takes the
/// path up again, at once or later, finds what is pending and pays for nothing twice.
#[test]
fn a_forgotten_path_is_settled_and_found_again() {
    for seed in seeds(3) {
        println!("forgotten with FERRY_SIM_SEED={seed}");
        let faults = match seed % 3 {
            0 => Faults::default(),
            1 => Faults { lost: 5, slow: 20, twice: 10, stale: 10, ..Faults::default() },
            _ => Faults { kill: 5, vanish: 10, ..Faults::default() },
        };
        let mut world = linked(seed, faults);
        busy(&mut world);
        let moment = 2 + world.rng.below(20);
        world.run(moment, |_| false);
        send_unseen(&mut world);
        let row = world.forget();
        nothing_is_left(&world);
        if seed % 2 == 0 {
            // Longer than a transaction lives.
            world.run(90, |_| false);
            nothing_is_left(&world);
            assert_eq!(world.model.slots().count(), 0, "{:?}", world.model.slots().next());
        }
        world.take_up(row);
        settle(&mut world, 1_800);
        checks::books(&world);
        let (noops, failed) = checks::wasted(&world);
        assert_eq!((noops, failed), (0, 0), "{:?}", world.notices);
    }
}

/// What is on its way for a path that was forgotten is on its way for the one that has its connection next, too.
#[test]
fn a_path_that_is_taken_up_under_another_name_pays_for_nothing_twice() {
    let mut on_their_way = 0;
    for seed in seeds(6) {
        println!("renamed with FERRY_SIM_SEED={seed}");
        let kill = if seed % 3 == 2 { 5 } else { 0 };
        let mut world = linked(seed, Faults { kill, vanish: 10, ..Faults::default() });
        busy(&mut world);
        let moment = 2 + world.rng.below(20);
        world.run(moment, |world| world.model.slots().any(|slot| !slot.works.is_empty()));
        let row = world.forget();
        on_their_way += world.model.slots().flat_map(|slot| &slot.works).count();
        world.take_up(if seed % 2 == 0 { turned(row) } else { renamed(row) });
        settle(&mut world, 1_800);
        checks::books(&world);
        assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    }
    assert!(on_their_way > 0, "nothing was on its way");
}

/// Nor is a connection or a channel begun twice, whichever step was on its way.
#[test]
fn steps_that_a_forgotten_path_has_sent_are_not_paid_for_again() {
    let mut on_their_way = 0;
    for seed in 0..60 {
        let mut world = World::new(seed, Faults::default());
        let until = seed % 20;
        let is_step = |work: &Work| matches!(work, Work::Connection(_) | Work::Channel(..));
        let has_step = |world: &World| world.model.slots().any(|s| s.works.iter().any(is_step));
        world.run(until, |_| false);
        if !world.run(2, has_step) {
            continue;
        }
        let row = world.forget();
        on_their_way += usize::from(has_step(&world));
        world.take_up(if seed % 3 == 0 { turned(row) } else { renamed(row) });
        world.run(200, |_| false);
        for chain in [&world.chains.a, &world.chains.b] {
            assert_eq!(chain.core.counters[1], 1, "connections of {} with seed {seed}", chain.id);
            assert!(chain.core.channels.count() <= 1, "channels of {} with seed {seed}", chain.id);
        }
        assert_eq!(checks::wasted(&world), (0, 0), "seed {seed}: {:?}", world.notices);
    }
    assert!(on_their_way > 10, "{on_their_way} steps were on their way");
}
