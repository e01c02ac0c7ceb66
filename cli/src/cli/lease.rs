//! `entrepot lease`

use std::fmt;

use market::msg::{LeaseInfo, QueryMsg, StoredTombstone};
use protocol::control::{DeploymentState, GroupState};
use serde::Serialize;

use super::Place;
use super::table::Table;
use super::watch::OrderArgs;
use crate::figures;
use crate::session::Books;

pub(super) const EXAMPLES: &str = "\
Examples:
  entrepot lease 7
  entrepot lease 7 --watch
  entrepot lease 7 --json";

#[derive(Serialize)]
pub(super) struct Leases {
    seq: u64,
    state: DeploymentState,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<StoredTombstone>,
    /// As the market's chain calls it.
    denom: String,
    /// As the outpost's chain calls it.
    pay_denom: String,
    owner: String,
    groups: Vec<GroupLine>,
}

#[derive(Serialize)]
struct GroupLine {
    group: u32,
    name: String,
    state: GroupState,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_uri: Option<String>,
}

impl Leases {
    /// Whether the deployment is open.
    pub(super) fn is_open(&self) -> bool {
        self.state == DeploymentState::Open
    }
}

impl fmt::Display for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        if let Some(closed) = &self.closed {
            let refunded = figures::units(closed.refunded.u128(), &self.pay_denom);
            let when = figures::moment(closed.closed_at);
            writeln!(
                f,
                "order {seq} was closed at {when} ({}); {refunded} went home",
                closed.reason
            )?;
            return writeln!(f, "next: entrepot claim --owner {}", self.owner);
        }
        let rate = format!("{} PER DAY", self.pay_denom);
        let heads = ["GROUP", "STATE", &rate, "PAID", "EARNS UNTIL", "PROVIDER", "HOST"];
        let mut table = Table::new(&heads);
        for group in &self.groups {
            let name = format!("{} {}", group.group, group.name);
            let state = state(group.state).to_owned();
            let Some(lease) = &group.lease else {
                table.row([name, state]);
                continue;
            };
            table.row([
                name,
                state,
                figures::per_day(lease.rate.u128()),
                figures::grouped(lease.paid.u128()),
                figures::moment(lease.earns_until),
                lease.provider.clone(),
                group.host_uri.clone().unwrap_or_default(),
            ]);
        }
        write!(f, "{table}")?;
        if self.groups.iter().any(|group| group.state == GroupState::Open) {
            writeln!(f, "open for bids: entrepot bids {seq}")?;
        }
        writeln!(f, "money: entrepot runway {seq}")
    }
}

const fn state(state: GroupState) -> &'static str {
    match state {
        GroupState::Open => "open for bids",
        GroupState::Pending => "waiting for the provider",
        GroupState::Active => "running",
        GroupState::Reclaiming => "provider leaves",
        GroupState::Closed => "closed",
    }
}

pub(super) async fn run(place: &Place, args: OrderArgs) -> anyhow::Result<()> {
    let books = place.session()?.books().await?;
    args.watch.show(async || read(&books, args.seq).await).await
}

pub(super) async fn read(books: &Books, seq: u64) -> anyhow::Result<Leases> {
    let order = books.order(seq).await?;
    let (pay_denom, owner) = (order.coin.denom, order.owner.into_string());
    let (id, status) = books.status(seq).await?;
    if status.state == DeploymentState::Closed {
        let closed: StoredTombstone = books.market.ask(&QueryMsg::Tombstone { id }).await?;
        let denom = closed.denom.clone();
        let state = DeploymentState::Closed;
        let groups = Vec::new();
        return Ok(Leases { seq, state, closed: Some(closed), denom, pay_denom, owner, groups });
    }
    let info = books.deployment(id.clone()).await?;
    let mut leases = books.market.leases(&id, &status).await?;
    let mut groups = Vec::new();
    for ((group, told), ordered) in (0..).zip(&status.groups).zip(&info.deployment.groups) {
        let found = leases.iter().position(|lease| lease.id.group == group);
        let lease = found.map(|index| leases.swap_remove(index));
        let provider = match &lease {
            Some(lease) => books.market.provider(&lease.provider).await?,
            None => None,
        };
        groups.push(GroupLine {
            group,
            name: ordered.name.clone(),
            state: told.state,
            lease,
            host_uri: provider.map(|provider| provider.host_uri),
        });
    }
    let (state, denom) = (status.state, info.denom);
    Ok(Leases { seq, state, closed: None, denom, pay_denom, owner, groups })
}
