//! A puller against a node that fails in all the ways that nodes do.

use serde_json::json;

use super::super::fake::{FakeNode, LIMIT, MUCH, Trouble, recorded};
use super::*;

/// A puller at work.
struct Pulling {
    facts: mpsc::Receiver<Fact>,
    puller: tokio::task::JoinHandle<Result<(), DriveError>>,
}

impl Pulling {
    /// Pulls from after `cursor` on.
    async fn from(node: &FakeNode, cursor: Tip) -> Self {
        Self::by(node.connect(Duration::from_secs(1)).await, cursor)
    }

    fn by(node: Arc<Node>, cursor: Tip) -> Self {
        let (sender, facts) = mpsc::channel(2);
        Self { facts, puller: tokio::spawn(pull(node, cursor, sender)) }
    }

    /// The next blocks' heights.
    async fn heights(&mut self, count: usize) -> Vec<u64> {
        let mut heights = Vec::new();
        while heights.len() < count {
            match timeout(LIMIT, self.facts.recv()).await.unwrap() {
                Some(Fact::Block(_, block)) => heights.push(block.tip.height),
                other => panic!("a block expected, got {other:?}"),
            }
        }
        heights
    }

    /// Why the puller ended.
    async fn error(mut self) -> DriveError {
        while timeout(LIMIT, self.facts.recv()).await.unwrap().is_some() {}
        self.puller.await.unwrap().unwrap_err()
    }
}

#[tokio::test]
async fn every_block_comes_once_and_in_order() {
    let node = FakeNode::with_blocks(20).await;
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    assert_eq!(pulling.heights(17).await, (4..=20).collect::<Vec<_>>());
    node.grow(22);
    assert_eq!(pulling.heights(2).await, [21, 22]);
}

#[tokio::test]
async fn a_block_costs_two_requests_while_catching_up() {
    let node = FakeNode::with_blocks(30).await;
    let mut pulling = Pulling::from(&node, node.tip(10)).await;
    pulling.heights(20).await;
    let calls = node.state.lock().unwrap().calls.clone();
    let blocks = calls.iter().filter(|call| call.starts_with("block")).count();
    assert_eq!(blocks, 40, "{calls:?}");
}

#[tokio::test]
async fn a_node_that_fails_is_asked_again() {
    for trouble in [Trouble::Status500, Trouble::Garbage, Trouble::HangUp] {
        let node = FakeNode::with_blocks(5).await;
        let mut pulling = Pulling::from(&node, node.tip(1)).await;
        assert_eq!(pulling.heights(1).await, [2]);
        node.trouble(&[trouble; 4]);
        node.grow(9);
        assert_eq!(pulling.heights(7).await, (3..=9).collect::<Vec<_>>(), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_node_that_says_nothing_or_of_another_block_is_asked_again() {
    for trouble in [Trouble::Silence, Trouble::OtherBlock] {
        let node = FakeNode::with_blocks(5).await;
        let mut pulling = Pulling::by(node.connect(Duration::from_millis(300)).await, node.tip(1));
        assert_eq!(pulling.heights(4).await, [2, 3, 4, 5]);
        node.trouble(&[trouble; 4]);
        node.grow(9);
        assert_eq!(pulling.heights(4).await, [6, 7, 8, 9], "{trouble:?}");
    }
}

/// A node that lost its state, or another one behind the same address: it is waited for.
#[tokio::test]
async fn a_node_that_falls_back_is_waited_for_and_nothing_comes_twice() {
    let node = FakeNode::with_blocks(9).await;
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    assert_eq!(pulling.heights(6).await, (4..=9).collect::<Vec<_>>());
    node.shrink(5);
    let calls = || node.state.lock().unwrap().calls.len();
    let before = calls();
    while calls() < before + 5 {
        tokio::task::yield_now().await;
    }
    assert!(pulling.facts.try_recv().is_err(), "something was handed over");
    node.grow(12);
    assert_eq!(pulling.heights(3).await, [10, 11, 12]);
}

/// The same address, lower, and when it has caught up it is another chain.
#[tokio::test]
async fn a_node_that_comes_back_as_another_chain_ends_it() {
    let node = FakeNode::with_blocks(9).await;
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    assert_eq!(pulling.heights(6).await, (4..=9).collect::<Vec<_>>());
    node.shrink(5);
    node.fork();
    node.grow(12);
    let error = pulling.error().await;
    assert!(matches!(error, DriveError::AnotherChain { height: 9, .. }), "{error}");
}

#[tokio::test]
async fn a_block_that_does_not_follow_the_last_one_is_another_chain() {
    let node = FakeNode::with_blocks(5).await;
    let cursor = Tip { hash: [7; 32], ..node.tip(3) };
    let error = Pulling::from(&node, cursor).await.error().await;
    assert!(matches!(error, DriveError::AnotherChain { height: 3, .. }), "{error}");
}

/// One of several endpoints has turned to another chain: the others go on.
#[tokio::test]
async fn an_endpoint_that_forked_is_left_for_one_that_did_not() {
    let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(9).await);
    first.fork();
    first.grow(9);
    let node = FakeNode::connect_to(&[&first, &second], Duration::from_secs(1)).await;
    let mut pulling = Pulling::by(Arc::clone(&node), second.tip(5));
    assert_eq!(pulling.heights(4).await, [6, 7, 8, 9]);
    assert_eq!(node.rpc().endpoint(), second.address);
}

/// Behind one address may be a node of another chain for a moment.
#[tokio::test]
async fn an_endpoint_that_forked_for_a_moment_is_asked_again() {
    let node = FakeNode::with_blocks(5).await;
    let mut pulling = Pulling::from(&node, node.tip(5)).await;
    node.fork();
    node.grow(6);
    tokio::time::sleep(Duration::from_millis(500)).await;
    node.shrink(4);
    node.grow(9);
    assert_eq!(pulling.heights(4).await, [6, 7, 8, 9]);
}

/// A header of a height that was not asked for moves no cursor.
#[tokio::test]
async fn a_header_of_another_height_is_not_believed() {
    let node = FakeNode::with_blocks(20).await;
    node.state.lock().unwrap().earliest = 10;
    node.state.lock().unwrap().headers[19]["height"] = json!("9000000000000000000");
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    let waited = timeout(Duration::from_millis(300), pulling.facts.recv()).await;
    assert!(waited.is_err(), "{waited:?}");
    node.shrink(19);
    node.grow(20);
    match timeout(LIMIT, pulling.facts.recv()).await.unwrap() {
        Some(Fact::Jump(_, tip)) => assert_eq!(tip, node.tip(20)),
        other => panic!("a jump expected, got {other:?}"),
    }
}

#[tokio::test]
async fn blocks_that_no_endpoint_keeps_are_a_gap() {
    let node = FakeNode::with_blocks(20).await;
    node.state.lock().unwrap().earliest = 10;
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    match timeout(LIMIT, pulling.facts.recv()).await.unwrap() {
        Some(Fact::Jump(_, tip)) => assert_eq!(tip, node.tip(20)),
        other => panic!("a jump expected, got {other:?}"),
    }
    node.grow(22);
    assert_eq!(pulling.heights(2).await, [21, 22]);
}

#[tokio::test]
async fn a_block_that_one_endpoint_has_thrown_away_comes_from_another() {
    let (first, second) = (FakeNode::with_blocks(9).await, FakeNode::with_blocks(9).await);
    first.state.lock().unwrap().earliest = 7;
    let node = FakeNode::connect_to(&[&first, &second], Duration::from_secs(1)).await;
    let mut pulling = Pulling::by(node, first.tip(3));
    assert_eq!(pulling.heights(6).await, (4..=9).collect::<Vec<_>>());
}

/// It has blocks without what they did: told to discard that, or restored from a snapshot.
#[tokio::test]
async fn a_node_that_discards_results_is_left_for_one_that_keeps_them() {
    let (first, second) = (FakeNode::with_blocks(9).await, FakeNode::with_blocks(9).await);
    first.state.lock().unwrap().refuses = vec!["block_results"];
    let node = FakeNode::connect_to(&[&first, &second], Duration::from_secs(1)).await;
    let mut pulling = Pulling::by(Arc::clone(&node), first.tip(3));
    assert_eq!(pulling.heights(6).await, (4..=9).collect::<Vec<_>>());
    assert_eq!(node.rpc().endpoint(), second.address);
}

#[tokio::test]
async fn what_a_node_has_forgotten_of_older_blocks_is_a_gap_and_not_the_end() {
    let node = FakeNode::with_blocks(9).await;
    node.state.lock().unwrap().results_from = 6;
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    match timeout(LIMIT, pulling.facts.recv()).await.unwrap() {
        Some(Fact::Jump(_, tip)) => assert_eq!(tip, node.tip(9)),
        other => panic!("a jump expected, got {other:?}"),
    }
    // Where it tells of no block at all, none is passed over.
    node.state.lock().unwrap().refuses = vec!["block_results"];
    node.grow(12);
    let waited = timeout(Duration::from_millis(1_500), pulling.facts.recv()).await;
    assert!(waited.is_err(), "{waited:?}");
    node.state.lock().unwrap().refuses.clear();
    assert_eq!(pulling.heights(3).await, [10, 11, 12]);
}

#[tokio::test]
async fn an_ibc_event_that_does_not_read_is_passed_over_and_told() {
    let node = FakeNode::with_blocks(4).await;
    let event = json!({ "type": "send_packet", "attributes": [] });
    node.state.lock().unwrap().events.push(event);
    let mut pulling = Pulling::from(&node, node.tip(3)).await;
    assert_eq!(pulling.heights(1).await, [4]);
    let fact = timeout(LIMIT, pulling.facts.recv()).await.unwrap();
    assert!(matches!(fact, Some(Fact::Garbled(_))), "{fact:?}");
    node.state.lock().unwrap().events.clear();
    node.grow(6);
    assert_eq!(pulling.heights(2).await, [5, 6]);
}

#[tokio::test]
async fn when_an_endpoint_fails_the_next_one_serves() {
    let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(9).await);
    let node = FakeNode::connect_to(&[&first, &second], Duration::from_secs(1)).await;
    let mut pulling = Pulling::by(Arc::clone(&node), first.tip(1));
    assert_eq!(pulling.heights(4).await, [2, 3, 4, 5]);
    first.trouble(&[Trouble::HangUp; 1000]);
    assert_eq!(pulling.heights(4).await, [6, 7, 8, 9]);
    assert_eq!(node.rpc().endpoint(), second.address);
}

#[tokio::test]
async fn an_endpoint_that_stands_still_is_left_for_one_that_goes_on() {
    let (first, second) = (FakeNode::with_blocks(5).await, FakeNode::with_blocks(5).await);
    let node = FakeNode::connect_to(&[&first, &second], Duration::from_secs(1)).await;
    let mut pulling = Pulling::by(Arc::clone(&node), first.tip(1));
    assert_eq!(pulling.heights(4).await, [2, 3, 4, 5]);
    second.grow(7);
    assert_eq!(pulling.heights(2).await, [6, 7]);
    assert_eq!(node.rpc().endpoint(), second.address);
}

/// The events of one receive, as a node of wasmd told them, so many times.
fn receives(count: usize) -> Arc<str> {
    let told = recorded("results_MsgRecvPacket");
    let all = told["txs_results"][0]["events"].as_array().unwrap();
    let is_of_message = |event: &&serde_json::Value| {
        let attributes = event["attributes"].as_array().unwrap();
        attributes.iter().any(|one| one["key"] == "msg_index" && one["value"] == "1")
    };
    let one: Vec<String> = all.iter().filter(is_of_message).map(ToString::to_string).collect();
    format!("[{}]", vec![one.join(","); count].join(",")).into()
}

/// What this process has in memory, in MiB: `VmRSS` now, `VmHWM` at most.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() >> 10
}

#[tokio::test]
async fn long_blocks_are_read_one_after_the_other() {
    let node = FakeNode::with_blocks(6).await;
    let long = "x".repeat(MUCH + (4 << 20));
    let event = json!([{ "type": "x", "attributes": [{ "key": "x", "value": long }] }]);
    node.state.lock().unwrap().long = Some(event.to_string().into());
    let mut pulling = Pulling::by(node.connect(LIMIT).await, node.tip(1));
    assert_eq!(pulling.heights(5).await, [2, 3, 4, 5, 6]);
    let (calls, at_once) = {
        let state = node.state.lock().unwrap();
        (state.calls.clone(), state.long_at_once)
    };
    assert_eq!(at_once, 1, "while one is read whole, the others wait");
    // Those that were asked for too early are asked for again; after them none is asked for too early.
    let results = calls.iter().filter(|call| *call == "block_results").count();
    assert!(results <= 9, "{results} for 5 blocks: {calls:?}");
    node.state.lock().unwrap().long = None;
    node.grow(30);
    assert_eq!(pulling.heights(24).await, (7..=30).collect::<Vec<_>>());
}

/// The target of docs/benchmarks.md: catching up with blocks of 10,000 receives, each of them in 200 MiB.
#[tokio::test]
#[ignore = "takes half a minute and prints numbers; docs/benchmarks.md has them with the command"]
#[expect(clippy::print_stderr, reason = "the figure is what it is run for")]
async fn blocks_of_ten_thousand_receives_take_bounded_memory() {
    let node = FakeNode::with_blocks(9).await;
    let events = receives(10_000);
    let bytes = events.len();
    node.state.lock().unwrap().long = Some(events);
    // What the node has counts for nothing, nor what making it took.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS:");
    let mut pulling = Pulling::by(node.connect(10 * LIMIT).await, node.tip(1));
    let first = pulling.heights(1).await;
    let of_one = memory("VmHWM:") - before;
    assert_eq!([first, pulling.heights(7).await].concat(), (2..=9).collect::<Vec<_>>());
    let most = memory("VmHWM:") - before;
    let of_each = bytes >> 20;
    eprintln!("8 blocks of {of_each} MiB: {of_one} MiB for the first, {most} MiB at most");
    assert!(most <= 200, "{most} MiB");
}
