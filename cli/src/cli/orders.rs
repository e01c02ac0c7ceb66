//! `entrepot orders`

use std::fmt;

use outpost::msg::QueryMsg;
use outpost::msg::responses::{OrderResponse, OrderState, OrdersResponse};
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::Watch;
use crate::figures;
use crate::session::Contract;

const EXAMPLES: &str = "\
Examples:
  entrepot orders                        those of your key
  entrepot orders wasm1dao...            those of a DAO
  entrepot orders wasm1dao... --watch";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Whose; default the key's own address.
    owner: Option<String>,
    /// The key whose address is meant.
    #[arg(long, value_name = "NAME", conflicts_with = "owner")]
    key: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

#[derive(Serialize)]
struct Orders {
    owner: String,
    orders: Vec<OrderResponse>,
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.orders.is_empty() {
            return writeln!(f, "{} has no orders", self.owner);
        }
        let mut table = Table::new(&["ORDER", "STATE", "BOUGHT WITH", "ROUTE", "NEXT"]);
        for order in &self.orders {
            let amount = order.coin.amount.to_string();
            let amount = amount.parse().map_or(amount, figures::grouped);
            table.row([
                order.seq.to_string(),
                figures::order_state(order.state).into(),
                format!("{amount} {}", order.coin.denom),
                order.route.clone(),
                format!("entrepot {} {}", next(order.state), order.seq),
            ]);
        }
        write!(f, "{table}")
    }
}

/// The command that tells more.
const fn next(state: OrderState) -> &'static str {
    match state {
        OrderState::Acked | OrderState::Open | OrderState::Leased | OrderState::Closed => "lease",
        OrderState::Unsent
        | OrderState::InFlight
        | OrderState::RefundDue
        | OrderState::Refunded => "why",
    }
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let session = place.session()?;
    let outpost = session.outpost().await?;
    let owner = match args.owner {
        Some(owner) => owner,
        None => session.outpost_actor(args.key.as_deref()).await?.address,
    };
    args.watch.show(async || read(&outpost, &owner).await).await
}

async fn read(outpost: &Contract, owner: &str) -> anyhow::Result<Orders> {
    let mut orders: Vec<OrderResponse> = Vec::new();
    loop {
        let start_after = orders.last().map(|order| order.seq);
        let ask = QueryMsg::Orders { owner: owner.into(), start_after, limit: Some(100) };
        let page: OrdersResponse = outpost.ask(&ask).await?;
        if page.orders.is_empty() {
            return Ok(Orders { owner: owner.into(), orders });
        }
        orders.extend(page.orders);
    }
}
