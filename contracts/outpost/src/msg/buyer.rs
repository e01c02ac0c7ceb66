//! What buyers, owners of orders and owners of budgets send with their messages.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::Deployment;
use protocol::deployment::{AccessKey, LocalOperator, Scope};
use protocol::json::Decode;

/// A purchase, with exactly one coin. The sender becomes the owner of the order.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Buy {
    /// Name of a route proved for the coin's denom.
    pub route: String,
    /// What to run and on which terms; travels to the market.
    pub deployment: Deployment,
    /// Address on this chain that `claim` pays; stays here. Default the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<String>,
    /// Address on the market's chain for the day the way home is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_refund: Option<String>,
    /// Who may command this order through the outpost beside its owner; stays here. At most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
    /// Seconds, from execution, after which the packet can no longer be received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

/// A key of this chain that may act for an order's owner.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Its address.
    pub address: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Who may act for the owner on the market's chain; replaces both lists there.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct RemoteOperators {
    /// Keys that may command.
    pub local_operators: Vec<LocalOperator>,
    /// Keys that authenticate at the provider's gateway.
    pub access_keys: Vec<AccessKey>,
}

/// How much of one denom a delegate may spend.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct SpendingLimit {
    /// The denom.
    pub denom: String,
    /// Units in one period.
    pub per_period: Uint128,
    /// Seconds of a period.
    pub period_seconds: u64,
    /// Units in all.
    pub total: Uint128,
}
