//! A proposal in plain words: what it does, and what it can cost at most.

mod deed;
mod order;

use std::collections::BTreeMap;

use cosmos::text;
use protocol::RouteStyle;

use super::read::{Coins, Message};
use super::{Dao, Entrance, Proposal, Source};
use crate::figures;

/// What is known of the outpost beside a message to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// The timeout of a packet whose sender names none, in seconds.
    pub default_timeout_seconds: u64,
    /// Where what is not spent goes first.
    pub way_home: WayHome,
}

/// Where the market's transfers home go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WayHome {
    /// To the outpost, where they can be claimed.
    #[default]
    Outpost,
    /// Past the outpost, which hears nothing of them.
    Past,
}

impl WayHome {
    /// That of a route of this style.
    #[must_use]
    pub fn of(style: &RouteStyle) -> Self {
        if style.leaves_outpost_deaf() { Self::Past } else { Self::Outpost }
    }
}

/// What a proposal does if it passes, and what it can cost at most; a sentence a line.
#[must_use]
pub fn explain(dao: &Dao, proposal: &Proposal, known: Known) -> Vec<String> {
    let mut lines = vec![start(dao, proposal)];
    let coins = Coins::from_iter(proposal.coin.clone());
    lines.extend(deed::lines(dao.owner(), &proposal.msg, &coins, known));
    lines.push(cost(&coins, deed::beside(&proposal.msg)));
    if let Some((amount, denom)) = dao.deposit() {
        let deposit = figures::units(*amount, denom);
        lines.push(format!("Who proposes puts down {deposit} by the DAO's own rules."));
    }
    on_a_line_each(lines)
}

/// What one message of somebody else's proposal does, in the same words. `known` is what the outpost tells of what the
/// message names, or why it does not.
#[must_use]
pub fn explain_message(
    owner: &str,
    outpost: &str,
    message: &Message,
    known: Result<Known, String>,
) -> Vec<String> {
    let lines = match message {
        Message::Outpost { msg, coins } => {
            let mut lines = vec![format!("It calls the outpost {outpost} with {coins}.")];
            match known {
                Ok(known) => lines.extend(deed::lines(owner, msg, coins, known)),
                Err(reason) => lines.push(format!(
                    "What it does there is not known ({reason}): {}",
                    deed::json(msg)
                )),
            }
            lines
        }
        Message::Contract { contract, msg, coins } if contract == outpost => vec![format!(
            "It tells the outpost {outpost} what is not known here, with {coins}: {msg}"
        )],
        Message::Contract { contract, msg, coins } => vec![format!(
            "It calls the contract {contract}, which is not the outpost, with {coins}: {msg}"
        )],
        Message::Pays { to, coins } => vec![format!("It pays {coins} to {to}.")],
        Message::Other(message) => {
            vec![format!("It does something that is not explained here: {message}")]
        }
    };
    on_a_line_each(lines)
}

/// What several messages cost at most.
#[must_use]
pub fn explain_cost(messages: &[Message]) -> String {
    let mut all = BTreeMap::<&str, u128>::new();
    let mut beside = None;
    for message in messages {
        beside = match message {
            Message::Outpost { msg, .. } => beside.or_else(|| deed::beside(msg)),
            Message::Pays { .. } => beside,
            Message::Contract { .. } | Message::Other(_) => {
                Some("what is not explained here may cost whatever the DAO has".into())
            }
        };
        for (amount, denom) in message.coins() {
            let sum = all.entry(denom).or_default();
            *sum = sum.saturating_add(*amount);
        }
    }
    let coins = all.into_iter().map(|(denom, amount)| (amount, denom.to_owned())).collect();
    text::printable(&cost(&coins, beside))
}

/// What strangers wrote must not look like a sentence of ours.
fn on_a_line_each(lines: Vec<String>) -> Vec<String> {
    lines.iter().map(|line| text::printable(line)).collect()
}

fn cost(coins: &Coins, beside: Option<String>) -> String {
    match (coins.is_empty(), beside) {
        (true, None) => "It costs nothing beyond the fee of its execution.".into(),
        (true, Some(beside)) => format!("No coin goes with it; {beside}."),
        (false, None) => {
            let attached = if coins.is_one() { "the coin" } else { "the coins" };
            format!("It costs at most {coins}: {attached} attached, and nothing else.")
        }
        (false, Some(beside)) => format!("It costs the {coins} that go with it; {beside}."),
    }
}

fn start(dao: &Dao, proposal: &Proposal) -> String {
    let Proposal { outpost, coin, .. } = proposal;
    let coin = Coins::from_iter(coin.clone());
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
