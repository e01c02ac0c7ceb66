//! What can be said to the market, and what it says back.

mod execute;
mod governance;
mod lease;
mod offer;
mod query;
mod response;
mod setup;

pub use execute::{ExecuteMsg, InternalMsg, Received};
pub use governance::{Harm, NewDenom, NewRoute, Outcome, OwnerAction, RouteUpdate, Way};
pub use lease::{LeaseId, NewTerms};
pub use offer::{GpuPrice, OfferTerms, Prices, StoragePrice};
pub use protocol::ownership::OwnershipAction;
pub use query::{DenomOnRoute, QueryMsg};
pub use response::{
    AcceptedResponse, AnnouncementInfo, AnnouncementsResponse, AttestationInfo,
    AttestationsResponse, BidInfo, BidsOfResponse, BidsResponse, CheckResponse, ClaimableResponse,
    ClaimablesResponse, ConfigResponse, DenomClaimable, DenomInfo, DenomsResponse, DeploymentInfo,
    DeploymentSummary, DeploymentsResponse, GroupQuote, InFlightInfo, InFlightResponse,
    InfoResponse, LeaseInfo, LeasesResponse, LiveDeployment, LiveDeploymentsResponse, Money,
    NextTerms, OfferInfo, OfferState, OffersResponse, OrderInfo, OrdersResponse, OwnBid,
    OwnershipResponse, ProposalInfo, ProviderInfo, ProvidersResponse, QuoteResponse, RouteInfo,
    RoutesResponse, SolvencyResponse, Standing, StatsResponse, StoredTombstone,
};
pub use setup::{InstantiateMsg, MigrateMsg, Params};
