//! What delegates may spend of a budget, and how much of it they have.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128};
use cw_utils::Expiration;
use protocol::json::Decode;
use store::Map;

use crate::msg::SpendingLimit;

/// (owner, delegate) -> allowance. Written by `set_allowance` and by what it allows.
pub(crate) const ALLOWANCES: Map<(&Addr, &Addr), Allowance> = Map::new("allowances");

/// What one delegate may spend of one budget.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Allowance {
    /// Until when.
    pub(crate) expires: Option<Expiration>,
    /// By denom, each at most once.
    pub(crate) limits: Vec<Limited>,
}

/// A limit and what was spent of it.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Limited {
    /// The limit.
    pub(crate) limit: SpendingLimit,
    /// Units spent in all.
    pub(crate) spent: Uint128,
    /// What was spent in this period.
    pub(crate) window: Window,
}

/// What was spent in the present one of equal periods, counted from a fixed moment.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Window {
    /// When the first period began, in seconds since 1970.
    since: u64,
    /// Number of the period in which something was spent last.
    period: u64,
    /// Units spent in it.
    spent: Uint128,
}

impl Window {
    /// Periods that begin now.
    #[must_use]
    pub(crate) const fn new(now: u64) -> Self {
        Self { since: now, period: 0, spent: Uint128::zero() }
    }

    /// What of `per_period` is left now.
    #[must_use]
    pub(crate) fn left(&self, now: u64, period_seconds: u64, per_period: Uint128) -> Uint128 {
        if self.number(now, period_seconds) > self.period {
            return per_period;
        }
        per_period.saturating_sub(self.spent)
    }

    /// Counts what is spent now, which is at most what is left.
    pub(crate) fn spend(&mut self, now: u64, period_seconds: u64, amount: Uint128) {
        let period = self.number(now, period_seconds);
        if period > self.period {
            (self.period, self.spent) = (period, Uint128::zero());
        }
        self.spent = self.spent.saturating_add(amount);
    }

    fn number(&self, now: u64, period_seconds: u64) -> u64 {
        now.saturating_sub(self.since).checked_div(period_seconds).unwrap_or_default()
    }
}

impl Limited {
    /// What may be spent now.
    #[must_use]
    pub(crate) fn left(&self, now: u64) -> Uint128 {
        let SpendingLimit { per_period, period_seconds, total, .. } = &self.limit;
        let in_all = total.saturating_sub(self.spent);
        self.window.left(now, *period_seconds, *per_period).min(in_all)
    }

    /// Counts what is spent now. What comes back is not given back to the allowance.
    pub(crate) fn spend(&mut self, now: u64, amount: Uint128) {
        self.window.spend(now, self.limit.period_seconds, amount);
        self.spent = self.spent.saturating_add(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_spent_once_and_the_next_is_whole() {
        let (most, period) = (Uint128::new(10), 100);
        let mut window = Window::new(1_000);
        window.spend(1_099, period, Uint128::new(7));
        assert_eq!(window.left(1_099, period, most).u128(), 3);
        assert_eq!(window.left(1_100, period, most).u128(), 10);
        window.spend(1_250, period, Uint128::new(10));
        assert_eq!(window.left(1_299, period, most).u128(), 0);
        assert_eq!(window.left(1_300, period, most).u128(), 10);
    }
}
