//! Denoms, and where they are accepted.

use cosmwasm_std::{Decimal, Storage, Uint128};
use escrow::{NanoRate, Units};
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::{Item, Map};

use super::route::RouteId;
use crate::error::ContractError;

/// What the name of a token begins with; its contract follows.
pub(crate) const TOKEN_PREFIX: &str = "cw20:";

/// The contract, if a denom's name is a token's.
pub(crate) fn token(name: &str) -> Option<&str> {
    name.strip_prefix(TOKEN_PREFIX)
}

/// Number of a denom.
pub(crate) type DenomId = u16;
/// The number of no denom.
pub(crate) const NONE: DenomId = 0;

/// Denom -> its number. Written at the first use, never removed.
pub(crate) const IDS: Map<&str, DenomId> = Map::new("denom_id");
/// Token contract -> its number. Apart from [`IDS`], so that no coin's name can be a token's. Written
/// by the owner's messages, never removed.
pub(crate) const TOKENS: Map<&str, DenomId> = Map::new("token_id");
/// Number -> denom and its terms of bond. Written at the first use and by `add_denom`.
pub(crate) const DENOMS: Map<DenomId, Denom> = Map::new("denom");
/// The last number given.
pub(crate) const LAST: Item<DenomId> = Item::new("denom_last");
/// (denom, route) -> the least deposit in units. Written by `add_denom`, removed by `remove_denom`.
pub(crate) const LISTINGS: Map<(DenomId, RouteId), Uint128> = Map::new("listing");

/// A denom and the terms of a bond for leases paid in it.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Denom {
    /// The denom on this chain.
    pub(crate) name: String,
    /// The least bond, in units of this denom.
    pub(crate) min_bond: Uint128,
    /// Units of the market's bond denom for one unit of bond.
    pub(crate) bond_factor: Option<Decimal>,
    /// Units set aside for each order.
    #[serde(default)]
    pub(crate) listing_fee: Uint128,
}

/// In which denom a bond is given, and how much of it a rate asks for. A snapshot.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Decode)]
pub(crate) struct BondTerms {
    /// The denom of the bond.
    pub(crate) denom: DenomId,
    /// The least bond, before the factor.
    pub(crate) min_bond: Uint128,
    /// Units of `denom` for one unit of bond; none if it is the denom of the rate itself.
    pub(crate) factor: Option<Decimal>,
}

impl BondTerms {
    /// The bond of a lease at `rate`, in units of `denom`, rounded up.
    ///
    /// # Errors
    /// [`ContractError::Overflow`] when it does not fit.
    pub(crate) fn bond(&self, rate: NanoRate) -> Result<Uint128, ContractError> {
        let units = escrow::bond(rate, Units::new(self.min_bond.u128()))?;
        let units = Uint128::new(units.get());
        match self.factor {
            Some(factor) => units
                .checked_mul_ceil(factor)
                .map_err(|_| ContractError::Overflow { what: "the bond" }),
            None => Ok(units),
        }
    }
}

/// The number of a denom, if it was ever used.
pub(crate) fn find(storage: &dyn Storage, name: &str) -> Result<Option<DenomId>, ContractError> {
    Ok(match token(name) {
        Some(contract) => TOKENS.may_load(storage, contract)?,
        None => IDS.may_load(storage, name)?,
    })
}

/// The number of a denom, given at its first use.
pub(crate) fn intern(storage: &mut dyn Storage, name: &str) -> Result<DenomId, ContractError> {
    if let Some(id) = find(storage, name)? {
        return Ok(id);
    }
    let id = LAST.may_load(storage)?.unwrap_or_default().checked_add(1);
    let id = id.ok_or(ContractError::Overflow { what: "the number of denoms" })?;
    LAST.save(storage, &id)?;
    match token(name) {
        Some(contract) => TOKENS.save(storage, contract, &id)?,
        None => IDS.save(storage, name, &id)?,
    }
    let denom = Denom {
        name: name.into(),
        min_bond: Uint128::zero(),
        bond_factor: None,
        listing_fee: Uint128::zero(),
    };
    DENOMS.save(storage, id, &denom)?;
    Ok(id)
}

/// The denom behind a number.
pub(crate) fn load(storage: &dyn Storage, id: DenomId) -> Result<Denom, ContractError> {
    DENOMS.may_load(storage, id)?.ok_or(ContractError::Missing { what: "a denom" })
}
