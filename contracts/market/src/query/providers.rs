//! Providers and their offers.

use cosmwasm_std::{Binary, Order, Storage, to_json_binary};
use cw_storage_plus::Bound;
use escrow::Seconds;

use super::{Asked, MISPLACED, page};
use crate::error::ContractError;
use crate::msg::{
    AttestationInfo, AttestationsResponse, Money, NextTerms, OfferInfo, OfferTerms, OffersResponse,
    ProviderInfo, ProvidersResponse, QueryMsg,
};
use crate::state::attestation::ATTESTATIONS;
use crate::state::denom;
use crate::state::offer::{self, BY_PROVIDER, CHANGES, Change, OFFERS, Offer, Terms, usage};
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
        QueryMsg::Offers { provider, start_after, limit } => {
            to_json_binary(&offers(store, (provider, start_after), now, page(limit))?)
        }
        _ => return Err(MISPLACED),
    }?)
}

fn provider(store: &dyn Storage, address: &str) -> Result<ProviderInfo, ContractError> {
    let (id, provider) = load(store, address)?;
    told(store, id, provider)
}

fn providers(
    store: &dyn Storage,
    after: Option<String>,
    limit: usize,
) -> Result<ProvidersResponse, ContractError> {
    let after = after.map(|address| principal::find(store, &principal::local(address)));
    let start = after.transpose()?.flatten().map(Bound::exclusive);
    let providers = PROVIDERS.range(store, start, None, Order::Ascending).take(limit);
    let providers = providers.map(|entry| {
        let (id, provider) = entry?;
        told(store, id, provider)
    });
    Ok(ProvidersResponse { providers: providers.collect::<Result<_, _>>()? })
}

fn told(
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
    let after = after.map(|address| principal::find(store, &principal::local(address)));
    let start = after.transpose()?.flatten().map(Bound::exclusive);
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
    told_offer(store, id, offer, change)
}

fn offers(
    store: &dyn Storage,
    (provider, after): (Option<String>, Option<u64>),
    now: Seconds,
    limit: usize,
) -> Result<OffersResponse, ContractError> {
    let start = after.map(Bound::exclusive);
    let ids: Vec<u64> = match provider {
        Some(address) => {
            let Some(provider) = principal::find(store, &principal::local(address))? else {
                return Ok(OffersResponse { offers: Vec::new() });
            };
            let keys = BY_PROVIDER.prefix(provider).keys(store, start, None, Order::Ascending);
            keys.take(limit).collect::<Result<_, _>>()?
        }
        None => {
            let keys = OFFERS.keys(store, start, None, Order::Ascending);
            keys.take(limit).collect::<Result<_, _>>()?
        }
    };
    let offers = ids.into_iter().map(|id| offer(store, id, now));
    Ok(OffersResponse { offers: offers.collect::<Result<_, _>>()? })
}

fn told_offer(
    store: &dyn Storage,
    id: u64,
    offer: Offer,
    change: Option<Change>,
) -> Result<OfferInfo, ContractError> {
    let usage = usage(store, id)?;
    let bond_denom = denom::load(store, offer.bond_terms.denom)?.name;
    let denom = denom::load(store, offer.denom)?.name;
    let told = |terms: Terms| OfferTerms {
        denom: denom.clone(),
        prices: terms.prices,
        attributes: terms.attributes,
        capacity: terms.capacity,
        min_charge: terms.min_charge,
        expires_in_seconds: terms.expires_at.saturating_sub(offer.posted_at),
    };
    Ok(OfferInfo {
        id,
        provider: principal::address(store, offer.provider)?,
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
