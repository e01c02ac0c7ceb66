//! Orders that anyone may keep funded out of their owner's budget.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{StdResult, Storage, Uint128, Uint256};
use protocol::json::Decode;
use store::Map;

use super::allowance::Window;
use super::flight::Flight;
use super::order::Order;
use crate::msg::responses::FlightKind;

/// Order -> its automatic top-up. Written by `auto_top_up`, removed by it and by `accept_order`.
pub(crate) const AUTO_TOP_UPS: Map<u64, AutoTopUp> = Map::new("auto_top_ups");

/// Nano-units in a unit: rates are in nano-units per second.
pub(crate) const NANO: u64 = 1_000_000_000;
/// Seconds for which a status is fresh enough to go by its rate.
const STATUS_SECONDS: u64 = 86_400;

/// How an order is kept funded.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct AutoTopUp {
    /// Seconds that a top-up makes the money last.
    pub(crate) target_runway_seconds: u64,
    /// Units per period, tips included.
    pub(crate) max_per_period: Uint128,
    /// Seconds of a period.
    pub(crate) period_seconds: u64,
    /// Units for whoever pokes.
    pub(crate) tip: Uint128,
    /// What was spent in this period.
    pub(crate) window: Window,
    /// Number of the top-up under way.
    pub(crate) in_flight: Option<u64>,
    /// Units that arrived since the market last spoke of the order.
    pub(crate) arrived: Uint128,
    /// When they did, in seconds since 1970.
    pub(crate) arrived_at: u64,
}

impl AutoTopUp {
    /// Units without which the money lasts for less than half of the target; zero if it lasts.
    ///
    /// The last status says what is in the account and how fast it is spent. If that is older than
    /// [`STATUS_SECONDS`], or there is none, every group is taken to spend its `max_rate` since.
    #[must_use]
    pub(crate) fn due(&self, order: &Order, now: u64) -> Uint128 {
        let (free, at, rate) = match &order.status {
            Some(status) => (status.free, status.at, status.rate),
            None => (order.money.amount, order.sent_at, order.max_rate),
        };
        let age = now.saturating_sub(at);
        let is_fresh = order.status.is_some() && age <= STATUS_SECONDS;
        let rate = Uint256::from(if is_fresh { rate } else { order.max_rate });
        let free = if at < self.arrived_at { free.saturating_add(self.arrived) } else { free };
        let left = Uint256::from(free).saturating_sub(units(rate, age));
        let target = units(rate, self.target_runway_seconds);
        if left.saturating_add(left) >= target {
            return Uint128::zero();
        }
        Uint128::try_from(target.saturating_sub(left)).unwrap_or(Uint128::MAX)
    }

    /// Units that may still be spent in this period.
    #[must_use]
    pub(crate) fn left(&self, now: u64) -> Uint128 {
        self.window.left(now, self.period_seconds, self.max_per_period)
    }
}

/// Units that a rate comes to in a time, rounded up.
#[must_use]
pub(crate) fn units(rate: Uint256, seconds: u64) -> Uint256 {
    let nano = rate.saturating_mul(seconds.into()).saturating_add(NANO.saturating_sub(1).into());
    nano.checked_div(NANO.into()).unwrap_or_default()
}

/// Takes in how a money packet ended: another top-up may go, and what arrived lasts for a while.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn ended(
    storage: &mut dyn Storage,
    flight: &Flight,
    outcome: Outcome,
    now: u64,
) -> StdResult<()> {
    let (FlightKind::TopUp | FlightKind::Command, Some(seq)) =
        (flight.cargo.kind, flight.cargo.seq)
    else {
        return Ok(());
    };
    let Some(mut auto) = AUTO_TOP_UPS.may_load(storage, seq)? else {
        return Ok(());
    };
    if auto.in_flight == Some(flight.cargo.n) {
        auto.in_flight = None;
    }
    if outcome == Outcome::Arrived {
        let order = super::order::ORDERS.load(storage, seq)?;
        let counted = order.status.is_some_and(|status| status.at >= auto.arrived_at);
        let before = if counted { Uint128::zero() } else { auto.arrived };
        auto.arrived = before.saturating_add(flight.cargo.money.amount);
        auto.arrived_at = now;
    }
    AUTO_TOP_UPS.save(storage, seq, &auto)
}

/// How a money packet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its coin is at the market.
    Arrived,
    /// Its coin is back.
    Back,
}
