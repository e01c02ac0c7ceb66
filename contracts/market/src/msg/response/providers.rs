//! Providers, what auditors signed of them, and their offers.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::deployment::Attribute;
use protocol::json::Decode;

use super::Money;
use crate::msg::OfferTerms;

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
    /// After which number to go on.
    pub next: Option<u64>,
}

/// Whether an offer can be taken.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum OfferState {
    /// It can, by a group that it can serve and whose bond it has left.
    Open,
    /// It has as many leases as it may have, or no bond left for another.
    Full,
    /// Its time is over.
    Expired,
    /// Its provider ended it; leases still lock its bond.
    Cancelled,
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
    /// Whether it can be taken.
    pub state: OfferState,
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
