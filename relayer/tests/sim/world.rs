//! Two chains and a relayer in virtual time.

use std::collections::BTreeMap;

use cosmos::keys::Key;
use ferry::model::config::Config;
use ferry::model::facts::{Ask, Fact, Step};
use ferry::model::ids::{AskId, Both, ChainId, Height, Side, Time};
use ferry::model::notice::Notice;
use ferry::model::rows::{ChannelRow, PathRow};
use ferry::model::{Model, step};
use ibc_proto::google::protobuf::Any;

use crate::chain::{Chain, Send};
use crate::channels::Channels;
use crate::checks;
use crate::plain::Plain;
use crate::rival::Rival;
use crate::rng::Rng;
use crate::setup::{Expiry, Faults, Sending, Setup, chain_config, lane, unopened, wanted};
use crate::store::Store;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;
const START: u64 = 1_700_000_000 * SECOND;

/// What somebody does at some time.
pub(crate) type Act<C> = Box<dyn FnOnce(&mut World<C>)>;

pub(crate) enum Happening<C: Channels = Plain> {
    Block(Side),
    Pull(Side),
    Tick,
    Answer(AskId, Ask),
    Repeat(Fact),
    /// Somebody acts.
    Act(Act<C>),
}

/// The simulated world.
pub(crate) struct World<C: Channels = Plain> {
    pub(crate) chains: Both<Chain<C>>,
    pub(crate) store: Store,
    pub(crate) model: Model,
    pub(crate) now: u64,
    pub(crate) faults: Faults,
    pub(crate) rng: Rng,
    pub(crate) notices: Vec<Notice>,
    pub(crate) steps: u64,
    pub(crate) kills: u64,
    pub(crate) rival: Rival,
    config: Config,
    /// The path and the channels that are to be, in the order in which they were wanted.
    wanted: (PathRow, Vec<ChannelRow>),
    /// (time, order, process) -> what happens; answers die with the process that asked.
    queue: BTreeMap<(u64, u64, Option<u64>), Happening<C>>,
    order: u64,
    pub(crate) process: u64,
    lag: u64,
    /// The relayer does not run.
    asleep: bool,
    wake: Option<u64>,
    intervals: Both<u64>,
    pub(crate) injected: Both<Vec<Send<C>>>,
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
        self.later(delay, None, Happening::Act(Box::new(move |world| world.send(&sending))));
    }

    fn send(&mut self, sending: &Sending) {
        let Some(end) = self.channel_end(0, sending.from) else { return };
        let other = self.chains.on(sending.from.other());
        let timeout = match sending.expiry {
            Expiry::Seconds(seconds) => (Height::default(), self.now + seconds * SECOND),
            Expiry::Blocks(blocks) => {
                let height = other.height + blocks;
                (Height { revision: other.revision, height }, 0)
            }
        };
        for number in 0..sending.count {
            let (end, data) = (end.clone(), format!("packet {number}").into_bytes());
            let send: Send = Box::new(move |core| core.channels.send(&end, timeout, data));
            self.injected.on_mut(sending.from).push(send);
        }
    }
}

impl<C: Channels> World<C> {
    /// Two chains with these channels, and nothing linked.
    pub(crate) fn above(setup: Setup, channels: Both<C>) -> Self {
        let Setup { seed, faults, order, chains: ids, trusting_period, lag } = setup;
        let key = |byte| Key::from_secret(&[byte; 32]).expect("the secret is valid");
        let ((a, revision_a), (b, revision_b)) = (ids.a, ids.b);
        let mut configs =
            vec![chain_config(a, revision_a, key(1)), chain_config(b, revision_b, key(2))];
        for config in &mut configs {
            config.trusting_period = trusting_period;
        }
        let config = Config { chains: configs, max_tries: 40 };
        let chains = Both {
            a: Chain::new(ids.a, lane(a, &key(1)), START, channels.a),
            b: Chain::new(ids.b, lane(b, &key(2)), START + SECOND / 3 - lag, channels.b),
        };
        let mut world = Self {
            chains,
            store: Store::default(),
            model: Model::new(config.clone()),
            now: START + 2 * SECOND,
            faults,
            rng: Rng::new(seed),
            notices: Vec::new(),
            steps: 0,
            kills: 0,
            rival: Rival::new(key(3)),
            config,
            wanted: wanted(Both { a: a.into(), b: b.into() }, order),
            queue: BTreeMap::new(),
            order: 0,
            process: 0,
            lag,
            asleep: false,
            wake: None,
            intervals: Both { a: SECOND, b: SECOND * 17 / 10 },
            injected: Both { a: Vec::new(), b: Vec::new() },
            halted_until: 0,
        };
        for side in [Side::A, Side::B] {
            world.later(SECOND, None, Happening::Block(side));
        }
        world.boot();
        world
    }

    pub(crate) fn later(&mut self, delay: u64, process: Option<u64>, what: Happening<C>) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order, process), what);
    }

    /// Starts the process: what the driver does before its loop.
    fn boot(&mut self) {
        self.process += 1;
        let process = self.process;
        self.queue.retain(|(_, _, of), _| of.is_none_or(|of| of == process));
        self.model = Model::load(self.config.clone(), self.store.rows());
        for side in [Side::A, Side::B] {
            let chain = self.chains.on(side);
            let (id, tip) = (ChainId::from(chain.id.as_str()), chain.tip());
            if self.model.cursor(&id).is_none() && !self.feed(Fact::Begin(id, tip)) {
                return;
            }
            self.later(MILLI, Some(process), Happening::Pull(side));
        }
        self.feed_wanted();
    }

    /// What `ferry link` begins with.
    fn feed_wanted(&mut self) {
        let (row, channels) = self.wanted.clone();
        let known = self.model.path(&row.path).cloned();
        if known.is_some() && self.model.channels(&row.path).count() >= channels.len() {
            self.feed(Fact::Tick);
        } else {
            self.feed(Fact::Path(known.unwrap_or(row), channels));
        }
    }

    /// Wants one more channel.
    pub(crate) fn link(&mut self, ports: Both<&str>, version: &str) {
        let index = self.wanted_channels() as u32;
        self.wanted.1.push(unopened(&self.wanted.0.path, index, ports, version));
        self.feed_wanted();
    }

    pub(crate) fn wanted_channels(&self) -> usize {
        self.wanted.1.len()
    }

    /// Packets ever sent.
    pub(crate) fn sent(&self) -> u64 {
        self.chains.a.core.channels.sent() + self.chains.b.core.channels.sent()
    }

    /// Whether nobody is about to act any more.
    pub(crate) fn is_quiet(&self) -> bool {
        let acts = |what: &Happening<C>| matches!(what, Happening::Act(_));
        self.injected.a.is_empty() && self.injected.b.is_empty() && !self.queue.values().any(acts)
    }

    /// Lets neither chain make a block for a while.
    pub(crate) fn halt(&mut self, seconds: u64) {
        self.halted_until = self.now + seconds * SECOND;
    }

    /// Lets somebody else run a message in the next block of a side.
    pub(crate) fn inject(&mut self, side: Side, message: Any) {
        let chain = self.chains.on(side);
        let at = chain.context(chain.height + 1, chain.time);
        self.injected.on_mut(side).push(Box::new(move |core| {
            let mut events = Vec::new();
            core.run(&at, &message, &mut events).expect("the message is right");
            events.pop()
        }));
    }

    /// Runs until `done` or for so many virtual seconds; `true` when done.
    pub(crate) fn run(&mut self, seconds: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + seconds * SECOND;
        while let Some((at, ..)) = self.queue.keys().next().copied() {
            if at > end {
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

    /// Lets the chains go on without the relayer for so many virtual seconds, then starts it again.
    pub(crate) fn sleep(&mut self, seconds: u64) {
        self.asleep = true;
        self.run(seconds, |_| false);
        self.asleep = false;
        self.boot();
    }

    /// Starts the relayer anew with an empty store: it is told of the path, and finds the rest.
    pub(crate) fn lose_store(&mut self) {
        let path = self.wanted.0.path.clone();
        let mut row = self.model.path(&path).expect("the path is stored").clone();
        row.create = false;
        self.store = Store::default();
        self.wanted = (row, Vec::new());
        self.boot();
        self.feed(Fact::Clear(path));
    }

    fn happen(&mut self, what: Happening<C>) {
        match what {
            Happening::Pull(_) | Happening::Tick | Happening::Answer(..) | Happening::Repeat(_)
                if self.asleep => {}
            Happening::Block(side) if self.now < self.halted_until => {
                let delay = self.halted_until - self.now;
                self.later(delay, None, Happening::Block(side));
            }
            Happening::Block(side) => self.make_block(side),
            Happening::Pull(side) => self.pull(side),
            // The driver has one timer: a later step set it anew.
            Happening::Tick if self.wake.is_none_or(|wake| wake > self.now) => {}
            Happening::Tick => {
                self.feed(Fact::Tick);
            }
            Happening::Answer(id, ask) => self.answer(id, ask),
            Happening::Repeat(fact) => {
                self.feed(fact);
            }
            Happening::Act(act) => act(self),
        }
    }

    fn make_block(&mut self, side: Side) {
        if self.rng.chance(self.faults.vanish) {
            let place = self.rng.below(1_000);
            self.chains.on_mut(side).lose(place);
        }
        if self.rng.chance(self.faults.rival) {
            self.rival.relay(&mut self.chains, side, &mut self.rng);
        }
        let now = self.now;
        let sends = std::mem::take(self.injected.on_mut(side));
        let lag = if side == Side::B { self.lag } else { 0 };
        self.chains.on_mut(side).make_block(now - lag, sends);
        let jitter = self.rng.below(200 * MILLI);
        let interval = *self.intervals.on(side);
        self.later(interval + jitter, None, Happening::Block(side));
        let delay = self.rng.below(100 * MILLI);
        self.later(delay, Some(self.process), Happening::Pull(side));
    }

    /// An end of a channel that was wanted, counted from 0, once there is one.
    pub(crate) fn channel_end(&self, index: usize, side: Side) -> Option<ferry::model::ids::End> {
        let channel = self.model.channels(&self.wanted.0.path).nth(index)?;
        let end = channel.ends.on(side);
        Some(ferry::model::ids::End { port: end.port.clone(), channel: end.channel.clone()? })
    }

    fn pull(&mut self, side: Side) {
        let chain = self.chains.on(side);
        let id = ChainId::from(chain.id.as_str());
        let Some(cursor) = self.model.cursor(&id) else { return };
        if chain.pruned > cursor.height {
            let tip = chain.tip();
            self.feed(Fact::Jump(id, tip));
            return;
        }
        let Some(block) = chain.blocks.get(&(cursor.height + 1)).cloned() else { return };
        if self.feed(Fact::Block(id, block)) {
            let process = Some(self.process);
            self.later(MILLI, process, Happening::Pull(side));
        }
    }

    /// One turn of the driver's loop; `false` when the process was killed in it.
    pub(crate) fn feed(&mut self, fact: Fact) -> bool {
        self.steps += 1;
        let Step { writes, asks, notices, wake } = step(&mut self.model, fact, Time(self.now));
        self.notices.extend(notices);
        let dies = self.rng.chance(self.faults.kill);
        // 0: before the commit; else after it and so many asks.
        let survives = if dies { self.rng.below(asks.len() as u64 + 2) } else { u64::MAX };
        if survives == 0 {
            return self.kill();
        }
        self.store.commit(&writes);
        checks::after_step(self);
        for (count, (id, ask)) in asks.into_iter().enumerate() {
            if count as u64 + 1 >= survives {
                return self.kill();
            }
            checks::ask(self, &ask);
            let longest = if self.rng.chance(self.faults.slow) { 3_000 } else { 60 };
            let delay = (5 + self.rng.below(longest)) * MILLI;
            self.later(delay, Some(self.process), Happening::Answer(id, ask));
        }
        if dies {
            return self.kill();
        }
        self.wake = wake.map(|wake| wake.0);
        if let Some(wake) = self.wake {
            let process = Some(self.process);
            self.later(wake.saturating_sub(self.now), process, Happening::Tick);
        }
        true
    }

    fn kill(&mut self) -> bool {
        self.kills += 1;
        self.boot();
        false
    }

    pub(crate) fn side(&self, chain: &ChainId) -> Side {
        if chain.as_str() == self.chains.a.id { Side::A } else { Side::B }
    }

    /// A fresh copy of the relayer from the store.
    pub(crate) fn reload(&self) -> Model {
        Model::load(self.config.clone(), self.store.rows())
    }
}
