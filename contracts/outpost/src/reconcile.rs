//! `reconcile`: repair when the chain swallowed a callback (R1).
//!
//! After a packet's timeout the market is asked whether it accepted it. *Never*, said at or after
//! the timeout, is final: the packet can no longer be received. Then the coin is due, and it is
//! credited when the coins at hand exceed what is already somebody's by that amount.

use cosmwasm_std::{DepsMut, Env, Event, MessageInfo, Response, Uint128};
use protocol::control::{Answer, Command, DeploymentStatus, Instruction};
use protocol::money::Statement;

use crate::msg::responses::{FlightKind, FlightState, OrderState};
use crate::state::config;
use crate::state::control::Purpose;
use crate::state::flight::{self, FLIGHTS, Flight};
use crate::state::order;
use crate::state::route;
use crate::{ContractError, callback, control, event, ledger, money};

/// Asks the market about a packet, or credits its coin if the answer has come and the coin is
/// back.
///
/// # Errors
/// [`ContractError::UnknownPacket`], [`ContractError::TooEarly`] before the packet's timeout,
/// [`ContractError::Asked`], [`ContractError::NoControlChannel`], [`ContractError::NotBack`].
pub(crate) fn reconcile(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    n: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let flight = FLIGHTS.may_load(deps.storage, n)?.ok_or(ContractError::UnknownPacket { n })?;
    let response =
        Response::new().add_attribute("action", "reconcile").add_attribute("n", n.to_string());
    match flight.state {
        FlightState::Waiting => Ok(response.add_submessage(ask(deps, env, flight)?)),
        FlightState::RefundDue => {
            let free = free(&deps, env, &flight)?;
            if free < flight.cargo.money.amount {
                let (amount, denom) = (flight.cargo.money.amount.u128(), flight.cargo.money.denom);
                return Err(ContractError::NotBack { n, amount, denom, free: free.u128() });
            }
            Ok(response.add_events(credit(deps, &flight)?))
        }
    }
}

fn ask(
    deps: DepsMut<'_>,
    env: &Env,
    mut flight: Flight,
) -> Result<cosmwasm_std::SubMsg, ContractError> {
    let (n, now) = (flight.cargo.n, env.block.time.seconds());
    if now < flight.cargo.timeout_at {
        return Err(ContractError::TooEarly { now, from: flight.cargo.timeout_at });
    }
    if let Some(until) = flight.asked_until.filter(|until| now < *until) {
        return Err(ContractError::Asked { until });
    }
    let (account, seq) = subject(&deps, &flight)?;
    let route = route::load(deps.storage, &flight.cargo.route)?;
    flight.asked_until = Some(config::after(env, config::timeout_seconds(deps.storage, None)?));
    FLIGHTS.save(deps.storage, n, &flight)?;
    let instruction = Instruction { account, seq, command: Command::Status { n: Some(n) } };
    control::send(deps.storage, env, &route, Purpose::Reconcile { n }, instruction)
}

/// The deployment a packet is about; for a probe, which has none, its sender and the number 0
/// that no order has.
fn subject(deps: &DepsMut<'_>, flight: &Flight) -> Result<(String, u64), ContractError> {
    match flight.cargo.seq {
        Some(seq) => Ok((order::load(deps.storage, seq)?.account, seq)),
        None => Ok((flight.cargo.owner.to_string(), 0)),
    }
}

/// Takes in what the market of `route` says about one of its money packets.
///
/// # Errors
/// Only if storage or the bank query fails.
pub(crate) fn hear(
    deps: DepsMut<'_>,
    env: &Env,
    route: &str,
    statement: &Statement,
) -> Result<Vec<Event>, ContractError> {
    let flight = FLIGHTS.may_load(deps.storage, statement.n)?;
    let Some(mut flight) = flight.filter(|flight| flight.cargo.route == route) else {
        return Ok(Vec::new());
    };
    flight.asked_until = None;
    match &statement.answer {
        Answer::Never { at } if *at >= flight.cargo.timeout_at => never(deps, env, flight),
        Answer::Deployment(status) => accepted(deps, &flight, Some(status)),
        Answer::Done {} => accepted(deps, &flight, None),
        Answer::Never { .. } | Answer::Stale { .. } | Answer::Settled { .. } => {
            FLIGHTS.save(deps.storage, flight.cargo.n, &flight)?;
            Ok(Vec::new())
        }
    }
}

/// The packet was never accepted and never can be. A packet whose coin has arrived has no record
/// any more, so what is `acked` is never credited here.
fn never(deps: DepsMut<'_>, env: &Env, mut flight: Flight) -> Result<Vec<Event>, ContractError> {
    let mut events = Vec::new();
    if flight.state == FlightState::Waiting {
        if let (FlightKind::Open, Some(seq)) = (flight.cargo.kind, flight.cargo.seq) {
            let mut order = order::load(deps.storage, seq)?;
            if order.state != OrderState::InFlight {
                // The market has said before that this order exists; its word is not enough.
                FLIGHTS.save(deps.storage, flight.cargo.n, &flight)?;
                return Ok(events);
            }
            order::settle(deps.storage, &mut order, OrderState::RefundDue)?;
        }
        flight.state = FlightState::RefundDue;
        events.push(event::refund_due(&flight.cargo));
    }
    FLIGHTS.save(deps.storage, flight.cargo.n, &flight)?;
    if free(&deps, env, &flight)? >= flight.cargo.money.amount {
        events.extend(credit(deps, &flight)?);
    }
    Ok(events)
}

/// The packet was accepted: its coin is at the market, and nothing is due here.
fn accepted(
    deps: DepsMut<'_>,
    flight: &Flight,
    status: Option<&DeploymentStatus>,
) -> Result<Vec<Event>, ContractError> {
    flight::remove(deps.storage, flight)?;
    let mut events = vec![event::arrived(&flight.cargo)];
    let Some(seq) = flight.cargo.seq else {
        return Ok(events);
    };
    let mut order = order::load(deps.storage, seq)?;
    let reached = match status.filter(|status| status.seq == seq) {
        Some(status) => order.observe(status.clone()),
        None => OrderState::Acked,
    };
    if order.state == OrderState::RefundDue && flight.cargo.kind == FlightKind::Open {
        order.state = OrderState::InFlight;
    }
    order::advance(deps.storage, &mut order, reached)?;
    events.push(event::order(&order));
    Ok(events)
}

fn free(deps: &DepsMut<'_>, env: &Env, flight: &Flight) -> Result<Uint128, ContractError> {
    let denom = &flight.cargo.money.denom;
    Ok(ledger::free(deps.as_ref(), &env.contract.address, denom)?)
}

fn credit(deps: DepsMut<'_>, flight: &Flight) -> Result<Vec<Event>, ContractError> {
    let reason = "the market never accepted it";
    Ok(callback::refund(deps.storage, flight, reason)?.events)
}
