//! Packets: what the chains' events make of them, and what is owed because of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::Model;
use super::facts::{PacketChange, PacketEvent, Timeout, Tip, Via};
use super::ids::{ChainId, End, Ends, FlowId, Height, PacketKey, PathId, Route, Side, Time};
use super::record::Record;
use super::rows::{Attempt, ChannelEnd, ChannelRow, Done, Leg, PacketDataRow, PacketRow, Write};
use crate::plan::politeness::Bringer;
use crate::plan::work::Work;

/// The works owed for packets, in order; follows from the record and the tips.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Flow -> (height of the proving chain from which the work can be proved, work).
    queues: BTreeMap<FlowId, BTreeSet<(u64, Work)>>,
    /// Where a packet's work stands in `queues`.
    places: BTreeMap<PacketKey, (FlowId, u64, Work)>,
    /// Works in undecided transactions, with how many of them (attempts at one sequence).
    busy: BTreeMap<(Option<FlowId>, Work), u16>,
    /// Receiving chain -> packets that a time ends.
    by_time: BTreeMap<ChainId, BTreeSet<(Time, PacketKey)>>,
    /// Receiving chain -> packets that a height ends.
    by_height: BTreeMap<ChainId, BTreeSet<(Height, PacketKey)>>,
    /// Sending chain and channel end -> the route and its path: one allocation for each route.
    routes: BTreeMap<(ChainId, End), (Arc<Route>, PathId)>,
}

/// A walk over the works that are owed to a flow. Tens of thousands of packets of one channel that wait for the same are
/// passed over in one step.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    /// What goes before all others.
    first: std::vec::IntoIter<&'a (u64, Work)>,
    /// What went before, and is not met again.
    met: BTreeSet<&'a (u64, Work)>,
    queue: Option<&'a BTreeSet<(u64, Work)>>,
    from: Bound<(u64, Work)>,
    history: u64,
    is_live: bool,
}

/// So many packets that end soon are looked at before all others, of those that a time ends and of those that a height
/// ends.
const HURRIED: usize = 256;
/// What stands before all works of a height.
const FIRST: Work = Work::CreateClient;

impl Walk<'_> {
    /// Passes over everything else of a height that is the same message for a packet of the same route, if it stands behind.
    pub(crate) fn pass_alike(&mut self, height: u64, work: &Work) {
        if !self.first.as_slice().is_empty() || self.met.contains(&(height, work.clone())) {
            return;
        }
        let last = |key: &PacketKey| PacketKey { route: Arc::clone(&key.route), seq: u64::MAX };
        let last = match work {
            Work::Recv(key) => Work::Recv(last(key)),
            Work::Ack(key) => Work::Ack(last(key)),
            Work::Timeout(key) => Work::Timeout(last(key)),
            Work::TimeoutOnClose(key) => Work::TimeoutOnClose(last(key)),
            other => other.clone(),
        };
        self.from = Bound::Excluded((height, last));
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a (u64, Work);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.find(|item| self.met.insert(*item)) {
            return Some(first);
        }
        loop {
            let found = self.queue?.range((self.from.as_ref(), Bound::Unbounded)).next();
            match found.filter(|(height, _)| self.is_live || *height <= self.history) {
                Some(found) => {
                    self.from = Bound::Excluded(found.clone());
                    if !self.met.contains(found) {
                        return Some(found);
                    }
                }
                None if self.is_live => {
                    (self.is_live, self.from) = (false, Bound::Included((0, FIRST)));
                }
                None => return None,
            }
        }
    }
}

impl Backlog {
    /// The works that are owed to a flow and stand in no undecided transaction.
    pub(crate) fn queue(&self, flow: &FlowId) -> impl Iterator<Item = &(u64, Work)> {
        self.queues.get(flow).into_iter().flatten()
    }

    /// A walk over the same: `first`, then what can be proved from a height after `history`, then what was found up to it.
    pub(crate) fn walk<'a>(
        &'a self,
        flow: &FlowId,
        history: u64,
        first: Vec<&'a (u64, Work)>,
    ) -> Walk<'a> {
        let from = Bound::Included((history.saturating_add(1), FIRST));
        let (first, met) = (first.into_iter(), BTreeSet::new());
        Walk { first, met, queue: self.queues.get(flow), from, history, is_live: true }
    }

    /// Receives owed to a flow whose packets end up to this height or time of the receiving chain, those that end first
    /// before the others. Of very many only some: what ends as soon on other flows counts as well.
    pub(crate) fn hurried(
        &self,
        flow: &FlowId,
        to: &ChainId,
        end: (Height, Time),
    ) -> Vec<&(u64, Work)> {
        let times = self.by_time.get(to).into_iter().flatten();
        let times = times.take_while(|(time, _)| *time <= end.1).map(|(_, key)| key);
        let heights = self.by_height.get(to).into_iter().flatten();
        let heights = heights.take_while(|(height, _)| *height <= end.0).map(|(_, key)| key);
        let queue = self.queues.get(flow);
        let owed = |key: &PacketKey| {
            let (of, height, work) = self.places.get(key)?;
            let is_owed = of == flow && matches!(work, Work::Recv(_)) && !key.route.is_ordered();
            is_owed.then(|| queue?.get(&(*height, work.clone()))).flatten()
        };
        times.take(HURRIED).chain(heights.take(HURRIED)).filter_map(owed).collect()
    }

    /// Whether two lists owe the same works.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.busy == other.busy && self.owed().eq(other.owed())
    }

    fn owed(&self) -> impl Iterator<Item = (&FlowId, &BTreeSet<(u64, Work)>)> {
        self.queues.iter().filter(|(_, queue)| !queue.is_empty())
    }

    pub(crate) fn is_busy(&self, flow: &FlowId, work: &Work) -> bool {
        self.busy.contains_key(&name(flow, work))
    }

    /// Notes that an undecided transaction does `work`.
    pub(crate) fn hold(&mut self, flow: &FlowId, work: &Work) {
        *self.busy.entry(name(flow, work)).or_default() += 1;
    }

    /// Notes that one transaction less does `work`.
    pub(crate) fn release(&mut self, flow: &FlowId, work: &Work) {
        let key = name(flow, work);
        if let Some(count) = self.busy.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.busy.remove(&key);
            }
        }
    }

    fn place(&mut self, key: &PacketKey, place: Option<(FlowId, u64, Work)>) {
        if let Some((flow, height, work)) = self.places.remove(key)
            && let Some(queue) = self.queues.get_mut(&flow)
        {
            queue.remove(&(height, work));
        }
        let Some((flow, height, work)) = place else { return };
        self.queues.entry(flow.clone()).or_default().insert((height, work.clone()));
        self.places.insert(key.clone(), (flow, height, work));
    }

    /// Watches for the end of a packet that still has to be received, or stops to.
    fn watch(&mut self, row: &PacketRow) {
        let waits = row.live && row.sent.is_some() && row.received.is_none() && row.done.is_none();
        let times = self.by_time.entry(row.key.route.to.clone()).or_default();
        let end = (row.timeout.time, row.key.clone());
        if waits && row.timeout.time != Time(0) {
            times.insert(end);
        } else {
            times.remove(&end);
        }
        let heights = self.by_height.entry(row.key.route.to.clone()).or_default();
        let end = (row.timeout.height, row.key.clone());
        if waits && row.timeout.height.height != 0 {
            heights.insert(end);
        } else {
            heights.remove(&end);
        }
    }

    /// Takes the packets out of the watch that end with this height and time of `chain`.
    fn take_elapsed(&mut self, chain: &ChainId, height: Height, time: Time) -> Vec<PacketKey> {
        let mut elapsed = Vec::new();
        if let Some(times) = self.by_time.get_mut(chain) {
            while times.first().is_some_and(|(end, _)| *end <= time) {
                elapsed.extend(times.pop_first().map(|(_, key)| key));
            }
        }
        if let Some(heights) = self.by_height.get_mut(chain) {
            while heights.first().is_some_and(|(end, _)| *end <= height) {
                elapsed.extend(heights.pop_first().map(|(_, key)| key));
            }
        }
        elapsed
    }

    /// Owes nothing more on a path that is forgotten.
    pub(super) fn forget(&mut self, path: &PathId) {
        self.queues.retain(|flow, _| flow.path != *path);
        self.routes.retain(|_, (_, of)| of != path);
    }

    fn share(&mut self, route: Route, path: &PathId) -> Arc<Route> {
        let source = (route.from.clone(), route.src().clone());
        let shared = self.routes.entry(source).or_insert_with(|| (Arc::new(route), path.clone()));
        Arc::clone(&shared.0)
    }
}

/// What tells a work from all others. That of a packet is the same whatever path serves it: one that was forgotten may
/// have it on its way when the same connection is taken up under another name, or from its other side.
fn name(flow: &FlowId, work: &Work) -> (Option<FlowId>, Work) {
    let flow = work.packet().is_none().then(|| flow.clone());
    (flow, work.clone())
}

/// Whether a packet can no longer be received in a block of this height and time.
///
/// Source: ibc-go v10.5 `modules/core/04-channel/types/timeout.go`, `Elapsed`.
pub(crate) fn elapsed(timeout: &Timeout, height: Height, time: Time) -> bool {
    let by_height = timeout.height.height != 0 && height >= timeout.height;
    let by_time = timeout.time != Time(0) && time >= timeout.time;
    by_height || by_time
}

/// The message that a packet needs next, and the height from which it can be proved, while the
/// destination is at `here` and its channel end is closed since the height `closed`.
fn next_work(
    row: &PacketRow,
    here: Option<(Height, Time)>,
    closed: Option<u64>,
) -> Option<(Work, u64)> {
    let key = || row.key.clone();
    match (row.done, row.acked, row.received, row.sent) {
        (None, Some(acked), _, _) => Some((Work::Ack(key()), acked)),
        (None, None, None, Some(sent)) => Some(match closed {
            // A timeout needs a header past the end, not a height: the chooser looks at its time.
            _ if here.is_some_and(|here| elapsed(&row.timeout, here.0, here.1)) => {
                (Work::Timeout(key()), 0)
            }
            Some(closed) => (Work::TimeoutOnClose(key()), closed),
            None => (Work::Recv(key()), sent),
        }),
        _ => None,
    }
}

/// The message of a packet that an event tells to have succeeded.
fn done(change: &PacketChange) -> Option<Leg> {
    match change {
        PacketChange::Received => Some(Leg::Recv),
        PacketChange::Acknowledged => Some(Leg::Ack),
        PacketChange::TimedOut => Some(Leg::Timeout),
        PacketChange::Sent { .. } | PacketChange::AckWritten { .. } => None,
    }
}

impl PacketRow {
    /// The failed tries of `leg`; none of another one.
    pub(crate) fn attempt(&self, leg: Leg) -> Attempt {
        match &self.failed {
            Some((of, attempt)) if *of == leg => attempt.clone(),
            _ => Attempt::default(),
        }
    }
}

impl Work {
    /// The packet that it moves and which of its messages it is.
    pub(crate) fn packet(&self) -> Option<(Leg, &PacketKey)> {
        match self {
            Self::Recv(key) => Some((Leg::Recv, key)),
            Self::Ack(key) => Some((Leg::Ack, key)),
            Self::Timeout(key) | Self::TimeoutOnClose(key) => Some((Leg::Timeout, key)),
            Self::CreateClient
            | Self::Misbehaviour
            | Self::Register
            | Self::Connection(_)
            | Self::Channel(..) => None,
        }
    }
}

/// The side of `path` that sends on `route`.
fn source(record: &Record, path: &PathId, route: &Route) -> Option<Side> {
    let row = record.path(path)?;
    Some(if row.chains.a == route.from { Side::A } else { Side::B })
}

impl Model {
    /// Notes whether a transaction of ours brought a message of a packet, or another one.
    pub(super) fn on_brought(&mut self, chain: &ChainId, event: &PacketEvent, by: Bringer) {
        let leg = match event.change {
            PacketChange::Received => Leg::Recv,
            PacketChange::Acknowledged => Leg::Ack,
            _ => return,
        };
        if let Some((key, _)) = self.packet_key(chain, event) {
            let changed = self.leads.note(&key.route, leg, by);
            changed.into_iter().for_each(|row| self.record.write(Write::Lead(row)));
        }
    }

    /// Applies a packet's event from the block at `height` of `chain`.
    pub(super) fn on_packet(&mut self, chain: &ChainId, height: u64, event: PacketEvent) {
        if matches!(event.change, PacketChange::Acknowledged | PacketChange::TimedOut) {
            self.scans.note_end(chain, &event.src, event.seq);
        }
        let Some((key, path)) = self.packet_key(chain, &event) else { return };
        let known = self.record.packet(&key).cloned();
        let is_new = known.is_none();
        let mut row = known.unwrap_or_else(|| PacketRow::new(key.clone(), path));
        if let Some(leg) = done(&event.change) {
            self.retry_like(&key, leg, row.attempt(leg).tries);
        }
        match event.change {
            PacketChange::Sent { timeout, data } => {
                row.sent = Some(height);
                row.timeout = timeout;
                row.filtered = self.refused_data(&key.route, &data);
                row.bytes = data.len() as u64;
                let data = PacketDataRow { key, data, ack: None };
                self.record.write(Write::Data(data));
            }
            PacketChange::Received => row.received = Some(height),
            PacketChange::AckWritten { timeout, data, ack } => {
                row.acked = Some(height);
                row.received = row.received.or(Some(height));
                row.timeout = timeout;
                row.filtered = self.refused_data(&key.route, &data);
                row.bytes = (data.len() + ack.len()) as u64;
                let data = PacketDataRow { key, data, ack: Some(ack) };
                self.record.write(Write::Data(data));
            }
            // Sent before we began to read: nothing of it is ours to finish.
            PacketChange::Acknowledged | PacketChange::TimedOut if is_new => return,
            PacketChange::Acknowledged => row.done = Some(Done::Acknowledged(height)),
            PacketChange::TimedOut => row.done = Some(Done::TimedOut(height)),
        }
        // Until the receiving chain is read up to the acknowledgement, its event would look new.
        row.live = match row.done {
            None => true,
            Some(Done::Acknowledged(_)) => row.acked.is_none(),
            Some(Done::TimedOut(_)) => false,
        };
        self.put_packet(row);
    }

    /// Stores a packet's row and brings the backlog up to date with it.
    pub(super) fn put_packet(&mut self, row: PacketRow) {
        let key = row.key.clone();
        self.backlog.watch(&row);
        self.record.write(Write::Packet(row));
        self.requeue(&key);
    }

    /// Puts a packet's next work where it belongs.
    pub(crate) fn requeue(&mut self, key: &PacketKey) {
        let place = self.place_of(key);
        self.backlog.place(key, place);
    }

    fn place_of(&self, key: &PacketKey) -> Option<(FlowId, u64, Work)> {
        let row = self.record.packet(key)?;
        let (flow, height, work) = self.owed(row)?;
        let (leg, _) = work.packet()?;
        let is_open = !row.attempt(leg).given_up && !self.backlog.is_busy(&flow, &work);
        let is_ours = is_open && self.filtered(row).is_none();
        is_ours.then_some((flow, height, work))
    }

    /// The message that a packet needs next, the flow that it goes with, and the height of the other
    /// chain from which it can be proved.
    pub(crate) fn owed(&self, row: &PacketRow) -> Option<(FlowId, u64, Work)> {
        let key = &row.key;
        let tip = self.record.tip(&key.route.to);
        let here = tip.map(|tip| (self.height(&key.route.to, tip.height), tip.time));
        let closed = self.record.closed_at(&key.route.to, key.route.dst());
        let (work, height) = next_work(row, here, closed)?;
        let source = source(&self.record, &row.path, &key.route)?;
        let to = if matches!(work, Work::Recv(_)) { source.other() } else { source };
        Some((FlowId { path: row.path.clone(), to }, height, work))
    }

    /// Turns what waits to be received by the end of a channel on a flow's chain, which has closed, into timeouts.
    pub(super) fn abandon(&mut self, flow: &FlowId, channel: &ChannelRow) {
        let Some(chains) = self.record.path(&flow.path).map(|path| &path.chains) else { return };
        let (from, to) = (chains.on(flow.to.other()), chains.on(flow.to));
        // To an end that knows of no other one nothing was sent.
        let ChannelEnd { port, channel: Some(source), .. } = channel.ends.on(flow.to.other())
        else {
            return;
        };
        let src = End { port: port.clone(), channel: source.clone() };
        let keys: Vec<PacketKey> =
            self.record.packets_of((from, to), &src).map(|row| row.key.clone()).collect();
        keys.iter().for_each(|key| self.requeue(key));
    }

    /// Whether a work is still the next thing that its packet needs.
    pub(crate) fn is_owed(&self, flow: &FlowId, work: &Work) -> bool {
        let Some((_, key)) = work.packet() else { return true };
        let owed = self.record.packet(key).and_then(|row| self.owed(row));
        owed.is_some_and(|(to, _, next)| to == *flow && next == *work)
    }

    /// Turns the receives that a block made impossible into timeouts.
    pub(super) fn elapse(&mut self, chain: &ChainId, tip: Tip) {
        let height = self.height(chain, tip.height);
        for key in self.backlog.take_elapsed(chain, height, tip.time) {
            self.requeue(&key);
        }
    }

    /// Fills the backlog from the record, after loading.
    pub(super) fn refill_backlog(&mut self) {
        let slots: Vec<_> =
            self.record.all_slots().map(|slot| (slot.flow.clone(), slot.works.clone())).collect();
        for (flow, works) in slots {
            works.iter().for_each(|work| self.backlog.hold(&flow, work));
        }
        let rows: Vec<PacketRow> = self.record.packets().cloned().collect();
        for row in rows {
            self.backlog.share(Route::clone(&row.key.route), &row.path);
            self.backlog.watch(&row);
            self.requeue(&row.key);
        }
    }

    /// Names the packet of an event and its path; `None` when no path of ours carries it.
    fn packet_key(&mut self, chain: &ChainId, event: &PacketEvent) -> Option<(PacketKey, PathId)> {
        let Some(via) = &event.via else {
            let source = (chain.clone(), event.src.clone());
            let (route, path) = self.backlog.routes.get(&source)?;
            let key = PacketKey { route: Arc::clone(route), seq: event.seq };
            return Some((key, path.clone()));
        };
        let arrives =
            matches!(event.change, PacketChange::Received | PacketChange::AckWritten { .. });
        let (src, dst) = (event.src.clone(), event.dst.clone());
        let (flow, ends) = match via {
            Via::Connection { connection, order } => {
                let flow = self.record.flow_of_connection(chain, connection)?;
                (flow, Ends::V1 { src, dst, order: *order })
            }
            Via::Clients => {
                let (here, there) = if arrives { (&dst, &src) } else { (&src, &dst) };
                let flow = self.record.flow_of_pair(chain, here, there)?;
                (flow, Ends::V2 { src, dst })
            }
        };
        let row = self.record.path(&flow.path)?;
        let here = row.chains.on(flow.to).clone();
        let there = row.chains.on(flow.to.other()).clone();
        let (from, to) = if arrives { (there, here) } else { (here, there) };
        let route = self.backlog.share(Route { from, to, ends }, &flow.path);
        Some((PacketKey { route, seq: event.seq }, flow.path))
    }

    /// Notes that a message of a packet was paid for and found nothing to do.
    pub(super) fn settle_noop(&mut self, tip: Tip, leg: Leg, key: &PacketKey) {
        let Some(mut row) = self.record.packet(key).cloned() else { return };
        match leg {
            Leg::Recv if row.received.is_none() => row.received = Some(tip.height),
            Leg::Ack | Leg::Timeout if row.done.is_none() => row.live = false,
            _ => return,
        }
        self.put_packet(row);
    }
}
