//! What ends soon goes first.

use ferry::model::config::ChainConfig;
use ferry::model::ids::Side;

use crate::setup::{Expiry, Sending, Setup};
use crate::traps::{LATE, link};
use crate::{checks, settle};

/// A backlog takes more than a minute, and some packets that come last have less than one.
#[test]
fn packets_with_little_time_go_before_a_backlog() {
    const BLOCK_GAS: u64 = 4_000_000;
    let adjust = |config: &mut ChainConfig| config.block_gas = Some(BLOCK_GAS);
    for expiry in [Expiry::Seconds(35), Expiry::Blocks(30)] {
        let mut world = link(Setup { adjust, ..Setup::default() });
        world.chains.b.block_gas = BLOCK_GAS;
        let begun = world.chains.b.height;
        world.send_at(Sending { at: 1, from: Side::A, count: 2_600, expiry: LATE });
        world.send_at(Sending { at: 6, from: Side::A, count: 20, expiry });
        settle(&mut world, 600);
        let blocks = world.chains.b.height - begun;
        assert!(blocks > 45, "the backlog took {blocks} blocks only");
        let late = world.chains.a.core.effects.values().filter(|it| it.timed_out > 0).count();
        assert_eq!((late, checks::wasted(&world)), (0, (0, 0)), "{expiry:?}");
    }
}
