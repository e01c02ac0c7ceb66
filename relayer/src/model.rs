//! The state of the relayer, and the one function that changes it.
//!
//! [`step`] is pure: no clock, no network, no randomness; the same facts give the same writes and
//! asks. [`facts`] says who calls it and what is done with its answer. [`rows`] is what the store keeps.

pub mod config;
pub mod cost;
pub mod facts;
pub mod filter;
pub mod ids;
pub mod notice;
pub mod rename;
pub mod rows;
pub mod state;

pub(crate) mod asks;
pub(crate) mod blame;
pub(crate) mod chain;
mod channels;
mod check;
mod clearing;
mod client;
mod decide;
mod flow;
mod forget;
mod gap;
mod keys;
mod lane;
mod misbehaviour;
pub(crate) mod offer;
pub(crate) mod packet;
mod path;
mod price;
pub mod purse;
pub(crate) mod record;
mod retry;
mod scan;
pub(crate) mod standing;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use asks::{Asks, Purpose};
use chain::Chain;
use check::Checks;
use clearing::Clearings;
use config::{ChainConfig, Config, LaneConfig};
use facts::{Answer, Fact, Simulation, Step, Tip, Why};
use filter::Pattern;
use flow::Flow;
use gap::Scans;
use ids::{AskId, ChainId, FlowId, LaneId, PathId, Span, Time};
use lane::Lane;
use notice::Notice;
use packet::Backlog;
use record::Record;
use rows::{ChannelRow, GapId, GapRow, PacketRow, PathRow, Rows, SlotRow, Write};

use crate::plan::politeness::Leads;

/// Everything the relayer knows.
#[derive(Debug)]
pub struct Model {
    pub(crate) config: BTreeMap<ChainId, ChainConfig>,
    pub(crate) max_tries: u16,
    pub(crate) check_every: Span,
    pub(crate) paused: BTreeSet<PathId>,
    pub(crate) only: BTreeMap<PathId, Vec<Pattern>>,
    /// What is stored. All below follows from it, or is learned again after a restart.
    pub(crate) record: Record,
    pub(crate) backlog: Backlog,
    pub(crate) chains: BTreeMap<ChainId, Chain>,
    pub(crate) flows: BTreeMap<FlowId, Flow>,
    pub(crate) lanes: BTreeMap<LaneId, Lane>,
    pub(crate) asks: Asks,
    pub(crate) scans: Scans,
    pub(crate) checks: Checks,
    pub(crate) clearings: Clearings,
    pub(crate) leads: Leads,
    pub(crate) notices: Vec<Notice>,
    pub(crate) now: Time,
}

impl Model {
    /// A relayer that knows nothing yet.
    pub fn new(config: Config) -> Self {
        Self::load(config, Rows::default())
    }

    /// The relayer that stored `rows`.
    pub fn load(config: Config, rows: Rows) -> Self {
        let record = Record::load(rows);
        let Config { chains, max_tries, check_every, paused, only } = config;
        let mut model = Self {
            config: BTreeMap::new(),
            max_tries,
            check_every,
            paused,
            only,
            record,
            backlog: Backlog::default(),
            chains: BTreeMap::new(),
            flows: BTreeMap::new(),
            lanes: BTreeMap::new(),
            asks: Asks::default(),
            scans: Scans::default(),
            checks: Checks::default(),
            clearings: Clearings::default(),
            leads: Leads::default(),
            notices: Vec::new(),
            now: Time::default(),
        };
        model.leads = Leads::load(&model.record);
        chains.into_iter().for_each(|chain| model.serve(chain));
        model.refill_backlog();
        model.place_all_steps();
        let lanes: Vec<LaneId> = model.lanes.keys().cloned().collect();
        lanes.iter().for_each(|lane| model.unwant_orphans(lane));
        model
    }

    /// Takes a chain in, with what is stored of it.
    fn serve(&mut self, chain: ChainConfig) {
        let id = chain.id.clone();
        self.chains.insert(id.clone(), Chain::new(&chain, self.record.tip(&id)));
        // What a key has signed that is configured no more still has to be decided.
        let signed = self.record.all_slots().map(|slot| slot.id.lane.clone());
        let signed = signed.filter(|lane| lane.chain == id);
        let lanes: BTreeSet<LaneId> =
            signed.chain(chain.lanes.iter().map(|l| l.id.clone())).collect();
        for lane in lanes {
            let loaded = Lane::loaded(self.record.slots(&lane).map(|slot| slot.id.clone()));
            self.lanes.insert(lane, loaded);
        }
        self.config.insert(id, chain);
    }

    /// How far a chain has been read; `None` before [`Fact::Begin`].
    pub fn cursor(&self, chain: &ChainId) -> Option<Tip> {
        self.record.tip(chain)
    }

    /// A path as stored.
    pub fn path(&self, path: &PathId) -> Option<&PathRow> {
        self.record.path(path)
    }

    /// All paths.
    pub fn paths(&self) -> impl Iterator<Item = &PathRow> {
        self.record.paths()
    }

    /// The channels of a path that were wanted or whose handshake was seen.
    pub fn channels(&self, path: &PathId) -> impl Iterator<Item = &ChannelRow> {
        self.record.channels(path)
    }

    /// How many channels a path has.
    pub fn channel_count(&self, path: &PathId) -> usize {
        self.record.channel_count(path)
    }

    /// The packets that are not over.
    pub fn packets(&self) -> impl Iterator<Item = &PacketRow> {
        self.record.packets()
    }

    /// How many packets are not over.
    pub fn packet_count(&self) -> usize {
        self.record.packet_count()
    }

    /// What of a path is still to be scanned, or holds packets that nobody can move.
    pub fn gaps(&self, path: &PathId) -> impl Iterator<Item = &GapRow> {
        self.record.gaps_of(path)
    }

    /// The undecided transactions that are to be included: those that are not to be replaced.
    pub fn wanted(&self) -> impl Iterator<Item = &SlotRow> {
        self.lanes.keys().flat_map(|lane| self.wanted_slots(lane))
    }

    /// The transactions that are not decided.
    pub fn slots(&self) -> impl Iterator<Item = &SlotRow> {
        self.record.all_slots()
    }

    /// Whether everything that outlives a restart is equal, and what is owed because of it: a model and the one loaded
    /// from its rows.
    pub fn is_same_record(&self, other: &Self) -> bool {
        self.record.is_same(&other.record) && self.backlog.is_same(&other.backlog)
    }

    /// Applies that a path is wanted, or more channels on it. Somebody waits for it: what was given up is tried again.
    fn on_path(&mut self, row: PathRow, channels: Vec<ChannelRow>) {
        let path = row.path.clone();
        match self.record.path(&path).cloned() {
            None => self.record.write(Write::Path(row)),
            Some(mut known) => {
                if known.catch_up(&row) {
                    self.record.write(Write::Path(known));
                }
            }
        }
        self.forget_path_tries(&path, |_| true);
        for channel in channels {
            match self.record.channel(&path, channel.index).cloned() {
                None => self.put_channel(channel),
                Some(known) if channel.wanted && !known.wanted => {
                    self.put_channel(ChannelRow { wanted: true, ..known });
                }
                Some(_) => {}
            }
        }
    }

    /// Applies other settings. What is signed already stays as it is.
    fn on_reload(&mut self, Config { chains, max_tries, check_every, paused, only }: Config) {
        (self.max_tries, self.paused, self.only) = (max_tries, paused, only);
        self.set_checks(check_every);
        for chain in chains {
            match self.config.get_mut(&chain.id) {
                Some(known) => {
                    let is_same = known.fee_granters == chain.fee_granters
                        && known.gas_price.denom() == chain.gas_price.denom();
                    for LaneConfig { id, .. } in &chain.lanes {
                        let lane = self.lanes.entry(id.clone()).or_default();
                        let is_new = known.lane(id).is_none();
                        if !is_same || is_new {
                            lane.purse.look_anew();
                        }
                        // It may have signed elsewhere while it was not ours.
                        if is_new {
                            lane.account = None;
                        }
                    }
                    *known = chain;
                }
                None => {
                    let id = chain.id.clone();
                    self.serve(chain);
                    let lanes = self.lanes.keys().filter(|lane| lane.chain == id).cloned();
                    let lanes: Vec<LaneId> = lanes.collect();
                    lanes.iter().for_each(|lane| self.unwant_orphans(lane));
                }
            }
        }
        // Other filters leave other packets and channels to others.
        let keys: Vec<_> = self.record.packets().map(|row| row.key.clone()).collect();
        keys.iter().for_each(|key| self.requeue(key));
        self.place_all_steps();
    }

    fn on_failed(&mut self, id: AskId, why: Why) {
        match self.asks.close(id) {
            Some(Purpose::Gather(flow)) => self.delay_for(&flow, &why),
            Some(Purpose::Simulate(flow)) => self.on_unsimulated(&flow, id, &why),
            Some(Purpose::Tare(chain, _)) => self.on_tare_unknown(&chain),
            Some(Purpose::Offer(slot)) => self.on_offered(&slot, Answer::Unknown(why.to_string())),
            Some(Purpose::Account(lane)) => self.on_account_failed(&lane, &why),
            Some(Purpose::Funds(lane)) => self.on_funds_unknown(&lane, id, &why),
            Some(Purpose::Client(flow)) => self.on_client_unknown(&flow),
            Some(Purpose::Compare(flow, height)) => self.on_uncompared(&flow, height, &why),
            Some(Purpose::GasPrice(chain)) => self.on_price_unknown(&chain, &why),
            Some(Purpose::Scan(gap)) => self.on_unscanned(&gap, &why),
            Some(Purpose::Twice(flow)) => self.on_twice_unknown(&flow, id),
            Some(Purpose::Weigh(..)) | None => {}
        }
    }

    fn on_simulation(&mut self, id: AskId, simulation: Simulation) {
        match self.asks.close(id) {
            Some(Purpose::Simulate(flow)) => {
                let simulation = self.in_lane(&flow, id, simulation);
                self.on_simulated(&flow, id, simulation);
            }
            Some(Purpose::Weigh(flow, bytes)) => {
                let simulation = self.in_lane(&flow, id, simulation);
                self.on_weighed(&flow, bytes, simulation);
            }
            Some(Purpose::Twice(flow)) => self.on_twice(&flow, id, &simulation),
            Some(Purpose::Tare(chain, count)) => self.on_tare(&chain, count, &simulation),
            _ => {}
        }
    }

    /// Applies the answer to a scan that is under way.
    fn on_scan(&mut self, id: AskId, apply: impl FnOnce(&mut Self, &GapId)) {
        if let Some(Purpose::Scan(gap)) = self.asks.close(id) {
            apply(self, &gap);
        }
    }

    /// Applies an answer for an epoch, if it is still wanted.
    fn on_gathered(&mut self, id: AskId, apply: impl FnOnce(&mut Self, &FlowId)) {
        if let Some(Purpose::Gather(flow)) = self.asks.close(id) {
            apply(self, &flow);
        }
    }

    fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Block(chain, block) => self.on_block(&chain, block),
            Fact::Begin(chain, tip) => self.on_begin(chain, tip),
            Fact::Path(row, channels) => self.on_path(row, channels),
            Fact::Forget(path) => self.on_forget(&path),
            Fact::Unwanted(row) => self.put_channel(*row),
            Fact::Jump(chain, tip) => self.on_jump(&chain, tip),
            Fact::Garbled(chain) => self.check_soon(&chain),
            Fact::Clear(path) => self.on_clear(&path),
            Fact::Reload(config) => self.on_reload(*config),
            Fact::Failed(id, why) => self.on_failed(id, why),
            Fact::Tick => {}
            Fact::Header(id, header) => {
                self.on_gathered(id, |model, flow| model.on_header(flow, id, header))
            }
            Fact::Proofs(id, proofs) => {
                self.on_gathered(id, |model, flow| model.on_proofs(flow, id, proofs))
            }
            Fact::Open(id, open) => {
                self.on_gathered(id, |model, flow| model.on_open(flow, id, open))
            }
            Fact::Loaded(id, data) => {
                self.on_gathered(id, |model, flow| model.on_loaded(flow, id, data))
            }
            Fact::Simulated(id, simulation) => self.on_simulation(id, simulation),
            Fact::Offered(id, answer) => {
                if let Some(Purpose::Offer(slot)) = self.asks.close(id) {
                    self.on_offered(&slot, answer);
                }
            }
            Fact::Account(id, account) => {
                if let Some(Purpose::Account(lane)) = self.asks.close(id) {
                    self.on_account(&lane, account);
                }
            }
            Fact::Client(id, facts) => {
                if let Some(Purpose::Client(flow)) = self.asks.close(id) {
                    self.on_client_facts(&flow, facts);
                }
            }
            Fact::Compared(id, verdict) => self.on_verdict(id, verdict),
            Fact::GasPrice(id, price) => self.on_price(id, price),
            Fact::Funds(id, funds) => self.on_funds(id, funds),
            Fact::Heights(id, heights) => {
                self.on_scan(id, |model, gap| model.on_heights(gap, &heights))
            }
            Fact::Channels(id, listed) => {
                self.on_scan(id, |model, gap| model.on_listed(gap, listed))
            }
            Fact::Packets(id, scanned) => {
                self.on_scan(id, |model, gap| model.on_scanned(gap, scanned))
            }
        }
    }

    /// When something becomes due that no fact announces.
    fn wake(&self) -> Option<Time> {
        let delayed = self.flows.values().map(|flow| flow.not_before);
        let delays = delayed.filter(|not_before| *not_before > self.now);
        let waits = delays.chain(self.asks.next_deadline());
        let waits = waits.chain(self.next_comparison()).chain(self.next_account());
        let waits = waits.chain(self.next_look()).chain(self.next_merge());
        let waits = waits.chain(self.next_offering());
        waits.chain(self.next_refresh()).chain(self.next_check()).min()
    }
}

/// Takes in one fact and says what follows.
///
/// # Panics
/// When a block is handed over before the one it follows.
pub fn step(model: &mut Model, fact: Fact, now: Time) -> Step {
    model.now = now;
    model.apply(fact);
    for overdue in model.asks.overdue(now) {
        model.on_failed(overdue, Why::Timeout);
    }
    model.plan();
    model.simulate_next();
    model.pump_lanes();
    model.look_into_purses();
    model.look_after_clients();
    model.ask_prices();
    model.ask_tares();
    model.compare_headers();
    model.check_paths();
    model.merge_listed();
    model.scan_gaps();
    Step {
        writes: model.record.take_writes(),
        asks: model.asks.take(now, &model.config),
        notices: std::mem::take(&mut model.notices),
        wake: model.wake(),
    }
}
