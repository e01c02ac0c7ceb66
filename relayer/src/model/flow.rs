//! Flows: everything owed to one chain of a path, and what is being prepared for it.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::client::Client;
use super::facts::Why;
use super::ids::{FlowId, PathId, Side, Span, Time};
use super::misbehaviour::Comparisons;
use super::notice::Notice;
use super::rows::{Attempt, Leg, PathRow, Write};
use crate::plan::epoch::Epoch;
use crate::plan::politeness::Lead;
use crate::plan::work::Work;

/// The longest wait after failures, in blocks of the chain that the message goes to.
const LONGEST_WAIT: u64 = 60;
/// How many blocks may pass until others' work shows in events.
const REST_BLOCKS: u64 = 2;
/// The first and the longest wait after a failed ask.
const FIRST_DELAY: Span = Span::millis(500);
const LONGEST_DELAY: Span = Span::seconds(16);
/// So many failures in a row are more than a node that hiccups.
const LASTING: u32 = 5;
/// A flow that was not turned away again for so long after it could try had nothing to do, or gets on.
const FORGIVEN: Span = Span::seconds(60);

/// What a flow knows; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// What is being prepared.
    pub(crate) epoch: Option<Epoch>,
    /// How long its client is good for.
    pub(crate) client: Client,
    /// Why nothing is prepared at all, until the client changes.
    pub(crate) parked: Option<String>,
    /// Nothing is prepared before.
    pub(crate) not_before: Time,
    /// Works that can be proved from this height of the other chain, or one before, were found by a
    /// scan: what happens now goes first.
    pub(crate) history: u64,
    /// Failed asks and refusals since the last success.
    failures: u32,
    /// Why it was turned away last; none when its works were to blame, which tell it themselves.
    turned_away: Option<String>,
    /// Heights up to this one could not be proved; a pruned node may be why.
    pub(crate) unprovable: u64,
    /// How headers that others gave to its client are compared with the chain's own.
    pub(crate) comparisons: Comparisons,
    /// Who took the last steps of handshakes and closes.
    pub(crate) steps: Lead,
    /// The channels to which a step of a handshake or a close is owed that is to be taken here.
    pub(super) moving: BTreeSet<u32>,
    /// Failed tries of what is owed besides packets.
    pub(super) tries: BTreeMap<Work, Attempt>,
}

/// How many blocks to wait after this many failures: 1, 2, 4 … 60.
fn wait_blocks(tries: u16) -> u64 {
    1u64.checked_shl(u32::from(tries.saturating_sub(1))).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

impl Model {
    /// Both flows of every path.
    pub(crate) fn flow_ids(&self) -> impl Iterator<Item = FlowId> {
        let both = |path: &PathRow| {
            let path = path.path.clone();
            [Side::A, Side::B].map(|to| FlowId { path: path.clone(), to })
        };
        self.record.paths().flat_map(both)
    }

    pub(crate) fn flow_mut(&mut self, id: &FlowId) -> &mut Flow {
        self.flows.entry(id.clone()).or_default()
    }

    /// Failed tries of a work.
    pub(crate) fn attempt(&self, flow: &FlowId, work: &Work) -> Attempt {
        match work.packet() {
            Some((leg, key)) => self.record.packet(key).map(|row| row.attempt(leg)),
            None => self.flows.get(flow).and_then(|flow| flow.tries.get(work).cloned()),
        }
        .unwrap_or_default()
    }

    /// Forgets the failed tries of works that a flow owes no more, or that are to be tried anew. Those of packets stand
    /// with the packets.
    pub(crate) fn forget_tries(&mut self, flow: &FlowId, is_of: impl Fn(&Work) -> bool) {
        let Some(known) = self.flows.get_mut(flow) else { return };
        let (forgotten, kept) =
            std::mem::take(&mut known.tries).into_iter().partition(|(work, _)| is_of(work));
        known.tries = kept;
        forgotten.keys().for_each(|work| self.place_step_of(flow, work));
    }

    /// The same towards both chains of a path.
    pub(crate) fn forget_path_tries(&mut self, path: &PathId, is_of: impl Fn(&Work) -> bool) {
        for to in [Side::A, Side::B] {
            self.forget_tries(&FlowId { path: path.clone(), to }, &is_of);
        }
    }

    /// Notes that works failed together, or one by itself.
    pub(crate) fn back_off(&mut self, flow: &FlowId, works: &[Work], reason: &str) {
        for work in works {
            let mut attempt = self.attempt(flow, work);
            attempt.tries = attempt.tries.saturating_add(1);
            attempt.not_before = self.height_for(flow, work) + wait_blocks(attempt.tries);
            attempt.reason = Some(reason.to_owned());
            // Whoever forged a header waits for nothing else than that nobody tells the client.
            attempt.given_up = attempt.tries >= self.max_tries && *work != Work::Misbehaviour;
            let (work_name, tries, reason) = (work.to_string(), attempt.tries, reason.to_owned());
            // It was told before of what a check has tried again.
            self.notices.push(match attempt.given_up && tries <= self.max_tries {
                true => Notice::GivenUp { work: work_name, tries, reason },
                false => Notice::Failing { work: work_name, tries, reason },
            });
            self.set_attempt(flow, work, attempt);
        }
    }

    /// Lets works rest that others have done: the events that say so are on their way.
    pub(crate) fn postpone(&mut self, flow: &FlowId, works: &[Work]) {
        for work in works {
            let mut attempt = self.attempt(flow, work);
            attempt.not_before = self.height_for(flow, work) + REST_BLOCKS;
            self.set_attempt(flow, work, attempt);
        }
    }

    /// The last height read of the chain that a work goes to. Which that is, a packet says itself: the path that sent it
    /// may be forgotten since, or be another one with the same name.
    fn height_for(&self, flow: &FlowId, work: &Work) -> u64 {
        let tip = match work.packet() {
            Some((Leg::Recv, key)) => self.record.tip(&key.route.to),
            Some((Leg::Ack | Leg::Timeout, key)) => self.record.tip(&key.route.from),
            None => self.tip_to(flow),
        };
        tip.map_or(0, |tip| tip.height)
    }

    /// How often a flow was turned away since it last succeeded.
    pub(crate) fn failures(&self, flow: &FlowId) -> u32 {
        self.flows.get(flow).map_or(0, |flow| flow.failures)
    }

    fn set_attempt(&mut self, flow: &FlowId, work: &Work, attempt: Attempt) {
        let Some((leg, key)) = work.packet() else {
            self.flow_mut(flow).tries.insert(work.clone(), attempt);
            return self.place_step_of(flow, work);
        };
        if let Some(mut row) = self.record.packet(key).cloned() {
            row.failed = Some((leg, attempt));
            self.record.write(Write::Packet(row));
            self.requeue(key);
        }
    }

    /// Drops what a flow prepares and lets it wait since an ask failed, and tells the operator.
    pub(crate) fn delay_for(&mut self, id: &FlowId, why: &Why) {
        self.delay(id, Some(why.to_string()));
        let notice = Notice::Delayed { path: id.path.clone(), reason: why.to_string() };
        self.notices.push(notice);
    }

    /// Drops what a flow prepares and lets it wait, longer each time; the works stay owed. `reason` is why it was turned
    /// away, unless its works are to blame.
    pub(crate) fn delay(&mut self, id: &FlowId, reason: Option<String>) {
        let now = self.now;
        let flow = self.flow_mut(id);
        let wait = FIRST_DELAY.0.checked_shl(flow.failures.min(30)).unwrap_or(u64::MAX);
        flow.failures += 1;
        flow.turned_away = reason;
        flow.not_before = now.plus(Span(wait.min(LONGEST_DELAY.0)));
        if let Some(epoch) = flow.epoch.take() {
            flow.unprovable = flow.unprovable.max(epoch.unproved_height());
            epoch.asks().for_each(|ask| {
                self.asks.close(ask);
            });
        }
    }

    /// Why a flow was turned away last, if it has not succeeded since.
    pub(crate) fn turned_away(&self, id: &FlowId) -> Option<&str> {
        self.flows.get(id)?.turned_away.as_deref()
    }

    /// Why a flow is turned away again and again.
    pub(crate) fn shut_out(&self, id: &FlowId) -> Option<&str> {
        let flow = self.flows.get(id)?;
        let lasts = flow.failures >= LASTING && self.now < flow.not_before.plus(FORGIVEN);
        flow.turned_away.as_deref().filter(|_| lasts)
    }

    /// Notes that what a flow prepared was signed.
    pub(crate) fn prepared(&mut self, id: &FlowId) {
        self.flow_mut(id).epoch = None;
    }

    /// Notes that a transaction of a flow succeeded.
    pub(crate) fn succeeded(&mut self, id: &FlowId) {
        let flow = self.flow_mut(id);
        (flow.failures, flow.turned_away) = (0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::tests::linked;
    use crate::plan::work::HandshakeStep;

    fn fail(model: &mut Model, flow: &FlowId, work: &Work, times: u16) -> Attempt {
        (0..times).for_each(|_| model.back_off(flow, std::slice::from_ref(work), "refused"));
        model.attempt(flow, work)
    }

    /// Else `ferry link` would end with what stood in the way of the one before.
    #[test]
    fn a_path_that_is_wanted_again_begins_with_no_failed_tries() {
        let (mut model, flow) = linked();
        let step = Work::Connection(HandshakeStep::Try);
        assert_eq!(fail(&mut model, &flow, &step, 3).tries, 3);
        let row = model.path(&flow.path).unwrap().clone();
        model.on_path(row, Vec::new());
        assert_eq!(model.attempt(&flow, &step), Attempt::default());
        fail(&mut model, &flow, &step, 3);
        model.on_clear(&flow.path);
        assert_eq!(model.attempt(&flow, &step), Attempt::default());
    }

    #[test]
    fn tries_are_forgotten_once_the_step_is_taken() {
        let (mut model, flow) = linked();
        let update = ("07-tendermint-0".into(), 6, crate::model::facts::ClientChange::Created);
        let (created, other) = (Work::CreateClient, Work::Register);
        fail(&mut model, &flow, &created, 2);
        fail(&mut model, &flow, &other, 2);
        model.on_client(&"b-1".into(), None, update);
        assert_eq!(model.attempt(&flow, &created).tries, 0);
        assert_eq!(model.attempt(&flow, &other).tries, 2);
        model.on_registered(&flow, 7);
        assert_eq!(model.attempt(&flow, &other).tries, 0);
    }

    #[test]
    fn evidence_of_misbehaviour_is_never_given_up() {
        let (mut model, flow) = linked();
        let tries = model.max_tries.saturating_add(5);
        assert!(fail(&mut model, &flow, &Work::CreateClient, tries).given_up);
        assert!(!fail(&mut model, &flow, &Work::Misbehaviour, tries).given_up);
    }
}
