//! Looking before signing: a ferry that is behind asks what is still to be done.
//!
//! Others, or transactions of its own, may have relayed packets in blocks that it has not read yet, or never will. A batch
//! of which they have done a part only is not refused but paid for, so works that are done are taken out before anything
//! is simulated.

use std::collections::BTreeSet;

use super::work::Work;
use crate::model::Model;
use crate::model::ids::{AskId, ChainId, FlowId, PacketKey, Span};
use crate::model::rows::{GapRow, Leg};

/// A chain whose last block read is older than so many blocks take, and than so long, has made others.
const OLD_BLOCKS: u64 = 4;
const OLD: Span = Span::seconds(3);

impl Model {
    /// Whether what is owed to a flow's chain may be done unheard: in blocks that are still to be read, or in some that no
    /// node keeps, while the scan that makes up for them is under way.
    pub(super) fn may_be_done(&self, id: &FlowId, chain: &ChainId) -> bool {
        let hides = |gap: &GapRow| gap.id.path == id.path && gap.hides_packets();
        self.is_behind(chain) || self.record.gaps().any(hides)
    }

    /// Whether a chain is likely to have made blocks that were not read yet. One that stands still counts too,
    /// which costs a question.
    fn is_behind(&self, chain: &ChainId) -> bool {
        let patience = Span(self.interval(chain).0.saturating_mul(OLD_BLOCKS)).max(OLD);
        self.record.tip(chain).is_some_and(|tip| self.now.since(tip.time) > patience)
    }

    /// Applies which messages of packets are still to be done: the others leave the epoch, and rest until
    /// the blocks are read that tell of them.
    pub(crate) fn on_open(&mut self, id: &FlowId, ask: AskId, open: BTreeSet<(Leg, PacketKey)>) {
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let is_done = |work: &&Work| {
            work.packet().is_some_and(|(leg, key)| !open.contains(&(leg, key.clone())))
        };
        let works = epoch.works.iter().map(|chosen| &chosen.work);
        let done: Vec<Work> = works.filter(is_done).cloned().collect();
        let is_all = done.len() == epoch.works.len();
        self.postpone(id, &done);
        if !is_all {
            return self.gathered(id, ask, |epoch| {
                epoch.works.retain(|chosen| !done.contains(&chosen.work));
            });
        }
        if let Some(epoch) = self.flow_mut(id).epoch.take() {
            epoch.asks().for_each(|ask| {
                self.asks.close(ask);
            });
        }
    }
}
