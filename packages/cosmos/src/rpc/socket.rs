//! A node's WebSocket, as a wake-up: it says that there is a new block and nothing that is relied upon.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize as _;
use serde_json::{Value, json};
use tendermint::block::Header;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::{Address, Fault, RpcError};

/// A header is 2 KB; anything far larger is none.
const MAX_MESSAGE: usize = 1 << 20;

/// A subscription to new block headers.
#[derive(Debug)]
pub struct NewBlocks {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    endpoint: Address,
}

impl NewBlocks {
    /// Subscribes at the node whose HTTP address is `endpoint`.
    ///
    /// # Errors
    /// [`RpcError`] when the node cannot be reached or refuses within `limit`.
    pub async fn subscribe(endpoint: &str, limit: Duration) -> Result<Self, RpcError> {
        let endpoint = Address::from(endpoint);
        let fail = |fault| RpcError { endpoint: endpoint.clone(), method: "subscribe", fault };
        let opening = Self::open(&endpoint);
        let mut socket = match timeout(limit, opening).await {
            Ok(opened) => opened.map_err(fail)?,
            Err(_) => return Err(fail(Fault::Timeout(limit))),
        };
        let answer = timeout(limit, next_json(&mut socket)).await;
        let answer = answer.map_err(|_| fail(Fault::Timeout(limit)))?.map_err(fail)?;
        if let Some(error) = answer.get("error") {
            return Err(fail(Fault::Malformed(error.to_string())));
        }
        Ok(Self { socket, endpoint })
    }

    async fn open(endpoint: &Address) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Fault> {
        let (place, query) = match endpoint.as_str().split_once('?') {
            Some((place, query)) => (place.trim_end_matches('/'), format!("?{query}")),
            None => (endpoint.as_str(), String::new()),
        };
        let url = match place.split_once("://") {
            Some(("http", rest)) => format!("ws://{rest}/websocket{query}"),
            Some(("https", rest)) => format!("wss://{rest}/websocket{query}"),
            _ => return Err(Fault::Address("no `http` or `https`".to_owned())),
        };
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE));
        let opened = connect_async_with_config(url.as_str(), Some(config), true).await;
        let unreachable = |error: String| Fault::Unreachable(error.replace(&url, "the address"));
        let (mut socket, _) = opened.map_err(|error| unreachable(error.to_string()))?;
        let request = json!({
            "jsonrpc": "2.0", "id": 1, "method": "subscribe",
            "params": { "query": "tm.event='NewBlockHeader'" },
        });
        let sent = socket.send(Message::text(request.to_string())).await;
        sent.map_err(|error| Fault::Unreachable(error.to_string()))?;
        Ok(socket)
    }

    /// Waits for the next header. Cancel safe.
    ///
    /// # Errors
    /// [`RpcError`] when the connection ended: subscribe again, and poll meanwhile.
    pub async fn next(&mut self) -> Result<Header, RpcError> {
        let endpoint = &self.endpoint;
        let fail = |fault| RpcError { endpoint: endpoint.clone(), method: "subscribe", fault };
        let mut event = next_json(&mut self.socket).await.map_err(fail)?;
        let header = event.pointer_mut("/result/data/value/header").map(Value::take);
        Header::deserialize(header.unwrap_or_default())
            .map_err(|error| fail(Fault::Malformed(format!("event without a header: {error}"))))
    }
}

async fn next_json(
    socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
) -> Result<Value, Fault> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return serde_json::from_str(&text).map_err(|e| Fault::Malformed(e.to_string()));
            }
            // Pings are answered by the library when the stream is read.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(_)) | None => return Err(Fault::Unreachable("the node hung up".into())),
            Some(Err(error)) => return Err(Fault::Unreachable(error.to_string())),
        }
    }
}
