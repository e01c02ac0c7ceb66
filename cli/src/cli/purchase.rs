//! What is bought: by a DAO's vote, or by a key.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use market::msg::{OfferInfo, QueryMsg as AskMarket};
use outpost::msg::responses::{QuoteResponse, RouteResponse, RoutesResponse};
use outpost::msg::{Buy, ExecuteMsg, Operator, QueryMsg};
use protocol::Deployment;
use protocol::deployment::Selection;
use protocol::money::{Action, Open};
use serde::Deserialize;

use super::order::{self, TermArgs, read_scopes};
use super::rehearsal;
use super::sent::CoinArg;
use crate::session::{Books, Contract, route};

const DAY: u64 = 86_400;

/// What the outpost is to be told.
pub(super) struct Told {
    /// That, in a line.
    pub(super) title: String,
    pub(super) msg: ExecuteMsg,
    /// What goes with it: units and denom.
    pub(super) coin: Option<(u128, String)>,
    /// What the members should know beside what it does, a sentence each.
    pub(super) notes: Vec<String>,
}

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
        require_taken(books, &route, owner, &buy, (amount, &denom)).await?;
        let names: Vec<_> = buy.deployment.groups.iter().map(|group| group.name.as_str()).collect();
        let title = format!("Buy compute: {}", names.join(", "));
        let msg = ExecuteMsg::Buy(Box::new(buy));
        Ok(Told { title, msg, coin: Some((amount, denom)), notes: Vec::new() })
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

/// Refuses what the market would not take now.
async fn require_taken(
    books: &Books,
    route: &RouteResponse,
    account: &str,
    buy: &Buy,
    coin: (u128, &str),
) -> anyhow::Result<()> {
    // On a plain route money goes home past the outpost.
    let home = if route.style.leaves_outpost_deaf() {
        buy.refund_to.as_deref().unwrap_or(account)
    } else {
        &books.outpost.address
    };
    let open = Open {
        account: account.into(),
        seq: rehearsal::UNUSED,
        refund_to: Some(home.to_owned()),
        local_refund: buy.local_refund.clone(),
        deployment: buy.deployment.clone(),
    };
    rehearsal::require_taken(books, route, coin, Action::Open(open)).await
}
