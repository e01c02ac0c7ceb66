//! Packets of strangers that want to stop everything: each ends alone, with its reason, and the others go
//! on as if it were not there.

use ferry::model::config::ChainConfig;
use ferry::model::ids::Side;
use ferry::model::notice::Notice;
use ferry::plan::explain::Why;

use crate::plain::Quirk;
use crate::setup::{Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::World;
use crate::{checks, linked, settle};

const BAD: u64 = 57;

fn send(world: &mut World, count: u64) {
    world.send_at(Sending { at: 1, from: Side::A, count, expiry: LATE });
}

fn acknowledged(world: &World) -> u32 {
    world.chains.a.core.effects.values().map(|effects| effects.acknowledged).sum()
}

fn failed_for(world: &World, text: &str) -> usize {
    world.chains.all().flat_map(|chain| &chain.paid).filter(|used| used.log.contains(text)).count()
}

/// All but the bad one of `count` packets are acknowledged within so many seconds; then it is given up, and
/// nothing else was.
fn only_the_bad_one_stays(world: &mut World, count: u64, seconds: u64) -> String {
    let rest = u32::try_from(count - 1).expect("it is small");
    assert!(
        world.run(seconds, |world| acknowledged(world) >= rest),
        "{} of {rest}: {:?}",
        acknowledged(world),
        world.notices.last_chunk::<3>()
    );
    let is_given_up =
        |world: &World| world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }));
    assert!(world.run(9_000, is_given_up), "it is tried for ever: {:?}", why_waits(world));
    let is_parked = |notice: &Notice| matches!(notice, Notice::ClientUnusable { .. });
    assert!(!world.notices.iter().any(is_parked), "a text parks the path");
    match &why_waits(world)[..] {
        [Why::GivenUp { reason, work, .. }] => {
            assert!(work.ends_with(&format!("/{BAD}")), "{work}");
            reason.clone()
        }
        waits => panic!("{waits:?}"),
    }
}

/// Its receive simulates well and takes all the gas in a block.
#[test]
fn gas_burned_in_blocks_only_is_paid_for_alone() {
    let mut world = linked(41, Faults::default());
    world.chains.b.core.channels.quirks = [(BAD, Quirk::BurnsInBlocks)].into();
    send(&mut world, 100);
    let reason = only_the_bad_one_stays(&mut world, 100, 90);
    assert!(reason.contains("out of gas"), "{reason}");
    let burned = failed_for(&world, "out of gas");
    assert!(burned <= 40 + 6, "{burned} transactions are paid for");
}

/// Its receive is simulated without an end: the chain names no message.
#[test]
fn gas_burned_in_simulations_stops_nothing_else() {
    let mut world = linked(42, Faults::default());
    world.chains.b.core.channels.quirks = [(BAD, Quirk::Burns)].into();
    send(&mut world, 100);
    let reason = only_the_bad_one_stays(&mut world, 100, 20);
    assert!(reason.contains("out of gas"), "{reason}");
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// The same for one whose simulation is never answered.
#[test]
fn a_simulation_that_hangs_stops_nothing_else() {
    let mut world = linked(43, Faults::default());
    world.chains.b.core.channels.quirks = [(BAD, Quirk::Hangs)].into();
    send(&mut world, 100);
    only_the_bad_one_stays(&mut world, 100, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// The same when there is nothing else to relay, so that nothing but the client's update can tell.
#[test]
fn a_message_that_fails_without_a_name_is_given_up_where_there_is_no_other() {
    for quirk in [Quirk::Burns, Quirk::Hangs] {
        let mut world = linked(44, Faults::default());
        world.chains.b.core.channels.quirks = [(1, quirk)].into();
        send(&mut world, 1);
        let is_given_up = |world: &World| {
            world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }))
        };
        assert!(world.run(9_000, is_given_up), "{quirk:?}: {:?}", why_waits(&world));
        assert_eq!(checks::wasted(&world), (0, 0));
    }
}

/// A contract's error reads like a dead client's.
#[test]
fn a_contracts_text_does_not_park_a_path() {
    let mut world = linked(45, Faults::default());
    world.chains.a.core.channels.quirks = [(BAD, Quirk::RefusesAck("client is frozen"))].into();
    send(&mut world, 100);
    let reason = only_the_bad_one_stays(&mut world, 100, 30);
    assert!(reason.contains("client is frozen"), "{reason}");
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// A contract's error would clear the operator's screen and forge a line of another packet.
#[test]
fn a_contracts_text_stays_on_its_line() {
    let mut world = linked(49, Faults::default());
    let text = "\u{1b}[2J\nalpha-1/transfer/channel-0/58: it is over";
    world.chains.a.core.channels.quirks = [(BAD, Quirk::RefusesAck(text))].into();
    send(&mut world, 100);
    let reason = only_the_bad_one_stays(&mut world, 100, 30);
    assert!(reason.contains("\\u{1b}[2J\\nalpha-1"), "{reason}");
    let told = |notice: &Notice| notice.to_string();
    let shown = why_waits(&world)
        .into_iter()
        .map(|why| why.to_string())
        .chain(world.notices.iter().map(told));
    for line in shown {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// Its receive takes nearly a block's gas, and nobody set `max_gas`.
#[test]
fn a_message_may_not_cost_a_whole_block_by_default() {
    for percent in [50, 95, 99, 150] {
        let mut world = linked(46, Faults::default());
        let gas = world.chains.b.block_gas / 100 * percent;
        world.chains.b.core.channels.quirks = [(BAD, Quirk::Takes(gas))].into();
        send(&mut world, 100);
        let reason = only_the_bad_one_stays(&mut world, 100, 30);
        assert!(reason.contains("max_gas"), "{reason}");
        let dear = world.chains.b.paid.iter().filter(|used| used.gas_used >= gas).count();
        assert_eq!((dear, checks::wasted(&world)), (0, (0, 0)), "{percent} % of a block is paid");
    }
}

/// The same where a transaction of many messages may take more than it does.
#[test]
fn a_message_may_not_cost_more_among_others() {
    let adjust = |config: &mut ChainConfig| config.block_gas = Some(200_000_000);
    let mut world = link(Setup { seed: 48, adjust, ..Setup::default() });
    world.chains.b.block_gas = 200_000_000;
    world.chains.b.core.channels.quirks = [(BAD, Quirk::Takes(6_000_000))].into();
    send(&mut world, 100);
    let reason = only_the_bad_one_stays(&mut world, 100, 30);
    assert!(reason.contains("max_gas"), "{reason}");
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// One packet that the chain's mempool has no place for, and fifty after it.
#[test]
fn a_packet_too_large_for_the_mempool_holds_up_no_lane() {
    let mut world = linked(47, Faults::default());
    world.chains.b.max_tx_bytes = 200_000;
    let large = Sending { at: 1, from: Side::A, count: 1, expiry: LATE };
    world.send_data_at(large, vec![7; 250_000]);
    world.send_at(Sending { at: 2, from: Side::A, count: 50, expiry: LATE });
    assert!(world.run(30, |world| acknowledged(world) == 50), "{:?}", world.notices);
    let is_given_up =
        |world: &World| world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }));
    assert!(world.run(9_000, is_given_up), "{:?}", why_waits(&world));
    assert!(why_waits(&world)[0].to_string().contains("too large"), "{:?}", why_waits(&world));
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// A packet that cannot be simulated, as the node takes no such requests, is given up before.
#[test]
fn a_packet_too_large_to_be_simulated_is_given_up() {
    let adjust = |config: &mut ChainConfig| config.block_bytes = 22_020_096;
    let mut world = link(Setup { adjust, ..Setup::default() });
    let large = Sending { at: 1, from: Side::A, count: 1, expiry: LATE };
    world.send_data_at(large, vec![7; 600_000]);
    world.send_at(Sending { at: 1, from: Side::A, count: 20, expiry: LATE });
    assert!(world.run(30, |world| acknowledged(world) == 20), "{:?}", world.notices);
    let is_given_up =
        |world: &World| world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }));
    assert!(world.run(9_000, is_given_up), "{:?}", why_waits(&world));
}

/// Many packets of some size: their batches are cut so that a node takes them to be simulated.
#[test]
fn large_packets_are_simulated_in_batches_that_a_node_takes() {
    let adjust = |config: &mut ChainConfig| {
        config.block_bytes = 22_020_096;
        config.block_gas = None;
    };
    let mut world = link(Setup { adjust, ..Setup::default() });
    let many = Sending { at: 1, from: Side::A, count: 100, expiry: LATE };
    world.send_data_at(many, vec![7; 6_000]);
    settle(&mut world, 60);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}
