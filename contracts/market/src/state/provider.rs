//! Providers.

use cosmwasm_std::{Storage, Uint128};
use protocol::deployment::Attribute;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::denom::DenomId;
use super::principal::{self, PrincipalId};
use crate::error::ContractError;

/// Principal -> provider. Written by `register_provider`, removed by `release_stake`.
pub(crate) const PROVIDERS: Map<PrincipalId, Provider> = Map::new("provider");
/// Provider -> leases not closed. Written when a lease starts or closes.
pub(crate) const LIVE_LEASES: Map<PrincipalId, u32> = Map::new("provider_leases");
/// Provider -> the second until which its bids bind, the latest of them, rounded up to a whole day so
/// that few bids write it. Written by `bid`, removed by `release_stake`, which waits for it: nobody
/// leaves a promise by leaving the market.
pub(crate) const BOUND_UNTIL: Map<PrincipalId, u64> = Map::new("bound_until");

/// Provider -> slashes of the last 30 days. Written by `slash_provider`; it outlives the provider, so
/// that leaving and coming back does not start afresh.
pub(crate) const SLASHES: Map<PrincipalId, Vec<Slash>> = Map::new("slashes");

/// A part of the stake that was taken.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Slash {
    /// When.
    pub(crate) at: u64,
    /// How much.
    pub(crate) amount: Uint128,
}

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Somebody who runs deployments.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
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

/// Notes that a provider is bound by a bid.
pub(crate) fn bind(
    storage: &mut dyn Storage,
    provider: PrincipalId,
    until: u64,
) -> Result<(), ContractError> {
    if bound_until(storage, provider)? < until {
        let whole_days = until.div_ceil(DAY).saturating_mul(DAY);
        BOUND_UNTIL.save(storage, provider, &whole_days)?;
    }
    Ok(())
}

/// Until when a provider's bids bind at most.
pub(crate) fn bound_until(
    storage: &dyn Storage,
    provider: PrincipalId,
) -> Result<u64, ContractError> {
    Ok(BOUND_UNTIL.may_load(storage, provider)?.unwrap_or_default())
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
