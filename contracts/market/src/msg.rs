//! What can be said to the market, and what it says back.

mod execute;
mod query;
mod response;

pub use execute::{
    Action, ExecuteMsg, GpuPrice, Harm, InstantiateMsg, InternalMsg, LeaseId, MigrateMsg, NewDenom,
    NewRoute, NewTerms, OfferTerms, Outcome, OwnerAction, Params, Prices, Received, RouteUpdate,
    StoragePrice, Way,
};
pub use query::QueryMsg;
pub use response::{
    AcceptedResponse, AnnouncementInfo, AnnouncementsResponse, AttestationInfo,
    AttestationsResponse, BidInfo, BidsResponse, CheckResponse, ClaimableResponse, ConfigResponse,
    DenomInfo, DenomsResponse, DeploymentInfo, DeploymentSummary, DeploymentsResponse, GroupQuote,
    InFlightInfo, InFlightResponse, InfoResponse, LeaseInfo, LeasesResponse, Money, NextTerms,
    OfferInfo, OffersResponse, OrderInfo, OrdersResponse, OwnershipResponse, ProposalInfo,
    ProviderInfo, ProvidersResponse, QuoteResponse, RouteInfo, RoutesResponse, SolvencyResponse,
    StoredTombstone,
};
