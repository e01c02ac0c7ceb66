//! Decisions: what a chain's blocks mean for the lanes.

use super::Model;
use super::blame::Blame;
use super::facts::{Tip, Used};
use super::ids::{ChainId, LaneId, Time};
use super::notice::Notice;
use super::rows::{Outcome, SlotRow, Write};
use crate::plan::refusal;
use crate::plan::work::Work;

impl Model {
    /// The transaction of ours that used a sequence, if it is in the record.
    pub(crate) fn slot_used(&self, used: &Used) -> Option<&SlotRow> {
        let mut attempts = self.record.attempts(&used.lane, used.sequence);
        attempts.find_map(|id| self.record.slot(id).filter(|slot| slot.hash == used.hash))
    }

    /// Applies that block `tip` decided a sequence; the block's events are applied before.
    pub(super) fn on_used(&mut self, tip: Tip, used: &Used) {
        let attempts: Vec<SlotRow> = self
            .record
            .attempts(&used.lane, used.sequence)
            .filter_map(|id| self.record.slot(id).cloned())
            .collect();
        let ours = attempts.iter().find(|slot| slot.hash == used.hash);
        let Some(lane) = self.lanes.get_mut(&used.lane) else { return };
        lane.floor = lane.floor.max(used.sequence + 1);
        // What was used before we looked at the account may be ours from before the store was lost.
        let began = lane.account.as_ref().map_or(u64::MAX, |account| account.sequence);
        if ours.is_none() && (used.sequence >= began || !attempts.is_empty()) {
            if lane.foreign.is_none() {
                let notice = Notice::ForeignTx { lane: used.lane.clone(), sequence: used.sequence };
                self.notices.push(notice);
            }
            lane.foreign = Some(tip.height);
        }
        if let Some(slot) = ours {
            self.note_costs(tip, slot, used);
        }
        let Some(first) = ours.or_else(|| attempts.first()) else { return };
        let outcome = Outcome {
            height: tip.height,
            code: used.code,
            gas_used: used.gas_used,
            noops: used.noops.len(),
        };
        self.record.write(Write::Decided(first.id.clone(), outcome));
        attempts.iter().for_each(|slot| self.release(slot));
        self.unwant_orphans(&used.lane);
        match ours {
            Some(slot) if used.code != 0 => self.on_failed_tx(tip, slot, used),
            Some(slot) => {
                if slot.works.contains(&Work::Register) {
                    self.on_registered(&slot.flow, tip.height);
                }
                self.succeeded(&slot.flow);
                self.compare_gas(slot, used);
                self.settle_noops(tip, slot, used);
            }
            None => {}
        }
    }

    /// Learns from what a transaction took that did everything it was to do.
    fn compare_gas(&mut self, slot: &SlotRow, used: &Used) {
        let multiplier = self.config.get(&used.lane.chain).map_or(0, |chain| chain.gas_multiplier);
        let chain = self.chains.get_mut(&used.lane.chain);
        if let Some(chain) = chain.filter(|_| used.noops.is_empty()) {
            chain.gas.delivered(&used.hash, slot.gas_limit, used.gas_used, multiplier);
        }
    }

    fn on_failed_tx(&mut self, tip: Tip, slot: &SlotRow, used: &Used) {
        self.notices.push(Notice::TxFailed {
            address: used.lane.address.clone(),
            sequence: used.sequence,
            height: tip.height,
            log: used.log.clone(),
        });
        let ran_out = refusal::is_out_of_gas(&used.codespace, used.code);
        let was_known = self.doubt_gas(slot);
        // What was not simulated is, the next time, and needs no wider limit.
        if ran_out && (was_known || self.raise_gas(&used.lane.chain)) {
            return;
        }
        self.doubts_client(&slot.flow, &used.log);
        let blame = Blame::of(used.failed_index, slot.updates, slot.works.len());
        self.blame(&slot.flow, blame, &slot.works, &used.log);
    }

    /// Ends works that were paid for and found nothing to do, though no event told us why: whatever
    /// did them happened before we began to read.
    fn settle_noops(&mut self, tip: Tip, slot: &SlotRow, used: &Used) {
        for index in &used.noops {
            let work = index.checked_sub(slot.updates).and_then(|index| slot.works.get(index));
            if let Some((leg, key)) = work.and_then(|work| work.packet()) {
                self.settle_noop(tip, leg, key);
            }
        }
    }

    /// Applies a block of the lanes' chain, after its events.
    pub(super) fn lanes_on_block(&mut self, chain: &ChainId, tip: Tip) {
        let ids: Vec<LaneId> = self.lanes.keys().filter(|id| id.chain == *chain).cloned().collect();
        for id in ids {
            // The last block that might have had it is over, but a mempool holds it until the next one is: what is
            // simulated until then finds its works done, and takes too little.
            let expired: Vec<SlotRow> = self
                .record
                .slots(&id)
                .filter(|slot| slot.timeout_height < tip.height)
                .cloned()
                .collect();
            expired.iter().for_each(|slot| self.drop_slot(slot));
            self.unwant_orphans(&id);
            let lowest = self.wanted_slots(&id).map(|slot| slot.id.sequence).next();
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            lane.hold = false;
            lane.pause = Time::default();
            lane.behind = 0;
            lane.pass_over(lowest);
            if lane.resume(tip.height) {
                self.notices.push(Notice::LaneResumed { lane: id });
            }
        }
    }
}
