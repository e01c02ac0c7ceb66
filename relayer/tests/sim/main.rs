//! The engine against simulated chains in virtual time: every run follows from one seed.
//!
//! `FERRY_SIM_SEED` replays a seed, `FERRY_SIM_RUNS` makes the random runs longer.

#![expect(clippy::print_stdout, reason = "a seed that fails has to be seen")]
#![expect(clippy::disallowed_methods, reason = "one seed comes from the clock")]

mod again;
mod chain;
mod chains;
mod channels;
mod checks;
mod clearing;
mod client;
mod clients;
mod closing;
mod contracts;
mod core;
mod crowded;
mod delays;
mod events;
mod fees;
mod filters;
mod forgetting;
mod gaps;
mod grants;
mod handshakes;
mod holes;
mod hostile;
mod hurry;
mod isolation;
mod keys;
mod learned;
mod light;
mod many;
mod mesh;
mod misbehaviour;
mod money;
mod node;
mod opening;
mod outages;
mod pairs;
mod plain;
mod renames;
mod rival;
mod rivals;
mod rng;
mod scan;
mod setup;
mod shards;
mod shared;
mod store;
mod story;
mod strangers;
mod traps;
mod world;

use ferry::model::ids::{Order, Side};
use rng::Rng;
use setup::{Expiry, Faults, Sending, Setup};
use world::World;

fn linked(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    world
}

/// How many of the last notices a run shows that does not end.
const NOTICES: usize = 50;

fn settle(world: &mut World, seconds: u64) {
    let done = world.run(seconds, checks::is_at_rest);
    println!("{} steps, {} blocks, {} kills", world.steps, world.chains.a.height, world.kills);
    let last = &world.notices[world.notices.len().saturating_sub(NOTICES)..];
    let (left, why) = (world.not_over(), world.why_not_over());
    assert!(done, "everything ends: {last:?}, not over: {left:?}, such as {why:#?}");
    checks::at_rest(world);
}

#[test]
fn link_opens_client_connection_and_channel() {
    let world = linked(1, Faults::default());
    assert_eq!(checks::wasted(&world), (0, 0));
    assert_eq!(world.notices, []);
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

#[test]
fn packets_that_nobody_can_receive_time_out() {
    let mut world = linked(3, Faults::default());
    let expiries = [
        Expiry::Seconds(1),
        Expiry::Seconds(4),
        Expiry::Seconds(9),
        Expiry::Seconds(20),
        Expiry::Blocks(1),
        Expiry::Blocks(3),
        Expiry::Blocks(8),
        Expiry::Blocks(30),
    ];
    for (place, expiry) in expiries.into_iter().enumerate() {
        for from in [Side::A, Side::B] {
            world.send_at(Sending { at: 1 + place as u64, from, count: 7, expiry });
        }
    }
    settle(&mut world, 300);
    assert_eq!(checks::wasted(&world), (0, 0));
}

#[test]
fn ordered_channels_deliver_in_order() {
    let mut world = World::with(Setup { seed: 4, order: Order::Ordered, ..Setup::default() });
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    for at in [1, 2, 3, 9] {
        world.send_at(Sending { at, from: Side::A, count: 60, expiry: Expiry::Seconds(900) });
        world.send_at(Sending { at, from: Side::B, count: 9, expiry: Expiry::Blocks(900) });
    }
    settle(&mut world, 300);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What comes next on an ordered channel waits for what is on its way: that is as much as a quarter of a block takes.
#[test]
fn an_ordered_channel_has_large_transactions() {
    let mut world = World::with(Setup { seed: 9, order: Order::Ordered, ..Setup::default() });
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    let before = world.chains.b.paid.len();
    world.send_at(Sending { at: 1, from: Side::A, count: 180, expiry: Expiry::Seconds(900) });
    settle(&mut world, 60);
    // 66 receives are a quarter of a block.
    let paid = &world.chains.b.paid[before..];
    assert!(paid.len() <= 4, "{} transactions", paid.len());
    assert!(paid.iter().all(|used| used.gas_used <= world.chains.b.block_gas / 3));
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Behind a load balancer a fifth of the nodes lags: a transaction that one of them does not take is soon offered to
/// the next. Where a fifth of the answers takes seconds, transactions become larger. Without faults it takes 16 blocks.
#[test]
fn nodes_that_lag_or_are_slow_hold_up_little() {
    let [lag, slow] = [Faults { stale: 19, ..Faults::NONE }, Faults { slow: 20, ..Faults::NONE }];
    for (faults, most) in [(lag, 32), (slow, 42), (Faults { stale: 19, ..slow }, 100)] {
        let mut world = linked(21, faults);
        let before = world.chains.b.height;
        let expiry = Expiry::Seconds(9_000);
        world.send_at(Sending { at: 1, from: Side::A, count: 3_000, expiry });
        settle(&mut world, 900);
        let blocks = world.chains.b.height - before;
        assert!(blocks < most, "{blocks} blocks with {faults:?}");
    }
}

#[test]
fn a_rival_costs_little() {
    let faults = Faults { rival: 60, slow: 20, ..Faults::default() };
    let mut world = linked(5, faults);
    busy(&mut world);
    settle(&mut world, 900);
    checks::books(&world);
    assert!(world.rival.won > 5, "the rival took part");
    let (noops, failed) = checks::wasted(&world);
    assert!(noops < 60 && failed == 0, "{noops} messages were paid for nothing, {failed} failed");
}

#[test]
fn answers_lost_late_twice_or_stale_lose_nothing() {
    let faults = Faults { lost: 5, twice: 10, stale: 20, vanish: 20, ..Faults::default() };
    let mut world = linked(6, faults);
    busy(&mut world);
    settle(&mut world, 1_800);
    assert_eq!(checks::wasted(&world), (0, 0));
}

#[test]
fn killed_between_any_two_steps_pays_nothing_twice() {
    let faults = Faults { kill: 10, ..Faults::default() };
    let mut world = linked(7, faults);
    busy(&mut world);
    settle(&mut world, 1_800);
    checks::books(&world);
    assert!(world.kills > 20, "only {} kills", world.kills);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Everything at once, from fixed seeds and one that differs in each run.
#[test]
fn storms_lose_nothing() {
    for seed in seeds(4) {
        println!("storm with FERRY_SIM_SEED={seed}");
        storm(seed);
    }
}

/// The seed that was asked for, else so many fixed ones and one that differs in each run.
fn seeds(runs: u64) -> Vec<u64> {
    let runs = number("FERRY_SIM_RUNS").unwrap_or(runs);
    match number("FERRY_SIM_SEED") {
        Some(seed) => vec![seed],
        None => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let random = now.map_or(0, |now| now.as_micros() as u64);
            (0..runs).chain([random]).collect()
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is `{text}`, expected a number")))
}

fn storm(seed: u64) {
    let mut rng = Rng::new(seed);
    let faults = everything(&mut rng);
    let order = if rng.chance(20) { Order::Ordered } else { Order::Unordered };
    let mut world = World::with(Setup { seed, faults, order, ..Setup::default() });
    world.chains.a.is_strict = rng.chance(50);
    world.chains.b.is_strict = rng.chance(50);
    world.chains.all_mut().for_each(|chain| chain.locks = rng.chance(50));
    world.chains.a.capacity = if rng.chance(30) { 4 } else { 1_000 };
    assert!(world.run(3_600, checks::is_linked), "the channel opens: {:?}", world.notices);
    if order == Order::Ordered {
        for at in [1, 2, 3] {
            world.send_at(Sending { at, from: Side::A, count: 30, expiry: Expiry::Seconds(9_000) });
        }
    } else {
        busy(&mut world);
    }
    settle(&mut world, 3_600);
    checks::books(&world);
    let (noops, failed) = checks::wasted(&world);
    // A rival who takes a part of a batch while it is on its way makes us pay for that part.
    let bound = if faults.rival == 0 { 0 } else { world.sent() / 2 };
    assert!(noops as u64 <= bound, "{noops} messages were paid for nothing, at most {bound} may");
    // A simulation that saw a rival's pending work counts too little gas if the rival then loses it.
    let bound = usize::from(faults.rival != 0);
    assert!(failed <= bound, "paid transactions failed: {:?}", world.notices);
}

/// Faults of every kind, each more or less often.
fn everything(rng: &mut Rng) -> Faults {
    Faults {
        lost: rng.below(6),
        slow: rng.below(40),
        twice: rng.below(20),
        stale: rng.below(25),
        vanish: rng.below(30),
        kill: rng.below(8),
        rival: if rng.chance(50) { rng.below(60) } else { 0 },
        recheck: rng.below(50),
        evict: rng.below(15),
    }
}

/// Traffic in both directions, some of which cannot arrive in time.
fn busy(world: &mut World) {
    for at in 1..20 {
        let count = 1 + world.rng.below(25);
        world.send_at(Sending { at, from: Side::A, count, expiry: Expiry::Seconds(3_600) });
        let count = 1 + world.rng.below(10);
        world.send_at(Sending { at, from: Side::B, count, expiry: Expiry::Blocks(2_000) });
        let expiry = Expiry::Seconds(2 + world.rng.below(20));
        world.send_at(Sending { at, from: Side::B, count: 2, expiry });
    }
}
