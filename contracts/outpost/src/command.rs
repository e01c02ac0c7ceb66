//! `accept_bid`, `close`, `status`: commands about an order's deployment.
//!
//! Without a coin they travel over the route's control channel. With one they travel in the memo
//! of its transfer, and the market credits the coin to the deployment: so they work even when no
//! control channel is open.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Storage};
use protocol::Action;
use protocol::control::{Command, Instruction};
use protocol::deployment::Scope;

use crate::money::Money;
use crate::msg::responses::{FlightKind, OrderState};
use crate::state::config;
use crate::state::control::{ASKED, Purpose};
use crate::state::flight::{self, Cargo};
use crate::state::order::{self, Order};
use crate::state::route;
use crate::transfer::{self, Refused};
use crate::{ContractError, control};

/// Has a bid accepted. `command` is [`Command::AcceptBid`].
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::WrongState`],
/// [`ContractError::Unauthorized`], [`ContractError::NoControlChannel`].
pub(crate) fn accept_bid(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
    command: Command,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    order.authorize(&info.sender, Scope::BidAccept)?;
    order.expect_live()?;
    dispatch(deps, env, info, &order, (Purpose::AcceptBid { seq }, command))
}

/// Has the deployment closed.
///
/// # Errors
/// As [`accept_bid`].
pub(crate) fn close(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    order.authorize(&info.sender, Scope::Close)?;
    order.expect_live()?;
    dispatch(deps, env, info, &order, (Purpose::Close { seq }, Command::CloseDeployment {}))
}

/// Asks how the deployment stands. Anyone may, one question at a time.
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::WrongState`], [`ContractError::Asked`],
/// [`ContractError::NoControlChannel`].
pub(crate) fn status(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    let order = order::load(deps.storage, seq)?;
    if order.state != OrderState::Closed {
        order.expect_live()?;
    }
    if info.funds.is_empty() {
        ask(deps.storage, env, seq)?;
    }
    dispatch(deps, env, info, &order, (Purpose::Status { seq }, Command::Status { n: None }))
}

/// Notes that the market is asked about an order, if it is not being asked.
fn ask(storage: &mut dyn Storage, env: &Env, seq: u64) -> Result<(), ContractError> {
    if let Some(until) = ASKED.may_load(storage, seq)? {
        if env.block.time.seconds() < until {
            return Err(ContractError::Asked { until });
        }
    }
    let until = config::after(env, config::timeout_seconds(storage, None)?);
    ASKED.save(storage, seq, &until)?;
    Ok(())
}

/// Sends a command by the way the caller chose: with a coin, or without.
fn dispatch(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    order: &Order,
    (purpose, command): (Purpose, Command),
) -> Result<Response, ContractError> {
    let route = route::load(deps.storage, &order.route)?;
    let instruction = Instruction { account: order.account.clone(), seq: order.seq, command };
    let packet = if info.funds.is_empty() {
        control::send(deps.storage, env, &route, purpose, instruction)?
    } else {
        let cargo = funded(deps.storage, env, info, order, FlightKind::Command)?;
        transfer::send(env, &route, cargo, Action::Do(instruction), Refused::Credit)?
    };
    Ok(Response::new()
        .add_attribute("action", purpose.action())
        .add_attribute("seq", order.seq.to_string())
        .add_submessage(packet))
}

/// The coin attached, on its way to an order's deployment. If it comes back, who paid is credited.
///
/// # Errors
/// [`ContractError::NotOneCoin`], [`ContractError::Amount`], [`ContractError::OtherDenom`].
pub(crate) fn funded(
    storage: &mut dyn Storage,
    env: &Env,
    info: &MessageInfo,
    order: &Order,
    kind: FlightKind,
) -> Result<Cargo, ContractError> {
    let money = Money::to_send(&info.funds)?;
    if money.denom != order.money.denom {
        let (seq, expected) = (order.seq, order.money.denom.clone());
        return Err(ContractError::OtherDenom { seq, expected, got: money.denom });
    }
    Ok(Cargo {
        n: flight::next_n(storage)?,
        kind,
        seq: Some(order.seq),
        route: order.route.clone(),
        owner: info.sender.clone(),
        payee: info.sender.clone(),
        money,
        timeout_at: config::after(env, config::timeout_seconds(storage, None)?),
    })
}
