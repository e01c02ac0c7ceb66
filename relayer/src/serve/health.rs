//! `/health`: the loop answers. `/ready`: it also relays.

use hyper::StatusCode;
use serde_json::json;

use super::answer::{Answer, json as as_json, of_kind};
use super::look::{KeyLook, Look};
use super::{Site, metrics};
use crate::drive::desk::DeskError;

/// A chain without a block for so long, or ten times its interval if that is longer, is not followed.
const SILENCE_SECONDS: u64 = 60;

/// What supervisors ask; none at other addresses.
pub(super) async fn answer(site: &Site, path: &str) -> Result<Option<Answer>, DeskError> {
    let tell: fn(&super::Shown) -> Answer = match path {
        "/health" => |shown| health(&shown.look),
        "/ready" => |shown| ready(&shown.look),
        "/metrics" => |shown| of_kind(metrics::KIND, metrics::exposition(shown)),
        _ => return Ok(None),
    };
    Ok(Some(tell(&*site.shown().await?)))
}

fn health(look: &Look) -> Answer {
    let Look { version, uptime_seconds, .. } = look;
    let body = json!({ "status": "ok", "version": version, "uptime_seconds": uptime_seconds });
    as_json(StatusCode::OK, &body)
}

fn ready(look: &Look) -> Answer {
    let obstacles = obstacles(look);
    let is_ready = obstacles.is_empty();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    as_json(status, &json!({ "ready": is_ready, "obstacles": obstacles }))
}

/// What keeps ferry from relaying; empty when nothing does.
pub(super) fn obstacles(look: &Look) -> Vec<String> {
    let mut obstacles = Vec::new();
    for chain in &look.chains {
        let patience = SILENCE_SECONDS.max(chain.interval_ms / 100);
        if chain.block_age_seconds > patience {
            let age = chain.block_age_seconds;
            obstacles.push(format!("the newest block read of `{}` is {age} s old", chain.chain));
        }
        // Others sign for a key that is paused.
        let paused: Option<Vec<String>> = chain.keys.iter().map(KeyLook::obstacle).collect();
        if let Some(paused) = paused.filter(|paused| !paused.is_empty()) {
            let why = paused.join("; ");
            obstacles.push(format!("nothing is signed on `{}`: {why}", chain.chain));
        }
        if let Some(why) = &chain.waits {
            obstacles.push(format!("nothing is sent to `{}`: {why}", chain.chain));
        }
    }
    for path in &look.paths {
        for end in &path.ends {
            let Some(why) = &end.refused else { continue };
            let (to, path) = (&end.chain, &path.path);
            obstacles.push(format!("what goes to `{to}` over `{path}` is refused: {why}"));
        }
    }
    for client in &look.clients {
        if let Some(complaint) = &client.complaint {
            obstacles
                .push(format!("client `{}` of `{}`: {complaint}", client.client, client.chain));
        }
    }
    obstacles
}
