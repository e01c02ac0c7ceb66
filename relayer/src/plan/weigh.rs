//! What is learned of a batch's gas, and which one is not simulated.

use ibc_proto::google::protobuf::Any;

use super::epoch::Epoch;
use super::gas::{self, without_first_key};
use super::learned::{Sent, Shape};
use super::simulate::{Batch, Simulated};
use super::work::Work;
use crate::model::Model;
use crate::model::facts::Simulation;
use crate::model::ids::{AskId, FlowId};
use crate::model::purse::Payer;
use crate::model::rows::SlotRow;

/// What a transaction is made of; `None` if a message of it is not of a kind that takes the same each time,
/// or several headers are brought to the client at once.
pub(super) fn shape(
    epoch: &Epoch,
    (updates, works): (&[Any], &[Work]),
    messages: &[Any],
) -> Option<Shape> {
    let mut shape = Shape::of(match updates {
        [] => None,
        [update] => Some(update.value.len()),
        _ => return None,
    });
    for (work, message) in works.iter().zip(messages) {
        let data = work.packet().and_then(|(_, key)| epoch.data.get(key))?;
        shape.add(work, data, message.value.len())?;
    }
    Some(shape)
}

impl Batch {
    /// What is to be remembered of it when it is signed, and who pays.
    fn sent(&self, slot: &SlotRow, payer: &Payer) -> Option<Sent> {
        // An account's first transaction, and one that a grant pays for, take gas beside what it was simulated with.
        let is_usual = slot.id.sequence > 0 && *payer == Payer::Own;
        let shape = self.shape.as_ref().filter(|shape| shape.messages() == slot.works.len())?;
        let is_known = matches!(self.simulation, Simulated::Known(_));
        let counted = self.simulated.filter(|_| slot.updates == 0 && self.updates > 0);
        let simulated = counted.map(|gas| gas.saturating_sub(shape.bytes()));
        let lesson = self.simulated.filter(|_| !is_usual).map(|gas| (shape.clone(), gas));
        let shape = if slot.updates == 0 { shape.after_update() } else { shape.clone() };
        let (hash, flow, was_refused) = (slot.hash, slot.flow.clone(), false);
        Some(Sent { hash, flow, shape, simulated, is_known, is_usual, was_refused, lesson })
    }
}

/// What was learned may be off by a hundredth, and new receivers by another, which the multiplier has to cover.
const LEAST_MULTIPLIER: u64 = 1_020;

impl Model {
    /// What a transaction that aims at so much gas takes if that was learned; one that may take too much is simulated all
    /// the same.
    pub(super) fn known_gas(&mut self, id: &FlowId, shape: &Shape, aim: u64) -> Option<u64> {
        let (limits, config) = (self.limits(id), self.chain_to(id)?);
        let (chain, multiplier) = (config.id.clone(), config.gas_multiplier);
        let beside = self.gas_beside(id);
        if !config.learn_gas || multiplier < LEAST_MULTIPLIER {
            return None;
        }
        let used = self.chains.get_mut(&chain)?.gas.learned.predict(id, shape)?;
        let needed = gas::needed(used, multiplier).saturating_add(beside);
        let is_too_much = needed > limits.max_gas || used > aim / 2 * 3;
        (!is_too_much).then_some(used)
    }

    /// The bytes of the client update before a large batch, if it is not known what that takes by itself.
    pub(super) fn unweighed(&self, id: &FlowId, shape: &Shape) -> Option<usize> {
        let config = self.chain_to(id).filter(|config| config.learn_gas)?;
        let learned = &self.chains.get(&config.id)?.gas.learned;
        shape.update.filter(|_| shape.is_large() && !learned.knows_update(id))
    }

    /// Applies what a flow's client update takes by itself.
    pub(crate) fn on_weighed(&mut self, id: &FlowId, bytes: usize, simulation: Simulation) {
        let chain = self.chain_to(id).map(|chain| chain.id.clone());
        let chain = chain.and_then(|chain| self.chains.get_mut(&chain));
        if let (Some(chain), Simulation::Ok { gas_used }) = (chain, simulation) {
            chain.gas.learned.simulated(id, &Shape::of(Some(bytes)), gas_used);
        }
    }

    /// Learns from a simulated batch.
    pub(super) fn learn_gas(&mut self, id: &FlowId, place: usize, used: u64) {
        let Some(chain) = self.chain_to(id).map(|chain| chain.id.clone()) else { return };
        let epoch = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut());
        let (Some(epoch), Some(chain)) = (epoch, self.chains.get_mut(&chain)) else { return };
        let batch = &mut epoch.batches[place];
        let Some(shape) = &batch.shape else { return };
        let learned = &mut chain.gas.learned;
        batch.simulated = learned.knows_receivers(shape).then_some(used);
        learned.simulated(id, shape, used);
    }

    /// Remembers a batch that was just signed until it is delivered.
    pub(super) fn remember(&mut self, batch: &Batch, slot: &SlotRow, payer: &Payer) {
        let sent = batch.sent(slot, payer);
        if let (Some(sent), Some(chain)) = (sent, self.chains.get_mut(&slot.id.lane.chain)) {
            chain.gas.learned.sent(sent);
        }
    }

    /// What a simulated batch would take in the lane's name.
    pub(crate) fn in_lane(&self, id: &FlowId, ask: AskId, simulation: Simulation) -> Simulation {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let mut batches = epoch.into_iter().flat_map(|epoch| &epoch.batches);
        let batch = batches.find(|batch| batch.ask() == Some(ask));
        if batch.is_some_and(|batch| batch.works.contains(&Work::Register)) {
            return simulation;
        }
        match (simulation, self.chain_to(id)) {
            (Simulation::Ok { gas_used }, Some(chain)) => {
                Simulation::Ok { gas_used: without_first_key(gas_used, &chain.probe) }
            }
            (simulation, _) => simulation,
        }
    }
}
