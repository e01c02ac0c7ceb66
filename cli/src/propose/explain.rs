//! A proposal in plain words: what it does, and what it can cost at most.

use outpost::msg::{Buy, ExecuteMsg};

use super::{Dao, Entrance, Proposal, Source};
use crate::figures;

/// What is known of a purchase beside its message.
#[derive(Clone, Copy, Debug)]
pub struct Purchase {
    /// The timeout of a packet whose sender names none, in seconds.
    pub default_timeout_seconds: u64,
}

/// What a proposal does if it passes, and what it can cost at most; a sentence a line.
#[must_use]
pub fn explain(dao: &Dao, proposal: &Proposal, purchase: Purchase) -> Vec<String> {
    let mut lines = vec![start(dao, proposal)];
    let cost = proposal.coin.as_ref().map(|(amount, denom)| figures::units(*amount, denom));
    match &proposal.msg {
        ExecuteMsg::Buy(buy) => buying(&mut lines, dao, proposal, buy, purchase),
        ExecuteMsg::TopUp { seq } => {
            lines.push(format!("The coin is added to the account of order {seq}."));
            lines.push(
                "If the deployment is closed by then, the coin comes back and can be claimed."
                    .into(),
            );
        }
        ExecuteMsg::AcceptBid { seq, group, provider, bid_no, max_rate } => {
            let most = figures::per_day(max_rate.u128());
            lines.push(format!(
                "It accepts bid {bid_no} of {provider} for group {group} of order {seq}, at {most} \
                 units per day or less."
            ));
            lines.push("If the bid is gone or dearer when the vote ends, nothing happens.".into());
        }
        ExecuteMsg::Close { seq } => {
            lines.push(format!(
                "It closes order {seq}: the providers get what they earned, the rest comes home and \
                 can be claimed."
            ));
        }
        other => lines.push(format!("It sends the outpost {}.", json(other))),
    }
    lines.push(match cost {
        Some(cost) => format!("It costs at most {cost}: the coin attached, and nothing else."),
        None => "It costs nothing beyond the fee of its execution.".into(),
    });
    if let Some((amount, denom)) = dao.deposit() {
        let deposit = figures::units(*amount, denom);
        lines.push(format!("Who proposes puts down {deposit} by the DAO's own rules."));
    }
    lines
}

fn json(msg: &ExecuteMsg) -> String {
    serde_json::to_string(msg).unwrap_or_default()
}

fn start(dao: &Dao, proposal: &Proposal) -> String {
    let Proposal { outpost, coin, .. } = proposal;
    let coin = coin
        .as_ref()
        .map_or_else(|| "no coin".to_owned(), |(amount, denom)| figures::units(*amount, denom));
    match dao {
        Dao::Cw3 { address } => {
            format!("If it passes, the multisig {address} calls the outpost {outpost} with {coin}.")
        }
        Dao::DaoDao { core, entrance } => {
            let (Entrance::Module { address } | Entrance::PrePropose { address, .. }) = entrance;
            format!(
                "If it passes, the DAO {core} calls the outpost {outpost} with {coin}; it is \
                 proposed at {address}."
            )
        }
        Dao::Gov { account, source, .. } => {
            let from = match source {
                Source::CommunityPool(_) => ", which the community pool pays to it first",
                Source::Account => "",
            };
            format!(
                "If it passes, the gov account {account} calls the outpost {outpost} with {coin}{from}."
            )
        }
    }
}

fn buying(lines: &mut Vec<String>, dao: &Dao, proposal: &Proposal, buy: &Buy, purchase: Purchase) {
    let denom = proposal.coin.as_ref().map_or("", |(_, denom)| denom);
    lines.push(format!("The coin travels over the route `{}` with this order:", buy.route));
    let mut rate = 0_u128;
    for group in &buy.deployment.groups {
        rate = rate.saturating_add(group.max_rate.u128());
        lines.push(format!(
            "- {}: {}; at most {} {denom} per day; {}",
            group.name,
            figures::resources(&group.resources),
            figures::per_day(group.max_rate.u128()),
            figures::selection(&group.selection),
        ));
    }
    if let Some((amount, _)) = &proposal.coin {
        let seconds = amount.saturating_mul(1_000_000_000).checked_div(rate).unwrap_or_default();
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        let lasts = figures::duration(seconds);
        lines.push(format!("At these highest rates the money lasts {lasts}; it can be added to."));
    }
    let timeout = buy.timeout_seconds.unwrap_or(purchase.default_timeout_seconds);
    let timeout = figures::duration(timeout);
    let home = buy.refund_to.as_deref().unwrap_or_else(|| dao.owner());
    lines.push(format!(
        "If the market refuses it, or has not received it {timeout} after its execution, the whole \
         coin comes back."
    ));
    lines.push(format!("What comes back or is not spent can be claimed, and goes to {home}."));
    if let Some(address) = &buy.local_refund {
        lines.push(format!(
            "Where the way home fails for 30 days, anyone may have it paid to {address} on the market's chain instead: \
             of this order and of all others of the same owner."
        ));
    }
    for operator in &buy.operators {
        let scopes = serde_json::to_string(&operator.scopes).unwrap_or_default();
        lines.push(format!("{} may act for the order on this chain: {scopes}.", operator.address));
    }
    for operator in &buy.deployment.local_operators {
        let scopes = serde_json::to_string(&operator.scopes).unwrap_or_default();
        lines.push(format!(
            "{} may act for the order on the market's chain: {scopes}.",
            operator.address
        ));
    }
    let keys = buy.deployment.access_keys.len();
    if keys > 0 {
        lines.push(format!("{keys} keys may come to the provider's gateway with the manifest."));
    }
}
