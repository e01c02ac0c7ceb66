//! Another try for what has failed: whatever stood in its way may be over.
//!
//! A chain refuses a kind of message for hours, and then takes it again; no event says so. Each regular check therefore
//! lets some of what was given up try once more, and when a message that had failed again and again succeeds, the
//! others of its kind are as good as new.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Model;
use super::ids::{FlowId, PacketKey, PathId, Route, Side};
use super::rows::{Attempt, Leg, PacketRow};
use crate::plan::work::Work;

/// How many messages of a kind one check lets try again: that many fail for free, when they are simulated.
const PROBES: usize = 32;
/// So often a message has failed, by itself at least once, whose success tells that something is over.
const TELLING_TRIES: u16 = 2;

impl Attempt {
    /// One more try, at once; the next failure gives it up again.
    fn once_more(self) -> Self {
        Self { given_up: false, not_before: 0, ..self }
    }
}

impl Model {
    /// Lets what was given up on these paths try again, of each kind those that have rested the longest.
    pub(super) fn retry_given_up(&mut self, paths: &BTreeSet<PathId>) {
        let mut kinds = BTreeMap::<(&Arc<Route>, Leg), BTreeMap<_, &PacketRow>>::new();
        for row in self.record.packets().filter(|row| paths.contains(&row.path)) {
            if let Some((leg, attempt)) = row.failed.as_ref().filter(|(_, tried)| tried.given_up) {
                let kind = kinds.entry((&row.key.route, *leg)).or_default();
                kind.insert((attempt.not_before, row.key.seq), row);
            }
        }
        let probes = kinds.into_values().flat_map(|kind| kind.into_values().take(PROBES));
        let rows: Vec<PacketRow> = probes.cloned().collect();
        for row in rows {
            let failed = row.failed.map(|(leg, attempt)| (leg, attempt.once_more()));
            self.put_packet(PacketRow { failed, ..row });
        }
        for path in paths {
            for to in [Side::A, Side::B] {
                let flow = FlowId { path: path.clone(), to };
                let steps = self.retry_steps(&flow);
                steps.iter().for_each(|step| self.place_step_of(&flow, step));
            }
        }
    }

    /// The steps of handshakes that try again.
    fn retry_steps(&mut self, flow: &FlowId) -> Vec<Work> {
        let Some(flow) = self.flows.get_mut(flow) else { return Vec::new() };
        let given_up = flow.tries.iter_mut().filter(|(_, attempt)| attempt.given_up);
        let mut steps: Vec<(&Work, &mut Attempt)> = given_up.collect();
        steps.sort_by_key(|(_, attempt)| attempt.not_before);
        let probes = steps.into_iter().take(PROBES);
        let once_more = |(work, attempt): (&Work, &mut Attempt)| {
            *attempt = std::mem::take(attempt).once_more();
            work.clone()
        };
        probes.map(once_more).collect()
    }

    /// Applies that a message of a packet succeeded which had failed so often: the others of its kind need not go
    /// each by itself any more, nor rest.
    pub(super) fn retry_like(&mut self, key: &PacketKey, leg: Leg, tries: u16) {
        if tries < TELLING_TRIES {
            return;
        }
        let route = &key.route;
        let has_failed = |row: &&PacketRow| {
            let is_like = row.failed.as_ref().is_some_and(|(of, _)| *of == leg);
            is_like && row.key.route == *route
        };
        let rows = self.record.packets_of((&route.from, &route.to), route.src());
        let rows: Vec<PacketRow> = rows.filter(has_failed).cloned().collect();
        for row in rows {
            self.put_packet(PacketRow { failed: None, ..row });
        }
    }
}
