//! `entrepot bids`

use std::fmt;

use protocol::control::GroupState;
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::OrderArgs;
use crate::figures;
use crate::session::Books;

pub(super) const EXAMPLES: &str = "\
Examples:
  entrepot bids 7
  entrepot bids 7 --watch
  entrepot bids 7 --json";

#[derive(Serialize)]
struct Auction {
    seq: u64,
    /// As the market's chain calls it.
    denom: String,
    /// As the outpost's chain calls it.
    pay_denom: String,
    groups: Vec<OpenGroup>,
}

#[derive(Serialize)]
struct OpenGroup {
    group: u32,
    name: String,
    /// Nano-units per second.
    max_rate: String,
    bids: Vec<Bid>,
}

#[derive(Serialize)]
struct Bid {
    bid_no: u64,
    provider: String,
    host_uri: String,
    /// Nano-units per second.
    rate: String,
    per_day: String,
    valid_until: u64,
}

impl fmt::Display for Auction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.groups.is_empty() {
            let seq = self.seq;
            return writeln!(
                f,
                "no group is open for bids; `entrepot lease {seq}` shows the leases"
            );
        }
        let most = format!("{} PER DAY", self.pay_denom);
        let mut table = Table::new(&["GROUP", "BID", &most, "VALID UNTIL", "PROVIDER", "HOST"]);
        for group in &self.groups {
            let name = format!("{} {}", group.group, group.name);
            if group.bids.is_empty() {
                table.row([name, "none yet".into()]);
                continue;
            }
            for bid in &group.bids {
                table.row([
                    name.clone(),
                    bid.bid_no.to_string(),
                    bid.per_day.clone(),
                    figures::moment(bid.valid_until),
                    bid.provider.clone(),
                    bid.host_uri.clone(),
                ]);
            }
        }
        write!(f, "{table}")?;
        writeln!(f, "accept one: entrepot accept {} --group GROUP --bid BID", self.seq)
    }
}

pub(super) async fn run(place: &Place, args: OrderArgs) -> anyhow::Result<()> {
    let books = place.session()?.books().await?;
    args.watch.show(async || read(&books, args.seq).await).await
}

async fn read(books: &Books, seq: u64) -> anyhow::Result<Auction> {
    let pay_denom = books.order(seq).await?.coin.denom;
    let (id, status) = books.status(seq).await?;
    let info = books.deployment(id.clone()).await?;
    let mut groups = Vec::new();
    for ((group, state), ordered) in (0..).zip(&status.groups).zip(&info.deployment.groups) {
        if state.state != GroupState::Open {
            continue;
        }
        let order = market::msg::LeaseId { deployment: id.clone(), group };
        let mut bids = Vec::new();
        for bid in books.market.bids(&order).await? {
            let provider = books.market.provider(&bid.provider).await?;
            bids.push(Bid {
                bid_no: bid.bid_no,
                host_uri: provider.map(|provider| provider.host_uri).unwrap_or_default(),
                provider: bid.provider,
                rate: bid.rate.to_string(),
                per_day: figures::per_day(bid.rate.u128()),
                valid_until: bid.valid_until,
            });
        }
        groups.push(OpenGroup {
            group,
            name: ordered.name.clone(),
            max_rate: ordered.max_rate.to_string(),
            bids,
        });
    }
    Ok(Auction { seq, denom: info.denom, pay_denom, groups })
}
