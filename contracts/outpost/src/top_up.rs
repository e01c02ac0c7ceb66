//! `top_up`: anyone adds to a deployment's account; a failed one goes back to who paid.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use protocol::Action;
use protocol::money::TopUp;

use crate::ContractError;
use crate::buy::Payment;
use crate::command::funded;
use crate::ledger::Purse;
use crate::money::Money;
use crate::msg::responses::FlightKind;
use crate::state::order::{self, Order};
use crate::state::route;
use crate::transfer::{self, Refused};

/// Sends the coin attached to the order's deployment.
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::WrongState`], [`ContractError::NotOneCoin`],
/// [`ContractError::OtherDenom`].
pub(crate) fn top_up(
    deps: DepsMut<'_>,
    env: &Env,
    info: MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    let money = Money::to_send(&info.funds)?;
    let payment = Payment { owner: info.sender, money, purse: Purse::Claimable };
    Ok(send(deps, env, order, payment)?.add_attribute("action", "top_up"))
}

/// Sends a coin to an order's deployment.
///
/// # Errors
/// [`ContractError::WrongState`], [`ContractError::OtherDenom`].
pub(crate) fn send(
    deps: DepsMut<'_>,
    env: &Env,
    order: Order,
    payment: Payment,
) -> Result<Response, ContractError> {
    order.expect_live()?;
    let cargo = funded(deps.storage, env, payment, &order, FlightKind::TopUp)?;
    let route = route::load(deps.storage, &order.route)?;
    let seq = order.seq;
    let packet = transfer::send(env, &route, cargo, action(order), Refused::Credit)?;
    Ok(Response::new().add_attribute("seq", seq.to_string()).add_submessage(packet))
}

/// What its packet says.
#[must_use]
pub(crate) fn action(order: Order) -> Action {
    Action::TopUp(TopUp { account: order.account, tenant: None, seq: order.seq })
}
