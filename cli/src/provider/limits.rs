//! What a provider that works by itself never goes beyond, whatever strangers order.

use std::collections::BTreeMap;

use cosmos::wire::gas::GasPrice;
use cosmwasm_std::Uint128;
use market::msg::OrderInfo;
use serde::Deserialize;

/// Gas of a heartbeat for one lease, as `docs/benchmarks.md` has it, with what is signed above it.
const BEAT_GAS: u64 = 170_000;
/// Heartbeats whose fees are kept unless the file says how much.
const BEATS_KEPT: u64 = 1_000;
/// Seconds for which a heartbeat earns where an order does not say: the market's `DEFAULT_WINDOW`.
const WINDOW: u64 = 21_600;
const NANO: u128 = 1_000_000_000;

/// Bounds of the loop's own decisions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A bid's deposit covers a day, but of half the tenant's limit at least, which a stranger chooses: of the bid's own
    /// rate it may be so many days.
    pub deposit_days: u64,
    /// Units of the denom of fees that are never put into deposits; by default the fees of 1,000 heartbeats.
    pub keep_for_fees: Option<u64>,
    /// Nano-units per second below which it never bids, by denom. In the denom of fees it never bids below what the
    /// heartbeats cost.
    pub least_rates: BTreeMap<String, Uint128>,
    /// Transactions of a round beside heartbeats, which wait for it.
    pub transactions_per_round: u32,
    /// Open orders looked at in a round; the next goes on behind them.
    pub orders_per_round: usize,
    /// Seconds for which a lease is served that is out of money.
    pub unpaid_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deposit_days: 10,
            keep_for_fees: None,
            least_rates: BTreeMap::new(),
            transactions_per_round: 10,
            orders_per_round: 500,
            unpaid_seconds: 3_600,
        }
    }
}

impl Limits {
    /// Units of the denom of fees that are never put into deposits.
    #[must_use]
    pub fn kept(&self, gas_price: &GasPrice) -> u128 {
        let usual = || gas_price.fee(BEAT_GAS * BEATS_KEPT);
        self.keep_for_fees.map_or_else(usual, u128::from)
    }

    /// The least rate to bid for an order: in the denom of fees, what a heartbeat for each half of a window costs.
    pub(super) fn least_rate(&self, order: &OrderInfo, gas_price: &GasPrice) -> u128 {
        let given = self.least_rates.get(&order.denom).map_or(0, |rate| rate.u128());
        if order.denom != gas_price.denom() {
            return given;
        }
        let half = order.group.heartbeat_window_seconds.unwrap_or(WINDOW) / 2;
        let fees = gas_price.fee(BEAT_GAS).saturating_mul(NANO).div_ceil(half.max(1).into());
        given.max(fees)
    }

    /// Whether the deposit of a bid is within the bounds.
    pub(super) fn allows_deposit(&self, order: &OrderInfo, rate: u128) -> bool {
        order.secured_rate.u128() <= rate.saturating_mul(self.deposit_days.into())
    }
}
