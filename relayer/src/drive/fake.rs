//! A node for tests: it has what it is told to have, and fails as it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cosmos::chain::ChainConfig;
use cosmos::wire::gas::GasPrice;
use serde_json::{Value, json};
use tendermint::block::Header;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::blocks::tip_of;
use super::endpoints::Endpoints;
use super::node::Node;
use crate::model::facts::Tip;
use crate::model::ids::{ChainId, LaneId};

pub(crate) const CHAIN: &str = "wasmdev-1";
/// Within this time a test that works is over many times.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// More than sockets hold between a node that writes and a client that has ceased to read, in bytes.
pub(super) const MUCH: usize = 20 << 20;

/// What stands for the events of a block in an answer.
const NO_EVENTS: &str = "\"finalize_block_events\":[]";

/// How a node treats its next call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    Status500,
    Garbage,
    HangUp,
    Silence,
    /// Results of another block than the one asked for.
    OtherBlock,
}

/// What a node has, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) headers: Vec<Value>,
    pub(crate) earliest: u64,
    pub(crate) events: Vec<Value>,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) calls: Vec<String>,
    /// Method -> what it is answered whatever is asked.
    pub(crate) recorded: BTreeMap<&'static str, Value>,
    /// Below this height it has no results of the blocks that it has.
    pub(crate) results_from: usize,
    /// Methods that it does not serve.
    pub(crate) refuses: Vec<&'static str>,
    /// Events of every block as JSON, instead of `events`: so many that they are not copied for each call.
    pub(crate) long: Option<Arc<str>>,
    /// How many of those answers are being read of which [`MUCH`] has been written.
    long_reading: usize,
    /// How many there were at once.
    pub(crate) long_at_once: usize,
    /// Methods that it never answers.
    pub(crate) hangs: Vec<&'static str>,
    /// Height -> its commit and validators, where it has those.
    pub(crate) light: BTreeMap<u64, [Value; 2]>,
    /// What a query of the application is answered whose path or request has this text; the first that fits.
    pub(crate) queries: Vec<(&'static str, Value)>,
}

impl State {
    fn begin_long(&mut self) {
        self.long_reading += 1;
        self.long_at_once = self.long_at_once.max(self.long_reading);
    }

    fn query(&self, params: &Value) -> Option<&Value> {
        let path = params["path"].as_str().unwrap_or_default();
        let request = params["data"].as_str().unwrap_or_default();
        let fits = |text: &str| path.contains(text) || request.contains(&hex::encode(text));
        self.queries.iter().find(|(text, _)| fits(text)).map(|(_, answer)| answer)
    }
}

/// A node without WebSocket.
#[derive(Clone, Debug)]
pub(crate) struct FakeNode {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) address: String,
}

impl FakeNode {
    /// A node whose chain has blocks up to this height.
    pub(crate) async fn with_blocks(height: u64) -> Self {
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
    pub(crate) fn grow(&self, height: u64) {
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

    /// Puts another node in its place, which has only the first blocks.
    pub(crate) fn shrink(&self, height: usize) {
        self.state.lock().unwrap().headers.truncate(height);
    }

    /// Lets the blocks that come be those of another chain.
    pub(crate) fn fork(&self) {
        let mut state = self.state.lock().unwrap();
        let last = state.headers.last_mut().unwrap();
        last["app_hash"] = json!("AB".repeat(32));
    }

    pub(crate) fn trouble(&self, troubles: &[Trouble]) {
        self.state.lock().unwrap().troubles.extend(troubles);
    }

    pub(crate) fn tip(&self, height: u64) -> Tip {
        tip_of(&read(&self.state.lock().unwrap().headers[height as usize - 1]))
    }

    pub(crate) async fn connect(&self, limit: Duration) -> Arc<Node> {
        Self::connect_to(&[self], limit).await
    }

    /// One chain by several nodes.
    pub(crate) async fn connect_to(nodes: &[&Self], limit: Duration) -> Arc<Node> {
        let config = ChainConfig {
            chain_id: CHAIN.into(),
            rpc: String::new(),
            prefix: "wasm".into(),
            gas_price: GasPrice::new(1, "stake"),
        };
        let addresses = nodes.iter().map(|node| node.address.clone()).collect();
        let endpoints = Endpoints::connect(config, addresses, limit).await.unwrap();
        let lane = LaneId { chain: ChainId::from(CHAIN), address: "wasm1relayer".into() };
        let node = Node::new(lane.chain.clone(), endpoints, Duration::from_millis(5));
        node.sign_with([lane]);
        Arc::new(node)
    }

    /// Answers with events that are too long to be copied.
    async fn write_long(
        &self,
        stream: &mut TcpStream,
        [status, before, long, after]: [&str; 4],
    ) -> std::io::Result<()> {
        let before = format!("{before}\"finalize_block_events\":");
        let length = before.len() + long.len() + after.len();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        stream.write_all(format!("{head}{before}").as_bytes()).await?;
        let (first, rest) = long.as_bytes().split_at(MUCH.min(long.len()));
        stream.write_all(first).await?;
        self.state.lock().unwrap().begin_long();
        let written = match stream.write_all(rest).await {
            Ok(()) => stream.write_all(after.as_bytes()).await,
            Err(error) => Err(error),
        };
        self.state.lock().unwrap().long_reading -= 1;
        written
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, String> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(method.to_owned());
        if state.refuses.contains(&method) {
            return Err(format!("method {method} is not served"));
        }
        if let Some(recorded) = state.recorded.get(method) {
            return Ok(recorded.clone());
        }
        if let Some(answer) = state.query(params).filter(|_| method == "abci_query") {
            return Ok(json!({ "response": answer }));
        }
        let latest = state.headers.len();
        let height = params["height"].as_str().and_then(|h| h.parse().ok()).unwrap_or(latest);
        let lacks = height == 0 || height > latest || (height as u64) < state.earliest;
        let header = || state.headers[height - 1].clone();
        let light = |part: usize| match state.light.get(&(height as u64)) {
            Some(parts) => Ok(parts[part].clone()),
            None => Err(format!("height {height} is not available")),
        };
        match method {
            "commit" => light(0),
            "validators" => light(1),
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
            "block_results" if height < state.results_from => {
                Err(format!("could not find results for height #{height}"))
            }
            "block_results" => Ok(json!({
                "height": height.to_string(),
                "txs_results": null,
                "finalize_block_events": state.events,
            })),
            other => Err(format!("no method {other}")),
        }
    }
}

/// What a node of wasmd once answered.
pub(crate) fn recorded(name: &str) -> Value {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/tests/fixtures");
    let text = std::fs::read_to_string(format!("{fixtures}/{name}.json")).unwrap();
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    answer["result"].take()
}

fn recorded_header() -> Value {
    recorded("commit_send")["signed_header"]["header"].take()
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
    let hangs = |method: &str| node.state.lock().unwrap().hangs.contains(&method);
    let trouble = match body["method"].as_str().is_some_and(hangs) {
        true => Some(Trouble::Silence),
        false => node.state.lock().unwrap().troubles.pop(),
    };
    let (status, text) = match trouble {
        Some(Trouble::HangUp) => return,
        Some(Trouble::Silence) => return std::future::pending().await,
        Some(Trouble::Status500) => ("500 Internal Server Error", "busy".to_owned()),
        Some(Trouble::Garbage) => ("200 OK", "<html>".to_owned()),
        None | Some(Trouble::OtherBlock) => match node
            .answer(body["method"].as_str().unwrap(), &body["params"])
        {
            Ok(mut result) => {
                if matches!(trouble, Some(Trouble::OtherBlock)) && body["method"] == "block_results"
                {
                    result["height"] = json!("1");
                }
                ("200 OK", json!({ "result": result }).to_string())
            }
            Err(message) => {
                let error = json!({ "code": -32603, "message": message, "data": "" });
                ("500 Internal Server Error", json!({ "error": error }).to_string())
            }
        },
    };
    let length = text.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let long = node.state.lock().unwrap().long.clone();
    let parts = text.split_once(NO_EVENTS).zip(long);
    // A client that is gone needs no answer.
    let _ = match parts {
        Some(((before, after), long)) => {
            node.write_long(&mut stream, [status, before, &long, after]).await
        }
        None => stream.write_all(format!("{head}{text}").as_bytes()).await,
    };
}
