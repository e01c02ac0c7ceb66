//! What `Chain::send_msgs` says of a transaction when the node errs, lies or falls silent in between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cosmos::Any;
use cosmos::chain::{Chain, ChainConfig, ChainError, TxOutcome};
use cosmos::keys::{HdPath, Key, new_mnemonic};
use cosmos::wire::tx::decode;
use ibc_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoResponse};
use ibc_proto::cosmos::base::abci::v1beta1::GasInfo;
use ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SEQUENCE: u64 = 7;
const TIP: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(3);

/// What the node answers to one call.
#[derive(Clone)]
enum Answer {
    Is(Value),
    /// A refusal of JSON-RPC, with its details.
    Refuses(&'static str),
    /// A proxy that has lost its node.
    BadGateway,
}

/// A node by a script: the answers to a method in turn, the last of them again and again.
struct Script {
    answers: BTreeMap<&'static str, Vec<Answer>>,
    calls: BTreeMap<String, usize>,
    gas: u64,
    sequence: u64,
    /// The sequence after a block that came since the offer.
    sequence_after: u64,
    /// The sequence that its mempool leads to, if it holds something of the key.
    pending: Option<u64>,
    /// The transactions it was offered.
    offered: Vec<Vec<u8>>,
}

type Shared = Arc<Mutex<Script>>;

impl Script {
    fn answer(&mut self, method: &str, params: &Value) -> Answer {
        let call = self.calls.entry(method.to_owned()).or_default();
        *call += 1;
        let turn = *call - 1;
        if method == "broadcast_tx_sync" {
            self.offered.push(BASE64.decode(params["tx"].as_str().unwrap()).unwrap());
        }
        if let Some(answers) = self.answers.get(method) {
            return answers[turn.min(answers.len() - 1)].clone();
        }
        Answer::Is(match method {
            "status" => json!({
                "node_info": { "network": "test-1", "version": "0.38" },
                "sync_info": {
                    "latest_block_height": TIP.to_string(),
                    "latest_block_time": "2026-01-01T00:00:00Z",
                    "earliest_block_height": "1",
                    "catching_up": false,
                },
            }),
            "abci_info" => tip(TIP),
            "abci_query" => self.query(params),
            "broadcast_tx_sync" => json!({ "code": 0 }),
            "block" => self.block(params["height"].as_str().unwrap()),
            "block_results" => {
                json!({ "height": params["height"], "txs_results": [{ "code": 0, "gas_used": "9" }] })
            }
            other => panic!("{other} is not scripted"),
        })
    }

    fn query(&self, params: &Value) -> Value {
        let value = match params["path"].as_str().unwrap().rsplit_once('/').unwrap().1 {
            "AccountInfo" => {
                let height: u64 = params["height"].as_str().unwrap().parse().unwrap();
                let sequence = if height > TIP { self.sequence_after } else { self.sequence };
                let info = BaseAccount { sequence, ..BaseAccount::default() };
                QueryAccountInfoResponse { info: Some(info) }.encode_to_vec()
            }
            "Simulate" => {
                let data = hex::decode(params["data"].as_str().unwrap()).unwrap();
                let tx = decode(&SimulateRequest::decode(&data[..]).unwrap().tx_bytes).unwrap();
                if let Some(next) = self.pending.filter(|next| *next != tx.sequence) {
                    let got = tx.sequence;
                    let log = format!("account sequence mismatch, expected {next}, got {got}: no");
                    return json!({ "response": { "code": 32, "codespace": "sdk", "log": log } });
                }
                let gas_info = Some(GasInfo { gas_wanted: 0, gas_used: self.gas });
                SimulateResponse { gas_info, result: None }.encode_to_vec()
            }
            other => panic!("{other} is not scripted"),
        };
        json!({ "response": { "code": 0, "value": BASE64.encode(value), "height": "1" } })
    }

    /// The second block after the tip has what was offered, and all others nothing.
    fn block(&self, height: &str) -> Value {
        let commit: Value =
            serde_json::from_str(include_str!("fixtures/commit_send.json")).unwrap();
        let signed = &commit["result"]["signed_header"];
        let has = height == (TIP + 2).to_string();
        let txs: Vec<String> =
            self.offered.iter().filter(|_| has).map(|tx| BASE64.encode(tx)).collect();
        json!({
            "block_id": signed["commit"]["block_id"],
            "block": { "header": signed["header"], "data": { "txs": txs } },
        })
    }
}

fn tip(height: u64) -> Value {
    json!({ "response": { "last_block_height": height.to_string() } })
}

fn found() -> Answer {
    let result = json!({ "code": 0, "gas_used": "9" });
    Answer::Is(json!({ "height": "101", "index": 0, "tx_result": result, "tx": "" }))
}

const NOT_FOUND: Answer = Answer::Refuses("tx (00) not found");

fn script(answers: impl IntoIterator<Item = (&'static str, Vec<Answer>)>) -> Script {
    Script {
        answers: answers.into_iter().collect(),
        calls: BTreeMap::new(),
        gas: 100_000,
        sequence: SEQUENCE,
        sequence_after: SEQUENCE,
        pending: None,
        offered: Vec::new(),
    }
}

type Sent = (Result<TxOutcome, ChainError>, Vec<Vec<u8>>);

/// Sends one message to a chain with this node; what came of it, and what the node was offered.
async fn send(script: Script) -> Sent {
    send_by(script, async |chain, key, msgs| chain.send_msgs(key, msgs, "").await).await
}

async fn send_by(
    script: Script,
    way: impl AsyncFn(&Chain, &Key, &[Any]) -> Result<TxOutcome, ChainError>,
) -> Sent {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rpc = format!("http://{}", listener.local_addr().unwrap());
    let shared: Shared = Arc::new(Mutex::new(script));
    let serving = Arc::clone(&shared);
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, &serving).await;
        }
    });
    let config = ChainConfig {
        chain_id: "test-1".into(),
        rpc,
        prefix: "wasm".into(),
        gas_price: "0.001stake".parse().unwrap(),
    };
    let chain = Chain::connect(config).await.unwrap().with_patience(PATIENCE);
    let key = Key::from_mnemonic(&new_mnemonic().unwrap(), HdPath::cosmos(0)).unwrap();
    let msg = Any { type_url: "/test.Msg".into(), value: vec![1] };
    let outcome = way(&chain, &key, &[msg]).await;
    server.abort();
    let offered = shared.lock().unwrap().offered.clone();
    (outcome, offered)
}

async fn serve(mut stream: TcpStream, script: &Shared) {
    let mut request = Vec::new();
    let body = loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request);
        let body =
            text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
        if let Some(body) = body {
            break body;
        }
        if length == 0 {
            return;
        }
    };
    let body: Value = body;
    let answer = script.lock().unwrap().answer(body["method"].as_str().unwrap(), &body["params"]);
    let (status, body) = match answer {
        Answer::Is(result) => ("200 OK", json!({ "result": result }).to_string()),
        Answer::Refuses(data) => {
            let error = json!({ "code": -32603, "message": "Internal error", "data": data });
            ("500 Internal Server Error", json!({ "error": error }).to_string())
        }
        Answer::BadGateway => ("502 Bad Gateway", "<html>".to_owned()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_node_that_fails_for_once_does_not_end_the_wait() {
    let (outcome, offered) =
        send(script([("tx", vec![NOT_FOUND, Answer::BadGateway, found()])])).await;
    assert_eq!(outcome.unwrap().height, 101);
    let [tx] = &offered[..] else { panic!("it was offered {} times", offered.len()) };
    let tx = decode(tx).unwrap();
    assert_eq!(tx.sequence, SEQUENCE);
    assert!(tx.timeout_height > TIP && tx.timeout_height < TIP + 100, "{}", tx.timeout_height);
}

#[tokio::test]
async fn an_offer_without_an_answer_may_have_been_taken() {
    let lost = ("broadcast_tx_sync", vec![Answer::BadGateway]);
    let (outcome, _) = send(script([lost, ("tx", vec![NOT_FOUND, found()])])).await;
    assert_eq!(outcome.unwrap().height, 101);
}

#[tokio::test]
async fn without_an_index_it_is_found_in_its_block() {
    let none = ("tx", vec![Answer::Refuses("transaction indexing is disabled")]);
    let tips = ("abci_info", [0, 0, 1, 2].map(|more| Answer::Is(tip(TIP + more))).to_vec());
    let (outcome, offered) = send(script([none, tips])).await;
    assert_eq!((outcome.unwrap().height, offered.len()), (TIP + 2, 1));
}

#[tokio::test]
async fn when_no_block_may_have_it_any_more_it_is_certain_that_none_has() {
    let tips = ("abci_info", [0, 1_000].map(|more| Answer::Is(tip(TIP + more))).to_vec());
    let (outcome, offered) = send(script([("tx", vec![NOT_FOUND]), tips])).await;
    let until = decode(&offered[0]).unwrap().timeout_height;
    let error = outcome.unwrap_err();
    assert!(
        matches!(&error, ChainError::NotIncluded { until_height, .. } if *until_height == until),
        "{error}"
    );
}

#[tokio::test]
async fn a_transaction_whose_place_another_took_is_never_executed() {
    for tx in [NOT_FOUND, Answer::Refuses("transaction indexing is disabled")] {
        let tips = ("abci_info", [0, 1].map(|more| Answer::Is(tip(TIP + more))).to_vec());
        let script = script([("tx", vec![tx]), tips]);
        let (outcome, _) = send(Script { sequence_after: SEQUENCE + 1, ..script }).await;
        let error = outcome.unwrap_err();
        // Long before the last block that may have had it.
        assert!(
            matches!(error, ChainError::NotIncluded { until_height, .. } if until_height > TIP + 1),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_may_be_repeated_waits_for_nothing_that_a_node_holds() {
    for (pending, sequence) in [(None, SEQUENCE), (Some(SEQUENCE + 2), SEQUENCE + 2)] {
        let script = Script { pending, ..script([("tx", vec![found()])]) };
        let way = async |chain: &Chain, key: &Key, msgs: &[Any]| {
            chain.send_repeatable(key, msgs, "").await
        };
        let (outcome, offered) = send_by(script, way).await;
        assert_eq!(outcome.unwrap().height, 101);
        let [tx] = &offered[..] else { panic!("it was offered {} times", offered.len()) };
        assert_eq!(decode(tx).unwrap().sequence, sequence);
    }
    let held = Script { pending: Some(SEQUENCE + 1), ..script([("tx", vec![found()])]) };
    let (outcome, offered) = send(held).await;
    assert!(outcome.unwrap_err().is_sequence_mismatch(), "all else waits");
    assert!(offered.is_empty());
}

#[tokio::test]
async fn what_cannot_be_found_out_is_told_with_the_hash_and_never_as_failed() {
    let (outcome, offered) = send(script([("tx", vec![Answer::BadGateway])])).await;
    let tx = decode(&offered[0]).unwrap();
    let error = outcome.unwrap_err();
    let hash_hex = hex::encode_upper(tx.hash);
    assert!(
        matches!(&error, ChainError::Unknown { hash, until_height, reason }
            if *hash == hash_hex && *until_height == tx.timeout_height && reason.contains("502")),
        "{error}"
    );
    assert!(error.to_string().contains("before you do the same again"), "{error}");
}

#[tokio::test]
async fn a_full_mempool_has_not_taken_it() {
    let full = ("broadcast_tx_sync", vec![Answer::Refuses("mempool is full: number of txs 5000")]);
    let (outcome, _) = send(script([full])).await;
    assert!(matches!(outcome, Err(ChainError::Rpc(_))));
}

#[tokio::test]
async fn gas_beyond_the_limit_is_never_signed() {
    for gas in [u64::MAX, u64::MAX / 2, 25_000_000] {
        let (outcome, offered) = send(Script { gas, ..script([]) }).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, ChainError::TooMuchGas { most: 25_000_000, .. }), "{error}");
        assert!(error.to_string().contains("`max_gas`"), "{error}");
        assert!(offered.is_empty());
    }
}
