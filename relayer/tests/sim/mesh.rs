//! Ten chains in a ring with chords, one relayer, one key on each chain that serves several paths, and
//! everything going wrong at once, for hours and in the long run for days: some nodes keep little, some clocks are
//! behind, the relayer stands still now and then, and on some paths another one is at work.

use ferry::model::ids::{Both, Order, PathId, Side, Span};
use ferry::model::rows::{ChannelRow, PathRow};

use crate::checks;
use crate::plain::Plain;
use crate::rng::Rng;
use crate::setup::{Expiry, Faults, Sending, Setup, wanted};
use crate::world::{Happening, MILLI, SECOND, START, Site, World};
use crate::{everything, number, seeds, settle};

const NAMES: [(&str, u64); 10] = [
    ("alpha-1", 1),
    ("beta-4", 4),
    ("gamma", 0),
    ("delta-2", 2),
    ("epsilon-1", 1),
    ("zeta", 0),
    ("eta-12", 12),
    ("theta-1", 1),
    ("iota-3", 3),
    ("kappa-1", 1),
];
/// Neighbours on the ring, and some that are not.
const CHORDS: [(usize, usize); 4] = [(0, 5), (1, 6), (2, 8), (3, 9)];
const DAY: u64 = 86_400;
/// Percent of the steps at which the process is killed, at most: a start on ten chains takes many, and one that is
/// seldom whole makes a run of minutes out of one of seconds.
const MOST_KILLS: u64 = 3;
/// In a run with very many packets, which all have to be loaded then, at one in so many of them.
const MERCY: u64 = 20;
/// Blocks that archives keep: an hour of the fastest chain, for the hourly check.
const KEPT: usize = 4_000;
/// Percent of the nodes that serve only their last blocks and states.
const PRUNED: u64 = 30;
/// Percent of the paths that a rival serves as well.
const RIVALS: u64 = 30;
/// Percent of the chains whose clock is behind, and by how many milliseconds at most: more than clients tolerate.
const BEHIND: u64 = 50;
const LAG: u64 = 20_000;
/// About how often the relayer stands still, and for how long at most, in seconds.
const NAPS: u64 = 1_800;
const NAP: u64 = 240;

/// How long after the last packet everything is over. A key offers one transaction after the other, and waits for a block
/// where one of them reached a node that is behind: where many are slow or behind, that is two or three in a block.
const AFTERWARDS: u64 = 12 * 3_600;

/// Percent of the bursts that are a fortieth of all that is sent, where the channel is not ordered, and what any may have.
const GREAT: u64 = 10;
const SMALL: u64 = 8;

/// How long a run is, and how much is sent in it.
struct Size {
    seconds: u64,
    packets: u64,
}

impl Size {
    /// `RANDOM_RUNS` stretches a run: 1 is 10 minutes and 300 packets; 100 a day and a million.
    fn of_run() -> Self {
        match number("RANDOM_RUNS").unwrap_or(1) {
            100.. => Self { seconds: DAY, packets: 1_000_000 },
            factor => Self { seconds: (600 * factor).min(DAY), packets: 300 * factor },
        }
    }
}

fn sites(rng: &mut Rng) -> Vec<Site<Plain>> {
    let site = |name| {
        let lag = if rng.chance(BEHIND) { rng.below(LAG) * MILLI } else { 0 };
        Site {
            name,
            channels: Plain::default(),
            interval: SECOND + rng.below(6_000) * MILLI,
            started: START + rng.below(300) * MILLI - lag,
            lag,
        }
    };
    NAMES.into_iter().map(site).collect()
}

/// Nodes that keep little, mempools of applications, and a rival.
fn surroundings(world: &mut World, rng: &mut Rng) {
    for chain in world.chains.all_mut() {
        chain.keeps = KEPT;
        chain.locks = rng.chance(50);
        if rng.chance(PRUNED) {
            chain.serves = 40 + rng.below(60);
            chain.states = 40 + rng.below(40) as usize;
        }
    }
    let paths = 0..world.wanted_paths();
    world.rival.paths = Some(paths.filter(|_| rng.chance(RIVALS)).collect());
    world.rival.is_elsewhere = rng.chance(50);
}

/// The relayer stands still now and then: long enough for nodes to throw away what it did not read.
fn naps(world: &mut World, rng: &mut Rng, size: &Size) {
    for _ in 0..1 + size.seconds / NAPS {
        let seconds = 1 + rng.below(NAP);
        let act = move |world: &mut World| world.nap(seconds);
        let delay = rng.below(size.seconds) * SECOND;
        world.later(delay, None, Happening::Act(Box::new(act)));
    }
}

/// A run that takes a quarter of an hour says how far it is.
fn tell_each_hour(world: &mut World, size: &Size) {
    for hour in 1..=size.seconds / 3_600 {
        let act = move |world: &mut World| {
            let (sent, left) = (world.sent(), world.not_over());
            let (steps, kills) = (world.steps, world.kills);
            println!("hour {hour}: {sent} sent, not over: {left:?}, {steps} steps, {kills} kills");
        };
        world.later(hour * 3_600 * SECOND, None, Happening::Act(Box::new(act)));
    }
}

fn paths(rng: &mut Rng) -> Vec<(PathRow, Vec<ChannelRow>)> {
    let ring = (0..NAMES.len()).map(|place| (place, (place + 1) % NAMES.len()));
    let path = |(a, b): (usize, usize)| {
        let order = if rng.chance(15) { Order::Ordered } else { Order::Unordered };
        let delay = Span::seconds(if rng.chance(15) { 20 } else { 0 });
        let (mut path, mut channels) =
            wanted(Both { a: NAMES[a].0.into(), b: NAMES[b].0.into() }, order, delay);
        path.path = PathId::from(format!("{a}-{b}"));
        channels.iter_mut().for_each(|channel| channel.path = path.path.clone());
        (path, channels)
    };
    ring.chain(CHORDS).map(path).collect()
}

/// Bursts on random paths, over the whole run; some packets cannot arrive in time.
fn traffic(world: &mut World, rng: &mut Rng, size: &Size) {
    let mut left = size.packets;
    while left > 0 {
        let path = rng.below(world.wanted_paths() as u64) as usize;
        let from = if rng.chance(50) { Side::A } else { Side::B };
        let is_great = rng.chance(GREAT) && !world.is_ordered(path);
        let most = if is_great { size.packets / 40 } else { size.packets / 400 };
        let count = (1 + rng.below(1 + most.max(SMALL))).min(left);
        // A late packet closes an ordered channel, and what is sent over it then is never sent.
        let expiry = match rng.below(10) {
            0 if !world.is_ordered(path) => Expiry::Seconds(1 + rng.below(60)),
            _ => Expiry::Seconds(2 * DAY),
        };
        let sending = Sending { at: 0, from, count, expiry };
        let act = move |world: &mut World| world.send_on(path, &sending, |_| b"packet".to_vec());
        let delay = rng.below(size.seconds) * SECOND;
        world.later(delay, None, Happening::Act(Box::new(act)));
        left -= count;
    }
}

fn day(seed: u64, size: &Size) {
    let mut rng = Rng::new(seed);
    let faults = everything(&mut rng);
    let faults = Faults { rival: rng.below(60), kill: faults.kill.min(MOST_KILLS), ..faults };
    let (sites, paths) = (sites(&mut rng), paths(&mut rng));
    let setup = Setup { seed, faults, ..Setup::default() };
    let mut world = World::of_sites(setup, sites, paths);
    world.mercy = if size.packets < 100_000 { 1 } else { MERCY };
    surroundings(&mut world, &mut rng);
    let is_linked = |world: &World| (0..world.wanted_paths()).all(|path| world.is_path_open(path));
    assert!(world.run(7_200, is_linked), "every path opens: {:?}", world.notices);
    traffic(&mut world, &mut rng, size);
    naps(&mut world, &mut rng, size);
    tell_each_hour(&mut world, size);
    settle(&mut world, size.seconds + AFTERWARDS);
    assert_eq!(world.sent(), size.packets, "everything was sent");
    checks::books(&world);
    checks::wasted_only_beside_a_rival(&world);
}

/// Every packet ends exactly once, nothing is paid for twice, and the books show every unit.
#[test]
fn ten_chains_lose_nothing_in_a_day() {
    for seed in seeds(1) {
        println!("mesh with FERRY_SIM_SEED={seed}");
        day(seed, &Size::of_run());
    }
}
