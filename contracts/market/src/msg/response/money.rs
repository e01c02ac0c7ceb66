//! Money: what is credited, on its way home, owed, and what something costs.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::Code;
use protocol::json::Decode;

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

/// What is credited to somebody in each denom.
#[cw_serde]
pub struct ClaimablesResponse {
    /// In the order in which the denoms were first named.
    pub claimables: Vec<DenomClaimable>,
}

/// What is credited to somebody in one of several denoms.
#[cw_serde]
pub struct DenomClaimable {
    /// The denom.
    pub denom: String,
    /// How much, and when it can go.
    pub claimable: ClaimableResponse,
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
    /// The least deposit with which every group can start at these rates, exactly: with the listing fees
    /// of those that go to bids.
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
    /// The offer it would start from at once, if the tenant and the provider suit each other: `check` asks
    /// that too.
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
