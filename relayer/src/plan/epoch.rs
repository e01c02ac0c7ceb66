//! Epochs: from the choice of works to transactions.
//!
//! An epoch gathers headers, proofs and packet bytes and cuts its messages into batches. Each is
//! simulated, then signed, in order. Nothing is stored before it is signed, so that dropping what is
//! left of an epoch costs nothing: the works are still owed.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::wire::tx::any;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;

use super::batch;
use super::choose::{Base, Choice, Chosen};
use super::simulate::Batch;
use super::tare::Twice;
use super::window::Limits;
use super::work::Work;
use crate::model::Model;
use crate::model::asks::Purpose;
use crate::model::facts::{Ask, Header, PacketData, Proofs, Proved, TrustedHeight, Why};
use crate::model::ids::{AskId, FlowId, LaneId, PacketKey};

/// What is being prepared for a flow.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// The lane that signs it.
    pub(super) lane: LaneId,
    /// The header that the proofs refer to; zero when nothing is proved.
    pub(crate) height: u64,
    pub(super) base: Base,
    pub(super) works: Vec<Chosen>,
    /// What is still to be gathered.
    waiting: BTreeSet<AskId>,
    /// The header, if it has to be brought.
    pub(crate) header: Option<Header>,
    root: Option<Vec<u8>>,
    /// Key -> value and proof.
    pub(crate) proofs: BTreeMap<Vec<u8>, Proved>,
    /// The bytes of the packets.
    pub(crate) data: BTreeMap<PacketKey, PacketData>,
    /// One transaction each, those that are signed taken out; empty until everything is gathered.
    pub(super) batches: Vec<Batch>,
    /// Whether the update goes ahead in a transaction of its own.
    pub(super) update_goes_ahead: bool,
    /// What the update took by itself that went ahead.
    pub(super) update_gas: Option<u64>,
    /// What it takes with one more of the same.
    pub(super) twice: Twice,
    /// One of its simulations was answered as it should be: node and update are good.
    pub(super) is_vouched: bool,
}

impl Epoch {
    /// One for which everything is gathered, with the header only if it has to be brought.
    pub(super) fn of(
        lane: LaneId,
        height: u64,
        header: Option<Header>,
        proofs: Proofs,
        data: Vec<PacketData>,
    ) -> Self {
        let Proofs { root, items } = proofs;
        Self {
            lane,
            height,
            base: Base::Committed,
            works: Vec::new(),
            waiting: BTreeSet::new(),
            header,
            root: Some(root),
            proofs: items.into_iter().map(|proved| (proved.key.clone(), proved)).collect(),
            data: data.into_iter().map(|data| (data.key.clone(), data)).collect(),
            batches: Vec::new(),
            update_goes_ahead: false,
            update_gas: None,
            twice: Twice::default(),
            is_vouched: false,
        }
    }

    /// The height whose proofs could not be had, if the epoch fails now.
    pub(crate) fn unproved_height(&self) -> u64 {
        let has_failed = !self.waiting.is_empty() || self.doubt().is_some();
        if matches!(self.base, Base::Committed) && has_failed { self.height } else { 0 }
    }

    /// Its first batch that failed at no message in particular, and why.
    pub(super) fn doubt(&self) -> Option<(usize, &Why)> {
        let mut batches = self.batches.iter().enumerate();
        batches.find_map(|(place, batch)| Some((place, batch.doubt()?)))
    }

    /// Whether it brings a header to its client, as far as is known yet.
    pub(crate) fn brings_update(&self) -> bool {
        matches!(self.base, Base::Update { .. })
    }

    /// The asks whose answers it still waits for.
    pub(crate) fn asks(&self) -> impl Iterator<Item = AskId> {
        let simulations = self.batches.iter().filter_map(Batch::ask);
        self.waiting.iter().copied().chain(simulations).chain(self.twice.ask())
    }

    /// Proofs must be of the header that the client gets, whoever served them.
    pub(super) fn roots_agree(&self) -> bool {
        match (&self.header, &self.root) {
            (Some(header), Some(root)) => header.root == *root,
            _ => true,
        }
    }
}

/// Leaves the works of an ordered channel only in the first batch that has some, and the steps of
/// channels only in the batch that has the step of their connection: a batch is simulated without those
/// before it.
pub(super) fn without_dependants(batches: &mut Vec<Vec<Work>>) {
    let mut begun = BTreeMap::new();
    let mut connection = None;
    for (place, batch) in batches.iter_mut().enumerate() {
        batch.retain(|work| match work.packet().map(|(_, key)| &key.route) {
            Some(route) if route.is_ordered() => {
                *begun.entry(route.clone()).or_insert(place) == place
            }
            _ => match work {
                Work::Connection(_) => *connection.get_or_insert(place) == place,
                Work::Channel(..) => connection.is_none_or(|with| with == place),
                _ => true,
            },
        });
    }
    batches.retain(|batch| !batch.is_empty());
}

impl Model {
    /// Starts an epoch on every flow that is free and has something to do.
    pub(crate) fn plan(&mut self) {
        let ids: Vec<FlowId> = self.flow_ids().collect();
        for id in ids {
            if self.flows.get(&id).is_some_and(|flow| flow.epoch.is_some()) {
                continue;
            }
            if let Ok(choice) = self.choose(&id) {
                self.begin(&id, choice);
            }
        }
    }

    fn begin(&mut self, id: &FlowId, choice: Choice) {
        let Some(from) = self.chain_from(id).map(|chain| chain.id.clone()) else { return };
        let Some(lane) = self.signing_lane(id).cloned() else { return };
        let Some(terms) = self.trust_terms(id) else { return };
        let mut keys: Vec<Vec<u8>> =
            choice.works.iter().flat_map(|chosen| self.keys(id, &chosen.work)).collect();
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
        let trusted = trusted.map(|from| from.map(|height| TrustedHeight { height, terms }));
        let header = |trusted| Ask::Header { chain: from.clone(), height, trusted };
        asks.extend(trusted.map(header));
        if !keys.is_empty() {
            asks.push(Ask::Prove { chain: from.clone(), height: height.saturating_sub(1), keys });
        }
        if let Some(to) = self.chain_to(id).filter(|to| self.may_be_done(id, &to.id)) {
            let works = choice.works.iter().filter_map(|chosen| chosen.work.packet());
            let works: Vec<_> = works.map(|(leg, key)| (leg, key.clone())).collect();
            let ask = Ask::Open { chain: to.id.clone(), works };
            asks.extend(Some(ask).filter(|_| !packets.is_empty()));
        }
        if !packets.is_empty() {
            asks.push(Ask::Load(packets));
        }
        let put = |ask| self.asks.put(Purpose::Gather(id.clone()), ask);
        let waiting = asks.into_iter().map(put).collect();
        self.flow_mut(id).epoch = Some(Epoch {
            lane,
            height,
            base: choice.base,
            works: choice.works,
            waiting,
            header: None,
            root: None,
            proofs: BTreeMap::new(),
            data: BTreeMap::new(),
            batches: Vec::new(),
            update_goes_ahead: false,
            update_gas: None,
            twice: Twice::default(),
            is_vouched: false,
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

    pub(super) fn gathered(&mut self, id: &FlowId, ask: AskId, put: impl FnOnce(&mut Epoch)) {
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
            return self.delay_for(id, &why);
        }
        self.learn_delay(id);
        if self.drop_what_others_did(id) {
            return;
        }
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else { return };
        let wanted = epoch.works.len();
        let limits = self.limits(id).beside(self.update_bytes(id, epoch));
        let mut messages = Vec::with_capacity(wanted);
        let mut bad = Vec::new();
        for chosen in &epoch.works {
            match self.probe_message(id, epoch, &chosen.work) {
                Ok(message) if message.value.len() > limits.max_bytes => {
                    let (bytes, most) = (message.value.len(), limits.max_bytes);
                    let reason =
                        format!("it is too large: {bytes} bytes, at most {most} can be sent");
                    bad.push((chosen.work.clone(), reason));
                }
                Ok(message) => messages.push((chosen.clone(), message.value.len())),
                Err(reason) => bad.push((chosen.work.clone(), reason)),
            }
        }
        let brings_update = epoch.brings_update();
        let mut batches = self.cut(id, limits, messages);
        // Little money is for one transaction, with its update: what comes next finds out what is left.
        if self.lacks_money(id) {
            batches.truncate(1);
        }
        for (work, reason) in bad {
            if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
                epoch.works.retain(|chosen| chosen.work != work);
            }
            self.back_off(id, std::slice::from_ref(&work), &reason);
        }
        if batches.is_empty() && wanted > 0 {
            return self.delay(id, None);
        }
        let update_goes_ahead = brings_update && batches.len() != 1;
        if update_goes_ahead {
            batches.insert(0, Vec::new());
        }
        if let Some(epoch) = self.flow_mut(id).epoch.as_mut() {
            epoch.batches = batches.into_iter().map(Batch::of).collect();
            epoch.update_goes_ahead = update_goes_ahead;
            if update_goes_ahead {
                epoch.twice = Twice::Wanted;
            }
        }
    }

    /// Takes the works out of an epoch that are owed no more; `true` when none is left, and it is dropped.
    fn drop_what_others_did(&mut self, id: &FlowId) -> bool {
        let Some(epoch) = self.flows.get(id).and_then(|flow| flow.epoch.as_ref()) else {
            return true;
        };
        let is_owed = |chosen: &&Chosen| self.is_owed(id, &chosen.work);
        let owed: Vec<Chosen> = epoch.works.iter().filter(is_owed).cloned().collect();
        let is_over = owed.is_empty() && !epoch.works.is_empty();
        let flow = self.flow_mut(id);
        if is_over {
            flow.epoch = None;
        } else if let Some(epoch) = flow.epoch.as_mut() {
            epoch.works = owed;
        }
        is_over
    }

    /// Whether the lane that signs a flow's epoch can pay for so much only.
    fn lacks_money(&self, id: &FlowId) -> bool {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        epoch.is_some_and(|epoch| self.payable_gas(&epoch.lane).is_some())
    }

    /// How many bytes the client's update takes in a transaction.
    fn update_bytes(&self, id: &FlowId, epoch: &Epoch) -> usize {
        self.updates(id, epoch, "").iter().map(|update| update.value.len()).sum()
    }

    fn probe_message(&self, id: &FlowId, epoch: &Epoch, work: &Work) -> Result<Any, String> {
        let probe = self.chain_to(id).map(|chain| chain.probe.address.as_str());
        self.message(id, epoch, work, probe.unwrap_or_default())
    }

    /// Cuts works into batches, between source blocks where possible; doubtful ones stay alone.
    fn cut(&self, id: &FlowId, limits: Limits, works: Vec<(Chosen, usize)>) -> Vec<Vec<Work>> {
        let gas = self.chain_to(id).and_then(|chain| self.chains.get(&chain.id));
        let measure = |(chosen, bytes): &(Chosen, usize)| {
            (gas.map_or(0, |chain| chain.gas.estimate(&chosen.work)), *bytes)
        };
        let (alone, together): (Vec<_>, Vec<_>) =
            works.into_iter().partition(|(chosen, _)| chosen.alone);
        let runs = batch::cut(&together, limits, |(chosen, _)| chosen.block, measure);
        let runs = runs.into_iter().map(<[_]>::to_vec).collect();
        let row = |(chosen, _): &(Chosen, usize)| {
            chosen
                .work
                .packet()
                .map(|(_, key)| &key.route)
                .filter(|route| route.is_ordered())
                .cloned()
        };
        let mut batches: Vec<Vec<Work>> = batch::gather(runs, limits, row, measure)
            .into_iter()
            .map(|batch| batch.into_iter().map(|(chosen, _)| chosen.work).collect())
            .collect();
        batches.extend(alone.into_iter().map(|(chosen, _)| vec![chosen.work]));
        without_dependants(&mut batches);
        batches
    }

    /// The client messages of an epoch.
    pub(super) fn updates(&self, id: &FlowId, epoch: &Epoch, signer: &str) -> Vec<Any> {
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
}
