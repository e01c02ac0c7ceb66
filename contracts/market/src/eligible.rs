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

/// Refuses a provider that does not meet what a group requires. `of_offer` are the attributes that
/// its offer adds to its own.
pub(crate) fn require(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    (id, of_offer): (PrincipalId, &[Attribute]),
) -> Result<(), ContractError> {
    let address = principal::address(ctx.state(), id)?;
    let provider = PROVIDERS.may_load(ctx.state(), id)?;
    let problem = match &provider {
        Some(provider) => problem(ctx, live, group, (id, &address, provider, of_offer))?,
        None => Some("is not registered"),
    };
    match problem {
        Some(problem) => Err(ContractError::ProviderIneligible { provider: address, problem }),
        None => Ok(()),
    }
}

fn problem(
    ctx: &Context<'_>,
    live: &Live,
    group: &Group,
    (id, address, provider, of_offer): (PrincipalId, &String, &Provider, &[Attribute]),
) -> Result<Option<&'static str>, ContractError> {
    let min_stake = group.min_stake.unwrap_or_default();
    let config = CONFIG.load(ctx.state())?;
    let has_stake = min_stake <= provider.stake && provider.stake_denom == config.stake_denom;
    let given = [provider.attributes.as_slice(), of_offer];
    Ok(if provider.unbonds_at.is_some() {
        Some("is leaving")
    } else if live.id.tenant == (Tenant::Local { address: address.clone() }) {
        Some("is the tenant itself")
    } else if group.deny.contains(address) {
        Some("is denied by the order")
    } else if !group.allow.is_empty() && !group.allow.contains(address) {
        Some("is not among those the order allows")
    } else if !min_stake.is_zero() && !has_stake {
        Some("has less stake than the order requires")
    } else if !has_attributes(&group.requirements.attributes, &given) {
        Some("lacks an attribute that the order requires")
    } else if !auditor::have_signed(ctx.state(), id, (&group.requirements, &given), ctx.now())? {
        Some("lacks a signature of an auditor that the order requires")
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
