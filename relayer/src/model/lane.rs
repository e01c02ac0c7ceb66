//! Lanes: one key on one chain, whose sequences are decided only by the chain's blocks.
//!
//! A sequence with a transaction is a slot. A slot that was refused and cannot be in any mempool is
//! dropped; one that may be in some mempool keeps its works until its sequence is decided, and its
//! sequence is filled with something else in the meantime.

use std::collections::BTreeSet;

use super::Model;
use super::asks::Purpose;
use super::facts::{Ask, Why};
use super::ids::{LaneId, SlotId, Span, Time};
use super::purse::Purse;
use super::rows::{SlotRow, Write};
use super::state::Account;

/// How many blocks may pass over the lowest slot before everything is offered again.
const PATIENT_BLOCKS: u8 = 2;
/// After how many blocks without a foreign transaction a paused lane goes on.
pub(crate) const QUIET_BLOCKS: u64 = 10;
/// When an account is asked for again that could not be had.
const ASK_AGAIN: Span = Span::seconds(5);

/// What a lane knows besides its slots; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// The account at start.
    pub(crate) account: Option<Account>,
    /// The first sequence that no block has decided.
    pub(super) floor: u64,
    /// Whether an answer about the account is awaited.
    pub(super) asked: bool,
    /// Why the last answer was none, and when it is asked for again.
    unknown: Option<(String, Time)>,
    /// What it pays from.
    pub(crate) purse: Purse,
    /// The offer whose answer is awaited, and since when.
    pub(super) offering: Option<(Offering, Time)>,
    /// The lowest sequence not offered yet, or to be offered again.
    pub(super) next_offer: u64,
    /// Nothing is offered before the next block.
    pub(super) hold: bool,
    /// Nothing is offered before this time, or the next block.
    pub(super) pause: Time,
    /// Offers since the last block to nodes that had not seen the sequence before.
    pub(super) behind: u32,
    /// The lowest slot that was offered and is not decided.
    pub(super) waits_for: u64,
    /// Blocks that did not take it.
    pub(super) passed_over: u8,
    /// Transactions that the chain does not want, though some mempool may hold them.
    pub(super) refused: BTreeSet<SlotId>,
    /// Transactions that some mempool may hold.
    pub(super) exposed: BTreeSet<SlotId>,
    /// Somebody else signs with the key: the block that had the last such transaction. Nothing is
    /// signed or offered meanwhile.
    pub(super) foreign: Option<u64>,
}

/// An offer on its way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Offering {
    /// No mempool can have had the transaction before.
    First,
    /// Some mempool may have had it before.
    Again,
}

impl Lane {
    /// A lane whose stored slots may be in any mempool, and of which only the last attempt at each
    /// sequence is wanted.
    pub(crate) fn loaded(slots: impl Iterator<Item = SlotId>) -> Self {
        let exposed: BTreeSet<SlotId> = slots.collect();
        let later = exposed.iter().skip(1);
        let is_replaced = |(id, next): &(&SlotId, &SlotId)| {
            (&id.lane, id.sequence) == (&next.lane, next.sequence)
        };
        let replaced = exposed.iter().zip(later).filter(is_replaced);
        let refused = replaced.map(|(id, _)| id.clone()).collect();
        Self { exposed, refused, ..Self::default() }
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.account.is_some() && self.obstacle().is_none()
    }

    /// Whether the key can sign, at least what it has enough money for.
    pub(crate) fn can_sign(&self) -> bool {
        let is_known = self.account.is_some() && self.unknown.is_none();
        is_known && self.foreign.is_none() && self.purse.doubted().is_none()
    }

    /// What keeps the key from signing as it should; none when nothing does, as far as is known.
    pub(crate) fn obstacle(&self) -> Option<String> {
        if self.foreign.is_some() {
            return Some("somebody else signs with its key".to_owned());
        }
        if let Some(reason) = self.purse.empty() {
            return Some(format!("it cannot pay: {reason}"));
        }
        let (reason, _) = self.unknown.as_ref()?;
        Some(format!("its account is not known: {reason}"))
    }

    /// Counts a block that left `lowest` undecided, and begins the offers again after the second.
    pub(super) fn pass_over(&mut self, lowest: Option<u64>) {
        let Some(lowest) = lowest.filter(|lowest| *lowest < self.next_offer) else {
            self.passed_over = 0;
            return;
        };
        if self.waits_for != lowest {
            self.waits_for = lowest;
            self.passed_over = 0;
        }
        self.passed_over += 1;
        if self.passed_over >= PATIENT_BLOCKS {
            self.passed_over = 0;
            self.next_offer = lowest;
        }
    }

    /// Ends a pause when the key has been left alone for long enough, with the account as the chain
    /// then has it; `true` if it did.
    pub(super) fn resume(&mut self, height: u64) -> bool {
        let is_quiet = self.foreign.is_some_and(|last| height >= last.saturating_add(QUIET_BLOCKS));
        if is_quiet {
            self.foreign = None;
            self.account = None;
            self.next_offer = self.floor;
        }
        is_quiet
    }

    fn forget(&mut self, id: &SlotId) {
        self.purse.forget(id);
        self.refused.remove(id);
        self.exposed.remove(id);
    }
}

impl Model {
    /// The sequences of a lane that a new transaction may take, lowest first.
    pub(crate) fn free_sequences(&self, id: &LaneId) -> impl Iterator<Item = u64> {
        let floor = self.lanes.get(id).map_or(0, |lane| lane.floor);
        let taken: BTreeSet<u64> = self.wanted_slots(id).map(|slot| slot.id.sequence).collect();
        (floor..).filter(move |sequence| !taken.contains(sequence))
    }

    /// The undecided transactions of a lane that were not refused.
    pub(crate) fn wanted_slots<'a>(&'a self, id: &'a LaneId) -> impl Iterator<Item = &'a SlotRow> {
        let lane = self.lanes.get(id);
        self.record
            .slots(id)
            .filter(move |slot| lane.is_none_or(|lane| !lane.refused.contains(&slot.id)))
    }

    /// The lowest wanted transaction behind a free sequence: the chain takes it only after that
    /// sequence is filled.
    pub(crate) fn behind_hole<'a>(&'a self, id: &'a LaneId) -> Option<&'a SlotRow> {
        let free = self.free_sequences(id).next()?;
        self.wanted_slots(id).find(move |slot| slot.id.sequence > free)
    }

    /// The name of a new transaction at `sequence`.
    pub(crate) fn new_slot(&self, lane: &LaneId, sequence: u64) -> SlotId {
        let attempt =
            self.record.attempts(lane, sequence).next_back().map_or(0, |id| id.attempt + 1);
        SlotId { lane: lane.clone(), sequence, attempt }
    }

    /// Notes that a new transaction was signed.
    pub(crate) fn slot_signed(&mut self, id: &SlotId) {
        if let Some(lane) = self.lanes.get_mut(&id.lane) {
            lane.next_offer = lane.next_offer.min(id.sequence);
        }
    }

    /// Asks for what each lane needs next: its account, or an answer to its next offer.
    pub(super) fn pump_lanes(&mut self) {
        let ids: Vec<LaneId> = self.lanes.keys().cloned().collect();
        for id in ids {
            self.pump_lane(&id);
        }
    }

    fn pump_lane(&mut self, id: &LaneId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        if lane.account.is_none() {
            if !lane.asked && lane.unknown.as_ref().is_none_or(|(_, again)| *again <= self.now) {
                lane.asked = true;
                let purpose = Purpose::Account(id.clone());
                self.asks.put(purpose, Ask::Account(id.clone()));
            }
            return;
        }
        let waits = lane.hold || self.now < lane.pause;
        if lane.foreign.is_some() || lane.offering.is_some() || waits {
            return;
        }
        let Some(slot) = self.next_offer(id) else { return };
        if let Some(lane) = self.lanes.get_mut(id) {
            let is_new = lane.exposed.insert(slot.clone());
            let offering = if is_new { Offering::First } else { Offering::Again };
            lane.offering = Some((offering, self.now));
        }
        self.asks.put(Purpose::Offer(slot.clone()), Ask::Offer(slot));
    }

    /// The lowest slot that waits for an offer, unless a lower sequence has to be filled first.
    fn next_offer(&self, id: &LaneId) -> Option<SlotId> {
        let lane = self.lanes.get(id)?;
        let from = lane.next_offer.max(lane.floor);
        let free = self.free_sequences(id).next()?;
        let slot = self.record.slots(id).find(|slot| slot.id.sequence >= from)?;
        if slot.id.sequence >= free {
            return None;
        }
        self.record.attempts(id, slot.id.sequence).next_back().cloned()
    }

    /// Applies the state of a lane's account.
    pub(super) fn on_account(&mut self, id: &LaneId, account: Account) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.asked = false;
        lane.unknown = None;
        lane.floor = lane.floor.max(account.sequence);
        lane.account = Some(account);
    }

    /// Applies that an ask about a lane's account failed.
    pub(super) fn on_account_failed(&mut self, id: &LaneId, why: &Why) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.asked = false;
            lane.unknown = Some((why.to_string(), self.now.plus(ASK_AGAIN)));
        }
    }

    /// When the next offer is due that waits for a node to catch up, if one does.
    pub(super) fn next_offering(&self) -> Option<Time> {
        self.lanes.values().map(|lane| lane.pause).filter(|pause| *pause > self.now).min()
    }

    /// When an account is asked for again, if that is to come.
    pub(super) fn next_account(&self) -> Option<Time> {
        let again = self.lanes.values().filter_map(|lane| Some(lane.unknown.as_ref()?.1));
        again.filter(|again| *again > self.now).min()
    }

    /// Leaves a transaction to be replaced at its sequence: it is forgotten unless some mempool may
    /// hold it.
    pub(super) fn unwant(&mut self, slot: &SlotRow) {
        let Some(lane) = self.lanes.get_mut(&slot.id.lane) else { return };
        if lane.exposed.contains(&slot.id) {
            lane.refused.insert(slot.id.clone());
        } else {
            self.drop_slot(slot);
        }
    }

    /// Unwants the transactions whose proofs need an update that is neither on chain nor on its way
    /// before them: they would be paid for and fail.
    pub(super) fn unwant_orphans(&mut self, id: &LaneId) {
        let mut brought = BTreeSet::new();
        let mut orphans = Vec::new();
        for slot in self.wanted_slots(id) {
            let needs = (&slot.flow, slot.proved_at);
            if slot.updates > 0 && slot.works.is_empty() {
                brought.insert(needs);
            }
            let depends = slot.updates == 0 && slot.proved_at != 0;
            if depends && !brought.contains(&needs) && !self.is_on_chain(slot) {
                orphans.push(slot.clone());
            }
        }
        orphans.iter().for_each(|slot| self.unwant(slot));
    }

    /// Whether the destination knows the height that a transaction's proofs need.
    fn is_on_chain(&self, slot: &SlotRow) -> bool {
        let path = self.record.path(&slot.flow.path);
        path.is_some_and(|path| path.ends.on(slot.flow.to).consensus.contains(&slot.proved_at))
    }

    /// Forgets a transaction that no block will include.
    pub(super) fn drop_slot(&mut self, slot: &SlotRow) {
        self.record.write(Write::Dropped(slot.id.clone()));
        self.release(slot);
    }

    /// Frees the works of a transaction that left the record.
    pub(super) fn release(&mut self, slot: &SlotRow) {
        if let Some(lane) = self.lanes.get_mut(&slot.id.lane) {
            lane.forget(&slot.id);
        }
        for work in &slot.works {
            self.backlog.release(&slot.flow, work);
            if let Some((_, key)) = work.packet() {
                self.requeue(key);
            }
        }
    }
}
