//! What other commands ask of a ferry that runs in the same home: over a socket there that only its user opens.
//!
//! One line of JSON each way, and before the answer others that say how far it is. A command that finds nobody there
//! does the work itself, or says that nobody is there.

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

/// The longest line that is read: some hundred thousand packets with their reasons.
const LONGEST: u64 = 1 << 26;

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
    place.home.join("ferry.sock")
}

/// The ferry that runs in this home; `None` when none does.
async fn reach(place: &Place) -> anyhow::Result<Option<UnixStream>> {
    let path = socket(place);
    let nobody = |error: &io::Error| {
        // What a ferry that was killed leaves behind refuses.
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
    };
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if nobody(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be opened", path.display())),
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
    let Some(stream) = reach(place).await? else { return Ok(None) };
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
