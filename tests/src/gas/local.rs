//! The messages of people on the market's own chain.

use cosmos::chain::TxOutcome;
use cosmwasm_std::Uint128;
use market::msg::{ExecuteMsg, LeaseId};
use protocol::control::Command;
use protocol::{Deployment, Selection, Tenant};
use simnet::world::orders::{WEB_RATE, from_offer, web_server};

use super::market::{BOND, DEPOSIT, Market, kind, number};
use super::stage::{Person, execute};
use super::table::{Row, Tape};

/// Leases of the largest batch of heartbeats.
const BATCH: usize = 50;
/// Messages of one transaction while preparing.
const SOME: usize = 25;

/// What providers and their offers do.
pub(super) async fn providers(market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    // One that this market has never heard of: both codes run the same market.
    let fresh = market.stage.person(kind::FRESH, tape.code as u32)?;
    tape.note(Row::Register, &market.register(&fresh).await?);
    let posted = market.post_offer(&fresh, &market.stage.token, 1).await?;
    tape.note(Row::PostOffer, &posted);
    let offer = number(&posted, "offer_posted", "offer")?;
    let cancelled = market.tell(&fresh, &ExecuteMsg::CancelOffer { offer }, None).await?;
    tape.note(Row::CancelOffer, &cancelled);
    let update = ExecuteMsg::UpdateProvider {
        host_uri: Some("https://elsewhere.example:8443".to_owned()),
        attributes: None,
    };
    tape.note(Row::UpdateProvider, &market.tell(&fresh, &update, None).await?);
    let left = market.tell(&fresh, &ExecuteMsg::DeregisterProvider {}, None).await?;
    tape.note(Row::DeregisterProvider, &left);
    Ok(())
}

/// An order: opened, bid for, matched.
pub(super) async fn orders(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<LeaseId> {
    let (ordered, outcome) = open(market, web_server(Selection::Manual {})).await?;
    tape.note(Row::OpenOrder, &outcome);
    let (rival, provider) = (market.rival.clone(), market.provider.clone());
    bid(market, &rival, &ordered).await?;
    let outcome = bid(market, &provider, &ordered).await?;
    tape.note(Row::Bid, &outcome);
    let accept = Command::AcceptBid {
        group: 0,
        provider: provider.address,
        bid_no: number(&outcome, "bid_placed", "bid_no")?,
        max_rate: Uint128::new(WEB_RATE),
    };
    tape.note(Row::Accept, &act(market, &ordered, accept).await?);
    let withdraw = ExecuteMsg::WithdrawBid { order: ordered.clone(), provider: None };
    tape.note(Row::WithdrawBid, &market.tell(&rival, &withdraw, None).await?);
    Ok(ordered)
}

/// The life of two leases: one its provider ends, one its tenant.
pub(super) async fn leases(
    market: &mut Market<'_>,
    ordered: LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let [offer, _] = market.offers;
    let (leased, outcome) = open(market, web_server(from_offer(offer))).await?;
    tape.note(Row::OpenByOffer, &outcome);
    tape.note(Row::NoHeartbeat, &beat(market, &[]).await?);
    tape.note(Row::FirstHeartbeat, &beat(market, std::slice::from_ref(&leased)).await?);
    beat(market, std::slice::from_ref(&ordered)).await?;
    let top_up = ExecuteMsg::TopUp { tenant: None, seq: leased.deployment.seq };
    let funds = Some((DEPOSIT, market.stage.token.as_str()));
    tape.note(Row::TopUp, &market.tell(&market.tenant, &top_up, funds).await?);
    tape.note(Row::Heartbeat, &beat(market, std::slice::from_ref(&leased)).await?);
    let withdraw = ExecuteMsg::Withdraw { lease: leased.clone() };
    tape.note(Row::Withdraw, &market.tell(&market.provider, &withdraw, None).await?);
    let surplus = act(market, &leased, Command::WithdrawSurplus {}).await?;
    tape.note(Row::Surplus, &surplus);
    tape.note(Row::CloseLocal, &act(market, &leased, Command::CloseDeployment {}).await?);
    let close = ExecuteMsg::CloseLease { lease: ordered };
    tape.note(Row::CloseLease, &market.tell(&market.provider, &close, None).await?);
    let claimant = Tenant::Local { address: market.provider.address.clone() };
    let claim = ExecuteMsg::Claim { claimant, denom: market.stage.token.clone() };
    tape.note(Row::Claim, &market.tell(&market.provider, &claim, None).await?);
    Ok(())
}

/// As many heartbeats as fit into one message, each of another deployment.
pub(super) async fn batch(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let [offer, _] = market.offers;
    let mut leases = Vec::new();
    let mut opens = Vec::new();
    for _ in 0..BATCH {
        let seq = market.next_seq();
        leases.push(market.local(seq));
        let deployment = web_server(from_offer(offer));
        let open = ExecuteMsg::Open { seq, refund_to: None, deployment };
        let funds = Some((DEPOSIT, market.stage.token.as_str()));
        opens.push(execute(&market.tenant, &market.address, &open, funds)?);
    }
    for some in opens.chunks(SOME) {
        market.stage.send(&market.tenant, some).await?;
    }
    beat(market, &leases).await?;
    tape.note(Row::Heartbeat50, &beat(market, &leases).await?);
    let mut closes = Vec::new();
    for lease in &leases {
        let (deployment, command) = (lease.deployment.clone(), Command::CloseDeployment {});
        let close = ExecuteMsg::Act { deployment, command };
        closes.push(execute(&market.tenant, &market.address, &close, None)?);
    }
    for some in closes.chunks(SOME) {
        market.stage.send(&market.tenant, some).await?;
    }
    Ok(())
}

/// A lease whose provider was alive once, to be silent when the least window has passed.
pub(super) async fn silent(market: &mut Market<'_>) -> anyhow::Result<LeaseId> {
    let [offer, _] = market.offers;
    let mut deployment = web_server(from_offer(offer));
    for group in &mut deployment.groups {
        group.heartbeat_window_seconds = Some(protocol::limits::HEARTBEAT_MIN_SECONDS);
    }
    let (lease, _) = open_with(market, deployment, 20 * DEPOSIT).await?;
    beat(market, std::slice::from_ref(&lease)).await?;
    Ok(lease)
}

/// States that a lease is silent.
pub(super) async fn report(
    market: &Market<'_>,
    lease: LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let report = ExecuteMsg::ReportSilent { lease };
    tape.note(Row::ReportSilent, &market.tell(&market.rival, &report, None).await?);
    Ok(())
}

pub(super) async fn open(
    market: &mut Market<'_>,
    deployment: Deployment,
) -> anyhow::Result<(LeaseId, TxOutcome)> {
    open_with(market, deployment, DEPOSIT).await
}

async fn open_with(
    market: &mut Market<'_>,
    deployment: Deployment,
    units: u128,
) -> anyhow::Result<(LeaseId, TxOutcome)> {
    let seq = market.next_seq();
    let open = ExecuteMsg::Open { seq, refund_to: None, deployment };
    let funds = Some((units, market.stage.token.as_str()));
    let outcome = market.tell(&market.tenant, &open, funds).await?;
    Ok((market.local(seq), outcome))
}

async fn bid(market: &Market<'_>, provider: &Person, order: &LeaseId) -> anyhow::Result<TxOutcome> {
    let (order, rate) = (order.clone(), Uint128::new(WEB_RATE));
    let bid = ExecuteMsg::Bid { order, rate, valid_for_seconds: 86_400 };
    market.tell(provider, &bid, Some((BOND, &market.stage.token))).await
}

pub(super) async fn beat(market: &Market<'_>, leases: &[LeaseId]) -> anyhow::Result<TxOutcome> {
    let beat = ExecuteMsg::Heartbeat { leases: leases.to_vec() };
    market.tell(&market.provider, &beat, None).await
}

pub(super) async fn act(
    market: &Market<'_>,
    lease: &LeaseId,
    command: Command,
) -> anyhow::Result<TxOutcome> {
    let act = ExecuteMsg::Act { deployment: lease.deployment.clone(), command };
    market.tell(&market.tenant, &act, None).await
}
