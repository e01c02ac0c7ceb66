//! The messages of people on the market's own chain.

use anyhow::ensure;
use cosmos::chain::TxOutcome;
use cosmwasm_std::{Binary, Uint128};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use market::msg::{ExecuteMsg, LeaseId, NewTerms, OfferTerms};
use protocol::control::Command;
use protocol::deployment::{Attribute, LocalOperator, Manifest, Scope};
use protocol::{Deployment, Selection, Tenant};
use serde_json::json;
use simnet::world::orders::{WEB_RATE, from_offer, web_offer, web_server};

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
    let fresh = market.stage.person(kind::FRESH, tape.code.index())?;
    tape.note(Row::Register, &market.register(&fresh).await?);
    let posted = market.post_offer(&fresh, &market.stage.token, 1).await?;
    tape.note(Row::PostOffer, &posted);
    let offer = number(&posted, "offer_posted", "offer")?;
    let mut terms = OfferTerms { capacity: 1, ..web_offer(&market.stage.token) };
    terms.prices.endpoint -= Uint128::one();
    let update = ExecuteMsg::UpdateOffer { offer, terms: Some(terms) };
    tape.note(Row::UpdateOffer, &market.tell(&fresh, &update, None).await?);
    let cancelled = market.tell(&fresh, &ExecuteMsg::CancelOffer { offer }, None).await?;
    tape.note(Row::CancelOffer, &cancelled);
    let update = ExecuteMsg::UpdateProvider {
        host_uri: Some("https://elsewhere.example:8443".to_owned()),
        attributes: None,
    };
    tape.note(Row::UpdateProvider, &market.tell(&fresh, &update, None).await?);
    let (auditor, provider) = (&market.rival, fresh.address.clone());
    let sign = ExecuteMsg::SignAttributes {
        provider: provider.clone(),
        attributes: vec![Attribute { key: "region".to_owned(), value: "eu-west".to_owned() }],
        valid_for_seconds: 86_400,
    };
    tape.note(Row::SignAttributes, &market.tell(auditor, &sign, None).await?);
    let revoke = ExecuteMsg::RevokeAttributes { provider, auditor: None };
    tape.note(Row::RevokeAttributes, &market.tell(auditor, &revoke, None).await?);
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
    tape.note(Row::ActAcceptBid, &accept(market, &ordered, &outcome).await?);
    let withdraw = ExecuteMsg::WithdrawBid { order: ordered.clone(), provider: None };
    tape.note(Row::WithdrawBid, &market.tell(&rival, &withdraw, None).await?);
    Ok(ordered)
}

/// An order paid for by tokens.
pub(super) async fn token(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let (stage, owner) = (market.stage, market.stage.owner.clone());
    let deployment = web_server(Selection::Manual {});
    let open = ExecuteMsg::Open { seq: market.next_seq(), refund_to: None, deployment };
    let msg = Binary::from(serde_json::to_vec(&open)?);
    let amount = DEPOSIT.to_string();
    let send = json!({ "send": { "contract": market.address, "amount": amount, "msg": msg } });
    let sent = stage.send(&owner, &[execute(&owner, &stage.cw20, &send, None)?]).await?;
    tape.note(Row::OpenByToken, &sent);
    Ok(())
}

/// The life of two leases: one its provider ends, one its tenant.
pub(super) async fn leases(
    market: &mut Market<'_>,
    ordered: LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<LeaseId> {
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
    let close = ExecuteMsg::CloseLease { lease: ordered };
    tape.note(Row::CloseLease, &market.tell(&market.provider, &close, None).await?);
    let claimant = Tenant::Local { address: market.provider.address.clone() };
    let claim = ExecuteMsg::Claim { claimant, denom: market.stage.token.clone() };
    tape.note(Row::Claim, &market.tell(&market.provider, &claim, None).await?);
    Ok(leased)
}

/// New terms of a lease: the provider proposes, then the tenant.
pub(super) async fn terms(
    market: &Market<'_>,
    leased: &LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let propose = ExecuteMsg::ProposeTerms {
        lease: leased.clone(),
        terms: NewTerms { rate: Uint128::new(WEB_RATE), spec_hash: None, valid_for_seconds: 3_600 },
    };
    let proposed = market.tell(&market.provider, &propose, None).await?;
    tape.note(Row::ProposeTerms, &proposed);
    let terms_no = number(&proposed, "terms_proposed", "terms_no")?;
    let accepted = act(market, leased, Command::AcceptTerms { group: 0, terms_no }).await?;
    tape.note(Row::ActAcceptTerms, &accepted);
    let proposed = market.tell(&market.tenant, &propose, None).await?;
    let terms_no = number(&proposed, "terms_proposed", "terms_no")?;
    let accept = ExecuteMsg::AcceptTerms { lease: leased.clone(), terms_no };
    tape.note(Row::AcceptTerms, &market.tell(&market.provider, &accept, None).await?);
    Ok(())
}

/// The other commands of a tenant, up to the end of its deployment.
pub(super) async fn commands(
    market: &mut Market<'_>,
    leased: LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let (rev, address) = (1, market.tenant.address.clone());
    let hash = "6f".repeat(32);
    let manifest = Manifest { hash, uri: Some("https://tenant.example/m.json".to_owned()) };
    let operator = LocalOperator {
        address: market.rival.address.clone(),
        scopes: vec![Scope::Close, Scope::Manifest],
        expires_in_seconds: Some(86_400),
    };
    let operators = vec![operator];
    let revised = [
        (Row::ActSurplus, Command::WithdrawSurplus {}),
        (Row::ActManifest, Command::UpdateManifest { rev, manifest }),
        (
            Row::ActOperators,
            Command::SetOperators { rev, local_operators: operators, access_keys: Vec::new() },
        ),
        (Row::ActRefundTo, Command::SetRefundTo { rev, refund_to: address }),
        (Row::ActStatus, Command::Status { n: None }),
        (Row::CloseLocal, Command::CloseDeployment {}),
    ];
    for (row, command) in revised {
        tape.note(row, &act(market, &leased, command).await?);
    }
    let [offer, _] = market.offers;
    let (leased, _) = open(market, web_server(from_offer(offer))).await?;
    beat(market, std::slice::from_ref(&leased)).await?;
    tape.note(Row::ActCloseLease, &act(market, &leased, Command::CloseLease { group: 0 }).await?);
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

pub(super) async fn open(
    market: &mut Market<'_>,
    deployment: Deployment,
) -> anyhow::Result<(LeaseId, TxOutcome)> {
    open_with(market, deployment, DEPOSIT).await
}

pub(super) async fn open_with(
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

/// The measured tenant accepts the bid that was just made.
pub(super) async fn accept(
    market: &Market<'_>,
    order: &LeaseId,
    bid: &TxOutcome,
) -> anyhow::Result<TxOutcome> {
    let accept = Command::AcceptBid {
        group: order.group,
        provider: market.provider.address.clone(),
        bid_no: number(bid, "bid_placed", "bid_no")?,
        max_rate: Uint128::new(WEB_RATE),
    };
    act(market, order, accept).await
}

pub(super) async fn bid(
    market: &Market<'_>,
    provider: &Person,
    order: &LeaseId,
) -> anyhow::Result<TxOutcome> {
    bid_at(market, provider, order, WEB_RATE).await
}

async fn bid_at(
    market: &Market<'_>,
    provider: &Person,
    order: &LeaseId,
    rate: u128,
) -> anyhow::Result<TxOutcome> {
    let (order, rate) = (order.clone(), Uint128::new(rate));
    let bid = ExecuteMsg::Bid { order, rate, valid_for_seconds: 86_400 };
    market.tell(provider, &bid, Some((2 * BOND, &market.stage.token))).await
}

/// An order whose slots are all taken.
pub(super) async fn full(market: &mut Market<'_>, selection: Selection) -> anyhow::Result<LeaseId> {
    let (order, _) = open(market, web_server(selection)).await?;
    let market = &*market;
    let bids = stream::iter(&market.bidders)
        .map(|bidder| bid_at(market, bidder, &order, WEB_RATE + WEB_RATE / 10));
    bids.buffer_unordered(market.bidders.len()).try_collect::<Vec<_>>().await?;
    Ok(order)
}

/// A bid that takes the place of the worst of twenty.
pub(super) async fn evicting(market: &mut Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let order = full(market, Selection::Manual {}).await?;
    let outcome = bid(market, &market.provider, &order).await?;
    ensure!(outcome.attribute("wasm-bid_evicted", "provider").is_some(), "no bid was evicted");
    tape.note(Row::BidEvicting, &outcome);
    Ok(())
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
