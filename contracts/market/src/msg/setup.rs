//! Setting the market up, and its parameters.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::json::Decode;

use super::NewDenom;

/// Sets the market up.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Who governs the market; default the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The shortest packet timeout the market may ever use, in seconds; default 600, at least 10.
    /// It cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_timeout_seconds: Option<u64>,
    /// What the owner can change with `set_params`.
    pub params: Params,
    /// Denoms accepted from the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denoms: Vec<NewDenom>,
}

/// What the owner can change. It acts on new business only.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who may claim the fees.
    pub treasury: String,
    /// Who may, besides the owner, pause new business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pauser: Option<String>,
    /// The treasury's share of what providers earn, in basis points; at most 2,000.
    pub take_rate_bps: u16,
    /// Seconds for which a deployment without funds keeps its leases; at most 7 days.
    pub grace_seconds: u64,
    /// Denom of the providers' stake.
    pub stake_denom: String,
    /// The least stake of a provider, in units of `stake_denom`.
    pub min_stake: Uint128,
    /// Seconds between a provider's leaving and the release of its stake; at most 90 days.
    pub unbonding_seconds: u64,
    /// A denom in which any bond may be given, at the factor of the deployment's denom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond_denom: Option<String>,
    /// Timeout of the transfers home, in seconds from their sending; at most 86,400.
    pub settle_timeout_seconds: u64,
    /// Gas that one control command may use.
    pub control_gas: u64,
}

/// Upgrades the contract.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}
