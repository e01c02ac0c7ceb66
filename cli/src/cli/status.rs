//! `entrepot status`: whatever both contracts know of one purchase.

use std::fmt;

use outpost::msg::responses::{FlightKind, FlightResponse, OrderResponse};
use serde::Serialize;

use super::claim::{Credit, claimable};
use super::lease::{self, Leases};
use super::runway::{self, Runway};
use super::watch::{OrderArgs, Watch};
use super::{Place, why};
use crate::figures;
use crate::refusal;
use crate::session::Books;
use crate::why::{Explanation, Packet, Reception, Way, explain};

pub(super) const EXAMPLES: &str = "\
Examples:
  entrepot status 7
  entrepot status 7 --watch
  entrepot status 7 --json";

/// All of it. What a contract or a node does not tell is absent.
#[derive(Serialize)]
struct Status {
    order: OrderResponse,
    /// What it says and what to do, with the packet that opened it; a hint, as `why` gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<Packet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<Way>,
    /// Why there is no explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<String>,
    /// Money packets whose outcome the outpost does not know.
    under_way: Vec<FlightResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Leases>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runway: Option<Runway>,
    /// What `claim` would pay for all of the owner's orders.
    claimable: Vec<Credit>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OrderResponse { seq, owner, refund_to, route, coin, state, .. } = &self.order;
        let amount = coin.amount.to_string();
        let amount = amount.parse().map_or(amount, figures::grouped);
        let state = figures::order_state(*state);
        writeln!(f, "order      {seq}, {state}: {amount} {} over the route `{route}`", coin.denom)?;
        write!(f, "owner      {owner}")?;
        if refund_to == owner {
            writeln!(f)?;
        } else {
            writeln!(f, "; what comes home is for {refund_to}")?;
        }
        if let Some(packet) = &self.packet {
            writeln!(f, "packet     {} on `{}`: {}", packet.sequence, packet.channel, at(packet))?;
        }
        for flight in &self.under_way {
            let kind = kind(flight.kind);
            let until = figures::moment(flight.timeout_at);
            let (sequence, coin) = (flight.sequence, &flight.coin);
            writeln!(f, "under way  {kind}, {coin}, packet {sequence}, can arrive until {until}")?;
        }
        if let Some(way) = &self.way {
            let (market, outpost) = (&way.client_on_market_status, &way.client_on_outpost_status);
            writeln!(f, "clients    {market} on the market's chain, {outpost} on the outpost's")?;
        }
        if let Some(lease) = &self.lease {
            write!(f, "\n{lease}")?;
        }
        if let Some(runway) = &self.runway {
            write!(f, "{runway}")?;
        }
        for Credit { amount, denom, payee } in &self.claimable {
            writeln!(f, "claimable  {amount} {denom} for {payee}: entrepot claim --owner {owner}")?;
        }
        match (&self.explanation, &self.unexplained) {
            (Some(explanation), _) => writeln!(f, "\n{explanation}"),
            (None, Some(reason)) => writeln!(f, "\nwhy: {reason}"),
            (None, None) => Ok(()),
        }
    }
}

/// Where a packet is.
fn at(packet: &Packet) -> String {
    let answer = if packet.committed { ", the answer is not back" } else { ", the answer is back" };
    match &packet.reception {
        Reception::NotYet if packet.committed => {
            format!("under way until {}", figures::moment(packet.timeout_at))
        }
        Reception::NotYet => "never received".into(),
        Reception::Seen(received) => format!("received in block {}{answer}", received.height),
        Reception::Unseen => format!("received{answer}"),
    }
}

const fn kind(kind: FlightKind) -> &'static str {
    match kind {
        FlightKind::Open => "the purchase",
        FlightKind::TopUp => "a top-up",
        FlightKind::Command => "a command with a coin",
        FlightKind::Probe => "a probe",
    }
}

pub(super) async fn run(place: &Place, args: OrderArgs) -> anyhow::Result<()> {
    let books = place.session()?.books().await?;
    args.watch.show(async || read(&books, args.seq).await).await
}

/// Shows how the order goes on after something was sent for it.
pub(super) async fn follow(place: &Place, seq: u64, watch: Watch) -> anyhow::Result<()> {
    if watch.is_on() { run(place, OrderArgs { seq, watch }).await } else { Ok(()) }
}

async fn read(books: &Books, seq: u64) -> anyhow::Result<Status> {
    let order = books.order(seq).await?;
    let is_known = books.find_status(&order).await?.is_some();
    let lease = if is_known { Some(lease::read(books, seq).await?) } else { None };
    let is_open = lease.as_ref().is_some_and(Leases::is_open);
    let runway = if is_open { Some(runway::read(books, seq, None).await?) } else { None };
    let owner = order.owner.to_string();
    let mut status = Status {
        order,
        explanation: None,
        packet: None,
        way: None,
        unexplained: None,
        under_way: books.outpost.flights(seq).await?,
        lease,
        runway,
        claimable: claimable(&books.outpost, &owner).await?,
    };
    // A node that keeps no index of transactions knows no packets; the rest is the contracts' word.
    match why::reader_of(books.clone()).facts(seq).await {
        Ok(facts) => {
            status.explanation = Some(explain(&facts));
            status.packet = facts.packet;
            status.way = Some(facts.way);
        }
        Err(error) => status.unexplained = Some(refusal::said(&error)),
    }
    Ok(status)
}
