//! Gas that is known without asking for it.

use ferry::model::config::ChainConfig;
use ferry::model::ids::Side;

use crate::plain::NOBODY;
use crate::setup::{Sending, Setup};
use crate::traps::{LATE, link};
use crate::world::{Happening, SECOND, World};
use crate::{checks, settle};

/// Blocks that hold about forty receives in each of their twenty transactions.
fn large_blocks(config: &mut ChainConfig) {
    config.block_gas = Some(75_000_000);
}

fn transfer(receiver: &str) -> Vec<u8> {
    let text = r#"{"denom":"stake","amount":"1","sender":"s","receiver":"RECEIVER","memo":""}"#;
    text.replace("RECEIVER", receiver).into_bytes()
}

fn burst(world: &mut World, count: u64) {
    burst_to(world, "r", count);
}

fn burst_to(world: &mut World, receiver: &str, count: u64) {
    let sending = Sending { at: 1, from: Side::A, count, expiry: LATE };
    world.send_data_at(sending, transfer(receiver));
    settle(world, 120);
}

fn linked(adjust: fn(&mut ChainConfig)) -> World {
    let mut world = link(Setup { adjust, ..Setup::default() });
    for side in [Side::A, Side::B] {
        world.chains.on_mut(side).block_gas = 75_000_000;
    }
    world
}

fn teach(world: &mut World) {
    burst(world, 400);
    burst(world, 400);
    assert_eq!(checks::wasted(world), (0, 0));
}

fn taught() -> World {
    let mut world = linked(large_blocks);
    teach(&mut world);
    world
}

/// What a burst came to.
struct Came {
    /// Simulations, on both chains.
    asked: u64,
    /// Transactions, on both chains.
    sent: u64,
    /// Of each transaction on chain B: its limit, in hundredths of what it used.
    ratios: Vec<u64>,
}

fn watch(world: &mut World, act: impl FnOnce(&mut World)) -> Came {
    let paid = |world: &World| (world.chains.a.paid.len(), world.chains.b.paid.len());
    let (simulations, before) = (world.simulations, paid(world));
    act(world);
    let after = paid(world);
    let used = world.chains.b.paid.iter().map(|used| used.gas_used);
    let both = used.zip(&world.chains.b.limits).skip(before.1);
    Came {
        asked: world.simulations - simulations,
        sent: (after.0 - before.0 + after.1 - before.1) as u64,
        ratios: both.map(|(used, limit)| limit * 100 / used).collect(),
    }
}

fn assert_close(ratios: &[u64]) {
    assert!(ratios.iter().all(|ratio| (100..=105).contains(ratio)), "{ratios:?}");
}

#[test]
fn what_is_known_is_not_simulated() {
    let mut world = taught();
    let came = watch(&mut world, |world| burst(world, 800));
    assert!(came.asked * 2 < came.sent, "{} simulations for {}", came.asked, came.sent);
    assert_close(&came.ratios);
    assert_eq!(checks::wasted(&world), (0, 0));
}

#[test]
fn all_is_simulated_where_nothing_is_to_be_learned() {
    let mut world = linked(|config| {
        large_blocks(config);
        config.learn_gas = false;
    });
    teach(&mut world);
    let came = watch(&mut world, |world| burst(world, 400));
    assert!(came.asked >= came.sent, "{} simulations for {}", came.asked, came.sent);
}

/// The account of a new receiver takes a sixth of a transfer more: a batch of such would run out of gas.
#[test]
fn transfers_to_new_receivers_are_simulated() {
    let mut world = taught();
    let came = watch(&mut world, |world| {
        for number in 0..200 {
            let sending = Sending { at: 1, from: Side::A, count: 1, expiry: LATE };
            world.send_data_at(sending, transfer(&format!("r{number:03}")));
        }
        settle(world, 120);
    });
    assert!(came.asked >= came.ratios.len() as u64, "{} simulations", came.asked);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// A few packets behind an update that went ahead are simulated with it, and pay for themselves only.
#[test]
fn what_goes_behind_an_update_does_not_pay_for_it() {
    let mut world = taught();
    let came = watch(&mut world, |world| {
        // More than one transaction holds, by a few.
        for count in 51..60 {
            burst(world, count);
        }
    });
    assert!(came.ratios.len() >= 18, "{:?}", came.ratios);
    assert_close(&came.ratios);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Messages that come to take more than was learned run out of gas once, and are simulated then.
#[test]
fn what_became_dearer_is_simulated_again() {
    let mut world = taught();
    world.chains.b.heavier = 10_000;
    burst(&mut world, 400);
    let (noops, failed) = checks::wasted(&world);
    assert!(noops == 0 && (1..=12).contains(&failed), "{failed} transactions failed");
    let came = watch(&mut world, |world| burst(world, 400));
    assert_eq!(checks::wasted(&world), (0, failed));
    assert!(came.asked * 2 >= came.sent, "{} simulations for {}", came.asked, came.sent);
    // A limit widened after gas ran out would be a quarter above. What is simulated before its update is offered, and
    // answered after, may be taken for either.
    assert!(came.ratios.iter().all(|ratio| (100..120).contains(ratio)), "{:?}", came.ratios);
    checks::books(&world);
}

/// What is refused takes a third less, and anybody can have transfers refused.
#[test]
fn refused_transfers_do_not_teach_what_others_take() {
    let mut world = linked(large_blocks);
    burst(&mut world, 5);
    for _ in 0..3 {
        burst_to(&mut world, NOBODY, 400);
    }
    burst(&mut world, 400);
    assert_eq!(checks::wasted(&world), (0, 0));
    checks::books(&world);
}

/// Who makes transfers dearer each time that they have become known has us pay for it ever more rarely.
#[test]
fn what_is_made_wrong_again_and_again_is_hardly_relied_on() {
    const SECONDS: u64 = 700;
    let mut world = linked(large_blocks);
    for at in 1..SECONDS {
        let sending = Sending { at, from: Side::A, count: 10, expiry: LATE };
        world.send_data_at(sending, transfer("r"));
        if at % 20 == 0 {
            for (seconds, heavier) in [(at, 10_000), (at + 2, 0)] {
                let act = move |world: &mut World| world.chains.b.heavier = heavier;
                world.later(seconds * SECOND, None, Happening::Act(Box::new(act)));
            }
        }
    }
    settle(&mut world, 2 * SECONDS);
    let (noops, failed) = checks::wasted(&world);
    let batches = world.chains.b.paid.len();
    assert!(noops == 0 && (1..=12).contains(&failed), "{failed} of {batches} transactions failed");
}

/// Messages that come to take less are paid for too well once.
#[test]
fn what_became_cheaper_is_simulated_again() {
    let mut world = linked(large_blocks);
    world.chains.b.heavier = 10_000;
    teach(&mut world);
    world.chains.b.heavier = 0;
    let came = watch(&mut world, |world| burst(world, 400));
    assert!(came.ratios.iter().any(|ratio| *ratio > 105), "it was known: {:?}", came.ratios);
    assert_close(&watch(&mut world, |world| burst(world, 400)).ratios);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Simulations that are on their way while a block takes the update with which they were asked are answered with one
/// that the node knows: what an update of a hundred validators takes more when it is new is not to be left out of them.
#[test]
fn an_update_that_a_block_took_meanwhile_is_left_out_as_the_known_one_that_it_was() {
    let mut world = linked(large_blocks);
    world.chains.b.update_gas = 310_000;
    // The other answers are late too, so that updates and what follows come at any time between blocks.
    world.faults.slow = 50;
    for at in 1..40 {
        let count = 51 + at * 3;
        world.send_at(Sending { at: at * 5, from: Side::A, count, expiry: LATE });
    }
    settle(&mut world, 900);
    assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    checks::books(&world);
}
