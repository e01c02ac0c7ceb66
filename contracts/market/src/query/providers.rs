//! Providers and their offers.

use cosmwasm_std::{Binary, Order, Storage, to_json_binary};
use cw_storage_plus::Bound;
use escrow::{NanoRate, Seconds};

use super::{Asked, MISPLACED, after_address, denom_number, fill, fits, page, places};
use crate::error::ContractError;
use crate::msg::{
    AttestationInfo, AttestationsResponse, Money, NextTerms, OfferInfo, OfferState, OffersResponse,
    ProviderInfo, ProvidersResponse, QueryMsg,
};
use crate::offer::told;
use crate::state::attestation::ATTESTATIONS;
use crate::state::denom;
use crate::state::offer::{
    self, BY_PROVIDER, CHANGES, Change, OFFERS, Offer, OfferUse, Terms, usage,
};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider::{LIVE_LEASES, PROVIDERS, Provider, load};

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, now, .. }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Provider { address } => to_json_binary(&provider(store, &address)?),
        QueryMsg::Providers { start_after, limit } => {
            to_json_binary(&providers(store, start_after, page(limit))?)
        }
        QueryMsg::Attestations { provider, start_after, limit } => {
            let range = (provider.as_str(), start_after);
            to_json_binary(&attestations(store, range, page(limit))?)
        }
        QueryMsg::Offer { offer: id } => to_json_binary(&offer(store, id, now)?),
        QueryMsg::Offers { provider, denom, state, start_after, limit } => {
            let of = (provider, denom.as_deref(), state);
            to_json_binary(&offers(store, of, start_after, (now, page(limit)))?)
        }
        _ => return Err(MISPLACED),
    }?)
}

fn provider(store: &dyn Storage, address: &str) -> Result<ProviderInfo, ContractError> {
    let (id, provider) = load(store, address)?;
    told_provider(store, id, provider)
}

fn providers(
    store: &dyn Storage,
    after: Option<String>,
    limit: usize,
) -> Result<ProvidersResponse, ContractError> {
    let start = after_address(store, after)?;
    let providers = PROVIDERS.range(store, start, None, Order::Ascending).take(limit);
    let providers = providers.map(|entry| {
        let (id, provider) = entry?;
        told_provider(store, id, provider)
    });
    Ok(ProvidersResponse { providers: providers.collect::<Result<_, _>>()? })
}

fn told_provider(
    store: &dyn Storage,
    id: PrincipalId,
    provider: Provider,
) -> Result<ProviderInfo, ContractError> {
    let stake_denom = denom::load(store, provider.stake_denom)?.name;
    Ok(ProviderInfo {
        address: principal::address(store, id)?,
        host_uri: provider.host_uri,
        attributes: provider.attributes,
        stake: Money { denom: stake_denom, amount: provider.stake },
        live_leases: LIVE_LEASES.may_load(store, id)?.unwrap_or_default(),
        unbonds_at: provider.unbonds_at,
    })
}

fn attestations(
    store: &dyn Storage,
    (provider, after): (&str, Option<String>),
    limit: usize,
) -> Result<AttestationsResponse, ContractError> {
    let (provider, _) = load(store, provider)?;
    let start = after_address(store, after)?;
    let signed = ATTESTATIONS.prefix(provider).range(store, start, None, Order::Ascending);
    let attestations = signed.take(limit).map(|entry| {
        let (auditor, attestation) = entry?;
        Ok(AttestationInfo {
            auditor: principal::address(store, auditor)?,
            attributes: attestation.attributes,
            signed_at: attestation.signed_at,
            expires_at: attestation.expires_at,
        })
    });
    Ok(AttestationsResponse { attestations: attestations.collect::<Result<_, ContractError>>()? })
}

fn offer(store: &dyn Storage, id: u64, now: Seconds) -> Result<OfferInfo, ContractError> {
    let offer = offer::find(store, id, now)?;
    let offer =
        offer.ok_or_else(|| ContractError::NotFound { what: "offer", id: id.to_string() })?;
    let change = CHANGES.may_load(store, id)?;
    let change = change.filter(|change| change.effective_at > now.get());
    told_offer(store, (id, offer), change, now)
}

fn offers(
    store: &dyn Storage,
    (provider, denom, state): (Option<String>, Option<&str>, Option<OfferState>),
    after: Option<u64>,
    (now, limit): (Seconds, usize),
) -> Result<OffersResponse, ContractError> {
    let denom = denom_number(store, denom)?;
    let start = after.map(Bound::exclusive);
    let provider = provider.map(principal::local);
    let ids = match places::somebody(store, provider.as_ref())? {
        Some(id) => BY_PROVIDER.prefix(id).keys(store, start, None, Order::Ascending),
        None => OFFERS.keys(store, start, None, Order::Ascending),
    };
    let (offers, next) = fill(ids, limit, &mut |id| {
        if denom.is_some() && !fits(denom, OFFERS.load(store, *id)?.denom) {
            return Ok(None);
        }
        let told = offer(store, *id, now)?;
        Ok(fits(state, told.state).then_some(told))
    })?;
    Ok(OffersResponse { offers, next })
}

/// Whether an offer can be taken in the second `now`.
fn state_of(offer: &Offer, usage: &OfferUse, now: Seconds) -> Result<OfferState, ContractError> {
    let least = offer.bond_terms.bond(NanoRate::ZERO)?;
    let is_full = usage.leases >= offer.capacity || usage.bond.checked_sub(usage.locked)? < least;
    Ok(if usage.cancelled {
        OfferState::Cancelled
    } else if now.get() >= offer.expires_at {
        OfferState::Expired
    } else if is_full {
        OfferState::Full
    } else {
        OfferState::Open
    })
}

fn told_offer(
    store: &dyn Storage,
    (id, offer): (u64, Offer),
    change: Option<Change>,
    now: Seconds,
) -> Result<OfferInfo, ContractError> {
    let usage = usage(store, id)?;
    let state = state_of(&offer, &usage, now)?;
    let bond_denom = denom::load(store, offer.bond_terms.denom)?.name;
    let denom = denom::load(store, offer.denom)?.name;
    let told = |terms: Terms| told(&denom, offer.posted_at, terms);
    Ok(OfferInfo {
        id,
        provider: principal::address(store, offer.provider)?,
        state,
        terms: told(offer.terms()),
        next: change.map(|change| NextTerms {
            effective_at: change.effective_at,
            terms: told(change.terms),
        }),
        expires_at: offer.expires_at,
        cancelled: usage.cancelled,
        bond: Money { denom: bond_denom, amount: usage.bond },
        locked: usage.locked,
        live_leases: usage.leases,
    })
}
