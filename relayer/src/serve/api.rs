//! JSON: `/api/...`, and the addresses that Hermes' REST server has.

use hyper::header::HeaderMap;
use hyper::{StatusCode, Uri};
use serde::Serialize;
use serde_json::json;

use super::answer::{Answer, failure, json as as_json};
use super::site::MANY_PACKETS;
use super::{Shown, Site};
use crate::drive::desk::DeskError;
use crate::model::facts::Fact;
use crate::model::ids::PathId;

/// How many packets an answer lists unless told otherwise.
const SOME_PACKETS: usize = 100;

/// The addresses below `/api`, with what each tells.
const INDEX: [(&str, &str); 12] = [
    ("/api/status", "everything below at once"),
    ("/api/chains", "chains: height, account, what was done there"),
    ("/api/paths", "paths and what they wait for"),
    ("/api/channels", "channels with their pending packets"),
    ("/api/packets?path=&limit=", "pending packets, the oldest first, with the reason of each"),
    ("/api/clients", "clients and how long they are good for"),
    ("/api/balances", "the accounts that pay"),
    ("/api/costs", "what was relayed since the start, and what it cost"),
    ("/api/paid", "what was paid today, in seven days and in thirty, and for what"),
    ("/api/transactions", "transactions on their way"),
    ("/api/history", "the last hour in pieces of ten seconds"),
    ("/api/lease", "where replicas share a database: which one relays"),
];

/// Answers a question; none where nothing stands.
pub(super) async fn answer(site: &Site, uri: &Uri) -> Result<Option<Answer>, DeskError> {
    match uri.path() {
        "/api" => {
            let entry = |(path, tells): &(&str, &str)| json!({ "path": path, "tells": tells });
            return Ok(Some(ok(&INDEX.iter().map(entry).collect::<Vec<_>>())));
        }
        "/api/packets" => return packets(site, uri).await.map(Some),
        _ => {}
    }
    let shown = site.shown().await?;
    Ok(part(&shown, uri.path()).or_else(|| hermes_part(&shown, uri.path())))
}

fn ok(body: &impl Serialize) -> Answer {
    as_json(StatusCode::OK, body)
}

fn part(shown: &Shown, path: &str) -> Option<Answer> {
    let Shown { look, paid, wallets, lease } = shown;
    Some(match path.strip_prefix("/api/")? {
        "status" => ok(shown),
        "chains" => ok(&look.chains),
        "paths" => ok(&look.paths),
        "channels" => ok(&look.channels),
        "clients" => ok(&look.clients),
        "balances" => ok(wallets),
        "costs" => ok(&look.costs),
        "paid" => ok(paid),
        "transactions" => ok(&look.transactions),
        "history" => ok(&look.history),
        "lease" => ok(lease),
        _ => return None,
    })
}

async fn packets(site: &Site, uri: &Uri) -> Result<Answer, DeskError> {
    let limit = match parameter(uri, "limit").map(str::parse::<usize>) {
        None => SOME_PACKETS,
        Some(Ok(limit)) => limit.min(MANY_PACKETS),
        Some(Err(_)) => return Ok(failure(StatusCode::BAD_REQUEST, "`limit` is no number")),
    };
    let path = parameter(uri, "path");
    let shown = site.shown_long().await?;
    let packets = shown.look.packets.iter();
    let packets = packets.filter(|packet| path.is_none_or(|path| packet.path.as_str() == path));
    Ok(ok(&packets.take(limit).collect::<Vec<_>>()))
}

/// An answer in the form of Hermes' REST server.
fn hermes(status: StatusCode, result: &impl Serialize) -> Answer {
    as_json(status, &json!({ "status": "success", "result": result }))
}

fn hermes_part(shown: &Shown, path: &str) -> Option<Answer> {
    let chains = &shown.look.chains;
    let success = StatusCode::OK;
    Some(match path {
        "/version" => hermes(success, &[json!({ "name": "ferry", "version": shown.look.version })]),
        "/chains" => hermes(success, &chains.iter().map(|chain| &chain.chain).collect::<Vec<_>>()),
        "/state" => hermes(success, shown),
        _ => {
            let id = path.strip_prefix("/chain/")?;
            hermes(success, chains.iter().find(|chain| chain.chain.as_str() == id)?)
        }
    })
}

/// A parameter of the address. Names of paths and chains need no escapes.
fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// Changes something, for one who has the token; none where nothing can be changed.
pub(super) async fn change(
    site: &Site,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Option<Answer>, DeskError> {
    if uri.path() != "/clear_packets" {
        return Ok(None);
    }
    let Some(token) = &site.token else {
        let closed = "nothing can be changed here; set `serve.token_file` in ferry.toml";
        return Ok(Some(failure(StatusCode::FORBIDDEN, closed)));
    };
    if !token.is_in(headers) {
        let wrong = "send the token as `Authorization: Bearer TOKEN`";
        return Ok(Some(failure(StatusCode::UNAUTHORIZED, wrong)));
    }
    clear(site, uri).await.map(Some)
}

/// Looks anew at one path, all paths of a chain, or everything.
async fn clear(site: &Site, uri: &Uri) -> Result<Answer, DeskError> {
    let (path, chain) = (parameter(uri, "path"), parameter(uri, "chain"));
    let shown = site.look(0).await?;
    let matches = shown.look.paths.iter().filter(|row| {
        let is_on = |chain: &str| row.ends.iter().any(|end| end.chain.as_str() == chain);
        path.is_none_or(|path| row.path.as_str() == path) && chain.is_none_or(is_on)
    });
    let paths: Vec<PathId> = matches.map(|row| row.path.clone()).collect();
    if paths.is_empty() {
        return Ok(failure(StatusCode::NOT_FOUND, "there is no such path"));
    }
    for path in &paths {
        site.desk.tell(Fact::Clear(path.clone()))?;
    }
    Ok(hermes(StatusCode::ACCEPTED, &paths))
}
