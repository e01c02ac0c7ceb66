//! In which denom a bond may be given, and how large it is.

use cosmwasm_std::{Storage, Uint128};

use crate::error::ContractError;
use crate::state::config::CONFIG;
use crate::state::denom::{self, BondTerms, DenomId};

/// The rate that a bid's deposit secures: its own, but half of what the tenant would pay at least. Who
/// wins by a rate that serves nobody costs the tenant its order, so that must not be cheaper than to win
/// by one that does.
pub(crate) fn secured_rate(rate: Uint128, max_rate: Uint128) -> Uint128 {
    rate.max(Uint128::new(max_rate.u128().div_ceil(2)))
}

/// The terms of a bond given in the denom `given` for leases paid in `paid`: the same denom, or the
/// market's bond denom at the factor of the other.
pub(crate) fn terms(
    storage: &dyn Storage,
    paid: DenomId,
    given: &str,
) -> Result<BondTerms, ContractError> {
    let denom = denom::load(storage, paid)?;
    let min_bond = denom.min_bond;
    if denom.name == given {
        return Ok(BondTerms { denom: paid, min_bond, factor: None });
    }
    let bond_denom = CONFIG.load(storage)?.bond_denom;
    match (bond_denom, denom.bond_factor) {
        (Some(bond_denom), Some(factor)) if denom::find(storage, given)? == Some(bond_denom) => {
            Ok(BondTerms { denom: bond_denom, min_bond, factor: Some(factor) })
        }
        _ => Err(ContractError::UnknownDenom {
            denom: given.into(),
            on: format!("bonds for leases paid in `{}`", denom.name),
        }),
    }
}
