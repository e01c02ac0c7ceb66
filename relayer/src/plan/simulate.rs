//! Simulating the batches of an epoch, and taking out what would fail.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::wire::tx::{Fee, TxPlan, unsigned};
use ibc_proto::google::protobuf::Any;

use super::choose::Base;
use super::epoch::{Epoch, without_dependants};
use super::gas;
use super::learned::Shape;
use super::weigh::shape;
use super::work::Work;
use crate::model::Model;
use crate::model::asks::Purpose;
use crate::model::blame::Blame;
use crate::model::config::ChainConfig;
use crate::model::facts::{Ask, Refusal, Simulation, Why};
use crate::model::ids::{AskId, ChainId, FlowId, LaneId};
use crate::model::offer::TRUSTING_REFUSALS;

/// How many simulations a chain is asked for at once: its nodes execute them one after the other and
/// make no block meanwhile, and what is simulated first is to go out while the next ones are.
const SIMULATIONS: usize = 4;

/// The works of one transaction; none for an update that others depend on.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) works: Vec<Work>,
    pub(super) simulation: Simulated,
    /// How many client messages stand before the works in what is simulated.
    pub(super) updates: usize,
    /// What there is to be learned from it.
    pub(super) shape: Option<Shape>,
    /// What it took when it was simulated, if its receivers were known then.
    pub(super) simulated: Option<u64>,
    /// Whether it was simulated before the update that goes ahead was signed.
    pub(super) is_early: bool,
}

/// How far the simulation of a batch is.
#[derive(Clone, Debug)]
pub(super) enum Simulated {
    /// It has to wait for its turn.
    Waits,
    /// Its answer is awaited.
    Asked(AskId),
    /// It used this much gas.
    Used(u64),
    /// It need not be simulated: it will use this much.
    Known(u64),
    /// It failed, and nothing says at which message.
    Failed(Why),
}

impl Batch {
    /// A batch that waits for its turn to be simulated.
    pub(super) fn of(works: Vec<Work>) -> Self {
        Self {
            works,
            simulation: Simulated::Waits,
            updates: 0,
            shape: None,
            simulated: None,
            is_early: false,
        }
    }

    /// Whether it waits for its turn.
    fn waits(&self) -> bool {
        matches!(self.simulation, Simulated::Waits)
    }

    /// Whether it is an update by itself, and it was asked what that takes.
    pub(super) fn is_update_asked(&self) -> bool {
        self.works.is_empty() && !self.waits()
    }

    /// The ask whose answer it waits for.
    pub(super) fn ask(&self) -> Option<AskId> {
        match self.simulation {
            Simulated::Asked(ask) => Some(ask),
            Simulated::Waits | Simulated::Used(_) | Simulated::Known(_) | Simulated::Failed(_) => {
                None
            }
        }
    }

    /// Why it failed, if nothing says at which message.
    pub(super) fn doubt(&self) -> Option<&Why> {
        match &self.simulation {
            Simulated::Failed(why) => Some(why),
            Simulated::Waits | Simulated::Asked(_) | Simulated::Used(_) | Simulated::Known(_) => {
                None
            }
        }
    }
}

impl Model {
    /// Asks what the next batches would do: those of an epoch in order, and as many of one epoch as of
    /// the others for the same chain.
    pub(crate) fn simulate_next(&mut self) {
        let mut asked = BTreeMap::<ChainId, usize>::new();
        let mut waiting = BTreeMap::<ChainId, BTreeSet<(usize, FlowId)>>::new();
        for (id, flow) in &self.flows {
            let batches = flow.epoch.iter().flat_map(|epoch| &epoch.batches);
            let Some(chain) = self.chain_to(id).map(|chain| &chain.id) else { continue };
            let twice = flow.epoch.as_ref().and_then(|epoch| epoch.twice.ask());
            let count = batches.clone().filter_map(Batch::ask).chain(twice).count();
            if count > 0 {
                *asked.entry(chain.clone()).or_default() += count;
            }
            if batches.clone().any(Batch::waits) {
                waiting.entry(chain.clone()).or_default().insert((count, id.clone()));
            }
        }
        for (chain, mut flows) in waiting {
            let free = SIMULATIONS.saturating_sub(asked.get(&chain).copied().unwrap_or(0));
            for _ in 0..free {
                let Some((count, flow)) = flows.pop_first() else { break };
                if self.simulate_first(&flow) {
                    flows.insert((count + 1, flow));
                }
            }
        }
    }

    /// Asks what the first waiting batch of an epoch would do whose gas is not known without; `false` when
    /// there is none.
    fn simulate_first(&mut self, id: &FlowId) -> bool {
        let mut is_done = self.ask_twice(id);
        while !is_done {
            let Some(epoch) = self.flow_mut(id).epoch.as_mut() else { return false };
            let Some(place) = epoch.batches.iter().position(Batch::waits) else { break };
            let works = std::mem::take(&mut epoch.batches[place].works);
            let batch = self.simulate(id, works);
            is_done = batch.as_ref().is_some_and(|batch| batch.ask().is_some());
            if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
                epoch.batches.splice(place..=place, batch);
            }
            if !is_done {
                // Its gas is known, or others have done it meanwhile: there is nothing to wait for.
                self.settle_doubts(id);
                self.sign_simulated(id);
            }
        }
        is_done
    }

    /// Asks what a batch would do if that is not known, without the works that are no longer owed; `None`
    /// when none is.
    ///
    /// The probe tries it with its update unless that is on chain, so that the answer does not depend
    /// on what the mempool holds.
    fn simulate(&mut self, id: &FlowId, works: Vec<Work>) -> Option<Batch> {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref())?;
        let (signer, sequence) = self.trier((self.chain_to(id)?, &epoch.lane), &works);
        let is_update = works.is_empty();
        let (works, messages) = self.messages(id, epoch, works, signer);
        if works.is_empty() && !is_update {
            return None;
        }
        let goes_after = !is_update && epoch.update_goes_ahead;
        let needs_none = goes_after && self.is_brought(id, epoch.height);
        let mut msgs = if needs_none { Vec::new() } else { self.updates(id, epoch, signer) };
        let updates = msgs.len();
        let shape = shape(epoch, (&msgs, &works), &messages);
        let goes = shape.clone().map(|shape| if goes_after { shape.after_update() } else { shape });
        let aim = self.limits(id).aim(&works);
        let known = goes.and_then(|goes| self.known_gas(id, &goes, aim));
        if let Some(simulation) = known.map(Simulated::Known) {
            return Some(Batch { simulation, updates, shape, ..Batch::of(works) });
        }
        let unweighed = shape.as_ref().and_then(|shape| self.unweighed(id, shape));
        let chain = self.chain_to(id)?.id.clone();
        if let Some(bytes) = unweighed.filter(|_| !goes_after) {
            self.ask_on(&chain, sequence, &msgs, Purpose::Weigh(id.clone(), bytes));
        }
        msgs.extend(messages);
        let ask = self.ask_on(&chain, sequence, &msgs, Purpose::Simulate(id.clone()))?;
        Some(Batch { simulation: Simulated::Asked(ask), updates, shape, ..Batch::of(works) })
    }

    /// Asks what messages would do in the name of an account with this sequence.
    pub(super) fn ask_on(
        &mut self,
        chain: &ChainId,
        sequence: u64,
        msgs: &[Any],
        purpose: Purpose,
    ) -> Option<AskId> {
        let chain = self.config.get(chain)?;
        // Without any fee the gas of taking one is not counted: 16,000.
        let amount = chain.gas_price.fee(1).min(1);
        let denom = chain.gas_price.denom().to_owned();
        let fee = Fee { gas_limit: 0, amount, denom, granter: None };
        let tx = unsigned(
            None,
            &TxPlan {
                chain_id: chain.id.as_str(),
                account_number: 0,
                sequence,
                msgs,
                fee: &fee,
                memo: &chain.memo,
                timeout_height: 0,
                extension_options: &chain.extension_options,
            },
        );
        let ask = Ask::Simulate { chain: chain.id.clone(), tx };
        Some(self.asks.put(purpose, ask))
    }

    /// Whether a flow's client knows a height of the other chain already.
    pub(super) fn is_brought(&self, id: &FlowId, height: u64) -> bool {
        let path = self.record.path(&id.path);
        path.is_some_and(|path| path.ends.on(id.to).consensus.contains(&height))
    }

    /// The account, with its sequence, in whose name works are simulated: the probe's, unless the chain wants to see the
    /// one that will sign.
    fn trier<'a>(
        &self,
        (chain, lane): (&'a ChainConfig, &'a LaneId),
        works: &[Work],
    ) -> (&'a str, u64) {
        if !works.contains(&Work::Register) {
            return (chain.probe.address.as_str(), chain.probe.sequence);
        }
        // Only what is committed and pooled counts there; while other transactions wait, it is tried again.
        let sequence = self.free_sequences(lane).next().unwrap_or_default();
        (lane.address.as_str(), sequence)
    }

    /// The works that are still owed, and their messages: others may have done some meanwhile.
    pub(super) fn messages(
        &self,
        id: &FlowId,
        epoch: &Epoch,
        works: Vec<Work>,
        signer: &str,
    ) -> (Vec<Work>, Vec<Any>) {
        let build = |work: Work| {
            let message = self.message(id, epoch, &work, signer).ok()?;
            self.is_owed(id, &work).then_some((work, message))
        };
        works.into_iter().filter_map(build).unzip()
    }

    /// Applies what a batch would do.
    pub(crate) fn on_simulated(&mut self, id: &FlowId, ask: AskId, simulation: Simulation) {
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let Some(place) = epoch.batches.iter().position(|batch| batch.ask() == Some(ask)) else {
            return;
        };
        match simulation {
            Simulation::Ok { gas_used } => {
                epoch.is_vouched = true;
                self.on_gas(id, place, gas_used);
            }
            Simulation::Refused(refusal) => self.on_bad_batch(id, place, refusal),
        }
        self.settle_doubts(id);
        self.sign_simulated(id);
    }

    /// What the works of a batch are expected to take.
    fn expected_gas(&self, id: &FlowId, place: usize) -> u64 {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let gas = self.chain_to(id).and_then(|chain| self.chains.get(&chain.id)).map(|it| &it.gas);
        let works = epoch.into_iter().flat_map(|epoch| &epoch.batches[place].works);
        gas.map_or(0, |gas| works.map(|work| gas.estimate(work)).sum())
    }

    /// Applies how much gas a batch takes: too much is split, and a single message that takes more than
    /// may be paid for is not sent.
    fn on_gas(&mut self, id: &FlowId, place: usize, gas_used: u64) {
        self.learn_gas(id, place, gas_used);
        let limits = self.limits(id);
        // Such a message does not hide among others either.
        let unexpected = gas_used.saturating_sub(self.expected_gas(id, place));
        let hides_one = unexpected > limits.max_message_gas;
        let chain = self.chain_to(id);
        let multiplier = chain.map_or(0, |chain| chain.gas_multiplier);
        let is_default = chain.is_none_or(|chain| chain.max_gas.is_none());
        let beside = self.gas_beside(id);
        let height = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()).map(|e| e.height);
        // Its slot is gone too once a block has it; then the node counts what a known header takes.
        let is_early = height
            .is_some_and(|height| self.is_unsigned(id, height) && !self.is_brought(id, height));
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let batch = &mut epoch.batches[place];
        let is_single = batch.works.len() <= 1;
        let most = if is_single { limits.single(batch.updates) } else { limits.max_gas };
        let needed = gas::needed(gas_used, multiplier).saturating_add(beside);
        let is_beyond = needed > most;
        let is_large = gas_used > limits.aim(&batch.works).saturating_mul(3) / 2;
        if !is_single && (is_beyond || is_large || hides_one) {
            let works = std::mem::take(&mut batch.works);
            return self.split(id, place, works);
        }
        if is_beyond {
            let works = epoch.batches.remove(place).works;
            epoch.works.retain(|chosen| !works.contains(&chosen.work));
            let unset = if is_default { "not set and by default " } else { "" };
            let reason = format!("it needs {needed} gas, `max_gas` is {unset}{most}");
            self.back_off(id, &works, &reason);
            if works.is_empty() {
                self.delay_for(id, &Why::Unavailable(format!("client update: {reason}")));
            }
            return;
        }
        batch.simulation = Simulated::Used(gas_used);
        batch.is_early = is_early;
        let works = batch.works.clone();
        let to = self.chain_to(id).map(|chain| chain.id.clone());
        if let Some(chain) = to.and_then(|to| self.chains.get_mut(&to)) {
            chain.gas.learn(&works, gas_used);
        }
    }

    /// Halves a batch that costs more than assumed. What stands on works of the first half stays out of
    /// the second: it stays owed.
    fn split(&mut self, id: &FlowId, place: usize, mut works: Vec<Work>) {
        let second = works.split_off(works.len() / 2);
        let mut halves = vec![works, second];
        without_dependants(&mut halves);
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches.splice(place..=place, halves.into_iter().map(Batch::of));
        }
    }

    /// Takes the message at fault out of a batch, if one is named; see [`crate::model::blame`].
    fn on_bad_batch(&mut self, id: &FlowId, place: usize, refusal: Refusal) {
        let Refusal { index, log, .. } = refusal;
        if self.doubts_client(id, &log) {
            return self.delay_for(id, &Why::Refused(log));
        }
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let Batch { mut works, updates, .. } = epoch.batches.remove(place);
        let culprit = match Blame::of(index, updates, works.len()) {
            Blame::Work(culprit) => culprit,
            Blame::Update => return self.delay_for(id, &Why::Refused(log)),
            Blame::Unknown => return self.doubt(id, works, Why::Refused(log)),
        };
        let bad = works.remove(culprit);
        epoch.works.retain(|chosen| chosen.work != bad);
        epoch.is_vouched = true;
        // What comes after it on an ordered channel cannot go before it.
        let route = bad.packet().map(|(_, key)| &key.route).filter(|route| route.is_ordered());
        let mut later = works.split_off(culprit);
        later.retain(|work| route.is_none() || work.packet().map(|(_, key)| &key.route) != route);
        works.append(&mut later);
        if !works.is_empty() {
            epoch.batches.insert(place, Batch::of(works));
        }
        self.back_off(id, std::slice::from_ref(&bad), &log);
    }

    /// Applies that a batch was not simulated.
    pub(crate) fn on_unsimulated(&mut self, id: &FlowId, ask: AskId, why: &Why) {
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let Some(place) = epoch.batches.iter().position(|batch| batch.ask() == Some(ask)) else {
            return;
        };
        let works = epoch.batches.remove(place).works;
        if !epoch.is_vouched {
            // The node may be at fault: those that wait for their turn stay owed.
            epoch.batches.retain(|batch| !batch.waits());
        }
        self.doubt(id, works, why.clone());
        self.settle_doubts(id);
        self.sign_simulated(id);
    }

    /// Notes that a batch failed at no message in particular. Those after it do not wait for it; without
    /// the update none of them goes.
    fn doubt(&mut self, id: &FlowId, works: Vec<Work>, why: Why) {
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        if works.is_empty() {
            return self.delay_for(id, &why);
        }
        epoch.batches.push(Batch { simulation: Simulated::Failed(why), ..Batch::of(works) });
    }

    /// Decides about the batches of an epoch that failed at no message in particular, as soon as another
    /// of its simulations tells whether they are to blame.
    fn settle_doubts(&mut self, id: &FlowId) {
        while let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) {
            let Some((place, why)) = epoch.doubt().map(|(place, why)| (place, why.clone())) else {
                return;
            };
            let works = epoch.batches[place].works.clone();
            let is_suspect = works.len() == 1 && self.attempt(id, &works[0]).tries > 0;
            let waits = epoch.batches.iter().any(|batch| batch.waits() || batch.ask().is_some());
            let brings_update = matches!(epoch.base, Base::Update { .. });
            if epoch.is_vouched || is_suspect {
                self.try_apart(id, place, works, &why);
            } else if waits {
                return;
            } else if brings_update && !epoch.update_goes_ahead {
                return self.try_update(id);
            } else if self.failures(id) < TRUSTING_REFUSALS {
                return self.delay_for(id, &why);
            } else {
                self.try_apart(id, place, works, &why);
            }
        }
    }

    /// Halves a batch that failed; a single work is to blame.
    fn try_apart(&mut self, id: &FlowId, place: usize, works: Vec<Work>, why: &Why) {
        if works.len() > 1 {
            return self.split(id, place, works);
        }
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches.remove(place);
            epoch.works.retain(|chosen| !works.contains(&chosen.work));
        }
        self.back_off(id, &works, &why.to_string());
    }

    /// Simulates the update by itself: whether it is good decides whether the works are to blame.
    fn try_update(&mut self, id: &FlowId) {
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.update_goes_ahead = true;
            epoch.batches.insert(0, Batch::of(Vec::new()));
        }
    }
}
