//! Changing a standing offer without catching those who are on their way to take it.
//!
//! What is better for tenants holds at once; what is worse holds a day later, so that an order that
//! was voted on, and seen while it travelled, still finds the prices it was written for.

use cosmwasm_std::{Uint128, to_json_string};
use protocol::deployment::Attribute;
use protocol::limits;

use super::{expect, of_offer, terms_of, told, validate};
use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::msg::OfferTerms;
use crate::price;
use crate::state::config::PAUSED;
use crate::state::offer::{CHANGES, Change, OFFERS, Offer, Terms, USES, usage};
use crate::state::{denom, principal};

/// Seconds until what is worse for tenants holds: one day.
const WORSE_AFTER: u64 = 86_400;

/// Replaces an offer's terms, or adds the coin to its bond, or both.
pub(crate) fn update(
    ctx: &mut Context<'_>,
    id: u64,
    terms: Option<OfferTerms>,
    bond: Option<(&str, Uint128)>,
) -> Result<(), ContractError> {
    let offer = expect(ctx, id)?;
    if principal::address(ctx.state(), offer.provider)? != ctx.caller() {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the offer's provider",
        });
    }
    if usage(ctx.state(), id)?.cancelled || ctx.now().get() >= offer.expires_at {
        let problem = "has ended; post another";
        return Err(ContractError::WrongState { what: "offer", problem });
    }
    if let Some(bond) = bond {
        add_bond(ctx, id, &offer, bond)?;
    }
    match terms {
        Some(terms) => replace(ctx, id, offer, terms),
        None if bond.is_none() => {
            let expected = "a coin for the bond, or new terms".into();
            Err(ContractError::WrongCoin { got: "neither".into(), expected })
        }
        None => Ok(()),
    }
}

fn add_bond(
    ctx: &mut Context<'_>,
    id: u64,
    offer: &Offer,
    (name, amount): (&str, Uint128),
) -> Result<(), ContractError> {
    let expected = denom::load(ctx.state(), offer.bond_terms.denom)?.name;
    if name != expected {
        return Err(ContractError::WrongCoin { got: name.into(), expected });
    }
    let mut usage = usage(ctx.state(), id)?;
    usage.bond = usage.bond.checked_add(amount)?;
    USES.save(ctx.storage(), id, &usage)?;
    ledger::enter(ctx.storage(), Funds { denom: offer.bond_terms.denom, amount })?;
    ctx.emit(of_offer("offer_bonded", id).add_attribute("bond", usage.bond));
    Ok(())
}

fn replace(
    ctx: &mut Context<'_>,
    id: u64,
    offer: Offer,
    wanted: OfferTerms,
) -> Result<(), ContractError> {
    if PAUSED.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    validate(&wanted)?;
    let denom = denom::load(ctx.state(), offer.denom)?.name;
    if wanted.denom != denom {
        let on = format!("offer {id}, whose prices are in `{denom}`");
        return Err(ContractError::UnknownDenom { denom: wanted.denom, on });
    }
    let now = ctx.now();
    let wanted = terms_of(wanted, now);
    let at_once = better_of(offer.terms(), &wanted);
    validate_united(&at_once)?;
    let tell = |terms: &Terms| to_json_string(&told(&denom, offer.posted_at, terms.clone()));
    let mut event = of_offer("offer_updated", id).add_attribute("terms", tell(&at_once)?);
    if at_once == wanted {
        CHANGES.remove(ctx.storage(), id);
    } else {
        let effective_at = now.get().saturating_add(WORSE_AFTER);
        event = event
            .add_attribute("next_terms", tell(&wanted)?)
            .add_attribute("effective_at", effective_at.to_string());
        CHANGES.save(ctx.storage(), id, &Change { effective_at, terms: wanted })?;
    }
    ctx.emit(event);
    Ok(OFFERS.save(ctx.storage(), id, &offer.with(at_once))?)
}

/// Refuses more than two sets of terms united: each further update within a day would add its own, and
/// whoever closes a lease of the offer has to read them all.
fn validate_united(terms: &Terms) -> Result<(), ContractError> {
    let two = |max: usize| max.saturating_mul(2);
    let Terms { prices, attributes, .. } = terms;
    let attributes = attributes.len();
    limits::entries("attributes with those in force", attributes, two(limits::ATTRIBUTES))?;
    let (storage, gpus) = (prices.storage.len(), prices.gpus.len());
    limits::entries("prices.storage with those in force", storage, two(price::LIST_MAX))?;
    Ok(limits::entries("prices.gpus with those in force", gpus, two(price::LIST_MAX))?)
}

/// In each respect what is better for tenants. It equals the new terms if they are worse in none.
fn better_of(old: Terms, new: &Terms) -> Terms {
    Terms {
        prices: price::lowest(&old.prices, &new.prices),
        attributes: both(old.attributes, &new.attributes),
        capacity: old.capacity.max(new.capacity),
        min_charge: old.min_charge.min(new.min_charge),
        expires_at: old.expires_at.max(new.expires_at),
    }
}

/// The new attributes, and the old ones that are not among them.
fn both(old: Vec<Attribute>, new: &[Attribute]) -> Vec<Attribute> {
    let mut all = new.to_vec();
    all.extend(old.into_iter().filter(|attribute| !new.contains(attribute)));
    all
}
