//! Two chains and a relayer in virtual time.

use std::collections::BTreeMap;

use cosmos::keys::Key;
use ferry::model::config::{ChainConfig, Config, GasPrice, LaneConfig, Probe};
use ferry::model::facts::{Ask, Fact, Step};
use ferry::model::ids::{AskId, Both, ChainId, Height, LaneId, Order, PathId, Side, Span, Time};
use ferry::model::notice::Notice;
use ferry::model::rows::{ChannelRow, PathRow};
use ferry::model::{Model, step};
use ibc_proto::google::protobuf::Any;

use crate::chain::{Chain, PREFIX, Send};
use crate::checks;
use crate::rival::Rival;
use crate::rng::Rng;
use crate::store::Store;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLI: u64 = 1_000_000;
const START: u64 = 1_700_000_000 * SECOND;

/// What goes wrong, in percent of the occasions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Of the answers: never come.
    pub(crate) lost: u64,
    /// Of the answers: take seconds, so that blocks come in between.
    pub(crate) slow: u64,
    /// Of the answers: come twice.
    pub(crate) twice: u64,
    /// Of the offers and reads: reach a node that is behind.
    pub(crate) stale: u64,
    /// Of the blocks: a transaction vanishes from the mempool.
    pub(crate) vanish: u64,
    /// Of the steps: the process is killed.
    pub(crate) kill: u64,
    /// Of the blocks: a rival relays what it sees.
    pub(crate) rival: u64,
}

/// Packets to send.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// Seconds after the channel opened.
    pub(crate) at: u64,
    pub(crate) from: Side,
    pub(crate) count: u64,
    pub(crate) expiry: Expiry,
}

/// When a packet times out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expiry {
    /// So many seconds after it was sent.
    Seconds(u64),
    /// So many blocks of the other chain after it was sent.
    Blocks(u64),
}

pub(crate) enum Happening {
    Block(Side),
    Pull(Side),
    Tick,
    Answer(AskId, Ask),
    Repeat(Fact),
    Send(Sending),
}

/// How a world differs from the usual one.
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) order: Order,
    pub(crate) trusting_period: Span,
    /// How far the clock of chain B is behind, in nanoseconds.
    pub(crate) lag: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            faults: Faults::default(),
            order: Order::Unordered,
            trusting_period: Span::seconds(100_000),
            lag: 0,
        }
    }
}

/// The simulated world.
pub(crate) struct World {
    pub(crate) chains: Both<Chain>,
    pub(crate) store: Store,
    pub(crate) model: Model,
    pub(crate) now: u64,
    pub(crate) faults: Faults,
    pub(crate) rng: Rng,
    pub(crate) notices: Vec<Notice>,
    pub(crate) sent: u64,
    pub(crate) steps: u64,
    pub(crate) kills: u64,
    pub(crate) rival: Rival,
    config: Config,
    path: (PathRow, Vec<ChannelRow>),
    /// (time, order, process) -> what happens; answers die with the process that asked.
    queue: BTreeMap<(u64, u64, Option<u64>), Happening>,
    order: u64,
    pub(crate) process: u64,
    lag: u64,
    /// The relayer does not run.
    asleep: bool,
    wake: Option<u64>,
    intervals: Both<u64>,
    sends: Both<Vec<Sending>>,
    injected: Both<Vec<Send>>,
}

fn lane(chain: &str, key: &Key) -> LaneId {
    let address = key.address(PREFIX).expect("the prefix is valid").as_str().into();
    LaneId { chain: chain.into(), address }
}

fn chain_config(chain: &str, revision: u64, key: Key) -> ChainConfig {
    ChainConfig {
        id: chain.into(),
        revision,
        lane: LaneConfig { id: lane(chain, &key), key },
        probe: Probe { address: "sim1probe".into(), sequence: 0 },
        gas_price: GasPrice { atto: 25_000_000_000_000_000, denom: "stake".to_owned() },
        fee_granter: None,
        memo: "ferry".to_owned(),
        block_gas: Some(20_000_000),
        block_bytes: 4_000_000,
        max_msgs: 100,
        interval: Span::seconds(1),
        trusting_period: Span::seconds(100_000),
        unbonding_period: Span::seconds(150_000),
        max_clock_drift: Span::seconds(15),
    }
}

/// The path that all worlds begin with: nothing is there, everything is wanted.
fn wanted(order: Order) -> (PathRow, Vec<ChannelRow>) {
    let path = PathId::from("ab");
    let end = || ferry::model::rows::ChannelEnd {
        port: "transfer".into(),
        channel: None,
        state: Default::default(),
        since: 0,
    };
    let channel = ChannelRow {
        path: path.clone(),
        index: 0,
        version: "ics20-1".to_owned(),
        order,
        ends: Both { a: end(), b: end() },
    };
    let row = PathRow {
        path,
        chains: Both { a: "alpha-1".into(), b: "beta-4".into() },
        ends: Both::default(),
        create: true,
    };
    (row, vec![channel])
}

impl World {
    pub(crate) fn new(seed: u64, faults: Faults) -> Self {
        Self::with(Setup { seed, faults, ..Setup::default() })
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let Setup { seed, faults, order, trusting_period, lag } = setup;
        let key = |byte| Key::from_secret(&[byte; 32]).expect("the secret is valid");
        let (a, b) = ("alpha-1", "beta-4");
        let mut configs = vec![chain_config(a, 1, key(1)), chain_config(b, 4, key(2))];
        for config in &mut configs {
            config.trusting_period = trusting_period;
        }
        let config = Config { chains: configs, max_tries: 40 };
        let chains = Both {
            a: Chain::new(a, 1, lane(a, &key(1)), START),
            b: Chain::new(b, 4, lane(b, &key(2)), START + SECOND / 3 - lag),
        };
        let mut world = Self {
            chains,
            store: Store::default(),
            model: Model::new(config.clone()),
            now: START + 2 * SECOND,
            faults,
            rng: Rng::new(seed),
            notices: Vec::new(),
            sent: 0,
            steps: 0,
            kills: 0,
            rival: Rival::new(key(3)),
            config,
            path: wanted(order),
            queue: BTreeMap::new(),
            order: 0,
            process: 0,
            lag,
            asleep: false,
            wake: None,
            intervals: Both { a: SECOND, b: SECOND * 17 / 10 },
            sends: Both::default(),
            injected: Both::default(),
        };
        for side in [Side::A, Side::B] {
            world.later(SECOND, None, Happening::Block(side));
        }
        world.boot();
        world
    }

    pub(crate) fn later(&mut self, delay: u64, process: Option<u64>, what: Happening) {
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
        if self.model.path(&self.path.0.path).is_none() {
            let (row, channels) = self.path.clone();
            self.feed(Fact::Path(row, channels));
        } else {
            self.feed(Fact::Tick);
        }
    }

    pub(crate) fn send_at(&mut self, sending: Sending) {
        let delay = sending.at * SECOND;
        self.later(delay, None, Happening::Send(sending));
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

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Pull(_) | Happening::Tick | Happening::Answer(..) | Happening::Repeat(_)
                if self.asleep => {}
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
            Happening::Send(sending) => self.sends.on_mut(sending.from).push(sending),
        }
    }

    fn make_block(&mut self, side: Side) {
        let sendings = std::mem::take(self.sends.on_mut(side));
        let mut sends: Vec<Send> = Vec::new();
        for sending in sendings {
            let Some(end) = self.channel_end(side) else { continue };
            let other = self.chains.on(side.other());
            let timeout = match sending.expiry {
                Expiry::Seconds(seconds) => (Height::default(), self.now + seconds * SECOND),
                Expiry::Blocks(blocks) => {
                    let height = other.height + blocks;
                    (Height { revision: other.revision, height }, 0)
                }
            };
            for number in 0..sending.count {
                self.sent += 1;
                let (end, data) = (end.clone(), format!("packet {number}").into_bytes());
                sends.push(Box::new(move |core| core.send(&end, timeout, data)));
            }
        }
        if self.rng.chance(self.faults.vanish) {
            let place = self.rng.below(1_000);
            self.chains.on_mut(side).lose(place);
        }
        if self.rng.chance(self.faults.rival) {
            self.rival.relay(&mut self.chains, side, &mut self.rng);
        }
        let now = self.now;
        sends.extend(std::mem::take(self.injected.on_mut(side)));
        let lag = if side == Side::B { self.lag } else { 0 };
        self.chains.on_mut(side).make_block(now - lag, sends);
        let jitter = self.rng.below(200 * MILLI);
        let interval = *self.intervals.on(side);
        self.later(interval + jitter, None, Happening::Block(side));
        let delay = self.rng.below(100 * MILLI);
        self.later(delay, Some(self.process), Happening::Pull(side));
    }

    /// The end of the first open channel on a side.
    pub(crate) fn channel_end(&self, side: Side) -> Option<ferry::model::ids::End> {
        let channel = self.model.channels(&self.path.0.path).next()?;
        let end = channel.ends.on(side);
        Some(ferry::model::ids::End { port: end.port.clone(), channel: end.channel.clone()? })
    }

    fn pull(&mut self, side: Side) {
        let chain = self.chains.on(side);
        let id = ChainId::from(chain.id.as_str());
        let Some(cursor) = self.model.cursor(&id) else { return };
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
