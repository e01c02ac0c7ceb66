//! What the market owes. The only place that changes liabilities and claimables.
//!
//! Per denom `L` is the sum of all accounts, claimables, bonds, listing fees and stakes. It moves only when coins
//! enter or leave, by exactly their amount; inside, money only changes hands. Hence `bank ≥ L`
//! after every message, and whatever the bank holds beyond it came without an order.

use cosmwasm_std::{Coin, Deps, Env, StdError, Storage, Uint128};
use entry::ask;
use escrow::Payout;
use protocol::limits;
use store::Map;

use crate::context::Context;
use crate::error::ContractError;
use crate::state::config::CONFIG;
use crate::state::denom::{self, DenomId};
use crate::state::principal::{self, PrincipalId};
use crate::state::settlement::UNRESOLVED;
use crate::token;

/// Denom -> units the market owes.
pub(crate) const LIABILITIES: Map<DenomId, Uint128> = Map::new("liability");
/// (claimant, denom) -> units it may claim. Absent for nothing.
pub(crate) const CLAIMABLE: Map<(PrincipalId, DenomId), Uint128> = Map::new("claimable");

/// A positive amount of an interned denom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Funds {
    /// The denom.
    pub(crate) denom: DenomId,
    /// Units of it.
    pub(crate) amount: Uint128,
}

/// The one place where a chain's 256 bit amounts become ours: above zero and at most 2^90.
///
/// # Errors
/// [`ContractError::WrongCoin`] outside these bounds.
pub(crate) fn units(coin: &Coin) -> Result<Uint128, ContractError> {
    let units = Uint128::try_from(coin.amount).unwrap_or(Uint128::MAX);
    if units.is_zero() || units.u128() > limits::AMOUNT {
        return Err(ContractError::WrongCoin {
            got: coin.to_string(),
            expected: "an amount between 1 and 2^90".into(),
        });
    }
    Ok(units)
}

/// Exactly one coin.
///
/// # Errors
/// [`ContractError::WrongCoin`] for none, several, or an impossible amount.
pub(crate) fn one_coin(funds: &[Coin]) -> Result<(&str, Uint128), ContractError> {
    match funds {
        [coin] => Ok((&coin.denom, units(coin)?)),
        _ => Err(ContractError::WrongCoin {
            got: format!("{} coins", funds.len()),
            expected: "exactly one".into(),
        }),
    }
}

/// One coin or none.
///
/// # Errors
/// [`ContractError::WrongCoin`] for several, or an impossible amount.
pub(crate) fn any_coin(funds: &[Coin]) -> Result<Option<(&str, Uint128)>, ContractError> {
    if funds.is_empty() { Ok(None) } else { one_coin(funds).map(Some) }
}

/// No coin at all.
///
/// # Errors
/// [`ContractError::WrongCoin`] if there is one.
pub(crate) fn no_coin(funds: &[Coin]) -> Result<(), ContractError> {
    match funds {
        [] => Ok(()),
        [coin, ..] => {
            Err(ContractError::WrongCoin { got: coin.to_string(), expected: "no coin".into() })
        }
    }
}

/// Coins have entered.
pub(crate) fn enter(storage: &mut dyn Storage, funds: Funds) -> Result<(), ContractError> {
    let owed = owed(storage, funds.denom)?.checked_add(funds.amount)?;
    Ok(LIABILITIES.save(storage, funds.denom, &owed)?)
}

/// Coins are about to leave by a message of ours.
pub(crate) fn leave(storage: &mut dyn Storage, funds: Funds) -> Result<(), ContractError> {
    let owed = owed(storage, funds.denom)?.checked_sub(funds.amount)?;
    Ok(LIABILITIES.save(storage, funds.denom, &owed)?)
}

/// What is owed of a denom.
pub(crate) fn owed(storage: &dyn Storage, denom: DenomId) -> Result<Uint128, ContractError> {
    Ok(LIABILITIES.may_load(storage, denom)?.unwrap_or_default())
}

/// Pays out to an address of this chain.
pub(crate) fn pay(ctx: &mut Context<'_>, to: &str, funds: Funds) -> Result<(), ContractError> {
    if funds.amount.is_zero() {
        return Ok(());
    }
    leave(ctx.storage(), funds)?;
    let denom = denom::load(ctx.state(), funds.denom)?.name;
    match denom::token(&denom) {
        Some(contract) => ctx.send(token::transfer(contract, to, funds.amount)?),
        None => ctx.send_coins(to, &denom, funds.amount.into()),
    }
    Ok(())
}

/// Credits what the market already owes to somebody's claimable.
pub(crate) fn credit(
    storage: &mut dyn Storage,
    claimant: PrincipalId,
    funds: Funds,
) -> Result<(), ContractError> {
    if funds.amount.is_zero() {
        return Ok(());
    }
    let key = (claimant, funds.denom);
    let credited = claimable(storage, claimant, funds.denom)?.checked_add(funds.amount)?;
    Ok(CLAIMABLE.save(storage, key, &credited)?)
}

/// What somebody may claim.
pub(crate) fn claimable(
    storage: &dyn Storage,
    claimant: PrincipalId,
    denom: DenomId,
) -> Result<Uint128, ContractError> {
    Ok(CLAIMABLE.may_load(storage, (claimant, denom))?.unwrap_or_default())
}

/// Takes all that somebody may claim, to be paid out at once.
pub(crate) fn take_claimable(
    storage: &mut dyn Storage,
    claimant: PrincipalId,
    denom: DenomId,
) -> Result<Funds, ContractError> {
    let amount = claimable(storage, claimant, denom)?;
    if amount.is_zero() {
        return Err(ContractError::NothingToClaim {
            claimant: principal::name(storage, claimant)?.to_string(),
            denom: denom::load(storage, denom)?.name,
        });
    }
    CLAIMABLE.remove(storage, (claimant, denom));
    Ok(Funds { denom, amount })
}

/// Credits what a lease paid: to its provider and to the treasury.
pub(crate) fn credit_payout(
    storage: &mut dyn Storage,
    provider: PrincipalId,
    denom: DenomId,
    payout: Payout,
) -> Result<(), ContractError> {
    let amount = Uint128::new(payout.provider.get());
    credit(storage, provider, Funds { denom, amount })?;
    credit_fee(storage, denom, payout)
}

/// Credits the treasury's part of what a lease paid.
pub(crate) fn credit_fee(
    storage: &mut dyn Storage,
    denom: DenomId,
    payout: Payout,
) -> Result<(), ContractError> {
    let treasury = CONFIG.load(storage)?.treasury;
    let amount = Uint128::new(payout.treasury.get());
    credit(storage, treasury, Funds { denom, amount })
}

/// Takes a part of what somebody may claim, to be paid out at once.
pub(crate) fn take_part(
    storage: &mut dyn Storage,
    claimant: PrincipalId,
    part: Funds,
) -> Result<(), ContractError> {
    let key = (claimant, part.denom);
    let rest = claimable(storage, claimant, part.denom)?.checked_sub(part.amount)?;
    if rest.is_zero() {
        CLAIMABLE.remove(storage, key);
        return Ok(());
    }
    Ok(CLAIMABLE.save(storage, key, &rest)?)
}

/// What the bank, or the token's contract, holds for the market.
pub(crate) fn bank(deps: Deps<'_>, env: &Env, denom: &str) -> Result<Uint128, ContractError> {
    if let Some(contract) = denom::token(denom) {
        return token::balance(deps, contract, env.contract.address.as_str());
    }
    let held = ask::balance(deps.querier, env.contract.address.as_str(), denom)?.amount;
    Ok(Uint128::try_from(held).map_err(StdError::from)?)
}

/// Refuses what would leave the market owing more than it holds.
///
/// # Errors
/// [`ContractError::Insolvent`].
pub(crate) fn require_solvent(ctx: &Context<'_>, denom: DenomId) -> Result<(), ContractError> {
    require_bank(ctx, denom, Uint128::zero())
}

/// Refuses unless the bank holds all that is owed and `more`.
///
/// # Errors
/// [`ContractError::Insolvent`].
pub(crate) fn require_bank(
    ctx: &Context<'_>,
    denom: DenomId,
    more: Uint128,
) -> Result<(), ContractError> {
    let name = denom::load(ctx.state(), denom)?.name;
    let bank = bank(ctx.reading(), &ctx.env, &name)?;
    let owed = owed(ctx.state(), denom)?.checked_add(more)?;
    if bank < owed {
        let (bank, liabilities) = (bank.u128(), owed.u128());
        return Err(ContractError::Insolvent { denom: name, bank, liabilities });
    }
    Ok(())
}

/// Transfers home whose outcome is not known.
pub(crate) fn unresolved(storage: &dyn Storage, denom: DenomId) -> Result<Uint128, ContractError> {
    Ok(UNRESOLVED.may_load(storage, denom)?.unwrap_or_default())
}
