//! Headers that others give to our clients, compared with what the chains made.
//!
//! A header that enough validators signed and that their chain did not make is proof that they signed
//! two. The client is told of both and freezes, before somebody proves with the wrong one what never
//! happened. Our own headers are verified before they are sent.

use std::collections::{BTreeMap, BTreeSet};

use ibc_proto::google::protobuf::Any;
use prost::Message as _;

use super::Model;
use super::asks::Purpose;
use super::client::Client;
use super::facts::{Ask, Why};
use super::ids::{AskId, ChainId, ClientId, FlowId, PathId, Span, Time};
use super::notice::Notice;
use super::rows::{Gap, GapId, GapRow, Write};
use super::state::{GivenHeader, Verdict};
use crate::plan::work::Work;

/// How many headers of a client may wait to be compared. More do not fit into a block.
const WAITING: usize = 1_024;
/// How many of them may be from a gap, so that there is room for those that are given now; and with how many fewer it is
/// worth asking for more.
const FROM_GAP: usize = 512;
const WORTH: usize = 256;
/// How many blocks it may take until a chain is read to the height of a header that others had.
const PATIENCE_BLOCKS: u64 = 3;
/// The first and the longest pause before a header is asked for again that could not be compared.
const FIRST_PAUSE: Span = Span::seconds(1);
const LONGEST_PAUSE: Span = Span::seconds(60);
/// After how many failures the operator is told, once.
const TELL_AFTER: u32 = 10;

/// How the comparisons of a flow's client go: those that failed by height, and the one on its way.
#[derive(Debug, Default)]
pub(crate) struct Comparisons {
    asked: Option<u64>,
    failed: BTreeMap<u64, Failed>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failed {
    tries: u32,
    not_before: Time,
}

/// Which header is compared first: the newest that was not tried yet, then the one that has waited longest for another
/// try. Those whose block no node keeps hold up no other.
fn foremost<'a>(
    due: impl Iterator<Item = (&'a u64, &'a u64)>,
    failed: &BTreeMap<u64, Failed>,
) -> Option<(&'a u64, &'a u64)> {
    due.max_by_key(|(height, _)| match failed.get(height) {
        None => (true, **height),
        Some(failed) => (false, u64::MAX - failed.not_before.0),
    })
}

/// Up to which height the headers of a gap are of no interest, where `oldest` is the oldest that is known.
fn known_up_to(gap: &GapRow, oldest: u64) -> u64 {
    if gap.after == 0 { oldest } else { gap.after }
}

impl Model {
    /// Notes that somebody else gave a header to a flow's client, in block `at`.
    pub(super) fn note_given(&mut self, id: &FlowId, height: u64, at: u64) {
        let Some(mut row) = self.record.path(&id.path).cloned() else { return };
        let unchecked = &mut row.ends.on_mut(id.to).unchecked;
        unchecked.insert(height, at);
        self.trim(&id.path, unchecked);
        self.record.write(Write::Path(row));
    }

    /// Notes that a flow's client may have been given headers in blocks that were not read. None that is of interest is
    /// older than all that were known.
    pub(super) fn open_headers(&mut self, flow: &FlowId) {
        let Some(row) = self.record.path(&flow.path) else { return };
        let end = row.ends.on(flow.to);
        if !self.record.watches_client(flow) {
            return;
        }
        let id = GapId { path: flow.path.clone(), gap: Gap::Headers(flow.to) };
        // Zero is what rows have that were stored by a version which did not note it.
        let oldest = end.consensus.first().copied().unwrap_or_default().max(1);
        // What is known by now may be newer than what waits since the last time.
        let after = self.record.gap(&id).map_or(oldest, |row| known_up_to(row, oldest).min(oldest));
        self.open_gap(id.clone());
        self.record.write(Write::Gap(GapRow { after, ..GapRow::new(id) }));
    }

    /// Applies which heights a client knows after blocks that were not read: those that are news are to be
    /// compared, the newest first, and the others when there is room.
    pub(super) fn on_heights(&mut self, gap: &GapId, heights: &[u64]) {
        let (Some(pins), Gap::Headers(side)) = (self.scans.pins(gap), &gap.gap) else { return };
        let (Some(mut open), Some(mut row)) =
            (self.record.gap(gap).cloned(), self.record.path(&gap.path).cloned())
        else {
            return;
        };
        let (flow, at) = (FlowId { path: gap.path.clone(), to: *side }, *pins.on(*side));
        let room = FROM_GAP.saturating_sub(self.hopeful(&flow));
        let end = row.ends.on_mut(*side);
        let after = known_up_to(&open, end.consensus.first().copied().unwrap_or_default());
        let is_news = |height: &u64| {
            *height > after
                && open.below.is_none_or(|below| *height < below)
                && !end.consensus.contains(height)
        };
        let news: BTreeSet<u64> = heights.iter().copied().filter(is_news).collect();
        let is_over = news.len() <= room;
        for height in news.into_iter().rev().take(room) {
            end.unchecked.entry(height).or_insert(at);
            open.below = Some(height);
        }
        self.trim(&gap.path, &mut row.ends.on_mut(*side).unchecked);
        self.record.write(Write::Path(row));
        self.scans.close(gap);
        self.record.write(if is_over { Write::Closed(gap.clone()) } else { Write::Gap(open) });
    }

    /// Keeps no more headers than may wait: the oldest goes, and the operator is told.
    fn trim(&mut self, path: &PathId, unchecked: &mut BTreeMap<u64, u64>) {
        while unchecked.len() > WAITING
            && let Some((oldest, _)) = unchecked.pop_first()
        {
            let reason =
                format!("header {oldest} that its client was given is not checked: too many wait");
            self.notices.push(Notice::Delayed { path: path.clone(), reason });
        }
    }

    /// How many headers of a flow's client wait to be compared, besides those that the operator was told of.
    fn hopeful(&self, id: &FlowId) -> usize {
        let waiting = self.record.path(&id.path).map(|path| &path.ends.on(id.to).unchecked);
        let failed = self.flows.get(id).map(|flow| &flow.comparisons.failed);
        let is_told = |height| {
            let failed = failed.and_then(|failed| failed.get(height));
            failed.is_some_and(|failed| failed.tries >= TELL_AFTER)
        };
        waiting.map_or(0, |waiting| waiting.keys().filter(|height| !is_told(height)).count())
    }

    /// Whether the headers of a gap wait for those that were found before.
    pub(super) fn waits_for_room(&self, gap: &GapId) -> bool {
        let Gap::Headers(to) = gap.gap else { return false };
        self.hopeful(&FlowId { path: gap.path.clone(), to }) > FROM_GAP - WORTH
    }

    /// Asks about the headers that are due, one of each client at a time.
    pub(super) fn compare_headers(&mut self) {
        let due: Vec<(FlowId, GivenHeader)> =
            self.flow_ids().filter_map(|id| Some((id.clone(), self.to_compare(&id)?))).collect();
        for (id, given) in due {
            let height = given.height;
            self.flow_mut(&id).comparisons.asked = Some(height);
            self.asks.put(Purpose::Compare(id, height), Ask::Compare(given));
        }
    }

    fn to_compare(&self, id: &FlowId) -> Option<GivenHeader> {
        let path = self.record.path(&id.path)?;
        let end = path.ends.on(id.to);
        if end.unchecked.is_empty() || end.evidence.is_some() {
            return None;
        }
        let of = path.chains.on(id.to.other());
        let read = self.record.tip(of)?.height;
        let comparisons = self.flows.get(id).map(|flow| &flow.comparisons);
        if comparisons.is_some_and(|comparisons| comparisons.asked.is_some()) {
            return None;
        }
        let now_on = self.tip_to(id)?.height;
        let is_due = |(height, at): &(&u64, &u64)| {
            match comparisons.and_then(|comparisons| comparisons.failed.get(height)) {
                Some(failed) => failed.not_before <= self.now,
                // The chain's own header comes with its block; there may never be one of that height.
                None => **height <= read || now_on >= at.saturating_add(PATIENCE_BLOCKS),
            }
        };
        let never = BTreeMap::new();
        let failed = comparisons.map_or(&never, |comparisons| &comparisons.failed);
        let (height, at) = foremost(end.unchecked.iter().filter(is_due), failed)?;
        Some(GivenHeader {
            on: path.chains.on(id.to).clone(),
            client: end.client.clone()?,
            at: *at,
            of: of.clone(),
            height: *height,
        })
    }

    /// Applies what became of a comparison.
    pub(super) fn on_verdict(&mut self, ask: AskId, verdict: Verdict) {
        if let Some(Purpose::Compare(flow, height)) = self.asks.close(ask) {
            self.on_compared(&flow, height, verdict);
        }
    }

    /// Keeps evidence until the client has it.
    fn on_compared(&mut self, id: &FlowId, height: u64, verdict: Verdict) {
        let comparisons = &mut self.flow_mut(id).comparisons;
        comparisons.asked = None;
        comparisons.failed.remove(&height);
        let Some(mut row) = self.record.path(&id.path).cloned() else { return };
        let end = row.ends.on_mut(id.to);
        end.unchecked.remove(&height);
        let proof = match verdict {
            Verdict::Honest => None,
            Verdict::Conflict(evidence) => {
                end.evidence = Some(evidence.encode_to_vec());
                Some("the client is told of both and freezes".to_owned())
            }
            Verdict::Unproved(why) => Some(format!("nobody can be told of both: {why}")),
        };
        if let Some((proof, client)) = proof.zip(end.client.clone()) {
            let (path, chain) = (id.path.clone(), row.chains.on(id.to).clone());
            let of = row.chains.on(id.to.other()).clone();
            self.notices.push(Notice::Misbehaviour { path, chain, client, of, height, proof });
        }
        self.record.write(Write::Path(row));
    }

    /// Applies that a header could not be compared: it is asked for again.
    pub(super) fn on_uncompared(&mut self, id: &FlowId, height: u64, why: &Why) {
        let now = self.now;
        let comparisons = &mut self.flow_mut(id).comparisons;
        comparisons.asked = None;
        let failed = comparisons.failed.entry(height).or_default();
        let pause = FIRST_PAUSE.0.checked_shl(failed.tries.min(10)).unwrap_or(LONGEST_PAUSE.0);
        failed.tries += 1;
        failed.not_before = now.plus(Span(pause.min(LONGEST_PAUSE.0)));
        if failed.tries == TELL_AFTER {
            let reason = format!("header {height} that its client was given is not checked: {why}");
            self.notices.push(Notice::Delayed { path: id.path.clone(), reason });
        }
    }

    /// Applies that a client froze: what it is good for is asked anew, which parks its flow.
    pub(super) fn on_frozen(&mut self, chain: &ChainId, client: &ClientId) {
        let flows: Vec<FlowId> = self.record.flows_of_client(chain, client).cloned().collect();
        for id in flows {
            let Some(mut row) = self.record.path(&id.path).cloned() else { continue };
            let end = row.ends.on_mut(id.to);
            end.evidence = None;
            end.unchecked.clear();
            self.record.write(Write::Path(row));
            self.forget_tries(&id, |work| *work == Work::Misbehaviour);
            let flow = self.flow_mut(&id);
            flow.client = Client::default();
            flow.comparisons = Comparisons::default();
        }
    }

    /// The message that proves misbehaviour to a flow's client, whichever path found it.
    pub(crate) fn evidence(&self, id: &FlowId) -> Option<(&ClientId, Any)> {
        let end = |flow: &FlowId| Some(self.record.path(&flow.path)?.ends.on(flow.to));
        let found = self.record.flows_beside(id).find_map(|flow| end(flow)?.evidence.as_deref())?;
        Some((end(id)?.client.as_ref()?, Any::decode(found).ok()?))
    }

    /// When the next header is to be asked for again.
    pub(super) fn next_comparison(&self) -> Option<Time> {
        let failed = self.flows.values().flat_map(|flow| flow.comparisons.failed.values());
        failed.map(|one| one.not_before).filter(|time| *time > self.now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::linked;
    use super::*;
    use crate::model::facts::{Fact, Tip};
    use crate::model::step;

    /// A model whose client on B knows headers, and the gap of those that it was given unseen.
    fn knowing(consensus: Vec<u64>) -> (Model, FlowId, GapId) {
        let (mut model, flow) = linked();
        let mut row = model.record.path(&flow.path).unwrap().clone();
        row.ends.on_mut(flow.to).consensus = consensus;
        model.record.write(Write::Path(row));
        for chain in ["a-1", "b-1"] {
            let tip = Tip { height: 9, hash: [0; 32], time: Time(1) };
            step(&mut model, Fact::Begin(chain.into(), tip), Time(1));
        }
        let id = GapId { path: flow.path.clone(), gap: Gap::Headers(flow.to) };
        (model, flow, id)
    }

    /// What is to be compared after a node has named all heights, with a gap as it was stored.
    fn found(stored: impl Fn(GapRow) -> GapRow) -> Vec<u64> {
        let (mut model, flow, id) = knowing(vec![70, 90]);
        model.record.write(Write::Gap(stored(GapRow::new(id))));
        let asks = step(&mut model, Fact::Tick, Time(1)).asks;
        let ask = asks.iter().find(|(_, ask)| matches!(ask, Ask::Heights { .. }));
        let heights = vec![40, 60, 70, 80, 90, 95];
        step(&mut model, Fact::Heights(ask.unwrap().0, heights), Time(2));
        let unchecked = &model.record.path(&flow.path).unwrap().ends.on(flow.to).unchecked;
        unchecked.keys().copied().collect()
    }

    /// An older version did not note up to which height all was known.
    #[test]
    fn an_older_versions_gap_is_of_headers_after_the_oldest_that_is_known() {
        assert_eq!(found(|row| row), [80, 95]);
        assert_eq!(found(|row| GapRow { after: 50, ..row }), [60, 80, 95]);
        for (stored, after) in [(0, 70), (50, 50), (80, 70)] {
            let (mut model, flow, id) = knowing(vec![70, 90]);
            model.record.write(Write::Gap(GapRow { after: stored, ..GapRow::new(id.clone()) }));
            model.open_headers(&flow);
            let opened = model.record.gap(&id).map(|row| row.after);
            assert_eq!(opened, Some(after), "another gap beside one of {stored}");
        }
    }

    #[test]
    fn headers_that_cannot_be_compared_hold_up_no_other() {
        let unchecked = BTreeMap::from([(10, 1), (11, 1), (12, 1), (50, 9), (51, 9)]);
        let again = |not_before| Failed { tries: 3, not_before: Time(not_before) };
        let mut failed = BTreeMap::from([(10, again(300)), (11, again(100)), (12, again(200))]);
        let mut order = Vec::new();
        for turn in 0..5 {
            let (height, _) = foremost(unchecked.iter(), &failed).unwrap();
            order.push(*height);
            failed.insert(*height, again(1_000 + turn));
        }
        assert_eq!(order, [51, 50, 11, 12, 10]);
    }
}
