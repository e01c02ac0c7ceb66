//! `send` and `cancel`: the ways out for a purchase that the chain did not take.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use protocol::Action;

use crate::msg::responses::OrderState;
use crate::state::config;
use crate::state::order::{self, UNSENT, Unsent};
use crate::state::route;
use crate::transfer::{self, Refused};
use crate::{ContractError, buy, event, ledger, money};

/// Sends an unsent purchase. Anyone may, until its `send_by`.
///
/// # Errors
/// [`ContractError::WrongState`] or [`ContractError::TooLate`]; and if the chain still does not
/// take it, which leaves the purchase as it was.
pub(crate) fn send(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let Unsent { open, timeout_seconds, send_by } = load(&deps, seq)?;
    let now = env.block.time.seconds();
    if now >= send_by {
        return Err(ContractError::TooLate { now, until: send_by });
    }
    let mut order = order::load(deps.storage, seq)?;
    let route = route::load(deps.storage, &order.route)?;
    UNSENT.remove(deps.storage, seq);
    ledger::release(deps.storage, &order.money)?;
    order.sent_at = now;
    order::settle(deps.storage, &mut order, OrderState::InFlight)?;
    let cargo = buy::cargo(&order, config::after(env, timeout_seconds));
    let packet = transfer::send(env, &route, cargo, Action::Open(open), Refused::Fail)?;
    Ok(Response::new()
        .add_attribute("action", "send")
        .add_attribute("seq", seq.to_string())
        .add_event(event::order(&order))
        .add_submessage(packet))
}

/// Gives an unsent purchase up; its coin becomes claimable. The owner may at once, anyone after
/// its `send_by`.
///
/// # Errors
/// [`ContractError::WrongState`] or [`ContractError::TooEarly`].
pub(crate) fn cancel(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let Unsent { send_by, .. } = load(&deps, seq)?;
    let mut order = order::load(deps.storage, seq)?;
    let now = env.block.time.seconds();
    if info.sender != order.owner && now < send_by {
        return Err(ContractError::TooEarly { now, from: send_by });
    }
    UNSENT.remove(deps.storage, seq);
    ledger::release(deps.storage, &order.money)?;
    order.beneficiary().credit(deps.storage, &order.money)?;
    order::settle(deps.storage, &mut order, OrderState::Refunded)?;
    Ok(Response::new()
        .add_attribute("action", "cancel")
        .add_attribute("seq", seq.to_string())
        .add_event(event::order(&order)))
}

fn load(deps: &DepsMut<'_>, seq: u64) -> Result<Unsent, ContractError> {
    if let Some(unsent) = UNSENT.may_load(deps.storage, seq)? {
        return Ok(unsent);
    }
    let state = order::load(deps.storage, seq)?.state;
    Err(ContractError::WrongState { seq, state, expected: "`Unsent`" })
}
