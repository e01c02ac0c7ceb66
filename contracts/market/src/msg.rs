//! What can be said to the market, and what it says back.

mod execute;
mod query;
mod response;

pub use execute::{
    Action, ExecuteMsg, GpuPrice, InstantiateMsg, InternalMsg, LeaseId, MigrateMsg, NewDenom,
    NewRoute, NewTerms, OfferTerms, Params, Prices, RouteUpdate, StoragePrice,
};
pub use query::QueryMsg;
pub use response::{
    AcceptedResponse, AttestationInfo, AttestationsResponse, BidInfo, BidsResponse, CheckResponse,
    ClaimableResponse, ConfigResponse, DenomInfo, DenomsResponse, DeploymentInfo,
    DeploymentSummary, DeploymentsResponse, GroupQuote, InFlightInfo, InFlightResponse,
    InfoResponse, LeaseInfo, LeasesResponse, Money, OfferInfo, OffersResponse, OrderInfo,
    OrdersResponse, OwnershipResponse, ProposalInfo, ProviderInfo, ProvidersResponse,
    QuoteResponse, RouteInfo, RoutesResponse, SolvencyResponse, StoredTombstone,
};
