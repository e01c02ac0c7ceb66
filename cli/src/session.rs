//! The contracts of a user, to be asked and told things.

mod actor;
mod flights;
mod foreign;
mod journal;

use anyhow::{Context as _, bail, ensure};
use cosmos::chain::Chain;
use market::msg as market_msg;
use market::msg::{BidInfo, BidsResponse, DeploymentInfo, LeaseId, LeaseInfo, ProviderInfo};
use outpost::msg as outpost_msg;
use outpost::msg::responses::{OrderResponse, OrderState, RouteResponse, RoutesResponse};
use protocol::control::{DeploymentStatus, GroupState};
use protocol::ics20::TRANSFER_PORT;
use protocol::{Code, DeploymentId, Tenant};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::figures;
use crate::home::{Config, Home, Place};

pub use actor::Actor;

/// A user's folder and what is configured there.
#[derive(Clone, Debug)]
pub struct Session {
    home: Home,
    config: Config,
}

/// A contract on its chain.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The chain.
    pub chain: Chain,
    /// The contract's address.
    pub address: String,
}

/// What a tenant reads: its orders at the outpost, its deployments at the market.
#[derive(Clone, Debug)]
pub struct Books {
    /// The market.
    pub market: Contract,
    /// The outpost.
    pub outpost: Contract,
}

impl Session {
    /// Reads the configuration.
    ///
    /// # Errors
    /// It is missing or not valid.
    pub fn open(home: Home) -> anyhow::Result<Self> {
        let config = home.config()?;
        Ok(Self { home, config })
    }

    fn outpost_place(&self) -> anyhow::Result<&Place> {
        let file = self.home.config_file();
        self.config.outpost.as_ref().with_context(|| {
            format!("`{}` names no outpost; add a section [outpost]", file.display())
        })
    }

    /// Connects to the market.
    ///
    /// # Errors
    /// The node does not answer or is on another chain.
    pub async fn market(&self) -> anyhow::Result<Contract> {
        Contract::connect(&self.config.market).await
    }

    /// Connects to the outpost.
    ///
    /// # Errors
    /// None is configured, the node does not answer or is on another chain.
    pub async fn outpost(&self) -> anyhow::Result<Contract> {
        Contract::connect(self.outpost_place()?).await
    }

    /// Connects to both.
    ///
    /// # Errors
    /// As [`Session::market`] and [`Session::outpost`].
    pub async fn books(&self) -> anyhow::Result<Books> {
        Ok(Books { market: self.market().await?, outpost: self.outpost().await? })
    }

    /// Connects to the market with a key.
    ///
    /// # Errors
    /// As [`Session::market`]; the key cannot be opened.
    pub async fn market_actor(&self, key: Option<&str>) -> anyhow::Result<Actor> {
        let key = self.home.key(&self.config, &self.config.market, key)?;
        Actor::new(self.market().await?, key, &self.home)
    }

    /// Connects to the outpost with a key.
    ///
    /// # Errors
    /// As [`Session::outpost`]; the key cannot be opened.
    pub async fn outpost_actor(&self, key: Option<&str>) -> anyhow::Result<Actor> {
        let key = self.home.key(&self.config, self.outpost_place()?, key)?;
        Actor::new(self.outpost().await?, key, &self.home)
    }
}

impl Contract {
    async fn connect(place: &Place) -> anyhow::Result<Self> {
        Ok(Self { chain: place.connect().await?, address: place.contract.clone() })
    }

    /// Another contract of the same chain.
    #[must_use]
    pub fn beside(&self, address: &str) -> Self {
        Self { chain: self.chain.clone(), address: address.to_owned() }
    }

    /// Asks it.
    ///
    /// # Errors
    /// What the contract says, or the node.
    pub async fn ask<T: DeserializeOwned>(&self, ask: &impl Serialize) -> anyhow::Result<T> {
        match self.chain.query_smart(&self.address, ask).await {
            Err(error) if foreign::is_foreign(&error) => Err(self.foreign().await),
            answer => Ok(answer?),
        }
    }

    /// Asks for what may not exist.
    ///
    /// # Errors
    /// As [`Contract::ask`].
    pub async fn find<T: DeserializeOwned>(
        &self,
        ask: &impl Serialize,
    ) -> anyhow::Result<Option<T>> {
        match self.chain.query_smart(&self.address, ask).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if Code::find(&error.to_string()) == Some(Code::NotFound) => Ok(None),
            Err(error) if foreign::is_foreign(&error) => Err(self.foreign().await),
            Err(error) => Err(error.into()),
        }
    }
}

impl Books {
    /// An order at the outpost.
    ///
    /// # Errors
    /// There is none of this number.
    pub async fn order(&self, seq: u64) -> anyhow::Result<OrderResponse> {
        let order = self.outpost.ask(&outpost_msg::QueryMsg::Order { seq }).await;
        order.with_context(|| format!("the outpost does not tell of order {seq}"))
    }

    /// An order that can be paid for and commanded.
    ///
    /// # Errors
    /// There is none of this number, or it is on its way, refunded or closed; what to do.
    pub async fn living(&self, seq: u64) -> anyhow::Result<OrderResponse> {
        let mut order = self.order(seq).await?;
        if order.state == OrderState::InFlight {
            let wait = self.wait(&order).await?;
            // The answer may have come while the node was asked.
            order = self.order(seq).await?;
            ensure!(order.state != OrderState::InFlight, "order {seq} is on its way: {wait}");
        }
        ensure!(
            matches!(order.state, OrderState::Acked | OrderState::Open | OrderState::Leased),
            "order {seq} is {}, so there is nothing to pay or command; see `entrepot why {seq}`",
            figures::order_state(order.state)
        );
        Ok(order)
    }

    /// The market's name for an order's deployment.
    ///
    /// # Errors
    /// The route or its channel is gone.
    pub async fn deployment_id(&self, order: &OrderResponse) -> anyhow::Result<DeploymentId> {
        let route = route(&self.outpost, &order.route).await?;
        let chain = &self.outpost.chain;
        let channel = chain.channel(TRANSFER_PORT, &route.channel).await?;
        let other = channel.and_then(|channel| channel.counterparty);
        let other = other.with_context(|| format!("there is no channel `{}`", route.channel))?;
        let tenant = Tenant::Remote {
            route: other.channel_id,
            sender: self.outpost.address.clone(),
            account: order.account.clone(),
        };
        Ok(DeploymentId { tenant, seq: order.seq })
    }

    /// How an order's deployment stands, by the market's own word.
    ///
    /// # Errors
    /// The market knows nothing of it, with what to do.
    pub async fn status(&self, seq: u64) -> anyhow::Result<(DeploymentId, DeploymentStatus)> {
        let found = self.find_status(&self.order(seq).await?).await?;
        found.with_context(|| {
            format!(
                "the market knows nothing of order {seq} yet; `entrepot why {seq}` says where it is"
            )
        })
    }

    /// As [`Books::status`]; none if the market knows nothing of it.
    ///
    /// # Errors
    /// What the contracts say.
    pub async fn find_status(
        &self,
        order: &OrderResponse,
    ) -> anyhow::Result<Option<(DeploymentId, DeploymentStatus)>> {
        let id = self.deployment_id(order).await?;
        let ask = market_msg::QueryMsg::Status { id: id.clone() };
        let found: Option<DeploymentStatus> = self.market.find(&ask).await?;
        Ok(found.map(|status| (id, status)))
    }

    /// A deployment that lives.
    ///
    /// # Errors
    /// It is closed, or was never opened.
    pub async fn deployment(&self, id: DeploymentId) -> anyhow::Result<DeploymentInfo> {
        let seq = id.seq;
        let found = self.market.find(&market_msg::QueryMsg::Deployment { id }).await?;
        found.with_context(|| {
            format!(
                "the deployment of order {seq} is closed; `entrepot lease {seq}` says what went home"
            )
        })
    }
}

impl Contract {
    /// The bids for an order of the market, the cheapest first.
    ///
    /// # Errors
    /// What the market says, also that there is no such order.
    pub async fn bids(&self, order: &LeaseId) -> anyhow::Result<Vec<BidInfo>> {
        // An order keeps at most 20.
        let ask =
            market_msg::QueryMsg::Bids { order: order.clone(), start_after: None, limit: Some(50) };
        let found: Option<BidsResponse> = self.find(&ask).await?;
        let BidsResponse { mut bids } = found.with_context(|| {
            format!("the market knows no order `{order}`; `entrepot provider orders` lists them")
        })?;
        bids.sort_by_key(|bid| (bid.rate, bid.bid_no));
        Ok(bids)
    }

    /// The leases of a deployment that are not closed.
    ///
    /// # Errors
    /// What the market says.
    pub async fn leases(
        &self,
        id: &DeploymentId,
        status: &DeploymentStatus,
    ) -> anyhow::Result<Vec<LeaseInfo>> {
        let mut leases = Vec::new();
        for (group, state) in (0..).zip(&status.groups) {
            if !matches!(state.state, GroupState::Open | GroupState::Closed) {
                let id = LeaseId { deployment: id.clone(), group };
                leases.extend(self.find(&market_msg::QueryMsg::Lease { id }).await?);
            }
        }
        Ok(leases)
    }

    /// A provider.
    ///
    /// # Errors
    /// What the market says.
    pub async fn provider(&self, address: &str) -> anyhow::Result<Option<ProviderInfo>> {
        self.find(&market_msg::QueryMsg::Provider { address: address.to_owned() }).await
    }
}

/// A route of an outpost by its name.
///
/// # Errors
/// There is none of this name; the routes that exist are named.
pub async fn route(outpost: &Contract, name: &str) -> anyhow::Result<RouteResponse> {
    let mut known = Vec::new();
    let mut start_after = None;
    loop {
        let ask = outpost_msg::QueryMsg::Routes { start_after, limit: None };
        let page: RoutesResponse = outpost.ask(&ask).await?;
        let Some(last) = page.routes.last() else {
            bail!("the outpost has no route `{name}`; it has: {}", known.join(", "))
        };
        start_after = Some(last.name.clone());
        known.extend(page.routes.iter().map(|route| route.name.clone()));
        if let Some(found) = page.routes.into_iter().find(|route| route.name == name) {
            return Ok(found);
        }
    }
}
