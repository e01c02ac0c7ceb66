//! Standing offers.

use cosmwasm_std::{Empty, Storage, Uint128};
use escrow::Seconds;
use protocol::deployment::Attribute;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::{Item, Map};

use super::denom::{BondTerms, DenomId};
use super::principal::PrincipalId;
use crate::error::{ContractError, Unavailable};
use crate::msg::Prices;

/// The last number given.
pub(crate) const LAST: Item<u64> = Item::new("offer_last");
/// Number -> terms. Written by `post_offer`, removed once it is cancelled and its last lease closed.
pub(crate) const OFFERS: Map<u64, Offer> = Map::new("offer");
/// Number -> what changes with its leases. Lives and dies with [`OFFERS`].
pub(crate) const USES: Map<u64, OfferUse> = Map::new("offer_use");
/// (provider, number). Lives and dies with [`OFFERS`].
pub(crate) const BY_PROVIDER: Map<(PrincipalId, u64), Empty> = Map::new("offer_by");

/// Number -> terms that hold later. Written by `update_offer`, lives at most as long as [`OFFERS`].
pub(crate) const CHANGES: Map<u64, Change> = Map::new("offer_change");

/// Terms that are worse for tenants than those in force.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Change {
    /// From when they hold.
    pub(crate) effective_at: u64,
    /// They.
    pub(crate) terms: Terms,
}

/// What its provider can change of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Decode)]
pub(crate) struct Terms {
    pub(crate) prices: Prices,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) capacity: u32,
    pub(crate) min_charge: Uint128,
    pub(crate) expires_at: u64,
}

/// An offer.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Offer {
    /// Whose it is.
    pub(crate) provider: PrincipalId,
    /// The denom of its prices.
    pub(crate) denom: DenomId,
    /// What a group costs.
    pub(crate) prices: Prices,
    /// Attributes of its leases besides the provider's own.
    pub(crate) attributes: Vec<Attribute>,
    /// Leases it may have at a time.
    pub(crate) capacity: u32,
    /// Units a lease costs at least.
    pub(crate) min_charge: Uint128,
    /// When it was posted.
    pub(crate) posted_at: u64,
    /// When it ends.
    pub(crate) expires_at: u64,
    /// How much of the bond a lease locks.
    pub(crate) bond_terms: BondTerms,
}

/// What changes with an offer's leases.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Decode)]
pub(crate) struct OfferUse {
    /// Units of its bond that the market holds.
    pub(crate) bond: Uint128,
    /// Units of them that its leases lock.
    pub(crate) locked: Uint128,
    /// Leases not closed.
    pub(crate) leases: u32,
    /// Whether it was ended.
    pub(crate) cancelled: bool,
}

impl OfferUse {
    /// Counts a lease, and locks its part of the bond. Says why, if there is no room for it.
    pub(crate) fn lock(&mut self, capacity: u32, bond: Uint128) -> Result<(), Unavailable> {
        let locked = self.locked.saturating_add(bond);
        if self.cancelled {
            return Err(Unavailable::Cancelled);
        }
        if self.leases >= capacity {
            return Err(Unavailable::Full { got: self.leases, expected: capacity });
        }
        if locked > self.bond {
            let (got, expected) = (self.bond.saturating_sub(self.locked).u128(), bond.u128());
            return Err(Unavailable::LacksBond { got, expected });
        }
        self.locked = locked;
        self.leases = self.leases.saturating_add(1);
        Ok(())
    }
}

/// The counters of an offer.
pub(crate) fn usage(storage: &dyn Storage, offer: u64) -> Result<OfferUse, ContractError> {
    USES.may_load(storage, offer)?.ok_or(ContractError::Missing { what: "an offer's counters" })
}

impl Offer {
    /// What its provider can change.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            prices: self.prices.clone(),
            attributes: self.attributes.clone(),
            capacity: self.capacity,
            min_charge: self.min_charge,
            expires_at: self.expires_at,
        }
    }

    /// The same offer at other terms.
    pub(crate) fn with(self, terms: Terms) -> Self {
        let Terms { prices, attributes, capacity, min_charge, expires_at } = terms;
        Self { prices, attributes, capacity, min_charge, expires_at, ..self }
    }
}

/// An offer at the terms that hold in the second `now`.
pub(crate) fn find(
    storage: &dyn Storage,
    id: u64,
    now: Seconds,
) -> Result<Option<Offer>, ContractError> {
    let Some(offer) = OFFERS.may_load(storage, id)? else { return Ok(None) };
    let change = CHANGES.may_load(storage, id)?;
    Ok(Some(match change.filter(|change| change.effective_at <= now.get()) {
        Some(change) => offer.with(change.terms),
        None => offer,
    }))
}
