//! Money that arrives by ICS-20: seven checks, in this order, each of which reverts the transfer.
//!
//! 1. The packet came to the transfer port, over a route, from that route's other end.
//! 2. The transfer succeeded.
//! 3. It went to us, and carried exactly one possible coin of an accepted denom.
//! 4. The memo is ours to the last key, and calls us back.
//! 5. The sender has a usable form.
//! 6. Version, limits, the tenant's own checks, and the effects.
//! 7. The bank covers what we owe, this coin included.
//!
//! That a route is enabled (1) and a denom accepted (3) applies to new business; for a deployment
//! that lives the route and denom of its opening count, which (6) compares.

use cosmwasm_std::{
    Addr, Coin, Event, IbcDestinationCallbackMsg, IbcPacket, MessageInfo, Uint128, Uint256,
};
use protocol::control::{Command, Instruction};
use protocol::ics20::{
    End, FungibleTokenPacketData, TRANSFER_PORT, TransferOutcome, outcome, received_denom,
};
use protocol::json::from_slice;
use protocol::money::{Open, Probe, Settle, SettleKind, TopUp};
use protocol::{Action, DeploymentId, Memo, MemoError, Message, Tenant, limits};

use crate::context::Context;
use crate::deployment::open::{Listing, Purchase, open};
use crate::deployment::{Live, fund};
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::settle::{self, Homeward};
use crate::state::denom as denom_state;
use crate::state::principal;
use crate::state::route::{self, Route, RouteId};
use crate::state::settlement::{HOMES, Home};
use crate::token::no_posing;
use crate::{command, denom};

/// What arrived, after the checks of the transfer itself.
#[derive(Debug)]
pub(crate) struct Arrival {
    route: RouteId,
    via: Route,
    sender: String,
    denom: String,
    amount: Uint128,
}

/// A transfer as the chain tells of it.
struct Transfer {
    sender: String,
    receiver: String,
    funds: Vec<Coin>,
}

/// Takes a transfer. Any error reverts it, so that the coin is back with its sender.
pub(crate) fn on_arrival(
    ctx: &mut Context<'_>,
    callback: IbcDestinationCallbackMsg,
) -> Result<(), ContractError> {
    let IbcDestinationCallbackMsg { packet, ack, transfer, .. } = callback;
    let data: FungibleTokenPacketData = from_slice(&packet.data).map_err(|error| {
        ContractError::Malformed { what: "the packet", reason: error.to_string() }
    })?;
    let memo = Memo::parse(&data.memo);
    let business = memo.as_ref().map_or(Business::New, |memo| Business::of(&memo.entrepot.action));

    let (route_id, route) = check_route(ctx, &packet, business)?;
    if outcome(ack.data.as_slice()) != TransferOutcome::Arrived {
        return Err(ContractError::TransferFailed {});
    }
    let transfer = match transfer {
        Some(told) => {
            Transfer { sender: told.sender, receiver: told.receiver.into(), funds: told.funds }
        }
        None => derived(&packet, &data)?,
    };
    let (denom, amount) = check_coin(ctx, &transfer, business, (route_id, &route))?;
    let memo = check_memo(memo, &ctx.env.contract.address)?;
    limits::address("sender", &transfer.sender).map_err(ContractError::BadSender)?;
    let sender = transfer.sender;
    let arrival = Arrival { route: route_id, via: route, sender, denom, amount };
    let denom = apply(ctx, &arrival, memo.entrepot)?;
    ledger::require_solvent(ctx, denom)
}

/// Takes a transfer that ibc-hooks brings: the chain executes us with the coin, from an account that
/// it derives from the channel and the packet's sender. So the caller is check 1, that we are called
/// is checks 2 and 4, and that the coin is here is check 3. Any error reverts the transfer.
pub(crate) fn on_call(
    ctx: &mut Context<'_>,
    info: &MessageInfo,
    message: Message,
) -> Result<(), ContractError> {
    let business = Business::of(&message.action);
    let (id, route, sender) = route::hooked(ctx.state(), info.sender.as_str())?;
    require_enabled(&route, business)?;
    let receiver = ctx.env.contract.address.to_string();
    let transfer = Transfer { sender, receiver, funds: info.funds.clone() };
    let (denom, amount) = check_coin(ctx, &transfer, business, (id, &route))?;
    message.validate()?;
    let arrival = Arrival { route: id, via: route, sender: transfer.sender, denom, amount };
    let denom = apply(ctx, &arrival, message)?;
    ledger::require_solvent(ctx, denom)
}

/// The answer of the `check` query: checks 3 to 6 on a coin that has not been sent yet.
pub(crate) fn rehearse(
    ctx: &mut Context<'_>,
    channel: &str,
    (sender, coin): (String, Coin),
    message: &str,
) -> Result<(), ContractError> {
    let parsed: Message = from_slice(message.as_bytes()).map_err(|error| {
        ContractError::Malformed { what: "the message", reason: error.to_string() }
    })?;
    let (id, route) = route::load(ctx.state(), channel)?;
    let business = Business::of(&parsed.action);
    require_enabled(&route, business)?;
    let receiver = ctx.env.contract.address.to_string();
    let transfer = Transfer { sender, receiver, funds: vec![coin] };
    let (denom, amount) = check_coin(ctx, &transfer, business, (id, &route))?;
    parsed.validate()?;
    limits::address("sender", &transfer.sender).map_err(ContractError::BadSender)?;
    let arrival = Arrival { route: id, via: route, sender: transfer.sender, denom, amount };
    apply(ctx, &arrival, parsed).map(|_| ())
}

/// Whether today's routes and denoms count, or those of a deployment that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Business {
    New,
    Old,
}

impl Business {
    fn of(action: &Action) -> Self {
        match action {
            Action::Open(_) | Action::Probe(_) => Self::New,
            Action::TopUp(_) | Action::Do(_) | Action::Settle(_) => Self::Old,
        }
    }
}

/// Check 1.
fn check_route(
    ctx: &Context<'_>,
    packet: &IbcPacket,
    business: Business,
) -> Result<(RouteId, Route), ContractError> {
    require_transfer_port("destination", &packet.dest.port_id)?;
    let (id, route) = route::load(ctx.state(), &packet.dest.channel_id)?;
    require_enabled(&route, business)?;
    if packet.src.channel_id != route.counterparty_channel {
        let problem = "is not where the packet's source channel leads";
        return Err(ContractError::WrongRoute { channel: route.channel, problem });
    }
    require_transfer_port("source", &packet.src.port_id)?;
    Ok((id, route))
}

fn require_enabled(route: &Route, business: Business) -> Result<(), ContractError> {
    if business == Business::New && !route.enabled {
        let (channel, problem) = (route.channel.clone(), "takes no new business");
        return Err(ContractError::WrongRoute { channel, problem });
    }
    Ok(())
}

fn require_transfer_port(end: &'static str, port: &str) -> Result<(), ContractError> {
    if port != TRANSFER_PORT {
        let (got, expected) = (port.into(), TRANSFER_PORT.into());
        return Err(ContractError::WrongPort { end, got, expected });
    }
    Ok(())
}

/// The transfer read from the packet, on chains that do not tell (wasmd before 0.61).
fn derived(packet: &IbcPacket, data: &FungibleTokenPacketData) -> Result<Transfer, ContractError> {
    let amount: Uint256 = data.amount.parse().map_err(|_| ContractError::WrongCoin {
        got: data.amount.clone(),
        expected: "a decimal amount".into(),
    })?;
    let source = End { port: &packet.src.port_id, channel: &packet.src.channel_id };
    let destination = End { port: &packet.dest.port_id, channel: &packet.dest.channel_id };
    let denom = received_denom(source, destination, &data.denom);
    Ok(Transfer {
        sender: data.sender.clone(),
        receiver: data.receiver.clone(),
        funds: vec![Coin { denom, amount }],
    })
}

/// Check 3. For new business the denom must be accepted today.
fn check_coin(
    ctx: &Context<'_>,
    transfer: &Transfer,
    business: Business,
    (id, route): (RouteId, &Route),
) -> Result<(String, Uint128), ContractError> {
    let own = ctx.env.contract.address.as_str();
    if transfer.receiver != own {
        return Err(ContractError::WrongReceiver {
            got: transfer.receiver.clone(),
            expected: own.into(),
        });
    }
    no_posing(&transfer.funds)?;
    let (name, amount) = ledger::one_coin(&transfer.funds)?;
    if business == Business::New {
        denom::listing(ctx, name, (id, &route.channel))?;
    }
    Ok((name.into(), amount))
}

/// Check 4.
fn check_memo(memo: Result<Memo, MemoError>, own: &Addr) -> Result<Memo, ContractError> {
    let memo = memo?;
    let called = memo.dest_callback.as_ref().map_or("nobody", |callback| &callback.address);
    if own.as_str() != called {
        let (got, expected) = (called.into(), own.to_string());
        return Err(ContractError::WrongCallback { got, expected });
    }
    Ok(memo)
}

/// Check 6. Returns the denom that came.
fn apply(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    message: Message,
) -> Result<denom_state::DenomId, ContractError> {
    let sender = principal::sender(&arrival.via.channel, &arrival.sender);
    let sender = principal::intern(ctx.storage(), &sender)?;
    route::accept(ctx.storage(), sender, message.n)?;
    ctx.emit(
        Event::new("money_accepted")
            .add_attribute("route", &arrival.via.channel)
            .add_attribute("sender", &arrival.sender)
            .add_attribute("n", message.n.to_string())
            .add_attribute("amount", arrival.amount)
            .add_attribute("denom", &arrival.denom),
    );
    match message.action {
        Action::Open(order) => open_remote(ctx, arrival, (sender, order)),
        Action::TopUp(top_up) => fund_remote(ctx, arrival, top_up),
        Action::Do(instruction) => act_remote(ctx, arrival, instruction),
        Action::Probe(probe) => answer_probe(ctx, arrival, (sender, probe)),
        Action::Settle(_) => Err(ContractError::Unsupported {
            what: "`settle`, which goes from the market to homes,",
        }),
    }
}

fn tenant(arrival: &Arrival, account: String) -> Tenant {
    Tenant::Remote { route: arrival.via.channel.clone(), sender: arrival.sender.clone(), account }
}

fn open_remote(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    (sender, order): (principal::PrincipalId, Open),
) -> Result<denom_state::DenomId, ContractError> {
    let listing = denom::listing(ctx, &arrival.denom, (arrival.route, &arrival.via.channel))?;
    let Listing { denom, .. } = listing;
    let refund_to = arrival.via.home(&arrival.sender, &order.account, order.refund_to)?;
    let tenant = tenant(arrival, order.account);
    // An outpost limits its owners itself; any other sender answers for all its accounts.
    let is_outpost = arrival.via.outpost.as_ref() == Some(&arrival.sender);
    let orders_of = if is_outpost { principal::intern(ctx.storage(), &tenant)? } else { sender };
    let local_refund = order.local_refund.as_deref();
    let purchase = Purchase {
        id: DeploymentId { tenant, seq: order.seq },
        orders_of,
        route: arrival.route,
        listing,
        amount: arrival.amount,
        refund_to,
        local_refund: local_refund.map(|to| ctx.checked(to)).transpose()?,
        deployment: order.deployment,
    };
    open(ctx, purchase)?;
    Ok(denom)
}

fn fund_remote(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    top_up: TopUp,
) -> Result<denom_state::DenomId, ContractError> {
    let own = tenant(arrival, top_up.account);
    let id = DeploymentId { tenant: top_up.tenant.unwrap_or(own), seq: top_up.seq };
    let mut live = Live::load(ctx.state(), &id)?;
    let denom = credit(ctx, arrival, &mut live)?;
    live.save(ctx.storage())?;
    Ok(denom)
}

/// Credits the coin to a deployment that was opened over the same route in the same denom.
fn credit(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    live: &mut Live,
) -> Result<denom_state::DenomId, ContractError> {
    if live.record.route != arrival.route {
        let (channel, problem) = (arrival.via.channel.clone(), "is not the deployment's route");
        return Err(ContractError::WrongRoute { channel, problem });
    }
    let denom = denom_state::find(ctx.state(), &arrival.denom)?;
    let denom = denom.ok_or_else(|| ContractError::UnknownDenom {
        denom: arrival.denom.clone(),
        on: arrival.via.channel.clone(),
    })?;
    fund::deposit(ctx, live, Funds { denom, amount: arrival.amount })?;
    Ok(denom)
}

/// Credits the coin, then runs the command that it pays for.
fn act_remote(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    instruction: Instruction,
) -> Result<denom_state::DenomId, ContractError> {
    if matches!(instruction.command, Command::Status { .. }) {
        let what = "`status` with a coin, whose answer could not travel back; use `attest`: it";
        return Err(ContractError::Unsupported { what });
    }
    let tenant = tenant(arrival, instruction.account);
    let id = DeploymentId { tenant, seq: instruction.seq };
    let mut live = Live::load(ctx.state(), &id)?;
    let denom = credit(ctx, arrival, &mut live)?;
    live.save(ctx.storage())?;
    command::run(ctx, &id, instruction.command)?;
    Ok(denom)
}

/// Sends the coin back with its nonce: that it arrives proves the way there and back.
fn answer_probe(
    ctx: &mut Context<'_>,
    arrival: &Arrival,
    (sender, probe): (principal::PrincipalId, Probe),
) -> Result<denom_state::DenomId, ContractError> {
    let Listing { denom, .. } =
        denom::listing(ctx, &arrival.denom, (arrival.route, &arrival.via.channel))?;
    let funds = Funds { denom, amount: arrival.amount };
    ledger::enter(ctx.storage(), funds)?;
    let settle = Settle {
        account: String::new(),
        seq: None,
        kind: SettleKind::Probe,
        nonce: Some(probe.nonce),
        statement: None,
    };
    let to = arrival.via.home(&arrival.sender, &arrival.sender, probe.refund_to)?;
    if to != arrival.sender {
        // Where the coin is claimed to if it comes back: the sender alone may be deaf.
        HOMES.save(
            ctx.storage(),
            sender,
            &Home { refund_to: Some(to.clone()), ..Home::default() },
        )?;
    }
    let (route, owner, sender) = (arrival.route, sender, arrival.sender.clone());
    settle::send(ctx, Homeward { route, owner, sender, to, funds, settle })?;
    Ok(denom)
}
