//! Changes of a lease's terms, proposed and agreed.

use cosmwasm_std::Uint128;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::deployment::GroupKey;

/// Lease -> proposals, and what was agreed. Written by `propose_terms` and `accept_terms`, removed
/// with the lease; absent if nothing was ever proposed.
pub(crate) const TERMS: Map<GroupKey, Terms> = Map::new("terms");

/// What was said about the terms of a lease.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Decode)]
pub(crate) struct Terms {
    /// The last number given to a proposal.
    pub(crate) last_no: u64,
    /// The number of the last that was accepted; zero if none was.
    pub(crate) agreed_no: u64,
    /// Hash of the specification that was agreed last.
    pub(crate) spec_hash: Option<String>,
    /// What the provider proposes.
    pub(crate) of_provider: Option<Proposal>,
    /// What the tenant proposes.
    pub(crate) of_tenant: Option<Proposal>,
}

/// Terms that wait for the other side's word.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Proposal {
    /// Its number.
    pub(crate) terms_no: u64,
    /// Nano-units per second.
    pub(crate) rate: Uint128,
    /// Hash of the new specification.
    pub(crate) spec_hash: Option<String>,
    /// Until when it can be accepted.
    pub(crate) valid_until: u64,
}
