//! What is ordered, in plain words.

use protocol::deployment::{AccessKey, LocalOperator, Manifest, Requirements};
use protocol::{Deployment, Group, Otherwise, Selection};

use super::deed::named;
use crate::figures;

/// The order, paid with this coin.
pub(super) fn lines(deployment: &Deployment, coin: Option<&(u128, String)>) -> Vec<String> {
    // Operators and keys are told behind where the money goes.
    let Deployment { manifest, groups, runway_seconds, local_operators: _, access_keys: _ } =
        deployment;
    let denom = coin.map_or("", |(_, denom)| denom);
    let mut lines: Vec<String> =
        groups.iter().flat_map(|group| group_lines(group, denom)).collect();
    lines.push(self::manifest(manifest));
    if let Some((amount, _)) = coin {
        let rates = groups.iter().map(|group| group.max_rate.u128());
        let rate = rates.fold(0, u128::saturating_add);
        let seconds = amount.saturating_mul(1_000_000_000).checked_div(rate).unwrap_or_default();
        let lasts = figures::duration(u64::try_from(seconds).unwrap_or(u64::MAX));
        let runway = figures::duration(*runway_seconds);
        lines.push(format!(
            "At these highest rates the money lasts {lasts}; it can be added to. No lease begins while it would last less \
             than {runway}."
        ));
    }
    lines
}

/// A group, and below it what its owner asks for beyond the usual.
fn group_lines(group: &Group, denom: &str) -> Vec<String> {
    let Group {
        name,
        resources,
        requirements,
        max_rate,
        selection,
        expires_in_seconds,
        heartbeat_window_seconds,
        ready_within_seconds,
        notice_seconds,
        term_seconds,
        min_stake,
        allow,
        deny,
    } = group;
    let mut lines = vec![format!(
        "- {name}: {}; at most {} {denom} per day; {}",
        figures::resources(resources),
        figures::per_day(max_rate.u128()),
        figures::selection(selection),
    )];
    let mut also = |line: String| lines.push(format!("  {line}"));
    let waits = figures::duration(*expires_in_seconds);
    match selection {
        Selection::Offer { otherwise: Otherwise::Refund, .. } => {}
        Selection::Offer { otherwise: Otherwise::Order, .. } => also(format!(
            "without the offer it waits for bids for up to {waits}, and its money with it on the market"
        )),
        Selection::Manual {} | Selection::Lowest { .. } => {
            also(format!(
                "it waits for bids for up to {waits}, and its money with it on the market"
            ));
        }
    }
    let spans = [
        (ready_within_seconds, "the provider begins within", "or loses its bond"),
        (heartbeat_window_seconds, "it is paid for", "after each heartbeat of the provider's"),
        (notice_seconds, "the provider may leave with", "of notice"),
        (term_seconds, "it ends by itself after", "of service"),
    ];
    for (seconds, before, behind) in spans {
        if let Some(seconds) = seconds {
            also(format!("{before} {} {behind}", figures::duration(*seconds)));
        }
    }
    if let Some(stake) = min_stake {
        also(format!(
            "only of a provider with a stake of {} or more",
            figures::grouped(stake.u128())
        ));
    }
    for (who, what) in [(allow, "only of these providers"), (deny, "of none of these providers")] {
        if !who.is_empty() {
            also(format!("{what}: {}", who.join(", ")));
        }
    }
    required(requirements).into_iter().for_each(also);
    lines
}

fn required(Requirements { attributes, all_of, any_of }: &Requirements) -> Vec<String> {
    let mut lines = Vec::new();
    if !attributes.is_empty() {
        let named = attributes.iter().map(|one| format!("{} = {}", one.key, one.value));
        lines.push(format!("of a provider with {}", named.collect::<Vec<_>>().join(", ")));
    }
    for (auditors, how) in [(all_of, "all of"), (any_of, "one of")] {
        if !auditors.is_empty() {
            lines.push(format!("as signed by {how} {}", auditors.join(", ")));
        }
    }
    lines
}

/// What is to be run.
pub(super) fn manifest(Manifest { hash, uri }: &Manifest) -> String {
    match uri {
        None => format!("It runs the manifest with the SHA-256 {hash}."),
        Some(uri) => format!("It runs the manifest with the SHA-256 {hash}, to be had at {uri}."),
    }
}

/// Who may act on the market's chain, and for how long.
pub(super) fn local_operator(operator: &LocalOperator) -> String {
    let LocalOperator { address, scopes, expires_in_seconds } = operator;
    let until = expires_in_seconds.map_or_else(
        || "as long as it lives".to_owned(),
        |seconds| format!("for {}", figures::duration(seconds)),
    );
    let scopes = named(scopes);
    format!("{address} may act for the order on the market's chain, {until}: {scopes}.")
}

/// Who may come to the provider's gateway, if anybody.
pub(super) fn access_keys(keys: &[AccessKey]) -> Option<String> {
    match keys.len() {
        0 => None,
        1 => Some("1 key may come to the provider's gateway with the manifest.".into()),
        more => Some(format!("{more} keys may come to the provider's gateway with the manifest.")),
    }
}
