//! Deployments, dead and alive.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::control::{DeploymentState, DeploymentStatus};
use protocol::deployment::LocalOperator;
use protocol::{Deployment, DeploymentId};

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
