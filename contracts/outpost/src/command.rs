//! Commands about an order's deployment, from `accept_bid` to `status`.
//!
//! Without a coin they travel over the route's control channel. With one they travel in the memo
//! of its transfer, and the market credits the coin to the deployment: so they work even when no
//! control channel is open.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Storage};
use protocol::Action;
use protocol::control::{Command, Instruction};
use protocol::deployment::Scope;

use crate::buy::Payment;
use crate::ledger::Purse;
use crate::money::Money;
use crate::msg::responses::{FlightKind, OrderState};
use crate::msg::{Operator, RemoteOperators};
use crate::state::config;
use crate::state::control::{ASKED, Purpose};
use crate::state::flight::{self, Cargo};
use crate::state::order::{self, Order};
use crate::state::route;
use crate::transfer::{self, Refused};
use crate::{ContractError, buy, control, money};

/// Who may give a command.
enum Mandate {
    /// Anyone: it is a question.
    Anyone,
    /// The owner, or an operator with this scope.
    Operator(Scope),
    /// The owner alone.
    Owner,
}

fn mandate(command: &Command) -> Mandate {
    match command {
        Command::Status { .. } => Mandate::Anyone,
        Command::AcceptBid { .. } => Mandate::Operator(Scope::BidAccept),
        Command::AcceptTerms { .. } => Mandate::Operator(Scope::Terms),
        Command::CloseDeployment {} | Command::CloseLease { .. } => Mandate::Operator(Scope::Close),
        Command::UpdateManifest { .. } => Mandate::Operator(Scope::Manifest),
        Command::WithdrawSurplus {} => Mandate::Operator(Scope::Withdraw),
        Command::SetOperators { .. } | Command::SetRefundTo { .. } => Mandate::Owner,
    }
}

/// Has a command about an order's deployment done. Those that overwrite get the next revision,
/// because packets may overtake each other.
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::WrongState`],
/// [`ContractError::Unauthorized`], [`ContractError::Asked`], [`ContractError::NoControlChannel`].
pub(crate) fn run(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
    mut command: Command,
) -> Result<Response, ContractError> {
    let mut order = order::load(deps.storage, seq)?;
    match mandate(&command) {
        Mandate::Anyone => {
            // The answer to a question in a memo could not travel back.
            money::none(&info.funds)?;
            ask(deps.storage, env, seq)?;
        }
        Mandate::Operator(scope) => order.authorize(&info.sender, scope)?,
        Mandate::Owner => order.owner_only(&info.sender)?,
    }
    let is_question = matches!(command, Command::Status { .. });
    if !(is_question && order.state == OrderState::Closed) {
        order.expect_live()?;
    }
    if let Command::UpdateManifest { rev, .. }
    | Command::SetOperators { rev, .. }
    | Command::SetRefundTo { rev, .. } = &mut command
    {
        order.rev = order.rev.saturating_add(1);
        *rev = order.rev;
        order::ORDERS.save(deps.storage, seq, &order)?;
    }
    let purpose = match &command {
        Command::AcceptBid { .. } => Purpose::AcceptBid { seq },
        Command::CloseDeployment {} => Purpose::Close { seq },
        Command::Status { .. } => Purpose::Status { seq },
        Command::AcceptTerms { .. }
        | Command::CloseLease { .. }
        | Command::UpdateManifest { .. }
        | Command::SetOperators { .. }
        | Command::SetRefundTo { .. }
        | Command::WithdrawSurplus {} => Purpose::Manage { seq },
    };
    dispatch(deps, env, info, &order, (purpose, command))
}

/// Replaces who may act for an order's owner: on this chain at once, on the market's by a command.
///
/// # Errors
/// As [`run`]; [`ContractError::NothingToChange`], [`ContractError::BadAddress`].
pub(crate) fn set_operators(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
    (operators, remote): (Option<Vec<Operator>>, Option<RemoteOperators>),
) -> Result<Response, ContractError> {
    let mut order = order::load(deps.storage, seq)?;
    order.owner_only(&info.sender)?;
    if operators.is_none() && remote.is_none() {
        return Err(ContractError::NothingToChange);
    }
    if let Some(operators) = operators {
        buy::check_operators(deps.api, &operators)?;
        order.operators = operators;
        order::ORDERS.save(deps.storage, seq, &order)?;
    }
    match remote {
        Some(RemoteOperators { local_operators, access_keys }) => {
            let command = Command::SetOperators { rev: 0, local_operators, access_keys };
            run(deps, env, info, seq, command)
        }
        None => {
            money::none(&info.funds)?;
            Ok(acted("set_operators", seq))
        }
    }
}

/// Changes whom `claim` pays for what comes home from now on; on a plain route, whom the market pays.
///
/// # Errors
/// [`ContractError::UnknownOrder`], [`ContractError::Unauthorized`],
/// [`ContractError::BadAddress`]; on a plain route as [`run`].
pub(crate) fn set_refund_to(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
    refund_to: String,
) -> Result<Response, ContractError> {
    let mut order = order::load(deps.storage, seq)?;
    order.owner_only(&info.sender)?;
    order.refund_to = buy::checked_address(deps.api, "refund_to", &refund_to)?;
    order::ORDERS.save(deps.storage, seq, &order)?;
    if route::load(deps.storage, &order.route)?.style.leaves_outpost_deaf() {
        return run(deps, env, info, seq, Command::SetRefundTo { rev: 0, refund_to });
    }
    money::none(&info.funds)?;
    Ok(acted("set_refund_to", seq))
}

fn acted(action: &str, seq: u64) -> Response {
    Response::new().add_attribute("action", action).add_attribute("seq", seq.to_string())
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
        let money = Money::to_send(&info.funds)?;
        let payment = Payment { owner: info.sender.clone(), money, purse: Purse::Claimable };
        let cargo = funded(deps.storage, env, payment, order, FlightKind::Command)?;
        transfer::send(env, &route, cargo, Action::Do(instruction), Refused::Credit)?
    };
    Ok(acted(purpose.action(), order.seq).add_submessage(packet))
}

/// A coin on its way to an order's deployment. If it comes back, who paid is credited.
///
/// # Errors
/// [`ContractError::OtherDenom`].
pub(crate) fn funded(
    storage: &mut dyn Storage,
    env: &Env,
    Payment { owner, money, purse }: Payment,
    order: &Order,
    kind: FlightKind,
) -> Result<Cargo, ContractError> {
    if money.denom != order.money.denom {
        let (seq, expected) = (order.seq, order.money.denom.clone());
        return Err(ContractError::OtherDenom { seq, expected, got: money.denom });
    }
    Ok(Cargo {
        n: flight::next_n(storage)?,
        kind,
        seq: Some(order.seq),
        route: order.route.clone(),
        payee: owner.clone(),
        owner,
        money,
        timeout_at: config::after(env, config::timeout_seconds(storage, None)?),
        purse,
        tip: None,
    })
}
