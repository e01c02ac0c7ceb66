//! What a transaction takes that goes after the client update with which it was simulated.
//!
//! A batch behind an update that goes ahead is simulated with it, so that the answer does not depend on what is
//! pending, and is delivered without. What the update took in that simulation is left out: as long as it is not
//! signed, what it took by itself without what every transaction takes, which is found once for each chain by
//! simulating one and two messages of a kind; from then on the node may know it already, and a second update with
//! the same header takes less: as much as two of them in one transaction take more than one. Which of the two it was,
//! what was learned of such messages may tell; else the update counts as known, which leaves out less.

use ibc_proto::google::protobuf::Any;
use prost::Message;

use super::gas::without_first_key;
use super::learned::Shape;
use super::simulate::{Batch, Simulated};
use crate::model::Model;
use crate::model::asks::Purpose;
use crate::model::config::ChainConfig;
use crate::model::facts::Simulation;
use crate::model::ids::{AskId, ChainId, FlowId, Span, Time};
use crate::model::rows::SlotRow;

/// When a chain is asked again that did not answer.
const AGAIN: Span = Span::seconds(5);
/// What a message is called that does not matter.
const NO_MATTER: &str = "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress";
/// In hundredths, how far a batch may be from what was learned, and still be known by it. What was learned may itself be
/// off by two: what messages of a kind differ by, and what was paid for new receivers.
const NEAR: u64 = 3;

/// What a transaction takes besides its messages.
#[derive(Debug, Default)]
pub(crate) struct Tare {
    /// With one message, once the chain has told.
    one: Option<u64>,
    /// With two of them.
    two: Option<u64>,
    /// Whether an answer is awaited, or there is none to be had.
    is_asked: bool,
    not_before: Time,
}

/// What an update takes that the client knows already, together with one that it does not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Twice {
    #[default]
    Unknown,
    /// It is asked for after the update by itself.
    Wanted,
    /// Its answer is awaited.
    Asked(AskId),
    /// Both took this much.
    Used(u64),
}

impl Twice {
    /// The ask whose answer is awaited.
    pub(super) fn ask(self) -> Option<AskId> {
        match self {
            Self::Asked(ask) => Some(ask),
            Self::Unknown | Self::Wanted | Self::Used(_) => None,
        }
    }

    /// What both took, if that is known.
    fn used(self) -> Option<u64> {
        match self {
            Self::Used(gas) => Some(gas),
            Self::Unknown | Self::Wanted | Self::Asked(_) => None,
        }
    }
}

impl Tare {
    fn gas(&self) -> Option<u64> {
        self.one?.checked_mul(2)?.checked_sub(self.two?)
    }
}

/// `cosmos.distribution.v1beta1.MsgSetWithdrawAddress`.
#[derive(Clone, PartialEq, Message)]
struct SetWithdrawAddress {
    #[prost(string, tag = "1")]
    delegator: String,
    #[prost(string, tag = "2")]
    withdraw: String,
}

/// The account that simulates has its rewards, of which it has none, go to itself. It has one unit, which is the fee: a
/// message that moves money would fail.
fn no_matter(chain: &ChainConfig) -> Any {
    let probe = chain.probe.address.to_string();
    let message = SetWithdrawAddress { delegator: probe.clone(), withdraw: probe };
    Any { type_url: NO_MATTER.to_owned(), value: message.encode_to_vec() }
}

impl Model {
    /// Asks, once, what every transaction takes on each chain that can be asked.
    pub(crate) fn ask_tares(&mut self) {
        let mut asks = Vec::new();
        for (id, config) in &self.config {
            let mut lanes = self.lanes.iter();
            let is_reached =
                lanes.any(|(lane, state)| lane.chain == *id && state.account.is_some());
            let Some(chain) = self.chains.get_mut(id).filter(|_| is_reached) else { continue };
            let tare = &mut chain.gas.tare;
            if !tare.is_asked && tare.two.is_none() && tare.not_before <= self.now {
                tare.is_asked = true;
                let count = if tare.one.is_none() { 1 } else { 2 };
                asks.push((id.clone(), config.probe.sequence, vec![no_matter(config); count]));
            }
        }
        for (chain, sequence, msgs) in asks {
            let purpose = Purpose::Tare(chain.clone(), msgs.len());
            self.ask_on(&chain, sequence, &msgs, purpose);
        }
    }

    /// Applies what a transaction with so many of these messages takes. A chain that refuses it is not asked
    /// again.
    pub(crate) fn on_tare(&mut self, chain: &ChainId, count: usize, simulation: &Simulation) {
        let Some(config) = self.config.get(chain) else { return };
        let Simulation::Ok { gas_used } = simulation else { return };
        let gas = without_first_key(*gas_used, &config.probe);
        let Some(chain) = self.chains.get_mut(chain) else { return };
        let tare = &mut chain.gas.tare;
        tare.is_asked = false;
        *(if count == 1 { &mut tare.one } else { &mut tare.two }) = Some(gas);
    }

    /// Applies that a chain did not say what a transaction takes.
    pub(crate) fn on_tare_unknown(&mut self, chain: &ChainId) {
        let again = self.now.plus(AGAIN);
        if let Some(chain) = self.chains.get_mut(chain) {
            (chain.gas.tare.is_asked, chain.gas.tare.not_before) = (false, again);
        }
    }

    /// Asks what an update that goes ahead takes together with one more of the same, if that is wanted and it was
    /// asked what one takes; `true` if so.
    pub(super) fn ask_twice(&mut self, id: &FlowId) -> bool {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let epoch = epoch.filter(|epoch| matches!(epoch.twice, Twice::Wanted));
        let Some(epoch) =
            epoch.filter(|epoch| epoch.batches.first().is_some_and(Batch::is_update_asked))
        else {
            return false;
        };
        let Some(config) = self.chain_to(id) else { return false };
        let (chain, sequence) = (config.id.clone(), config.probe.sequence);
        let has_tare = self.chains.get(&chain).is_some_and(|chain| chain.gas.tare.gas().is_some());
        if !has_tare && !self.is_unsigned(id, epoch.height) {
            // The node may come to know the header between the two answers, and nothing would tell.
            self.flow_mut(id).epoch.iter_mut().for_each(|epoch| epoch.twice = Twice::Unknown);
            return false;
        }
        let updates = self.updates(id, epoch, config.probe.address.as_str());
        let both = [updates.as_slice(), updates.as_slice()].concat();
        let ask = self.ask_on(&chain, sequence, &both, Purpose::Twice(id.clone()));
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.twice = ask.map_or(Twice::Unknown, Twice::Asked);
        }
        ask.is_some()
    }

    /// Whether a node cannot know an epoch's update yet but by others: none with that header is signed.
    pub(super) fn is_unsigned(&self, id: &FlowId, height: u64) -> bool {
        let brings = |slot: &SlotRow| {
            let is_beside = || self.record.flows_beside(id).any(|flow| *flow == slot.flow);
            slot.updates > 0 && slot.proved_at == height && is_beside()
        };
        !self.record.all_slots().any(brings)
    }

    /// Applies what two updates take.
    pub(crate) fn on_twice(&mut self, id: &FlowId, ask: AskId, simulation: &Simulation) {
        let Some(probe) = self.chain_to(id).map(|chain| chain.probe.clone()) else { return };
        let Some(epoch) = self.flow_mut(id).epoch.as_mut() else { return };
        if epoch.twice.ask() == Some(ask) {
            epoch.twice = match simulation {
                Simulation::Ok { gas_used } => Twice::Used(without_first_key(*gas_used, &probe)),
                Simulation::Refused(_) => Twice::Unknown,
            };
        }
    }

    /// Applies that it is not found out what two updates take.
    pub(crate) fn on_twice_unknown(&mut self, id: &FlowId, ask: AskId) {
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut()
            && epoch.twice.ask() == Some(ask)
        {
            epoch.twice = Twice::Unknown;
        }
    }

    /// What a batch takes when it goes that took `gas` when it was simulated; one that was not is known to
    /// take that.
    pub(super) fn gas_alone(&self, id: &FlowId, batch: &Batch, gas: u64) -> u64 {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let Some(epoch) = epoch.filter(|epoch| epoch.update_goes_ahead) else { return gas };
        let Some(update) = epoch.update_gas else { return gas };
        let is_known = matches!(batch.simulation, Simulated::Known(_));
        if is_known || batch.updates == 0 || batch.works.is_empty() {
            return gas;
        }
        let update = Update { alone: update, twice: epoch.twice.used() };
        let gas_of = self.chain_to(id).and_then(|chain| Some(&self.chains.get(&chain.id)?.gas));
        let Some(new) = gas_of.and_then(|gas| update.if_new(&gas.tare)) else {
            return gas.saturating_sub(update.if_known());
        };
        let as_new = gas.saturating_sub(new);
        if batch.is_early {
            return as_new;
        }
        // Between the two answers the node may have come to know the header by another transaction of ours, or of
        // others: what one took by itself is then what a known one takes.
        let as_known = gas.saturating_sub(update.if_known().min(new));
        // The accounts of two new receivers take as much as the two answers differ by: there, nothing is to be told.
        let goes = batch.shape.as_ref().filter(|_| batch.simulated.is_some());
        let goes = goes.map(Shape::after_update);
        let learned = gas_of.zip(goes).and_then(|(gas, goes)| gas.learned.expected(id, &goes));
        match learned {
            Some(learned) if is_nearer(learned, as_new, as_known) => as_new,
            _ => as_known,
        }
    }
}

/// What an update that goes ahead takes.
#[derive(Clone, Copy)]
struct Update {
    /// By itself, with what every transaction takes.
    alone: u64,
    /// With one more of the same, if the chain has told.
    twice: Option<u64>,
}

impl Update {
    /// What it adds to a transaction where no node knows its header yet.
    fn if_new(self, tare: &Tare) -> Option<u64> {
        Some(self.alone.saturating_sub(tare.gas()?))
    }

    /// What it adds where the node knows its header already; nothing when that is not known.
    fn if_known(self) -> u64 {
        self.twice.map_or(0, |both| both.saturating_sub(self.alone))
    }
}

/// Whether what was learned says that an update was new to the node that simulated a batch: `as_new` fits it, and
/// better than `as_known` does.
fn is_nearer(learned: u64, as_new: u64, as_known: u64) -> bool {
    let off = learned.abs_diff(as_new);
    off <= learned / 100 * NEAR && off < learned.abs_diff(as_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Config;
    use crate::model::facts::{Ask, Fact, Proofs, Why};
    use crate::model::ids::{LaneId, Side};
    use crate::model::step;
    use crate::plan::epoch::Epoch;

    /// What is asked for takes one of the few places until it is answered.
    #[test]
    fn what_is_not_found_out_about_two_updates_is_not_waited_for() {
        let mut model = Model::new(Config::default());
        let id = FlowId { path: "ab".into(), to: Side::B };
        let ask = Ask::Simulate { chain: "b".into(), tx: Vec::new() };
        let ask = model.asks.put(Purpose::Twice(id.clone()), ask);
        let lane = LaneId { chain: "b".into(), address: "x".into() };
        let proofs = Proofs { root: Vec::new(), items: Vec::new() };
        let mut epoch = Epoch::of(lane, 1, None, proofs, Vec::new());
        epoch.twice = Twice::Asked(ask);
        model.flow_mut(&id).epoch = Some(epoch);
        step(&mut model, Fact::Failed(ask, Why::Timeout), Time(1));
        let asks = model.flow_mut(&id).epoch.as_ref().map(|epoch| epoch.asks().count());
        assert_eq!(asks, Some(0));
    }
}
