//! Parameters, routes, denoms, announcements.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, Uint128};
use cw_utils::Expiration;
use protocol::RouteStyle;

use crate::msg::{OwnerAction, Params};

/// The parameters.
#[cw_serde]
pub struct ConfigResponse {
    /// What the owner can change.
    pub params: Params,
    /// The shortest packet timeout.
    pub min_timeout_seconds: u64,
    /// Whether new business is paused.
    pub paused: bool,
}

/// Who governs the market. Same JSON as cw-ownable.
#[cw_serde]
pub struct OwnershipResponse {
    /// The owner, unless it was renounced.
    pub owner: Option<String>,
    /// Who may accept.
    pub pending_owner: Option<String>,
    /// Until when.
    pub pending_expiry: Option<Expiration>,
}

/// Routes.
#[cw_serde]
pub struct RoutesResponse {
    /// By channel.
    pub routes: Vec<RouteInfo>,
}

/// A route.
#[cw_serde]
pub struct RouteInfo {
    /// The transfer channel on this chain.
    pub channel: String,
    /// The other end of the transfer channel.
    pub counterparty_channel: String,
    /// The connection below it.
    pub connection: String,
    /// The outpost at the other end.
    pub outpost: Option<String>,
    /// Whether it takes new deployments.
    pub enabled: bool,
    /// How the chains call back.
    pub style: RouteStyle,
    /// The open control channel.
    pub control_channel: Option<String>,
    /// Whether that channel may be closed once.
    pub close_armed: bool,
    /// Settlements sent home so far; also the number of the next one.
    pub next_n: u64,
}

/// Denoms.
#[cw_serde]
pub struct DenomsResponse {
    /// In the order they were first named.
    pub denoms: Vec<DenomInfo>,
}

/// A denom on one route.
#[cw_serde]
pub struct DenomInfo {
    /// The denom on this chain.
    pub denom: String,
    /// The route; none for tenants of this chain.
    pub route: Option<String>,
    /// The least deposit.
    pub min_deposit: Uint128,
    /// The least bond of a lease.
    pub min_bond: Uint128,
    /// Units of the market's bond denom for one unit of bond.
    pub bond_factor: Option<Decimal>,
    /// Units set aside for each order.
    pub listing_fee: Uint128,
}

/// Announcements.
#[cw_serde]
pub struct AnnouncementsResponse {
    /// By number.
    pub announcements: Vec<AnnouncementInfo>,
}

/// What the owner has announced.
#[cw_serde]
pub struct AnnouncementInfo {
    /// Its number.
    pub announcement: u64,
    /// What.
    pub action: OwnerAction,
    /// When it was announced.
    pub announced_at: u64,
    /// From when it can be done.
    pub due_at: u64,
}

/// How much there is in the market.
#[cw_serde]
pub struct StatsResponse {
    /// Providers, those that are leaving included.
    pub providers: u64,
    /// Offers that were ever posted; also the number of the last.
    pub offers_posted: u64,
    /// Deployments that were ever opened.
    pub deployments_opened: u64,
    /// Deployments that live.
    pub deployments: u64,
    /// Orders that are open.
    pub orders: u64,
    /// Leases not closed.
    pub leases: u64,
}

/// Contract, versions and bounds.
#[cw_serde]
pub struct InfoResponse {
    /// Name of the contract.
    pub contract: String,
    /// Its version.
    pub version: String,
    /// Version of the control channel.
    pub control_version: String,
    /// Version of memos.
    pub message_version: u8,
}
