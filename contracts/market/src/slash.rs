//! Slashing: the owner takes a part of a provider's stake, for a reason it states.
//!
//! The part is bounded over any 30 days, so that nobody's stake is at the owner's mercy. It goes to
//! tenants whose leases the provider runs now, which the ledger can check, and to the treasury,
//! which can make good what tenants who have left lost. It never goes to the owner.

use cosmwasm_std::{Storage, Uint128};
use protocol::{Tenant, limits};

use crate::context::Context;
use crate::error::ContractError;
use crate::event;
use crate::lease::load_named;
use crate::ledger::{self, Funds};
use crate::msg::Harm;
use crate::settle::credit_tenant;
use crate::state::config::{CONFIG, OWNERSHIP};
use crate::state::denom;
use crate::state::principal::{self, PrincipalId};
use crate::state::provider::{PROVIDERS, Provider, SLASHES, Slash, load};

/// A slash in any [`SPAN_SECONDS`] takes at most one part in so many of the stake.
const PART: u128 = 10;
/// Seconds over which slashes add up: 30 days.
const SPAN_SECONDS: u64 = 30 * 86_400;
/// Slashes of one provider in that time; also the tenants one slash can go to.
const COUNT_MAX: usize = 8;

/// Takes `amount` of a provider's stake.
pub(crate) fn slash(
    ctx: &mut Context<'_>,
    address: &str,
    (amount, harmed): (Uint128, &[Harm]),
    reason: &str,
) -> Result<(), ContractError> {
    limits::text("reason", reason, limits::DETAIL_BYTES)?;
    limits::range("amount", amount, 1_u64, limits::AMOUNT)?;
    limits::entries("harmed", harmed.len(), COUNT_MAX)?;
    let (id, mut provider) = load(ctx.state(), address)?;
    note(ctx, id, &provider, amount)?;
    provider.stake = provider.stake.checked_sub(amount)?;
    PROVIDERS.save(ctx.storage(), id, &provider)?;
    let denom = denom::load(ctx.state(), provider.stake_denom)?.name;
    ctx.emit(
        event::of_provider("provider_slashed", address)
            .add_attribute("amount", amount)
            .add_attribute("denom", denom)
            .add_attribute("stake", provider.stake)
            .add_attribute("reason", reason),
    );
    give(ctx, (id, &provider), amount, harmed)
}

/// Notes a slash, if with those of the last 30 days it is not too much.
fn note(
    ctx: &mut Context<'_>,
    id: PrincipalId,
    provider: &Provider,
    amount: Uint128,
) -> Result<(), ContractError> {
    let now = ctx.now().get();
    let mut recent = SLASHES.may_load(ctx.state(), id)?.unwrap_or_default();
    recent.retain(|slash| now < slash.at.saturating_add(SPAN_SECONDS));
    if recent.len() >= COUNT_MAX {
        return Err(ContractError::TooMany { what: "slashes in 30 days", max: 8 });
    }
    let mut taken = Uint128::zero();
    for slash in &recent {
        taken = taken.checked_add(slash.amount)?;
    }
    let most = provider.stake.checked_add(taken)?.u128().div_euclid(PART);
    limits::range("amount", amount, 1_u64, most.saturating_sub(taken.u128()))?;
    recent.push(Slash { at: now, amount });
    Ok(SLASHES.save(ctx.storage(), id, &recent)?)
}

/// Gives the harmed their parts, and the treasury the rest.
fn give(
    ctx: &mut Context<'_>,
    (id, provider): (PrincipalId, &Provider),
    amount: Uint128,
    harmed: &[Harm],
) -> Result<(), ContractError> {
    let mut rest = Funds { denom: provider.stake_denom, amount };
    for harm in harmed {
        let (live, lease) = load_named(ctx.state(), &harm.lease)?;
        if lease.provider != id {
            let problem = "is not the slashed provider's";
            return Err(ContractError::WrongState { what: "lease", problem });
        }
        require_not_owner(ctx.state(), &live.id.tenant)?;
        let (got, most) = (harm.amount, rest.amount);
        limits::range("harmed.amount", got, 1_u64, most)?;
        rest.amount = most.checked_sub(got)?;
        let funds = Funds { amount: got, ..rest };
        credit_tenant(ctx.storage(), &live.record, funds)?;
        ctx.emit(event::of_lease("harm_repaid", &harm.lease).add_attribute("amount", got));
        event::tell_credit(ctx, live.record.tenant, funds)?;
    }
    if rest.amount.is_zero() {
        return Ok(());
    }
    let treasury = CONFIG.load(ctx.state())?.treasury;
    require_not_owner(ctx.state(), &principal::name(ctx.state(), treasury)?)?;
    ledger::credit(ctx.storage(), treasury, rest)?;
    event::tell_credit(ctx, treasury, rest)
}

/// Refuses the owner as the one who gains.
fn require_not_owner(storage: &dyn Storage, who: &Tenant) -> Result<(), ContractError> {
    let owner = OWNERSHIP.load(storage)?.owner;
    if owner.is_some_and(|owner| *who == principal::local(owner)) {
        let problem = "goes to the owner, who may not gain by it";
        return Err(ContractError::WrongState { what: "slash", problem });
    }
    Ok(())
}
