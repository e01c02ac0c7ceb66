//! Parameters, and who may change them.

use cosmwasm_std::{Addr, Uint128};
use cw_utils::Expiration;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Item;

use super::denom::DenomId;
use super::principal::PrincipalId;

/// The parameters, checked. Written by `instantiate` and `set_params`.
pub(crate) const CONFIG: Item<Config> = Item::new("config");
/// Whether new business is paused. Written by `pause` and `unpause`.
pub(crate) const PAUSED: Item<bool> = Item::new("paused");
/// The owner and the one to be. Written by `instantiate` and `update_ownership`.
pub(crate) const OWNERSHIP: Item<Ownership> = Item::new("ownership");

/// The parameters as they are used; [`crate::msg::Params`] explains each.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Config {
    pub(crate) treasury: PrincipalId,
    pub(crate) pauser: Option<Addr>,
    pub(crate) take_rate_bps: u16,
    pub(crate) grace_seconds: u64,
    pub(crate) stake_denom: DenomId,
    pub(crate) min_stake: Uint128,
    pub(crate) unbonding_seconds: u64,
    pub(crate) bond_denom: Option<DenomId>,
    pub(crate) settle_timeout_seconds: u64,
    pub(crate) min_timeout_seconds: u64,
    pub(crate) control_gas: u64,
}

/// Who governs the market.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Ownership {
    /// The owner, unless it was renounced.
    pub(crate) owner: Option<Addr>,
    /// Who may accept.
    pub(crate) pending_owner: Option<Addr>,
    /// Until when.
    pub(crate) pending_expiry: Option<Expiration>,
}
