//! What is bought: by a DAO's vote, or by a key.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cosmwasm_std::Uint128;
use market::msg::{CheckResponse, Money, OfferInfo, QueryMsg as AskMarket};
use outpost::msg::responses::{QuoteResponse, RouteResponse, RoutesResponse};
use outpost::msg::{Buy, ExecuteMsg, Operator, QueryMsg};
use protocol::deployment::Selection;
use protocol::ics20::{End, TRANSFER_PORT, received_denom};
use protocol::money::{Action, Message, Open};
use protocol::{Deployment, limits};
use serde::Deserialize;

use super::order::{self, TermArgs, read_scopes};
use super::sent::CoinArg;
use crate::denom;
use crate::session::{Books, Contract, route};
use crate::why::{meaning, remedy};

const DAY: u64 = 86_400;

/// A title, what the outpost is told, and the coin that goes with it.
pub(super) type Told = (String, ExecuteMsg, Option<(u128, String)>);

#[derive(Debug, clap::Args)]
pub(super) struct Purchase {
    /// A deployment file, or what `entrepot order from --json` printed.
    #[arg(long, value_name = "FILE")]
    order: PathBuf,
    #[command(flatten)]
    terms: TermArgs,
    /// The outpost's route; default its only one.
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// In which denom it is paid; default the only one proved on the route.
    #[arg(long, conflicts_with = "coin")]
    denom: Option<String>,
    /// Attach what lasts so many days at the highest rates.
    #[arg(long, required_unless_present = "coin", conflicts_with = "coin", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: Option<u32>,
    /// Attach this instead, such as `1000000usdx`.
    #[arg(long, value_name = "COIN")]
    coin: Option<CoinArg>,
    /// Who is paid what comes home; default the buyer. Needed for gov, whose account may take no coins.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) refund_to: Option<String>,
    /// An address on the market's chain for the day the way home is dead.
    #[arg(long, value_name = "ADDRESS")]
    local_refund: Option<String>,
    /// Who may act for the order on this chain. Can be repeated.
    #[arg(long, value_name = "ADDRESS=SCOPE,…")]
    operator: Vec<String>,
    /// Seconds, from execution, after which the market can receive it no more; default the outpost's.
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct OrderFile {
    order: Deployment,
}

impl Purchase {
    /// What `owner` tells the outpost, once both contracts have said that they would take it.
    pub(super) async fn message(&self, books: &Books, owner: &str) -> anyhow::Result<Told> {
        let route = self.route(&books.outpost).await?;
        let denom = self.denom(&route)?;
        let mut deployment = self.deployment()?;
        take_no_higher_charge(books, &mut deployment).await?;
        let buy = Buy {
            route: route.name.clone(),
            deployment,
            refund_to: self.refund_to.clone(),
            local_refund: self.local_refund.clone(),
            operators: self.operator.iter().map(|text| operator(text)).collect::<Result<_, _>>()?,
            timeout_seconds: self.timeout_seconds,
        };
        let seconds = self.days.map(|days| u64::from(days) * DAY);
        let ask = QueryMsg::Quote { buy: Box::new(buy.clone()), denom: denom.clone(), seconds };
        // The outpost refuses here what it would refuse after the vote.
        let quote: QuoteResponse = books.outpost.ask(&ask).await?;
        let amount = match &self.coin {
            Some(coin) => coin.amount,
            None => quote.coin.amount.to_string().parse().context("the outpost's quote")?,
        };
        accepted(books, &route, owner, &buy, (amount, &denom)).await?;
        let names: Vec<_> = buy.deployment.groups.iter().map(|group| group.name.as_str()).collect();
        let title = format!("Buy compute: {}", names.join(", "));
        Ok((title, ExecuteMsg::Buy(Box::new(buy)), Some((amount, denom))))
    }

    async fn route(&self, outpost: &Contract) -> anyhow::Result<RouteResponse> {
        if let Some(name) = &self.route {
            return route(outpost, name).await;
        }
        let ask = QueryMsg::Routes { start_after: None, limit: Some(2) };
        let mut page: RoutesResponse = outpost.ask(&ask).await?;
        match (page.routes.pop(), page.routes.pop()) {
            (Some(only), None) => Ok(only),
            (None, _) => bail!("the outpost has no route; `entrepot deploy` adds one"),
            (Some(one), Some(other)) => bail!(
                "the outpost has several routes, such as `{}` and `{}`; give --route",
                other.name,
                one.name
            ),
        }
    }

    fn denom(&self, route: &RouteResponse) -> anyhow::Result<String> {
        let given = self.coin.as_ref().map(|coin| &coin.denom).or(self.denom.as_ref());
        let RouteResponse { name, proved, .. } = route;
        match (given, &proved[..]) {
            (Some(denom), _) if proved.contains(denom) => Ok(denom.clone()),
            (None, [denom]) => Ok(denom.clone()),
            (_, []) => bail!("no denom is proved on the route `{name}`; its owner must probe it"),
            (Some(denom), _) => {
                bail!(
                    "`{denom}` is not proved on the route `{name}`; pay in {}",
                    proved.join(" or ")
                )
            }
            (None, _) => bail!(
                "several denoms are proved on the route `{name}`; give --denom, of {}",
                proved.join(", ")
            ),
        }
    }

    fn deployment(&self) -> anyhow::Result<Deployment> {
        let is_json = self.order.extension().is_some_and(|end| end == "json");
        if is_json {
            read_order(&self.order)
        } else {
            Ok(order::read(&self.order, &self.terms)?.order)
        }
    }
}

/// Has each group that takes an offer take it at the minimum charge that it has today: a provider may
/// raise it within a day, and a vote takes longer.
async fn take_no_higher_charge(books: &Books, deployment: &mut Deployment) -> anyhow::Result<()> {
    for group in &mut deployment.groups {
        if let Selection::Offer { offer, max_charge: max @ None, .. } = &mut group.selection {
            let ask = AskMarket::Offer { offer: *offer };
            // Of one that is gone the market's check speaks, which knows whether bids would do. A node that does not
            // answer must not lift the bound.
            let info: Option<OfferInfo> = books.market.find(&ask).await?;
            *max = info.map(|info| info.terms.min_charge);
        }
    }
    Ok(())
}

fn read_order(file: &Path) -> anyhow::Result<Deployment> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{shown}`"))?;
    let file: OrderFile = serde_json::from_str(&text)
        .with_context(|| format!("`{shown}` is not what `entrepot order from --json` prints"))?;
    file.order.validate().with_context(|| format!("the order in `{shown}`"))?;
    Ok(file.order)
}

fn operator(text: &str) -> anyhow::Result<Operator> {
    let Some((address, scopes)) = text.split_once('=') else {
        bail!("`--operator {text}`: expected ADDRESS=SCOPE,…, as in `wasm1…=bid_accept,close`")
    };
    Ok(Operator { address: address.into(), scopes: read_scopes(scopes)? })
}

/// Asks the market whether it would take the purchase now.
async fn accepted(
    books: &Books,
    route: &RouteResponse,
    account: &str,
    buy: &Buy,
    (amount, denom): (u128, &str),
) -> anyhow::Result<()> {
    let chain = &books.outpost.chain;
    let channel = chain.channel(TRANSFER_PORT, &route.channel).await?;
    let there = channel.and_then(|channel| channel.counterparty);
    let there = there.with_context(|| format!("there is no channel `{}`", route.channel))?;
    let source = End { port: TRANSFER_PORT, channel: &route.channel };
    let destination = End { port: TRANSFER_PORT, channel: &there.channel_id };
    // Numbers that no outpost reaches stand for those that the purchase will get.
    let unused = limits::JSON_INTEGER - 1;
    // On a plain route money goes home past the outpost.
    let home = if route.style.leaves_outpost_deaf() {
        buy.refund_to.as_deref().unwrap_or(account)
    } else {
        &books.outpost.address
    };
    let open = Open {
        account: account.into(),
        seq: unused,
        refund_to: Some(home.to_owned()),
        local_refund: buy.local_refund.clone(),
        deployment: buy.deployment.clone(),
    };
    let message = Message { n: unused, action: Action::Open(open) };
    let ask = AskMarket::Check {
        route: Some(there.channel_id.clone()),
        sender: books.outpost.address.clone(),
        coin: Some(Money {
            // The market's name for a voucher follows from its path, which a hash does not tell.
            denom: received_denom(source, destination, &denom::path(chain, denom).await?),
            amount: Uint128::new(amount),
        }),
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
