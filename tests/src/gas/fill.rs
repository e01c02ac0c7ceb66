//! Filling a store: many messages per transaction, many senders at a time.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use cosmwasm_std::Uint128;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use market::msg::{ExecuteMsg, LeaseId};
use protocol::{DeploymentId, Selection, Tenant};
use simnet::world::orders::{WEB_RATE, deployment_of, from_offer, web_group};

use super::market::{BOND, DEPOSIT, Market, kind, number};
use super::stage::{Person, Stage, execute};

/// Orders that one tenant may have open.
const ORDERS: u32 = 32;
/// Providers that share the leases.
const PROVIDERS: u32 = 20;
/// Bids in one transaction.
const BIDS: usize = 40;
/// Senders at a time.
const SENDERS: usize = 24;
/// What a tenant needs for its deposits, and a provider for its bonds, in all markets.
const TENANT_UNITS: u64 = 200_000_000;
const PROVIDER_UNITS: u64 = 5_000_000_000;
/// Transactions between two words about the progress.
const WORD: u32 = 50;

/// Gives money to everybody who fills stores of up to `size`.
pub(super) async fn fund(stage: &Stage, size: u32) -> anyhow::Result<()> {
    let all = |kind: u8, count: u32| -> anyhow::Result<Vec<Person>> {
        (0..count).map(|index| stage.person(kind, index)).collect()
    };
    stage.fund(&all(kind::TENANT, size.div_ceil(ORDERS))?, TENANT_UNITS).await?;
    stage.fund(&all(kind::PROVIDER, PROVIDERS)?, PROVIDER_UNITS).await
}

/// Opens as many deployments as the market is to hold, each with a lease, an order and a bid for it.
pub(super) async fn fill(market: &Market<'_>) -> anyhow::Result<()> {
    let stage = market.stage;
    let share = market.size.div_ceil(PROVIDERS);
    let ready = stream::iter(0..PROVIDERS.min(market.size)).map(async |index| {
        let provider = stage.person(kind::PROVIDER, index)?;
        market.register(&provider).await?;
        let posted = market.post_offer(&provider, &stage.token, share).await?;
        Ok::<_, anyhow::Error>((provider, number(&posted, "offer_posted", "offer")?))
    });
    let providers: Vec<_> = ready.buffered(SENDERS).try_collect().await?;
    let done = &AtomicU32::new(0);
    let progress = |what: &str, of: u32| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done % WORD == 0 {
            stage.say(&format!("  {what}: {done} of {of} transactions"));
        }
    };
    let tenants = market.size.div_ceil(ORDERS);
    let opened = stream::iter(0..tenants).map(async |tenant| {
        open(market, tenant, &providers).await?;
        progress("opening", tenants);
        Ok::<_, anyhow::Error>(())
    });
    opened.buffer_unordered(SENDERS).try_collect::<Vec<()>>().await?;
    done.store(0, Ordering::Relaxed);
    let each = share.div_ceil(u32::try_from(BIDS)?);
    let bid = stream::iter((0..).zip(&providers)).map(async |(index, (provider, _))| {
        let orders: Vec<u32> = (index..market.size).step_by(providers.len()).collect();
        for some in orders.chunks(BIDS) {
            bid(market, provider, some).await?;
            progress("bidding", each * PROVIDERS);
        }
        Ok::<_, anyhow::Error>(())
    });
    bid.buffer_unordered(SENDERS).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Opens the deployments of one tenant.
async fn open(market: &Market<'_>, tenant: u32, providers: &[(Person, u64)]) -> anyhow::Result<()> {
    let person = market.stage.person(kind::TENANT, tenant)?;
    let mut msgs = Vec::new();
    for index in tenant * ORDERS..((tenant + 1) * ORDERS).min(market.size) {
        let (_, offer) = of(providers, index)?;
        let groups = vec![
            web_group("leased", from_offer(*offer)),
            web_group("ordered", Selection::Manual {}),
        ];
        let deployment = deployment_of(groups);
        let open = ExecuteMsg::Open { seq: index.into(), refund_to: None, deployment };
        let funds = Some((DEPOSIT, market.stage.token.as_str()));
        msgs.push(execute(&person, &market.address, &open, funds)?);
    }
    market.stage.send(&person, &msgs).await?;
    Ok(())
}

/// Bids for the second group of some of the deployments.
async fn bid(market: &Market<'_>, provider: &Person, indices: &[u32]) -> anyhow::Result<()> {
    let mut msgs = Vec::new();
    for index in indices {
        let tenant = market.stage.person(kind::TENANT, index / ORDERS)?;
        let tenant = Tenant::Local { address: tenant.address };
        let bid = ExecuteMsg::Bid {
            order: LeaseId { deployment: DeploymentId { tenant, seq: (*index).into() }, group: 1 },
            rate: Uint128::new(WEB_RATE),
            valid_for_seconds: 86_400,
        };
        let funds = Some((BOND, market.stage.token.as_str()));
        msgs.push(execute(provider, &market.address, &bid, funds)?);
    }
    market.stage.send(provider, &msgs).await?;
    Ok(())
}

fn of<T>(all: &[T], index: u32) -> anyhow::Result<&T> {
    all.get(usize::try_from(index)? % all.len()).context("there are providers")
}
