//! What gas costs on a chain now.

use cosmos::wire::gas::GasPrice;

use super::Model;
use super::asks::Purpose;
use super::config::ChainConfig;
use super::facts::Ask;
use super::ids::{AskId, ChainId};
use crate::plan::choose::Idle;

/// One, in the thousandths in which multipliers are counted.
const ONE: u128 = 1_000;

/// What a chain demands for gas; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// The price, in units of 10⁻¹⁸ denom per gas; `None` until the chain has told.
    price: Option<u128>,
    /// The height after which it was asked for.
    asked_at: u64,
    /// Whether an answer is awaited.
    asked: bool,
}

impl Model {
    /// Asks each chain whose price changes what it is, once in each block.
    pub(super) fn ask_prices(&mut self) {
        for (id, config) in &self.config {
            let Some(dynamic) = &config.dynamic else { continue };
            let height = self.record.tip(id).map_or(0, |tip| tip.height);
            let Some(chain) = self.chains.get_mut(id) else { continue };
            if chain.demand.asked || height <= chain.demand.asked_at {
                continue;
            }
            chain.demand.asked = true;
            chain.demand.asked_at = height;
            let (module, denom) = (dynamic.module, config.gas_price.denom().to_owned());
            let ask = Ask::GasPrice { chain: id.clone(), module, denom };
            self.asks.put(self.now, Purpose::GasPrice(id.clone()), ask);
        }
    }

    /// Applies what a chain demands for gas.
    pub(super) fn on_price(&mut self, ask: AskId, price: u128) {
        let Some(Purpose::GasPrice(id)) = self.asks.close(ask) else { return };
        if let Some(chain) = self.chains.get_mut(&id) {
            chain.demand.asked = false;
            chain.demand.price = Some(price);
        }
    }

    /// Applies that a chain did not say what it demands: what it said last stands until the next block.
    pub(super) fn on_price_unknown(&mut self, id: &ChainId) {
        if let Some(chain) = self.chains.get_mut(id) {
            chain.demand.asked = false;
        }
    }

    /// What is offered for gas on a chain.
    pub(crate) fn gas_price(&self, config: &ChainConfig) -> Result<GasPrice, Idle> {
        let least = config.gas_price.clone();
        let Some(dynamic) = &config.dynamic else { return Ok(least) };
        let demand = self.chains.get(&config.id).and_then(|chain| chain.demand.price);
        let demand = demand.ok_or(Idle::Price)?;
        let wanted = demand.saturating_mul(dynamic.multiplier.into()).div_ceil(ONE);
        let price = GasPrice::new(wanted.max(least.atto()), least.denom());
        if price.atto() > dynamic.max {
            let max = GasPrice::new(dynamic.max, price.denom());
            return Err(Idle::Expensive { price: price.to_string(), max: max.to_string() });
        }
        Ok(price)
    }
}
