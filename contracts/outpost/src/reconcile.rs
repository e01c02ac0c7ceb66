//! `reconcile`: repair when the chain swallowed a callback.
//!
//! R1: after a packet's timeout the market is asked whether it accepted it. *Never*, said at or
//! after the timeout, is final: the packet can no longer be received. Then the coin is due, and it
//! is credited when the coins at hand exceed what is already somebody's by that amount.
//!
//! R2: the market says the same with a coin that comes home ([`crate::settle`]).
//!
//! R3: if the market stays silent for [`SILENCE_SECONDS`], anyone has the coin credited if the free
//! coins cover every packet without a known outcome; else the contract's owner, after it was
//! announced for as long, with a question to the market, and still only out of free coins.

use cosmwasm_std::{DepsMut, Env, Event, MessageInfo, Response, Storage, SubMsg, Uint128};
use protocol::control::{Answer, Command, DeploymentStatus, Instruction};
use protocol::money::Statement;

use crate::ledger::UNRESOLVED;
use crate::money::Money;
use crate::msg::responses::{FlightKind, FlightState, OrderState};
use crate::state::config;
use crate::state::control::Purpose;
use crate::state::flight::{FLIGHTS, Flight};
use crate::state::order;
use crate::state::route;
use crate::{ContractError, callback, control, event, ledger, money, probe};

/// Seconds after a packet's timeout for which the market is waited for, and of an announcement.
pub(crate) const SILENCE_SECONDS: u64 = 7 * 86_400;

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
        FlightState::Waiting if silent(&deps, env, info, &flight)? => {
            let reason = "the market is silent";
            Ok(response.add_events(give_up(deps, env, &flight, reason)?))
        }
        FlightState::Waiting => Ok(response.add_submessage(ask(deps, env, flight)?)),
        FlightState::RefundDue => {
            let free = free(&deps, env, &flight)?;
            if free < flight.cargo.money.amount {
                return Err(not_back(flight, free));
            }
            Ok(response.add_events(credit(deps, env, &flight)?))
        }
    }
}

/// Announces that the contract's owner will have a packet's coin credited without the market's word.
///
/// The market is asked once more, so that one which can be reached decides, and not the owner.
///
/// # Errors
/// [`ContractError::UnknownPacket`], [`ContractError::Unauthorized`], [`ContractError::TooEarly`].
pub(crate) fn announce(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    n: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    config::owner_only(deps.storage, &info.sender)?;
    let mut flight =
        FLIGHTS.may_load(deps.storage, n)?.ok_or(ContractError::UnknownPacket { n })?;
    let (now, from) = (env.block.time.seconds(), silent_from(&flight));
    if now < from {
        return Err(ContractError::TooEarly { now, from });
    }
    flight.announced_at = Some(now);
    FLIGHTS.save(deps.storage, n, &flight)?;
    let response = Response::new()
        .add_attribute("action", "announce_refund")
        .add_attribute("n", n.to_string())
        .add_event(event::announced(&flight.cargo, now.saturating_add(SILENCE_SECONDS)));
    match ask(deps, env, flight) {
        Ok(question) => Ok(response.add_submessage(control::if_taken(question))),
        Err(ContractError::NoControlChannel { .. } | ContractError::Asked { .. }) => Ok(response),
        Err(error) => Err(error),
    }
}

/// From when on a market that has not answered counts as silent.
const fn silent_from(flight: &Flight) -> u64 {
    flight.cargo.timeout_at.saturating_add(SILENCE_SECONDS)
}

/// Whether a packet's coin may be credited without the market's word (R3).
///
/// The sum of everything unresolved being free, no other packet's coin is touched. The owner of
/// the contract may do with less, but everybody had a week to see it and to have the market asked.
fn silent(
    deps: &DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    flight: &Flight,
) -> Result<bool, ContractError> {
    let now = env.block.time.seconds();
    if now < silent_from(flight) || !is_undecided(deps.storage, flight)? {
        return Ok(false);
    }
    let (money, free) = (&flight.cargo.money, free(deps, env, flight)?);
    let unresolved = UNRESOLVED.may_load(deps.storage, &money.denom)?.unwrap_or_default();
    let was_announced =
        flight.announced_at.is_some_and(|at| at.saturating_add(SILENCE_SECONDS) <= now);
    let is_owner = config::owner_only(deps.storage, &info.sender).is_ok();
    Ok(free >= unresolved || (is_owner && was_announced && free >= money.amount))
}

/// Whether the market has not yet said that the packet's order exists.
fn is_undecided(storage: &dyn Storage, flight: &Flight) -> Result<bool, ContractError> {
    match (flight.cargo.kind, flight.cargo.seq) {
        (FlightKind::Open, Some(seq)) => {
            Ok(order::load(storage, seq)?.state == OrderState::InFlight)
        }
        _ => Ok(true),
    }
}

/// Takes a packet's coin for back and credits it.
fn give_up(
    deps: DepsMut<'_>,
    env: &Env,
    flight: &Flight,
    reason: &str,
) -> Result<Vec<Event>, ContractError> {
    Ok(callback::refund(deps.storage, env, flight, reason)?.events)
}

fn not_back(flight: Flight, free: Uint128) -> ContractError {
    let Money { denom, amount } = flight.cargo.money;
    ContractError::NotBack { n: flight.cargo.n, amount: amount.u128(), denom, free: free.u128() }
}

fn ask(deps: DepsMut<'_>, env: &Env, mut flight: Flight) -> Result<SubMsg, ContractError> {
    let (n, now) = (flight.cargo.n, env.block.time.seconds());
    let route = route::load(deps.storage, &flight.cargo.route)?;
    // Before the timeout only "accepted" is final, which elsewhere the callback says.
    if now < flight.cargo.timeout_at && !route.style.leaves_outpost_deaf() {
        return Err(ContractError::TooEarly { now, from: flight.cargo.timeout_at });
    }
    if let Some(until) = flight.asked_until.filter(|until| now < *until) {
        return Err(ContractError::Asked { until });
    }
    let (account, seq) = subject(&deps, &flight)?;
    let instruction = Instruction { account, seq, command: Command::Status { n: Some(n) } };
    let question = control::send(deps.storage, env, &route, Purpose::Reconcile { n }, instruction)?;
    flight.asked_until = Some(config::after(env, config::timeout_seconds(deps.storage, None)?));
    FLIGHTS.save(deps.storage, n, &flight)?;
    Ok(question)
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
        Answer::Deployment(status) => accepted(deps, env, &flight, Some(status)),
        Answer::Done {} => accepted(deps, env, &flight, None),
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
        if !is_undecided(deps.storage, &flight)? {
            // The market has said before that this order exists; its word is not enough.
            FLIGHTS.save(deps.storage, flight.cargo.n, &flight)?;
            return Ok(events);
        }
        if let (FlightKind::Open, Some(seq)) = (flight.cargo.kind, flight.cargo.seq) {
            let mut order = order::load(deps.storage, seq)?;
            order::settle(deps.storage, &mut order, OrderState::RefundDue)?;
        }
        flight.state = FlightState::RefundDue;
        events.push(event::refund_due(&flight.cargo));
    }
    FLIGHTS.save(deps.storage, flight.cargo.n, &flight)?;
    if free(&deps, env, &flight)? >= flight.cargo.money.amount {
        events.extend(credit(deps, env, &flight)?);
    }
    Ok(events)
}

/// The packet was accepted: its coin is at the market, and nothing is due here.
fn accepted(
    deps: DepsMut<'_>,
    env: &Env,
    flight: &Flight,
    status: Option<&DeploymentStatus>,
) -> Result<Vec<Event>, ContractError> {
    callback::landed(deps.storage, env, flight)?;
    probe::accepted(deps.storage, &flight.cargo)?;
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

fn credit(deps: DepsMut<'_>, env: &Env, flight: &Flight) -> Result<Vec<Event>, ContractError> {
    give_up(deps, env, flight, "the market never accepted it")
}
