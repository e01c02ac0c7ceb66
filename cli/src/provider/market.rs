//! What a provider asks the market.

mod reach;
mod tell;

pub use reach::Reach;

use std::collections::BTreeSet;

use anyhow::Context as _;
use cosmos::wire::gas::GasPrice;
use cosmwasm_std::{Decimal, Uint128};
use market::msg::{
    BidInfo, BidsOfResponse, BidsResponse, ClaimableResponse, ConfigResponse, DenomInfo,
    DenomsResponse, DeploymentInfo, LeaseId, LeaseInfo, LeasesResponse, OfferInfo, OfferState,
    OffersResponse, OrderInfo, OrdersResponse, OwnBid, ProviderInfo, QueryMsg,
};
use protocol::control::DeploymentStatus;
use protocol::{DeploymentId, Tenant};
use serde::de::DeserializeOwned;

use crate::session::Actor;

const PAGE: u32 = 50;
const DAY: u128 = 86_400;
const NANO: u128 = 1_000_000_000;

/// A provider's key at the market.
#[derive(Clone, Debug)]
pub struct Desk<R = Actor> {
    market: R,
}

impl<R: Reach> Desk<R> {
    /// The key that acts at the market.
    #[must_use]
    pub const fn new(market: R) -> Self {
        Self { market }
    }

    /// The provider's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.market.address()
    }

    /// What the chain's gas costs.
    #[must_use]
    pub fn gas_price(&self) -> &GasPrice {
        self.market.gas_price()
    }

    /// As [`Reach::now`].
    ///
    /// # Errors
    /// As [`Reach::now`].
    pub async fn now(&self) -> anyhow::Result<u64> {
        self.market.now().await
    }

    /// As [`Reach::settle`].
    ///
    /// # Errors
    /// It is not known yet.
    pub async fn settle(&self) -> anyhow::Result<Option<String>> {
        self.market.settle().await
    }

    /// What the key has of a denom.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn balance(&self, denom: &str) -> anyhow::Result<u128> {
        self.market.balance(denom).await
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<T> {
        self.market.ask(ask).await
    }

    /// The provider's record; none before it registers.
    ///
    /// # Errors
    /// What the market says.
    pub async fn record(&self) -> anyhow::Result<Option<ProviderInfo>> {
        self.market.find(&QueryMsg::Provider { address: self.address().to_owned() }).await
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

    /// At most so many open orders behind one, and where to go on; none at the end of the list.
    ///
    /// # Errors
    /// What the market says.
    pub async fn orders_after(
        &self,
        after: Option<LeaseId>,
        most: usize,
    ) -> anyhow::Result<(Vec<OrderInfo>, Option<LeaseId>)> {
        let (mut orders, mut next) = (Vec::new(), after);
        loop {
            let (start_after, limit) = (next.take(), Some(PAGE));
            let ask = QueryMsg::Orders { tenant: None, denom: None, start_after, limit };
            let page: OrdersResponse = self.ask(&ask).await?;
            orders.extend(page.orders);
            next = page.next;
            if next.is_none() || orders.len() >= most {
                return Ok((orders, next));
            }
        }
    }

    /// Its own bids whose deposit is held: those that stand, and those that wait to be taken back.
    ///
    /// # Errors
    /// What the market says.
    pub async fn own_bids(&self) -> anyhow::Result<Vec<OwnBid>> {
        let mut bids: Vec<OwnBid> = Vec::new();
        let mut start_after = None;
        loop {
            let provider = self.address().to_owned();
            let page: BidsOfResponse =
                self.ask(&QueryMsg::BidsOf { provider, start_after, limit: Some(PAGE) }).await?;
            bids.extend(page.bids);
            start_after = page.next;
            if start_after.is_none() {
                return Ok(bids);
            }
        }
    }

    /// How the deployment of a lease stands.
    ///
    /// # Errors
    /// What the market says.
    pub async fn status(&self, id: &DeploymentId) -> anyhow::Result<DeploymentStatus> {
        self.ask(&QueryMsg::Status { id: id.clone() }).await
    }

    /// One order; none if it is not open.
    ///
    /// # Errors
    /// What the market says.
    pub async fn find_order(&self, id: &LeaseId) -> anyhow::Result<Option<OrderInfo>> {
        self.market.find(&QueryMsg::Order { id: id.clone() }).await
    }

    /// One open order.
    ///
    /// # Errors
    /// It is not open.
    pub async fn order(&self, id: &LeaseId) -> anyhow::Result<OrderInfo> {
        self.find_order(id).await?.with_context(|| {
            format!("order `{id}` is not open; `entrepot provider orders` lists those that are")
        })
    }

    /// The provider's own bid for an order.
    ///
    /// # Errors
    /// What the market says.
    pub async fn own_bid(&self, order: &LeaseId) -> anyhow::Result<Option<BidInfo>> {
        let bids = self.bids(order).await?;
        Ok(bids.into_iter().find(|bid| bid.provider == self.address()))
    }

    /// Whether the provider's own bid is the lowest for an order.
    ///
    /// # Errors
    /// What the market says.
    pub async fn leads(&self, order: &LeaseId) -> anyhow::Result<bool> {
        let lowest = self.bids(order).await?.into_iter().min_by_key(|bid| (bid.rate, bid.bid_no));
        Ok(lowest.is_some_and(|bid| bid.provider == self.address()))
    }

    /// All bids for an order, of which it keeps at most 20; none if there is no such order.
    async fn bids(&self, order: &LeaseId) -> anyhow::Result<Vec<BidInfo>> {
        let ask = QueryMsg::Bids { order: order.clone(), start_after: None, limit: Some(PAGE) };
        let found: Option<BidsResponse> = self.market.find(&ask).await?;
        Ok(found.map(|found| found.bids).unwrap_or_default())
    }

    /// The group that a lease serves.
    ///
    /// # Errors
    /// What the market says.
    pub async fn group(&self, id: &LeaseId) -> anyhow::Result<Option<protocol::Group>> {
        let ask = QueryMsg::Deployment { id: id.deployment.clone() };
        let found: Option<DeploymentInfo> = self.market.find(&ask).await?;
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
        let found = self.find_denom(denom).await?;
        found.with_context(|| format!("the market does not take `{denom}` any more"))
    }

    /// A denom that the market takes; none if it does not.
    ///
    /// # Errors
    /// What the market says.
    pub async fn find_denom(&self, denom: &str) -> anyhow::Result<Option<DenomInfo>> {
        let mut start_after = None;
        loop {
            let ask = QueryMsg::Denoms { start_after, limit: Some(PAGE) };
            let page: DenomsResponse = self.ask(&ask).await?;
            let Some(last) = page.denoms.last() else { return Ok(None) };
            start_after = Some(last.into());
            let found = page.denoms.into_iter().find(|info| info.denom == denom);
            if found.is_some() {
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

    /// What leases of an offer may cost in all, and how much of that is free, in nano-units per second. Zero if it takes
    /// none any more.
    ///
    /// # Errors
    /// What the market says.
    pub async fn rates(&self, offer: &OfferInfo) -> anyhow::Result<(u128, u128)> {
        let OfferInfo { state, bond, locked, terms, .. } = offer;
        match state {
            OfferState::Expired | OfferState::Cancelled => Ok((0, 0)),
            OfferState::Open | OfferState::Full => {
                let whole = self.rate_of((bond.amount, &bond.denom), &terms.denom).await?;
                let free = (bond.amount.saturating_sub(*locked), bond.denom.as_str());
                Ok((whole, self.rate_of(free, &terms.denom).await?))
            }
        }
    }

    /// What leases paid in `denom` may cost in all for which there is a bond, in nano-units per second: each locks a day of
    /// its rate. Zero in a denom that the market does not take.
    ///
    /// # Errors
    /// What the market says.
    pub async fn rate_of(
        &self,
        (bond, bond_denom): (Uint128, &str),
        denom: &str,
    ) -> anyhow::Result<u128> {
        let Some(terms) = self.find_denom(denom).await? else { return Ok(0) };
        let factor = match terms.bond_factor {
            Some(factor) if bond_denom != denom => factor,
            _ => Decimal::one(),
        };
        // Without a factor above zero the bond bounds nothing.
        let units = bond.checked_div_floor(factor).map_or(u128::MAX, |units| units.u128());
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
}
