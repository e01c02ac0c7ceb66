//! Forgetting a path: nothing of it is served any more.
//!
//! What no mempool can have is dropped. Transactions that are on their way stay until a block decides them or they
//! expire, so that what they cost is in the books and their sequences stay in order. Whoever takes the connection up
//! again meanwhile, under whatever name, leaves alone what they do.

use std::collections::BTreeSet;

use super::Model;
use super::ids::{ChainId, FlowId, LaneId, PathId, Side};
use super::rows::{GapId, PacketRow, SlotRow, Write};
use crate::plan::work::Work;

impl Model {
    /// Applies that a path is to be served no more.
    pub(super) fn on_forget(&mut self, path: &PathId) {
        if self.record.path(path).is_none() {
            return;
        }
        let lanes: BTreeSet<LaneId> =
            self.slots_of(path).map(|slot| slot.id.lane.clone()).collect();
        self.drop_unseen(path);
        let is_its = |row: &&PacketRow| row.path == *path;
        let packets: Vec<PacketRow> = self.record.packets().filter(is_its).cloned().collect();
        for row in packets {
            self.put_packet(PacketRow { live: false, ..row });
        }
        let gaps: Vec<GapId> = self.gaps(path).map(|gap| gap.id.clone()).collect();
        gaps.into_iter().for_each(|gap| self.record.write(Write::Closed(gap)));
        self.record.write(Write::Forgotten(path.clone()));
        // What stands on an update that a block has: whether it has, is not known any more.
        lanes.iter().for_each(|lane| self.unwant_orphans(lane));
        for to in [Side::A, Side::B] {
            self.flows.remove(&FlowId { path: path.clone(), to });
        }
        self.asks.forget(path);
        self.scans.forget(path);
        self.checks.forget(path);
        self.clearings.forget(path);
        self.backlog.forget(path);
    }

    /// Drops the transactions of a path that no mempool can have, the last first.
    fn drop_unseen(&mut self, path: &PathId) {
        let is_unseen = |slot: &&SlotRow| {
            let lane = self.lanes.get(&slot.id.lane);
            slot.flow.path == *path && lane.is_some_and(|lane| !lane.exposed.contains(&slot.id))
        };
        let unseen: Vec<SlotRow> = self.record.all_slots().filter(is_unseen).cloned().collect();
        unseen.iter().rev().for_each(|slot| self.drop_slot(slot));
    }

    /// Whether a forgotten path has steps of handshakes on their way to a chain. They do not say which connection they
    /// are of, and whoever takes that up under another name would pay for them again.
    pub(crate) fn has_forgotten_steps(&self, chain: &ChainId) -> bool {
        let is_step = |work: &Work| work.packet().is_none();
        self.record.all_slots().any(|slot| {
            slot.id.lane.chain == *chain
                && self.record.path(&slot.flow.path).is_none()
                && slot.works.iter().any(is_step)
        })
    }

    /// The transactions of a path that are on their way, also of one that was forgotten.
    pub fn slots_of<'a>(&'a self, path: &'a PathId) -> impl Iterator<Item = &'a SlotRow> {
        self.slots().filter(move |slot| slot.flow.path == *path)
    }
}
