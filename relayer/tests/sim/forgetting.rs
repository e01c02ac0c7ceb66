//! Paths that are forgotten in the middle of everything, and taken up again.

use ferry::model::ids::{Height, Side};
use ferry::model::rows::Rows;

use crate::chain::Send;
use crate::setup::Faults;
use crate::world::{SECOND, World};
use crate::{busy, checks, linked, seeds, settle};

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
