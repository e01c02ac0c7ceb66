//! Whether a provider may serve a group.

use cosmwasm_std::Uint128;
use protocol::Tenant;
use protocol::deployment::{Attribute, Group};

use crate::auditor;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::{ContractError, Ineligible};
use crate::state::config::CONFIG;
use crate::state::denom::{self, DenomId};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider::{PROVIDERS, Provider};

/// Refuses a provider that does not meet what a group requires, or takes no new business.
/// `of_offer` are the attributes that its offer adds to its own.
pub(crate) fn require(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    (id, of_offer): (PrincipalId, &[Attribute]),
) -> Result<(), ContractError> {
    let problem = match PROVIDERS.may_load(ctx.state(), id)? {
        Some(provider) => no_new_business(ctx, &provider)?,
        None => Some(Ineligible::NotRegistered),
    };
    let problem = match problem {
        Some(problem) => Some(problem),
        None => self::problem(ctx, live, group, (id, of_offer))?,
    };
    refuse(ctx, id, problem)
}

/// Refuses a provider that takes no new business.
pub(crate) fn require_new_business(
    ctx: &Context<'_>,
    (id, provider): (PrincipalId, &Provider),
) -> Result<(), ContractError> {
    refuse(ctx, id, no_new_business(ctx, provider)?)
}

/// What keeps a provider from new business, whatever is ordered. A stake of an earlier denom is not
/// compared with the minimum.
fn no_new_business(
    ctx: &Context<'_>,
    provider: &Provider,
) -> Result<Option<Ineligible>, ContractError> {
    if let Some(unbonds_at) = provider.unbonds_at {
        return Ok(Some(Ineligible::Leaving { unbonds_at }));
    }
    let config = CONFIG.load(ctx.state())?;
    if provider.stake_denom != config.stake_denom || provider.stake >= config.min_stake {
        return Ok(None);
    }
    let got = stake(ctx, provider.stake, provider.stake_denom)?;
    let expected = stake(ctx, config.min_stake, config.stake_denom)?;
    Ok(Some(Ineligible::BelowMinimum { got, expected }))
}

/// An amount with its denom.
fn stake(ctx: &Context<'_>, amount: Uint128, denom: DenomId) -> Result<String, ContractError> {
    let mut text = amount.to_string();
    text.push_str(&denom::load(ctx.state(), denom)?.name);
    Ok(text)
}

/// Refuses a bidder that does not meet what a group requires. Leaving is no excuse: what it bid
/// before binds it.
pub(crate) fn require_bound(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    bidder: PrincipalId,
) -> Result<(), ContractError> {
    refuse(ctx, bidder, problem(ctx, live, group, (bidder, &[]))?)
}

fn refuse(
    ctx: &Context<'_>,
    id: PrincipalId,
    problem: Option<Ineligible>,
) -> Result<(), ContractError> {
    let Some(problem) = problem else { return Ok(()) };
    let provider = principal::address(ctx.state(), id)?;
    Err(ContractError::ProviderIneligible { provider, problem })
}

/// What keeps a provider from serving a group, whether it is leaving or not.
pub(crate) fn problem(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    (id, of_offer): (PrincipalId, &[Attribute]),
) -> Result<Option<Ineligible>, ContractError> {
    let address = principal::address(ctx.state(), id)?;
    let Some(provider) = PROVIDERS.may_load(ctx.state(), id)? else {
        return Ok(Some(Ineligible::NotRegistered));
    };
    let given = [provider.attributes.as_slice(), of_offer];
    Ok(if live.id.tenant == (Tenant::Local { address: address.clone() }) {
        Some(Ineligible::IsTenant)
    } else if group.deny.contains(&address) {
        Some(Ineligible::Denied)
    } else if !group.allow.is_empty() && !group.allow.contains(&address) {
        Some(Ineligible::NotAllowed)
    } else if let Some(lacking) = lacking_stake(ctx, &provider, group)? {
        Some(lacking)
    } else if let Some(wanted) = missing_attribute(&group.requirements.attributes, &given) {
        let Attribute { key, value } = wanted.clone();
        Some(Ineligible::LacksAttribute { key, value })
    } else {
        let required = (&group.requirements, given.as_slice());
        let auditor = auditor::missing_signature(ctx.state(), id, required, ctx.now())?;
        auditor.map(|auditor| Ineligible::LacksSignature { auditor })
    })
}

/// That a provider has less stake than an order requires, which counts in the market's denom.
fn lacking_stake(
    ctx: &Context<'_>,
    provider: &Provider,
    group: &Group,
) -> Result<Option<Ineligible>, ContractError> {
    let min_stake = group.min_stake.unwrap_or_default();
    if min_stake.is_zero() {
        return Ok(None);
    }
    let denom = CONFIG.load(ctx.state())?.stake_denom;
    if min_stake <= provider.stake && provider.stake_denom == denom {
        return Ok(None);
    }
    let got = stake(ctx, provider.stake, provider.stake_denom)?;
    let expected = stake(ctx, min_stake, denom)?;
    Ok(Some(Ineligible::LacksStake { got, expected }))
}

/// Whether each required attribute, whose key may be a glob, is among those given.
pub(crate) fn has_attributes(required: &[Attribute], given: &[&[Attribute]]) -> bool {
    missing_attribute(required, given).is_none()
}

/// The first required attribute that is not among those given.
fn missing_attribute<'a>(
    required: &'a [Attribute],
    given: &[&[Attribute]],
) -> Option<&'a Attribute> {
    required.iter().find(|wanted| {
        let mut given = given.iter().copied().flatten();
        !given.any(|has| has.value == wanted.value && glob_matches(&wanted.key, &has.key))
    })
}

/// Whether `text` has the form of `pattern`, in which `*` stands for any text.
///
/// Each part between two stars is taken at its first place, which leaves most for the rest; so it
/// takes linear time for every pattern.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut rest = rest;
    while let Some((part, after)) = rest.split_once('*') {
        let Some((_, left)) = text.split_once(part) else { return false };
        (text, rest) = (left, after);
    }
    text.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("region", "region"),
            ("gpu/*", "gpu/nvidia/a100"),
            ("gpu/*/a100", "gpu/nvidia/a100"),
            ("*", ""),
            ("a*b*c", "a-b-b-c"),
            ("**", "x"),
        ] {
            assert!(glob_matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("region", "regions"),
            ("gpu/*/a100", "gpu/nvidia/h100"),
            ("a*a", "a"),
            ("a*b*c", "acb"),
        ] {
            assert!(!glob_matches(pattern, text), "{pattern} {text}");
        }
    }
}
