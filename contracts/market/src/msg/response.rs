//! Answers. Rates are nano-units per second, amounts units, times seconds of block time since 1970.

mod deployments;
mod governance;
mod groups;
mod money;
mod providers;

pub use deployments::{
    DeploymentInfo, DeploymentSummary, DeploymentsResponse, LiveDeployment,
    LiveDeploymentsResponse, Standing, StoredTombstone,
};
pub use governance::{
    AnnouncementInfo, AnnouncementsResponse, ConfigResponse, DenomInfo, DenomsResponse,
    InfoResponse, OwnershipResponse, RouteInfo, RoutesResponse, StatsResponse,
};
pub use groups::{
    BidInfo, BidsOfResponse, BidsResponse, LeaseInfo, LeasesResponse, OrderInfo, OrdersResponse,
    OwnBid, ProposalInfo,
};
pub use money::{
    AcceptedResponse, CheckResponse, ClaimableResponse, ClaimablesResponse, DenomClaimable,
    GroupQuote, InFlightInfo, InFlightResponse, Money, QuoteResponse, SolvencyResponse,
};
pub use providers::{
    AttestationInfo, AttestationsResponse, NextTerms, OfferInfo, OfferState, OffersResponse,
    ProviderInfo, ProvidersResponse,
};
