//! `transfer_order`, `accept_order`: an order changes hands in two steps. `notify_owner`: its owner,
//! a contract, is told how it stands.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{DepsMut, MessageInfo, Response, WasmMsg, to_json_binary};

use crate::buy::checked_address;
use crate::msg::responses::OrderResponse;
use crate::state::auto_top_up::AUTO_TOP_UPS;
use crate::state::order::{self, ORDERS};
use crate::state::route;
use crate::{ContractError, event, money, query};

/// Offers an order; naming its owner takes the offer back.
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::Unauthorized`],
/// [`ContractError::PlainStays`], [`ContractError::BadAddress`].
pub(crate) fn transfer(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    seq: u64,
    new_owner: &str,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let mut order = order::load(deps.storage, seq)?;
    order.owner_only(&info.sender)?;
    if route::load(deps.storage, &order.route)?.style.leaves_outpost_deaf() {
        return Err(ContractError::PlainStays { seq });
    }
    let new_owner = checked_address(deps.api, "new_owner", new_owner)?;
    order.new_owner = Some(new_owner).filter(|new_owner| *new_owner != order.owner);
    ORDERS.save(deps.storage, seq, &order)?;
    Ok(Response::new()
        .add_attribute("action", "transfer_order")
        .add_attribute("seq", seq.to_string()))
}

/// Takes an order over. The market knows it by its account, which stays.
///
/// # Errors
/// [`ContractError::NotOffered`], [`ContractError::TooManyOrders`].
pub(crate) fn accept(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let order = order::load(deps.storage, seq)?;
    if order.new_owner.as_ref() != Some(&info.sender) {
        return Err(ContractError::NotOffered { seq, sender: info.sender.to_string() });
    }
    // It would spend the new owner's budget, who has not asked for it.
    AUTO_TOP_UPS.remove(deps.storage, seq);
    let order = order::hand_over(deps.storage, order, info.sender.clone())?;
    Ok(Response::new()
        .add_attribute("action", "accept_order")
        .add_attribute("seq", seq.to_string())
        .add_event(event::order(&order)))
}

/// What an owner is told.
#[cw_serde]
enum Hook {
    EntrepotOrder { order: Box<OrderResponse> },
}

/// Calls the owner of an order with how it stands. Only the caller is hurt if that fails, so it
/// never happens inside a callback.
///
/// # Errors
/// [`ContractError::UnknownOrder`]; and whatever the owner's contract says.
pub(crate) fn notify(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let order = order::load(deps.storage, seq)?;
    let contract_addr = order.owner.to_string();
    let order = Box::new(query::describe(deps.as_ref(), order)?);
    let msg = to_json_binary(&Hook::EntrepotOrder { order })?;
    Ok(Response::new()
        .add_attribute("action", "notify_owner")
        .add_attribute("seq", seq.to_string())
        .add_message(WasmMsg::Execute { contract_addr, msg, funds: Vec::new() }))
}
