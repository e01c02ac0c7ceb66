//! What auditors signed.

use cosmwasm_std::Storage;
use escrow::Seconds;
use protocol::deployment::Attribute;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::principal::{self, PrincipalId};
use crate::error::ContractError;

/// (provider, auditor) -> what the auditor signed of it. Written by `sign_attributes`, removed by
/// `revoke_attributes`.
pub(crate) const ATTESTATIONS: Map<(PrincipalId, PrincipalId), Attestation> =
    Map::new("attestation");

/// Attributes of a provider, signed by an auditor.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Attestation {
    /// What is signed.
    pub(crate) attributes: Vec<Attribute>,
    /// When it was signed.
    pub(crate) signed_at: u64,
    /// Until when it counts.
    pub(crate) expires_at: u64,
}

/// What an auditor, by its address, has signed of a provider and what still counts; none if nothing.
pub(crate) fn signed_by(
    storage: &dyn Storage,
    provider: PrincipalId,
    auditor: &str,
    now: Seconds,
) -> Result<Option<Vec<Attribute>>, ContractError> {
    let Some(auditor) = principal::find(storage, &principal::local(auditor))? else {
        return Ok(None);
    };
    let attestation = ATTESTATIONS.may_load(storage, (provider, auditor))?;
    let counts = attestation.filter(|attestation| now.get() < attestation.expires_at);
    Ok(counts.map(|attestation| attestation.attributes))
}
