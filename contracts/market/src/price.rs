//! What a group costs by a list of prices: computed once, in 256 bit, rounded up.

use cosmwasm_std::{Uint128, Uint256};
use escrow::NanoRate;
use protocol::deployment::{Gpu, GpuModel, Group, ResourceUnit, Volume};
use protocol::limits;

use crate::error::ContractError;
use crate::msg::Prices;

/// Bytes in a GiB.
const GIB: u128 = 1 << 30;
/// Prices of one list.
pub(crate) const LIST_MAX: usize = 8;

/// Why a list of prices gives no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are the names of what was wanted")]
pub enum Unpriced {
    /// No price for a class of storage.
    #[error("storage of class `{class}` has no price")]
    Storage { class: String },
    /// No price for any of the graphics processors wanted.
    #[error("a graphics processor `{wanted}` has no price")]
    Gpu { wanted: String },
    /// The rate is zero or beyond its bound.
    #[error("its rate is not between 1 and 2^96 nano-units per second")]
    Rate,
}

/// Checks the bounds of prices.
pub(crate) fn validate(prices: &Prices) -> Result<(), ContractError> {
    limits::entries("prices.storage", prices.storage.len(), LIST_MAX)?;
    limits::entries("prices.gpus", prices.gpus.len(), LIST_MAX)?;
    let classes = prices.storage.iter().map(|price| price.class.as_str());
    limits::distinct("prices.storage", classes)?;
    for price in &prices.storage {
        limits::text("prices.storage.class", &price.class, limits::NAME_BYTES)?;
    }
    for price in &prices.gpus {
        limits::text("prices.gpus.vendor", &price.model.vendor, limits::NAME_BYTES)?;
        if let Some(model) = &price.model.model {
            limits::text("prices.gpus.model", model, limits::NAME_BYTES)?;
        }
    }
    let lists = prices.storage.iter().map(|price| price.gib);
    let lists = lists.chain(prices.gpus.iter().map(|price| price.each));
    for price in lists.chain([prices.cpu_milli, prices.memory_gib, prices.endpoint]) {
        limits::range("prices", price, 0_u64, limits::RATE)?;
    }
    Ok(())
}

/// The lower of each price, and what only one of the lists has. It equals `new` if that is in nothing
/// dearer than `old` and prices all that `old` does.
pub(crate) fn lowest(old: &Prices, new: &Prices) -> Prices {
    let mut lowest = Prices {
        cpu_milli: old.cpu_milli.min(new.cpu_milli),
        memory_gib: old.memory_gib.min(new.memory_gib),
        endpoint: old.endpoint.min(new.endpoint),
        ..new.clone()
    };
    for price in &old.storage {
        match lowest.storage.iter_mut().find(|new| new.class == price.class) {
            Some(new) => new.gib = new.gib.min(price.gib),
            None => lowest.storage.push(price.clone()),
        }
    }
    for price in &old.gpus {
        match lowest.gpus.iter_mut().find(|new| new.model == price.model) {
            Some(new) => new.each = new.each.min(price.each),
            None => lowest.gpus.push(price.clone()),
        }
    }
    lowest
}

/// The rate of a group.
///
/// # Errors
/// [`Unpriced`] with what has no price, or if the rate is zero or beyond its bound.
pub fn rate(prices: &Prices, group: &Group) -> Result<NanoRate, Unpriced> {
    let mut sum = Uint256::zero();
    for unit in &group.resources {
        let all = of_unit(prices, unit)?.checked_mul(Uint256::from(unit.count));
        sum = fitting(all.ok().and_then(|all| sum.checked_add(all).ok()))?;
    }
    let gib = Uint256::from(GIB);
    let whole = fitting(sum.checked_div(gib).ok())?;
    let is_exact = fitting(sum.checked_rem(gib).ok())?.is_zero();
    let rounded = if is_exact { Some(whole) } else { whole.checked_add(Uint256::one()).ok() };
    let rate = fitting(rounded.and_then(|rate| Uint128::try_from(rate).ok()))?.u128();
    fitting((1..=limits::RATE).contains(&rate).then_some(NanoRate::new(rate)))
}

/// What does not fit is no rate.
fn fitting<T>(result: Option<T>) -> Result<T, Unpriced> {
    result.ok_or(Unpriced::Rate)
}

/// The price of one resource unit, times [`GIB`] so that nothing is rounded yet.
fn of_unit(prices: &Prices, unit: &ResourceUnit) -> Result<Uint256, Unpriced> {
    let endpoints = u64::try_from(unit.endpoints.len()).unwrap_or(u64::MAX);
    let mut terms = vec![
        scaled(prices.cpu_milli, unit.cpu_milli),
        product(prices.memory_gib, unit.memory_bytes),
        scaled(prices.endpoint, endpoints),
    ];
    for volume in &unit.volumes {
        terms.push(of_volume(prices, volume)?);
    }
    if let Some(gpu) = &unit.gpu {
        let served = prices.gpus.iter().filter(|price| fits(&price.model, gpu));
        let each = served.map(|price| price.each).min();
        let each = each.ok_or_else(|| Unpriced::Gpu { wanted: wanted(gpu) })?;
        terms.push(scaled(each, gpu.units.into()));
    }
    let sum = terms.into_iter().try_fold(Uint256::zero(), |sum, term| sum.checked_add(term?).ok());
    fitting(sum)
}

fn of_volume(prices: &Prices, volume: &Volume) -> Result<Option<Uint256>, Unpriced> {
    let price = prices.storage.iter().find(|price| price.class == volume.class);
    let price = price.ok_or_else(|| Unpriced::Storage { class: volume.class.clone() })?;
    Ok(product(price.gib, volume.bytes))
}

fn product(price: Uint128, quantity: u64) -> Option<Uint256> {
    Uint256::from(price).checked_mul(quantity.into()).ok()
}

fn scaled(price: Uint128, quantity: u64) -> Option<Uint256> {
    product(price, quantity)?.checked_mul(GIB.into()).ok()
}

/// The alternatives, as they are asked for: `nvidia/a100/80Gi or amd`.
fn wanted(gpu: &Gpu) -> String {
    let name = |wanted: &GpuModel| {
        let mut name = wanted.vendor.clone();
        if let Some(model) = &wanted.model {
            name.push('/');
            name.push_str(model);
        }
        if let Some(gib) = wanted.ram_gib {
            name.push('/');
            name.push_str(&gib.to_string());
            name.push_str("Gi");
        }
        name
    };
    if gpu.alternatives.is_empty() {
        return "*".into();
    }
    gpu.alternatives.iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// Whether what is offered is one of the alternatives wanted; none wanted means any.
#[must_use]
pub fn fits(offered: &GpuModel, gpu: &Gpu) -> bool {
    let is_wanted = |wanted: &GpuModel| {
        wanted.vendor == offered.vendor
            && (wanted.model.is_none() || wanted.model == offered.model)
            && (wanted.ram_gib.is_none() || wanted.ram_gib == offered.ram_gib)
    };
    gpu.alternatives.is_empty() || gpu.alternatives.iter().any(is_wanted)
}
