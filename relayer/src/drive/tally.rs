//! What happened since the start, counted: for metrics, the status page and costs.
//!
//! Everything is counted once, when the block that did it is applied. Nothing here decides anything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::books::Books;
use crate::model::Model;
use crate::model::cost::{CostRow, Purpose, Spent};
use crate::model::facts::{BlockFacts, Used};
use crate::model::ids::{Address, ChainId, End, FlowId, PathId, Span, Time};
use crate::model::notice::Notice;
use crate::model::rows::{Done, Leg, PacketRow, SlotRow, Write};
use crate::model::standing::Standing;
use crate::plan::work::Work;

/// Upper bounds of the classes of latency, in milliseconds.
pub const LATENCY_CLASSES: [u64; 12] =
    [500, 1_000, 2_000, 3_000, 5_000, 8_000, 13_000, 20_000, 30_000, 60_000, 300_000, 1_800_000];
/// How long one entry of the history lasts.
pub const HISTORY_STEP: Span = Span::seconds(10);
/// How many entries are kept: an hour.
const HISTORY: usize = 360;
/// Directions of channels that are counted by themselves; the others are counted together.
const MAX_ROUTES: usize = 2_000;
/// Kinds of refusals that are counted.
const MAX_REFUSALS: usize = 200;
/// Latencies of one entry of the history of which the quantiles are taken.
const SAMPLES: usize = 1_000;

/// Everything that was counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// When counting began.
    pub started: Time,
    /// By chain.
    pub chains: BTreeMap<ChainId, ChainTally>,
    /// By client that ferry keeps.
    pub clients: BTreeMap<FlowId, ClientTally>,
    /// By direction of a channel: the chain and the end that send.
    pub routes: BTreeMap<(ChainId, End), RouteTally>,
    /// The directions in `routes`, by how much they mattered when they were first counted: the last gives way.
    pub(crate) ranks: BTreeSet<((Standing, u32), (ChainId, End))>,
    /// What the directions did that are not in `routes`.
    pub other_routes: RouteTally,
    /// From the block that sends a packet to the one that receives it.
    pub receive_latency: Latency,
    /// From the block that sends a packet to the one that takes its acknowledgement.
    pub complete_latency: Latency,
    /// The last hour, oldest first.
    pub history: VecDeque<Moment>,
    /// Questions to nodes, by name.
    pub asked: BTreeMap<&'static str, u64>,
    /// What was paid since counting began.
    pub books: Books,
    /// Transactions that a mempool refused for what they are.
    pub refusals: BTreeMap<RefusalKind, u64>,
}

/// Who was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusalKind {
    /// The account that signed.
    pub account: Address,
    /// The error, as its module counts them.
    pub code: u32,
    /// What that module calls it.
    pub description: String,
}

/// What happened on one chain.
#[derive(Clone, Debug, Default)]
pub struct ChainTally {
    /// Blocks read.
    pub blocks: u64,
    /// Transactions of ours that blocks include and that succeeded.
    pub succeeded: u64,
    /// Those that failed, and were paid for.
    pub failed: u64,
    /// Messages in them, beside client updates.
    pub messages: u64,
    /// Messages that found nothing left to do and were paid for.
    pub redundant: u64,
    /// Client updates of ours.
    pub updates: u64,
    /// Gas that our transactions were allowed.
    pub gas_wanted: u64,
    /// Gas that they used.
    pub gas_used: u64,
    /// Fees paid, in the fee denom.
    pub fees: u128,
    /// Transactions that a mempool refused for what they are.
    pub refused: u64,
    /// How often blocks could not be read and the state was scanned instead.
    pub gaps: u64,
    /// How often the lane was paused because somebody else signed with its key.
    pub foreign: u64,
}

/// What was done for a client, in transactions that succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientTally {
    /// Updates.
    pub updates: u64,
    /// Proofs of misbehaviour.
    pub misbehaviours: u64,
}

/// What happened to the packets of one direction of a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteTally {
    /// The chain and the end that receive, once a packet was seen.
    pub to: Option<(ChainId, End)>,
    /// Packets left to others for what is in them.
    pub filtered: u64,
    /// Sent.
    pub sent: u64,
    /// Received, by whomever.
    pub received: u64,
    /// Acknowledged, by whomever.
    pub acknowledged: u64,
    /// Timed out, by whomever.
    pub timed_out: u64,
    /// Messages of ours: receipts, acknowledgements, timeouts.
    pub ours: [u64; 3],
    /// Messages of ours that others had done before, and we paid for.
    pub redundant: u64,
    /// What our messages cost, by the chain that took the fee: in its fee denom.
    pub fees: BTreeMap<ChainId, u128>,
}

/// How long something took, in classes.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// How many took at most as long as the class's bound, and longer than the one before.
    pub classes: [u64; LATENCY_CLASSES.len()],
    /// How many there were.
    pub count: u64,
    /// How long all took together, in milliseconds.
    pub sum: u64,
}

/// A piece of the last hour.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// When it began.
    pub begin: Time,
    /// Packets sent.
    pub sent: u64,
    /// Packets received.
    pub received: u64,
    /// Packets acknowledged or timed out.
    pub completed: u64,
    /// How long packets took from sent to received, in milliseconds; in order once the moment is over.
    latencies: Vec<u64>,
}

impl Latency {
    fn add(&mut self, millis: u64) {
        self.count += 1;
        self.sum = self.sum.saturating_add(millis);
        let class = LATENCY_CLASSES.iter().position(|bound| millis <= *bound);
        if let Some(class) = class.and_then(|class| self.classes.get_mut(class)) {
            *class += 1;
        }
    }
}

impl Moment {
    /// The latency that so many percent of the packets did not exceed, in milliseconds.
    pub fn latency(&self, percent: usize) -> Option<u64> {
        let place = self.latencies.len().saturating_sub(1) * percent / 100;
        if self.latencies.is_sorted() {
            return self.latencies.get(place).copied();
        }
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        sorted.get(place).copied()
    }
}

/// Our transactions in a block, as they stood before the block was applied.
#[derive(Debug, Default)]
pub(crate) struct Ours(Vec<(Used, SlotRow)>);

impl Ours {
    /// Finds the transactions of ours that a block includes; to be called before the block is applied.
    pub(super) fn of(model: &Model, block: &BlockFacts) -> Self {
        let used = block.txs.iter().flat_map(|tx| &tx.ours);
        Self(used.filter_map(|used| Some((used.clone(), model.slot_used(used)?.clone()))).collect())
    }
}

impl Tally {
    /// Counts from `now` on.
    pub(super) fn new(now: Time) -> Self {
        Self { started: now, ..Self::default() }
    }

    /// Counts what a block did: `ours` in it, and `writes` because of it.
    pub(crate) fn block(
        &mut self,
        model: &Model,
        (chain, height): (&ChainId, u64),
        ours: &Ours,
        writes: &[Write],
    ) {
        self.moment(model.now);
        self.chain(chain).blocks += 1;
        let mut seen = BTreeSet::new();
        let rows = writes.iter().rev().filter_map(|write| match write {
            Write::Packet(row) => Some(row),
            _ => None,
        });
        for row in rows {
            if seen.insert(&row.key) {
                self.packet(model, (chain, height), row);
            }
        }
        for (used, slot) in &ours.0 {
            self.transaction(chain, used, slot);
        }
        for write in writes {
            if let Write::Cost(row) = write {
                self.cost(model, chain, row);
            }
        }
    }

    /// Counts what a message of ours cost, as the books have it.
    fn cost(&mut self, model: &Model, chain: &ChainId, row: &CostRow) {
        self.books.add(row);
        let Purpose::Packet { from, src, leg, .. } = &row.purpose else { return };
        let route = self.route(model, &row.path, (from, src));
        let fees = route.fees.entry(chain.clone()).or_default();
        *fees = fees.saturating_add(row.fee);
        match row.result {
            Spent::Effected => route.ours[leg_index(*leg)] += 1,
            Spent::Redundant => route.redundant += 1,
            Spent::Failed => {}
        }
    }

    /// Counts what a block at `height` of `chain` did to a packet, given its row after it.
    fn packet(&mut self, model: &Model, (chain, height): (&ChainId, u64), row: &PacketRow) {
        let (is_source, is_destination) =
            (*chain == row.key.route.from, *chain == row.key.route.to);
        let route = self.route(model, &row.path, (&row.key.route.from, row.key.route.src()));
        let sent = is_source && row.sent == Some(height);
        let received = is_destination && row.received == Some(height);
        let (acknowledged, timed_out) = match row.done {
            Some(Done::Acknowledged(at)) => (is_source && at == height, false),
            Some(Done::TimedOut(at)) => (false, is_source && at == height),
            None => (false, false),
        };
        let to = || (row.key.route.to.clone(), row.key.route.dst().clone());
        route.to.get_or_insert_with(to);
        route.sent += u64::from(sent);
        route.filtered += u64::from(sent && row.filtered.is_some());
        route.received += u64::from(received);
        route.acknowledged += u64::from(acknowledged);
        route.timed_out += u64::from(timed_out);
        let since_sent = row.sent.and_then(|sent| {
            let sent = model.time_near(&row.key.route.from, sent)?;
            Some(model.time_near(chain, height)?.since(sent).0 / 1_000_000)
        });
        if let Some(millis) = since_sent {
            if received {
                self.receive_latency.add(millis);
            }
            if acknowledged {
                self.complete_latency.add(millis);
            }
        }
        let Some(moment) = self.history.back_mut() else { return };
        moment.sent += u64::from(sent);
        moment.received += u64::from(received);
        moment.completed += u64::from(acknowledged || timed_out);
        if let Some(millis) = since_sent.filter(|_| received && moment.latencies.len() < SAMPLES) {
            moment.latencies.push(millis);
        }
    }

    /// Counts a transaction of ours that a block included.
    fn transaction(&mut self, chain: &ChainId, used: &Used, slot: &SlotRow) {
        let fee = slot.fee;
        let on_chain = self.chain(chain);
        on_chain.gas_wanted += slot.gas_limit;
        on_chain.gas_used += used.gas_used;
        on_chain.fees = on_chain.fees.saturating_add(fee);
        on_chain.messages += len(&slot.works);
        on_chain.redundant += len(&used.noops);
        if used.code == 0 {
            let updates = count(slot.updates);
            on_chain.succeeded += 1;
            on_chain.updates += updates;
            let shown = slot.works.iter().filter(|work| **work == Work::Misbehaviour).count();
            let client = self.clients.entry(slot.flow.clone()).or_default();
            client.updates += updates;
            client.misbehaviours += count(shown);
        } else {
            on_chain.failed += 1;
        }
    }

    /// Counts what the operator is told.
    pub(crate) fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Refused { chain, address, code, log } => {
                self.chain(chain).refused += 1;
                self.refused(address, *code, log);
            }
            Notice::Gap { chain, .. } => self.chain(chain).gaps += 1,
            Notice::ForeignTx { lane, .. } => self.chain(&lane.chain).foreign += 1,
            _ => {}
        }
    }

    fn refused(&mut self, account: &Address, code: u32, log: &str) {
        let kind = RefusalKind { account: account.clone(), code, description: described(log) };
        if self.refusals.len() < MAX_REFUSALS || self.refusals.contains_key(&kind) {
            *self.refusals.entry(kind).or_default() += 1;
        }
    }

    /// Counts a question to a node.
    pub(super) fn asked(&mut self, name: &'static str) {
        *self.asked.entry(name).or_default() += 1;
    }

    /// Makes the last entry of the history that of `now`, with empty ones for the time in between.
    fn moment(&mut self, now: Time) {
        let begin = Time(now.0 / HISTORY_STEP.0 * HISTORY_STEP.0);
        let last = self.history.back().map(|moment| moment.begin);
        if last.is_some_and(|last| last >= begin) {
            return;
        }
        if let Some(over) = self.history.back_mut() {
            over.latencies.sort_unstable();
        }
        let oldest = Time(begin.0.saturating_sub(HISTORY_STEP.0 * (HISTORY as u64 - 1)));
        let mut next = last.map_or(begin, |last| last.plus(HISTORY_STEP).max(oldest));
        while next <= begin {
            self.history.push_back(Moment { begin: next, ..Moment::default() });
            next = next.plus(HISTORY_STEP);
        }
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }

    fn chain(&mut self, chain: &ChainId) -> &mut ChainTally {
        self.chains.entry(chain.clone()).or_default()
    }

    /// The direction of a channel with this sending end. Where there is no room for it, the one that matters least
    /// gives way: strangers, who may open as many as they like, do not hide one's own.
    fn route(
        &mut self,
        model: &Model,
        path: &PathId,
        (from, src): (&ChainId, &End),
    ) -> &mut RouteTally {
        let name = (from.clone(), src.clone());
        if !self.routes.contains_key(&name) {
            let rank = (model.rank(path, (from, src)), name.clone());
            if self.routes.len() >= MAX_ROUTES && !self.give_way(&rank) {
                return &mut self.other_routes;
            }
            self.ranks.insert(rank);
        }
        self.routes.entry(name).or_default()
    }

    /// Counts with the others from now on the direction that matters least; `false` when this one matters no more.
    fn give_way(&mut self, to: &((Standing, u32), (ChainId, End))) -> bool {
        let Some(last) = self.ranks.last().filter(|last| last.0 > to.0).cloned() else {
            return false;
        };
        self.ranks.remove(&last);
        if let Some(route) = self.routes.remove(&last.1) {
            self.other_routes.add(route);
        }
        true
    }
}

impl RouteTally {
    fn add(&mut self, other: Self) {
        let Self {
            to: _,
            filtered,
            sent,
            received,
            acknowledged,
            timed_out,
            ours,
            redundant,
            fees,
        } = other;
        self.filtered += filtered;
        self.sent += sent;
        self.received += received;
        self.acknowledged += acknowledged;
        self.timed_out += timed_out;
        self.redundant += redundant;
        for (sum, count) in self.ours.iter_mut().zip(ours) {
            *sum += count;
        }
        for (chain, fee) in fees {
            let sum = self.fees.entry(chain).or_default();
            *sum = sum.saturating_add(fee);
        }
    }
}

/// What the SDK calls an error: the end of its log, behind what is special about this one. A log that ends otherwise would
/// make a kind of its own each time.
fn described(log: &str) -> String {
    let log = log.split(" [").next().unwrap_or(log);
    let end = log.rsplit(": ").next().unwrap_or(log).trim();
    let is_name = !end.is_empty() && end.len() <= 60 && !end.contains(|c: char| c.is_ascii_digit());
    if is_name { end.to_owned() } else { "unknown error".to_owned() }
}

fn len<T>(items: &[T]) -> u64 {
    count(items.len())
}

fn count(items: usize) -> u64 {
    items.try_into().unwrap_or(u64::MAX)
}

fn leg_index(leg: Leg) -> usize {
    match leg {
        Leg::Recv => 0,
        Leg::Ack => 1,
        Leg::Timeout => 2,
    }
}

#[cfg(test)]
mod tests;
