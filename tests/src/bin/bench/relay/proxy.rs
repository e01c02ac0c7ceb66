//! A proxy before each node's ports that counts requests by method.
//!
//! JSON-RPC over HTTP/1.1 is read, gRPC over HTTP/2 is told by its path; both are passed on as they are. A
//! WebSocket counts as one request, `websocket`, and its messages as none: what a node pushes costs no round trip.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A method's name and how often it was asked for.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The longest head of a request.
const MAX_HEAD: usize = 64 << 10;
/// The largest request: a transaction of the greatest size in base64, and more.
const MAX_BODY: usize = 16 << 20;

/// Counts what goes through some ports, until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Proxy {
    counter: Counter,
    ports: JoinSet<()>,
}

#[derive(Clone, Debug, Default)]
struct Counter(Arc<Mutex<Counts>>);

#[derive(Clone, Copy, Debug)]
enum Protocol {
    JsonRpc,
    Grpc,
}

impl Counter {
    fn count(&self, method: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(method.to_owned()).or_default() += 1;
    }
}

impl Proxy {
    /// Opens a port before a node's RPC, and returns its address.
    ///
    /// # Errors
    /// There is no free port.
    pub(crate) async fn before_rpc(&mut self, node: &str) -> anyhow::Result<String> {
        self.before(node, Protocol::JsonRpc).await
    }

    /// Opens a port before a node's gRPC, and returns its address.
    ///
    /// # Errors
    /// There is no free port.
    pub(crate) async fn before_grpc(&mut self, node: &str) -> anyhow::Result<String> {
        self.before(node, Protocol::Grpc).await
    }

    /// What was counted since the last call.
    pub(crate) fn take(&self) -> Counts {
        std::mem::take(&mut *self.counter.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn before(&mut self, node: &str, protocol: Protocol) -> anyhow::Result<String> {
        let node = node.strip_prefix("http://").unwrap_or(node).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let counter = self.counter.clone();
        self.ports.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (node, counter) = (node.clone(), counter.clone());
                // A connection that breaks is the relayer's to open again, as it is without a proxy.
                open.spawn(async move { drop(carry(stream, &node, counter, protocol).await) });
                while open.try_join_next().is_some() {}
            }
        });
        Ok(address)
    }
}

async fn carry(
    near: TcpStream,
    node: &str,
    counter: Counter,
    protocol: Protocol,
) -> anyhow::Result<()> {
    let far = TcpStream::connect(node).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    match protocol {
        Protocol::JsonRpc => {
            let ((from_near, mut to_near), (mut from_far, to_far)) =
                (near.into_split(), far.into_split());
            // Whichever side ends first ends both.
            tokio::select! {
                ended = carry_requests(from_near, to_far, &counter) => ended,
                ended = copy(&mut from_far, &mut to_near) => Ok(ended.map(drop)?),
            }
        }
        Protocol::Grpc => carry_grpc(near, far, counter).await,
    }
}

/// Passes on requests of HTTP/1.1, one after the other, until one asks for another protocol.
async fn carry_requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counter: &Counter,
) -> anyhow::Result<()> {
    let mut read = Vec::new();
    loop {
        let Some(head_len) = fill_head(&mut from, &mut read).await? else { return Ok(()) };
        let head = Head::parse(read.get(..head_len).context("a head")?)?;
        let whole = head_len + head.body_len;
        while read.len() < whole {
            ensure!(from.read_buf(&mut read).await? > 0, "the request ends early");
        }
        let body = read.get(head_len..whole).context("a body")?;
        if head.is_upgrade {
            counter.count("websocket");
        } else {
            methods(body, &head.target).iter().for_each(|method| counter.count(method));
        }
        to.write_all(read.get(..whole).context("a request")?).await?;
        read.drain(..whole);
        if head.is_upgrade {
            to.write_all(&read).await?;
            copy(&mut from, &mut to).await?;
            return Ok(());
        }
    }
}

/// Reads until there is a whole head, and returns its length; `None` at the end of the connection.
async fn fill_head(from: &mut OwnedReadHalf, read: &mut Vec<u8>) -> anyhow::Result<Option<usize>> {
    loop {
        if let Some(at) = read.windows(4).position(|end| end == b"\r\n\r\n") {
            return Ok(Some(at + 4));
        }
        ensure!(read.len() < MAX_HEAD, "a head of more than {MAX_HEAD} bytes");
        if from.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

/// What must be known of a request to pass it on.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    target: String,
    body_len: usize,
    is_upgrade: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let text = std::str::from_utf8(bytes).context("a head that is no text")?;
        let mut lines = text.lines();
        let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let mut head = Self { target: target.to_owned(), body_len: 0, is_upgrade: false };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.body_len = value.trim().parse()?,
                "upgrade" => head.is_upgrade = true,
                "transfer-encoding" => anyhow::bail!("a request of unknown length: {value}"),
                _ => {}
            }
        }
        ensure!(head.body_len <= MAX_BODY, "a request of {} bytes", head.body_len);
        Ok(head)
    }
}

/// The methods of a JSON-RPC request or batch; of anything else the target.
fn methods(body: &[u8], target: &str) -> Vec<String> {
    match serde_json::from_slice(body) {
        Ok(Value::Array(batch)) => batch.iter().map(method).collect(),
        Ok(call) => vec![method(&call)],
        Err(_) => vec![target.to_owned()],
    }
}

/// A call's method; a query of the application with its path, which says more.
fn method(call: &Value) -> String {
    let method = call.get("method").and_then(Value::as_str).unwrap_or("none");
    match call.pointer("/params/path").and_then(Value::as_str) {
        Some(path) => format!("{method} {path}"),
        None => method.to_owned(),
    }
}

async fn carry_grpc(near: TcpStream, far: TcpStream, counter: Counter) -> anyhow::Result<()> {
    let mut near = h2::server::handshake(near).await?;
    let (sender, far) = h2::client::handshake(far).await?;
    let mut calls = JoinSet::new();
    calls.spawn(async move { Ok(far.await?) });
    while let Some(call) = near.accept().await {
        let (request, mut respond) = call?;
        counter.count(request.uri().path());
        let sender = sender.clone();
        calls.spawn(async move {
            let (head, body) = request.into_parts();
            let (response, onward) =
                sender.ready().await?.send_request(Request::from_parts(head, ()), false)?;
            // A server may answer before it has the end of the request, and then no longer takes it.
            drop(pump(body, onward).await);
            let (head, body) = response.await?.into_parts();
            let back = respond.send_response(Response::from_parts(head, ()), false)?;
            pump(body, back).await
        });
        while calls.try_join_next().is_some() {}
    }
    Ok(())
}

/// Passes on a body and its trailers, which carry a gRPC call's status.
async fn pump(mut from: RecvStream, mut to: SendStream<Bytes>) -> anyhow::Result<()> {
    while let Some(chunk) = from.data().await {
        let chunk = chunk?;
        from.flow_control().release_capacity(chunk.len())?;
        let is_last = from.is_end_stream();
        to.send_data(chunk, is_last)?;
        if is_last {
            return Ok(());
        }
    }
    match from.trailers().await? {
        Some(trailers) => to.send_trailers(trailers)?,
        None => to.send_data(Bytes::default(), true)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_understood_whatever_the_case_of_their_names() {
        let head =
            Head::parse(b"POST /rpc HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 12\r\n\r\n").unwrap();
        assert_eq!(head, Head { target: "/rpc".into(), body_len: 12, is_upgrade: false });
        let upgrade = b"GET /websocket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
        assert!(Head::parse(upgrade).unwrap().is_upgrade);
        assert!(Head::parse(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").is_err());
    }

    #[test]
    fn queries_are_told_apart_and_batches_counted_one_by_one() {
        let batch =
            br#"[{"method":"status"},{"method":"abci_query","params":{"path":"/store/ibc/key"}}]"#;
        assert_eq!(methods(batch, "/"), ["status", "abci_query /store/ibc/key"]);
        assert_eq!(methods(b"", "/health"), ["/health"]);
    }

    #[tokio::test]
    async fn requests_pass_and_are_counted() {
        let node = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = node.local_addr().unwrap().to_string();
        let answering = tokio::spawn(async move {
            let (mut stream, _) = node.accept().await.unwrap();
            let mut heard = vec![0; 256];
            let len = stream.read(&mut heard).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
            heard.truncate(len);
            heard
        });
        let mut proxy = Proxy::default();
        let before = proxy.before_rpc(&address).await.unwrap();
        let mut client = TcpStream::connect(before.trim_start_matches("http://")).await.unwrap();
        let request = b"POST / HTTP/1.1\r\nContent-Length: 19\r\n\r\n{\"method\":\"status\"}";
        client.write_all(request).await.unwrap();
        let mut answer = vec![0; 64];
        let len = client.read(&mut answer).await.unwrap();
        assert!(answer.get(..len).unwrap().ends_with(b"{}"));
        assert_eq!(answering.await.unwrap(), request);
        assert_eq!(proxy.take(), Counts::from([("status".to_owned(), 1)]));
        assert!(proxy.take().is_empty());
    }
}
