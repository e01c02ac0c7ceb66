//! Deployments, dead and alive.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::control::{DeploymentState, DeploymentStatus};
use protocol::deployment::LocalOperator;
use protocol::json::Decode;
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
    /// After which number to go on.
    pub next: Option<u64>,
}

/// One line of that list.
#[cw_serde]
pub struct DeploymentSummary {
    /// Its number.
    pub seq: u64,
    /// Whether it lives.
    pub state: DeploymentState,
    /// The denom of its account.
    pub denom: String,
}

/// How the account of a deployment that lives stands.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum Standing {
    /// It has funds, and an order or a lease.
    Funded,
    /// Its funds are out.
    Short,
    /// It has neither order nor lease.
    Idle,
}

/// Deployments that live.
#[cw_serde]
pub struct LiveDeploymentsResponse {
    /// Oldest first.
    pub deployments: Vec<LiveDeployment>,
    /// After which one to go on.
    pub next: Option<DeploymentId>,
}

/// A deployment that lives, without what it ordered.
#[cw_serde]
pub struct LiveDeployment {
    /// Which.
    pub id: DeploymentId,
    /// How its account stands.
    pub standing: Standing,
    /// The denom of its account.
    pub denom: String,
    /// When it was opened.
    pub opened_at: u64,
    /// Units that are neither earned nor reserved.
    pub free: Uint128,
    /// When the money runs out if every live provider keeps beating, or did.
    pub runs_out_at: Option<u64>,
    /// When anyone may close it, as things stand: after its grace without funds, or a day of idleness.
    pub closable_at: Option<u64>,
    /// Orders that are open.
    pub orders: u32,
    /// Leases not closed.
    pub leases: u32,
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
