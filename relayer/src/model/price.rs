//! What gas costs on a chain now.

use cosmos::wire::gas::GasPrice;

use super::Model;
use super::asks::Purpose;
use super::config::ChainConfig;
use super::facts::{Ask, Why};
use super::ids::{AskId, ChainId, FlowId};
use super::notice::Notice;
use crate::plan::idle::Idle;

/// After how many failures in a row, a block apart at least, the operator is told.
const PATIENCE: u32 = 3;

/// What a chain demands for gas; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// The price, in units of 10⁻¹⁸ denom per gas; `None` until the chain has told.
    price: Option<u128>,
    /// The block after which it told.
    told_at: u64,
    /// The height after which it was asked for.
    asked_at: u64,
    /// Whether an answer is awaited.
    asked: bool,
    /// Failed asks since it last told.
    failures: u32,
    /// It is beyond what is paid for anything.
    is_absurd: bool,
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
            self.asks.put(Purpose::GasPrice(id.clone()), ask);
        }
    }

    /// Applies what a chain demands for gas.
    pub(super) fn on_price(&mut self, ask: AskId, price: u128) {
        let Some(Purpose::GasPrice(id)) = self.asks.close(ask) else { return };
        if let Some(chain) = self.chains.get_mut(&id) {
            chain.demand.asked = false;
            chain.demand.price = Some(price);
            chain.demand.told_at = chain.demand.asked_at;
            chain.demand.failures = 0;
        }
        self.tell_absurd_price(&id);
    }

    /// Tells when what a chain demands passes the most that is ever paid.
    fn tell_absurd_price(&mut self, id: &ChainId) {
        let Some(config) = self.config.get(id) else { return };
        let (Some(dynamic), Some(price)) = (&config.dynamic, self.demanded(config)) else { return };
        let (is_absurd, max) = (price.atto() > dynamic.max_urgent, dynamic.most_urgent(&price));
        let Some(chain) = self.chains.get_mut(id) else { return };
        let was_absurd = std::mem::replace(&mut chain.demand.is_absurd, is_absurd);
        if is_absurd && !was_absurd {
            let (chain, price, max) = (id.clone(), price.to_string(), max.to_string());
            self.notices.push(Notice::AbsurdGasPrice { chain, price, max });
        }
    }

    /// Applies that a chain did not say what it demands: what it said last stands until the next block.
    pub(super) fn on_price_unknown(&mut self, id: &ChainId, why: &Why) {
        let Some(chain) = self.chains.get_mut(id) else { return };
        chain.demand.asked = false;
        chain.demand.failures = chain.demand.failures.saturating_add(1);
        if chain.demand.failures == PATIENCE {
            let notice = Notice::NoGasPrice { chain: id.clone(), reason: why.to_string() };
            self.notices.push(notice);
        }
    }

    /// What is offered for gas for an update of a flow's client. One that keeps it from expiring, and one
    /// that proves misbehaviour, goes at a price above the usual most, also at one that the chain has not told: a client
    /// costs more to revive, and a wrong one all that is behind it. Nobody proves what a node tells of prices, so that
    /// has an end too.
    pub(crate) fn update_price(&self, id: &FlowId) -> Result<GasPrice, Idle> {
        let config = self.chain_to(id).ok_or(Idle::Unread)?;
        let price = self.gas_price(config);
        let is_urgent = self.is_refresh_urgent(id) || self.evidence(id).is_some();
        if price.is_ok() || !is_urgent {
            return price;
        }
        match (&config.dynamic, self.demanded(config)) {
            (Some(dynamic), Some(price)) if price.atto() > dynamic.max_urgent => {
                let max = dynamic.most_urgent(&price).to_string();
                Err(Idle::Expensive { price: price.to_string(), max })
            }
            (_, price) => Ok(price.unwrap_or_else(|| config.gas_price.clone())),
        }
    }

    /// Tells that an update goes at more than is paid for anything else, if it does.
    pub(crate) fn tell_dear_update(&mut self, id: &FlowId, price: &GasPrice) {
        let dynamic = self.chain_to(id).and_then(|config| config.dynamic.as_ref());
        if let Some(dynamic) = dynamic.filter(|dynamic| price.atto() > dynamic.max) {
            let (price, max) = (price.to_string(), dynamic.most(price).to_string());
            self.notices.push(Notice::DearUpdate { path: id.path.clone(), price, max });
        }
    }

    /// What a chain demands with the margin for the next block; `None` until it has told.
    pub(super) fn demanded(&self, config: &ChainConfig) -> Option<GasPrice> {
        let demand = self.chains.get(&config.id)?.demand.price?;
        Some(config.dynamic.as_ref()?.offer(demand, &config.gas_price))
    }

    /// The price of gas that is in use on a chain, whether or not it is paid, and the block after which the chain told it;
    /// none where the configuration says it.
    pub(crate) fn price_in_use(&self, config: &ChainConfig) -> (GasPrice, Option<u64>) {
        let told_at = self.chains.get(&config.id).map(|chain| chain.demand.told_at);
        match self.demanded(config) {
            Some(price) => (price, told_at),
            None => (config.gas_price.clone(), None),
        }
    }

    /// What is offered for gas on a chain, for anything but an update.
    pub(crate) fn gas_price(&self, config: &ChainConfig) -> Result<GasPrice, Idle> {
        let Some(dynamic) = &config.dynamic else { return Ok(config.gas_price.clone()) };
        let price = self.demanded(config).ok_or(Idle::Price)?;
        if price.atto() > dynamic.max {
            let max = dynamic.most(&price).to_string();
            return Err(Idle::Expensive { price: price.to_string(), max });
        }
        Ok(price)
    }
}
