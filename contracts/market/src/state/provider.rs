//! Providers.

use super::store::Map;
use cosmwasm_std::{Storage, Uint128};
use protocol::deployment::Attribute;
use serde::{Deserialize, Serialize};

use super::denom::DenomId;
use super::principal::{self, PrincipalId};
use crate::error::ContractError;

/// Principal -> provider. Written by `register_provider`, removed by `release_stake`.
pub(crate) const PROVIDERS: Map<PrincipalId, Provider> = Map::new("provider");
/// Provider -> leases not closed. Written when a lease starts or closes.
pub(crate) const LIVE_LEASES: Map<PrincipalId, u32> = Map::new("provider_leases");

/// Somebody who runs deployments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Provider {
    /// Where tenants reach it.
    pub(crate) host_uri: String,
    /// What it says of itself.
    pub(crate) attributes: Vec<Attribute>,
    /// The denom of its stake when it registered.
    pub(crate) stake_denom: DenomId,
    /// Its stake in units.
    pub(crate) stake: Uint128,
    /// When its unbonding is over, once it is leaving.
    pub(crate) unbonds_at: Option<u64>,
}

/// A provider by its address.
pub(crate) fn load(
    storage: &dyn Storage,
    address: &str,
) -> Result<(PrincipalId, Provider), ContractError> {
    let found = match principal::find(storage, &principal::local(address))? {
        Some(id) => PROVIDERS.may_load(storage, id)?.map(|provider| (id, provider)),
        None => None,
    };
    found.ok_or_else(|| ContractError::NotFound { what: "provider", id: address.into() })
}
