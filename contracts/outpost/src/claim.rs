//! `claim`: anyone has a credit paid, only its payees are paid. `claim_to`: its owner has it paid
//! elsewhere, for some addresses cannot receive coins.

use cosmwasm_std::{Addr, BankMsg, Coin, DepsMut, Event, MessageInfo, Response};

use crate::buy::checked_address;
use crate::money::Money;
use crate::{ContractError, event, ledger, money};

/// Pays what is claimable by `owner` in `denom`, to at most [`ledger::PAYEES`] addresses.
///
/// # Errors
/// [`ContractError::NothingToClaim`], [`ContractError::BadAddress`].
pub(crate) fn claim(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    owner: &str,
    denom: String,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let owner = checked_address(deps.api, "owner", owner)?;
    let credits = take(deps, &owner, denom)?;
    let paid = Response::new().add_attribute("action", "claim");
    Ok(credits.into_iter().fold(paid, |response, (payee, money)| {
        let (event, send) = pay(&owner, &payee, money);
        response.add_event(event).add_message(send)
    }))
}

/// Pays what is claimable by the sender in `denom` to another address.
///
/// # Errors
/// [`ContractError::NothingToClaim`], [`ContractError::BadAddress`].
pub(crate) fn claim_to(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    denom: String,
    to: &str,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let payee = checked_address(deps.api, "to", to)?;
    let credits = take(deps, &info.sender, denom)?;
    let paid = Response::new().add_attribute("action", "claim_to");
    Ok(credits.into_iter().fold(paid, |response, (_, money)| {
        let (event, send) = pay(&info.sender, &payee, money);
        response.add_event(event).add_message(send)
    }))
}

fn take(
    deps: DepsMut<'_>,
    owner: &Addr,
    denom: String,
) -> Result<Vec<(Addr, Money)>, ContractError> {
    let credits = ledger::take(deps.storage, owner, &denom)?;
    if credits.is_empty() {
        return Err(ContractError::NothingToClaim { owner: owner.to_string(), denom });
    }
    Ok(credits)
}

fn pay(owner: &Addr, payee: &Addr, money: Money) -> (Event, BankMsg) {
    let event = event::claimed(owner, payee, &money);
    let send = BankMsg::Send { to_address: payee.to_string(), amount: vec![Coin::from(money)] };
    (event, send)
}
