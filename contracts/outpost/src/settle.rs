//! The destination callback, or the call of ibc-hooks: coins that come home from a route's market.
//!
//! An error reverts the transfer, so whatever is refused stays with its sender. What a market
//! sends over its own route is never refused: if it fits nothing, the account named gets it.

use cosmwasm_std::{
    DepsMut, Empty, Env, Event, IbcBasicResponse, IbcDestinationCallbackMsg, MessageInfo, Response,
    StdError, Storage,
};
use protocol::control::Answer;
use protocol::ics20::{FungibleTokenPacketData, SUCCESS_ACK, TRANSFER_PORT};
use protocol::json::from_slice;
use protocol::money::{Settle, SettleKind, Statement};
use protocol::{Action, Memo, Message};

use crate::money::Money;
use crate::msg::responses::OrderState;
use crate::state::config::OWNERSHIP;
use crate::state::control::SETTLED;
use crate::state::order;
use crate::state::route::{self, ROUTE_BY_CHANNEL, ROUTES, Route};
use crate::{ContractError, event, ledger, probe, reconcile};

/// A settlement that was authenticated.
struct Arrival {
    route: Route,
    money: Money,
    n: u64,
    settle: Settle,
}

/// Credits the coin of a settlement and takes in what it says.
///
/// # Errors
/// [`ContractError::NotASettlement`] or [`ContractError::Memo`] for anything but a settlement by
/// the market of the route it came over.
pub(crate) fn settle(
    deps: DepsMut<'_>,
    env: &Env,
    msg: &IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let arrival = authenticate(deps.storage, env, msg)?;
    Ok(IbcBasicResponse::new()
        .add_attribute("action", "settle")
        .add_events(take(deps, env, arrival)?))
}

/// Credits the coin of a settlement that ibc-hooks brings: the chain executes us with it, from an
/// account that it derives from the channel and the packet's sender, the market.
///
/// # Errors
/// [`ContractError::NotASettlement`], as for [`settle`].
pub(crate) fn on_call(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    message: Message,
) -> Result<Response, ContractError> {
    let route = route::hooked(deps.storage, &info.sender)?;
    let money = Money::only(&info.funds)?;
    message.validate()?;
    let arrival = arrival(route, money, message)?;
    Ok(Response::new().add_attribute("action", "settle").add_events(take(deps, env, arrival)?))
}

fn take(
    mut deps: DepsMut<'_>,
    env: &Env,
    Arrival { route, money, n, settle }: Arrival,
) -> Result<Vec<Event>, ContractError> {
    SETTLED.save(deps.storage, (&route.name, n), &Empty {})?;
    let mut events = vec![event::settled(&route.name, &settle.account, &money)];
    events.extend(credit(deps.storage, &route.name, &settle, &money)?);
    if let Some(statement) = settle.statement {
        events.extend(reconcile::hear(deps.branch(), env, &route.name, &statement)?);
    }
    Ok(events)
}

fn authenticate(
    storage: &dyn Storage,
    env: &Env,
    msg: &IbcDestinationCallbackMsg,
) -> Result<Arrival, ContractError> {
    let refuse = |reason| ContractError::NotASettlement { reason };
    if msg.packet.dest.port_id != TRANSFER_PORT {
        return Err(refuse("the packet did not come to the transfer module"));
    }
    let name = ROUTE_BY_CHANNEL
        .may_load(storage, &msg.packet.dest.channel_id)?
        .ok_or_else(|| refuse("its channel is no route's"))?;
    let route = ROUTES.load(storage, &name)?;
    if msg.ack.data.as_slice() != SUCCESS_ACK {
        return Err(refuse("the transfer did not succeed"));
    }
    let transfer = msg.transfer.as_ref().ok_or_else(|| {
        refuse("the chain does not say what was transferred; it needs wasmd 0.61 or later")
    })?;
    if transfer.sender != route.market {
        return Err(refuse("its sender is not the route's market"));
    }
    if transfer.receiver != env.contract.address {
        return Err(refuse("its receiver is not this contract"));
    }
    let money = Money::only(&transfer.funds)?;
    let data: FungibleTokenPacketData = from_slice(&msg.packet.data).map_err(StdError::from)?;
    let memo = Memo::parse(&data.memo)?;
    let callback = memo.dest_callback.map(|callback| callback.address);
    if callback.as_deref() != Some(env.contract.address.as_str()) {
        return Err(refuse("its memo names another contract for the callback"));
    }
    arrival(route, money, memo.entrepot)
}

fn arrival(route: Route, money: Money, message: Message) -> Result<Arrival, ContractError> {
    match message.action {
        Action::Settle(settle) => Ok(Arrival { route, money, n: message.n, settle }),
        Action::Open(_) | Action::TopUp(_) | Action::Do(_) | Action::Probe(_) => {
            Err(ContractError::NotASettlement { reason: "it carries no `settle`" })
        }
    }
}

/// Credits exactly the coin that came, to the prober, the order or else the account.
fn credit(
    storage: &mut dyn Storage,
    route: &str,
    settle: &Settle,
    money: &Money,
) -> Result<Vec<Event>, ContractError> {
    if let (SettleKind::Probe, Some(nonce)) = (settle.kind, settle.nonce) {
        if let Some(events) = probe::come_home(storage, route, nonce, money)? {
            return Ok(events);
        }
    }
    let named = match settle.seq {
        Some(seq) => order::named(storage, route, &settle.account, seq)?,
        None => None,
    };
    let Some(mut order) = named else {
        credit_account(storage, &settle.account, money)?;
        return Ok(Vec::new());
    };
    order.beneficiary().credit(storage, money)?;
    let reached = match settle.kind {
        SettleKind::Closed => OrderState::Closed,
        SettleKind::Refund | SettleKind::Surplus => OrderState::Open,
        // Its statement says how far the order is.
        SettleKind::Status | SettleKind::Probe => order.state,
    };
    order::advance(storage, &mut order, reached)?;
    if let Some(Statement { answer: Answer::Deployment(status), .. }) = &settle.statement {
        if status.seq == order.seq {
            let reached = order.observe(status.clone());
            order::advance(storage, &mut order, reached)?;
        }
    }
    Ok(vec![event::order(&order)])
}

/// Credits what belongs to no known order to the account the market names. It names none for a
/// probe's coin that could not come home at once: that is the contract's owner's, who probed.
fn credit_account(
    storage: &mut dyn Storage,
    account: &str,
    money: &Money,
) -> Result<(), ContractError> {
    let prober = if account.is_empty() { OWNERSHIP.load(storage)?.owner } else { None };
    match prober {
        Some(owner) => ledger::credit(storage, &owner, &owner, money),
        None => ledger::credit_unclaimed(storage, account, money),
    }
}
