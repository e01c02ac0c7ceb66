//! Several keys on a chain.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::keys::Key;
use cosmos::wire::gas::GasPrice;
use ferry::model::config::{ChainConfig, LaneConfig};
use ferry::model::ids::{Address, Both, Order, PathId, Side, Span};
use ferry::model::notice::Notice;
use ferry::model::rows::{ChannelRow, PathRow};
use ferry::plan::explain::Why;
use ferry::plan::idle::Idle;

use crate::chain::BASE_PRICE;
use crate::clients::age;
use crate::fees::{charge, follows};
use crate::plain::Plain;
use crate::rng::Rng;
use crate::setup::{Faults, Sending, Setup, lane, wanted};
use crate::traps::{LATE, link, why_waits};
use crate::world::{Happening, SECOND, START, Site, World};
use crate::{checks, everything, seeds, settle};

pub(crate) const NAMES: [(&str, u64); 2] = [("alpha-1", 1), ("beta-4", 4)];

/// The usual key, and two more.
pub(crate) fn three_keys(config: &mut ChainConfig) {
    let usual = if config.id.as_str() == NAMES[0].0 { 1 } else { 2 };
    let lane = |number: u8| {
        let key = Key::from_secret(&[number; 32]).expect("the secret is valid");
        LaneConfig { id: lane(config.id.as_str(), &key), key }
    };
    config.lanes = [usual, 50, 51].map(lane).into();
}

/// Two chains with so many paths between them, all open.
pub(crate) fn linked(paths: usize, setup: Setup) -> World {
    let started = [START, START + SECOND / 3];
    let site = |(name, started)| Site {
        name,
        channels: Plain::default(),
        interval: SECOND,
        started,
        lag: 0,
    };
    let sites = NAMES.into_iter().zip(started).map(site).collect();
    let path = |number: usize| -> (PathRow, Vec<ChannelRow>) {
        let chains = Both { a: NAMES[0].0.into(), b: NAMES[1].0.into() };
        let (mut path, mut channels) = wanted(chains, Order::Unordered, Span(0));
        path.path = PathId::from(format!("path-{number}"));
        channels.iter_mut().for_each(|channel| channel.path = path.path.clone());
        (path, channels)
    };
    let mut world = World::of_sites(setup, sites, (0..paths).map(path).collect());
    let is_open = |world: &World| {
        world.model.slots().next().is_none() && (0..paths).all(|path| world.is_path_open(path))
    };
    assert!(world.run(3_600, is_open), "every path opens: {:?}", world.notices);
    world
}

fn send(world: &mut World, at: u64, path: usize, count: u64) {
    let act = move |world: &mut World| {
        for from in [Side::A, Side::B] {
            let sending = Sending { at: 0, from, count, expiry: LATE };
            world.send_on(path, &sending, |_| b"packet".to_vec());
        }
    };
    world.later(at * SECOND, None, Happening::Act(Box::new(act)));
}

pub(crate) fn address(world: &World, side: Side, place: usize) -> Address {
    world.chains.on(side).lanes[place].address.clone()
}

pub(crate) fn endow(world: &mut World, side: Side, address: &Address, balance: u128) {
    let balances = &mut world.chains.on_mut(side).core.money.balances;
    balances.insert(address.to_string(), balance);
}

/// Who paid for packets on B, by path, in the transactions after the first so many.
fn signers(world: &World, from: usize) -> BTreeMap<PathId, BTreeSet<Address>> {
    let mut signers = BTreeMap::<PathId, BTreeSet<Address>>::new();
    let sequences: BTreeSet<_> =
        world.chains.b.paid.iter().skip(from).map(|used| (&used.lane, used.sequence)).collect();
    for row in world.store.costs.values() {
        if sequences.contains(&(&row.lane, row.sequence)) {
            signers.entry(row.path.clone()).or_default().insert(row.lane.address.clone());
        }
    }
    signers
}

/// Clients share no key while there are enough, and a key keeps its client: after a restart, and when
/// another path is made.
#[test]
fn each_client_has_a_key_of_its_own() {
    let mut world = linked(3, Setup { adjust: three_keys, ..Setup::default() });
    for _ in 0..2 {
        let before = world.chains.b.paid.len();
        for path in 0..3 {
            send(&mut world, 1, path, 60);
        }
        settle(&mut world, 120);
        let signers = signers(&world, before);
        assert!(signers.values().all(|keys| keys.len() == 1), "{signers:?}");
        let all: BTreeSet<_> = signers.values().flatten().collect();
        assert_eq!(all.len(), 3, "{signers:?}");
        world.sleep(5);
    }
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
    checks::books(&world);
}

/// A key that runs out of money in the middle of a burst is paused with its reason, the others go on for
/// its clients, and when it has money again it takes them back.
#[test]
fn an_emptied_key_leaves_its_clients_to_the_others() {
    let mut world = linked(1, Setup { adjust: three_keys, ..Setup::default() });
    let first = address(&world, Side::B, 0);
    // Enough for two transactions or three.
    endow(&mut world, Side::B, &first, 60_000);
    for at in 1..6 {
        send(&mut world, at, 0, 40);
    }
    settle(&mut world, 120);
    let is_empty = |notice: &&Notice| matches!(notice, Notice::LaneEmpty { .. });
    let empty: Vec<_> = world.notices.iter().filter(is_empty).collect();
    assert!(
        matches!(empty[..], [Notice::LaneEmpty { lane, reason }]
            if lane.address == first && reason.contains("insufficient funds")),
        "{:?}",
        world.notices
    );
    let core = &world.chains.b.core;
    let second = address(&world, Side::B, 1);
    assert!(core.paid(first.as_str()) > 0 && core.paid(second.as_str()) > 0);
    assert_eq!(checks::wasted(&world), (0, 0));

    endow(&mut world, Side::B, &first, u128::MAX);
    world.run(30, |_| false);
    assert!(world.notices.iter().any(|notice| matches!(notice, Notice::LaneResumed { .. })));
    let before = world.chains.b.paid.len();
    send(&mut world, 1, 0, 5);
    settle(&mut world, 60);
    let signers = signers(&world, before);
    assert!(signers.values().flatten().all(|key| *key == first), "{signers:?}");
    checks::books(&world);
}

/// How many packets wait, all of them for money, of which the chain has told once.
fn unpaid(world: &World) -> usize {
    let is_unpaid = |why: &Why| matches!(why, Why::Waits { idle: Idle::Unpaid { .. }, .. });
    let whys = why_waits(world);
    assert!(whys.iter().all(is_unpaid), "{whys:?}");
    let refused = world.notices.iter().filter(|n| matches!(n, Notice::Refused { .. })).count();
    assert_eq!(refused, 1, "{:?}", world.notices);
    whys.len()
}

/// With no other key everything waits and says why, nothing is offered in vain all the time, and money is
/// enough to go on.
#[test]
fn the_only_key_without_money_says_so_and_goes_on_by_itself() {
    let mut world = link(Setup::default());
    let only = address(&world, Side::B, 0);
    endow(&mut world, Side::B, &only, 7);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    world.run(60, |_| false);
    assert_eq!(unpaid(&world), 3);
    endow(&mut world, Side::B, &only, u128::MAX);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Money that is too little for a batch pays for smaller ones, as many as there can be, and nothing is refused again.
#[test]
fn what_the_only_key_cannot_pay_whole_goes_in_parts() {
    let mut world = link(Setup::default());
    let only = address(&world, Side::B, 0);
    // A batch of 13 costs 28,000 with its update, a receive by itself 6,000.
    endow(&mut world, Side::B, &only, 20_000);
    world.send_at(Sending { at: 1, from: Side::A, count: 40, expiry: LATE });
    world.run(60, |_| false);
    assert!((20..40).contains(&unpaid(&world)));
    assert!(world.chains.b.core.balance(only.as_str()) < 6_000);
    endow(&mut world, Side::B, &only, u128::MAX);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What was too dear at yesterday's price is judged by today's.
#[test]
fn a_key_goes_on_when_gas_costs_less() {
    let mut world = link(Setup { adjust: follows, ..Setup::default() });
    let only = address(&world, Side::B, 0);
    charge(&mut world, 15);
    world.run(3, |_| false);
    let little = GasPrice::new(15 * BASE_PRICE, "stake").fee(180_000);
    endow(&mut world, Side::B, &only, little);
    world.send_at(Sending { at: 1, from: Side::A, count: 8, expiry: LATE });
    world.run(60, |_| false);
    assert_eq!(why_waits(&world).len(), 8, "{:?}", world.notices);
    charge(&mut world, 1);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Money that is too little for what waits is spent on what keeps the client alive.
#[test]
fn a_client_is_refreshed_as_long_as_there_is_money_for_that() {
    const PERIOD: u64 = 300;
    let trusting_period = Span::seconds(PERIOD);
    let mut world = link(Setup { trusting_period, ..Setup::default() });
    let only = address(&world, Side::B, 0);
    // An update costs 3,700, with a receive 5,600.
    endow(&mut world, Side::B, &only, 5_000);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    let dies = |world: &World| age(world, Side::B) > PERIOD * 9 / 10;
    assert!(!world.run(PERIOD + 60, dies), "{:?}", world.notices);
    assert_eq!(why_waits(&world).len(), 3);
    endow(&mut world, Side::B, &only, u128::MAX);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Everything goes wrong at once, keys run dry and get money, and some are taken out of the configuration
/// while their transactions are on their way: at a restart, or while ferry runs.
#[test]
fn keys_that_come_and_go_lose_nothing() {
    for seed in seeds(3) {
        println!("keys with FERRY_SIM_SEED={seed}");
        let mut rng = Rng::new(seed);
        let faults = Faults { rival: 0, ..everything(&mut rng) };
        let setup = Setup { seed, faults, adjust: three_keys, ..Setup::default() };
        let mut world = linked(3, setup);
        for at in 1..20 {
            send(&mut world, at, (at % 3) as usize, 1 + rng.below(40));
        }
        for _ in 0..10 {
            world.run(2, |_| false);
            let side = if rng.chance(50) { Side::A } else { Side::B };
            let key = address(&world, side, rng.below(2) as usize);
            let balance = if rng.chance(50) { u128::from(rng.below(80_000)) } else { u128::MAX };
            endow(&mut world, side, &key, balance);
            if rng.chance(30) {
                let kept = rng.below(2) as usize;
                let others = |config: &mut ChainConfig| {
                    three_keys(config);
                    config.lanes.remove(kept);
                };
                if rng.chance(50) { world.reconfigure(others) } else { world.retune(others) }
            }
        }
        settle(&mut world, 3_600);
        checks::books(&world);
        assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    }
}
