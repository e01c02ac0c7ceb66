//! What is paid: prices that follow the chain, limits that hold.

use cosmos::chain::price::PriceModule;
use cosmos::wire::gas::GasPrice;
use ferry::drive::tally::Tally;
use ferry::model::config::{ChainConfig, DynamicPrice};
use ferry::model::cost::Purpose;
use ferry::model::facts::BlockLimits;
use ferry::model::ids::{Order, Side, Span, Time};
use ferry::model::notice::Notice;
use ferry::plan::explain::Why;
use ferry::plan::idle::Idle;
use ferry::serve::look::Look;

use crate::chain::{BASE_PRICE, Chain, UPDATE_GAS};
use crate::clients::age;
use crate::setup::{Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::World;
use crate::{checks, settle};

const MULTIPLIER: u64 = 1_150;

pub(crate) fn follows(config: &mut ChainConfig) {
    let module = PriceModule::Feemarket;
    config.gas_price = GasPrice::new(BASE_PRICE, "stake");
    config.dynamic = Some(DynamicPrice {
        module,
        multiplier: MULTIPLIER,
        max: 20 * BASE_PRICE,
        max_urgent: 100 * BASE_PRICE,
    });
}

fn look(world: &World) -> Look {
    Look::of(&world.model, &Tally::default(), Time(world.now), 10)
}

pub(crate) fn charge(world: &mut World, times: u128) {
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
    let look = look(&world);
    assert_eq!(
        (look.chains[1].gas_price.as_str(), look.chains[1].gas_price_height.is_some()),
        ("0.207stake", true)
    );
    for waits in [&look.chains[1].waits, &look.paths[0].ends[1].waits] {
        assert!(waits.as_ref().is_some_and(|why| why.contains("at most 0.2stake")), "{waits:?}");
    }
    charge(&mut world, 17);
    settle(&mut world, 60);
}

/// A chain that wants more than the price that is configured says so, and that is told: where one looks whether it relays,
/// and of each packet, also while it is tried again.
#[test]
fn refusals_that_go_on_are_told_in_the_words_of_the_chain() {
    let mut world = link(Setup::default());
    assert!(look(&world).paths[0].ends.iter().all(|end| end.refused.is_none()));
    charge(&mut world, 18);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    let is_told = |world: &World| look(world).paths[0].ends[1].refused.is_some();
    assert!(world.run(120, is_told), "{:?}", why_waits(&world));
    for _ in 0..20 {
        let look = look(&world);
        let told = [&look.paths[0].ends[1].refused, &look.packets[0].last_failure];
        let is_told = |told: &Option<String>| {
            told.as_ref().is_some_and(|why| why.contains("insufficient fees"))
        };
        assert!(told.into_iter().all(is_told), "{told:?}");
        world.run(1, |_| false);
    }
    charge(&mut world, 1);
    settle(&mut world, 120);
    assert!(look(&world).paths[0].ends.iter().all(|end| end.refused.is_none()));
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

    // What it uses would fit; what it has to be given does not.
    const TOO_LITTLE: u64 = 220_000;
    world.reconfigure(|config| config.max_gas = Some(TOO_LITTLE));
    world.send_at(Sending { at: 1, from: Side::A, count: 2, expiry: LATE });
    let given_up = |world: &World| {
        let whys = why_waits(world);
        whys.len() == 2 && whys.iter().all(|why| matches!(why, Why::GivenUp { .. }))
    };
    assert!(world.run(20_000, given_up), "{:?}", why_waits(&world));
    let why = why_waits(&world)[0].to_string();
    assert!(why.contains("`max_gas` is 220000"), "{why}");
    let needs = why.split_once("it needs ").and_then(|(_, rest)| rest.split_once(" gas"));
    let needs: u64 = needs.expect("it says how much").0.parse().expect("a number");
    assert!(needs > TOO_LITTLE, "{why}");
}

/// What of a path is paid for while its chains ask for more than shall be paid, or do not say what they
/// ask for: only what keeps its clients from expiring.
fn clients_live_on(world: &mut World, period: u64) {
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    let dies = |world: &World| {
        [Side::A, Side::B].into_iter().any(|side| age(world, side) > period * 9 / 10)
    };
    // Also while an update goes, it is the price that the packets wait for.
    let is_price =
        |why: &Why| matches!(why, Why::Waits { idle: Idle::Expensive { .. } | Idle::Price, .. });
    let is_other = |world: &World| !why_waits(world).iter().all(is_price);
    let wrong = world.run(3 * period, |world| dies(world) || is_other(world));
    assert!(!wrong, "{:?}: a client is not refreshed: {:?}", why_waits(world), world.notices);
    assert_eq!(why_waits(world).len(), 3, "packets go at any price");
}

#[test]
fn a_client_near_its_end_is_refreshed_at_a_price_above_the_usual_most() {
    const PERIOD: u64 = 300;
    let trusting_period = Span::seconds(PERIOD);
    let mut world = link(Setup { adjust: follows, trusting_period, ..Setup::default() });
    charge(&mut world, 18);
    clients_live_on(&mut world, PERIOD);
    let is_told = |notice: &Notice| matches!(notice, Notice::DearUpdate { .. });
    assert!(world.notices.iter().any(is_told), "{:?}", world.notices);
    charge(&mut world, 2);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What an endpoint tells of the price is not proved: there is an end to what is paid, and the operator is told.
#[test]
fn not_even_a_client_near_its_end_is_refreshed_at_any_price() {
    const PERIOD: u64 = 300;
    let trusting_period = Span::seconds(PERIOD);
    let mut world = link(Setup { adjust: follows, trusting_period, ..Setup::default() });
    charge(&mut world, 1_000_000);
    world.run(5, |_| false);
    let before = world.chains.a.fees + world.chains.b.fees;
    let is_old = |world: &World| age(world, Side::A).min(age(world, Side::B)) > PERIOD * 19 / 20;
    assert!(world.run(PERIOD, is_old), "{:?}", world.notices);
    assert_eq!(world.chains.a.fees + world.chains.b.fees, before);
    let is_told = |notice: &&Notice| matches!(notice, Notice::AbsurdGasPrice { .. });
    assert_eq!(world.notices.iter().filter(is_told).count(), 2, "{:?}", world.notices);
    charge(&mut world, 2);
    world.run(10, |_| false);
    assert!(age(&world, Side::A).max(age(&world, Side::B)) < PERIOD / 2, "{:?}", world.notices);
}

/// The operator is told once that a chain never says what gas costs.
#[test]
fn a_price_that_cannot_be_asked_is_reported_and_clients_live_on() {
    const PERIOD: u64 = 300;
    let trusting_period = Span::seconds(PERIOD);
    let mut world = link(Setup { adjust: follows, trusting_period, ..Setup::default() });
    for side in [Side::A, Side::B] {
        world.chains.on_mut(side).hides_price = true;
    }
    // It starts anew, so that it has never been told.
    world.sleep(1);
    clients_live_on(&mut world, PERIOD);
    let is_told = |notice: &&Notice| matches!(notice, Notice::NoGasPrice { .. });
    assert_eq!(world.notices.iter().filter(is_told).count(), 2, "{:?}", world.notices);
}

/// The first transactions of a burst go out while the others are not even simulated: a node executes
/// simulations one after the other, and makes no block meanwhile.
#[test]
fn a_burst_goes_out_while_the_rest_is_simulated() {
    let mut world = link(Setup::default());
    let before = world.simulations;
    world.send_at(Sending { at: 1, from: Side::A, count: 400, expiry: LATE });
    let is_out = |world: &World| world.model.slots().any(|slot| !slot.works.is_empty());
    assert!(world.run(30, is_out));
    let asked = world.simulations - before;
    let batches = 400 * 80_000 / 1_000_000;
    assert!(asked <= 8 && asked < batches, "{asked} of {batches} batches are simulated");
    let is_flooded = |world: &World| world.simulating.len() > 4;
    assert!(!world.run(3, is_flooded), "{} simulations at once", world.simulating.len());
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// A batch of an ordered channel that takes too much gas is split, and its second half waits for the first.
#[test]
fn what_is_ordered_is_split_without_failing() {
    let adjust = |config: &mut ChainConfig| config.max_gas = Some(400_000);
    let mut world = link(Setup { adjust, order: Order::Ordered, ..Setup::default() });
    world.send_at(Sending { at: 1, from: Side::A, count: 60, expiry: LATE });
    settle(&mut world, 300);
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// Limit and use of all transactions since these.
fn gas_since(world: &World, before: (usize, usize)) -> Vec<(u64, u64)> {
    let of = |chain: &Chain, from: usize| -> Vec<(u64, u64)> {
        let used = chain.paid.iter().map(|used| used.gas_used);
        chain.limits.iter().copied().zip(used).skip(from).collect()
    };
    [of(&world.chains.a, before.0), of(&world.chains.b, before.1)].concat()
}

/// What follows its update in a transaction of its own was simulated with it: before the update was offered, or
/// when the node knew it already. Two in three have the limit for what they take by themselves, also where that is one
/// message; the others pay for no more than the update beside, and all together for little.
#[test]
fn what_follows_its_update_seldom_pays_for_that_too() {
    let mut world = link(Setup::default());
    let before = (world.chains.a.paid.len(), world.chains.b.paid.len());
    // About 13 receives go into a transaction, and 33 acknowledgements.
    for count in [11, 12, 13, 14, 15, 27, 34, 67, 68, 69, 70, 71] {
        world.send_at(Sending { at: 1, from: Side::A, count, expiry: LATE });
        settle(&mut world, 60);
    }
    let gas = gas_since(&world, before);
    let (limits, used): (Vec<u64>, Vec<u64>) = gas.iter().copied().unzip();
    let total = limits.iter().sum::<u64>() * 1_000 / used.iter().sum::<u64>();
    assert!(gas.len() > 50 && total <= 1_045, "{total} thousandths of {} transactions", gas.len());
    // The first key of who simulates is left out but for 71.
    let limit_of = |used: u64| (used + 71) * 1_020 / 1_000 + 3_001;
    // One that was asked about before the update was offered, and answered after, may be taken for either; and until the
    // chain has told what a known one takes, nothing is left out.
    let pays_for_more = gas.iter().filter(|(limit, used)| *limit > limit_of(*used)).count();
    assert!(pays_for_more * 3 <= gas.len(), "{pays_for_more} of {}: {gas:?}", gas.len());
    let most = |used: u64| limit_of(used + UPDATE_GAS);
    assert!(gas.iter().all(|(limit, used)| *limit <= most(*used)), "{gas:?}");
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

/// A vote makes blocks smaller than one transaction was: none is made that they do not take, and nothing is lost.
#[test]
fn what_a_block_holds_follows_the_chain() {
    let mut world = link(Setup::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 100, expiry: LATE });
    settle(&mut world, 120);
    let chain = &mut world.chains.b;
    let most = chain.limits.iter().max().copied().expect("some are paid");
    chain.block_gas = most / 2;
    chain.told = Some(BlockLimits { gas: Some(most / 2), bytes: 4_000_000 });
    let paid = chain.limits.len();
    world.run(5, |_| false);
    world.send_at(Sending { at: 1, from: Side::A, count: 20, expiry: LATE });
    settle(&mut world, 300);
    let limits = &world.chains.b.limits[paid..];
    assert!(!limits.is_empty() && limits.iter().all(|gas| *gas <= most / 2), "{limits:?}");
    let told: Vec<String> = world.notices.iter().map(Notice::to_string).collect();
    let is_told = told.len() == 1 && told[0].contains(&format!("{} gas", most / 2));
    assert!(is_told && checks::wasted(&world) == (0, 0), "{told:?}");
}

/// The operator pays with another coin from now on: what was signed before was paid in the one of then.
#[test]
fn what_was_paid_stands_in_the_books_in_the_coin_that_paid_it() {
    let mut world = link(Setup::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    let receives = |world: &World| {
        let rows = world.store.costs.values();
        let packets = rows.filter(|row| matches!(row.purpose, Purpose::Packet { .. }));
        packets.map(|row| row.denom.clone()).collect::<Vec<_>>()
    };
    let is_sent = |world: &World| world.model.slots().any(|slot| !slot.works.is_empty());
    assert!(world.run(30, is_sent), "{:?}", why_waits(&world));
    world.retune(|chain| chain.gas_price = GasPrice::new(BASE_PRICE, "other"));
    assert!(world.run(30, |world| receives(world).len() >= 3), "{:?}", why_waits(&world));
    assert_eq!(receives(&world)[..3], ["stake"; 3]);
}
