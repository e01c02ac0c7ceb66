//! What the outpost is told, in plain words.

use outpost::msg::{Buy, ExecuteMsg, Operator, RemoteOperators};
use protocol::deployment::Scope;

use super::super::read::Coins;
use super::{Known, WayHome, order};
use crate::figures;

/// What a message to the outpost does when `owner` sends it with these coins.
pub(super) fn lines(owner: &str, msg: &ExecuteMsg, coins: &Coins, known: Known) -> Vec<String> {
    if let ExecuteMsg::Buy(buy) = msg {
        return buying(owner, buy, coins, known);
    }
    let mut lines = told(owner, msg, known);
    if let (ExecuteMsg::AcceptBid { seq, .. } | ExecuteMsg::Close { seq }, false) =
        (msg, coins.is_empty())
    {
        lines.push(format!(
            "The command travels with the coin, which is added to the account of order {seq}."
        ));
    }
    lines
}

fn told(owner: &str, msg: &ExecuteMsg, known: Known) -> Vec<String> {
    match msg {
        ExecuteMsg::TopUp { seq } => vec![
            format!("The coin is added to the account of order {seq}."),
            "If the deployment is closed by then, the coin comes back and can be claimed.".into(),
        ],
        ExecuteMsg::AcceptBid { seq, group, provider, bid_no, max_rate } => {
            let most = figures::per_day(max_rate.u128());
            vec![
                format!(
                    "It accepts bid {bid_no} of {provider} for group {group} of order {seq}, at {most} \
                     units per day or less."
                ),
                "If the bid is gone or dearer when the vote ends, nothing happens.".into(),
            ]
        }
        ExecuteMsg::AcceptTerms { seq, group, terms_no } => vec![format!(
            "It accepts the terms {terms_no} that the provider of group {group} of order {seq} proposes."
        )],
        ExecuteMsg::Close { seq } => {
            let home = match known.way_home {
                WayHome::Outpost => "the rest comes home and can be claimed",
                WayHome::Past => "the rest goes home past the outpost, to whom the order names",
            };
            vec![format!("It closes order {seq}: the providers get what they earned, {home}.")]
        }
        ExecuteMsg::CloseLease { seq, group } => {
            vec![format!("It ends the lease of group {group} of order {seq}.")]
        }
        ExecuteMsg::UpdateManifest { seq, manifest } => {
            vec![format!("It replaces what order {seq} runs. {}", order::manifest(manifest))]
        }
        ExecuteMsg::WithdrawSurplus { seq } => {
            vec![format!("It has sent home what order {seq} does not need for its runway.")]
        }
        ExecuteMsg::SetOperators { seq, operators, remote } => {
            set_operators(*seq, operators.as_deref(), remote.as_ref())
        }
        ExecuteMsg::SetRefundTo { seq, refund_to } => vec![format!(
            "What comes home of order {seq} from then on goes to {refund_to}{}.",
            not_to(owner, refund_to)
        )],
        other => vec![at_the_outpost(owner, other)],
    }
}

/// What never reaches the market.
fn at_the_outpost(owner: &str, msg: &ExecuteMsg) -> String {
    match msg {
        ExecuteMsg::AcceptOrder { seq } => {
            format!("It takes over order {seq}, which was offered.")
        }
        ExecuteMsg::TransferOrder { seq, new_owner } => format!(
            "It gives order {seq}, with its money, to {new_owner}, who has it after `accept_order`."
        ),
        ExecuteMsg::ClaimTo { denom, to } => {
            format!("All {denom} that {owner} can claim is paid to {to}{}.", not_to(owner, to))
        }
        ExecuteMsg::WithdrawBudget { denom, amount, to } => {
            let amount = amount.map_or_else(
                || format!("all {denom}"),
                |amount| figures::units(amount.u128(), denom),
            );
            let to = to.as_deref().unwrap_or(owner);
            format!("It takes {amount} out of the budget, for {to}{}.", not_to(owner, to))
        }
        other => format!("It tells the outpost {}.", json(other)),
    }
}

/// What a message moves beside the coins that go with it; none if it moves nothing.
pub(super) fn beside(msg: &ExecuteMsg) -> Option<String> {
    match msg {
        ExecuteMsg::Buy(_)
        | ExecuteMsg::TopUp { .. }
        | ExecuteMsg::Close { .. }
        | ExecuteMsg::CloseLease { .. }
        | ExecuteMsg::UpdateManifest { .. }
        | ExecuteMsg::WithdrawSurplus { .. }
        | ExecuteMsg::AcceptOrder { .. } => None,
        ExecuteMsg::AcceptBid { seq, max_rate, .. } => Some(format!(
            "the lease is paid out of what order {seq} holds, {} units per day at most",
            figures::per_day(max_rate.u128())
        )),
        ExecuteMsg::AcceptTerms { seq, .. } => {
            Some(format!("the lease is paid out of what order {seq} holds, by the new terms"))
        }
        _ => Some("it decides over what the DAO has at the outpost".into()),
    }
}

pub(super) fn json(msg: &ExecuteMsg) -> String {
    serde_json::to_string(msg).unwrap_or_default()
}

fn not_to(owner: &str, to: &str) -> String {
    if owner == to { String::new() } else { format!(", not to {owner}") }
}

fn set_operators(
    seq: u64,
    operators: Option<&[Operator]>,
    remote: Option<&RemoteOperators>,
) -> Vec<String> {
    let mut lines =
        vec![format!("It replaces who may act for order {seq}; what is not named stays.")];
    if let Some(operators) = operators {
        if operators.is_empty() {
            lines.push("Nobody but its owner may act for it on this chain.".into());
        }
        lines.extend(operators.iter().map(operator));
    }
    if let Some(RemoteOperators { local_operators, access_keys }) = remote {
        if local_operators.is_empty() {
            lines.push("Nobody may act for it on the market's chain.".into());
        }
        lines.extend(local_operators.iter().map(order::local_operator));
        lines.extend(order::access_keys(access_keys));
    }
    lines
}

/// Until it is replaced an operator of this chain stays one.
fn operator(Operator { address, scopes }: &Operator) -> String {
    let scopes = named(scopes);
    format!("{address} may act for the order on this chain, as long as it lives: {scopes}.")
}

/// Scopes by the names that the command line takes.
pub(super) fn named(scopes: &[Scope]) -> String {
    let names = scopes.iter().map(|scope| match scope {
        Scope::BidAccept => "bid_accept",
        Scope::Close => "close",
        Scope::Manifest => "manifest",
        Scope::Withdraw => "withdraw",
        Scope::Terms => "terms",
    });
    names.collect::<Vec<_>>().join(", ")
}

fn buying(owner: &str, buy: &Buy, coins: &Coins, known: Known) -> Vec<String> {
    let Buy { route, deployment, refund_to, local_refund, operators, timeout_seconds } = buy;
    let mut lines = vec![format!("The coin travels over the route `{route}` with this order:")];
    lines.extend(order::lines(deployment, coins.only()));
    let timeout = figures::duration(timeout_seconds.unwrap_or(known.default_timeout_seconds));
    let home = refund_to.as_deref().unwrap_or(owner);
    let not_home = not_to(owner, home);
    lines.push(format!(
        "If the market refuses it, or has not received it {timeout} after its execution, the whole \
         coin comes back."
    ));
    lines.push(match known.way_home {
        WayHome::Outpost => {
            format!("What comes back or is not spent can be claimed, and goes to {home}{not_home}.")
        }
        WayHome::Past => format!(
            "What comes back that way can be claimed, and goes to {home}{not_home}. What is not spent in the end is sent to \
             {home} past the outpost, without a claim."
        ),
    });
    if let Some(address) = local_refund {
        lines.push(format!(
            "Where the way home fails for 30 days, anyone may have it paid to {address} on the market's chain instead: \
             of this order and of all others of the same owner."
        ));
    }
    lines.extend(operators.iter().map(operator));
    lines.extend(deployment.local_operators.iter().map(order::local_operator));
    lines.extend(order::access_keys(&deployment.access_keys));
    lines
}
