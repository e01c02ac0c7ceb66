//! The books: the only place that changes what is claimable, tracked and unresolved.
//!
//! Per denom, *tracked* is what the contract holds for somebody: claimable, unclaimed and unsent
//! coins, budgets, and tips that wait for a packet's arrival. It never exceeds the bank balance, and R1 credits only out of what is beyond it, so
//! nobody's repair can touch another's coin. *Unresolved* is the sum of the money packets whose
//! outcome is not known.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Deps, Order, OverflowError, StdResult, Storage, Uint128};
use entry::ask;
use protocol::json::Decode;
use store::Map;

use crate::ContractError;
use crate::money::Money;

/// (owner, denom, payee) -> amount. Removed by `claim`.
pub(crate) const CLAIMABLE: Map<(&Addr, &str, &Addr), Uint128> = Map::new("claimable");
/// (account, denom) -> amount that came home without a known order. Removed by `claim`.
pub(crate) const UNCLAIMED: Map<(&str, &str), Uint128> = Map::new("unclaimed");
/// (owner, denom) -> amount that the owner and its delegates can spend. An empty one is removed.
pub(crate) const BUDGETS: Map<(&Addr, &str), Uint128> = Map::new("budgets");
/// Denom -> claimable + unclaimed + unsent + budgets + tips.
pub(crate) const TRACKED: Map<&str, Uint128> = Map::new("tracked");
/// Denom -> coins of money packets without a known outcome.
pub(crate) const UNRESOLVED: Map<&str, Uint128> = Map::new("unresolved");

/// Addresses that one `claim` pays, at most; the next call pays the rest.
pub(crate) const PAYEES: usize = 10;

/// Where a coin that comes home is credited.
#[cw_serde]
#[derive(Decode, Copy, Eq, Default)]
pub(crate) enum Purse {
    /// `claim` pays it.
    #[default]
    Claimable,
    /// It returns to its owner's budget.
    Budget,
}

/// Whose a coin that comes home is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beneficiary<'a> {
    /// Whose credit.
    pub(crate) owner: &'a Addr,
    /// Who is paid, if it is claimable.
    pub(crate) payee: &'a Addr,
    /// Where it is credited.
    pub(crate) purse: Purse,
}

impl Beneficiary<'_> {
    /// Credits a coin that is here.
    ///
    /// # Errors
    /// Only if storage fails.
    pub(crate) fn credit(
        &self,
        storage: &mut dyn Storage,
        money: &Money,
    ) -> Result<(), ContractError> {
        match self.purse {
            Purse::Claimable => credit(storage, self.owner, self.payee, money),
            Purse::Budget => deposit(storage, self.owner, money),
        }
    }
}

/// Adds a coin that is here to a budget.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn deposit(
    storage: &mut dyn Storage,
    owner: &Addr,
    money: &Money,
) -> Result<(), ContractError> {
    hold(storage, money)?;
    let key = (owner, money.denom.as_str());
    let held = BUDGETS.may_load(storage, key)?.unwrap_or_default();
    BUDGETS.save(storage, key, &held.checked_add(money.amount)?)?;
    Ok(())
}

/// Takes a coin out of a budget.
///
/// # Errors
/// [`ContractError::BudgetExceeded`].
pub(crate) fn withdraw(
    storage: &mut dyn Storage,
    owner: &Addr,
    money: &Money,
) -> Result<(), ContractError> {
    let key = (owner, money.denom.as_str());
    let held = BUDGETS.may_load(storage, key)?.unwrap_or_default();
    let Ok(left) = held.checked_sub(money.amount) else {
        return Err(ContractError::BudgetExceeded {
            owner: owner.to_string(),
            denom: money.denom.clone(),
            held: held.u128(),
            got: money.amount.u128(),
        });
    };
    if left.is_zero() {
        BUDGETS.remove(storage, key);
    } else {
        BUDGETS.save(storage, key, &left)?;
    }
    release(storage, money)
}

/// Credits a coin that is here.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn credit(
    storage: &mut dyn Storage,
    owner: &Addr,
    payee: &Addr,
    money: &Money,
) -> Result<(), ContractError> {
    hold(storage, money)?;
    let key = (owner, money.denom.as_str(), payee);
    let credited = CLAIMABLE.may_load(storage, key)?.unwrap_or_default();
    CLAIMABLE.save(storage, key, &credited.checked_add(money.amount)?)?;
    Ok(())
}

/// Credits a coin that is here to an account without a known order.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn credit_unclaimed(
    storage: &mut dyn Storage,
    account: &str,
    money: &Money,
) -> Result<(), ContractError> {
    hold(storage, money)?;
    let key = (account, money.denom.as_str());
    let credited = UNCLAIMED.may_load(storage, key)?.unwrap_or_default();
    UNCLAIMED.save(storage, key, &credited.checked_add(money.amount)?)?;
    Ok(())
}

/// Takes out what is claimable by `owner` in `denom`, for at most [`PAYEES`] addresses.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn take(
    storage: &mut dyn Storage,
    owner: &Addr,
    denom: &str,
) -> Result<Vec<(Addr, Money)>, ContractError> {
    let mut taken = CLAIMABLE
        .prefix((owner, denom))
        .range(storage, None, None, Order::Ascending)
        .take(PAYEES)
        .map(|credit| {
            let (payee, amount) = credit?;
            Ok((payee, Money { denom: denom.into(), amount }))
        })
        .collect::<StdResult<Vec<_>>>()?;
    for (payee, _) in &taken {
        CLAIMABLE.remove(storage, (owner, denom, payee));
    }
    if let Some(amount) = UNCLAIMED.may_load(storage, (owner.as_str(), denom))? {
        UNCLAIMED.remove(storage, (owner.as_str(), denom));
        taken.push((owner.clone(), Money { denom: denom.into(), amount }));
    }
    for (_, money) in &taken {
        release(storage, money)?;
    }
    Ok(taken)
}

/// Tracks a coin that is here and is somebody's.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn hold(storage: &mut dyn Storage, money: &Money) -> Result<(), ContractError> {
    change(storage, &TRACKED, money, Uint128::checked_add)
}

/// Stops tracking a coin that is about to leave.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn release(storage: &mut dyn Storage, money: &Money) -> Result<(), ContractError> {
    change(storage, &TRACKED, money, Uint128::checked_sub)
}

/// Counts a coin that was sent.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn depart(storage: &mut dyn Storage, money: &Money) -> Result<(), ContractError> {
    change(storage, &UNRESOLVED, money, Uint128::checked_add)
}

/// Stops counting a coin whose outcome is known.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn land(storage: &mut dyn Storage, money: &Money) -> Result<(), ContractError> {
    change(storage, &UNRESOLVED, money, Uint128::checked_sub)
}

/// Coins at hand that are nobody's: the bank balance beyond what is tracked.
///
/// # Errors
/// If the bank cannot be asked.
pub(crate) fn free(deps: Deps<'_>, contract: &Addr, denom: &str) -> StdResult<Uint128> {
    let bank = bank(deps, contract, denom)?;
    let tracked = TRACKED.may_load(deps.storage, denom)?.unwrap_or_default();
    Ok(bank.saturating_sub(tracked))
}

/// Coins at hand.
///
/// # Errors
/// If the bank cannot be asked.
pub(crate) fn bank(deps: Deps<'_>, contract: &Addr, denom: &str) -> StdResult<Uint128> {
    Ok(Money::at_most(ask::balance(deps.querier, contract.as_str(), denom)?.amount))
}

fn change(
    storage: &mut dyn Storage,
    counter: &Map<&str, Uint128>,
    money: &Money,
    by: fn(Uint128, Uint128) -> Result<Uint128, OverflowError>,
) -> Result<(), ContractError> {
    let sum = counter.may_load(storage, &money.denom)?.unwrap_or_default();
    counter.save(storage, &money.denom, &by(sum, money.amount)?)?;
    Ok(())
}
