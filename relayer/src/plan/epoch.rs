//! Epochs: from the choice of works to signed transactions.
//!
//! An epoch gathers headers, proofs and packet bytes; cuts its messages into batches; simulates each;
//! then signs them all at the next free sequences of the lane. Until then nothing of it is stored,
//! and a failure anywhere drops it: the works are still owed.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan, any, unsigned};
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;

use super::choose::{Base, Choice, Chosen};
use super::refusal;
use super::work::Work;
use crate::model::Model;
use crate::model::asks::Purpose;
use crate::model::config::ChainConfig;
use crate::model::facts::{Ask, Header, PacketData, Proofs, Proved, Refusal, Simulation, Why};
use crate::model::ids::{AskId, FlowId, PacketKey};
use crate::model::rows::{SlotBytes, SlotRow, Write};

/// A transaction may be included in this many blocks after the one it was signed in.
const LIFETIME_BLOCKS: u64 = 30;

/// What is being prepared for a flow.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// The header that the proofs refer to; zero when nothing is proved.
    pub(crate) height: u64,
    base: Base,
    works: Vec<Chosen>,
    /// What is still to be gathered.
    waiting: BTreeSet<AskId>,
    /// The header, if it has to be brought.
    pub(crate) header: Option<Header>,
    root: Option<Vec<u8>>,
    /// Key -> value and proof.
    pub(crate) proofs: BTreeMap<Vec<u8>, Proved>,
    /// The bytes of the packets.
    pub(crate) data: BTreeMap<PacketKey, PacketData>,
    /// One transaction each; empty until everything is gathered.
    batches: Vec<Batch>,
}

/// The works of one transaction; none for an update that others depend on.
#[derive(Debug)]
struct Batch {
    works: Vec<Work>,
    simulation: Simulated,
}

#[derive(Debug)]
enum Simulated {
    Asked(AskId),
    Used(u64),
}

impl Epoch {
    /// The height whose proofs could not be had, if the epoch fails now.
    pub(crate) fn unproved_height(&self) -> u64 {
        if matches!(self.base, Base::Committed) && !self.waiting.is_empty() {
            self.height
        } else {
            0
        }
    }

    /// The asks whose answers it still waits for.
    pub(crate) fn asks(&self) -> impl Iterator<Item = AskId> {
        let simulations = self.batches.iter().filter_map(|batch| match batch.simulation {
            Simulated::Asked(ask) => Some(ask),
            Simulated::Used(_) => None,
        });
        self.waiting.iter().copied().chain(simulations)
    }

    /// The works that it prepares.
    pub(crate) fn works(&self) -> impl Iterator<Item = &Work> {
        self.works.iter().map(|chosen| &chosen.work)
    }

    /// Proofs must be of the header that the client gets, whoever served them.
    fn roots_agree(&self) -> bool {
        match (&self.header, &self.root) {
            (Some(header), Some(root)) => header.root == *root,
            _ => true,
        }
    }
}

impl Model {
    /// Starts an epoch on every flow that is free and has something to do.
    pub(crate) fn plan(&mut self) {
        let paths: Vec<_> = self.record.paths().map(|row| row.path.clone()).collect();
        for path in paths {
            for to in [crate::model::ids::Side::A, crate::model::ids::Side::B] {
                let id = FlowId { path: path.clone(), to };
                if self.flows.get(&id).is_some_and(|flow| flow.epoch.is_some()) {
                    continue;
                }
                if let Ok(choice) = self.choose(&id) {
                    self.begin(&id, choice);
                }
            }
        }
    }

    fn begin(&mut self, id: &FlowId, choice: Choice) {
        let Some(from) = self.chain_from(id).map(|chain| chain.id.clone()) else { return };
        let mut keys: Vec<Vec<u8>> = choice
            .works
            .iter()
            .flat_map(|chosen| self.keys(id, &chosen.work, choice.height))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let packets: Vec<PacketKey> = choice
            .works
            .iter()
            .filter_map(|chosen| chosen.work.packet().map(|(_, key)| key.clone()))
            .collect();
        let trusted = match choice.base {
            Base::Nothing | Base::Committed => None,
            Base::Create => Some(None),
            Base::Update { trusted } => Some(Some(trusted)),
        };
        let mut asks = Vec::new();
        let height = choice.height;
        let header = |trusted| Ask::Header { chain: from.clone(), height, trusted };
        asks.extend(trusted.map(header));
        if !keys.is_empty() {
            asks.push(Ask::Prove { chain: from.clone(), height: height.saturating_sub(1), keys });
        }
        if !packets.is_empty() {
            asks.push(Ask::Load(packets));
        }
        let put = |ask| self.asks.put(self.now, Purpose::Gather(id.clone()), ask);
        let waiting = asks.into_iter().map(put).collect();
        self.flow_mut(id).epoch = Some(Epoch {
            height,
            base: choice.base,
            works: choice.works,
            waiting,
            header: None,
            root: None,
            proofs: BTreeMap::new(),
            data: BTreeMap::new(),
            batches: Vec::new(),
        });
        self.cut_when_gathered(id);
    }

    /// Applies a header.
    pub(crate) fn on_header(&mut self, id: &FlowId, ask: AskId, header: Header) {
        self.gathered(id, ask, |epoch| epoch.header = Some(header));
    }

    /// Applies proofs.
    pub(crate) fn on_proofs(&mut self, id: &FlowId, ask: AskId, proofs: Proofs) {
        self.gathered(id, ask, |epoch| {
            epoch.root = Some(proofs.root);
            let items = proofs.items.into_iter().map(|proved| (proved.key.clone(), proved));
            epoch.proofs.extend(items);
        });
    }

    /// Applies the bytes of packets.
    pub(crate) fn on_loaded(&mut self, id: &FlowId, ask: AskId, data: Vec<PacketData>) {
        self.gathered(id, ask, |epoch| {
            epoch.data.extend(data.into_iter().map(|data| (data.key.clone(), data)));
        });
    }

    fn gathered(&mut self, id: &FlowId, ask: AskId, put: impl FnOnce(&mut Epoch)) {
        let Some(epoch) = self.flow_mut(id).epoch.as_mut() else { return };
        if epoch.waiting.remove(&ask) {
            put(epoch);
            self.cut_when_gathered(id);
        }
    }

    /// Cuts the messages into transactions and simulates them.
    fn cut_when_gathered(&mut self, id: &FlowId) {
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        if !epoch.waiting.is_empty() {
            return;
        }
        if !epoch.roots_agree() {
            let why = Why::Invalid(format!("proofs are not of header {}", epoch.height));
            return self.delay(id, Some(&why));
        }
        let wanted = epoch.works.len();
        let mut messages = Vec::with_capacity(wanted);
        let mut bad = Vec::new();
        for chosen in &epoch.works {
            match self.probe_message(id, epoch, &chosen.work) {
                Ok(message) => messages.push((chosen.clone(), message.value.len())),
                Err(reason) => bad.push((chosen.work.clone(), reason)),
            }
        }
        let brings_update = matches!(epoch.base, Base::Update { .. });
        let mut batches = self.cut(id, messages);
        for (work, reason) in bad {
            if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
                epoch.works.retain(|chosen| chosen.work != work);
            }
            self.back_off(id, std::slice::from_ref(&work), &reason);
        }
        if batches.is_empty() && wanted > 0 {
            return self.delay(id, None);
        }
        if brings_update && batches.len() != 1 {
            batches.insert(0, Vec::new());
        }
        let batches = batches.into_iter().map(|works| self.simulate(id, works)).collect();
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches = batches;
        }
    }

    fn probe_message(&self, id: &FlowId, epoch: &Epoch, work: &Work) -> Result<Any, String> {
        let probe = self.chain_to(id).map(|chain| chain.probe.address.as_str());
        self.message(id, epoch, work, probe.unwrap_or_default())
    }

    /// Cuts works into batches, between source blocks where possible; doubtful ones stay alone.
    fn cut(&self, id: &FlowId, works: Vec<(Chosen, usize)>) -> Vec<Vec<Work>> {
        let limits = self.limits(id);
        let gas = self.chain_to(id).and_then(|chain| self.chains.get(&chain.id));
        let measure = |(chosen, bytes): &(Chosen, usize)| {
            (gas.map_or(0, |chain| chain.gas.estimate(&chosen.work)), *bytes)
        };
        let (alone, together): (Vec<_>, Vec<_>) =
            works.into_iter().partition(|(chosen, _)| chosen.alone);
        let mut batches = super::batch::cut(&together, limits, |(chosen, _)| chosen.block, measure)
            .into_iter()
            .map(|batch| batch.iter().map(|(chosen, _)| chosen.work.clone()).collect())
            .collect::<Vec<Vec<Work>>>();
        batches.extend(alone.into_iter().map(|(chosen, _)| vec![chosen.work]));
        batches
    }

    fn simulate(&mut self, id: &FlowId, works: Vec<Work>) -> Batch {
        let ask = self.simulation(id, &works);
        let simulation =
            Simulated::Asked(self.asks.put(self.now, Purpose::Simulate(id.clone()), ask));
        Batch { works, simulation }
    }

    /// The transaction by which the probe tries a batch: always with its update, so that the
    /// answer does not depend on what the mempool holds.
    fn simulation(&self, id: &FlowId, works: &[Work]) -> Ask {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let (Some(epoch), Some(chain)) = (epoch, self.chain_to(id)) else {
            unreachable!(
                "an epoch is simulated only while it is there, on a chain that is configured"
            )
        };
        let signer = chain.probe.address.as_str();
        let mut msgs = self.updates(id, epoch, signer);
        let messages = works.iter().map(|work| self.message(id, epoch, work, signer));
        // Each was built before, from the same parts.
        msgs.extend(messages.flatten());
        let fee = Fee { gas_limit: 0, amount: 0, denom: String::new(), granter: None };
        let tx = unsigned(
            None,
            &TxPlan {
                chain_id: chain.id.as_str(),
                account_number: 0,
                sequence: chain.probe.sequence,
                msgs: &msgs,
                fee: &fee,
                memo: &chain.memo,
                timeout_height: 0,
            },
        );
        Ask::Simulate { chain: chain.id.clone(), tx }
    }

    /// The client messages of an epoch.
    fn updates(&self, id: &FlowId, epoch: &Epoch, signer: &str) -> Vec<Any> {
        let client =
            self.record.path(&id.path).and_then(|path| path.ends.on(id.to).client.as_ref());
        let (Some(client), Some(header)) = (client, &epoch.header) else { return Vec::new() };
        let update = |message: &Any| {
            any(&MsgUpdateClient {
                client_id: client.to_string(),
                client_message: Some(message.clone()),
                signer: signer.to_owned(),
            })
        };
        header.updates.iter().map(update).collect()
    }

    /// Applies what a batch would do.
    pub(crate) fn on_simulated(&mut self, id: &FlowId, ask: AskId, simulation: Simulation) {
        let limits = self.limits(id);
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let is_asked = |batch: &Batch| matches!(batch.simulation, Simulated::Asked(a) if a == ask);
        let Some(place) = epoch.batches.iter().position(is_asked) else { return };
        match simulation {
            Simulation::Ok { gas_used } => {
                let batch = &mut epoch.batches[place];
                let half = batch.works.len() / 2;
                if gas_used > limits.gas.saturating_mul(3) / 2 && half > 0 {
                    let works = std::mem::take(&mut batch.works);
                    return self.split(id, place, works);
                }
                batch.simulation = Simulated::Used(gas_used);
                let works = batch.works.clone();
                let to = self.chain_to(id).map(|chain| chain.id.clone());
                if let Some(chain) = to.and_then(|to| self.chains.get_mut(&to)) {
                    chain.gas.learn(&works, gas_used);
                }
            }
            Simulation::Refused(refusal) => self.on_bad_batch(id, place, &refusal),
        }
        self.sign_when_simulated(id);
    }

    /// Halves a batch that costs more than assumed.
    fn split(&mut self, id: &FlowId, place: usize, mut works: Vec<Work>) {
        let second = works.split_off(works.len() / 2);
        let halves = [self.simulate(id, works), self.simulate(id, second)];
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches.splice(place..=place, halves);
        }
    }

    /// Takes the message at fault out of a batch.
    fn on_bad_batch(&mut self, id: &FlowId, place: usize, refusal: &Refusal) {
        if refusal::is_client_unusable(&refusal.log) {
            self.delay(id, None);
            return self.park(id, refusal.log.clone());
        }
        let Some(epoch) = self.flows.get_mut(id).and_then(|flow| flow.epoch.as_mut()) else {
            return;
        };
        let updates = epoch.header.as_ref().map_or(0, |header| header.updates.len());
        let mut works = std::mem::take(&mut epoch.batches[place].works);
        let culprit = match refusal.index {
            Some(index) => index.checked_sub(updates).filter(|index| *index < works.len()),
            None => (works.len() == 1).then_some(0),
        };
        let Some(culprit) = culprit else {
            // The update is refused, or nobody says what: begin again, each work by itself.
            self.back_off(id, &works, &refusal.log);
            return self.delay(id, Some(&Why::Unavailable(refusal.log.clone())));
        };
        let bad = works.remove(culprit);
        epoch.works.retain(|chosen| chosen.work != bad);
        epoch.batches.remove(place);
        self.back_off(id, std::slice::from_ref(&bad), &refusal.log);
        if !works.is_empty() {
            let batch = self.simulate(id, works);
            if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
                epoch.batches.insert(place, batch);
            }
        }
    }

    /// Signs all batches once the gas of each is known.
    fn sign_when_simulated(&mut self, id: &FlowId) {
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let used = |batch: &Batch| match batch.simulation {
            Simulated::Used(gas) => Some((batch.works.clone(), gas)),
            Simulated::Asked(_) => None,
        };
        let Some(batches) = epoch.batches.iter().map(used).collect::<Option<Vec<_>>>() else {
            return;
        };
        let Some(chain) = self.chain_to(id).cloned() else { return };
        let lane = &chain.lane.id;
        // Batches that lost all their works to a bad message are gone; an update for nobody is not paid.
        let is_for_nobody = epoch.works.is_empty() && self.behind_hole(lane).is_none();
        let usable = self.lanes.get(lane).is_some_and(|lane| lane.is_usable());
        if batches.is_empty() || is_for_nobody || !usable {
            return self.prepared(id);
        }
        let has_update_alone = batches.first().is_some_and(|(works, _)| works.is_empty());
        let sequences: Vec<u64> = self.free_sequences(lane).take(batches.len()).collect();
        for (place, ((works, gas), sequence)) in batches.into_iter().zip(sequences).enumerate() {
            let brings_update = place == 0 || !has_update_alone;
            self.sign_batch(id, &chain, (works, gas, brings_update), sequence);
        }
        self.prepared(id);
    }

    fn sign_batch(
        &mut self,
        id: &FlowId,
        chain: &ChainConfig,
        (works, gas, brings_update): (Vec<Work>, u64, bool),
        sequence: u64,
    ) {
        let lane = &chain.lane.id;
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let account = self.lanes.get(lane).and_then(|lane| lane.account.as_ref());
        let (Some(account), Some(tip)) = (account, self.tip_to(id)) else { return };
        let signer = lane.address.as_str();
        let mut msgs = if brings_update { self.updates(id, epoch, signer) } else { Vec::new() };
        let updates = msgs.len();
        msgs.extend(works.iter().flat_map(|work| self.message(id, epoch, work, signer)));
        let number = account.number;
        let proved_at = if epoch.base == Base::Create { 0 } else { epoch.height };
        let gas_limit = self.chains.get_mut(&chain.id).map_or(gas, |chain| chain.gas.limit(gas));
        let fee = Fee {
            gas_limit,
            amount: chain.gas_price.fee(gas_limit),
            denom: chain.gas_price.denom.clone(),
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
        let slot = SlotRow {
            id: self.new_slot(lane, sequence),
            flow: id.clone(),
            proved_at,
            updates,
            works,
            timeout_height,
            gas_limit,
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
