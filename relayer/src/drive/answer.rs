//! One question, one answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cosmos::chain::ChainError;
use cosmos::rpc::{Address, Fault, QueryError};
use cosmos::wire::proof::{verify_absence, verify_value};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use prost::Message;
use tokio::time::Instant;

use super::decode::{beginning, failed_index};
use super::node::Node;
use super::{Nodes, client, compare, funds, light, scan};
use crate::model::facts::{Answer, Ask, Fact, Proofs, Proved, Refusal, Simulation, Why};
use crate::model::ids::{AskId, ChainId, LaneId, PacketKey, Route, SlotId};
use crate::model::rows::Leg;
use crate::model::state::Account;
use crate::plan::refusal::TOO_LARGE;
use crate::store::Store;

/// Proofs asked for at once. The node makes one in 70 µs; the rest is the round trip.
const PROOFS_AT_ONCE: usize = 16;

/// Answers a question; what cannot be answered is answered with the reason, before another endpoint is sought.
pub(super) async fn answer<S: Store>(nodes: &Nodes, store: &S, id: AskId, ask: Ask) -> Fact {
    let (name, started) = (ask.name(), Instant::now());
    let asked = endpoint_that_must_answer(nodes, &ask);
    let fact = fact(nodes, store, id, ask).await.unwrap_or_else(|why| Fact::Failed(id, why));
    match asked {
        Some((node, endpoint)) if is_answered(&fact) => node.endpoints.answered(name, &endpoint),
        Some((node, endpoint)) if node.endpoints.unanswered(name, &endpoint) => {
            let node = Arc::clone(node);
            tokio::spawn(async move { node.endpoints.leave_beside(&endpoint).await });
        }
        _ => {}
    }
    tracing::debug!(ask = name, id = id.0, elapsed = ?started.elapsed(), "answered");
    fact
}

/// The endpoint that is asked what every node has to answer. It may be rightly that one does not tell a price, or
/// what was long ago.
fn endpoint_that_must_answer<'a>(nodes: &'a Nodes, ask: &Ask) -> Option<(&'a Arc<Node>, Address)> {
    let chain = match ask {
        Ask::Header { chain, .. }
        | Ask::Prove { chain, .. }
        | Ask::Open { chain, .. }
        | Ask::Simulate { chain, .. }
        | Ask::Client { chain, .. } => chain,
        Ask::Offer(slot) => &slot.lane.chain,
        Ask::Account(lane) | Ask::Funds { lane, .. } => &lane.chain,
        Ask::Load(_)
        | Ask::Channels { .. }
        | Ask::Packets { .. }
        | Ask::Compare(_)
        | Ask::Heights { .. }
        | Ask::GasPrice { .. } => return None,
    };
    let node = node(nodes, chain).ok()?;
    Some((node, node.rpc().address().clone()))
}

/// Whether a node answered, whatever it said. That a mempool has no room is said of it, not of the node.
fn is_answered(fact: &Fact) -> bool {
    match fact {
        Fact::Failed(_, Why::Unavailable(_)) => false,
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
        // Another endpoint would say the same.
        ChainError::NoAccount { .. } | ChainError::Query(QueryError::Refused { .. }) => {
            Why::Refused(error.to_string())
        }
        _ => Why::Unavailable(error.to_string()),
    }
}

fn stored(error: crate::store::StoreError) -> Why {
    Why::Unavailable(error.to_string())
}

/// Proves keys of the state after block `height`, against the root in the header above it.
pub(super) async fn prove(node: &Node, height: u64, keys: Vec<Vec<u8>>) -> Result<Proofs, Why> {
    let root = node.light_block(height + 1).await?.app_hash().to_vec();
    let proofs = keys.into_iter().map(|key| prove_one(node, height, key, &root));
    let items = stream::iter(proofs).buffered(PROOFS_AT_ONCE).try_collect().await?;
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
mod tests {
    use std::time::Duration;

    use cosmos::chain::price::PriceModule;
    use cosmos::rpc::AbciQuery;
    use tokio::time::{sleep, timeout};

    use super::super::fake::{FakeNode, LIMIT, Trouble, recorded};
    use super::*;
    use crate::store::sqlite::Sqlite;

    /// What is said of a proof whose answer was changed before it came.
    async fn proved(change: impl FnOnce(&mut serde_json::Value)) -> Result<Proofs, Why> {
        let mut answer = recorded("proof_commitment");
        let response = &mut answer["response"];
        let AbciQuery { key, height, .. } = serde_json::from_value(response.clone()).unwrap();
        change(response);
        let fake = FakeNode::with_blocks(1).await;
        let answers = [
            ("commit", recorded("commit_send")),
            ("validators", recorded("validators")),
            ("abci_query", answer),
        ];
        let node = fake.connect(LIMIT).await;
        fake.state.lock().unwrap().recorded.extend(answers);
        prove(&node, height, vec![key]).await
    }

    #[tokio::test]
    async fn only_what_the_header_proves_is_taken() {
        let as_it_was = proved(|_| {}).await.unwrap();
        assert!(as_it_was.items[0].value.is_some());
        let other = proved(|response| response["value"] = "b3RoZXI=".into()).await;
        assert!(matches!(other, Err(Why::Invalid(_))), "{other:?}");
        let absent = proved(|response| response["value"] = serde_json::Value::Null).await;
        assert!(matches!(absent, Err(Why::Invalid(_))), "{absent:?}");
        let failed = proved(|response| response["code"] = 1.into()).await;
        assert!(matches!(failed, Err(Why::Unavailable(_))), "{failed:?}");
        let later = proved(|response| response["height"] = "1598".into()).await;
        assert!(matches!(later, Err(Why::Unavailable(_))), "{later:?}");
    }

    /// It serves blocks, so that nothing else leaves it.
    #[tokio::test]
    async fn an_endpoint_that_refuses_what_every_node_answers_is_left() {
        let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(5).await);
        first.state.lock().unwrap().refuses.extend(["abci_query", "broadcast_tx_sync"]);
        let price = serde_json::json!({ "code": 6, "codespace": "sdk", "log": "unknown service" });
        second.state.lock().unwrap().queries.push(("feemarket", price));
        let node = FakeNode::connect_to(&[&first, &second], LIMIT).await;
        let nodes = Nodes::from([(node.id.clone(), Arc::clone(&node))]);
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("ferry.db")).await.unwrap();
        let lane = node.lanes()[0].clone();
        let used = || node.rpc().endpoint().to_owned();
        let fails = async |ask: Ask| {
            let fact = answer(&nodes, &store, AskId(0), ask).await;
            assert!(matches!(fact, Fact::Failed(..)), "{fact:?}");
        };
        fails(Ask::Account(lane.clone())).await;
        // Other questions are answered meanwhile.
        node.endpoints.answered("header", node.rpc().address());
        fails(Ask::Account(lane.clone())).await;
        assert_eq!(used(), first.address);
        fails(Ask::Account(lane.clone())).await;
        turned_to(&node, &second).await;
        let (late, now) = (Address::from(first.address.as_str()), node.rpc().address().clone());
        let counted = |endpoint| node.endpoints.unanswered("header", endpoint);
        assert!(![&late; 4].into_iter().any(counted), "that one was left");
        assert!(!counted(&now) && !counted(&now));
        node.endpoints.answered("header", &late);
        assert!(counted(&now), "what another one answered is no answer of this one");
        let (module, denom) = (PriceModule::Feemarket, "stake".to_owned());
        for _ in 0..4 {
            fails(Ask::GasPrice { chain: node.id.clone(), module, denom: denom.clone() }).await;
        }
        assert_eq!(used(), second.address, "a chain may have no such module");
        let none = serde_json::json!({ "code": 22, "codespace": "sdk", "log": "not found" });
        second.state.lock().unwrap().queries.push(("AccountInfo", none));
        for _ in 0..4 {
            fails(Ask::Account(lane.clone())).await;
        }
        assert_eq!(used(), second.address, "a key may have no account yet");
    }

    /// Waits until a node is the one in use.
    async fn turned_to(node: &Node, fake: &FakeNode) {
        let turned = async {
            while node.rpc().endpoint() != fake.address {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LIMIT / 2, turned).await.unwrap();
    }

    /// The second endpoint says nothing, which takes the whole time limit each time; the first comes back before.
    #[tokio::test]
    async fn while_another_endpoint_is_sought_everything_goes_on() {
        let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(5).await);
        first.state.lock().unwrap().refuses.push("abci_query");
        second.trouble(&[Trouble::Silence; 100]);
        let node = FakeNode::connect_to(&[&first, &second], LIMIT).await;
        let nodes = Nodes::from([(node.id.clone(), Arc::clone(&node))]);
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("ferry.db")).await.unwrap();
        let lane = node.lanes()[0].clone();
        let asked = async || answer(&nodes, &store, AskId(0), Ask::Account(lane.clone())).await;
        let goes_on = async {
            for _ in 0..10 {
                assert!(matches!(asked().await, Fact::Failed(_, Why::Unavailable(_))));
            }
            while second.state.lock().unwrap().troubles.len() == 100 {
                sleep(Duration::from_millis(1)).await;
            }
            // Who reads blocks seeks one that is not in use any more, and does not wait.
            node.endpoints.leave(&"http://127.0.0.1:1".into()).await;
            first.state.lock().unwrap().refuses.clear();
            let none = serde_json::json!({ "code": 22, "codespace": "sdk", "log": "not found" });
            first.state.lock().unwrap().queries.push(("AccountInfo", none));
            assert!(matches!(asked().await, Fact::Failed(_, Why::Refused(_))));
        };
        timeout(LIMIT / 2, goes_on).await.unwrap();
        let sought = 100 - second.state.lock().unwrap().troubles.len();
        assert_eq!(sought, 1, "it is sought once at a time");
        assert_eq!(node.rpc().endpoint(), first.address);
    }

    fn refused(data: &str) -> Fault {
        Fault::Refused { code: -32603, message: "Internal error".into(), data: data.into() }
    }

    #[test]
    fn a_mempool_that_takes_no_such_size_refuses_and_one_that_is_full_does_not() {
        assert!(is_too_large(&refused("Tx too large. Max size is 1048576, but got 1250000")));
        assert!(is_too_large(&refused("tx pre check: tx size is too big: 250100, max: 200000")));
        assert!(!is_too_large(&refused("mempool is full: number of txs 5000 (max: 5000)")));
        assert!(is_cached(&refused("tx already exists in cache")));
    }
}
