//! What a provider asks the market and tells it.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use cosmos::chain::TxOutcome;
use cosmwasm_std::{Decimal, Uint128};
use market::msg::{
    BidInfo, ClaimableResponse, ConfigResponse, DenomInfo, DenomsResponse, ExecuteMsg, LeaseId,
    LeaseInfo, LeasesResponse, OfferInfo, OfferState, OffersResponse, OrderInfo, OrdersResponse,
    ProviderInfo, QueryMsg,
};
use protocol::deployment::Attribute;
use protocol::{DeploymentId, Tenant};

use crate::session::Actor;

/// Leases that one heartbeat may name.
const BATCH: usize = 50;
const PAGE: u32 = 50;
const DAY: u128 = 86_400;
const NANO: u128 = 1_000_000_000;

/// A provider's key at the market.
#[derive(Clone, Debug)]
pub struct Desk {
    actor: Actor,
}

impl Desk {
    /// The key that acts at the market.
    #[must_use]
    pub const fn new(actor: Actor) -> Self {
        Self { actor }
    }

    /// The provider's address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.actor.address
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<T> {
        self.actor.contract.ask(ask).await
    }

    /// The provider's record; none before it registers.
    ///
    /// # Errors
    /// What the market says.
    pub async fn record(&self) -> anyhow::Result<Option<ProviderInfo>> {
        self.actor.contract.provider(self.address()).await
    }

    /// Its leases that are not closed.
    ///
    /// # Errors
    /// What the market says.
    pub async fn leases(&self) -> anyhow::Result<Vec<LeaseInfo>> {
        let mut leases: Vec<LeaseInfo> = Vec::new();
        loop {
            let start_after = leases.last().map(|lease| lease.id.clone());
            let provider = self.address().to_owned();
            let ask = QueryMsg::Leases {
                provider: Some(provider),
                tenant: None,
                denom: None,
                state: None,
                start_after,
                limit: Some(PAGE),
            };
            let page: LeasesResponse = self.ask(&ask).await?;
            if page.leases.is_empty() {
                return Ok(leases);
            }
            leases.extend(page.leases);
        }
    }

    /// The open orders of all tenants.
    ///
    /// # Errors
    /// What the market says.
    pub async fn orders(&self) -> anyhow::Result<Vec<OrderInfo>> {
        let mut orders: Vec<OrderInfo> = Vec::new();
        loop {
            let start_after = orders.last().map(|order| order.id.clone());
            let ask =
                QueryMsg::Orders { tenant: None, denom: None, start_after, limit: Some(PAGE) };
            let page: OrdersResponse = self.ask(&ask).await?;
            if page.orders.is_empty() {
                return Ok(orders);
            }
            orders.extend(page.orders);
        }
    }

    /// One open order.
    ///
    /// # Errors
    /// It is not open.
    pub async fn order(&self, id: &LeaseId) -> anyhow::Result<OrderInfo> {
        let found = self.actor.contract.find(&QueryMsg::Order { id: id.clone() }).await?;
        found.with_context(|| {
            format!("order `{id}` is not open; `entrepot provider orders` lists those that are")
        })
    }

    /// The provider's own bid for an order.
    ///
    /// # Errors
    /// What the market says.
    pub async fn own_bid(&self, order: &LeaseId) -> anyhow::Result<Option<BidInfo>> {
        let bids = self.actor.contract.find_bids(order).await?.unwrap_or_default();
        Ok(bids.into_iter().find(|bid| bid.provider == self.address()))
    }

    /// Whether the provider's own bid is the lowest for an order.
    ///
    /// # Errors
    /// What the market says.
    pub async fn leads(&self, order: &LeaseId) -> anyhow::Result<bool> {
        let bids = self.actor.contract.bids(order).await?;
        let lowest = bids.into_iter().min_by_key(|bid| (bid.rate, bid.bid_no));
        Ok(lowest.is_some_and(|bid| bid.provider == self.address()))
    }

    /// Has an auction decided.
    ///
    /// # Errors
    /// What the market says.
    pub async fn decide(&self, order: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.actor.send(&ExecuteMsg::Match { order: order.clone() }, &[]).await
    }

    /// The group that a lease serves.
    ///
    /// # Errors
    /// What the market says.
    pub async fn group(&self, id: &LeaseId) -> anyhow::Result<Option<protocol::Group>> {
        let ask = QueryMsg::Deployment { id: id.deployment.clone() };
        let found: Option<market::msg::DeploymentInfo> = self.actor.contract.find(&ask).await?;
        let index = usize::try_from(id.group).unwrap_or(usize::MAX);
        Ok(found.and_then(|info| info.deployment.groups.into_iter().nth(index)))
    }

    /// What a bid must put down: the bond of a day at the rate it secures, in the market's bond denom if it
    /// takes that, else in the order's.
    ///
    /// # Errors
    /// The market does not take the denom any more.
    pub async fn deposit(&self, denom: &str, rate: u128) -> anyhow::Result<(u128, String)> {
        let config: ConfigResponse = self.ask(&QueryMsg::Config {}).await?;
        let terms = self.denom(denom).await?;
        let least = terms.min_bond.u128();
        let bond = rate.saturating_mul(DAY).div_ceil(NANO).max(least);
        match (config.params.bond_denom, terms.bond_factor) {
            (Some(bond_denom), Some(factor)) if bond_denom != denom => {
                let units = Uint128::new(bond).checked_mul_ceil(factor);
                let units = units.map_err(|error| anyhow::anyhow!("the bond: {error}"))?;
                Ok((units.u128(), bond_denom))
            }
            _ => Ok((bond, denom.to_owned())),
        }
    }

    async fn denom(&self, denom: &str) -> anyhow::Result<DenomInfo> {
        let mut start_after = None;
        loop {
            let ask = QueryMsg::Denoms { start_after, limit: Some(PAGE) };
            let page: DenomsResponse = self.ask(&ask).await?;
            let Some(last) = page.denoms.last() else {
                bail!("the market does not take `{denom}` any more")
            };
            start_after = Some(last.into());
            if let Some(found) = page.denoms.into_iter().find(|info| info.denom == denom) {
                return Ok(found);
            }
        }
    }

    /// Every denom in which something can be credited: those paid in, of bonds and of stakes.
    ///
    /// # Errors
    /// What the market says.
    pub async fn denoms(&self) -> anyhow::Result<BTreeSet<String>> {
        let config: ConfigResponse = self.ask(&QueryMsg::Config {}).await?;
        let mut denoms = BTreeSet::from([config.params.stake_denom]);
        denoms.extend(config.params.bond_denom);
        let mut start_after = None;
        loop {
            let ask = QueryMsg::Denoms { start_after, limit: Some(PAGE) };
            let page: DenomsResponse = self.ask(&ask).await?;
            let Some(last) = page.denoms.last() else { return Ok(denoms) };
            start_after = Some(last.into());
            denoms.extend(page.denoms.into_iter().map(|info| info.denom));
        }
    }

    /// The provider's offers.
    ///
    /// # Errors
    /// What the market says.
    pub async fn offers(&self) -> anyhow::Result<Vec<OfferInfo>> {
        let mut offers: Vec<OfferInfo> = Vec::new();
        loop {
            let start_after = offers.last().map(|offer| offer.id);
            let provider = Some(self.address().to_owned());
            let page: OffersResponse = self
                .ask(&QueryMsg::Offers {
                    provider,
                    denom: None,
                    state: None,
                    start_after,
                    limit: Some(PAGE),
                })
                .await?;
            if page.offers.is_empty() {
                return Ok(offers);
            }
            offers.extend(page.offers);
        }
    }

    /// What leases of an offer may still cost in all, in nano-units per second: each locks a day of its rate
    /// of the bond. Zero if it takes none.
    ///
    /// # Errors
    /// What the market says.
    pub async fn free_rate(&self, offer: &OfferInfo) -> anyhow::Result<u128> {
        if offer.state != OfferState::Open {
            return Ok(0);
        }
        let free = offer.bond.amount.saturating_sub(offer.locked);
        let terms = self.denom(&offer.terms.denom).await?;
        let factor = match terms.bond_factor {
            Some(factor) if offer.bond.denom != offer.terms.denom => factor,
            _ => Decimal::one(),
        };
        // Without a factor above zero the bond bounds nothing.
        let units = free.checked_div_floor(factor).map_or(u128::MAX, |units| units.u128());
        Ok(units.saturating_mul(NANO) / DAY)
    }

    /// What the market has credited to the provider in a denom.
    ///
    /// # Errors
    /// What the market says.
    pub async fn claimable(&self, denom: &str) -> anyhow::Result<u128> {
        let ask = QueryMsg::Claimable { claimant: self.tenant(), denom: denom.to_owned() };
        let answer: ClaimableResponse = self.ask(&ask).await?;
        Ok(answer.amount.u128())
    }

    /// The provider as somebody to whom things are credited.
    fn tenant(&self) -> Tenant {
        Tenant::Local { address: self.address().to_owned() }
    }

    /// Registers.
    ///
    /// # Errors
    /// What the market says.
    pub async fn register(
        &self,
        host_uri: &str,
        attributes: &[Attribute],
        (amount, denom): (u128, &str),
    ) -> anyhow::Result<TxOutcome> {
        let host_uri = host_uri.to_owned();
        let register = ExecuteMsg::RegisterProvider { host_uri, attributes: attributes.to_vec() };
        self.actor.send(&register, &[(amount, denom)]).await
    }

    /// Bids.
    ///
    /// # Errors
    /// What the market says.
    pub async fn bid(
        &self,
        order: &OrderInfo,
        rate: u128,
        valid_for_seconds: u64,
    ) -> anyhow::Result<TxOutcome> {
        let secured = rate.max(order.secured_rate.u128());
        let (amount, denom) = self.deposit(&order.denom, secured).await?;
        let bid = ExecuteMsg::Bid {
            order: order.id.clone(),
            rate: Uint128::new(rate),
            valid_for_seconds,
        };
        self.actor.send(&bid, &[(amount, &denom)]).await
    }

    /// Takes a bid back, with its deposit.
    ///
    /// # Errors
    /// What the market says.
    pub async fn withdraw_bid(&self, order: &LeaseId) -> anyhow::Result<TxOutcome> {
        let withdraw = ExecuteMsg::WithdrawBid { order: order.clone(), provider: None };
        self.actor.send(&withdraw, &[]).await
    }

    /// Sends a heartbeat for leases, as many transactions as that takes.
    ///
    /// # Errors
    /// What the market says.
    pub async fn beat(&self, leases: &[LeaseId]) -> anyhow::Result<Vec<TxOutcome>> {
        let mut sent = Vec::new();
        for batch in leases.chunks(BATCH) {
            let beat = ExecuteMsg::Heartbeat { leases: batch.to_vec() };
            sent.push(self.actor.send(&beat, &[]).await?);
        }
        Ok(sent)
    }

    /// Has paid what a lease has earned.
    ///
    /// # Errors
    /// What the market says.
    pub async fn withdraw(&self, lease: &LeaseId) -> anyhow::Result<TxOutcome> {
        self.actor.send(&ExecuteMsg::Withdraw { lease: lease.clone() }, &[]).await
    }

    /// Has paid what is credited in a denom.
    ///
    /// # Errors
    /// What the market says.
    pub async fn claim(&self, denom: &str) -> anyhow::Result<TxOutcome> {
        let claim = ExecuteMsg::Claim { claimant: self.tenant(), denom: denom.to_owned() };
        self.actor.send(&claim, &[]).await
    }

    /// Sends any message, with coins.
    ///
    /// # Errors
    /// What the market says.
    pub async fn send(
        &self,
        msg: &ExecuteMsg,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        self.actor.send(msg, funds).await
    }
}

/// Reads the name of an order or lease as it is printed: `ROUTE/SENDER/ACCOUNT/SEQ/GROUP`, or
/// `ADDRESS/SEQ/GROUP` for a tenant of the market's chain.
///
/// # Errors
/// It is of another form.
pub fn parse_order(text: &str) -> anyhow::Result<LeaseId> {
    let parts: Vec<&str> = text.split('/').collect();
    let wrong = || {
        format!("`{text}` names no order; `entrepot provider orders`, or `leases`, prints names")
    };
    ensure!(parts.iter().all(|part| !part.is_empty()), wrong());
    let (tenant, seq, group) = match parts[..] {
        [address, seq, group] => (Tenant::Local { address: address.into() }, seq, group),
        [route, sender, account, seq, group] => {
            let (route, sender, account) = (route.into(), sender.into(), account.into());
            (Tenant::Remote { route, sender, account }, seq, group)
        }
        _ => bail!(wrong()),
    };
    let seq = u64::from_str(seq).ok().with_context(wrong)?;
    let group = u32::from_str(group).ok().with_context(wrong)?;
    Ok(LeaseId { deployment: DeploymentId { tenant, seq }, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_orders_are_read_as_they_are_printed() {
        for name in ["wasm1x/7/0", "channel-0/wasm1outpost/wasm1dao/9007199254740991/3"] {
            assert_eq!(parse_order(name).unwrap().to_string(), name);
        }
        for wrong in ["", "7", "wasm1x/7", "wasm1x/7/x", "a/b/c/7", "/7/0", "a/b/c/d/e/f"] {
            let error = parse_order(wrong).unwrap_err().to_string();
            assert!(error.contains("names no order"), "{wrong}: {error}");
        }
    }
}
