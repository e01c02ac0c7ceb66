//! Adding money to a deployment's account.

use cosmwasm_std::Uint128;
use escrow::{MAX_UNITS, Units};
use protocol::{DeploymentId, Tenant};

use super::Live;
use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::state::{denom, principal};
use crate::{event, settle};

/// Deposits coins that have entered. They must be of the account's denom.
pub(crate) fn deposit(
    ctx: &mut Context<'_>,
    live: &mut Live,
    funds: Funds,
) -> Result<(), ContractError> {
    if funds.denom != live.record.denom {
        return Err(ContractError::UnknownDenom {
            denom: denom::load(ctx.state(), funds.denom)?.name,
            on: format!("deployment `{}`", live.id),
        });
    }
    let minimum = Units::new(live.record.min_deposit.u128());
    live.account.deposit(ctx.now(), Units::new(funds.amount.u128()), minimum)?;
    ledger::enter(ctx.storage(), funds)?;
    live.changed()?;
    ctx.emit(
        event::of_deployment("deployment_funded", &live.id).add_attribute("amount", funds.amount),
    );
    Ok(())
}

/// Adds a coin of this chain to anybody's account.
pub(crate) fn top_up(
    ctx: &mut Context<'_>,
    (tenant, seq): (Option<Tenant>, u64),
    (name, amount): (&str, Uint128),
) -> Result<(), ContractError> {
    let tenant = tenant.unwrap_or_else(|| principal::local(ctx.caller()));
    tenant.validate()?;
    let mut live = Live::load(ctx.state(), &DeploymentId { tenant, seq })?;
    let denom = denom::find(ctx.state(), name)?.ok_or_else(|| ContractError::UnknownDenom {
        denom: name.into(),
        on: format!("deployment `{}`", live.id),
    })?;
    deposit(ctx, &mut live, Funds { denom, amount })?;
    live.save(ctx.storage())
}

/// Gives a forfeit, which the market already holds, to the tenant.
pub(crate) fn forfeit(
    ctx: &mut Context<'_>,
    live: &mut Live,
    funds: Funds,
) -> Result<(), ContractError> {
    let denom = denom::load(ctx.state(), funds.denom)?.name;
    ctx.emit(
        event::of_deployment("bond_forfeited", &live.id)
            .add_attribute("amount", funds.amount)
            .add_attribute("denom", denom),
    );
    give(ctx, live, funds)
}

/// Gives what the market already holds to the tenant: into the account if it can take it, else as a
/// claimable. No minimum applies. That it came is told before; here, only that the account had no room.
pub(crate) fn give(
    ctx: &mut Context<'_>,
    live: &mut Live,
    funds: Funds,
) -> Result<(), ContractError> {
    let units = Units::new(funds.amount.u128());
    if funds.denom == live.record.denom {
        if live.account.deposited().try_add(units)? <= MAX_UNITS {
            return Ok(live.account.deposit(ctx.now(), units, Units::ZERO)?);
        }
        ctx.emit(
            event::of_deployment("account_full", &live.id).add_attribute("amount", funds.amount),
        );
    }
    settle::credit_tenant(ctx.storage(), &live.record, funds)?;
    event::tell_credit(ctx, live.record.tenant, funds)
}

/// A share of an amount, rounded up: what leaving a promise early costs.
pub(crate) fn tenth(amount: Uint128) -> Uint128 {
    Uint128::new(amount.u128().div_ceil(10))
}
