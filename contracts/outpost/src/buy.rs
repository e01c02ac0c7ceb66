//! `buy`: one call, one coin, one packet that opens a deployment on the market.

use cosmwasm_std::{Addr, Api, Deps, DepsMut, Env, MessageInfo, Response, Uint128, to_json_binary};
use protocol::limits::{self, LimitError};
use protocol::money::Open;
use protocol::{Action, Deployment};

use crate::ContractError;
use crate::ledger::Purse;
use crate::money::Money;
use crate::msg::responses::{BuyResponse, FlightKind, OrderState};
use crate::msg::{Buy, Operator};
use crate::state::config::{self, CONFIG};
use crate::state::flight::{self, Cargo};
use crate::state::order::{self, Order, Unsent};
use crate::state::route::{self, Route};
use crate::transfer::{self, Refused};

/// What a purchase comes to, checked.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The route it takes.
    pub(crate) route: Route,
    /// The timeout of its packet.
    pub(crate) timeout_seconds: u64,
    /// Whom `claim` pays, if not the sender.
    pub(crate) refund_to: Option<Addr>,
}

/// Checks whether a purchase in this denom would be sent.
///
/// # Errors
/// [`ContractError::Paused`], [`ContractError::UnknownRoute`], [`ContractError::UnprovedRoute`],
/// [`ContractError::BadAddress`], or a limit.
pub(crate) fn check(deps: Deps<'_>, buy: &Buy, denom: &str) -> Result<Terms, ContractError> {
    if CONFIG.load(deps.storage)?.paused {
        return Err(ContractError::Paused);
    }
    let route = route::proved(deps.storage, &buy.route, denom)?;
    let timeout_seconds = config::timeout_seconds(deps.storage, buy.timeout_seconds)?;
    check_operators(deps.api, &buy.operators)?;
    let refund_to = buy.refund_to.as_deref();
    let refund_to =
        refund_to.map(|address| checked_address(deps.api, "refund_to", address)).transpose()?;
    Ok(Terms { route, timeout_seconds, refund_to })
}

/// Sends a purchase. The sender owns the order.
///
/// # Errors
/// Only for what can never work: a bad message or coin, a limit, an unproved route, a pause. If
/// the chain does not take the transfer, the purchase is kept as unsent instead.
pub(crate) fn buy(
    deps: DepsMut<'_>,
    env: &Env,
    info: MessageInfo,
    buy: Buy,
) -> Result<Response, ContractError> {
    let money = Money::to_send(&info.funds)?;
    let payment = Payment { owner: info.sender, money, purse: Purse::Claimable };
    Ok(place(deps, env, payment, buy)?.add_attribute("action", "buy"))
}

/// What a purchase is paid with.
#[derive(Debug)]
pub(crate) struct Payment {
    /// Whose order it becomes.
    pub(crate) owner: Addr,
    /// The coin; it is here and not tracked.
    pub(crate) money: Money,
    /// Where what comes home is credited.
    pub(crate) purse: Purse,
}

/// Makes the order and sends its packet.
///
/// # Errors
/// As [`buy`].
pub(crate) fn place(
    deps: DepsMut<'_>,
    env: &Env,
    Payment { owner, money, purse }: Payment,
    buy: Buy,
) -> Result<Response, ContractError> {
    let Terms { route, timeout_seconds, refund_to } = check(deps.as_ref(), &buy, &money.denom)?;
    let order = Order {
        seq: order::next_seq(deps.storage)?,
        account: owner.to_string(),
        refund_to: refund_to.unwrap_or_else(|| owner.clone()),
        owner,
        route: route.name.clone(),
        n: flight::next_n(deps.storage)?,
        money,
        operators: buy.operators,
        state: OrderState::InFlight,
        status: None,
        refusal: None,
        purse,
        new_owner: None,
        rev: 0,
        max_rate: highest_rate(&buy.deployment),
        sent_at: env.block.time.seconds(),
    };
    order::create(deps.storage, &order)?;
    let open = Open {
        account: order.account.clone(),
        seq: order.seq,
        // On the wire unspent money comes back to the outpost, so that its books stay whole; but not
        // to one that would not learn of it.
        refund_to: route.style.leaves_outpost_deaf().then(|| order.refund_to.to_string()),
        local_refund: buy.local_refund,
        deployment: buy.deployment,
    };
    let cargo = cargo(&order, config::after(env, timeout_seconds));
    let send_by = config::after(env, CONFIG.load(deps.storage)?.send_window_seconds);
    let unsent = Box::new(Unsent { open: open.clone(), timeout_seconds, send_by });
    let packet = transfer::send(env, &route, cargo, Action::Open(open), Refused::Keep(unsent))?;
    Ok(Response::new()
        .add_attribute("seq", order.seq.to_string())
        .add_submessage(packet)
        .set_data(to_json_binary(&BuyResponse { seq: order.seq })?))
}

/// The most that a deployment can spend: nano-units per second.
fn highest_rate(deployment: &Deployment) -> Uint128 {
    let rates = deployment.groups.iter().map(|group| group.max_rate);
    rates.fold(Uint128::zero(), Uint128::saturating_add)
}

/// What the packet that opens an order carries.
#[must_use]
pub(crate) fn cargo(order: &Order, timeout_at: u64) -> Cargo {
    Cargo {
        n: order.n,
        kind: FlightKind::Open,
        seq: Some(order.seq),
        route: order.route.clone(),
        owner: order.owner.clone(),
        payee: order.refund_to.clone(),
        money: order.money.clone(),
        timeout_at,
        purse: order.purse,
        tip: None,
    }
}

/// An address of this chain.
///
/// # Errors
/// [`ContractError::BadAddress`] naming the field.
pub(crate) fn checked_address(
    api: &dyn Api,
    field: &'static str,
    address: &str,
) -> Result<Addr, ContractError> {
    api.addr_validate(address).map_err(|_| ContractError::BadAddress { field, got: address.into() })
}

/// Checks that operators are addresses of this chain, each named once and with a scope.
///
/// # Errors
/// [`ContractError::Limit`] or [`ContractError::BadAddress`].
pub(crate) fn check_operators(api: &dyn Api, operators: &[Operator]) -> Result<(), ContractError> {
    limits::entries("operators", operators.len(), limits::OPERATORS)?;
    limits::distinct("operators", operators.iter().map(|operator| operator.address.as_str()))?;
    for operator in operators {
        checked_address(api, "operators.address", &operator.address)?;
        if operator.scopes.is_empty() {
            return Err(LimitError::Empty { field: "operators.scopes" }.into());
        }
        // There are five scopes, so a longer list repeats one.
        limits::entries("operators.scopes", operator.scopes.len(), 5)?;
    }
    Ok(())
}
