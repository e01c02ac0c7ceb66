//! A puller against a node that fails in all the ways that nodes do.

use std::sync::Mutex;

use cosmos::chain::{Chain, ChainConfig};
use cosmos::wire::gas::GasPrice;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::node::Terms;
use super::*;
use crate::model::ids::{ChainId, LaneId};

const CHAIN: &str = "wasmdev-1";
/// Within this time a test that works is over many times.
const LIMIT: Duration = Duration::from_secs(20);

/// How a node treats its next call.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Status500,
    Garbage,
    HangUp,
}

/// What a node has, and what is wrong with it.
#[derive(Debug, Default)]
struct State {
    headers: Vec<Value>,
    earliest: u64,
    events: Vec<Value>,
    troubles: Vec<Trouble>,
    calls: Vec<String>,
}

/// A node without WebSocket.
#[derive(Clone, Debug)]
struct FakeNode {
    state: Arc<Mutex<State>>,
    address: String,
}

impl FakeNode {
    /// A node whose chain has blocks up to this height.
    async fn with_blocks(height: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let node = Self { state: Arc::default(), address };
        node.grow(height);
        let serving = node.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(serving.clone(), stream));
            }
        });
        node
    }

    /// Adds blocks up to a height.
    fn grow(&self, height: u64) {
        let mut state = self.state.lock().unwrap();
        for height in state.headers.len() as u64 + 1..=height {
            let mut header = recorded_header();
            header["height"] = json!(height.to_string());
            match state.headers.last() {
                Some(parent) => {
                    header["last_block_id"]["hash"] = json!(read(parent).hash().to_string());
                }
                None => header["last_block_id"] = Value::Null,
            }
            state.headers.push(header);
        }
    }

    fn trouble(&self, troubles: &[Trouble]) {
        self.state.lock().unwrap().troubles.extend(troubles);
    }

    fn tip(&self, height: u64) -> Tip {
        tip_of(&read(&self.state.lock().unwrap().headers[height as usize - 1]))
    }

    async fn connect(&self) -> Arc<Node> {
        let config = ChainConfig {
            chain_id: CHAIN.into(),
            rpc: self.address.clone(),
            prefix: "wasm".into(),
            fee_denom: "stake".into(),
            gas_price: GasPrice::from_atto(1),
        };
        let limit = Duration::from_secs(1);
        let chain = Chain::connect_within(config, limit).await.unwrap();
        let lane = LaneId { chain: ChainId::from(CHAIN), address: "wasm1relayer".into() };
        let terms =
            Terms { trusting_period: LIMIT, unbonding_period: LIMIT, max_clock_drift: LIMIT };
        Arc::new(Node::new(lane, chain, terms, Duration::from_millis(5)))
    }

    /// Pulls from after `cursor` on; the puller's end comes after the facts.
    async fn pull(&self, cursor: Tip) -> Pulling {
        let (sender, facts) = mpsc::channel(2);
        let node = self.connect().await;
        Pulling { facts, puller: tokio::spawn(pull(node, cursor, sender)) }
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, String> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(method.to_owned());
        let latest = state.headers.len();
        let height = params["height"].as_str().and_then(|h| h.parse().ok()).unwrap_or(latest);
        let lacks = height == 0 || height > latest || (height as u64) < state.earliest;
        let header = || state.headers[height - 1].clone();
        match method {
            "status" => Ok(json!({
                "node_info": { "network": CHAIN, "version": "0.38.19" },
                "sync_info": {
                    "latest_block_height": latest.to_string(),
                    "latest_block_time": "2026-11-22T16:12:23Z",
                    "earliest_block_height": state.earliest.max(1).to_string(),
                    "catching_up": false,
                },
            })),
            "abci_info" => Ok(json!({ "response": { "last_block_height": latest.to_string() } })),
            _ if lacks => Err(format!("height {height} is not available")),
            "block" => Ok(json!({
                "block_id": recorded_header()["last_block_id"],
                "block": { "header": header(), "data": { "txs": [] } },
            })),
            "block_results" => Ok(json!({
                "height": height.to_string(),
                "txs_results": null,
                "finalize_block_events": state.events,
            })),
            other => Err(format!("no method {other}")),
        }
    }
}

/// A puller at work.
struct Pulling {
    facts: mpsc::Receiver<Fact>,
    puller: tokio::task::JoinHandle<Result<(), DriveError>>,
}

impl Pulling {
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

fn recorded_header() -> Value {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/tests/fixtures");
    let text = std::fs::read_to_string(format!("{fixtures}/commit_send.json")).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    answer["result"]["signed_header"]["header"].clone()
}

fn read(header: &Value) -> Header {
    serde_json::from_value(header.clone()).unwrap()
}

/// Answers one call and hangs up.
async fn serve(node: FakeNode, mut stream: TcpStream) {
    let mut request = Vec::new();
    let body = loop {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&request);
        if let Some(call) = text
            .split_once("\r\n\r\n")
            .and_then(|(_, body)| serde_json::from_str::<Value>(body).ok())
        {
            break call;
        }
        if text.starts_with("GET") {
            return;
        }
    };
    let trouble = node.state.lock().unwrap().troubles.pop();
    let (status, text) = match trouble {
        Some(Trouble::HangUp) => return,
        Some(Trouble::Status500) => ("500 Internal Server Error", "busy".to_owned()),
        Some(Trouble::Garbage) => ("200 OK", "<html>".to_owned()),
        None => match node.answer(body["method"].as_str().unwrap(), &body["params"]) {
            Ok(result) => ("200 OK", json!({ "result": result }).to_string()),
            Err(message) => {
                let error = json!({ "code": -32603, "message": message, "data": "" });
                ("500 Internal Server Error", json!({ "error": error }).to_string())
            }
        },
    };
    let length = text.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    // A client that is gone needs no answer.
    let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
}

#[tokio::test]
async fn every_block_comes_once_and_in_order() {
    let node = FakeNode::with_blocks(20).await;
    let mut pulling = node.pull(node.tip(3)).await;
    assert_eq!(pulling.heights(17).await, (4..=20).collect::<Vec<_>>());
    node.grow(22);
    assert_eq!(pulling.heights(2).await, [21, 22]);
}

#[tokio::test]
async fn a_block_costs_two_requests_while_catching_up() {
    let node = FakeNode::with_blocks(30).await;
    let mut pulling = node.pull(node.tip(10)).await;
    pulling.heights(20).await;
    let calls = node.state.lock().unwrap().calls.clone();
    let blocks = calls.iter().filter(|call| call.starts_with("block")).count();
    assert_eq!(blocks, 40, "{calls:?}");
}

#[tokio::test]
async fn a_node_that_fails_is_asked_again() {
    for trouble in [Trouble::Status500, Trouble::Garbage, Trouble::HangUp] {
        let node = FakeNode::with_blocks(5).await;
        let mut pulling = node.pull(node.tip(1)).await;
        assert_eq!(pulling.heights(1).await, [2]);
        node.trouble(&[trouble; 4]);
        node.grow(9);
        assert_eq!(pulling.heights(7).await, (3..=9).collect::<Vec<_>>(), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_block_that_does_not_follow_the_last_one_is_another_chain() {
    let node = FakeNode::with_blocks(5).await;
    let cursor = Tip { hash: [7; 32], ..node.tip(3) };
    let error = node.pull(cursor).await.error().await;
    assert!(matches!(error, DriveError::AnotherChain { height: 3, .. }), "{error}");
}

#[tokio::test]
async fn a_block_that_is_thrown_away_is_named() {
    let node = FakeNode::with_blocks(20).await;
    node.state.lock().unwrap().earliest = 10;
    let error = node.pull(node.tip(3)).await.error().await;
    assert!(matches!(error, DriveError::Pruned { height: 4, earliest: 10, .. }), "{error}");
}

#[tokio::test]
async fn an_ibc_event_that_does_not_read_stops_the_puller() {
    let node = FakeNode::with_blocks(4).await;
    let event = json!({ "type": "send_packet", "attributes": [] });
    node.state.lock().unwrap().events.push(event);
    let error = node.pull(node.tip(3)).await.error().await;
    assert!(matches!(error, DriveError::Block { height: 4, .. }), "{error}");
}
