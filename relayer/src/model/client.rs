//! Clients: how long they are good for, when they are refreshed, and what to do about dead ones.

use super::Model;
use super::asks::Purpose;
use super::facts::{Ask, TrustTerms};
use super::ids::{Address, ChainId, FlowId, Span, Time};
use super::rows::Write;
use super::state::{ClientFacts, ClientStatus};
use crate::plan::epoch::Epoch;

/// The part of its trusting period after which a client is refreshed, whether packets flow or not.
const REFRESH_AFTER: (u64, u64) = (2, 3);
/// The part of it after which the refresh waits for nothing.
const URGENT_AFTER: (u64, u64) = (5, 6);
/// Clients of the same age are refreshed up to this part of the trusting period apart.
const SPREAD: u64 = 30;
/// How often a client is looked at that does not work, as governance may have revived it: so often in
/// its trusting period, and at least once a minute.
const LOOKS: u64 = 10;
const LOOK_AGAIN: Span = Span::seconds(60);
/// How long a client is let alone that could not be looked at.
const LOOK_LATER: Span = Span::seconds(5);

/// What is known of a flow's client; asked after each start.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// How long it takes updates; `None` until the chain has told.
    trust: Option<Trust>,
    /// Whether an answer about it is awaited.
    asked: bool,
    /// It is not asked about before.
    not_before: Time,
    /// Something was said that speaks of a dead client.
    doubted: bool,
    /// Until then it is taken to work, whatever is said of it: the chain has told.
    vouched_until: Time,
    /// It lets only others relay.
    is_barred: bool,
}

/// Until when a client takes updates.
#[derive(Clone, Copy, Debug)]
struct Trust {
    /// The time of the newest header that it knows, or an earlier one.
    newest: Time,
    terms: TrustTerms,
}

impl Trust {
    /// When the refresh cannot wait any more.
    fn urgent_at(self) -> Time {
        let (part, of) = URGENT_AFTER;
        self.newest.plus(Span(self.terms.trusting_period.0 / of * part))
    }

    /// When the client is to be refreshed: `name` decides where in the spread.
    fn refresh_at(self, name: &str) -> Time {
        let (part, of) = REFRESH_AFTER;
        let period = self.terms.trusting_period.0;
        let age = Span(period / of * part);
        let spread = (period / SPREAD).max(1);
        self.newest.plus(age).minus(Span(scatter(name) % spread))
    }
}

/// A number that differs from name to name and is always the same for one (FNV-1a).
fn scatter(name: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

impl ClientStatus {
    /// Why the client takes no updates; `None` when it does.
    fn complaint(&self) -> Option<String> {
        let why = match self {
            Self::Active => return None,
            Self::Expired => "it has expired",
            Self::Frozen => "it is frozen: it has seen misbehaviour",
            Self::Other(status) => status,
        };
        Some(format!("{why}; `ferry client status` says how to revive it"))
    }
}

impl Model {
    /// Asks about every client whose trusting period is not known, and again about those that do not
    /// work.
    pub(super) fn look_after_clients(&mut self) {
        let unknown: Vec<(FlowId, Ask)> =
            self.flow_ids().filter_map(|id| Some((id.clone(), self.to_look(&id)?))).collect();
        for (id, ask) in unknown {
            self.flow_mut(&id).client.asked = true;
            self.asks.put(Purpose::Client(id), ask);
        }
    }

    fn to_look(&self, id: &FlowId) -> Option<Ask> {
        let path = self.record.path(&id.path)?;
        let client = path.ends.on(id.to).client.clone()?;
        let chain = self.chain_to(id)?.id.clone();
        let wants = self.flows.get(id).is_none_or(|flow| {
            let client = &flow.client;
            let known = client.trust.is_some() && flow.parked.is_none() && !client.doubted;
            !known && !client.asked && client.not_before <= self.now
        });
        wants.then_some(Ask::Client { chain, client })
    }

    /// Applies what a chain says of a flow's client.
    pub(super) fn on_client_facts(&mut self, id: &FlowId, facts: ClientFacts) {
        let pause = Span(facts.terms.trusting_period.0 / LOOKS).min(LOOK_AGAIN);
        let again = self.now.plus(pause.max(LOOK_LATER));
        let trust = Trust { newest: facts.time, terms: facts.terms };
        let mut client = Client { trust: Some(trust), not_before: again, ..Client::default() };
        let barred = self.not_admitted(id, &facts.allowed);
        client.is_barred = barred.is_some();
        let complaint = facts.status.complaint().or(barred);
        if complaint.is_none() {
            client.not_before = self.now.plus(LOOK_LATER);
            client.vouched_until = self.now.plus(LOOK_AGAIN);
        }
        self.flow_mut(id).client = client;
        match complaint {
            Some(complaint) => self.park(id, complaint),
            None => {
                self.flow_mut(id).parked = None;
                self.on_height_asked(id, facts.latest);
            }
        }
    }

    /// Applies that a flow's client says to know a height. A revival brings one that no event of an update names.
    fn on_height_asked(&mut self, id: &FlowId, height: u64) {
        let flows: Vec<FlowId> = self.record.flows_beside(id).cloned().collect();
        for flow in flows {
            let is_news = self.learn_consensus(&flow, height);
            if is_news
                && self.record.watches_client(&flow)
                && let Some(at) = self.tip_to(&flow).map(|tip| tip.height)
            {
                // Nor does an event say who brought it.
                self.note_given(&flow, height, at);
            }
        }
    }

    /// Applies that a flow's client took an update: whatever was wrong with it, it works again, unless it was given by those
    /// whom alone it lets relay.
    pub(super) fn takes_updates(&mut self, id: &FlowId) {
        let flow = self.flow_mut(id);
        if !flow.client.is_barred {
            flow.parked = None;
        }
    }

    /// Which accounts of ours a client does not let relay; `None` when it lets all. The one in whose name ferry simulates must
    /// be let in too: the chain refuses its updates as it would refuse a key's.
    fn not_admitted(&self, id: &FlowId, allowed: &[Address]) -> Option<String> {
        let chain = self.chain_to(id)?;
        let signing = chain.lanes.iter().map(|lane| &lane.id.address);
        let ours = signing.chain(std::iter::once(&chain.probe.address));
        let missing: Vec<&str> =
            ours.filter(|address| !allowed.contains(address)).map(Address::as_str).collect();
        (!allowed.is_empty() && !missing.is_empty()).then(|| {
            format!(
                "it lets only some accounts relay, and not {}; `ferry doctor` says who lets them",
                missing.join(", ")
            )
        })
    }

    /// Has the chain asked about a flow's client as soon as may be.
    pub(super) fn look_at_client(&mut self, id: &FlowId) {
        self.flow_mut(id).client.doubted = true;
    }

    /// Whether the chain has said lately that a flow's client works.
    pub(super) fn is_client_vouched(&self, id: &FlowId) -> bool {
        self.flows.get(id).is_some_and(|flow| self.now < flow.client.vouched_until)
    }

    /// Applies that a chain did not say what a flow's client is good for.
    pub(super) fn on_client_unknown(&mut self, id: &FlowId) {
        let later = self.now.plus(LOOK_LATER);
        let client = &mut self.flow_mut(id).client;
        client.asked = false;
        client.not_before = later;
    }

    /// Notes that a flow's client knows a height of the other chain, in the row of the path; `false` when it is
    /// no news.
    pub(super) fn learn_consensus(&mut self, id: &FlowId, height: u64) -> bool {
        let Some(mut row) = self.record.path(&id.path).cloned() else { return false };
        let is_news = row.ends.on_mut(id.to).learn(height);
        if is_news {
            self.record.write(Write::Path(row));
            self.begin_aging(id, height);
        }
        is_news
    }

    /// Notes that a flow's client got a header of this height of the other chain.
    pub(super) fn rejuvenate(&mut self, id: &FlowId, height: u64) {
        let from = self.chain_from(id).map(|chain| chain.id.clone());
        let time = from.and_then(|chain| self.time_by(&chain, height)).unwrap_or_default();
        if let Some(trust) = self.flow_mut(id).client.trust.as_mut() {
            trust.newest = trust.newest.max(time);
        }
    }

    /// The time of a block, or of the newest one before it that was read: it is not older than that.
    pub(crate) fn time_by(&self, chain: &ChainId, height: u64) -> Option<Time> {
        let recent = &self.chains.get(chain)?.recent;
        recent.range(..=height).next_back().map(|(_, time)| *time)
    }

    /// Until when a flow's client takes updates, and its trusting period; `None` until the chain has told.
    pub(crate) fn client_life(&self, id: &FlowId) -> Option<(Time, Span)> {
        let trust = self.flows.get(id)?.client.trust?;
        let period = trust.terms.trusting_period;
        Some((trust.newest.plus(period), period))
    }

    /// What a flow's client demands of headers: what ferry's own would, until the chain has told.
    pub(crate) fn trust_terms(&self, id: &FlowId) -> Option<TrustTerms> {
        let told = self.flows.get(id).and_then(|flow| flow.client.trust);
        told.map(|trust| trust.terms).or_else(|| Some(self.chain_from(id)?.terms()))
    }

    /// When a flow's client is to be refreshed; `None` until its trusting period is known.
    pub(crate) fn refresh_at(&self, id: &FlowId) -> Option<Time> {
        let flow = self.flows.get(id).filter(|flow| flow.parked.is_none())?;
        let client = self.record.path(&id.path)?.ends.on(id.to).client.as_ref()?;
        Some(flow.client.trust?.refresh_at(&format!("{}/{client}", id.path)))
    }

    /// Whether a flow's client has to be refreshed and nothing on its way does, of whichever path.
    pub(crate) fn is_refresh_due(&self, id: &FlowId) -> bool {
        let is_old = self.refresh_at(id).is_some_and(|at| at <= self.now);
        let is_prepared = |flow: &FlowId| {
            let epoch = self.flows.get(flow).and_then(|flow| flow.epoch.as_ref());
            flow != id && epoch.is_some_and(Epoch::brings_update)
        };
        is_old && !self.is_update_coming(id) && !self.record.flows_beside(id).any(is_prepared)
    }

    /// Whether a transaction on its way brings a header to a flow's client, of whichever path.
    pub(crate) fn is_update_coming(&self, id: &FlowId) -> bool {
        let brings = |flow: &FlowId| {
            self.record.all_slots().any(|slot| slot.flow == *flow && slot.updates > 0)
        };
        self.record.flows_beside(id).any(brings)
    }

    /// Whether a flow's client has to be refreshed whatever it costs.
    pub(crate) fn is_refresh_urgent(&self, id: &FlowId) -> bool {
        let trust = self.flows.get(id).and_then(|flow| flow.client.trust);
        trust.is_some_and(|trust| trust.urgent_at() <= self.now)
    }

    /// When the next client is to be refreshed, or cannot wait any more, if that is to come.
    pub(super) fn next_refresh(&self) -> Option<Time> {
        let urgent = self.flows.values().filter_map(|flow| flow.client.trust).map(Trust::urgent_at);
        let times = self.flows.keys().filter_map(|id| self.refresh_at(id)).chain(urgent);
        times.filter(|time| *time > self.now).min()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tendermint::trust_threshold::TrustThresholdFraction;

    use super::*;
    use crate::drive::setup::offline;
    use crate::model::facts::ClientChange;
    use crate::model::ids::{Both, Side};
    use crate::model::rows::{Ibc, PathEnd, PathRow, Rows};

    fn terms() -> TrustTerms {
        TrustTerms {
            trusting_period: Span::seconds(1_000),
            trust_threshold: TrustThresholdFraction::ONE_THIRD,
            max_clock_drift: Span::seconds(10),
        }
    }

    #[test]
    fn refreshes_come_at_two_thirds_of_the_period_and_not_all_at_once() {
        let trust = Trust {
            newest: Time(1_000),
            terms: TrustTerms { trusting_period: Span(3_000_000), ..terms() },
        };
        let times: Vec<u64> = (0..50).map(|n| trust.refresh_at(&format!("ab/{n}")).0).collect();
        assert!(times.iter().all(|time| (1_901_000..=2_001_000).contains(time)), "{times:?}");
        let distinct: std::collections::BTreeSet<_> = times.iter().collect();
        assert!(distinct.len() > 40, "{times:?}");
        assert_eq!(trust.refresh_at("ab/1"), trust.refresh_at("ab/1"));
    }

    /// A model with a path whose clients stand, and its flow to B.
    pub(in crate::model) fn linked() -> (Model, FlowId) {
        let chain = |id: &str| {
            format!(
                "[[chain]]\nid = \"{id}\"\nrpc = [\"http://x\"]\naddress_prefix = \"x\"\nkey = \"k\"\n\
                 gas_price = \"0.1stake\"\n"
            )
        };
        let file = toml::from_str(&format!("{}{}", chain("a-1"), chain("b-1"))).unwrap();
        let end = PathEnd { client: Some("07-tendermint-0".into()), ..PathEnd::default() };
        let path = PathRow {
            path: "a-b".into(),
            chains: Both { a: "a-1".into(), b: "b-1".into() },
            ends: Both { a: end.clone(), b: end },
            create: false,
            delay: Span(0),
            ibc: Ibc::V1,
        };
        let rows = Rows { paths: vec![path], ..Rows::default() };
        let flow = FlowId { path: "a-b".into(), to: Side::B };
        (Model::load(offline(&file), rows), flow)
    }

    #[test]
    fn a_client_that_lets_only_others_relay_stays_parked_whatever_they_bring() {
        let (mut model, flow) = linked();
        let facts = |status: ClientStatus, allowed: &[&str]| ClientFacts {
            status,
            latest: 5,
            time: Time(1),
            terms: terms(),
            allowed: allowed.iter().map(|address| Address::from(*address)).collect(),
        };
        let update = |model: &mut Model, height: u64| {
            let event = ("07-tendermint-0".into(), height, ClientChange::Updated);
            model.on_client(&"b-1".into(), None, event);
            model.flows[&flow].parked.clone()
        };
        model.on_client_facts(&flow, facts(ClientStatus::Active, &["other"]));
        let parked = update(&mut model, 6).expect("only others may bring updates");
        assert!(parked.contains("it lets only some accounts relay"), "{parked}");
        // The accounts of a model that only looks have no name.
        model.on_client_facts(&flow, facts(ClientStatus::Active, &["other", ""]));
        assert_eq!(model.flows[&flow].parked, None);
        model.on_client_facts(&flow, facts(ClientStatus::Expired, &[]));
        assert_eq!(update(&mut model, 7), None, "what takes updates has not expired");
    }
}
