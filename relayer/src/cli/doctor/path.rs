//! A path: its clients, and whether the two chains' clocks agree.

use std::time::Duration;

use super::{Finding, Findings, Reached, permission};
use crate::cli::Place;
use crate::config::Config;
use crate::config::value::format_duration;
use crate::drive::client as look;
use crate::model::ids::{Side, Time};
use crate::model::rows::{EndState, Ibc, PathRow};
use crate::model::state::{ClientFacts, ClientStatus};

const NANOS: u64 = 1_000_000_000;

/// Looks at a path between chains that answered.
pub(super) async fn look(
    (place, file): (&Place, &Config),
    row: &PathRow,
    reached: &[Reached],
) -> Vec<Finding> {
    let mut findings = Findings::of(format!("path {}", row.path));
    for side in [Side::A, Side::B] {
        let chain = row.chains.on(side);
        if file.chain(chain.as_str()).is_err() {
            let cure = format!("add a [[chain]] with id = \"{chain}\"");
            findings.fault("chain", format!("`{chain}` is not configured"), cure);
            return findings.found;
        }
        let is_it = |reached: &&Reached| reached.chain.config().chain_id == chain.as_str();
        let (here, there) = (reached.iter().find(is_it), row.chains.on(side.other()));
        let Some(here) = here else { continue };
        let end = row.ends.on(side);
        let Some(client) = &end.client else {
            findings.warning("client", format!("there is none on `{chain}` yet"), link(row));
            continue;
        };
        if end.state != EndState::Open {
            let finding = match row.ibc {
                Ibc::V1 => format!("it is not open on `{chain}`"),
                Ibc::V2 => format!("`{client}` of `{chain}` is not told of the other client"),
            };
            findings.warning("connection", finding, link(row));
        }
        client_of(here, client.as_str(), there.as_str(), &mut findings).await;
        permission::look((place, file), here, client.as_str(), &mut findings).await;
    }
    clocks(file, row, reached, &mut findings).await;
    findings.found
}

/// How to go on with a path that is not open.
fn link(row: &PathRow) -> String {
    let version = if row.ibc == Ibc::V2 { "--v2 " } else { "" };
    format!("`ferry link {version}{} {}` goes on", row.chains.a, row.chains.b)
}

async fn client_of(here: &Reached, client: &str, follows: &str, findings: &mut Findings) {
    let chain = &here.chain.config().chain_id;
    let facts = match look::look(&here.chain, client).await {
        Ok(facts) => facts,
        Err(error) => return findings.warning("client", error.to_string(), "try again"),
    };
    let name = format!("`{client}` of `{chain}`");
    if facts.status != ClientStatus::Active {
        let cure = format!(
            "`ferry client create {chain} {follows} --like {client}`, then `ferry client recover {chain} {client} \
             --substitute NEW` for the governance of `{chain}`"
        );
        return findings.fault("client", format!("{name} takes no updates"), cure);
    }
    let left = left(&here.chain, &facts).await;
    let whole = Duration::from_nanos(facts.terms.trusting_period.0);
    let finding = format!("{name} is good for {} of {}", in_words(left), format_duration(whole));
    if left < whole / 4 {
        let cure = "`ferry start` refreshes it; if ferry is running, see its log";
        findings.warning("client", finding, cure);
    } else {
        findings.ok("client", finding);
    }
}

/// How long a client still takes updates, by the clock of its chain.
async fn left(chain: &cosmos::chain::Chain, facts: &ClientFacts) -> Duration {
    let now = time(chain).await.unwrap_or_default();
    Duration::from_nanos(facts.time.plus(facts.terms.trusting_period).since(now).0)
}

async fn time(chain: &cosmos::chain::Chain) -> Option<Time> {
    let time = chain.rpc().status().await.ok()?.sync_info.latest_block_time;
    u64::try_from(time.unix_timestamp_nanos()).ok().map(Time)
}

/// A duration to the precision that matters.
fn in_words(left: Duration) -> String {
    let seconds = left.as_secs();
    let step = match seconds {
        0..120 => 1,
        120..7_200 => 60,
        7_200..172_800 => 3_600,
        _ => 86_400,
    };
    format_duration(Duration::from_secs(seconds / step * step))
}

async fn clocks(file: &Config, row: &PathRow, reached: &[Reached], findings: &mut Findings) {
    let on = |side: Side| {
        let id = row.chains.on(side).as_str();
        reached.iter().find(|reached| reached.chain.config().chain_id == id)
    };
    let (Some(a), Some(b)) = (on(Side::A), on(Side::B)) else { return };
    let (Some(time_a), Some(time_b)) = (time(&a.chain).await, time(&b.chain).await) else { return };
    for (side, ahead) in [(Side::A, time_a.since(time_b)), (Side::B, time_b.since(time_a))] {
        let chain = row.chains.on(side);
        let Ok(config) = file.chain(chain.as_str()) else { continue };
        if Duration::from_nanos(ahead.0) > config.max_clock_drift {
            let finding = format!(
                "`{chain}` is {} s ahead of `{}`, clients allow {}",
                ahead.0 / NANOS,
                row.chains.on(side.other()),
                format_duration(config.max_clock_drift)
            );
            let cure = "wait for the chain that is behind, or have its validators set their clocks; \
                        headers are held back until then";
            return findings.warning("clocks", finding, cure);
        }
    }
    findings.ok("clocks", "the two chains agree");
}
