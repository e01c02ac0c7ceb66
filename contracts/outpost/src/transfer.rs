//! Sending a money packet: one ICS-20 transfer whose memo says what the coin is for.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Coin, DepsMut, Env, IbcMsg, Reply, Response, StdError, Storage, SubMsg, SubMsgResponse,
    SubMsgResult, Timestamp, to_json_binary,
};
use protocol::json::{Decode, from_slice};
use protocol::{Action, Message, Parties};

use crate::msg::responses::{FlightKind, FlightState, OrderState};
use crate::state::flight::{self, Cargo, Flight};
use crate::state::order::{self, UNSENT, Unsent};
use crate::state::route::{PROBES, Route};
use crate::{ContractError, event, ledger, sequence};

/// Id of the reply to a transfer.
pub(crate) const REPLY: u64 = 1;

/// What becomes of the coin if the chain does not take the transfer. A proposal of a DAO may
/// fail for good when a message in it fails, so for its messages that must not be an error.
#[cw_serde]
#[derive(Decode)]
pub(crate) enum Refused {
    /// Keep the purchase for `send` and `cancel`.
    Keep(Box<Unsent>),
    /// Credit who paid.
    Credit,
    /// Fail: nothing was paid with this message.
    Fail,
}

/// What the reply needs to know.
#[cw_serde]
#[derive(Decode)]
struct Departure {
    cargo: Cargo,
    channel: String,
    refused: Refused,
}

/// Builds the transfer of a cargo to its route's market.
///
/// The amount is the cargo's, so the ledger's, never a message's.
///
/// # Errors
/// [`ContractError::Memo`] if the message is beyond its limits.
pub(crate) fn send(
    env: &Env,
    route: &Route,
    cargo: Cargo,
    action: Action,
    refused: Refused,
) -> Result<SubMsg, ContractError> {
    let message = Message { n: cargo.n, action };
    let source = env.contract.address.as_str();
    let parties = Parties { source, destination: Some(&route.market) };
    let transfer = IbcMsg::Transfer {
        channel_id: route.channel.clone(),
        to_address: route.market.clone(),
        amount: Coin::from(cargo.money.clone()),
        timeout: Timestamp::from_seconds(cargo.timeout_at).into(),
        memo: Some(route.style.memo(parties, &message)?),
    };
    let submessage = match refused {
        Refused::Keep(_) | Refused::Credit => SubMsg::reply_always(transfer, REPLY),
        Refused::Fail => SubMsg::reply_on_success(transfer, REPLY),
    };
    let departure = Departure { cargo, channel: route.channel.clone(), refused };
    Ok(submessage.with_payload(to_json_binary(&departure)?))
}

/// Records a transfer that the chain took; keeps or credits the coin of one that it did not.
///
/// # Errors
/// [`ContractError::NoSequence`] if the chain does not name the packet: nobody could match its
/// callbacks, so it must not leave.
pub(crate) fn on_reply(deps: DepsMut<'_>, reply: Reply) -> Result<Response, ContractError> {
    let departure: Departure = from_slice(&reply.payload).map_err(StdError::from)?;
    match reply.result {
        SubMsgResult::Ok(response) => sent(deps.storage, departure, &response),
        SubMsgResult::Err(reason) => not_sent(deps.storage, departure, &reason),
    }
}

fn sent(
    storage: &mut dyn Storage,
    departure: Departure,
    response: &SubMsgResponse,
) -> Result<Response, ContractError> {
    let flight = Flight {
        cargo: departure.cargo,
        channel: departure.channel,
        sequence: sequence::of(response)?,
        state: FlightState::Waiting,
        asked_until: None,
        announced_at: None,
    };
    flight::record(storage, &flight)?;
    Ok(Response::new().add_event(event::sent(&flight)))
}

fn not_sent(
    storage: &mut dyn Storage,
    departure: Departure,
    reason: &str,
) -> Result<Response, ContractError> {
    let cargo = departure.cargo;
    match departure.refused {
        Refused::Keep(unsent) => keep(storage, &cargo, &unsent)?,
        Refused::Credit => {
            if cargo.kind == FlightKind::Probe {
                PROBES.remove(storage, (&cargo.route, cargo.n));
            }
            cargo.beneficiary().credit(storage, &cargo.money)?;
        }
        Refused::Fail => return Err(ContractError::NotSent { reason: reason.into() }),
    }
    Ok(Response::new().add_event(event::not_sent(&cargo, reason)))
}

fn keep(storage: &mut dyn Storage, cargo: &Cargo, unsent: &Unsent) -> Result<(), ContractError> {
    let mut order = order::load(storage, unsent.open.seq)?;
    ledger::hold(storage, &cargo.money)?;
    UNSENT.save(storage, order.seq, unsent)?;
    order::settle(storage, &mut order, OrderState::Unsent)?;
    Ok(())
}
