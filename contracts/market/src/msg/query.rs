//! Questions.

use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::Uint128;
use protocol::control::{DeploymentState, GroupState};
use protocol::json::Decode;
use protocol::{Deployment, DeploymentId, Tenant};

use super::{DenomInfo, LeaseId, Money, OfferState, Standing};

/// A denom where it is accepted: the place after which a list of denoms goes on.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct DenomOnRoute {
    /// The denom.
    pub denom: String,
    /// The route; none for tenants of this chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
}

impl From<&DenomInfo> for DenomOnRoute {
    fn from(info: &DenomInfo) -> Self {
        Self { denom: info.denom.clone(), route: info.route.clone() }
    }
}

/// Every question. Lists give 10 entries, or `limit` up to 50. A list with filters looks at 100 entries
/// at most, and says in `next` after which one to go on: none if that was all, so that a page can be
/// empty and not the last. What a cursor names need not be there any more.
#[cw_serde]
#[derive(Decode, QueryResponses)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum QueryMsg {
    /// The parameters, and whether new business is paused.
    #[returns(super::ConfigResponse)]
    Config {},
    /// Who governs the market. Same JSON as cw-ownable.
    #[returns(super::OwnershipResponse)]
    Ownership {},
    /// The transfer channels over which tenants buy.
    #[returns(super::RoutesResponse)]
    Routes {
        /// After this channel.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The denoms accepted, each once for each of its routes, in the order in which both were first named.
    #[returns(super::DenomsResponse)]
    Denoms {
        /// After this one.
        #[serde(default)]
        start_after: Option<DenomOnRoute>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One provider.
    #[returns(super::ProviderInfo)]
    Provider {
        /// Its address.
        address: String,
    },
    /// All providers.
    #[returns(super::ProvidersResponse)]
    Providers {
        /// After this one.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What auditors signed of a provider, the expired included.
    #[returns(super::AttestationsResponse)]
    Attestations {
        /// The provider.
        provider: String,
        /// After this auditor.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One offer.
    #[returns(super::OfferInfo)]
    Offer {
        /// Its number.
        offer: u64,
    },
    /// All offers, or those of a provider, by number.
    #[returns(super::OffersResponse)]
    Offers {
        /// Only this provider's.
        #[serde(default)]
        provider: Option<String>,
        /// Only with prices in this denom.
        #[serde(default)]
        denom: Option<String>,
        /// Only in this state.
        #[serde(default)]
        state: Option<OfferState>,
        /// After this number.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One deployment that lives, with all it was opened with.
    #[returns(super::DeploymentInfo)]
    Deployment {
        /// Which.
        id: DeploymentId,
    },
    /// A tenant's deployments, the closed ones included, by number.
    #[returns(super::DeploymentsResponse)]
    Deployments {
        /// Whose.
        tenant: Tenant,
        /// Only of this denom.
        #[serde(default)]
        denom: Option<String>,
        /// Only in this state.
        #[serde(default)]
        state: Option<DeploymentState>,
        /// After this number.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The deployments of all tenants that live, oldest first: how long their money lasts, and which of
    /// them anyone may close, and when.
    #[returns(super::LiveDeploymentsResponse)]
    LiveDeployments {
        /// Only of this denom.
        #[serde(default)]
        denom: Option<String>,
        /// Only those that stand so.
        #[serde(default)]
        standing: Option<Standing>,
        /// After this one.
        #[serde(default)]
        start_after: Option<DeploymentId>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// How a deployment stands, dead or alive: the same that the control channel answers.
    #[returns(protocol::control::DeploymentStatus)]
    Status {
        /// Which.
        id: DeploymentId,
    },
    /// What is left of a closed deployment.
    #[returns(super::StoredTombstone)]
    Tombstone {
        /// Which.
        id: DeploymentId,
    },
    /// Open orders of all tenants, oldest deployment first, or of one, by its numbers.
    #[returns(super::OrdersResponse)]
    Orders {
        /// Only this tenant's.
        #[serde(default)]
        tenant: Option<Tenant>,
        /// Only of this denom.
        #[serde(default)]
        denom: Option<String>,
        /// After this one.
        #[serde(default)]
        start_after: Option<LeaseId>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One open order.
    #[returns(super::OrderInfo)]
    Order {
        /// Which.
        id: LeaseId,
    },
    /// The bids for an order, also for one that is over while deposits are not returned.
    #[returns(super::BidsResponse)]
    Bids {
        /// Which.
        order: LeaseId,
        /// After this provider.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// A provider's bids, oldest deployment first: those that stand, and those whose deposit waits to be
    /// returned.
    #[returns(super::BidsOfResponse)]
    BidsOf {
        /// Whose.
        provider: String,
        /// After the bid for this one.
        #[serde(default)]
        start_after: Option<LeaseId>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One lease that is not closed.
    #[returns(super::LeaseInfo)]
    Lease {
        /// Which.
        id: LeaseId,
    },
    /// Leases that are not closed: all, or a provider's, oldest deployment first; or else a tenant's, by
    /// its numbers.
    #[returns(super::LeasesResponse)]
    Leases {
        /// Only those that this provider serves.
        #[serde(default)]
        provider: Option<String>,
        /// Only this tenant's.
        #[serde(default)]
        tenant: Option<Tenant>,
        /// Only of this denom.
        #[serde(default)]
        denom: Option<String>,
        /// Only pending, active or reclaiming ones.
        #[serde(default)]
        state: Option<GroupState>,
        /// After this one.
        #[serde(default)]
        start_after: Option<LeaseId>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What is credited to somebody in a denom.
    #[returns(super::ClaimableResponse)]
    Claimable {
        /// To whom.
        claimant: Tenant,
        /// The denom.
        denom: String,
    },
    /// What is credited to somebody, in all denoms.
    #[returns(super::ClaimablesResponse)]
    Claimables {
        /// To whom.
        claimant: Tenant,
        /// After this denom.
        #[serde(default)]
        start_after: Option<String>,
        /// How many denoms.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Transfers home that are under way.
    #[returns(super::InFlightResponse)]
    InFlight {
        /// The route.
        route: String,
        /// After this sequence.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What the owner has announced and not done yet.
    #[returns(super::AnnouncementsResponse)]
    Announcements {
        /// After this number.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Whether a money packet was accepted.
    #[returns(super::AcceptedResponse)]
    Accepted {
        /// The route.
        route: String,
        /// The packet's sender.
        sender: String,
        /// The sender's number of the packet.
        n: u64,
    },
    /// Whether a message would be accepted now, and if not why not. It is run, and all it did forgotten.
    #[returns(super::CheckResponse)]
    Check {
        /// The transfer channel on this chain that the coin comes by; none for a message on this chain.
        #[serde(default)]
        route: Option<String>,
        /// The packet's sender on the other chain, or the message's on this one.
        sender: String,
        /// The coin as it arrives here, `cw20:<contract>` for a token; none only on this chain.
        #[serde(default)]
        coin: Option<Money>,
        /// With a route the `entrepot` part of the memo as JSON text: `{"v":1,"n":12,"open":{…}}`;
        /// without one a message: `{"open":{…}}`.
        message: String,
    },
    /// What to attach for a deployment.
    #[returns(super::QuoteResponse)]
    Quote {
        /// The route; none for a tenant of this chain.
        #[serde(default)]
        route: Option<String>,
        /// The denom on this chain.
        denom: String,
        /// What shall run.
        deployment: Deployment,
        /// For how long the money shall last.
        seconds: u64,
    },
    /// What the market holds and owes of a denom.
    #[returns(super::SolvencyResponse)]
    Solvency {
        /// The denom.
        denom: String,
    },
    /// How much there is in the market.
    #[returns(super::StatsResponse)]
    Stats {},
    /// Contract, versions and bounds.
    #[returns(super::InfoResponse)]
    Info {},
}

impl From<(&str, u128)> for Money {
    fn from((denom, amount): (&str, u128)) -> Self {
        Self { denom: denom.into(), amount: Uint128::new(amount) }
    }
}
