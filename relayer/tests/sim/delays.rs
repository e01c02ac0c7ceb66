//! Connections that hold packets back until a client has known a header for a while.

use cosmos::wire::tx::any;
use ferry::model::ids::{Side, Span};
use ferry::plan::explain::Why;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;

use crate::setup::{Expiry, Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::{SECOND, World};
use crate::{checks, light, settle};

/// Three of the blocks by which connections count, and longer than a chain takes for those.
const DELAY: u64 = 70;

fn delaying(faults: Faults, delay: u64) -> World {
    link(Setup { seed: 71, faults, delay: Span::seconds(delay), ..Setup::default() })
}

/// Packets wait out the delay there and back, `ferry packets` says for what, nothing is tried before.
#[test]
fn packets_wait_out_the_delay_of_their_connection() {
    let mut world = delaying(Faults::default(), DELAY);
    let began = world.now;
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count: 30, expiry: LATE });
        world.send_at(Sending { at: 40, from, count: 5, expiry: LATE });
        world.send_at(Sending { at: 2, from, count: 2, expiry: Expiry::Seconds(20) });
    }
    world.run(30, |_| false);
    let waits = |why: &Why| matches!(why, Why::Ages { seconds: 30..=60, .. });
    assert!(why_waits(&world).iter().any(waits), "{:?}", why_waits(&world));
    settle(&mut world, 400);
    assert!(world.now - began > 2 * DELAY * SECOND, "it took {} ns", world.now - began);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// A delay of a few seconds is one block of those by which connections count.
#[test]
fn a_short_delay_is_waited_out_too() {
    let mut world = delaying(Faults::default(), 1);
    for at in 0..20 {
        world.send_at(Sending { at, from: Side::A, count: 2, expiry: LATE });
    }
    settle(&mut world, 120);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// With packets all the time no more headers grow old at once than is worth it.
#[test]
fn updates_are_few_where_packets_wait() {
    let mut world = delaying(Faults::default(), DELAY);
    let before = world.chains.b.paid.len();
    for at in 0..300 {
        world.send_at(Sending { at, from: Side::A, count: 1, expiry: LATE });
    }
    settle(&mut world, 900);
    let count = world.chains.b.paid.len() - before;
    // An update and a transaction of packets in each eighth of the delay, over 300 s.
    assert!(count < 2 * 300 * 8 / DELAY as usize + 10, "{count} transactions");
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What is growing old does so through a restart, and while others bring headers all the time.
#[test]
fn delays_pass_through_kills_lost_answers_and_rivals() {
    let faults = Faults { kill: 8, lost: 5, slow: 20, stale: 10, ..Faults::default() };
    let mut world = delaying(faults, DELAY);
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count: 40, expiry: LATE });
    }
    for _ in 0..200 {
        world.run(2, |_| false);
        let newest = world.chains.a.height;
        update_by_others(&mut world, Side::B, newest);
    }
    settle(&mut world, 1_800);
    checks::books(&world);
    assert!(world.kills > 20, "only {} kills", world.kills);
    assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
}

/// After a restart the time of a header that others brought meanwhile is not known. When both are old enough, the one
/// before it, whose time is known, proves that packets have timed out.
#[test]
fn a_header_of_unknown_time_holds_up_no_timeouts() {
    let mut world = delaying(Faults::default(), DELAY);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: Expiry::Seconds(20) });
    let began = latest(&world, Side::A);
    let brings = |world: &World| latest(world, Side::A) > began;
    assert!(world.run(60, brings), "a header proves that they have timed out");
    world.run(20, |_| false);
    let height = world.chains.b.height - 2;
    update_by_others(&mut world, Side::A, height);
    world.sleep(5);
    world.pause([0]);
    world.run(2 * DELAY, |_| false);
    world.pause([]);
    settle(&mut world, 60);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// The newest header that the client on a side holds.
fn latest(world: &World, side: Side) -> u64 {
    let chain = world.chains.on(side);
    chain.core.look("07-tendermint-0", chain.time).expect("the client is there").latest
}

/// Somebody gives the client on a side a header of the other.
fn update_by_others(world: &mut World, side: Side, height: u64) {
    let (trusted, from) = (latest(world, side), world.chains.on(side.other()));
    let update = MsgUpdateClient {
        client_id: "07-tendermint-0".to_owned(),
        client_message: Some(light::pack(&from.headers[&height], trusted)),
        signer: "x".to_owned(),
    };
    world.inject(side, any(&update));
}
