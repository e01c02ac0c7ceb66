//! The parameters: one check for every way in.

use cosmwasm_std::{Event, to_json_string};
use protocol::limits;

use crate::context::Context;
use crate::denom::check_name;
use crate::error::ContractError;
use crate::msg::Params;
use crate::state::config::{CONFIG, Config};
use crate::state::{denom, principal};

/// Basis points the treasury may take at most.
const TAKE_RATE_MAX: u16 = 2_000;
/// Seconds of grace at most: 7 days.
const GRACE_MAX: u64 = 7 * 86_400;
/// Seconds of unbonding at most: 90 days.
const UNBONDING_MAX: u64 = 90 * 86_400;
/// The least gas for what one contract does at the word of the other.
pub(crate) const LEAST_GAS: u64 = 400_000;
/// Gas that no block has.
const CONTROL_GAS_MAX: u64 = 1_000_000_000;
/// Seconds of the shortest packet timeout, unless instantiate says otherwise.
pub(crate) const MIN_TIMEOUT_DEFAULT: u64 = 600;

/// Checks the parameters and puts them in force.
pub(crate) fn set(
    ctx: &mut Context<'_>,
    params: &Params,
    min_timeout_seconds: u64,
) -> Result<(), ContractError> {
    validate(ctx, params, min_timeout_seconds)?;
    let treasury = ctx.checked(&params.treasury)?;
    let pauser = params.pauser.as_deref().map(|pauser| ctx.checked(pauser)).transpose()?;
    let treasury = principal::intern(ctx.storage(), &principal::local(treasury))?;
    let stake_denom = denom::intern(ctx.storage(), &params.stake_denom)?;
    let bond_denom = params.bond_denom.as_deref();
    let bond_denom = bond_denom.map(|name| denom::intern(ctx.storage(), name)).transpose()?;
    let config = Config {
        treasury,
        pauser,
        take_rate_bps: params.take_rate_bps,
        grace_seconds: params.grace_seconds,
        stake_denom,
        min_stake: params.min_stake,
        unbonding_seconds: params.unbonding_seconds,
        bond_denom,
        settle_timeout_seconds: params.settle_timeout_seconds,
        min_timeout_seconds,
        control_gas: params.control_gas,
    };
    CONFIG.save(ctx.storage(), &config)?;
    ctx.emit(
        Event::new("params_set")
            .add_attribute("treasury", &params.treasury)
            .add_attribute("params", to_json_string(params)?),
    );
    Ok(())
}

/// Replaces the parameters; the shortest timeout stays.
pub(crate) fn replace(ctx: &mut Context<'_>, params: &Params) -> Result<(), ContractError> {
    let min_timeout = CONFIG.load(ctx.state())?.min_timeout_seconds;
    set(ctx, params, min_timeout)
}

fn validate(ctx: &Context<'_>, params: &Params, min_timeout: u64) -> Result<(), ContractError> {
    let longest = limits::TIMEOUT_MAX_SECONDS;
    limits::range("min_timeout_seconds", min_timeout, limits::TIMEOUT_FLOOR_SECONDS, longest)?;
    limits::range("settle_timeout_seconds", params.settle_timeout_seconds, min_timeout, longest)?;
    limits::range("take_rate_bps", params.take_rate_bps, 0_u64, TAKE_RATE_MAX)?;
    limits::range("grace_seconds", params.grace_seconds, 0_u64, GRACE_MAX)?;
    limits::range("unbonding_seconds", params.unbonding_seconds, 0_u64, UNBONDING_MAX)?;
    limits::range("min_stake", params.min_stake, 1_u64, limits::AMOUNT)?;
    limits::range("control_gas", params.control_gas, LEAST_GAS, CONTROL_GAS_MAX)?;
    check_name(ctx, "stake_denom", &params.stake_denom)?;
    if let Some(denom) = &params.bond_denom {
        check_name(ctx, "bond_denom", denom)?;
    }
    Ok(())
}
