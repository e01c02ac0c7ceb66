//! One question, one answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cosmos::chain::{Chain, ChainError};
use cosmos::rpc::{Address, Fault, QueryError};
use cosmos::wire::client::newest_consensus_state;
use cosmos::wire::proof::{verify_absence, verify_value};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use prost::Message;
use tokio::time::{Instant, timeout};

use super::decode::{beginning, failed_index};
use super::node::Node;
use super::{Nodes, client, compare, funds, light, scan};
use crate::model::asks::PATIENCE;
use crate::model::facts::{Answer, Ask, Fact, Proofs, Proved, Refusal, Simulation, Why};
use crate::model::ids::{AskId, ChainId, LaneId, PacketKey, Route, SlotId};
use crate::model::rows::Leg;
use crate::model::state::Account;
use crate::plan::refusal::TOO_LARGE;
use crate::store::Store;

/// Proofs asked for at once. The node makes one in 70 µs; the rest is the round trip.
const PROOFS_AT_ONCE: usize = 16;

/// Answers a question; what cannot be answered is answered with the reason, before another endpoint is sought.
pub(super) async fn answer<S: Store + Send + Sync + 'static>(
    nodes: &Nodes,
    store: &Arc<S>,
    id: AskId,
    ask: Ask,
) -> Fact {
    let (name, started) = (ask.name(), Instant::now());
    let node = ask.chain().and_then(|chain| nodes.get(chain));
    let request = node.map_or(PATIENCE, |node| node.endpoints.limit().into());
    let (asked, patience) = (Asked::of(nodes, &ask), Duration::from_nanos(ask.patience(request).0));
    // Nobody waits for it any more then, and its place is somebody else's.
    let fact = timeout(patience, Box::pin(fact(nodes, store.as_ref(), id, ask))).await;
    let fact = fact.unwrap_or(Err(Why::Timeout)).unwrap_or_else(|why| Fact::Failed(id, why));
    if let Some(asked) = asked {
        if is_answered(&fact) {
            asked.node.endpoints.answered(name, &asked.endpoint);
        } else if asked.node.endpoints.unanswered(name, &asked.endpoint) {
            tokio::spawn(asked.of_others(Arc::clone(store), id));
        }
    }
    tracing::debug!(ask = name, id = id.0, elapsed = ?started.elapsed(), "answered");
    fact
}

/// A question that one endpoint of several was asked, and that the others may be asked as well.
struct Asked {
    node: Arc<Node>,
    endpoint: Address,
    ask: Ask,
}

impl Asked {
    /// None where there is no other, or two chains are asked at once.
    fn of(nodes: &Nodes, ask: &Ask) -> Option<Self> {
        if matches!(ask, Ask::Load(_) | Ask::Packets { .. } | Ask::Compare(_)) {
            return None;
        }
        let node = nodes.get(ask.chain()?).filter(|node| node.endpoints.count() > 1)?;
        let endpoint = node.rpc().address().clone();
        Some(Self { node: Arc::clone(node), endpoint, ask: ask.clone() })
    }

    /// Turns to another endpoint if that answers.
    async fn of_others<S: Store>(self, store: Arc<S>, id: AskId) {
        let Self { node, endpoint, ask } = self;
        let answers = |chain: Chain| {
            let nodes = Nodes::from([(node.id.clone(), Arc::new(node.by(chain)))]);
            let (store, ask) = (Arc::clone(&store), ask.clone());
            async move {
                let fact = fact(&nodes, store.as_ref(), id, ask).await;
                fact.is_ok_and(|fact| is_answered(&fact))
            }
        };
        node.endpoints.leave_beside(ask.name(), &endpoint, answers).await;
    }
}

/// Whether a node answered: that there is no account, or no room in a mempool, is said of those, not of the node. Whose
/// fault it is that it did not, nobody can tell from what it says; another one that does is better.
fn is_answered(fact: &Fact) -> bool {
    match fact {
        Fact::Failed(_, why) => matches!(why, Why::Refused(_)),
        Fact::Offered(_, Answer::Unknown(reason)) => reason.contains("mempool is full"),
        _ => true,
    }
}

async fn fact<S: Store>(nodes: &Nodes, store: &S, id: AskId, ask: Ask) -> Result<Fact, Why> {
    Ok(match ask {
        Ask::Header { chain, height, trusted } => {
            Fact::Header(id, light::header(node(nodes, &chain)?, height, trusted).await?)
        }
        Ask::Prove { chain, height, keys } => {
            Fact::Proofs(id, prove(node(nodes, &chain)?, height, keys).await?)
        }
        Ask::Open { chain, works } => Fact::Open(id, open(node(nodes, &chain)?, works).await?),
        Ask::Load(keys) => Fact::Loaded(id, store.packet_data(&keys).await.map_err(stored)?),
        Ask::Simulate { chain, tx } => {
            Fact::Simulated(id, simulate(node(nodes, &chain)?, tx).await?)
        }
        Ask::Offer(slot) => Fact::Offered(id, offer(nodes, store, &slot).await?),
        Ask::Account(lane) => Fact::Account(id, account(nodes, &lane).await?),
        Ask::Funds { lane, denom, granters } => {
            let chain = node(nodes, &lane.chain)?.chain();
            let look = funds::look(&chain, lane.address.as_str(), &denom, granters);
            Fact::Funds(id, look.await.map_err(failed)?)
        }
        Ask::Channels { chain, connection, height } => {
            let channels = scan::channels(node(nodes, &chain)?, &connection, height).await?;
            Fact::Channels(id, channels)
        }
        Ask::Packets { from, to, after } => {
            let source = node(nodes, &from.chain)?;
            let destination = node(nodes, &to.chain)?;
            Fact::Packets(id, scan::packets((source, from), (destination, to), after).await?)
        }
        Ask::Compare(given) => {
            let (on, of) = (node(nodes, &given.on)?, node(nodes, &given.of)?);
            Fact::Compared(id, Box::pin(compare::compare(on, of, &given)).await?)
        }
        Ask::Heights { chain, client, height, of } => {
            let on = node(nodes, &chain)?;
            Fact::Heights(id, compare::heights(on, (&client, height), &of).await?)
        }
        Ask::GasPrice { chain, module, denom } => {
            let chain = node(nodes, &chain)?.chain();
            Fact::GasPrice(id, chain.base_gas_price(module, &denom).await.map_err(failed)?)
        }
        Ask::Client { chain, client } => {
            let chain = node(nodes, &chain)?.chain();
            Fact::Client(id, client::look(&chain, client.as_str()).await.map_err(failed)?)
        }
    })
}

fn node<'a>(nodes: &'a Nodes, chain: &ChainId) -> Result<&'a Arc<Node>, Why> {
    nodes.get(chain).ok_or_else(|| Why::Unavailable(format!("chain `{chain}` is not served")))
}

fn failed(error: ChainError) -> Why {
    match &error {
        ChainError::NoAccount { .. } => Why::Refused(error.to_string()),
        _ => Why::Unavailable(error.to_string()),
    }
}

fn stored(error: crate::store::StoreError) -> Why {
    Why::Unavailable(error.to_string())
}

/// Proves keys of the state after block `height`, against the root in the header above it; see [`Ask::Prove`].
pub(super) async fn prove(node: &Node, height: u64, keys: Vec<Vec<u8>>) -> Result<Proofs, Why> {
    let root = node.light_block(height + 1).await?.app_hash().to_vec();
    let proofs = keys.into_iter().map(|key| prove_one(node, height, key, &root));
    let mut items: Vec<Proved> =
        stream::iter(proofs).buffered(PROOFS_AT_ONCE).try_collect().await?;
    let newest = |proved: &Proved| newest_consensus_state(&proved.key, proved.value.as_deref()?);
    for key in items.iter().filter_map(newest).collect::<Vec<_>>() {
        items.push(prove_one(node, height, key, &root).await?);
    }
    Ok(Proofs { root, items })
}

async fn prove_one(node: &Node, height: u64, key: Vec<u8>, root: &[u8]) -> Result<Proved, Why> {
    let proved = node.rpc().prove(key, height).await;
    let proved = proved.map_err(|error| Why::Unavailable(error.to_string()))?;
    let verified = match &proved.value {
        Some(value) => verify_value(&proved.proof, root, &proved.key, value),
        None => verify_absence(&proved.proof, root, &proved.key),
    };
    verified.map_err(|error| Why::Invalid(error.to_string()))?;
    Ok(Proved { key: proved.key, value: proved.value, proof: proved.proof.encode_to_vec() })
}

/// Those of the messages that are still to be done, as the node has it now.
async fn open(
    node: &Node,
    works: Vec<(Leg, PacketKey)>,
) -> Result<BTreeSet<(Leg, PacketKey)>, Why> {
    let mut asked = BTreeMap::<(bool, Arc<Route>), Vec<(Leg, u64)>>::new();
    for (leg, key) in works {
        asked.entry((leg == Leg::Recv, key.route)).or_default().push((leg, key.seq));
    }
    let chain = node.chain();
    let mut open = BTreeSet::new();
    for ((is_recv, route), messages) in asked {
        let sequences: Vec<u64> = messages.iter().map(|(_, seq)| *seq).collect();
        let end = if is_recv { route.dst() } else { route.src() };
        let name = (end.port.as_str(), end.channel.as_str());
        let left = match (end.client(), is_recv) {
            (Some(client), true) => chain.unreceived_v2_at(client.as_str(), &sequences, 0).await,
            (Some(client), false) => chain.unfinished_v2(client.as_str(), &sequences).await,
            (None, true) => chain.unreceived_packets_at(name, &sequences, 0).await,
            (None, false) => chain.unfinished_packets(name, &sequences).await,
        };
        let left: BTreeSet<u64> = left.map_err(failed)?.into_iter().collect();
        let still = messages.into_iter().filter(|(_, seq)| left.contains(seq));
        open.extend(still.map(|(leg, seq)| (leg, PacketKey { route: Arc::clone(&route), seq })));
    }
    Ok(open)
}

async fn simulate(node: &Node, tx: Vec<u8>) -> Result<Simulation, Why> {
    #[expect(deprecated, reason = "the generated message still has the field `tx`")]
    let request = SimulateRequest { tx: None, tx_bytes: tx };
    let path = "/cosmos.tx.v1beta1.Service/Simulate";
    let answer: Result<SimulateResponse, _> = node.rpc().query(path, &request, 0).await;
    match answer {
        Ok(answer) => {
            let gas_used = answer.gas_info.map(|gas| gas.gas_used).unwrap_or_default();
            Ok(Simulation::Ok { gas_used })
        }
        Err(QueryError::Refused { codespace, code, log, .. }) => {
            let index = failed_index(&log);
            Ok(Simulation::Refused(Refusal { codespace, code, index, log: beginning(&log) }))
        }
        Err(error) => Err(Why::Unavailable(beginning(&error.to_string()))),
    }
}

async fn offer<S: Store>(nodes: &Nodes, store: &S, slot: &SlotId) -> Result<Answer, Why> {
    let bytes = store.slot_bytes(slot).await.map_err(stored)?;
    let node = node(nodes, &slot.lane.chain)?;
    let answer = match node.rpc().broadcast_tx_sync(&bytes).await {
        Ok(answer) => answer,
        // CometBFT says so with an error, not with a code; the bytes are in its mempool or were.
        Err(error) if is_cached(&error.fault) => return Ok(Answer::Pooled),
        Err(error) => {
            let reason = error.to_string();
            return Ok(if is_too_large(&error.fault) {
                too_large(reason)
            } else {
                Answer::Unknown(reason)
            });
        }
    };
    tracing::debug!(chain = %node.id, sequence = slot.sequence, code = answer.code, log = answer.log, "offered");
    if answer.code == 0 {
        return Ok(Answer::Pooled);
    }
    Ok(Answer::Refused(Refusal {
        codespace: answer.codespace,
        code: answer.code,
        index: None,
        log: beginning(&answer.log),
    }))
}

/// Source: CometBFT v0.38 `mempool/errors.go`, `ErrTxInCache`.
fn is_cached(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { data, .. } if data.contains("tx already exists in cache"))
}

/// Whether the mempool takes no transaction of this size, whenever it is offered.
///
/// Source: CometBFT v0.38 `mempool/errors.go`, `ErrTxTooLarge`; `mempool/mempool.go`, `PreCheckMaxBytes`.
fn is_too_large(fault: &Fault) -> bool {
    let texts = ["Tx too large. Max size is", "tx size is too big"];
    matches!(fault, Fault::Refused { data, .. } if texts.iter().any(|text| data.contains(text)))
}

/// The answer that the SDK's own limit of a transaction's size gives.
fn too_large(log: String) -> Answer {
    let (codespace, code) = ("sdk".to_owned(), TOO_LARGE);
    Answer::Refused(Refusal { codespace, code, index: None, log: beginning(&log) })
}

async fn account(nodes: &Nodes, lane: &LaneId) -> Result<Account, Why> {
    let node = node(nodes, &lane.chain)?;
    let account = node.chain().account(lane.address.as_str()).await.map_err(failed)?;
    Ok(Account { number: account.number, sequence: account.sequence })
}

#[cfg(test)]
mod tests;
