//! What is paid: prices that follow the chain, limits that hold.

use cosmos::chain::price::PriceModule;
use cosmos::wire::gas::GasPrice;
use ferry::model::config::{ChainConfig, DynamicPrice};
use ferry::model::ids::Side;
use ferry::plan::choose::Idle;
use ferry::plan::explain::Why;

use crate::chain::BASE_PRICE;
use crate::setup::{Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::World;
use crate::{checks, settle};

const MULTIPLIER: u64 = 1_150;

fn follows(config: &mut ChainConfig) {
    let module = PriceModule::Feemarket;
    config.gas_price = GasPrice::new(BASE_PRICE, "stake");
    config.dynamic = Some(DynamicPrice { module, multiplier: MULTIPLIER, max: 20 * BASE_PRICE });
}

fn charge(world: &mut World, times: u128) {
    for side in [Side::A, Side::B] {
        world.chains.on_mut(side).base_price = times * BASE_PRICE;
    }
}

/// The price goes up and down by much, also while transactions are on their way: nothing is refused for
/// long, and no more is paid than the margin.
#[test]
fn what_is_paid_follows_what_the_chain_demands() {
    let faults = Faults { slow: 20, lost: 3, ..Faults::default() };
    let mut world = link(Setup { faults, adjust: follows, ..Setup::default() });
    for times in [1, 3, 9, 2] {
        charge(&mut world, times);
        world.run(8, |_| false);
        let paid = |world: &World| (world.chains.b.fees, u128::from(world.chains.b.gas_limits));
        let before = paid(&world);
        world.send_at(Sending { at: 1, from: Side::A, count: 40, expiry: LATE });
        settle(&mut world, 120);
        let after = paid(&world);
        let (fees, gas) = (after.0 - before.0, after.1 - before.1);
        // In hundredths, which is what the chain demands at first.
        let price = fees * 100 * 1_000 / gas;
        let expected = times * u128::from(MULTIPLIER);
        assert!((expected..=expected + 2).contains(&price), "{price} thousandths, not {expected}");
    }
    // It rises while transactions are signed already.
    world.send_at(Sending { at: 1, from: Side::A, count: 200, expiry: LATE });
    for times in 3..10 {
        world.run(1, |_| false);
        charge(&mut world, times);
    }
    settle(&mut world, 300);
    checks::books(&world);
    assert_eq!(checks::wasted(&world), (0, 0));
}

#[test]
fn nothing_is_sent_while_gas_costs_too_much() {
    let mut world = link(Setup { adjust: follows, ..Setup::default() });
    charge(&mut world, 18);
    world.run(5, |_| false);
    let paid = |world: &World| world.chains.a.fees + world.chains.b.fees;
    let before = paid(&world);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    world.run(60, |_| false);
    let whys = why_waits(&world);
    let is_price = |why: &Why| matches!(why, Why::Waits { idle: Idle::Expensive { .. }, .. });
    assert!(whys.len() == 3 && whys.iter().all(is_price), "{whys:?}");
    assert_eq!(paid(&world), before);
    charge(&mut world, 17);
    settle(&mut world, 60);
}

/// Transactions stay below `max_gas`; a message that does not fit ends with that as its reason.
#[test]
fn no_transaction_takes_more_than_max_gas() {
    const MAX: u64 = 600_000;
    let mut world = link(Setup { adjust: |config| config.max_gas = Some(MAX), ..Setup::default() });
    world.send_at(Sending { at: 1, from: Side::A, count: 60, expiry: LATE });
    let is_beyond = |world: &World| world.model.slots().any(|slot| slot.gas_limit > MAX);
    assert!(!world.run(60, is_beyond), "a transaction takes more");
    settle(&mut world, 60);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));

    world.reconfigure(|config| config.max_gas = Some(200_000));
    world.send_at(Sending { at: 1, from: Side::A, count: 2, expiry: LATE });
    let given_up = |world: &World| {
        let whys = why_waits(world);
        whys.len() == 2 && whys.iter().all(|why| matches!(why, Why::GivenUp { .. }))
    };
    assert!(world.run(20_000, given_up), "{:?}", why_waits(&world));
    assert!(why_waits(&world)[0].to_string().contains("`max_gas` is 200000"));
}
