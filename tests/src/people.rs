//! What providers, owners and anybody do, under names that tell it.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmwasm_std::Uint128;
use market::msg::{
    BidInfo, BidsResponse, ClaimableResponse, ExecuteMsg as Market, LeaseId, LeaseInfo,
    QueryMsg as AskMarket, StoredTombstone,
};
use outpost::msg::responses::{ClaimableResponse as Credits, InFlightResponse, OrderResponse};
use outpost::msg::{Buy, ExecuteMsg as Outpost, QueryMsg as AskOutpost};
use protocol::control::DeploymentStatus;
use protocol::{Deployment, DeploymentId, Tenant};
use simnet::world::orders::web_offer;

use crate::clock::{reach, time_of};
use crate::world::{OWNER, World};

/// Stake of every provider.
const STAKE: u128 = 1_000_000;
/// Bond of an offer: ten leases of a web server for a day.
const OFFER_BOND: u128 = 50_000_000;
/// Units that a provider earns in a second by [`web_offer`].
pub const UNITS_PER_SECOND: u64 = 11;
/// The treasury's share in basis points.
const FEE_BPS: i128 = 200;

/// A money packet as the outpost's events tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The order.
    pub seq: u64,
    /// The packet's sequence on the route's channel.
    pub sequence: u64,
    /// When it can no longer be received, in seconds since 1970.
    pub timeout_at: u64,
}

impl Sent {
    /// Finds the purchase that a transaction has sent.
    ///
    /// # Errors
    /// It has sent none.
    pub fn find(outcome: &TxOutcome) -> anyhow::Result<Self> {
        let number = |key: &str| -> anyhow::Result<u64> {
            let value = outcome.attribute("wasm-outpost_sent", key);
            let value = value.with_context(|| format!("the outpost tells no `{key}`"))?;
            Ok(value.parse()?)
        };
        Ok(Self {
            seq: number("seq")?,
            sequence: number("sequence")?,
            timeout_at: number("timeout_at")?,
        })
    }
}

/// What a web server earns from its first heartbeat to its end: all of it, and the treasury's part.
#[must_use]
pub fn earnings(from: u64, until: u64) -> (i128, i128) {
    let gross = i128::from(until.saturating_sub(from) * UNITS_PER_SECOND);
    (gross, gross * FEE_BPS / 10_000)
}

/// The first group of a deployment.
#[must_use]
pub const fn first_group(deployment: DeploymentId) -> LeaseId {
    LeaseId { deployment, group: 0 }
}

/// A purchase on a route with nothing out of the ordinary.
#[must_use]
pub const fn purchase(route: String, deployment: Deployment, timeout: Option<u64>) -> Buy {
    Buy {
        route,
        deployment,
        refund_to: None,
        local_refund: None,
        operators: Vec::new(),
        timeout_seconds: timeout,
    }
}

/// Providers.
impl World {
    /// Registers a provider.
    ///
    /// # Errors
    /// What the market says.
    pub async fn register(&self, provider: &str) -> anyhow::Result<()> {
        let register = Market::RegisterProvider {
            host_uri: format!("https://{provider}.example"),
            attributes: Vec::new(),
        };
        self.market(provider, &register, &[(STAKE, self.bond_denom())]).await?;
        Ok(())
    }

    /// Posts an offer for web servers and returns its number.
    ///
    /// # Errors
    /// What the market says.
    pub async fn post_offer(&self, provider: &str) -> anyhow::Result<u64> {
        let terms = web_offer(&self.deployed.market_denom);
        let bond = [(OFFER_BOND, self.bond_denom())];
        let posted = self.market(provider, &Market::PostOffer { terms }, &bond).await?;
        let offer = posted.attribute("wasm-offer_posted", "offer");
        Ok(offer.context("the market tells no number of the offer")?.parse()?)
    }

    /// Bids for an order; the deposit is the bond of a day.
    ///
    /// # Errors
    /// What the market says.
    pub async fn bid(&self, provider: &str, order: &LeaseId, rate: u128) -> anyhow::Result<()> {
        let bond = (rate * 86_400).div_ceil(1_000_000_000).max(1_000);
        let bid = Market::Bid {
            order: order.clone(),
            rate: Uint128::new(rate),
            valid_for_seconds: 3 * 86_400,
        };
        self.market(provider, &bid, &[(bond, self.bond_denom())]).await?;
        Ok(())
    }

    /// Sends a heartbeat and returns the block time from which the lease earns by it.
    ///
    /// # Errors
    /// What the market says.
    pub async fn beat(&self, provider: &str, lease: &LeaseId) -> anyhow::Result<u64> {
        let beat = Market::Heartbeat { leases: vec![lease.clone()] };
        let outcome = self.market(provider, &beat, &[]).await?;
        time_of(&self.sites.market.chain, outcome.height).await
    }
}

/// Owners, and what anybody may do for them.
impl World {
    /// Buys through the outpost. The packet is not carried yet.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn buy(
        &self,
        account: &str,
        deployment: Deployment,
        (units, timeout): (u128, Option<u64>),
    ) -> anyhow::Result<Sent> {
        let buy = purchase(self.deployed.route.clone(), deployment, timeout);
        let funds = [(units, self.deployed.denom.as_str())];
        Sent::find(&self.outpost(account, &Outpost::Buy(Box::new(buy)), &funds).await?)
    }

    /// Waits until a purchase has ended. Where the outpost's chain tells it of no transfer, anybody has it ask the market,
    /// whose word is final at once if the market has the money, else when the purchase is too late.
    ///
    /// # Errors
    /// What the contracts say; it does not end in time.
    pub async fn ended(&self, owner: &str, seq: u64) -> anyhow::Result<()> {
        self.settled().await?;
        let ask = AskOutpost::InFlight { start_after: None, limit: None };
        let waiting: InFlightResponse = self.ask_outpost(&ask).await?;
        let flight = waiting.packets.into_iter().find(|flight| flight.seq == Some(seq));
        let Some(flight) = flight else { return Ok(()) };
        if self.status(&self.deployment(owner, seq)).await.is_err() {
            for site in [&self.sites.market, &self.sites.outpost] {
                reach(&site.chain, flight.timeout_at + 1).await?;
            }
        }
        self.outpost(OWNER, &Outpost::Reconcile { n: flight.n }, &[]).await?;
        self.settled().await
    }

    /// Has everything paid that the outpost owes to an address, if anything.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn claim(&self, owner: &str) -> anyhow::Result<()> {
        if self.owed(owner).await? > 0 {
            let (owner, denom) = (owner.to_owned(), self.deployed.denom.clone());
            self.outpost(OWNER, &Outpost::Claim { owner, denom }, &[]).await?;
        }
        Ok(())
    }

    /// What the outpost owes to an address.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn owed(&self, owner: &str) -> anyhow::Result<u128> {
        let owner = owner.to_owned();
        let ask = AskOutpost::Claimable { owner, start_after: None, limit: Some(100) };
        let credits: Credits = self.ask_outpost(&ask).await?;
        Ok(credits.claimable.iter().map(|credit| credit.amount.u128()).sum())
    }

    /// Has everything paid or sent home that the market owes to somebody, and waits for it.
    ///
    /// # Errors
    /// What the market says; ferry does not carry it.
    pub async fn collect(&self, claimant: &Tenant) -> anyhow::Result<()> {
        for denom in [self.deployed.market_denom.as_str(), self.bond_denom()] {
            self.pay_out(claimant, denom).await?;
        }
        self.settled().await
    }

    /// Has the market pay or send home what it owes to somebody in one denom.
    ///
    /// # Errors
    /// What the market says.
    pub async fn pay_out(&self, claimant: &Tenant, denom: &str) -> anyhow::Result<()> {
        let (claimant, denom) = (claimant.clone(), denom.to_owned());
        let ask = AskMarket::Claimable { claimant: claimant.clone(), denom: denom.clone() };
        let credit: ClaimableResponse = self.ask_market(&ask).await?;
        if !credit.amount.is_zero() {
            self.market(OWNER, &Market::Claim { claimant, denom }, &[]).await?;
        }
        Ok(())
    }

    /// As [`World::collect`], for an account of the market's chain.
    ///
    /// # Errors
    /// As [`World::collect`].
    pub async fn collect_for(&self, account: &str) -> anyhow::Result<()> {
        self.collect(&Tenant::Local { address: self.address(account)?.to_owned() }).await
    }
}

/// What the contracts know.
impl World {
    /// An order as the outpost sees it.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn order(&self, seq: u64) -> anyhow::Result<OrderResponse> {
        self.ask_outpost(&AskOutpost::Order { seq }).await
    }

    /// How a deployment stands on the market.
    ///
    /// # Errors
    /// What the market says.
    pub async fn status(&self, id: &DeploymentId) -> anyhow::Result<DeploymentStatus> {
        self.ask_market(&AskMarket::Status { id: id.clone() }).await
    }

    /// What is left of a closed deployment.
    ///
    /// # Errors
    /// What the market says.
    pub async fn tombstone(&self, id: &DeploymentId) -> anyhow::Result<StoredTombstone> {
        self.ask_market(&AskMarket::Tombstone { id: id.clone() }).await
    }

    /// A lease that lives.
    ///
    /// # Errors
    /// What the market says.
    pub async fn lease(&self, id: &LeaseId) -> anyhow::Result<LeaseInfo> {
        self.ask_market(&AskMarket::Lease { id: id.clone() }).await
    }

    /// The bids for an order.
    ///
    /// # Errors
    /// What the market says.
    pub async fn bids(&self, order: &LeaseId) -> anyhow::Result<Vec<BidInfo>> {
        let ask = AskMarket::Bids { order: order.clone(), start_after: None, limit: Some(50) };
        let answer: BidsResponse = self.ask_market(&ask).await?;
        Ok(answer.bids)
    }
}
