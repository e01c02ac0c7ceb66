//! Leases, and what their two sides agree on.

use std::fmt;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::DeploymentId;
use protocol::json::Decode;

/// One lease, and before it the order: a group of a deployment. A group has at most one lease ever.
#[cw_serde]
#[derive(Decode, Eq, PartialOrd, Ord)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct LeaseId {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Index of the group in it.
    pub group: u32,
}

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.deployment, self.group)
    }
}

/// A change of a lease's terms.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct NewTerms {
    /// Nano-units per second from the acceptance on.
    pub rate: Uint128,
    /// SHA-256 of the new specification, if the resources change: 64 lower-case hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_hash: Option<String>,
    /// Seconds for which it can be accepted; at most 7 days.
    pub valid_for_seconds: u64,
}
