//! Signing: batches become slots, in order.

use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan};

use super::choose::Base;
use super::simulate::{Batch, Simulated};
use super::work::Work;
use crate::model::Model;
use crate::model::config::ChainConfig;
use crate::model::ids::{FlowId, LaneId, Span};
use crate::model::rows::{SlotBytes, SlotRow, Write};

/// A transaction may be included in this many blocks after the one it was signed in.
const LIFETIME_BLOCKS: u64 = 30;

impl Model {
    /// Signs the batches whose gas is known, up to the first whose gas is not.
    pub(super) fn sign_simulated(&mut self, id: &FlowId) {
        let Some(chain) = self.chain_to(id).cloned() else { return };
        while let Some((batch, gas)) = self.take_simulated(id) {
            let usable = self.lanes.get(&chain.lane.id).is_some_and(|lane| lane.is_usable());
            if !usable || !self.base_stands(id, &chain.lane.id, &batch.works) {
                return self.prepared(id);
            }
            self.sign_batch(id, &chain, batch, gas);
        }
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        if epoch.is_some_and(|epoch| epoch.batches.is_empty()) {
            self.prepared(id);
        }
    }

    /// Takes the first batch out of an epoch if its gas is known.
    ///
    /// An update that goes ahead waits for the first that depends on it, and goes when none is left.
    fn take_simulated(&mut self, id: &FlowId) -> Option<(Batch, u64)> {
        let fills_hole =
            self.chain_to(id).is_some_and(|chain| self.behind_hole(&chain.lane.id).is_some());
        let delays = self.record.path(&id.path).is_some_and(|path| path.delay != Span(0));
        let is_wanted_alone = fills_hole || delays || self.is_refresh_due(id);
        let epoch = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut())?;
        let first = &epoch.batches.first()?.simulation;
        let (Simulated::Used(gas) | Simulated::Known(gas)) = *first else { return None };
        let goes_ahead = epoch.batches.first().is_some_and(|batch| batch.works.is_empty());
        match epoch.batches.get(1).map(|next| &next.simulation) {
            Some(Simulated::Waits | Simulated::Asked(_) | Simulated::Failed(_)) if goes_ahead => {
                return None;
            }
            None if goes_ahead && !is_wanted_alone => {
                epoch.batches.clear();
                return None;
            }
            _ => {}
        }
        Some((epoch.batches.remove(0), gas))
    }

    /// Whether the update that a batch depends on, if it went ahead, is still on its way or on chain.
    fn base_stands(&self, id: &FlowId, lane: &LaneId, works: &[Work]) -> bool {
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else {
            return false;
        };
        if !epoch.update_goes_ahead || works.is_empty() {
            return true;
        }
        let on_chain = self.is_brought(id, epoch.height);
        // Since it was signed, a lower sequence may have become free.
        let next = self.free_sequences(lane).next();
        let brings = |slot: &SlotRow| {
            slot.flow == *id
                && slot.works.is_empty()
                && slot.proved_at == epoch.height
                && next.is_some_and(|next| slot.id.sequence < next)
        };
        on_chain || self.wanted_slots(lane).any(brings)
    }

    fn sign_batch(&mut self, id: &FlowId, chain: &ChainConfig, mut batch: Batch, gas: u64) {
        let lane = &chain.lane.id;
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let account = self.lanes.get(lane).and_then(|lane| lane.account.as_ref());
        let (Some(account), Some(tip)) = (account, self.tip_to(id)) else { return };
        let signer = lane.address.as_str();
        let Some(sequence) = self.free_sequences(lane).next() else { return };
        let works = std::mem::take(&mut batch.works);
        let is_update = works.is_empty();
        let is_for_client = is_update || works.contains(&Work::Misbehaviour);
        let price = if is_for_client { self.update_price(id) } else { self.gas_price(chain) };
        let Ok(price) = price else { return };
        let (works, messages) = self.messages(id, epoch, works, signer);
        if works.is_empty() && !is_update {
            return;
        }
        let brings_update = is_update || !epoch.update_goes_ahead;
        let mut msgs = if brings_update { self.updates(id, epoch, signer) } else { Vec::new() };
        let updates = msgs.len();
        msgs.extend(messages);
        let number = account.number;
        let proved_at = if epoch.base == Base::Create { 0 } else { epoch.height };
        let (multiplier, most) = (chain.gas_multiplier, self.limits(id).max_gas);
        let learned = self.chains.get_mut(&chain.id).map(|chain| &mut chain.gas);
        let gas_limit = learned.map_or(gas, |learned| learned.limit(gas, multiplier)).min(most);
        let fee = Fee {
            gas_limit,
            amount: price.fee(gas_limit),
            denom: price.denom().to_owned(),
            granter: chain.fee_granter.as_ref().map(ToString::to_string),
        };
        let timeout_height = tip.height + LIFETIME_BLOCKS;
        let plan = TxPlan {
            chain_id: chain.id.as_str(),
            account_number: number,
            sequence,
            msgs: &msgs,
            fee: &fee,
            memo: &chain.memo,
            timeout_height,
        };
        let signed = sign(&chain.lane.key, &plan);
        let sent = batch.sent((signed.hash, id), works.len(), updates);
        if let Some(chain) = self.chains.get_mut(&chain.id) {
            sent.into_iter().for_each(|sent| chain.gas.learned.sent(sent));
        }
        let slot = SlotRow {
            id: self.new_slot(lane, sequence),
            flow: id.clone(),
            proved_at,
            updates,
            works,
            timeout_height,
            gas_limit,
            fee: fee.amount,
            size: signed.bytes.len().try_into().unwrap_or(u64::MAX),
            hash: signed.hash,
        };
        self.add_slot(slot, SlotBytes(signed.bytes));
    }

    fn add_slot(&mut self, slot: SlotRow, bytes: SlotBytes) {
        self.slot_signed(&slot.id);
        for work in &slot.works {
            self.backlog.hold(&slot.flow, work);
        }
        self.record.write(Write::Slot(slot.clone(), bytes));
        for (_, key) in slot.works.iter().filter_map(Work::packet) {
            self.requeue(key);
        }
    }
}
