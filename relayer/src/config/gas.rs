//! What is paid for gas where the chain sets its price.

use cosmos::chain::price::PriceModule;
use cosmos::wire::gas::GasPrice;
use serde::{Deserialize, Serialize};

use super::value;
use crate::model::config::DynamicPrice;

/// Delivered gas differs from simulated gas by less than half a percent.
const DEFAULT_MULTIPLIER: u64 = 1_020;
/// The price moves by an eighth from block to block at most where it moves as Ethereum's does.
const DEFAULT_PRICE_MULTIPLIER: u64 = 1_150;
/// How many times `max` an update is worth without which a client expires. A price beyond is more likely a mistake.
const DEFAULT_URGENT: u128 = 10;
/// Multipliers from 1 to 10 make sense.
const MULTIPLIERS: std::ops::RangeInclusive<f64> = 1.0..=10.0;

/// How the price of gas follows what the chain demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicGasPrice {
    /// The chain's module that sets it.
    pub module: Module,
    /// What is offered of what the chain demands, in thousandths.
    #[serde(default = "default_price_multiplier", with = "multiplier")]
    pub multiplier: u64,
    /// Nothing is sent while gas costs more, but updates of clients that are about to expire and evidence.
    #[serde(with = "value::gas_price")]
    pub max: GasPrice,
    /// Nor are those while it costs more than this; ten times `max` where it is not set.
    #[serde(default, with = "value::optional_gas_price", skip_serializing_if = "Option::is_none")]
    pub max_urgent: Option<GasPrice>,
}

/// A module that sets the price of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Module {
    /// `x/feemarket`.
    Feemarket,
    /// Osmosis' `x/txfees`.
    Osmosis,
}

impl From<DynamicGasPrice> for DynamicPrice {
    fn from(file: DynamicGasPrice) -> Self {
        let module = match file.module {
            Module::Feemarket => PriceModule::Feemarket,
            Module::Osmosis => PriceModule::Osmosis,
        };
        let max = file.max.atto();
        let max_urgent = file.max_urgent.map(|price| price.atto());
        let max_urgent = max_urgent.unwrap_or_else(|| max.saturating_mul(DEFAULT_URGENT));
        Self { module, multiplier: file.multiplier, max, max_urgent }
    }
}

pub(super) fn default_multiplier() -> u64 {
    DEFAULT_MULTIPLIER
}

pub(super) fn default_learn() -> bool {
    true
}

fn default_price_multiplier() -> u64 {
    DEFAULT_PRICE_MULTIPLIER
}

/// A multiplier such as `1.02`, kept in thousandths.
pub(super) mod multiplier {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::MULTIPLIERS;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let value = f64::deserialize(from)?;
        if !MULTIPLIERS.contains(&value) {
            let wrong =
                format!("`{value}` is no multiplier; write a number from 1 to 10, as in `1.02`");
            return Err(D::Error::custom(wrong));
        }
        // In thousandths and within the bounds just checked.
        Ok((value * 1_000.0).round() as u64)
    }

    pub(crate) fn serialize<S: Serializer>(thousandths: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(*thousandths as f64 / 1_000.0)
    }
}
