//! `auto_top_up` and `poke`: anyone keeps an order funded, out of its owner's budget.

use cosmwasm_std::{Addr, DepsMut, Env, MessageInfo, Response, Storage, Uint128};
use protocol::limits;

use crate::budget::PERIOD_MAX_SECONDS;
use crate::buy::Payment;
use crate::command::funded;
use crate::ledger::{self, BUDGETS, Purse};
use crate::money::Money;
use crate::msg::responses::FlightKind;
use crate::state::allowance::Window;
use crate::state::auto_top_up::{AUTO_TOP_UPS, AutoTopUp};
use crate::state::flight::Tip;
use crate::state::order::{self, Order};
use crate::state::route;
use crate::transfer::{self, Refused};
use crate::{ContractError, money, top_up};

/// Seconds of a period that nobody named: 30 days.
const PERIOD_SECONDS: u64 = 30 * 86_400;

/// What an owner asks for.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) target_runway_seconds: u64,
    pub(crate) max_per_period: Uint128,
    pub(crate) period_seconds: Option<u64>,
    pub(crate) tip: Option<Uint128>,
}

/// Sets how an order is kept funded, or ends it. A top-up under way stays under way.
///
/// # Errors
/// [`ContractError::Unauthorized`] or [`ContractError::Limit`].
pub(crate) fn set(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
    wish: Wish,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    order::load(deps.storage, seq)?.owner_only(&info.sender)?;
    let response = Response::new()
        .add_attribute("action", "auto_top_up")
        .add_attribute("seq", seq.to_string());
    let Wish { target_runway_seconds, max_per_period, .. } = wish;
    if target_runway_seconds == 0 {
        AUTO_TOP_UPS.remove(deps.storage, seq);
        return Ok(response);
    }
    let (least, most) = (limits::RUNWAY_MIN_SECONDS, limits::RUNWAY_MAX_SECONDS);
    limits::range("target_runway_seconds", target_runway_seconds, least, most)?;
    let period_seconds = wish.period_seconds.unwrap_or(PERIOD_SECONDS);
    limits::range("period_seconds", period_seconds, 1_u64, PERIOD_MAX_SECONDS)?;
    let tip = wish.tip.unwrap_or_default();
    limits::range("tip", tip, 0_u64, max_per_period)?;
    let old = AUTO_TOP_UPS.may_load(deps.storage, seq)?;
    let fresh = AutoTopUp {
        target_runway_seconds,
        max_per_period,
        period_seconds,
        tip,
        window: Window::new(env.block.time.seconds()),
        in_flight: None,
        arrived: Uint128::zero(),
        arrived_at: 0,
    };
    let auto = match old {
        Some(AutoTopUp { in_flight, arrived, arrived_at, .. }) => {
            AutoTopUp { in_flight, arrived, arrived_at, ..fresh }
        }
        None => fresh,
    };
    AUTO_TOP_UPS.save(deps.storage, seq, &auto)?;
    Ok(response)
}

/// Sends the top-up that is due, and sets its tip aside.
///
/// If the chain does not take the transfer, the message fails: the sender paid nothing with it.
///
/// # Errors
/// [`ContractError::NoAutoTopUp`], [`ContractError::TopUpInFlight`], [`ContractError::NothingDue`],
/// [`ContractError::WrongState`], [`ContractError::NotSent`].
pub(crate) fn poke(
    deps: DepsMut<'_>,
    env: &Env,
    info: &MessageInfo,
    seq: u64,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    let order = order::load(deps.storage, seq)?;
    order.expect_live()?;
    let mut auto =
        AUTO_TOP_UPS.may_load(deps.storage, seq)?.ok_or(ContractError::NoAutoTopUp { seq })?;
    if let Some(n) = auto.in_flight {
        return Err(ContractError::TopUpInFlight { seq, n });
    }
    let now = env.block.time.seconds();
    let held = BUDGETS.may_load(deps.storage, (&order.owner, &order.money.denom))?;
    let (due, left, held) = (auto.due(&order, now), auto.left(now), held.unwrap_or_default());
    let amount = due.min(left.min(held).saturating_sub(auto.tip)).min(limits::AMOUNT.into());
    if amount.is_zero() {
        let (due, left, held) = (due.u128(), left.u128(), held.u128());
        return Err(ContractError::NothingDue { seq, due, left, held });
    }
    let money = Money { denom: order.money.denom.clone(), amount };
    ledger::withdraw(deps.storage, &order.owner, &money)?;
    let payment = Payment { owner: order.owner.clone(), money, purse: Purse::Budget };
    let mut cargo = funded(deps.storage, env, payment, &order, FlightKind::TopUp)?;
    cargo.tip = set_aside(deps.storage, &order, auto.tip, &info.sender)?;
    auto.window.spend(now, auto.period_seconds, amount.saturating_add(auto.tip));
    auto.in_flight = Some(cargo.n);
    AUTO_TOP_UPS.save(deps.storage, seq, &auto)?;
    let route = route::load(deps.storage, &order.route)?;
    let packet = transfer::send(env, &route, cargo, top_up::action(order), Refused::Fail)?;
    Ok(Response::new()
        .add_attribute("action", "poke")
        .add_attribute("seq", seq.to_string())
        .add_attribute("amount", amount)
        .add_submessage(packet))
}

/// Takes a tip out of the owner's budget; it stays here until its packet's outcome is known.
fn set_aside(
    storage: &mut dyn Storage,
    order: &Order,
    amount: Uint128,
    to: &Addr,
) -> Result<Option<Tip>, ContractError> {
    if amount.is_zero() {
        return Ok(None);
    }
    let money = Money { denom: order.money.denom.clone(), amount };
    ledger::withdraw(storage, &order.owner, &money)?;
    ledger::hold(storage, &money)?;
    Ok(Some(Tip { to: to.clone(), amount }))
}
