//! Standing offers: posting, ending, and starting a lease from one.

pub(crate) mod update;

use cosmwasm_std::{Empty, Event, Uint128, to_json_string};
use escrow::{NanoRate, Seconds};
use protocol::deployment::{Attribute, Group, validate_attributes};
use protocol::limits;

use crate::context::Context;
use crate::deployment::Live;
use crate::error::{ContractError, Unavailable};
use crate::lease::start::{Agreement, start};
use crate::ledger::{self, Funds};
use crate::msg::OfferTerms;
use crate::state::config::PAUSED;
use crate::state::denom::{self, DenomId};
use crate::state::deployment::Lease;
use crate::state::next;
use crate::state::offer::{
    BY_PROVIDER, CHANGES, LAST, OFFERS, Offer, OfferUse, Terms, USES, find, usage,
};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider;
use crate::{bond, eligible, price};

/// Seconds for which an offer may stand.
const OFFER_SECONDS: u64 = 366 * 86_400;

/// Seconds whose pay at the limit a minimum charge may come to if the tenant says nothing: one day.
const A_DAY: Seconds = Seconds::new(86_400);

/// Posts an offer. The coin is its bond.
pub(crate) fn post(
    ctx: &mut Context<'_>,
    terms: OfferTerms,
    (bond_denom, bond): (&str, Uint128),
) -> Result<(), ContractError> {
    if PAUSED.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::Paused {});
    }
    let (provider, record) = provider::load(ctx.state(), ctx.caller())?;
    eligible::require_new_business(ctx, (provider, &record))?;
    validate(&terms)?;
    let denom = denom::find(ctx.state(), &terms.denom)?.ok_or_else(|| {
        ContractError::UnknownDenom { denom: terms.denom.clone(), on: "this market".into() }
    })?;
    let bond_terms = bond::terms(ctx.state(), denom, bond_denom)?;
    let least = bond_terms.bond(NanoRate::ZERO)?;
    if bond < least {
        let (got, expected) = (bond.u128(), least.u128());
        return Err(ContractError::TooSmall { what: "offer's bond", got, expected });
    }
    ledger::enter(ctx.storage(), Funds { denom: bond_terms.denom, amount: bond })?;

    let now = ctx.now();
    let text = to_json_string(&terms)?;
    let Terms { prices, attributes, capacity, min_charge, expires_at } = terms_of(terms, now);
    let offer = Offer {
        provider,
        denom,
        prices,
        attributes,
        capacity,
        min_charge,
        posted_at: now.get(),
        expires_at,
        bond_terms,
    };
    let storage = ctx.storage();
    let id = next(storage, &LAST)?;
    OFFERS.save(storage, id, &offer)?;
    USES.save(storage, id, &OfferUse { bond, ..OfferUse::default() })?;
    BY_PROVIDER.save(storage, (provider, id), &Empty {})?;
    let caller = ctx.caller().to_owned();
    ctx.emit(
        of_offer("offer_posted", id)
            .add_attribute("provider", caller)
            .add_attribute("bond", bond)
            .add_attribute("bond_denom", bond_denom)
            .add_attribute("terms", text)
            .add_attribute("expires_at", expires_at.to_string()),
    );
    Ok(())
}

/// What is asked for, with its end as a time.
fn terms_of(terms: OfferTerms, now: Seconds) -> Terms {
    Terms {
        prices: terms.prices,
        attributes: terms.attributes,
        capacity: terms.capacity,
        min_charge: terms.min_charge,
        expires_at: now.after(Seconds::new(terms.expires_in_seconds)).get(),
    }
}

/// The offer of a number, at the terms in force.
fn expect(ctx: &Context<'_>, id: u64) -> Result<Offer, ContractError> {
    let offer = find(ctx.state(), id, ctx.now())?;
    offer.ok_or_else(|| ContractError::NotFound { what: "offer", id: id.to_string() })
}

/// Terms as they are told: `expires_in_seconds` counts from the offer's posting.
pub(crate) fn told(denom: &str, posted_at: u64, terms: Terms) -> OfferTerms {
    OfferTerms {
        denom: denom.into(),
        prices: terms.prices,
        attributes: terms.attributes,
        capacity: terms.capacity,
        min_charge: terms.min_charge,
        expires_in_seconds: terms.expires_at.saturating_sub(posted_at),
    }
}

fn of_offer(kind: &str, offer: u64) -> Event {
    Event::new(kind).add_attribute("offer", offer.to_string())
}

fn validate(terms: &OfferTerms) -> Result<(), ContractError> {
    limits::text("terms.denom", &terms.denom, limits::DENOM_BYTES)?;
    validate_attributes("terms.attributes", &terms.attributes)?;
    limits::range("terms.capacity", terms.capacity, 1_u64, u32::MAX)?;
    limits::range("terms.min_charge", terms.min_charge, 0_u64, limits::AMOUNT)?;
    let seconds = terms.expires_in_seconds;
    limits::range("terms.expires_in_seconds", seconds, 1_u64, OFFER_SECONDS)?;
    price::validate(&terms.prices)
}

/// Ends an offer: by its provider, after its expiry by anyone.
pub(crate) fn cancel(ctx: &mut Context<'_>, id: u64) -> Result<(), ContractError> {
    let offer = expect(ctx, id)?;
    let is_expired = ctx.now().get() >= offer.expires_at;
    if !is_expired && principal::address(ctx.state(), offer.provider)? != ctx.caller() {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the offer's provider, before its expiry",
        });
    }
    let mut usage = usage(ctx.state(), id)?;
    if usage.cancelled {
        let problem = "is cancelled already; the rest of its bond is free when its leases end";
        return Err(ContractError::WrongState { what: "offer", problem });
    }
    usage.cancelled = true;
    ctx.emit(of_offer("offer_cancelled", id));
    release_free_bond(ctx, id, (offer.provider, offer.bond_terms.denom), usage)
}

/// Starts the lease that an offer promises for a group.
pub(crate) fn take(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    (id, max_charge): (u64, Option<Uint128>),
) -> Result<(), ContractError> {
    if id == 0 || id > LAST.may_load(ctx.state())?.unwrap_or_default() {
        return Err(ContractError::UnknownOffer { offer: id });
    }
    let offer = available(ctx, live, id)?;
    let rate = price::rate(&offer.prices, group).map_err(|unpriced| unavailable(id, unpriced))?;
    if rate.get() > group.max_rate.u128() {
        let (got, max) = (rate.get(), group.max_rate.u128());
        return Err(ContractError::RateAboveMax { got, max });
    }
    let max_charge = most_charge(group, max_charge)?;
    if offer.min_charge > max_charge {
        let (got, max) = (offer.min_charge.u128(), max_charge.u128());
        return Err(ContractError::ChargeAboveMax { offer: id, got, max });
    }
    eligible::require(ctx, live, group, (offer.provider, &offer.attributes))?;
    let bond = lock(ctx, id, &offer, rate)?;
    let agreement = Agreement {
        provider: offer.provider,
        rate,
        min_charge: offer.min_charge,
        offer: Some(id),
        bond: Funds { denom: offer.bond_terms.denom, amount: bond },
    };
    start(ctx, live, (index, group), agreement)
}

/// The highest minimum charge that a group takes: what its tenant said, else a day at its limit, which
/// mirrors what the provider loses by a fault.
pub(crate) fn most_charge(group: &Group, said: Option<Uint128>) -> Result<Uint128, ContractError> {
    match said {
        Some(units) => Ok(units),
        None => {
            let a_day = escrow::cost(NanoRate::new(group.max_rate.u128()), A_DAY)?;
            Ok(Uint128::new(a_day.get()))
        }
    }
}

/// The offer, if it stands and its prices are in the deployment's denom.
fn available(ctx: &Context<'_>, live: &Live, id: u64) -> Result<Offer, ContractError> {
    let now = ctx.now();
    let offer = find(ctx.state(), id, now)?.ok_or_else(|| unavailable(id, Unavailable::Gone))?;
    if now.get() >= offer.expires_at {
        let (at, now) = (offer.expires_at, now.get());
        return Err(unavailable(id, Unavailable::Expired { at, now }));
    }
    if offer.denom != live.record.denom {
        let got = denom::load(ctx.state(), offer.denom)?.name;
        let expected = denom::load(ctx.state(), live.record.denom)?.name;
        return Err(unavailable(id, Unavailable::OtherDenom { got, expected }));
    }
    Ok(offer)
}

fn unavailable(offer: u64, problem: impl Into<Unavailable>) -> ContractError {
    ContractError::OfferUnavailable { offer, problem: problem.into() }
}

/// Locks a lease's part of the bond.
fn lock(
    ctx: &mut Context<'_>,
    id: u64,
    offer: &Offer,
    rate: NanoRate,
) -> Result<Uint128, ContractError> {
    let bond = offer.bond_terms.bond(rate)?;
    let mut usage = usage(ctx.state(), id)?;
    usage.lock(offer.capacity, bond).map_err(|problem| unavailable(id, problem))?;
    USES.save(ctx.storage(), id, &usage)?;
    Ok(bond)
}

/// Frees a lease's part of the bond, less what was lost. The offer itself stays unread: it is the
/// provider's to fill, and a close the tenant's to pay.
pub(crate) fn unlock(
    ctx: &mut Context<'_>,
    id: u64,
    lease: &Lease,
    lost: Uint128,
) -> Result<(), ContractError> {
    let mut usage = usage(ctx.state(), id)?;
    usage.locked = usage.locked.checked_sub(lease.bond)?;
    usage.bond = usage.bond.checked_sub(lost)?;
    usage.leases = usage.leases.saturating_sub(1);
    if usage.cancelled {
        return release_free_bond(ctx, id, (lease.provider, lease.bond_denom), usage);
    }
    Ok(USES.save(ctx.storage(), id, &usage)?)
}

/// Credits what a cancelled offer's leases do not lock, and forgets the offer with its last lease.
fn release_free_bond(
    ctx: &mut Context<'_>,
    id: u64,
    (provider, denom): (PrincipalId, DenomId),
    mut usage: OfferUse,
) -> Result<(), ContractError> {
    let free = usage.bond.checked_sub(usage.locked)?;
    let is_last = usage.leases == 0;
    let kind = if is_last { "offer_removed" } else { "offer_bond_released" };
    ctx.emit(of_offer(kind, id).add_attribute("released", free));
    let storage = ctx.storage();
    ledger::credit(storage, provider, Funds { denom, amount: free })?;
    usage.bond = usage.locked;
    if !is_last {
        return Ok(USES.save(storage, id, &usage)?);
    }
    OFFERS.remove(storage, id);
    CHANGES.remove(storage, id);
    USES.remove(storage, id);
    BY_PROVIDER.remove(storage, (provider, id));
    Ok(())
}

/// The attributes that an offer adds to its provider's.
pub(crate) fn attributes(
    ctx: &Context<'_>,
    offer: Option<u64>,
) -> Result<Vec<Attribute>, ContractError> {
    let Some(id) = offer else { return Ok(Vec::new()) };
    Ok(find(ctx.state(), id, ctx.now())?.map(|offer| offer.attributes).unwrap_or_default())
}
