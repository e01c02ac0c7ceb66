//! Budgets: an owner decides once, by one proposal, and a key acts within what was decided.
//!
//! What is bought with a budget is the owner's, and what comes home of it returns to the budget. So
//! a delegate can spend on compute, and can have nothing paid to itself.

use cosmwasm_std::{Addr, BankMsg, Coin, DepsMut, Env, MessageInfo, Response, Storage, Uint128};
use cw_utils::Expiration;
use protocol::limits::{self, LimitError};

use crate::buy::{Payment, checked_address, place};
use crate::ledger::{self, BUDGETS, Purse};
use crate::money::Money;
use crate::msg::{Buy, SpendingLimit};
use crate::state::allowance::{ALLOWANCES, Allowance, Limited, Window};
use crate::state::order;
use crate::{ContractError, money, top_up};

/// Denoms of one allowance, at most.
const DENOMS: usize = 8;
/// Seconds of a period, at most: ten years.
pub(crate) const PERIOD_MAX_SECONDS: u64 = 10 * 366 * 86_400;

/// Adds the coin attached to a budget.
///
/// # Errors
/// [`ContractError::NotOneCoin`], [`ContractError::Amount`], [`ContractError::BadAddress`].
pub(crate) fn deposit(
    deps: DepsMut<'_>,
    info: MessageInfo,
    owner: Option<&str>,
) -> Result<Response, ContractError> {
    let money = Money::only(&info.funds)?;
    let owner = match owner {
        Some(owner) => checked_address(deps.api, "owner", owner)?,
        None => info.sender,
    };
    ledger::deposit(deps.storage, &owner, &money)?;
    Ok(Response::new().add_attribute("action", "deposit").add_attribute("owner", owner))
}

/// Pays out of the sender's budget.
///
/// # Errors
/// [`ContractError::BudgetExceeded`], [`ContractError::BadAddress`].
pub(crate) fn withdraw(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    denom: String,
    (amount, to): (Option<Uint128>, Option<&str>),
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let payee = match to {
        Some(to) => checked_address(deps.api, "to", to)?,
        None => info.sender.clone(),
    };
    let held = BUDGETS.may_load(deps.storage, (&info.sender, &denom))?.unwrap_or_default();
    let amount = amount.unwrap_or(held);
    if amount.is_zero() {
        return Err(ContractError::Amount { got: "0".into(), max: held.u128() });
    }
    let money = Money { denom, amount };
    ledger::withdraw(deps.storage, &info.sender, &money)?;
    let pay = BankMsg::Send { to_address: payee.into(), amount: vec![Coin::from(money)] };
    Ok(Response::new().add_attribute("action", "withdraw_budget").add_message(pay))
}

/// Replaces what a delegate may spend of the sender's budget.
///
/// # Errors
/// [`ContractError::BadAddress`] or [`ContractError::Limit`].
pub(crate) fn set_allowance(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    delegate: &str,
    (allowed, expires): (Vec<SpendingLimit>, Option<Expiration>),
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let delegate = checked_address(deps.api, "delegate", delegate)?;
    limits::entries("limits", allowed.len(), DENOMS)?;
    limits::distinct("limits", allowed.iter().map(|limit| limit.denom.as_str()))?;
    for limit in &allowed {
        limits::text("limits.denom", &limit.denom, limits::DENOM_BYTES)?;
        let seconds = limit.period_seconds;
        limits::range("limits.period_seconds", seconds, 1_u64, PERIOD_MAX_SECONDS)?;
    }
    if allowed.is_empty() {
        ALLOWANCES.remove(deps.storage, (&info.sender, &delegate));
    } else {
        let window = Window::new(env.block.time.seconds());
        let limited = |limit| Limited { limit, spent: Uint128::zero(), window: window.clone() };
        let limits = allowed.into_iter().map(limited).collect();
        ALLOWANCES.save(deps.storage, (&info.sender, &delegate), &Allowance { expires, limits })?;
    }
    Ok(Response::new().add_attribute("action", "set_allowance").add_attribute("delegate", delegate))
}

/// Buys for a budget's owner, with its money.
///
/// # Errors
/// As `buy`; [`ContractError::Unauthorized`], [`ContractError::AllowanceExceeded`],
/// [`ContractError::BudgetExceeded`]; [`ContractError::Limit`] if money would leave the budget.
pub(crate) fn buy(
    mut deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    (owner, coin): (&str, Coin),
    purchase: Buy,
) -> Result<Response, ContractError> {
    let misplaced = |field| LimitError::BadForm {
        field,
        expected: "absent: what is bought with a budget returns to it",
        got: "an address".into(),
    };
    if purchase.refund_to.is_some() {
        return Err(misplaced("refund_to").into());
    }
    if purchase.deployment.local_operators.is_empty() && purchase.local_refund.is_none() {
        let (owner, money) = spend(&mut deps, env, info, owner, coin)?;
        let payment = Payment { owner, money, purse: Purse::Budget };
        return Ok(place(deps, env, payment, purchase)?
            .add_attribute("action", "buy_from_budget")
            .add_attribute("delegate", &info.sender));
    }
    Err(misplaced("local_refund and local_operators").into())
}

/// Tops an order of a budget's owner up, with its money.
///
/// # Errors
/// As `top_up`, and as [`buy`].
pub(crate) fn top_up(
    mut deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    (owner, coin): (&str, Coin),
    seq: u64,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    let (owner, money) = spend(&mut deps, env, info, owner, coin)?;
    order.owner_only(&owner)?;
    Ok(top_up::send(deps, env, order, Payment { owner, money, purse: Purse::Budget })?
        .add_attribute("action", "top_up_from_budget")
        .add_attribute("delegate", &info.sender))
}

/// Takes a coin out of a budget for its owner, or for a delegate within its allowance.
fn spend(
    deps: &mut DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    owner: &str,
    coin: Coin,
) -> Result<(Addr, Money), ContractError> {
    money::none(&info.funds)?;
    let owner = checked_address(deps.api, "owner", owner)?;
    let money = Money::to_send(&[coin])?;
    if owner != info.sender {
        count(deps.storage, env, (&owner, &info.sender), &money)?;
    }
    ledger::withdraw(deps.storage, &owner, &money)?;
    Ok((owner, money))
}

/// Counts what a delegate spends, if it may.
fn count(
    storage: &mut dyn Storage,
    env: &Env,
    key: (&Addr, &Addr),
    money: &Money,
) -> Result<(), ContractError> {
    let refused = || {
        let allowed = "the budget's owner or a delegate whose allowance has not expired";
        ContractError::Unauthorized { sender: key.1.to_string(), allowed }
    };
    let mut allowance = ALLOWANCES
        .may_load(storage, key)?
        .filter(|allowance| !allowance.expires.is_some_and(|at| at.is_expired(&env.block)))
        .ok_or_else(refused)?;
    let now = env.block.time.seconds();
    let limited = allowance.limits.iter_mut().find(|limited| limited.limit.denom == money.denom);
    let left = limited.as_ref().map_or(Uint128::zero(), |limited| limited.left(now));
    match limited {
        Some(limited) if money.amount <= left => limited.spend(now, money.amount),
        Some(_) | None => {
            return Err(ContractError::AllowanceExceeded {
                delegate: key.1.to_string(),
                denom: money.denom.clone(),
                left: left.u128(),
                got: money.amount.u128(),
            });
        }
    }
    ALLOWANCES.save(storage, key, &allowance)?;
    Ok(())
}
