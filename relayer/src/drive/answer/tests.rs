//! Answers, by nodes that fail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::chain::price::PriceModule;
use cosmos::rpc::AbciQuery;
use ibc_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoResponse};
use ibc_proto::cosmos::base::abci::v1beta1::GasInfo;
use serde_json::json;
use tokio::time::{pause, sleep};

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

/// Two nodes of a chain, the first of which is in use, and what asks them.
struct Two {
    first: FakeNode,
    second: FakeNode,
    node: Arc<Node>,
    nodes: Nodes,
    store: Arc<Sqlite>,
    _dir: tempfile::TempDir,
}

impl Two {
    async fn new(limit: Duration) -> Self {
        let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(5).await);
        let node = FakeNode::connect_to(&[&first, &second], limit).await;
        let nodes = Nodes::from([(node.id.clone(), Arc::clone(&node))]);
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&dir.path().join("ferry.db")).await.unwrap());
        Self { first, second, node, nodes, store, _dir: dir }
    }

    async fn ask(&self, ask: Ask) -> Fact {
        answer(&self.nodes, &self.store, AskId(0), ask).await
    }

    async fn fails(&self, ask: Ask) {
        let fact = self.ask(ask).await;
        assert!(matches!(fact, Fact::Failed(_, Why::Unavailable(_))), "{fact:?}");
    }

    fn used(&self) -> String {
        self.node.rpc().endpoint().to_owned()
    }

    fn account(&self) -> Ask {
        Ask::Account(self.node.lanes()[0].clone())
    }

    fn header(&self) -> Ask {
        Ask::Header { chain: self.node.id.clone(), height: 3, trusted: None }
    }

    fn simulation(&self) -> Ask {
        Ask::Simulate { chain: self.node.id.clone(), tx: vec![1] }
    }

    /// Waits until the second node was asked for something so often.
    async fn asked_the_second(&self, method: &str, count: usize) {
        let calls = || {
            let state = self.second.state.lock().unwrap();
            state.calls.iter().filter(|call| *call == method).count()
        };
        let asked = async {
            while calls() < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LIMIT / 2, asked).await.unwrap();
    }

    /// Waits until the second node is the one in use.
    async fn turned(&self) {
        let turned = async {
            while self.used() != self.second.address {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LIMIT / 2, turned).await.unwrap();
    }
}

/// What a node answers to a query of an account.
fn account() -> serde_json::Value {
    let info = BaseAccount { account_number: 7, sequence: 9, ..BaseAccount::default() };
    let answer = QueryAccountInfoResponse { info: Some(info) }.encode_to_vec();
    json!({ "value": STANDARD.encode(answer) })
}

fn says(node: &FakeNode, query: &'static str, answer: serde_json::Value) {
    node.state.lock().unwrap().queries.insert(0, (query, answer));
}

/// It serves blocks, so that nothing else leaves it.
#[tokio::test]
async fn an_endpoint_that_refuses_what_every_node_answers_is_left() {
    let two = Two::new(LIMIT).await;
    two.first.state.lock().unwrap().refuses.extend(["abci_query", "broadcast_tx_sync"]);
    says(&two.second, "AccountInfo", account());
    let endpoints = &two.node.endpoints;
    two.fails(two.account()).await;
    // Other questions are answered meanwhile.
    endpoints.answered("header", two.node.rpc().address());
    two.fails(two.account()).await;
    assert_eq!(two.used(), two.first.address);
    two.fails(two.account()).await;
    two.turned().await;
    let (late, now) = (Address::from(two.first.address.as_str()), two.node.rpc().address().clone());
    let counted = |endpoint| endpoints.unanswered("header", endpoint);
    assert!(![&late; 4].into_iter().any(counted), "that one was left");
    assert!(!counted(&now) && !counted(&now));
    endpoints.answered("header", &late);
    assert!(counted(&now), "what another one answered is no answer of this one");
    let none = json!({ "code": 22, "codespace": "sdk", "log": "not found" });
    says(&two.second, "AccountInfo", none);
    for _ in 0..4 {
        let fact = two.ask(two.account()).await;
        assert!(matches!(fact, Fact::Failed(_, Why::Refused(_))), "{fact:?}");
    }
    assert!(!endpoints.unanswered("account", &now), "a key may have no account yet");
}

/// What a node never answers is given up when a request has taken as long as it may, by the endpoint's name.
#[tokio::test]
async fn a_question_is_given_up_when_its_request_has_taken_as_long_as_it_may() {
    const LIMIT: Duration = Duration::from_secs(60);
    let two = Two::new(LIMIT).await;
    two.first.state.lock().unwrap().hangs.push("abci_query");
    pause();
    let began = Instant::now();
    two.fails(two.account()).await;
    assert_eq!(began.elapsed().as_secs(), LIMIT.as_secs());
}

/// It says of every query that it cannot load the state, with a code of its application.
#[tokio::test]
async fn an_endpoint_whose_application_answers_nothing_is_left() {
    let two = Two::new(LIMIT).await;
    let broken =
        json!({ "code": 18, "codespace": "sdk", "log": "failed to load state at height 5" });
    says(&two.first, "/", broken);
    says(&two.second, "AccountInfo", account());
    for _ in 0..3 {
        two.fails(two.account()).await;
    }
    two.turned().await;
    let fact = two.ask(two.account()).await;
    assert!(matches!(fact, Fact::Account(_, Account { number: 7, sequence: 9 })), "{fact:?}");
}

/// Heights that all have thrown away, prices that the chain does not have, simulations that nobody ends: the endpoint
/// stays in use, and the others are not asked all the time.
#[tokio::test]
async fn what_no_endpoint_answers_changes_none() {
    let two = Two::new(Duration::from_millis(200)).await;
    for _ in 0..10 {
        two.fails(two.header()).await;
    }
    two.asked_the_second("commit", 1).await;
    let price = || {
        let (module, denom) = (PriceModule::Feemarket, "stake".to_owned());
        Ask::GasPrice { chain: two.node.id.clone(), module, denom }
    };
    let unknown = json!({ "code": 6, "codespace": "sdk", "log": "unknown service" });
    [&two.first, &two.second].into_iter().for_each(|node| says(node, "feemarket", unknown.clone()));
    for _ in 0..4 {
        two.fails(price()).await;
    }
    two.asked_the_second("abci_query", 1).await;
    for node in [&two.first, &two.second] {
        node.state.lock().unwrap().hangs.push("abci_query");
    }
    two.fails(two.simulation()).await;
    let asked = Asked::of(&two.nodes, &two.simulation()).unwrap();
    asked.of_others(Arc::clone(&two.store), AskId(0)).await;
    let counted = |_| two.node.endpoints.unanswered("simulate", two.node.rpc().address());
    assert!(!(0..4).any(counted), "the second was asked a moment ago");
    assert_eq!(two.used(), two.first.address);
    let state = two.second.state.lock().unwrap();
    let commits = state.calls.iter().filter(|call| *call == "commit").count();
    assert_eq!(commits, 1, "it is asked once a minute: {:?}", state.calls);
}

/// A height that it has thrown away and another has, a simulation that it does not end and another does.
#[tokio::test]
async fn an_endpoint_is_left_for_one_that_answers_what_it_does_not() {
    let two = Two::new(Duration::from_millis(500)).await;
    let block = [recorded("commit_send"), recorded("validators")];
    let height = block[0]["signed_header"]["header"]["height"].as_str().unwrap().parse().unwrap();
    two.second.state.lock().unwrap().light.insert(height, block);
    for _ in 0..3 {
        two.fails(Ask::Header { chain: two.node.id.clone(), height, trusted: None }).await;
    }
    two.turned().await;

    let two = Two::new(Duration::from_millis(500)).await;
    two.first.state.lock().unwrap().hangs.push("abci_query");
    let gas_info = Some(GasInfo { gas_wanted: 0, gas_used: 5 });
    let used = SimulateResponse { gas_info, result: None }.encode_to_vec();
    says(&two.second, "Simulate", json!({ "value": STANDARD.encode(used) }));
    for _ in 0..3 {
        two.fails(two.simulation()).await;
    }
    two.turned().await;
}

/// The second endpoint says nothing, which takes the whole time limit each time; the first comes back before.
#[tokio::test]
async fn while_another_endpoint_is_sought_everything_goes_on() {
    let two = Two::new(LIMIT).await;
    two.first.state.lock().unwrap().refuses.push("abci_query");
    two.second.trouble(&[Trouble::Silence; 100]);
    let goes_on = async {
        for _ in 0..10 {
            two.fails(two.account()).await;
        }
        while two.second.state.lock().unwrap().troubles.len() == 100 {
            sleep(Duration::from_millis(1)).await;
        }
        // Who reads blocks seeks one that is not in use any more, and does not wait.
        two.node.endpoints.leave(&"http://127.0.0.1:1".into()).await;
        two.first.state.lock().unwrap().refuses.clear();
        says(&two.first, "AccountInfo", account());
        assert!(matches!(two.ask(two.account()).await, Fact::Account(..)));
    };
    timeout(LIMIT / 2, goes_on).await.unwrap();
    let sought = 100 - two.second.state.lock().unwrap().troubles.len();
    assert_eq!(sought, 1, "it is sought once at a time");
    assert_eq!(two.used(), two.first.address);
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
