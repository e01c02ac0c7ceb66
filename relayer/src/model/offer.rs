//! Offers: what a chain's answers to them mean for the lane.

use super::Model;
use super::facts::{Answer, Refusal};
use super::ids::{SlotId, Span};
use super::lane::Offering;
use super::notice::Notice;
use super::purse::Paid;
use super::rows::SlotRow;
use crate::plan::refusal::{self, Meaning};

/// How many refusals that name no message a flow takes before its works are tried one by one.
pub(crate) const TRUSTING_REFUSALS: u32 = 3;

/// How many nodes a lane meets in a block that have not seen the sequence before, until it waits for the next block.
const LAGGING_PER_BLOCK: u32 = 8;

impl Model {
    /// Applies the answer to an offer.
    pub(super) fn on_offered(&mut self, id: &SlotId, answer: Answer) {
        let is_current = self.record.attempts(&id.lane, id.sequence).next_back() == Some(id);
        let Some(lane) = self.lanes.get_mut(&id.lane) else { return };
        let (offering, since) = lane.offering.take().unzip();
        if let Some((chain, since)) = self.chains.get_mut(&id.lane.chain).zip(since) {
            chain.took_offer(self.now.since(since));
        }
        if !is_current {
            return;
        }
        match (answer, offering) {
            (Answer::Pooled, _) => lane.next_offer = id.sequence + 1,
            (Answer::Unknown(_), _) | (_, None) => lane.hold = true,
            (Answer::Refused(refusal), Some(offering)) => {
                if matches!(offering, Offering::First) {
                    lane.exposed.remove(id);
                }
                self.on_refused(id, &refusal);
            }
        }
    }

    fn on_refused(&mut self, id: &SlotId, refusal: &Refusal) {
        let Some(slot) = self.record.slot(id).cloned() else { return };
        let pause = Span(self.interval(&id.lane.chain).0 / u64::from(LAGGING_PER_BLOCK));
        let Some(lane) = self.lanes.get_mut(&id.lane) else { return };
        let meaning = refusal::meaning(refusal);
        match meaning {
            Meaning::Full | Meaning::Ahead => {
                lane.hold = true;
                return;
            }
            Meaning::Behind => {
                let lowest = self.record.slots(&id.lane).map(|slot| slot.id.sequence);
                let lowest = lowest.filter(|sequence| *sequence >= lane.floor).min();
                lane.behind += 1;
                match lowest {
                    Some(lowest) if lowest < id.sequence && lane.behind == 1 => {
                        lane.next_offer = lowest;
                    }
                    // Behind a load balancer the next offer reaches another node.
                    _ if lane.behind < LAGGING_PER_BLOCK => lane.pause = self.now.plus(pause),
                    _ => lane.hold = true,
                }
                return;
            }
            Meaning::Redundant | Meaning::Transaction | Meaning::Message => {}
        }
        let paid = lane.purse.paid(&slot);
        // What is wrong with a message is told of that message.
        let reason = (meaning == Meaning::Transaction).then(|| refusal.log.clone());
        self.refuse(&slot);
        match meaning {
            Meaning::Transaction => self.on_refused_as_such(&slot, paid, refusal),
            Meaning::Redundant => self.postpone(&slot.flow, &slot.works),
            _ => {
                self.doubt_gas(&slot);
                self.suspect(&slot, &refusal.log);
            }
        }
        self.delay(&slot.flow, reason);
    }

    fn on_refused_as_such(&mut self, slot: &SlotRow, paid: Paid, refusal: &Refusal) {
        let lane = &slot.id.lane;
        if refusal::is_out_of_gas(&refusal.codespace, refusal.code) {
            let was_known = self.doubt_gas(slot);
            if !was_known && !self.raise_gas(&lane.chain) {
                self.suspect(slot, &refusal.log);
            }
            return;
        }
        if refusal::is_unpaid(&refusal.codespace, refusal.code) {
            self.on_unpaid(slot, paid, refusal);
        }
        self.notices.push(Notice::Refused {
            chain: lane.chain.clone(),
            address: lane.address.clone(),
            code: refusal.code,
            log: refusal.log.clone(),
        });
    }

    /// Decides what a refusal that names no message says about the works: the next simulation names
    /// the one at fault. Only if that passes again and again is each tried by itself.
    pub(super) fn suspect(&mut self, slot: &SlotRow, log: &str) {
        if self.doubts_client(&slot.flow, log) {
            return;
        }
        if slot.works.len() == 1 || self.failures(&slot.flow) >= TRUSTING_REFUSALS {
            self.back_off(&slot.flow, &slot.works, log);
        }
    }

    /// Takes a transaction out of the lane that the chain does not want, and everything from there on
    /// that no mempool can hold: it is planned anew.
    fn refuse(&mut self, slot: &SlotRow) {
        self.unwant(slot);
        let Some(lane) = self.lanes.get(&slot.id.lane) else { return };
        let unseen: Vec<SlotRow> = self
            .record
            .slots(&slot.id.lane)
            .filter(|other| other.id >= slot.id && !lane.exposed.contains(&other.id))
            .cloned()
            .collect();
        for other in unseen.iter().rev() {
            self.drop_slot(other);
        }
        self.unwant_orphans(&slot.id.lane);
    }
}
