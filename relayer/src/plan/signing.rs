//! Signing: batches become slots, in order.

use cosmos::wire::gas::GasPrice;
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan};
use ibc_proto::google::protobuf::Any;

use super::choose::Base;
use super::gas::with_first_key;
use super::simulate::{Batch, Simulated};
use super::work::Work;
use crate::model::Model;
use crate::model::config::LaneConfig;
use crate::model::ids::{FlowId, LaneId, Span};
use crate::model::purse::Payment;
use crate::model::purse::lack::Part;
use crate::model::rows::{SlotBytes, SlotRow, Write};

/// A transaction may be included in this many blocks after the one it was signed in.
const LIFETIME_BLOCKS: u64 = 30;

/// Whether a transaction keeps a client right and does nothing else.
fn is_for_client(works: &[Work]) -> bool {
    works.is_empty() || works.contains(&Work::Misbehaviour)
}

impl Model {
    /// Signs the batches whose gas is known, up to the first whose gas is not.
    pub(super) fn sign_simulated(&mut self, id: &FlowId) {
        let Some(lane) = self.epoch_lane(id).cloned() else { return };
        let key = self.chain_to(id).and_then(|chain| chain.lane(&lane)).cloned();
        while let Some((batch, gas)) = self.take_simulated(id) {
            let Some(key) = key.as_ref().filter(|_| self.can_sign_now(id, &lane)) else {
                return self.prepared(id);
            };
            if !self.base_stands(id, &lane, &batch.works) {
                return self.prepared(id);
            }
            self.sign_batch(id, key, batch, gas);
        }
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        if epoch.is_some_and(|epoch| epoch.batches.is_empty()) {
            self.prepared(id);
        }
    }

    /// Whether a lane can sign what was prepared: settings may have changed since it was chosen.
    fn can_sign_now(&self, id: &FlowId, lane: &LaneId) -> bool {
        let can_sign = self.lanes.get(lane).is_some_and(|lane| lane.can_sign());
        can_sign && self.chain_to(id).is_some_and(|chain| !self.payer_unknown(chain, lane))
    }

    fn epoch_lane(&self, id: &FlowId) -> Option<&LaneId> {
        self.flows.get(id)?.epoch.as_ref().map(|epoch| &epoch.lane)
    }

    /// Takes the first batch out of an epoch if its gas is known.
    ///
    /// An update that goes ahead waits for the first that depends on it, and goes when none is left.
    fn take_simulated(&mut self, id: &FlowId) -> Option<(Batch, u64)> {
        let fills_hole = self.epoch_lane(id).is_some_and(|lane| self.behind_hole(lane).is_some());
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
        let batch = epoch.batches.remove(0);
        if goes_ahead {
            epoch.update_gas = Some(gas);
        }
        let gas = self.gas_alone(id, &batch, gas);
        Some((batch, gas))
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

    fn sign_batch(&mut self, id: &FlowId, key: &LaneConfig, mut batch: Batch, gas: u64) {
        let lane = &key.id;
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let account = self.lanes.get(lane).and_then(|lane| lane.account.as_ref());
        let (Some(account), Some(tip)) = (account, self.tip_to(id)) else { return };
        let signer = lane.address.as_str();
        let Some(sequence) = self.free_sequences(lane).next() else { return };
        let works = std::mem::take(&mut batch.works);
        let is_update = works.is_empty();
        let Some(price) = self.price_for(id, &works) else { return };
        let (works, messages) = self.messages(id, epoch, works, signer);
        if works.is_empty() && !is_update {
            return;
        }
        let brings_update = is_update || !epoch.update_goes_ahead;
        let mut msgs = if brings_update { self.updates(id, epoch, signer) } else { Vec::new() };
        let updates = msgs.len();
        msgs.extend(messages);
        let (number, timeout_height) = (account.number, tip.height + LIFETIME_BLOCKS);
        let proved_at = if epoch.base == Base::Create { 0 } else { epoch.height };
        let (fee, payment) =
            self.fee(id, (lane, msgs.as_slice()), with_first_key(gas, sequence), &price);
        if !self.can_pay(lane, &payment, fee.amount) {
            return self.on_dear(id, lane, works, fee.gas_limit);
        }
        let chain = self.chain_to(id);
        let plan = TxPlan {
            chain_id: lane.chain.as_str(),
            account_number: number,
            sequence,
            msgs: &msgs,
            fee: &fee,
            memo: chain.map_or("", |chain| chain.memo.as_str()),
            timeout_height,
            extension_options: chain.map_or(&[][..], |chain| chain.extension_options.as_slice()),
        };
        let signed = sign(&key.key, &plan);
        let slot = SlotRow {
            id: self.new_slot(lane, sequence),
            flow: id.clone(),
            proved_at,
            updates,
            works,
            timeout_height,
            gas_limit: fee.gas_limit,
            fee: fee.amount,
            denom: fee.denom,
            granter: payment.payer.granter().cloned(),
            size: signed.bytes.len().try_into().unwrap_or(u64::MAX),
            hash: signed.hash,
        };
        if is_for_client(&slot.works) {
            self.tell_dear_update(id, &price);
        }
        self.remember(&batch, &slot, &payment.payer);
        self.paid_by((&slot.id, slot.fee), payment);
        self.add_slot(slot, SlotBytes(signed.bytes));
    }

    /// Leaves half of a batch for later that nobody can pay for; what is left of one waits for money or a lower price.
    fn on_dear(&mut self, id: &FlowId, lane: &LaneId, mut works: Vec<Work>, gas: u64) {
        let part = if works.is_empty() { Part::Update } else { Part::Works };
        works.truncate(works.len() / 2);
        if works.is_empty() {
            self.note_dear(id, lane, (part, gas));
            self.delay(id, None);
        } else if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches = vec![Batch::of(works)];
        }
    }

    fn price_for(&self, id: &FlowId, works: &[Work]) -> Option<GasPrice> {
        let price = match is_for_client(works) {
            true => self.update_price(id),
            false => self.gas_price(self.chain_to(id)?),
        };
        price.ok()
    }

    /// The fee of messages that took `gas` when they were simulated, and who pays it.
    fn fee(
        &mut self,
        id: &FlowId,
        (lane, msgs): (&LaneId, &[Any]),
        gas: u64,
        price: &GasPrice,
    ) -> (Fee, Payment) {
        let multiplier = self.chain_to(id).map_or(0, |chain| chain.gas_multiplier);
        let most = self.limits(id).max_gas;
        let learned = self.chains.get_mut(&lane.chain).map(|chain| &mut chain.gas);
        let gas = learned.map_or(gas, |learned| learned.limit(gas, multiplier));
        let urls: Vec<&str> = msgs.iter().map(|msg| msg.type_url.as_str()).collect();
        let payment = self.payment(lane, gas, &urls, |gas| price.fee(gas.min(most)));
        let gas_limit = payment.gas_limit.min(most);
        let fee = Fee {
            gas_limit,
            amount: price.fee(gas_limit),
            denom: price.denom().to_owned(),
            granter: payment.payer.granter().map(ToString::to_string),
        };
        (fee, payment)
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
