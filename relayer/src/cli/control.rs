//! What other commands ask of a ferry that runs in the same home: over a socket there that only its user opens.
//!
//! One line of JSON each way, and before the answer others that say how far it is. A command that finds nobody there
//! does the work itself, or says that nobody is there.

mod address;
pub(super) mod door;

use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::progress::Remaining;
use super::{Place, link, packets};
use crate::model::ids::PathId;
use crate::store::any::Location;
use address::Address;

/// The socket's name in the home directory.
const SOCKET: &str = "ferry.sock";
/// The longest line that is read: some hundred thousand packets with their reasons.
const LONGEST: u64 = 1 << 26;
/// How often it is looked whether a ferry that has the store has made its socket: each look takes a fifth of a second.
const LOOKS: usize = 25;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    /// To read the configuration again.
    Reload,
    /// To log by other directives.
    Log(String),
    /// To say which packets are not over, and why.
    Packets(packets::Args),
    /// To look at everything on a path anew.
    Clear(PathId),
    /// To serve one more path, or channel.
    Link(Box<link::Wanted>),
    /// To serve a path no more.
    Forget(link::forget::Request),
}

/// What is answered: any number of words about how far the work is, then its end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// What is left of work that takes long.
    Remaining(Remaining),
    /// The end.
    Ended(Answer),
}

/// A result of the kind that the request has, or an error in words.
type Answer = Result<serde_json::Value, String>;

fn socket(place: &Place) -> PathBuf {
    place.home.join(SOCKET)
}

/// The ferry that runs in this home; `None` when none does.
async fn reach(place: &Place) -> anyhow::Result<Option<UnixStream>> {
    let path = socket(place);
    let nobody = |error: &io::Error| {
        // What a ferry that was killed leaves behind refuses.
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
    };
    match Address::of(place).connect().await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if nobody(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be opened", path.display())),
    }
}

/// As [`reach`], and waits a moment where the store is in use: by a ferry that has just begun and makes its socket next.
async fn reach_or_wait(place: &Place) -> anyhow::Result<Option<UnixStream>> {
    for _ in 0..LOOKS {
        let reached = reach(place).await?;
        if reached.is_some() || !is_store_in_use(place).await {
            return Ok(reached);
        }
    }
    reach(place).await
}

/// Whether a process of this machine writes to the store. To find that it does takes the time that is waited for its lock.
async fn is_store_in_use(place: &Place) -> bool {
    // What is wrong with them is told when they are used.
    let Ok(file) = place.read_config() else { return false };
    let store = place.store(&file);
    match &store {
        Location::File(path) if path.try_exists().unwrap_or(false) => {
            store.is_in_use().await.unwrap_or(false)
        }
        _ => false,
    }
}

/// Whether a ferry runs in this home: one that has the store and relays, or is about to.
///
/// # Errors
/// The socket is there and cannot be opened.
pub(super) async fn is_running(place: &Place) -> anyhow::Result<bool> {
    Ok(reach(place).await?.is_some())
}

/// Asks the ferry that runs in this home; `None` when none does. One that still starts answers when it has.
///
/// # Errors
/// Those of the other ferry, in its words.
pub(super) async fn ask<T: DeserializeOwned>(
    place: &Place,
    request: &Request,
) -> anyhow::Result<Option<T>> {
    let reached = match request {
        // It is answered as well from the store.
        Request::Packets(_) => reach(place).await?,
        _ => reach_or_wait(place).await?,
    };
    let Some(stream) = reached else { return Ok(None) };
    let mut stream = BufReader::new(stream);
    write_line(&mut stream, request).await?;
    let ended = "the ferry that runs has ended before it answered; see its log";
    loop {
        let line = read_line(&mut stream).await?.context(ended)?;
        match serde_json::from_str(&line).context("the ferry that runs is of another version")? {
            Reply::Remaining(left) => left.tell(),
            Reply::Ended(Ok(value)) => return Ok(Some(serde_json::from_value(value)?)),
            Reply::Ended(Err(error)) => return Err(anyhow::Error::msg(error)),
        }
    }
}

/// As [`ask`], for what only a ferry that runs can do.
///
/// # Errors
/// No ferry runs in this home, or those of [`ask`].
pub(super) async fn demand<T: DeserializeOwned>(
    place: &Place,
    request: &Request,
) -> anyhow::Result<T> {
    ask(place, request).await?.with_context(|| {
        format!(
            "no ferry runs in `{}`; start it with `ferry start`, or give its --home",
            place.home.display()
        )
    })
}

async fn write_line(
    stream: &mut BufReader<UnixStream>,
    value: &impl Serialize,
) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(stream.write_all(&line).await?)
}

/// The next line; `None` when the other side has gone.
async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.take(LONGEST).read_line(&mut line).await?;
    Ok((read > 0).then_some(line))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::door::Socket;
    use super::*;
    use crate::store::sqlite::Sqlite;

    fn place(home: PathBuf) -> Place {
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("ferry.toml"), "").unwrap();
        let config = home.join("ferry.toml");
        Place { home, config, password_file: None, json: false, printed: Arc::default() }
    }

    /// The store is taken a moment before the socket is made, and longer where it is of an older version.
    #[tokio::test]
    async fn a_ferry_that_has_just_begun_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path().to_owned());
        std::fs::write(dir.path().join("ferry.db"), "").unwrap();
        assert!(reach_or_wait(&place).await.unwrap().is_none(), "nobody is there");
        let _writer = Sqlite::keep(&dir.path().join("ferry.db")).await.unwrap();
        let here = place.clone();
        let reached = tokio::spawn(async move { reach_or_wait(&here).await.unwrap() });
        // It has looked at least once by the time that a second look would have ended.
        assert!(is_store_in_use(&place).await && is_store_in_use(&place).await);
        assert!(!reached.is_finished(), "it does not wait");
        let _socket = Socket::make(&place).unwrap();
        assert!(reached.await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_home_with_a_long_name_has_a_socket_too() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path().join("a".repeat(100)).join("b".repeat(100)));
        let socket = Socket::make(&place).unwrap();
        assert!(is_running(&place).await.unwrap());
        assert!(place.home.join(SOCKET).try_exists().unwrap());
        drop(socket);
        assert!(!is_running(&place).await.unwrap());
        assert!(!place.home.join(SOCKET).try_exists().unwrap());
    }
}
