//! Leaving works to other relayers for a while: where another one leads, and where we are only there in
//! case it fails.
//!
//! Two that relay the same packet in one block both pay. One that waits a block sees what the other
//! did and pays for nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::work::Work;
use crate::model::Model;
use crate::model::ids::{FlowId, Route, Time};
use crate::model::record::Record;
use crate::model::rows::{LeadRow, Leg};

/// Of so many messages of a channel it is remembered who brought them.
const REMEMBERED: u32 = u16::BITS;

/// Who brought a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bringer {
    /// A transaction of ours.
    We,
    /// Another relayer.
    Others,
}

/// Who brought the last messages of each route.
#[derive(Debug, Default)]
pub(crate) struct Leads(BTreeMap<(Arc<Route>, Leg), Lead>);

/// The last messages of one kind on a route, or steps of handshakes on a path: a bit each, set for those that others
/// brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lead(u16);

impl Lead {
    pub(crate) fn note(&mut self, by: Bringer) {
        self.0 = self.0 << 1 | u16::from(by == Bringer::Others);
    }

    fn is_others(self) -> bool {
        self.0.count_ones() * 2 > REMEMBERED
    }
}

impl Leads {
    /// Who led on each route when the relayer stopped.
    pub(crate) fn load(record: &Record) -> Self {
        let known = |(id, last): (&(Route, Leg), u16)| ((Arc::new(id.0.clone()), id.1), Lead(last));
        Self(record.leads().map(known).collect())
    }

    /// Notes who brought a message; the row to store when that changes who leads.
    pub(crate) fn note(&mut self, route: &Arc<Route>, leg: Leg, by: Bringer) -> Option<LeadRow> {
        let lead = self.0.entry((Arc::clone(route), leg)).or_default();
        let before = lead.is_others();
        lead.note(by);
        let id = || (Route::clone(route), leg);
        (lead.is_others() != before).then(|| LeadRow { id: id(), last: lead.0 })
    }

    fn is_others(&self, route: &Arc<Route>, leg: Leg) -> bool {
        self.0.get(&(Arc::clone(route), leg)).is_some_and(|lead| lead.is_others())
    }
}

impl Model {
    /// For how many more blocks of its chain a work is left to others; `block` is the height of the other
    /// chain that it proves.
    ///
    /// They count from the header that proves it: before, nobody could have done it.
    pub(crate) fn yields(&self, id: &FlowId, block: u64, work: &Work) -> u64 {
        let Some(to) = self.chain_to(id) else { return 0 };
        let Some(others_lead) = self.others_lead(id, work) else { return 0 };
        let polite = if others_lead { to.polite_blocks } else { 0 };
        let blocks = to.backup_blocks.max(polite);
        if blocks == 0 {
            return 0;
        }
        let Some(since) = self.provable_since(id, (block, work)) else { return 0 };
        let Some(chain) = self.chains.get(&to.id) else { return 0 };
        let passed = chain.recent.values().rev().take_while(|time| **time > since);
        blocks.saturating_sub(passed.count().try_into().unwrap_or(u64::MAX))
    }

    /// Whether others brought most of what is like a work; `None` where it is for nobody else to bring: a channel that was
    /// asked for here is waited for.
    fn others_lead(&self, id: &FlowId, work: &Work) -> Option<bool> {
        if let Some((leg, key)) = work.packet() {
            return Some(self.leads.is_others(&key.route, leg));
        }
        let Work::Channel(index, _) = work else { return None };
        let is_ours = self.record.channel(&id.path, *index).is_none_or(|row| row.wanted);
        (!is_ours).then(|| self.flows.get(id).is_some_and(|flow| flow.steps.is_others()))
    }

    /// Since when a work could be proved; `None` when that is too long ago to be remembered.
    fn provable_since(&self, id: &FlowId, (block, work): (u64, &Work)) -> Option<Time> {
        match work {
            Work::Timeout(key) => {
                let end = self.record.packet(key)?.timeout.time;
                Some(end).filter(|end| *end != Time::default())
            }
            _ => {
                let from = self.chain_from(id)?;
                self.chains.get(&from.id)?.recent.get(&(block + 1)).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_lead_while_they_bring_most() {
        let mut lead = Lead::default();
        let mut led = Vec::new();
        for by in [vec![Bringer::Others; 9], vec![Bringer::We; 8]].concat() {
            lead.note(by);
            led.push(lead.is_others());
        }
        let expected = [vec![false; 8], vec![true; 8], vec![false]].concat();
        assert_eq!(led, expected);
    }
}
