//! What a ferry that runs serves over HTTP.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::operator::Operator;

/// What allows to change something.
pub const TOKEN: &str = "a token for tests of no value";
const TOKEN_FILE: &str = "token";

/// Where a ferry serves.
#[derive(Clone, Copy, Debug)]
pub struct Page(SocketAddr);

impl Page {
    /// Has an operator's ferry serve from its next start on.
    ///
    /// # Errors
    /// There is no free port, or ferry's home cannot be written.
    pub fn of(operator: &Operator) -> anyhow::Result<Self> {
        // Nobody listens there once this is dropped.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        std::fs::write(operator.file(TOKEN_FILE), TOKEN)?;
        let serve = format!("[serve]\nlisten = \"{address}\"\ntoken_file = \"{TOKEN_FILE}\"\n");
        operator.configure(|text| text + &serve)?;
        Ok(Self(address))
    }

    /// Reads what stands at a path: the status and the text.
    ///
    /// # Errors
    /// Nobody answers, or not in HTTP.
    pub async fn get(self, path: &str) -> anyhow::Result<(u16, String)> {
        self.ask("GET", path, None).await
    }

    /// Posts to a path, with a token or without.
    ///
    /// # Errors
    /// As [`Page::get`].
    pub async fn post(self, path: &str, token: Option<&str>) -> anyhow::Result<(u16, String)> {
        self.ask("POST", path, token).await
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// As [`Page::get`], or it is no JSON.
    pub async fn json(self, path: &str) -> anyhow::Result<Value> {
        let (status, text) = self.get(path).await?;
        serde_json::from_str(&text).with_context(|| format!("{path}: {status}: {text}"))
    }

    /// The value of a metric; `labels` are a part of its labels as they are written.
    ///
    /// # Errors
    /// As [`Page::get`], or there is no such one, or several.
    pub async fn metric(self, name: &str, labels: &str) -> anyhow::Result<u128> {
        let (_, text) = self.get("/metrics").await?;
        let is_it = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(labels))
        };
        let found: Vec<&str> = text.lines().filter(is_it).collect();
        let [line] = found[..] else { anyhow::bail!("`{name}` of `{labels}`: {found:?}") };
        let value = line.rsplit_once(' ').context("no value")?.1;
        value.parse().with_context(|| line.to_owned())
    }

    async fn ask(
        self,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> anyhow::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.0).await?;
        let token = token.map(|token| format!("authorization: Bearer {token}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\r\n",
            self.0,
            token.unwrap_or_default()
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no head")?;
        let status = head.split(' ').nth(1).context("no status")?;
        Ok((status.parse()?, body.to_owned()))
    }
}
