//! `top_up`: anyone adds to a deployment's account; a failed one goes back to who paid.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use protocol::Action;
use protocol::money::TopUp;

use crate::ContractError;
use crate::command::funded;
use crate::msg::responses::FlightKind;
use crate::state::order;
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
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    order.expect_live()?;
    let cargo = funded(deps.storage, env, info, &order, FlightKind::TopUp)?;
    let route = route::load(deps.storage, &order.route)?;
    let action = Action::TopUp(TopUp { account: order.account, tenant: None, seq });
    let packet = transfer::send(env, &route, cargo, action, Refused::Credit)?;
    Ok(Response::new()
        .add_attribute("action", "top_up")
        .add_attribute("seq", seq.to_string())
        .add_submessage(packet))
}
