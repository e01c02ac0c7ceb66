//! Answers. Rates are nano-units per second, amounts units, times seconds of block time since 1970.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, Uint128};
use cw_utils::Expiration;
use protocol::control::{DeploymentState, DeploymentStatus, GroupState};
use protocol::deployment::{AccessKey, Attribute, LocalOperator, Manifest};
use protocol::json::Decode;
use protocol::{Code, Deployment, DeploymentId, Group, RouteStyle};

use super::{LeaseId, OfferTerms, OwnerAction, Params};

/// An amount of a denom.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The denom on this chain.
    pub denom: String,
    /// Units of it.
    pub amount: Uint128,
}

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

/// Providers.
#[cw_serde]
pub struct ProvidersResponse {
    /// In the order in which their addresses were first seen.
    pub providers: Vec<ProviderInfo>,
}

/// A provider.
#[cw_serde]
pub struct ProviderInfo {
    /// Its address.
    pub address: String,
    /// Where tenants reach it.
    pub host_uri: String,
    /// What it says of itself.
    pub attributes: Vec<Attribute>,
    /// Its stake.
    pub stake: Money,
    /// Leases not closed.
    pub live_leases: u32,
    /// When it leaves: the stake is free then, once no lease lives.
    pub unbonds_at: Option<u64>,
}

/// Signed attributes.
#[cw_serde]
pub struct AttestationsResponse {
    /// In the order in which the auditors' addresses were first seen.
    pub attestations: Vec<AttestationInfo>,
}

/// What an auditor signed.
#[cw_serde]
pub struct AttestationInfo {
    /// Who.
    pub auditor: String,
    /// What.
    pub attributes: Vec<Attribute>,
    /// When.
    pub signed_at: u64,
    /// Until when it counts.
    pub expires_at: u64,
}

/// Offers.
#[cw_serde]
pub struct OffersResponse {
    /// By number.
    pub offers: Vec<OfferInfo>,
}

/// Terms of an offer that hold later.
#[cw_serde]
pub struct NextTerms {
    /// From when.
    pub effective_at: u64,
    /// They.
    pub terms: OfferTerms,
}

/// An offer.
#[cw_serde]
pub struct OfferInfo {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub provider: String,
    /// Its terms; `expires_in_seconds` counts from its posting.
    pub terms: OfferTerms,
    /// Terms worse than these that hold later.
    pub next: Option<NextTerms>,
    /// When it ends.
    pub expires_at: u64,
    /// Whether it was ended before.
    pub cancelled: bool,
    /// Its bond.
    pub bond: Money,
    /// Units of the bond that its leases lock.
    pub locked: Uint128,
    /// Leases not closed.
    pub live_leases: u32,
}

/// A deployment that lives.
#[cw_serde]
pub struct DeploymentInfo {
    /// Which.
    pub id: DeploymentId,
    /// How it stands.
    pub status: DeploymentStatus,
    /// What was ordered.
    pub deployment: Deployment,
    /// Who may act for the tenant here.
    pub local_operators: Vec<LocalOperator>,
    /// The denom of its account.
    pub denom: String,
    /// When it was opened.
    pub opened_at: u64,
    /// Where unspent money goes.
    pub refund_to: String,
    /// Where it goes on this chain if the way home is dead.
    pub local_refund: Option<String>,
    /// Units ever deposited.
    pub deposited: Uint128,
    /// Units ever returned.
    pub refunded: Uint128,
    /// Units that make a short account go on.
    pub missing_to_revive: Uint128,
    /// When the funds ran out, while they are out.
    pub short_since: Option<u64>,
    /// Seconds after which it may be closed then.
    pub grace_seconds: u64,
    /// The treasury's share, in basis points.
    pub fee_bps: u16,
    /// Since when it has neither order nor lease.
    pub idle_since: Option<u64>,
}

/// A tenant's deployments.
#[cw_serde]
pub struct DeploymentsResponse {
    /// By number.
    pub deployments: Vec<DeploymentSummary>,
}

/// One line of that list.
#[cw_serde]
pub struct DeploymentSummary {
    /// Its number.
    pub seq: u64,
    /// Whether it lives.
    pub state: DeploymentState,
}

/// What is left of a closed deployment.
#[cw_serde]
pub struct StoredTombstone {
    /// When it was closed.
    pub closed_at: u64,
    /// Why, in one word.
    pub reason: String,
    /// Its last revision.
    pub revision: u64,
    /// Units that went home, or became claimable, at the close.
    pub refunded: Uint128,
    /// Their denom.
    pub denom: String,
}

/// Open orders.
#[cw_serde]
pub struct OrdersResponse {
    /// Oldest deployment first.
    pub orders: Vec<OrderInfo>,
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

/// Leases.
#[cw_serde]
pub struct LeasesResponse {
    /// Oldest deployment first.
    pub leases: Vec<LeaseInfo>,
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
    /// When it ends by itself.
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

/// What is credited to somebody.
#[cw_serde]
#[derive(Default)]
pub struct ClaimableResponse {
    /// Units.
    pub amount: Uint128,
    /// Transfers home that failed since the last that did not.
    pub attempts: u32,
    /// When anyone may try again.
    pub retry_at: Option<u64>,
    /// When anyone may have it paid on this chain.
    pub local_at: Option<u64>,
}

/// Transfers home under way.
#[cw_serde]
pub struct InFlightResponse {
    /// By sequence.
    pub settlements: Vec<InFlightInfo>,
}

/// A transfer home.
#[cw_serde]
pub struct InFlightInfo {
    /// Sequence of its packet.
    pub sequence: u64,
    /// Our number of it.
    pub n: u64,
    /// What it carries.
    pub money: Money,
    /// When its packet can be received no more.
    pub timeout_at: u64,
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

/// Whether a money packet was accepted.
#[cw_serde]
pub struct AcceptedResponse {
    /// Whether it was.
    pub accepted: bool,
    /// Block time.
    pub at: u64,
}

/// Whether a transfer would be accepted.
#[cw_serde]
pub struct CheckResponse {
    /// Whether it would.
    pub accepted: bool,
    /// Why not.
    pub code: Option<Code>,
    /// Why not, in words.
    pub reason: Option<String>,
}

/// What to attach.
#[cw_serde]
pub struct QuoteResponse {
    /// Per group, in order.
    pub groups: Vec<GroupQuote>,
    /// The least deposit with which every group can start at these rates.
    pub minimum: Uint128,
    /// The deposit that lasts for the seconds asked.
    pub deposit: Uint128,
}

/// What a group costs.
#[cw_serde]
pub struct GroupQuote {
    /// The offer's rate, or the group's `max_rate` if it goes to bids.
    pub rate: Uint128,
    /// The offer's minimum charge.
    pub min_charge: Uint128,
    /// The offer it would start from at once.
    pub offer: Option<u64>,
}

/// Solvency in a denom.
#[cw_serde]
pub struct SolvencyResponse {
    /// What the bank holds for the market.
    pub bank: Uint128,
    /// What the market owes.
    pub liabilities: Uint128,
    /// Transfers home whose outcome is not known; they are in neither figure.
    pub in_flight: Uint128,
    /// Whether the bank covers what is owed.
    pub solvent: bool,
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
