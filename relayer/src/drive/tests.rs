//! The loop: what it does when it is told to stop.

use super::fake::{CHAIN, FakeNode, LIMIT, Trouble};
use super::*;
use crate::model::config::Config;
use crate::model::cost::Paid;
use crate::model::facts::PacketData;
use crate::model::ids::{Both, PacketKey, SlotId, Span};
use crate::model::rows::{Ibc, PathRow, Rows, Write};
use crate::store::sqlite::Sqlite;

/// A path to the chain, of which nothing is there.
fn path() -> PathRow {
    PathRow {
        path: "path".into(),
        chains: Both { a: CHAIN.into(), b: "other-1".into() },
        ends: Both::default(),
        create: false,
        delay: Span(0),
        ibc: Ibc::V1,
    }
}

/// A model that knows one chain, to which a path leads, and the chain's node.
async fn engine(node: &FakeNode, dir: &tempfile::TempDir) -> Engine<Sqlite> {
    let text = format!(
        "[[chain]]\nid = \"{CHAIN}\"\nrpc = [\"http://127.0.0.1:1\"]\naddress_prefix = \"wasm\"\n\
         key = \"relayer\"\ngas_price = \"1stake\"\n"
    );
    let rows = Rows { paths: vec![path()], ..Rows::default() };
    let model = Model::load(setup::offline(&toml::from_str(&text).unwrap()), rows);
    let store = Sqlite::open(&dir.path().join("ferry.db")).await.unwrap();
    let node = node.connect(LIMIT).await;
    Engine::new(model, Arc::new(store), BTreeMap::from([(node.id.clone(), node)]))
}

#[tokio::test]
async fn blocks_are_read_until_it_is_enough() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let first = vec![Fact::Begin(CHAIN.into(), node.tip(3))];
    let height = |model: &Model| model.cursor(&CHAIN.into()).map(|tip| tip.height);
    let enough = |model: &Model| height(model) == Some(9);
    let engine = engine(&node, &dir).await;
    let model = run(engine, first, CancellationToken::new(), enough).await.unwrap();
    assert_eq!(height(&model), Some(9));
}

#[tokio::test]
async fn a_silent_node_does_not_keep_it_from_stopping() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let engine = engine(&node, &dir).await;
    node.trouble(&[Trouble::Silence; 100]);
    let stop = CancellationToken::new();
    let first = vec![Fact::Begin(CHAIN.into(), node.tip(3))];
    let running = tokio::spawn(run(engine, first, stop.clone(), |_| false));
    // A question is under way then, and will not be answered.
    while node.state.lock().unwrap().troubles.len() > 98 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap().unwrap();
}

/// A database behind a firewall that forgot the connection.
struct Silence;

impl Store for Silence {
    async fn load(&self) -> Result<Rows, StoreError> {
        pending().await
    }

    async fn commit(&self, _: &[Write]) -> Result<(), StoreError> {
        pending().await
    }

    async fn packet_data(&self, _: &[PacketKey]) -> Result<Vec<PacketData>, StoreError> {
        pending().await
    }

    async fn each_cost(&self, _: u64, _: &mut (dyn FnMut(Paid) + Send)) -> Result<(), StoreError> {
        pending().await
    }

    async fn fold_costs(&self, _: u64, _: u32) -> Result<bool, StoreError> {
        pending().await
    }

    async fn forget_costs(&self, _: u64) -> Result<(), StoreError> {
        pending().await
    }

    async fn slot_bytes(&self, _: &SlotId) -> Result<Vec<u8>, StoreError> {
        pending().await
    }

    async fn release(&self) -> Result<(), StoreError> {
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_does_not_keep_it_from_stopping() {
    let engine = Engine::new(Model::new(Config::default()), Arc::new(Silence), BTreeMap::new());
    let stop = CancellationToken::new();
    let running = run(engine, Vec::new(), stop.clone(), |_| false);
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(5), running).await.unwrap();
    assert!(matches!(ended, Err(DriveError::Unstored)), "{ended:?}");
}

#[tokio::test]
async fn whoever_asks_at_the_desk_is_answered_by_the_running_loop() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let (engine, stop) = (engine(&node, &dir).await, CancellationToken::new());
    let desk = engine.desk();
    let first = vec![Fact::Begin(CHAIN.into(), node.tip(3))];
    let running = tokio::spawn(run(engine, first, stop.clone(), |_| false));
    let height = |model: &Model, _: &Tally| model.cursor(&CHAIN.into()).map(|tip| tip.height);
    while desk.read(height).await.unwrap() != Some(9) {
        tokio::task::yield_now().await;
    }
    let blocks = desk.read(|_, tally| tally.chains[&CHAIN.into()].blocks).await.unwrap();
    assert_eq!(blocks, 6);

    let settings = |model: &Model, _: &Tally| model.config.values().cloned().collect::<Vec<_>>();
    let mut chains = desk.read(settings).await.unwrap();
    chains[0].memo = "ours".into();
    let config = Config { chains, max_tries: 3, ..Config::default() };
    desk.tell(Fact::Reload(Box::new(config))).unwrap();
    let tries = desk.read(|model, _| model.max_tries).await.unwrap();
    assert_eq!((tries, desk.read(settings).await.unwrap()[0].memo.as_str()), (3, "ours"));

    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(desk.read(|_, _| ()).await, Err(desk::DeskError::Stopped));
}

/// However many questions a node that hangs does not answer, another chain's are answered.
#[tokio::test]
async fn a_node_that_hangs_holds_up_no_other_chains_questions() {
    let (silent, sound) = (FakeNode::with_blocks(3).await, FakeNode::with_blocks(3).await);
    let dir = tempfile::tempdir().unwrap();
    let mut engine = engine(&silent, &dir).await;
    engine.nodes.insert("other-1".into(), sound.connect(LIMIT).await);
    silent.trouble(&[Trouble::Silence; 200]);
    let account = |chain: &str| {
        Ask::Account(crate::model::ids::LaneId { chain: chain.into(), address: "wasm1".into() })
    };
    (0..100).for_each(|id| engine.ask(AskId(id), account(CHAIN)));
    engine.ask(AskId(100), account("other-1"));
    let answer = tokio::time::timeout(Duration::from_secs(5), engine.next()).await;
    let answer = answer.expect("the other chain's question waits").unwrap();
    assert!(matches!(answer, Fact::Failed(AskId(100), _)), "{answer:?}");
}

/// Nothing of a chain waits for the answer to anything else; how much is asked at once, the model says.
#[tokio::test]
async fn questions_of_a_chain_are_under_way_at_once() {
    let (silent, dir) = (FakeNode::with_blocks(3).await, tempfile::tempdir().unwrap());
    let mut engine = engine(&silent, &dir).await;
    silent.trouble(&[Trouble::Silence; 200]);
    let account =
        || Ask::Account(crate::model::ids::LaneId { chain: CHAIN.into(), address: "wasm1".into() });
    (0..32).for_each(|id| engine.ask(AskId(id), account()));
    let under_way = || 200 - silent.state.lock().unwrap().troubles.len();
    let all = async {
        while under_way() < 32 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.expect("they wait for each other");
}

/// A chain that was reset stops no other, unless somebody waits for what was to be done.
#[tokio::test]
async fn a_chain_that_cannot_be_followed_stops_no_other() {
    let (node, dir) = (FakeNode::with_blocks(3).await, tempfile::tempdir().unwrap());
    let lost = || Err(DriveError::AnotherChain { chain: CHAIN.into(), height: 3 });
    let mut engine = engine(&node, &dir).await;
    engine.pullers.spawn(pending());
    engine.lost(lost()).unwrap_err();
    let mut engine = engine.without_lost_chains();
    engine.lost(lost()).unwrap();
    assert!(engine.nodes.is_empty(), "it is still asked");
    assert_eq!(engine.resting.len(), 1, "it is not tried again");
    engine.pullers.shutdown().await;
    engine.lost(lost()).unwrap_err();
}

/// Its endpoints may have been mistaken: reading goes on where it could not.
#[tokio::test]
async fn a_chain_that_could_not_be_followed_is_read_again() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let mut engine = engine(&node, &dir).await.without_lost_chains();
    engine.take(Fact::Begin(CHAIN.into(), node.tip(3))).await.unwrap();
    engine.pullers.shutdown().await;
    engine.pullers.spawn(pending());
    let error = DriveError::AnotherChain { chain: CHAIN.into(), height: 3 };
    engine.lost(Err(error)).unwrap();
    engine.resting.shutdown().await;
    let rested = node.connect(LIMIT).await;
    engine.follow_again(CHAIN.into(), rested);
    while engine.model.cursor(&CHAIN.into()).map(|tip| tip.height) != Some(9) {
        let fact = tokio::time::timeout(LIMIT, engine.next()).await.unwrap().unwrap();
        engine.take(fact).await.unwrap();
    }
}

#[tokio::test]
async fn a_chain_that_joins_a_running_loop_is_read() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let Engine { model, nodes, .. } = engine(&node, &dir).await;
    let store = Sqlite::open(&dir.path().join("second.db")).await.unwrap();
    let engine = Engine::new(Model::new(Config::default()), Arc::new(store), Nodes::new());
    let (desk, stop) = (engine.desk(), CancellationToken::new());
    let running = tokio::spawn(run(engine, Vec::new(), stop.clone(), |_| false));
    let config = Config { chains: model.config.into_values().collect(), ..Config::default() };
    let begin = Fact::Begin(CHAIN.into(), node.tip(3));
    let leads = Fact::Path(path(), Vec::new());
    desk.join(nodes, vec![Fact::Reload(Box::new(config)), begin, leads]).unwrap();
    read_to(&desk, 9).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// Waits until the chain is read to a height.
async fn read_to(desk: &desk::Desk, height: u64) {
    let read = |model: &Model, _: &Tally| model.cursor(&CHAIN.into()).map(|tip| tip.height);
    while desk.read(read).await.unwrap() != Some(height) {
        tokio::task::yield_now().await;
    }
}

/// Its last path was forgotten: nothing is asked of its node any more, until there is one again.
#[tokio::test]
async fn a_chain_is_read_while_a_path_leads_to_it() {
    let (node, dir) = (FakeNode::with_blocks(9).await, tempfile::tempdir().unwrap());
    let (engine, stop) = (engine(&node, &dir).await, CancellationToken::new());
    let desk = engine.desk();
    let first = vec![Fact::Begin(CHAIN.into(), node.tip(3))];
    let running = tokio::spawn(run(engine, first, stop.clone(), |_| false));
    read_to(&desk, 9).await;
    desk.tell(Fact::Forget(path().path)).unwrap();
    desk.read(|_, _| ()).await.unwrap();
    // What was asked before that is answered by then.
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Its key's account may be asked for again.
    let is_of_blocks = |call: &&String| *call != "abci_query";
    let calls = || node.state.lock().unwrap().calls.iter().filter(is_of_blocks).count();
    let before = calls();
    node.grow(12);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(calls(), before, "its node is still asked");

    desk.tell(Fact::Path(path(), Vec::new())).unwrap();
    read_to(&desk, 12).await;
    // Who takes it up later begins with the newest block.
    desk.tell(Fact::Forget(path().path)).unwrap();
    node.grow(20);
    desk.tell(Fact::Begin(CHAIN.into(), node.tip(18))).unwrap();
    read_to(&desk, 18).await;
    desk.tell(Fact::Path(path(), Vec::new())).unwrap();
    read_to(&desk, 20).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_loop_without_offers_sends_nothing() {
    let (node, dir) = (FakeNode::with_blocks(3).await, tempfile::tempdir().unwrap());
    let mut engine = engine(&node, &dir).await.without_offers();
    let lane = crate::model::ids::LaneId { chain: CHAIN.into(), address: "wasm1".into() };
    let slot = crate::model::ids::SlotId { lane: lane.clone(), sequence: 0, attempt: 0 };
    engine.ask(AskId(1), Ask::Offer(slot));
    assert!(engine.asks.is_empty());
    engine.ask(AskId(2), Ask::Account(lane));
    assert_eq!(engine.asks.len(), 1);
}
