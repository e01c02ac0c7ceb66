//! Nodes: what they answer, and how they fail to.

use cosmos::wire::client::newest_consensus_state;
use cosmos::wire::path;
use ferry::drive::decode::beginning;
use ferry::model::facts::{
    Answer, Ask, Fact, Header, Proofs, Proved, Refusal, Simulation, TrustedHeight, Why,
};
use ferry::model::ids::{Address, AskId, ChainId, Ends, LaneId, PacketKey, Time};
use ferry::model::rows::Leg;
use ferry::model::state::{Account, Funds, GivenHeader};
use ibc_proto::ibc::core::channel::v1::Packet as ProtoPacket;

use crate::chain::Checked;
use crate::channels::Channels;
use crate::core::Failure;
use crate::light;
use crate::plain::SLOW;
use crate::world::{Happening, MILLI, World};

/// `max_body_bytes` of CometBFT's RPC.
const MAX_BODY_BYTES: usize = 1_000_000;

impl<C: Channels> World<C> {
    /// How long a mempool takes nothing yet, as it is checked again.
    pub(crate) fn locked_for(&self, ask: &Ask) -> Option<u64> {
        let Ask::Offer(slot) = ask else { return None };
        let chain = self.chains.named(&slot.lane.chain);
        let until = chain.rechecks_at.filter(|_| chain.locks)?;
        Some(until.saturating_sub(self.now).max(MILLI))
    }

    pub(crate) fn answer(&mut self, id: AskId, ask: Ask) {
        self.simulating.remove(&id);
        let is_stale = self.rng.chance(self.faults.stale);
        let fact = match ask {
            Ask::Header { chain, height, trusted } => self.header(id, &chain, height, trusted),
            Ask::Prove { chain, height, keys } => self.prove(id, (&chain, height, is_stale), keys),
            Ask::Open { chain, works } => self.open(id, &chain, works),
            Ask::Load(keys) => Fact::Loaded(id, self.store.load(&keys)),
            Ask::Simulate { chain, tx } => self.simulated(id, &chain, &tx),
            Ask::Offer(slot) => {
                let bytes = self.store.bytes(&slot).map(<[u8]>::to_vec);
                let Some(bytes) = bytes else { return };
                let place = self.chains.place(&slot.lane.chain);
                let chain = self.chains.at_mut(place);
                let checked =
                    if is_stale { chain.offer_stale(&bytes) } else { chain.offer(&bytes) };
                Fact::Offered(id, told(checked))
            }
            Ask::GasPrice { chain, .. } if self.chains.named(&chain).hides_price => {
                Fact::Failed(id, Why::Unavailable("unknown service".to_owned()))
            }
            Ask::GasPrice { chain, .. } => Fact::GasPrice(id, self.chains.named(&chain).base_price),
            Ask::Client { chain, client } => {
                let chain = self.chains.named(&chain);
                match chain.core.look(client.as_str(), chain.time) {
                    Ok(facts) => Fact::Client(id, facts),
                    Err(failure) => Fact::Failed(id, Why::Unavailable(failure.log)),
                }
            }
            Ask::Compare(_) | Ask::Heights { .. } | Ask::Channels { .. } | Ask::Packets { .. }
                if is_stale =>
            {
                Fact::Failed(id, Why::Unavailable("this node is behind".to_owned()))
            }
            Ask::Compare(given) => self.compare(id, &given),
            Ask::Heights { chain, client, .. } => {
                let heights = self.chains.named(&chain).core.consensus_heights(client.as_str());
                Fact::Heights(id, heights)
            }
            Ask::Channels { chain, connection, height } => {
                self.channels(id, (&chain, connection.as_str(), height))
            }
            Ask::Packets { from, to, after } => self.packets(id, (from, to), after),
            Ask::Funds { lane, granters, .. } => self.funds(id, &lane, granters),
            Ask::Account(lane) => {
                let chain = self.chains.named(&lane.chain);
                let sequence =
                    chain.core.sequences.get(lane.address.as_str()).copied().unwrap_or(0);
                Fact::Account(id, Account { number: 1, sequence })
            }
        };
        if self.rng.chance(self.faults.lost) {
            return;
        }
        if self.rng.chance(self.faults.twice) {
            let delay = self.rng.below(2_000) * MILLI;
            self.later(delay, Some(self.process), Happening::Repeat(Box::new(fact.clone())));
        }
        self.feed(fact);
    }

    fn open(&self, id: AskId, chain: &ChainId, works: Vec<(Leg, PacketKey)>) -> Fact {
        let core = &self.chains.named(chain).core;
        let is_open = |(leg, key): &(Leg, PacketKey)| {
            let Ends::V1 { src, dst, .. } = &key.route.ends else { return true };
            match leg {
                Leg::Recv => !core.is_received(&ProtoPacket {
                    sequence: key.seq,
                    destination_port: dst.port.to_string(),
                    destination_channel: dst.channel.to_string(),
                    ..ProtoPacket::default()
                }),
                Leg::Ack | Leg::Timeout => {
                    let name = (src.port.as_str(), src.channel.as_str());
                    core.has(&path::commitment(name.0, name.1, key.seq))
                }
            }
        };
        Fact::Open(id, works.into_iter().filter(is_open).collect())
    }

    fn funds(&self, id: AskId, lane: &LaneId, granters: Vec<Address>) -> Fact {
        let core = &self.chains.named(&lane.chain).core;
        let balance = core.balance(lane.address.as_str());
        let is_unread = |granter: &Address| core.money.unread.contains(granter.as_str());
        let (unread, read): (Vec<_>, Vec<_>) = granters.into_iter().partition(is_unread);
        let grants = read.into_iter().map(|granter| core.granted(&granter, &lane.address));
        let unread = unread.into_iter().map(|granter| (granter, "the node is busy".to_owned()));
        Fact::Funds(id, Funds { balance, grants: grants.collect(), unread: unread.collect() })
    }

    fn compare(&mut self, id: AskId, given: &GivenHeader) -> Fact {
        self.compared += 1;
        let headers = &self.chains.named(&given.of).headers;
        let on = &self.chains.named(&given.on).core;
        match on.compare(given.client.as_str(), given.height, headers) {
            Ok(verdict) => Fact::Compared(id, verdict),
            Err(failure) => Fact::Failed(id, Why::Unavailable(failure.log)),
        }
    }

    fn simulated(&self, id: AskId, chain: &ChainId, tx: &[u8]) -> Fact {
        // The request's body has them in hex.
        if tx.len() * 2 > MAX_BODY_BYTES {
            return Fact::Failed(id, Why::Unavailable("request body too large".to_owned()));
        }
        let simulation = match self.chains.named(chain).simulate(tx) {
            Ok(gas_used) => Simulation::Ok { gas_used },
            Err((_, failure)) if failure.codespace == SLOW => {
                return Fact::Failed(id, Why::Timeout);
            }
            Err((index, failure)) => {
                let index = failure.names(index);
                Simulation::Refused(refusal(failure, index))
            }
        };
        Fact::Simulated(id, simulation)
    }

    fn header(
        &self,
        id: AskId,
        chain: &ChainId,
        height: u64,
        trusted: Option<TrustedHeight>,
    ) -> Fact {
        let chain = self.chains.named(chain);
        let Some(header) = chain.headers.get(&height) else {
            return Fact::Failed(id, Why::Unavailable(format!("no header {height}")));
        };
        Fact::Header(
            id,
            Header {
                height,
                time: Time(header.time),
                root: header.root.clone(),
                next_validators_hash: vec![7; 32],
                updates: trusted
                    .map(|trusted| light::pack(header, trusted.height))
                    .into_iter()
                    .collect(),
            },
        )
    }

    fn prove(
        &self,
        id: AskId,
        (chain, height, is_stale): (&ChainId, u64, bool),
        keys: Vec<Vec<u8>>,
    ) -> Fact {
        let chain = self.chains.named(chain);
        let Some(state) = chain.history.get(&height).filter(|_| !is_stale) else {
            return Fact::Failed(id, Why::Unavailable(format!("no state of {height}")));
        };
        let root = light::root(&chain.id, height);
        let prove = |key: Vec<u8>| {
            let value = state.get(&key);
            Proved { proof: light::proof(&root, &key, value.as_deref()), key, value }
        };
        let mut items: Vec<Proved> = keys.into_iter().map(prove).collect();
        let newest =
            |proved: &Proved| newest_consensus_state(&proved.key, proved.value.as_deref()?);
        let more: Vec<Vec<u8>> = items.iter().filter_map(newest).collect();
        items.extend(more.into_iter().map(prove));
        Fact::Proofs(id, Proofs { root: root.clone(), items })
    }
}

/// What the driver makes of a node's answer to a broadcast.
fn told(checked: Checked) -> Answer {
    match checked {
        Checked::Pooled => Answer::Pooled,
        Checked::Full => Answer::Unknown("mempool is full".to_owned()),
        Checked::Refused(failure) => Answer::Refused(refusal(failure, None)),
        Checked::TooLarge => {
            let log = "Tx too large".to_owned();
            Answer::Refused(refusal(Failure { codespace: "sdk", code: 21, log }, None))
        }
    }
}

fn refusal(failure: Failure, index: Option<usize>) -> Refusal {
    let (codespace, log) = (failure.codespace.to_owned(), beginning(&failure.log));
    Refusal { codespace, code: failure.code, index, log }
}
