//! Chains and a relayer in virtual time. Most tests need two chains; `mesh` has more of them.

mod nature;
mod process;

use std::collections::{BTreeMap, BTreeSet};

use cosmos::keys::Key;
use ferry::model::Model;
use ferry::model::config::Config;
use ferry::model::facts::{Ask, Fact};
use ferry::model::ids::{AskId, Both, ChainId, End, Height, Order, PathId, Side, Span};
use ferry::model::notice::Notice;
use ferry::model::rows::{ChannelRow, Ibc, PacketRow, PathRow};
use ferry::plan::explain::explain;

use crate::chain::{Chain, Send};
use crate::chains::Chains;
use crate::channels::Channels;
use crate::core::channel_name;
use crate::plain::Plain;
use crate::rival::Rival;
use crate::rng::Rng;
use crate::setup::{Expiry, Faults, Sending, Setup, chain_config, unopened, wanted};
use crate::store::Store;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;
pub(crate) const START: u64 = 1_700_000_000 * SECOND;

/// What somebody does at some time.
pub(crate) type Act<C> = Box<dyn FnOnce(&mut World<C>)>;

pub(crate) enum Happening<C: Channels = Plain> {
    /// The chain at this place makes a block.
    Block(usize),
    /// The relayer reads the next block of the chain at this place.
    Pull(usize),
    Tick,
    Answer(AskId, Ask),
    Repeat(Box<Fact>),
    /// The mempool of the chain at this place is checked again.
    Recheck(usize),
    /// Somebody acts.
    Act(Act<C>),
}

/// A chain that a world begins with.
pub(crate) struct Site<C> {
    /// Its id and revision.
    pub(crate) name: (&'static str, u64),
    pub(crate) channels: C,
    /// Nanoseconds between two blocks.
    pub(crate) interval: u64,
    /// Its time at the beginning.
    pub(crate) started: u64,
    /// How far its clock is behind, in nanoseconds.
    pub(crate) lag: u64,
}

/// The simulated world.
pub(crate) struct World<C: Channels = Plain> {
    pub(crate) chains: Chains<C>,
    pub(crate) store: Store,
    pub(crate) model: Model,
    pub(crate) now: u64,
    pub(crate) faults: Faults,
    pub(crate) rng: Rng,
    pub(crate) notices: Vec<Notice>,
    pub(crate) steps: u64,
    pub(crate) kills: u64,
    /// The simulations under way, and on which chain.
    pub(crate) simulating: BTreeMap<AskId, ChainId>,
    /// Simulations asked for.
    pub(crate) simulations: u64,
    /// Scans of channels and packets that were asked for.
    pub(crate) scans: u64,
    /// How many headers of others were compared.
    pub(crate) compared: u64,
    /// How many packets a node looks at before it answers a scan.
    pub(crate) scan_part: usize,
    /// Scans of packets: after which sequence, and how many were found.
    pub(crate) scanned: Vec<(u64, usize)>,
    pub(crate) rival: Rival,
    /// Of the steps at which it would be killed, the process is killed at one in so many.
    pub(crate) mercy: u64,
    /// Nodes leave out what was sent when they tell of a block.
    pub(crate) hides_sends: bool,
    /// Nanoseconds that reading a block takes when more wait.
    pub(crate) reading: u64,
    config: Config,
    /// The paths and the channels that are to be, in the order in which they were wanted.
    pub(crate) wanted: Vec<(PathRow, Vec<ChannelRow>)>,
    /// (time, order, process) -> what happens; answers die with the process that asked.
    queue: BTreeMap<(u64, u64, Option<u64>), Happening<C>>,
    order: u64,
    pub(crate) process: u64,
    /// How far the clock of each chain is behind, in nanoseconds.
    lags: Vec<u64>,
    /// The relayer does not run.
    asleep: bool,
    /// The first path is to be served no more.
    is_forgotten: bool,
    wake: Option<u64>,
    /// Nanoseconds between two blocks of each chain.
    intervals: Vec<u64>,
    /// What happens in the next block of each chain.
    injected: Vec<Vec<Send<C>>>,
    halted_until: u64,
}

impl World {
    pub(crate) fn new(seed: u64, faults: Faults) -> Self {
        Self::with(Setup { seed, faults, ..Setup::default() })
    }

    pub(crate) fn with(setup: Setup) -> Self {
        Self::above(setup, Both { a: Plain::default(), b: Plain::default() })
    }

    pub(crate) fn send_at(&mut self, sending: Sending) {
        let delay = sending.at * SECOND;
        let number = |number: u64| format!("packet {number}").into_bytes();
        let act = move |world: &mut Self| world.send(&sending, number);
        self.later(delay, None, Happening::Act(Box::new(act)));
    }

    /// Sends packets that hold these bytes.
    pub(crate) fn send_data_at(&mut self, sending: Sending, data: Vec<u8>) {
        let delay = sending.at * SECOND;
        let act = move |world: &mut Self| world.send(&sending, |_| data.clone());
        self.later(delay, None, Happening::Act(Box::new(act)));
    }

    fn send(&mut self, sending: &Sending, data: impl Fn(u64) -> Vec<u8>) {
        self.send_on(0, sending, data);
    }

    /// Sends packets over the first channel of a path.
    pub(crate) fn send_on(
        &mut self,
        path: usize,
        sending: &Sending,
        data: impl Fn(u64) -> Vec<u8>,
    ) {
        let Some(end) = self.end_of(path, 0, sending.from) else { return };
        let chains = &self.wanted[path].0.chains;
        let place = self.chains.place(chains.on(sending.from));
        let other = self.chains.named(chains.on(sending.from.other()));
        let timeout = match sending.expiry {
            Expiry::Seconds(seconds) => (Height::default(), self.now + seconds * SECOND),
            Expiry::Blocks(blocks) => {
                let height = other.height + blocks;
                (Height { revision: other.revision, height }, 0)
            }
        };
        for number in 0..sending.count {
            let (end, data) = (end.clone(), data(number));
            let send: Send = Box::new(move |core| core.channels.send(&end, timeout, data));
            self.injected[place].push(send);
        }
    }
}

impl<C: Channels> World<C> {
    /// Two chains with these channels, and nothing linked.
    pub(crate) fn above(setup: Setup, channels: Both<C>) -> Self {
        let Both { a, b } = setup.chains;
        let ((a_interval, b_interval), lag) = ((SECOND, SECOND * 17 / 10), setup.lag);
        let sites = vec![
            Site { name: a, channels: channels.a, interval: a_interval, started: START, lag: 0 },
            Site {
                name: b,
                channels: channels.b,
                interval: b_interval,
                started: START + SECOND / 3 - lag,
                lag,
            },
        ];
        let (mut path, mut channels) =
            wanted(Both { a: a.0.into(), b: b.0.into() }, setup.order, setup.delay);
        path.ibc = setup.ibc;
        channels.retain(|_| setup.ibc == Ibc::V1);
        let wanted = vec![(path, channels)];
        Self::of_sites(setup, sites, wanted)
    }

    /// So many chains, with these paths between them, and nothing linked.
    pub(crate) fn of_sites(
        setup: Setup,
        sites: Vec<Site<C>>,
        wanted: Vec<(PathRow, Vec<ChannelRow>)>,
    ) -> Self {
        let Setup { seed, faults, trusting_period, adjust, .. } = setup;
        let intervals = sites.iter().map(|site| site.interval).collect();
        let lags = sites.iter().map(|site| site.lag).collect();
        let mut configs = Vec::new();
        let mut chains = Vec::new();
        for (number, site) in (1..).zip(sites) {
            let key = Key::from_secret(&[number; 32]).expect("the secret is valid");
            let (name, revision) = site.name;
            let mut config = chain_config(name, revision, key);
            config.trusting_period = trusting_period;
            adjust(&mut config);
            let lanes = config.lanes.iter().map(|lane| lane.id.clone()).collect();
            chains.push(Chain::new(site.name, lanes, site.started, site.channels));
            configs.push(config);
        }
        let check_every = Span::seconds(3_600);
        let config = Config { chains: configs, max_tries: 40, check_every, ..Config::default() };
        let count = chains.len();
        let mut world = Self {
            chains: Chains::of(chains),
            store: Store::default(),
            model: Model::new(config.clone()),
            now: START + 2 * SECOND,
            faults,
            rng: Rng::new(seed),
            notices: Vec::new(),
            steps: 0,
            kills: 0,
            simulating: BTreeMap::new(),
            simulations: 0,
            scans: 0,
            compared: 0,
            scan_part: usize::MAX,
            scanned: Vec::new(),
            rival: Rival::new(Key::from_secret(&[99; 32]).expect("the secret is valid")),
            mercy: 1,
            hides_sends: false,
            reading: MILLI,
            config,
            wanted,
            queue: BTreeMap::new(),
            order: 0,
            process: 0,
            lags,
            asleep: false,
            is_forgotten: false,
            wake: None,
            intervals,
            injected: (0..count).map(|_| Vec::new()).collect(),
            halted_until: 0,
        };
        for place in 0..count {
            world.later(SECOND, None, Happening::Block(place));
        }
        world.boot();
        world
    }

    pub(crate) fn later(&mut self, delay: u64, process: Option<u64>, what: Happening<C>) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order, process), what);
    }

    /// Wants one more channel.
    pub(crate) fn link(&mut self, ports: Both<&str>, version: &str) {
        self.link_all([ports], version);
    }

    /// Wants one more path, with these channels.
    pub(crate) fn want(&mut self, path: PathRow, channels: Vec<ChannelRow>) {
        self.wanted.push((path, channels));
        self.feed_wanted();
    }

    /// Wants more channels.
    pub(crate) fn link_all<'a>(
        &mut self,
        ports: impl IntoIterator<Item = Both<&'a str>>,
        version: &str,
    ) {
        for ports in ports {
            let known = self.model.channels(&self.wanted[0].0.path).count();
            let index = self.wanted_channels().max(known) as u32;
            let (path, channels) = &mut self.wanted[0];
            channels.push(unopened(&path.path, index, ports, version));
        }
        self.feed_wanted();
    }

    pub(crate) fn wanted_channels(&self) -> usize {
        self.wanted[0].1.len()
    }

    /// Which of the paths that were wanted has this channel on a chain, counted from 0.
    pub(crate) fn path_of(&self, chain: &str, channel: &str) -> Option<usize> {
        let has = |path: &PathRow, side: Side| {
            let mut rows = self.model.channels(&path.path);
            let is_it = |row: &ChannelRow| {
                row.ends.on(side).channel.as_ref().is_some_and(|known| known.as_str() == channel)
            };
            path.chains.on(side).as_str() == chain && rows.any(is_it)
        };
        self.wanted.iter().position(|(path, _)| has(path, Side::A) || has(path, Side::B))
    }

    /// How many paths were wanted.
    pub(crate) fn wanted_paths(&self) -> usize {
        self.wanted.len()
    }

    /// Whether the first channel of a path delivers in order.
    pub(crate) fn is_ordered(&self, path: usize) -> bool {
        self.wanted[path].1.iter().any(|channel| channel.order == Order::Ordered)
    }

    /// Whether the first channel of a path is open on both sides.
    pub(crate) fn is_path_open(&self, path: usize) -> bool {
        let chains = self.path_chains(path);
        [Side::A, Side::B].into_iter().all(|side| {
            let Some(end) = self.end_of(path, 0, side) else { return false };
            let name = (end.port.as_str(), end.channel.as_str());
            chains.on(side).core.channel(name).is_ok_and(|channel| channel.state == 3)
        })
    }

    /// The chains of a path.
    pub(crate) fn path_chains(&self, path: usize) -> Both<&Chain<C>> {
        let Both { a, b } = &self.wanted[path].0.chains;
        Both { a: self.chains.named(a), b: self.chains.named(b) }
    }

    /// Packets ever sent.
    pub(crate) fn sent(&self) -> u64 {
        self.chains.all().map(|chain| chain.core.sent()).sum()
    }

    /// How many packets are not over as ferry knows, by path.
    pub(crate) fn not_over(&self) -> BTreeMap<PathId, usize> {
        let mut counts = BTreeMap::new();
        for row in self.model.packets() {
            *counts.entry(row.path.clone()).or_default() += 1;
        }
        counts
    }

    /// Of each path the first packet that is not over, and what it waits for.
    pub(crate) fn why_not_over(&self) -> BTreeMap<PathId, (PacketRow, String)> {
        let mut firsts = BTreeMap::new();
        for row in self.model.packets() {
            let why = || (row.clone(), explain(&self.model, &row.key).to_string());
            firsts.entry(row.path.clone()).or_insert_with(why);
        }
        firsts
    }

    /// Whether nobody is about to act any more.
    pub(crate) fn is_quiet(&self) -> bool {
        let acts = |what: &Happening<C>| matches!(what, Happening::Act(_));
        self.injected.iter().all(Vec::is_empty) && !self.queue.values().any(acts)
    }

    /// Runs until `done` or for so many virtual seconds; `true` when done.
    pub(crate) fn run(&mut self, seconds: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + seconds * SECOND;
        while let Some((at, ..)) = self.queue.keys().next().copied() {
            if at > end {
                // Who runs it again, and again, must not wait for ever for what comes later than that.
                self.now = end;
                return false;
            }
            let Some(((at, ..), what)) = self.queue.pop_first() else { return false };
            self.now = at;
            self.happen(what);
            if done(self) {
                return true;
            }
        }
        false
    }

    fn happen(&mut self, what: Happening<C>) {
        match what {
            Happening::Pull(_) | Happening::Tick | Happening::Answer(..) | Happening::Repeat(_)
                if self.asleep => {}
            Happening::Block(place) if self.now < self.halted_until => {
                let delay = self.halted_until - self.now;
                self.later(delay, None, Happening::Block(place));
            }
            Happening::Block(place) => self.make_block(place),
            Happening::Recheck(place) => self.chains.at_mut(place).recheck(),
            Happening::Pull(place) => self.pull(place),
            // The driver has one timer: a later step set it anew.
            Happening::Tick if self.wake.is_none_or(|wake| wake > self.now) => {}
            Happening::Tick => {
                self.feed(Fact::Tick);
            }
            Happening::Answer(id, ask) => match self.locked_for(&ask) {
                Some(wait) => self.later(wait, Some(self.process), Happening::Answer(id, ask)),
                None => self.answer(id, ask),
            },
            Happening::Repeat(fact) => {
                self.feed(*fact);
            }
            Happening::Act(act) => act(self),
        }
    }

    /// An end of a channel that was wanted on the first path, counted from 0, once there is one.
    pub(crate) fn channel_end(&self, index: usize, side: Side) -> Option<End> {
        self.end_of(0, index, side)
    }

    /// An end of a channel that was wanted, path and channel counted from 0, once there is one.
    pub(crate) fn end_of(&self, path: usize, index: usize, side: Side) -> Option<End> {
        let channel = self.model.channels(&self.wanted[path].0.path).nth(index)?;
        let end = channel.ends.on(side);
        Some(End { port: end.port.clone(), channel: end.channel.clone()? })
    }

    /// The channels of a path as effects name them, for packets that one side sends.
    pub(crate) fn channel_names(&self, path: usize, from: Side) -> BTreeSet<String> {
        let id = &self.wanted[path].0.path;
        if let Some(row) = self.model.path(id).filter(|row| row.ibc == Ibc::V2) {
            let client = |side| row.ends.on(side).client.as_ref().map(|id| id.to_string());
            let ends = client(from).zip(client(from.other()));
            return ends.map(|(src, dst)| channel_name(&src, &dst)).into_iter().collect();
        }
        let rows = self.model.channels(id);
        let name = |row: &ChannelRow| {
            let (src, dst) = (row.ends.on(from), row.ends.on(from.other()));
            Some(channel_name(src.channel.as_ref()?.as_str(), dst.channel.as_ref()?.as_str()))
        };
        rows.filter_map(name).collect()
    }
}
