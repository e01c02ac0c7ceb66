//! What is served, asked over a real connection.

mod crowd;
mod metrics;
mod page;
mod world;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::wallets::Wallets;
use super::*;
use crate::drive::desk::{self, Request};
use crate::drive::tally::Tally;
use crate::model::facts::Fact;
use crate::store::postgres::{Holder, Replica};
use world::World;

const TOKEN: &str = "0123456789abcdef0123";

fn replica() -> Replica {
    Replica { holder: "host:7".to_owned(), fence: 3 }
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
        Self::of(world::model(), Tally::default(), token).await
    }

    /// Over this model, in which nothing happens.
    async fn of(model: crate::model::Model, tally: Tally, token: Option<&str>) -> Self {
        Self::over(World { model, tally, alive: &[], ..world::new() }, token).await
    }

    async fn over(mut world: World, token: Option<&str>) -> Self {
        let (wallets, before) = (world.wallets.clone(), world.before.take());
        let (desk, mut requests) = desk::open();
        let (tell, told) = mpsc::channel(8);
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                match request {
                    Request::Read(read) => {
                        world.go_on();
                        read(&world.model, &world.tally);
                    }
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
        let books = Arc::new(OnceLock::new());
        before.into_iter().for_each(|before| drop(books.set(before)));
        let site = Site::new(desk, wallets, token).of_replica(Some(replica())).with_books(books);
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
    let parts = [
        page,
        server.get("/page.css").await,
        server.get("/page.js").await,
        server.get("/plot.js").await,
    ];
    for part in &parts {
        let addresses = part.match_indices("://").map(|(at, _)| &part[at.saturating_sub(5)..]);
        for address in addresses {
            assert!(address.contains("www.w3.org/2000/svg"), "{address:.60}");
        }
    }
    for link in ["/page.css", "/page.js", "/plot.js", "/icon.svg"] {
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
