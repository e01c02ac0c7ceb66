//! `claim`: anyone has a credit paid; only its payees are paid.

use cosmwasm_std::{BankMsg, Coin, DepsMut, MessageInfo, Response};

use crate::buy::checked_address;
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
    let credits = ledger::take(deps.storage, &owner, &denom)?;
    if credits.is_empty() {
        return Err(ContractError::NothingToClaim { owner: owner.into(), denom });
    }
    let paid = Response::new().add_attribute("action", "claim");
    Ok(credits.into_iter().fold(paid, |response, (payee, money)| {
        let event = event::claimed(&owner, &payee, &money);
        let send = BankMsg::Send { to_address: payee.into(), amount: vec![Coin::from(money)] };
        response.add_event(event).add_message(send)
    }))
}
