//! What would become of it: the contracts and chains are asked before anything is signed or voted on.

use anyhow::{Context as _, bail, ensure};
use cosmwasm_std::Uint128;
use market::msg::{CheckResponse, Money, QueryMsg as AskMarket};
use outpost::msg::responses::{OrderResponse, RouteResponse};
use protocol::control::{Command, Instruction};
use protocol::ics20::{End, TRANSFER_PORT, received_denom};
use protocol::limits;
use protocol::money::{Action, Message, TopUp};

use super::sent::CoinArg;
use crate::denom;
use crate::session::{Books, Contract, route};
use crate::why::{meaning, remedy};

/// A number that no outpost reaches, for what has none yet.
pub(super) const UNUSED: u64 = limits::JSON_INTEGER - 1;

/// Refuses what the market would refuse now, if the outpost sent it over a route with this coin.
pub(super) async fn require_taken(
    books: &Books,
    route: &RouteResponse,
    (amount, denom): (u128, &str),
    action: Action,
) -> anyhow::Result<()> {
    require_client(&books.outpost, route).await?;
    let (channel, denom) = arrival(&books.outpost, route, denom).await?;
    let message = Message { n: UNUSED, action };
    let ask = AskMarket::Check {
        route: Some(channel),
        sender: books.outpost.address.clone(),
        coin: Some(Money { denom, amount: Uint128::new(amount) }),
        message: serde_json::to_string(&message)?,
    };
    let check: CheckResponse = books.market.ask(&ask).await?;
    if check.accepted {
        return Ok(());
    }
    let reason = check.reason.unwrap_or_default();
    match check.code {
        Some(code) => {
            bail!("the market would refuse it: {} ({reason}); {}", meaning(code), remedy(code))
        }
        None => {
            bail!("the market would refuse it: {reason}; change that in the order and try again")
        }
    }
}

/// Over which of its channels a route reaches the market, and what a denom that comes over it is called there.
pub(super) async fn arrival(
    outpost: &Contract,
    route: &RouteResponse,
    denom: &str,
) -> anyhow::Result<(String, String)> {
    let chain = &outpost.chain;
    let channel = chain.channel(TRANSFER_PORT, &route.channel).await?;
    let there = channel.and_then(|channel| channel.counterparty);
    let there = there.with_context(|| format!("there is no channel `{}`", route.channel))?;
    let source = End { port: TRANSFER_PORT, channel: &route.channel };
    let destination = End { port: TRANSFER_PORT, channel: &there.channel_id };
    // The market's name for a voucher follows from its path, which a hash does not tell.
    let denom = received_denom(source, destination, &denom::path(chain, denom).await?);
    Ok((there.channel_id, denom))
}

/// Refuses a top-up that the market would not take: in another denom, below the least, or of what is closed.
pub(super) async fn require_top_up(
    books: &Books,
    order: &OrderResponse,
    coin: &CoinArg,
) -> anyhow::Result<()> {
    require_denom(order, coin)?;
    let route = route(&books.outpost, &order.route).await?;
    let (account, seq) = (order.account.clone(), order.seq);
    let action = Action::TopUp(TopUp { account, tenant: None, seq });
    require_taken(books, &route, (coin.amount, &coin.denom), action).await
}

/// Refuses a command that has no way to the market, or that the market would refuse together with its coin.
pub(super) async fn require_command(
    books: &Books,
    order: &OrderResponse,
    coin: Option<&CoinArg>,
    command: Command,
) -> anyhow::Result<()> {
    let route = require_way(&books.outpost, order, coin).await?;
    let Some(coin) = coin else { return Ok(()) };
    let (account, seq) = (order.account.clone(), order.seq);
    let action = Action::Do(Instruction { account, seq, command });
    require_taken(books, &route, (coin.amount, &coin.denom), action).await
}

/// Refuses a command that has no way to the market; the route that it goes by. The market is not asked.
pub(super) async fn require_way(
    outpost: &Contract,
    order: &OrderResponse,
    coin: Option<&CoinArg>,
) -> anyhow::Result<RouteResponse> {
    let route = route(outpost, &order.route).await?;
    require_channel(&route, order, coin)?;
    require_client(outpost, &route).await?;
    Ok(route)
}

/// Commands travel over the control channel, or with a coin.
fn require_channel(
    route: &RouteResponse,
    order: &OrderResponse,
    coin: Option<&CoinArg>,
) -> anyhow::Result<()> {
    let Some(coin) = coin else {
        ensure!(
            route.control_channel.is_some(),
            "the route `{}` has no open control channel, over which commands travel; open one with `ferry link`, or \
             give a small --coin in `{}` with which it travels",
            route.name,
            order.coin.denom
        );
        return Ok(());
    };
    require_denom(order, coin)
}

/// An order takes nothing but what it is paid in.
fn require_denom(order: &OrderResponse, coin: &CoinArg) -> anyhow::Result<()> {
    ensure!(
        order.coin.denom == coin.denom,
        "order {} is paid in `{}`, got `{}`; give what it is paid in",
        order.seq,
        order.coin.denom,
        coin.denom
    );
    Ok(())
}

/// Both channels of a route lie over one light client: when it is dead the chain takes nothing to send.
async fn require_client(outpost: &Contract, route: &RouteResponse) -> anyhow::Result<()> {
    let chain = &outpost.chain;
    let connection = chain.connection(&route.connection).await?;
    let client =
        connection.with_context(|| format!("there is no `{}`", route.connection))?.client_id;
    require_active(&route.name, &client, &chain.client_status(&client).await?)
}

fn require_active(route: &str, client: &str, status: &str) -> anyhow::Result<()> {
    ensure!(
        status == "Active",
        "the light client `{client}` under the route `{route}` is {}, so nothing can be sent; the chain's governance must \
         recover it first, see `ferry client recover`",
        status.to_lowercase()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{Addr, Coin};
    use outpost::msg::responses::OrderState;
    use protocol::RouteStyle;

    use super::*;

    fn order() -> OrderResponse {
        OrderResponse {
            seq: 7,
            owner: Addr::unchecked("wasm1owner"),
            account: "wasm1owner".into(),
            route: "market".into(),
            n: 1,
            coin: Coin { denom: "usdx".into(), amount: 1_000_u128.into() },
            refund_to: Addr::unchecked("wasm1owner"),
            operators: Vec::new(),
            from_budget: false,
            new_owner: None,
            state: OrderState::Open,
            send_by: None,
            status: None,
            refusal: None,
        }
    }

    fn path(control_channel: Option<&str>) -> RouteResponse {
        RouteResponse {
            name: "market".into(),
            channel: "channel-0".into(),
            connection: "connection-0".into(),
            market: "wasm1m".into(),
            control_port: "wasm.wasm1m".into(),
            style: RouteStyle::Plain {},
            control_channel: control_channel.map(Into::into),
            control_armed: false,
            proved: Vec::new(),
        }
    }

    #[test]
    fn a_command_needs_a_channel_or_a_coin_of_the_orders_denom() {
        let coin = |text: &str| text.parse::<CoinArg>().unwrap();
        require_channel(&path(Some("channel-1")), &order(), None).unwrap();
        let error = require_channel(&path(None), &order(), None).unwrap_err().to_string();
        assert!(error.contains("`ferry link`") && error.contains("--coin in `usdx`"), "{error}");
        require_channel(&path(None), &order(), Some(&coin("10usdx"))).unwrap();
        let other = Some(&coin("10stake"));
        let error = require_channel(&path(Some("channel-1")), &order(), other).unwrap_err();
        assert!(error.to_string().contains("paid in `usdx`, got `stake`"), "{error}");
    }

    #[test]
    fn nothing_is_sent_over_a_dead_client() {
        require_active("market", "07-tendermint-0", "Active").unwrap();
        for status in ["Expired", "Frozen"] {
            let error = require_active("market", "07-tendermint-0", status).unwrap_err();
            assert!(error.to_string().contains(&status.to_lowercase()), "{error}");
        }
    }
}
