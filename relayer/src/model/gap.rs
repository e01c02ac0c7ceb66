//! Gaps: stretches of a chain that were not read, and the scans of its state that make up for them.
//!
//! A scan is pinned at the cursors of both chains. Later blocks are read in order as ever, and what a
//! scan finds is applied beside them: packets that end while one is under way are remembered for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Model;
use super::asks::Purpose;
use super::client::Client;
use super::facts::{Ask, Tip, Why};
use super::ids::{Both, ChainId, End, FlowId, PathId, Side, Span, Time};
use super::notice::Notice;
use super::rows::{Gap, GapId, GapRow, Ibc, PathRow, Write};
use super::state::{Listed, ScanEnd};

/// How many gaps are scanned at once.
const SCANS: usize = 4;
/// How long a gap is let alone after its scan failed.
const PAUSE: Span = Span::seconds(5);

/// The scans under way; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Scans {
    /// Gap -> the heights of sides A and B at which it is scanned.
    open: BTreeMap<GapId, Both<u64>>,
    /// Channels that they have listed and that are not merged yet.
    listed: BTreeMap<GapId, VecDeque<Listed>>,
    /// Packets (chain and end that sent them, sequence) that ended since the first of them began.
    ended: BTreeSet<(ChainId, End, u64)>,
    /// Gaps whose scan failed, and when it is tried again.
    resting: BTreeMap<GapId, Time>,
}

impl Scans {
    /// Notes that a packet ended, in case a scan finds it.
    pub(super) fn note_end(&mut self, chain: &ChainId, src: &End, seq: u64) {
        if !self.open.is_empty() {
            self.ended.insert((chain.clone(), src.clone(), seq));
        }
    }

    /// Whether a packet ended since a scan began that is under way.
    pub(super) fn has_ended(&self, chain: &ChainId, src: &End, seq: u64) -> bool {
        self.ended.contains(&(chain.clone(), src.clone(), seq))
    }

    /// The heights at which a gap is being scanned.
    pub(super) fn pins(&self, gap: &GapId) -> Option<Both<u64>> {
        self.open.get(gap).cloned()
    }

    /// Keeps what a scan has listed until it is merged.
    pub(super) fn keep(&mut self, gap: &GapId, listed: Vec<Listed>) {
        if self.open.contains_key(gap) {
            self.listed.insert(gap.clone(), listed.into());
        }
    }

    /// Hands out so many of the channels that one scan has listed.
    pub(super) fn take_listed(&mut self, count: usize) -> Option<(GapId, Vec<Listed>)> {
        let mut entry = self.listed.first_entry()?;
        let (gap, waiting) = (entry.key().clone(), entry.get_mut());
        let listed = waiting.drain(..count.min(waiting.len())).collect();
        if waiting.is_empty() {
            entry.remove();
        }
        Some((gap, listed))
    }

    /// Whether channels are listed that are not merged yet: of this gap, or of any.
    pub(super) fn has_listed(&self, gap: Option<&GapId>) -> bool {
        gap.map_or(!self.listed.is_empty(), |gap| self.listed.contains_key(gap))
    }

    /// Ends the scans of a path that is forgotten.
    pub(super) fn forget(&mut self, path: &PathId) {
        let gaps: Vec<GapId> = self.open.keys().filter(|gap| gap.path == *path).cloned().collect();
        gaps.iter().for_each(|gap| self.close(gap));
        self.resting.retain(|gap, _| gap.path != *path);
    }

    /// Notes that a scan is over.
    pub(super) fn close(&mut self, gap: &GapId) {
        self.open.remove(gap);
        self.listed.remove(gap);
        if self.open.is_empty() {
            self.ended.clear();
        }
    }
}

impl Model {
    /// Applies that the blocks up to `tip` cannot be read any more: reading goes on there, and what
    /// happened before is found by scans.
    pub(super) fn on_jump(&mut self, chain: &ChainId, tip: Tip) {
        let cursor = self.record.tip(chain).filter(|cursor| cursor.height < tip.height);
        let Some(cursor) = cursor else { return };
        let (from, to) = (cursor.height + 1, tip.height);
        self.notices.push(Notice::Gap { chain: chain.clone(), from, to });
        self.seen(chain, tip);
        let is_here = |id: &FlowId| self.chain_to(id).is_some_and(|config| config.id == *chain);
        let flows: Vec<FlowId> = self.flow_ids().filter(is_here).collect();
        for flow in flows {
            self.flow_mut(&flow).client = Client::default();
            self.open_gaps(&flow);
            self.open_headers(&flow);
        }
        self.elapse(chain, tip);
        // Which sequences were used meanwhile, only the account tells.
        for (_, lane) in self.lanes.iter_mut().filter(|(id, _)| id.chain == *chain) {
            lane.account = None;
        }
        self.lanes_on_block(chain, tip);
    }

    /// Notes that everything is to be looked at of which a flow's chain may have told unheard.
    pub(super) fn open_gaps(&mut self, flow: &FlowId) {
        let path = || flow.path.clone();
        if self.record.path(&flow.path).is_none_or(|row| row.ibc == Ibc::V1) {
            return self.open_gap(GapId { path: path(), gap: Gap::Channels(flow.to) });
        }
        for from in [Side::A, Side::B] {
            self.open_gap(GapId { path: path(), gap: Gap::Packets { index: 0, from } });
        }
    }

    /// Notes a gap. A scan of it that is under way looks at too little: a new one begins.
    pub(super) fn open_gap(&mut self, id: GapId) {
        self.scans.close(&id);
        self.record.write(Write::Gap(GapRow::new(id)));
    }

    /// Notes a gap at these heights, unless a scan of all of it is under way that looks at later ones.
    pub(super) fn open_gap_since(&mut self, id: GapId, pins: &Both<u64>) {
        let is_later = |open: Both<u64>| open.a >= pins.a && open.b >= pins.b;
        let is_whole = self.record.gap(&id).is_some_and(|row| row.after == 0);
        let open = self.scans.pins(&id);
        // One that is not begun yet will look at all of it.
        if !is_whole || !open.is_none_or(is_later) {
            self.open_gap(id);
        }
    }

    /// Asks for the scans that are due, a few at a time.
    pub(super) fn scan_gaps(&mut self) {
        let is_due = |row: &&GapRow| {
            let rests = self.scans.resting.get(&row.id).is_some_and(|until| *until > self.now);
            let waits = row.is_scanned() || rests || self.waits_for_room(&row.id);
            !waits && !self.scans.open.contains_key(&row.id)
        };
        let room = SCANS.saturating_sub(self.scans.open.len());
        let due: Vec<(GapId, Both<u64>, Ask)> = self
            .record
            .gaps()
            .filter(is_due)
            .filter_map(|row| {
                let (pins, ask) = self.scan_of(row)?;
                Some((row.id.clone(), pins, ask))
            })
            .take(room)
            .collect();
        for (gap, pins, ask) in due {
            self.scans.open.insert(gap.clone(), pins);
            self.asks.put(Purpose::Scan(gap), ask);
        }
    }

    fn scan_of(&self, row: &GapRow) -> Option<(Both<u64>, Ask)> {
        let GapRow { id, after, .. } = row;
        let path = self.record.path(&id.path)?;
        let height = |side| Some(self.record.tip(path.chains.on(side))?.height);
        let pins = Both { a: height(Side::A)?, b: height(Side::B)? };
        let ask = match &id.gap {
            Gap::Channels(side) => Ask::Channels {
                chain: path.chains.on(*side).clone(),
                connection: path.ends.on(*side).connection.clone()?,
                height: *pins.on(*side),
            },
            Gap::Headers(side) => Ask::Heights {
                chain: path.chains.on(*side).clone(),
                client: path.ends.on(*side).client.clone()?,
                height: *pins.on(*side),
                of: path.chains.on(side.other()).clone(),
            },
            Gap::Packets { index, from } => {
                let end = |side: Side| {
                    Some(ScanEnd {
                        chain: path.chains.on(side).clone(),
                        height: *pins.on(side),
                        end: self.end(path, *index, side)?,
                    })
                };
                Ask::Packets { from: end(*from)?, to: end(from.other())?, after: *after }
            }
        };
        Some((pins, ask))
    }

    /// One side's end of a path's channel, or its client where that stands for one.
    fn end(&self, path: &PathRow, index: u32, side: Side) -> Option<End> {
        if path.ibc == Ibc::V2 {
            return path.ends.on(side).client.as_ref().map(|id| End::of_client(id.as_str()));
        }
        let end = self.record.channel(&path.path, index)?.ends.on(side);
        Some(End { port: end.port.clone(), channel: end.channel.clone()? })
    }

    /// Applies that a scan failed: it is tried again.
    pub(super) fn on_unscanned(&mut self, gap: &GapId, why: &Why) {
        self.scans.close(gap);
        self.scans.resting.insert(gap.clone(), self.now.plus(PAUSE));
        let notice = Notice::Delayed { path: gap.path.clone(), reason: format!("scan: {why}") };
        self.notices.push(notice);
    }
}
