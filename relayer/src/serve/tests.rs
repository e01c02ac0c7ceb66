//! What is served, asked over a real connection.

use std::time::Duration;

use tendermint::trust_threshold::TrustThresholdFraction;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::wallets::{Wallet, Wallets};
use super::*;
use crate::drive::desk::{self, Request};
use crate::drive::setup::offline;
use crate::drive::tally::{Ours, Tally};
use crate::model::facts::{Ask, Fact, Timeout, Tip, TrustTerms};
use crate::model::ids::{Both, ChainId, End, Ends, Order, PacketKey, Route, Span, Time};
use crate::model::rows::{
    ChannelEnd, ChannelRow, CursorRow, Done, EndState, Ibc, PacketRow, PathEnd, PathRow, Rows,
    Write,
};
use crate::model::state::{Account, ClientFacts, ClientStatus};
use crate::model::{Model, step};
use crate::store::postgres::{Holder, Replica};

mod crowd;

const TOKEN: &str = "0123456789abcdef0123";

/// The height of both chains: an hour of blocks and more.
const HEIGHT: u64 = 5_000;

/// A model with a path, its channel and three pending packets.
fn model() -> Model {
    let chain = |id: &str| {
        format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\"http://x\"]\naddress_prefix = \"x\"\nkey = \"k\"\n\
             gas_price = \"0.1stake\"\n"
        )
    };
    let file = toml::from_str(&format!("{}{}", chain("a-1"), chain("b-1"))).unwrap();
    let now = crate::drive::now();
    let tip = Tip { height: HEIGHT, hash: [0; 32], time: now };
    let path_end = |client: &str| PathEnd {
        client: Some(client.into()),
        consensus: vec![90],
        connection: Some("connection-0".into()),
        state: EndState::Open,
        since: 5,
        ..PathEnd::default()
    };
    let channel_end = |channel: &str| ChannelEnd {
        port: "transfer".into(),
        channel: Some(channel.into()),
        state: EndState::Open,
        since: 6,
    };
    let rows = Rows {
        cursors: ["a-1", "b-1"].map(|chain| CursorRow { chain: chain.into(), tip }).into(),
        paths: vec![PathRow {
            path: "a-b".into(),
            chains: Both { a: "a-1".into(), b: "b-1".into() },
            ends: Both { a: path_end("07-tendermint-1"), b: path_end("07-tendermint-2") },
            create: true,
            delay: Span(0),
            ibc: Ibc::V1,
        }],
        channels: vec![ChannelRow {
            path: "a-b".into(),
            index: 0,
            version: "ics20-1".into(),
            order: Order::Unordered,
            ends: Both { a: channel_end("channel-0"), b: channel_end("channel-7") },
        }],
        packets: (1..=3).map(packet).collect(),
        ..Rows::default()
    };
    let mut model = Model::load(offline(&file), rows);
    model.now = now;
    model
}

/// A model that has been told all it asks, of clients in this state.
fn answered(status: &ClientStatus) -> Model {
    let mut model = model();
    let now = crate::drive::now();
    let asks = step(&mut model, Fact::Tick, now).asks;
    for (id, ask) in asks {
        let time = now.minus(Span::seconds(3 * 86_400));
        let fact = match ask {
            Ask::Account(_) => Fact::Account(id, Account { number: 7, sequence: 3 }),
            Ask::Client { .. } => Fact::Client(
                id,
                ClientFacts {
                    status: status.clone(),
                    latest: 90,
                    time,
                    terms: TrustTerms {
                        trusting_period: Span::seconds(14 * 86_400),
                        trust_threshold: TrustThresholdFraction::ONE_THIRD,
                        max_clock_drift: Span::seconds(40),
                    },
                    allowed: Vec::new(),
                },
            ),
            _ => continue,
        };
        step(&mut model, fact, now);
    }
    model
}

/// A model where all is well, and an hour of packets that were counted.
fn busy() -> (Model, Tally) {
    let mut model = answered(&ClientStatus::Active);
    let now = model.now;
    let mut tally = Tally { started: now.minus(Span::seconds(7_205)), ..Tally::default() };
    for moment in 0..360 {
        let (height, seconds) = (HEIGHT - 3_590 + 10 * moment, 3_590 - 10 * moment);
        model.now = now.minus(Span::seconds(seconds));
        // Waves, a quiet quarter, and a spike.
        let wave = moment % 90;
        let packets = match moment {
            90..180 => 0,
            300..306 => 180,
            _ => 20 + wave.min(90 - wave) + moment % 11,
        };
        let seq = |n: u64| 1_000 * moment + n + 10;
        let sent = |n| PacketRow { sent: Some(height), ..packet(seq(n)) };
        let received = |n: u64| {
            let before = 2 + (moment * 7 + n * n) % (3 + wave / 15);
            PacketRow { sent: Some(height - before), received: Some(height), ..packet(seq(n)) }
        };
        let ended = |n| PacketRow { done: Some(Done::Acknowledged(height)), ..received(n + 500) };
        let on_b: Vec<Write> = (0..packets).map(received).map(Write::Packet).collect();
        let on_a = (0..packets + moment % 3).map(sent);
        let on_a = on_a.chain((0..packets.saturating_sub(moment % 5)).map(ended));
        let on_a: Vec<Write> = on_a.map(Write::Packet).collect();
        for (chain, writes) in [("a-1", on_a), ("b-1", on_b)] {
            tally.block(&model, (&chain.into(), height), &Ours::default(), &writes);
        }
    }
    model.now = now;
    (model, tally)
}

/// The accounts that pay.
fn wallets() -> Wallets {
    let wallets = Wallets::default();
    for (chain, balance) in [("a-1", 12_500_000_u64), ("b-1", 84_000)] {
        wallets.tell(Wallet {
            chain: chain.into(),
            address: "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7".into(),
            granter: false,
            denom: "stake".into(),
            balance: Some(balance.to_string()),
            low: false,
        });
    }
    wallets
}

fn replica() -> Replica {
    Replica { holder: "host:7".to_owned(), fence: 3 }
}

fn packet(seq: u64) -> PacketRow {
    let end = |channel: &str| End { port: "transfer".into(), channel: channel.into() };
    let ends = Ends::V1 { src: end("channel-0"), dst: end("channel-7"), order: Order::Unordered };
    let route = Route { from: "a-1".into(), to: "b-1".into(), ends };
    let key = PacketKey { route: std::sync::Arc::new(route), seq };
    PacketRow {
        timeout: Timeout { time: Time(u64::MAX), ..Timeout::default() },
        sent: Some(HEIGHT.saturating_sub(10 * seq)),
        ..PacketRow::new(key, "a-b".into())
    }
}

/// A server over a model that nothing changes.
struct Server {
    address: SocketAddr,
    /// What the loop was told.
    told: mpsc::Receiver<Fact>,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    async fn start(token: Option<&str>) -> Self {
        Self::over((model(), Tally::default()), token).await
    }

    async fn over((model, tally): (Model, Tally), token: Option<&str>) -> Self {
        let (desk, mut requests) = desk::open();
        let (tell, told) = mpsc::channel(8);
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                match request {
                    Request::Read(read) => read(&model, &tally),
                    Request::Take(_, facts) => {
                        for fact in facts {
                            tell.send(fact).await.unwrap();
                        }
                    }
                }
            }
        });
        let token = token.map(|token| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), token).unwrap();
            Token::read(file.path()).unwrap()
        });
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let site = Site::new(desk, wallets(), token).of_replica(Some(replica()));
        let stopped = stop.clone();
        tokio::spawn(async move { run(&listener, site.into(), stopped).await });
        Self { address, told, stop }
    }

    /// The status, the headers and the body of an answer.
    async fn ask(&self, request: &str, header: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let text = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
    }

    async fn get(&self, path: &str) -> String {
        let (status, _, body) = self.ask(&format!("GET {path}"), "").await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }
}

#[tokio::test]
async fn packets_are_listed_by_age_with_their_reasons() {
    let server = Server::start(None).await;
    let packets = server.json("/api/packets?limit=2").await;
    let packets = packets.as_array().unwrap();
    assert_eq!(packets.len(), 2);
    assert_eq!((&packets[0]["sequence"], &packets[1]["sequence"]), (&3.into(), &2.into()));
    assert!(packets[0]["age_seconds"].as_u64().unwrap() >= 30);
    assert!(!packets[0]["why"].as_str().unwrap().is_empty());
    assert_eq!(server.json("/api/packets?path=other").await, serde_json::json!([]));
    let channels = server.json("/api/channels").await;
    assert_eq!(
        (&channels[0]["pending"], &channels[0]["ends"][0]["oldest_sequence"]),
        (&3.into(), &1.into())
    );
}

#[tokio::test]
async fn every_address_of_the_index_answers() {
    let server = Server::start(None).await;
    let index = server.json("/api").await;
    for entry in index.as_array().unwrap() {
        let path = entry["path"].as_str().unwrap().split('?').next().unwrap();
        server.json(path).await;
    }
    for path in ["/version", "/chains", "/chain/a-1", "/state"] {
        assert_eq!(server.json(path).await["status"], "success", "{path}");
    }
    assert_eq!(server.ask("GET /api/nothing", "").await.0, 404);
    assert_eq!(server.ask("GET /chain/z-1", "").await.0, 404);
    assert_eq!(server.json("/health").await["status"], "ok");
    let (status, _, body) = server.ask("GET /ready", "").await;
    assert_eq!(status, 503);
    assert!(body.contains("its account is not known yet"), "{body}");
}

#[tokio::test]
async fn nothing_can_be_changed_without_the_token() {
    let mut server = Server::start(None).await;
    assert_eq!(server.ask("POST /clear_packets", "").await.0, 403);
    let mut guarded = Server::start(Some(TOKEN)).await;
    assert_eq!(guarded.ask("POST /clear_packets", "").await.0, 401);
    let wrong = "authorization: Bearer 0123456789abcdef0124\r\n";
    assert_eq!(guarded.ask("POST /clear_packets", wrong).await.0, 401);
    let right = format!("authorization: Bearer {TOKEN}\r\n");
    assert_eq!(guarded.ask("GET /clear_packets", &right).await.0, 404);
    assert_eq!(guarded.ask("POST /clear_packets?path=z", &right).await.0, 404);
    assert!(guarded.told.try_recv().is_err() && server.told.try_recv().is_err());
    for query in ["", "?chain=b-1", "?path=a-b"] {
        assert_eq!(guarded.ask(&format!("POST /clear_packets{query}"), &right).await.0, 202);
        assert!(matches!(guarded.told.try_recv(), Ok(Fact::Clear(path)) if path.as_str() == "a-b"));
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let server = Server::start(None).await;
    let (_, head, page) = server.ask("GET /", "").await;
    assert!(
        head.contains("content-security-policy: default-src 'none'; script-src 'self'"),
        "{head}"
    );
    let parts = [page, server.get("/page.css").await, server.get("/page.js").await];
    for part in &parts {
        let addresses = part.match_indices("://").map(|(at, _)| &part[at.saturating_sub(5)..]);
        for address in addresses {
            assert!(address.contains("www.w3.org/2000/svg"), "{address:.60}");
        }
    }
    for link in ["/page.css", "/page.js", "/icon.svg"] {
        assert!(parts[0].contains(link), "{link}");
    }
}

#[tokio::test]
async fn a_loop_that_has_ended_is_told() {
    let (desk, requests) = desk::open();
    drop(requests);
    let site = Site::new(desk, Wallets::default(), None);
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let stopped = stop.clone();
    tokio::spawn(async move { run(&listener, site.into(), stopped).await });
    let (_tell, told) = mpsc::channel(1);
    let server = Server { address, told, stop };
    for path in ["/health", "/ready", "/metrics", "/api/status"] {
        let (status, _, body) = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(status, 503, "{path}");
        assert!(body.contains("ferry is stopping"), "{body}");
    }
}

/// Which replica relays, and since when, wherever one looks.
#[tokio::test]
async fn the_lease_is_shown() {
    let before = crate::drive::now().0 / 1_000_000;
    let server = Server::start(None).await;
    let lease: serde_json::Value = serde_json::from_str(&server.get("/api/lease").await).unwrap();
    let since = lease["since_ms"].as_u64().unwrap();
    assert!((before..=crate::drive::now().0 / 1_000_000).contains(&since), "{lease}");
    assert_eq!((&lease["holder"], &lease["fence"]), (&"host:7".into(), &3.into()));
    let status: serde_json::Value = serde_json::from_str(&server.get("/api/status").await).unwrap();
    assert_eq!(status["lease"], lease);
    let metrics = server.get("/metrics").await;
    let line = format!("ferry_lease_since_seconds{{holder=\"host:7\"}} {}", since / 1_000);
    assert!(metrics.contains(&line), "{line}: {metrics}");
}

/// Nobody restarts a replica that stands by, and nobody is sent to it.
#[tokio::test]
async fn a_replica_that_stands_by_is_healthy_and_not_ready() {
    let holder = Holder { replica: replica(), seconds_left: 9 };
    let (_tell, relays) = tokio::sync::watch::channel(Some(holder));
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let stopped = stop.clone();
    let standby = Standby::new(relays);
    tokio::spawn(async move { run(&listener, standby.into(), stopped).await });
    let (_tell, told) = mpsc::channel(1);
    let server = Server { address, told, stop };
    assert!(server.get("/health").await.contains("`host:7` relays"));
    assert!(server.get("/api/lease").await.contains(r#"{"holder":"host:7","fence":3"#));
    for path in ["/ready", "/api/status", "/"] {
        let (status, _, body) = server.ask(&format!("GET {path}"), "").await;
        assert_eq!(status, 503, "{path}");
        assert!(body.contains("`host:7` relays"), "{body}");
    }
    let metrics = server.get("/metrics").await;
    let held = metrics.lines().find(|line| line.starts_with("ferry_lease_held{"));
    assert!(held.is_some_and(|line| line.ends_with(" 0")), "{metrics}");
}

#[tokio::test]
async fn one_more_connection_than_there_are_places_waits() {
    let server = Server::start(None).await;
    let mut guests = Vec::new();
    for _ in 0..PLACES {
        guests.push(TcpStream::connect(server.address).await.unwrap());
    }
    // All places are taken once the last guest has been answered.
    let last = guests.last_mut().unwrap();
    last.write_all(b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    last.read_exact(&mut [0; 12]).await.unwrap();
    let waiting = server.ask("GET /version", "");
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(200), &mut waiting).await.is_err());
    drop(guests.pop());
    assert_eq!(timeout(Duration::from_secs(5), waiting).await.unwrap().0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed() {
    let server = Server::start(None).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /").await.unwrap();
    let closed = timeout(2 * IDLE, stream.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "it is closed after {IDLE:?}");
}

#[tokio::test]
async fn other_methods_find_nothing() {
    let server = Server::start(None).await;
    for request in ["DELETE /api/status", "POST /api/status", "PUT /"] {
        assert_eq!(server.ask(request, "").await.0, 404, "{request}");
    }
    let (status, _, body) = server.ask("GET /api/packets?limit=many", "").await;
    assert_eq!((status, body.as_str()), (400, "{\"error\":\"`limit` is no number\"}"));
}

/// The names in the exposition, with their kinds.
fn exposed(text: &str) -> Vec<(String, String)> {
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    kinds.map(|line| line.split_once(' ').unwrap()).map(|(n, k)| (n.into(), k.into())).collect()
}

#[tokio::test]
async fn the_documented_metrics_are_those_exposed() {
    let server = Server::start(None).await;
    let text = server.get("/metrics").await;
    let documented = include_str!("../../ops/README.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let name = cells.next()?.trim().trim_end_matches('`');
        let labels = cells.next()?.trim();
        let kind = cells.next()?.trim();
        // The other tables have no kinds.
        matches!(kind, "gauge" | "counter" | "histogram").then_some(())?;
        Some((name.to_owned(), labels.to_owned(), kind.to_owned()))
    });
    let documented: Vec<_> = documented.collect();
    let known: Vec<_> = metrics::METRICS
        .iter()
        .map(|m| (m.name.to_owned(), m.labels.join(", "), m.kind.to_owned()))
        .collect();
    assert_eq!(documented, known);
    let named = documented.iter().map(|(name, _, kind)| (name.clone(), kind.clone()));
    assert_eq!(exposed(&text), named.collect::<Vec<_>>());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let is_known = |name: &str| known.iter().any(|(known, ..)| known == name);
        assert!(is_known(name) || base.is_some_and(is_known), "{line}");
    }
    let pending = "ferry_packets_pending{chain=\"a-1\",channel=\"channel-0\",port=\"transfer\"} 3";
    assert!(text.contains(pending), "{text}");
    assert!(text.contains(
        "backlog_oldest_sequence{chain=\"a-1\",channel=\"channel-0\",port=\"transfer\"} 1"
    ));
}

#[test]
fn dashboard_and_alerts_use_metrics_that_exist() {
    let files = [include_str!("../../ops/grafana.json"), include_str!("../../ops/alerts.yaml")];
    for file in files {
        let words = file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names: std::collections::BTreeSet<&str> =
            words.filter(|word| word.starts_with("ferry_")).collect();
        assert!(names.len() > 5, "it uses metrics");
        for name in names {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let is_known = |name: &str| metrics::METRICS.iter().any(|m| m.name == name);
            assert!(is_known(name) || base.is_some_and(is_known), "`{name}`");
        }
    }
    let _: serde_json::Value = serde_json::from_str(files[0]).unwrap();
}

#[test]
fn labels_are_escaped() {
    let look = look::Look::of(&model(), &Tally::default(), crate::drive::now(), 0);
    let mut shown = Shown { look, wallets: Vec::new(), lease: None };
    shown.look.chains[0].chain = ChainId::from("a\"b\\c");
    assert!(metrics::exposition(&shown).contains("chain=\"a\\\"b\\\\c\""));
}

/// Every key has a line, and so has everybody who pays. A chain where one key signs is served.
#[test]
fn every_key_and_granter_is_shown() {
    let look = look::Look::of(&model(), &Tally::default(), crate::drive::now(), 0);
    let mut shown = Shown { look, wallets: Vec::new(), lease: None };
    let key = |address: &str, paused: Option<&str>| look::KeyLook {
        address: address.into(),
        clients: 2,
        transactions: 0,
        paused: paused.map(Into::into),
    };
    let empty = key("poor", Some("it cannot pay"));
    shown.look.chains[0].keys = vec![key("rich", None), empty.clone()];
    let wallet = |address: &str, granter, low| Wallet {
        chain: "a-1".into(),
        address: address.into(),
        granter,
        denom: "stake".into(),
        balance: Some("7".into()),
        low,
    };
    shown.wallets = vec![wallet("rich", false, false), wallet("granter", true, true)];
    let text = metrics::exposition(&shown);
    for line in [
        "ferry_lane_paused{chain=\"a-1\",account=\"rich\"} 0",
        "ferry_lane_paused{chain=\"a-1\",account=\"poor\"} 1",
        "ferry_lane_clients{chain=\"a-1\",account=\"rich\"} 2",
        "ferry_wallet_low{chain=\"a-1\",account=\"granter\"} 1",
        "ferry_wallet_balance{chain=\"a-1\",account=\"granter\",denom=\"stake\"} 7",
        "wallet_balance{account=\"rich\",chain=\"a-1\",denom=\"stake\"} 7",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let unsigned = |look: &look::Look| {
        health::obstacles(look).into_iter().find(|why| why.contains("nothing is signed on `a-1`"))
    };
    assert_eq!(unsigned(&shown.look), None);
    shown.look.chains[0].keys = vec![empty];
    assert!(unsigned(&shown.look).is_some_and(|why| why.contains("poor: it cannot pay")));
}

/// Draws the page in Chromium. `scripts/test` runs it where Chromium is.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and playwright-core; scripts/test runs it"]
async fn the_page_is_drawn() {
    let server = Server::over(busy(), None).await;
    let expired = (answered(&ClientStatus::Expired), Tally::default());
    let troubled = Server::over(expired, None).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/check.mjs");
    let [url, other] = [&server, &troubled].map(|server| format!("http://{}/", server.address));
    let mut node = tokio::process::Command::new("node");
    let run = node.args([script, &url, &other]).kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(120), run).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
