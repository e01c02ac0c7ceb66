//! The source callback, or the `sudo` of ibc-hooks: how a money packet ended.
//!
//! ibc-go swallows an error here, and with it the credit; ibc-hooks blocks the acknowledgement. So nothing returns one: what cannot
//! be used is ignored with an event, and its record stays for `reconcile`.

use cosmwasm_std::{Env, IbcBasicResponse, IbcSourceCallbackMsg, Storage};
use protocol::hooks::Lifecycle;
use protocol::ics20::{self, TRANSFER_PORT, TransferOutcome};

use crate::money::Money;
use crate::msg::responses::{FlightKind, OrderState};
use crate::state::auto_top_up::{self, Outcome};
use crate::state::flight::{self, Flight, Tip};
use crate::state::order::{self, Order};
use crate::state::route::PROBES;
use crate::{ContractError, event, ledger};

/// Takes in from ibc-go the acknowledgement or timeout of a money packet. Never fails.
pub(crate) fn on_source(
    storage: &mut dyn Storage,
    env: &Env,
    msg: &IbcSourceCallbackMsg,
) -> IbcBasicResponse {
    let (packet, outcome) = match msg {
        IbcSourceCallbackMsg::Acknowledgement(ack) => {
            (&ack.original_packet, ics20::outcome(&ack.acknowledgement.data))
        }
        IbcSourceCallbackMsg::Timeout(timeout) => {
            (&timeout.packet, TransferOutcome::Reverted { error: "the packet timed out".into() })
        }
    };
    if packet.src.port_id != TRANSFER_PORT {
        return ignored("the packet is no transfer");
    }
    end(storage, env, (&packet.src.channel_id, packet.sequence), outcome)
}

/// Takes in from ibc-hooks, which knows only transfers, how a money packet ended. Never fails: the
/// chain would keep the acknowledgement out for ever.
pub(crate) fn on_lifecycle(
    storage: &mut dyn Storage,
    env: &Env,
    lifecycle: &Lifecycle,
) -> IbcBasicResponse {
    end(storage, env, lifecycle.packet(), lifecycle.outcome())
}

fn end(
    storage: &mut dyn Storage,
    env: &Env,
    packet: (&str, u64),
    outcome: TransferOutcome,
) -> IbcBasicResponse {
    resolve(storage, env, packet, outcome).unwrap_or_else(|error| ignored(&error.to_string()))
}

fn resolve(
    storage: &mut dyn Storage,
    env: &Env,
    (channel, sequence): (&str, u64),
    outcome: TransferOutcome,
) -> Result<IbcBasicResponse, ContractError> {
    let Some(flight) = flight::find(storage, channel, sequence)? else {
        return Ok(ignored("no such packet is in flight: it was handled before"));
    };
    match outcome {
        TransferOutcome::Arrived => arrive(storage, env, &flight),
        TransferOutcome::Reverted { error } => refund(storage, env, &flight, &error),
        TransferOutcome::Unreadable => Ok(ignored("the acknowledgement is none of ICS-20")),
    }
}

/// Takes in that a coin arrived. What was done with it only the market can say.
fn arrive(
    storage: &mut dyn Storage,
    env: &Env,
    flight: &Flight,
) -> Result<IbcBasicResponse, ContractError> {
    landed(storage, env, flight)?;
    let response = IbcBasicResponse::new().add_event(event::arrived(&flight.cargo));
    let Some(mut order) = opened_by(storage, flight)? else {
        return Ok(response);
    };
    if order.state == OrderState::RefundDue {
        // The market said that it never accepted this packet, its chain that the coin arrived:
        // then the coin is on the market's chain, and nothing is due here.
        order::settle(storage, &mut order, OrderState::Acked)?;
    } else {
        order::advance(storage, &mut order, OrderState::Acked)?;
    }
    Ok(response.add_event(event::order(&order)))
}

/// Removes the record of a packet whose coin is at the market, and pays who sent it.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn landed(
    storage: &mut dyn Storage,
    env: &Env,
    flight: &Flight,
) -> Result<(), ContractError> {
    flight::remove(storage, flight)?;
    if let Some(Tip { to, amount }) = &flight.cargo.tip {
        let tip = Money { denom: flight.cargo.money.denom.clone(), amount: *amount };
        ledger::release(storage, &tip)?;
        ledger::credit(storage, to, to, &tip)?;
    }
    auto_top_up::ended(storage, flight, Outcome::Arrived, env.block.time.seconds())?;
    Ok(())
}

/// Credits a coin that is back, exactly as recorded and only once: the record is gone first.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn refund(
    storage: &mut dyn Storage,
    env: &Env,
    flight: &Flight,
    reason: &str,
) -> Result<IbcBasicResponse, ContractError> {
    flight::remove(storage, flight)?;
    auto_top_up::ended(storage, flight, Outcome::Back, env.block.time.seconds())?;
    let cargo = &flight.cargo;
    let order = opened_by(storage, flight)?;
    // An order may have changed hands while its coin travelled.
    let whose = order.as_ref().map_or_else(|| cargo.beneficiary(), Order::beneficiary);
    whose.credit(storage, &cargo.money)?;
    if let Some(Tip { amount, .. }) = &cargo.tip {
        let tip = Money { denom: cargo.money.denom.clone(), amount: *amount };
        ledger::release(storage, &tip)?;
        whose.credit(storage, &tip)?;
    }
    let response = IbcBasicResponse::new().add_event(event::refunded(cargo, reason));
    if cargo.kind == FlightKind::Probe {
        PROBES.remove(storage, (&cargo.route, cargo.n));
    }
    let Some(mut order) = order else {
        return Ok(response);
    };
    order::settle(storage, &mut order, OrderState::Refunded)?;
    Ok(response.add_event(event::order(&order)))
}

/// The order that this packet was to open.
fn opened_by(storage: &dyn Storage, flight: &Flight) -> Result<Option<Order>, ContractError> {
    match (flight.cargo.kind, flight.cargo.seq) {
        (FlightKind::Open, Some(seq)) => Ok(Some(order::load(storage, seq)?)),
        (FlightKind::Open | FlightKind::TopUp | FlightKind::Command | FlightKind::Probe, _) => {
            Ok(None)
        }
    }
}

fn ignored(reason: &str) -> IbcBasicResponse {
    IbcBasicResponse::new().add_event(event::ignored("source_callback", reason))
}
