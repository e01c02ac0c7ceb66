//! Everything on a path is looked at anew while packets go on: that ends, though the channel never rests.

use ferry::model::facts::Fact;
use ferry::model::ids::{Both, Order, PathId, Side, Span};
use ferry::plan::cleared::{is_cleared, left};

use crate::gaps::prune;
use crate::plain::Plain;
use crate::setup::{Faults, Sending, Setup, wanted};
use crate::traps::LATE;
use crate::world::{Happening, MILLI, SECOND, START, Site, World};
use crate::{checks, linked};

/// For so many seconds a packet goes both ways in each of them.
const LONG: u64 = 400;
/// Within so many seconds a path is cleared, as those who wait for it see it.
const SOON: u64 = 60;

/// A path on which packets go both ways all the time.
fn busy(seed: u64) -> World {
    let mut world = linked(seed, Faults::default());
    for at in 1..LONG {
        for from in [Side::A, Side::B] {
            world.send_at(Sending { at, from, count: 3, expiry: LATE });
        }
    }
    world.run(20, |_| false);
    world
}

fn path(world: &World) -> PathId {
    world.model.paths().next().expect("there is a path").path.clone()
}

/// The packets of side A up to this one are acknowledged.
fn are_acknowledged(world: &World, upto: u64) -> bool {
    let effects = &world.chains.a.core.effects;
    let own = |seq: u64| {
        effects.iter().any(|(name, effects)| {
            name.0 == world.chains.a.id && name.2 == seq && effects.acknowledged == 1
        })
    };
    (1..=upto).all(own)
}

/// Waits until the path is cleared. It never rests meanwhile, and what had been sent is over then.
fn clears(world: &mut World, sent: u64) {
    let id = path(world);
    assert!(world.model.unseen(&id) > 0, "nothing is looked at");
    let is_over = |world: &World| is_cleared(&world.model, &id);
    assert!(world.run(SOON, is_over), "{:?}", left(&world.model, &id));
    assert!(are_acknowledged(world, sent), "it ends before what was there before it");
    assert_eq!(left(&world.model, &id), []);
    assert!(world.model.slots().next().is_some() || world.model.packets().next().is_some());
}

/// `ferry clear` beside a ferry that runs.
#[test]
fn clearing_ends_on_a_channel_in_use() {
    let mut world = busy(81);
    let (id, sent) = (path(&world), world.chains.a.core.sent());
    for _ in 0..3 {
        world.feed(Fact::Clear(id.clone()));
        clears(&mut world, sent);
    }
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// `ferry clear` alone, after a while in which no ferry ran and nodes have thrown blocks away.
#[test]
fn clearing_ends_where_much_was_missed() {
    let mut world = busy(82);
    world.sleep(60);
    prune(&mut world);
    let (id, sent) = (path(&world), world.chains.a.core.sent());
    world.feed(Fact::Clear(id));
    clears(&mut world, sent);
}

/// `ferry link --connection`, alone: nothing is known but the connection.
#[test]
fn taking_over_ends_on_a_channel_in_use() {
    let mut world = busy(83);
    world.lose_store();
    let sent = world.chains.a.core.sent();
    clears(&mut world, sent);
}

/// A chain, one of whose events never reads, is checked again and again: who waits is not kept waiting by that.
#[test]
fn clearing_ends_while_blocks_do_not_read() {
    let mut world = busy(84);
    for at in 1..LONG {
        let garble = |world: &mut World| {
            let chain = world.chains.a.id.as_str().into();
            world.feed(Fact::Garbled(chain));
        };
        world.later(at * SECOND / 4, None, Happening::Act(Box::new(garble)));
    }
    let (id, sent) = (path(&world), world.chains.a.core.sent());
    world.feed(Fact::Clear(id));
    clears(&mut world, sent);
}

/// Beside a path in use: `ferry link --connection` and `ferry clear` of one where nothing happens end at once.
#[test]
fn clearing_waits_for_no_other_path() {
    let names = [("alpha-1", 1), ("beta-4", 4), ("gamma", 0)];
    let site =
        |name| Site { name, channels: Plain::default(), interval: SECOND, started: START, lag: 0 };
    let path = |a: usize, b: usize| {
        let chains = Both { a: names[a].0.into(), b: names[b].0.into() };
        let (mut path, mut channels) = wanted(chains, Order::Unordered, Span(0));
        path.path = PathId::from(format!("{a}-{b}"));
        channels.iter_mut().for_each(|channel| channel.path = path.path.clone());
        (path, channels)
    };
    let setup = Setup { seed: 85, ..Setup::default() };
    let mut world =
        World::of_sites(setup, Vec::from(names.map(site)), vec![path(0, 1), path(0, 2)]);
    let is_linked = |world: &World| (0..2).all(|path| world.is_path_open(path));
    assert!(world.run(600, is_linked), "every path opens: {:?}", world.notices);
    for tenth in 1..600 {
        let sending = Sending { at: 0, from: Side::A, count: 2, expiry: LATE };
        let act = move |world: &mut World| world.send_on(0, &sending, |_| b"packet".to_vec());
        world.later(tenth * 100 * MILLI, None, Happening::Act(Box::new(act)));
    }
    world.run(10, |_| false);
    let quiet = PathId::from("0-2");
    world.feed(Fact::Clear(quiet.clone()));
    assert!(world.run(5, |world| is_cleared(&world.model, &quiet)), "{:?}", world.notices);
    assert!(world.model.packets().any(|row| row.path != quiet), "the other path rests");
}
