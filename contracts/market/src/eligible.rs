//! Whether a provider may serve a group.

use protocol::Tenant;
use protocol::deployment::{Attribute, Group};

use crate::auditor;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::state::config::CONFIG;
use crate::state::principal::{self, PrincipalId};
use crate::state::provider::{PROVIDERS, Provider};

/// Why a provider may not serve a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is not registered.
    NotRegistered,
    /// It is leaving the market.
    Leaving,
    /// Its stake fell below the market's minimum, by a slash or a new minimum.
    BelowMinimum,
    /// It would pay itself.
    IsTenant,
    /// The order denies it.
    Denied,
    /// The order allows others only.
    NotAllowed,
    /// It has less stake than the order requires.
    LacksStake,
    /// It lacks an attribute that the order requires.
    LacksAttribute,
    /// An auditor that the order requires has not signed it, or its word has ended.
    LacksSignature,
}

impl Problem {
    /// In words that go on after the provider's name.
    const fn text(self) -> &'static str {
        match self {
            Self::NotRegistered => "is not registered",
            Self::Leaving => "is leaving",
            Self::BelowMinimum => "has less stake than the market requires",
            Self::IsTenant => "is the tenant itself",
            Self::Denied => "is denied by the order",
            Self::NotAllowed => "is not among those the order allows",
            Self::LacksStake => "has less stake than the order requires",
            Self::LacksAttribute => "lacks an attribute that the order requires",
            Self::LacksSignature => "lacks a signature of an auditor that the order requires",
        }
    }
}

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
        None => Some(Problem::NotRegistered),
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
) -> Result<Option<Problem>, ContractError> {
    let config = CONFIG.load(ctx.state())?;
    let is_short = provider.stake_denom == config.stake_denom && provider.stake < config.min_stake;
    Ok(if provider.unbonds_at.is_some() {
        Some(Problem::Leaving)
    } else if is_short {
        Some(Problem::BelowMinimum)
    } else {
        None
    })
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
    problem: Option<Problem>,
) -> Result<(), ContractError> {
    let Some(problem) = problem else { return Ok(()) };
    let provider = principal::address(ctx.state(), id)?;
    Err(ContractError::ProviderIneligible { provider, problem: problem.text() })
}

/// What keeps a provider from serving a group, whether it is leaving or not.
pub(crate) fn problem(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    (id, of_offer): (PrincipalId, &[Attribute]),
) -> Result<Option<Problem>, ContractError> {
    let address = principal::address(ctx.state(), id)?;
    let Some(provider) = PROVIDERS.may_load(ctx.state(), id)? else {
        return Ok(Some(Problem::NotRegistered));
    };
    let min_stake = group.min_stake.unwrap_or_default();
    let has_stake = min_stake.is_zero()
        || min_stake <= provider.stake
            && provider.stake_denom == CONFIG.load(ctx.state())?.stake_denom;
    let given = [provider.attributes.as_slice(), of_offer];
    Ok(if live.id.tenant == (Tenant::Local { address: address.clone() }) {
        Some(Problem::IsTenant)
    } else if group.deny.contains(&address) {
        Some(Problem::Denied)
    } else if !group.allow.is_empty() && !group.allow.contains(&address) {
        Some(Problem::NotAllowed)
    } else if !has_stake {
        Some(Problem::LacksStake)
    } else if !has_attributes(&group.requirements.attributes, &given) {
        Some(Problem::LacksAttribute)
    } else if !auditor::have_signed(ctx.state(), id, (&group.requirements, &given), ctx.now())? {
        Some(Problem::LacksSignature)
    } else {
        None
    })
}

/// Whether each required attribute, whose key may be a glob, is among those given.
pub(crate) fn has_attributes(required: &[Attribute], given: &[&[Attribute]]) -> bool {
    required.iter().all(|wanted| {
        let mut given = given.iter().copied().flatten();
        given.any(|has| has.value == wanted.value && glob_matches(&wanted.key, &has.key))
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
