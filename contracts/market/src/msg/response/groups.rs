//! Orders, bids and leases.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::Group;
use protocol::control::GroupState;
use protocol::deployment::{AccessKey, Manifest};

use super::Money;
use crate::msg::LeaseId;

/// Open orders.
#[cw_serde]
pub struct OrdersResponse {
    /// Oldest deployment first.
    pub orders: Vec<OrderInfo>,
    /// After which one to go on.
    pub next: Option<LeaseId>,
}

/// An open order.
#[cw_serde]
pub struct OrderInfo {
    /// Which.
    pub id: LeaseId,
    /// What is ordered.
    pub group: Group,
    /// The denom of its rates.
    pub denom: String,
    /// A bid's deposit is the bond of its own rate, but of this one at least: half of the group's
    /// `max_rate`.
    pub secured_rate: Uint128,
    /// When it is closed if nobody was chosen.
    pub expires_at: u64,
    /// In an auction: until when bids are taken.
    pub bidding_until: Option<u64>,
    /// In an auction: until when the lowest of them can be matched.
    pub match_by: Option<u64>,
    /// Bids whose deposit is held.
    pub bids: u32,
}

/// Bids.
#[cw_serde]
pub struct BidsResponse {
    /// In the order in which the providers' addresses were first seen.
    pub bids: Vec<BidInfo>,
}

/// A bid.
#[cw_serde]
pub struct BidInfo {
    /// Whose.
    pub provider: String,
    /// Its number in the order; `accept_bid` names it.
    pub bid_no: u64,
    /// Nano-units per second for the whole group.
    pub rate: Uint128,
    /// Until when it is binding.
    pub valid_until: u64,
    /// Its deposit.
    pub deposit: Money,
}

/// Bids of one provider.
#[cw_serde]
pub struct BidsOfResponse {
    /// Oldest deployment first.
    pub bids: Vec<OwnBid>,
    /// After which order to go on.
    pub next: Option<LeaseId>,
}

/// A bid, as its bidder looks for it.
#[cw_serde]
pub struct OwnBid {
    /// What it is for.
    pub order: LeaseId,
    /// Whether that is still open: else the deposit can be returned.
    pub is_open: bool,
    /// The bid.
    pub bid: BidInfo,
}

/// Leases.
#[cw_serde]
pub struct LeasesResponse {
    /// Oldest deployment first.
    pub leases: Vec<LeaseInfo>,
    /// After which one to go on.
    pub next: Option<LeaseId>,
}

/// A lease that is not closed.
#[cw_serde]
pub struct LeaseInfo {
    /// Which.
    pub id: LeaseId,
    /// Who serves it.
    pub provider: String,
    /// Pending, active or reclaiming.
    pub state: GroupState,
    /// Nano-units per second.
    pub rate: Uint128,
    /// The denom of its rate.
    pub denom: String,
    /// The offer it was taken from.
    pub offer: Option<u64>,
    /// What its provider loses by a fault.
    pub bond: Money,
    /// When it began.
    pub started_at: u64,
    /// By when the first heartbeat must come.
    pub ready_by: u64,
    /// Seconds for which a heartbeat earns.
    pub heartbeat_window_seconds: u64,
    /// Heartbeats so far.
    pub beats: u32,
    /// The second from which it earns nothing without a further heartbeat.
    pub earns_until: u64,
    /// When it ends by itself. A term runs from the first heartbeat, so there is none before; only of a lease that
    /// version 0.1.0 began, it ran from the start.
    pub stops_at: Option<u64>,
    /// After a report of silence: until when a heartbeat helps for certain.
    pub silent_deadline: Option<u64>,
    /// Units earned and not paid yet.
    pub withdrawable: Uint128,
    /// Units paid, fees included.
    pub paid: Uint128,
    /// Units set aside for the minimum charge.
    pub reserved: Uint128,
    /// What the provider is to run.
    pub manifest: Manifest,
    /// Hash of the specification that was agreed by a change of terms.
    pub spec_hash: Option<String>,
    /// Keys with which people of the tenant authenticate at the provider's gateway.
    pub access_keys: Vec<AccessKey>,
    /// Terms that wait for the other side's word.
    pub proposals: Vec<ProposalInfo>,
}

/// Terms that one side proposes.
#[cw_serde]
pub struct ProposalInfo {
    /// `provider` or `tenant`.
    pub by: String,
    /// Its number; who accepts names it.
    pub terms_no: u64,
    /// Nano-units per second.
    pub rate: Uint128,
    /// Hash of the new specification.
    pub spec_hash: Option<String>,
    /// Until when it can be accepted.
    pub valid_until: u64,
}
