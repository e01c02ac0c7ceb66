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

/// The rate of a group; none if a price is missing, or the rate is zero or beyond its bound.
#[must_use]
pub fn rate(prices: &Prices, group: &Group) -> Option<NanoRate> {
    let mut sum = Uint256::zero();
    for unit in &group.resources {
        let one = of_unit(prices, unit)?;
        let all = one.checked_mul(Uint256::from(unit.count)).ok()?;
        sum = sum.checked_add(all).ok()?;
    }
    let whole = sum.checked_div(GIB.into()).ok()?;
    let is_exact = sum.checked_rem(GIB.into()).ok()?.is_zero();
    let rounded = if is_exact { whole } else { whole.checked_add(Uint256::one()).ok()? };
    let rate = Uint128::try_from(rounded).ok()?.u128();
    (1..=limits::RATE).contains(&rate).then_some(NanoRate::new(rate))
}

/// The price of one resource unit, times [`GIB`] so that nothing is rounded yet.
fn of_unit(prices: &Prices, unit: &ResourceUnit) -> Option<Uint256> {
    let endpoints = u64::try_from(unit.endpoints.len()).ok()?;
    let mut terms = vec![
        scaled(prices.cpu_milli, unit.cpu_milli)?,
        product(prices.memory_gib, unit.memory_bytes)?,
        scaled(prices.endpoint, endpoints)?,
    ];
    for volume in &unit.volumes {
        terms.push(of_volume(prices, volume)?);
    }
    if let Some(gpu) = &unit.gpu {
        let each =
            prices.gpus.iter().filter(|price| fits(&price.model, gpu)).map(|price| price.each);
        terms.push(scaled(each.min()?, gpu.units.into())?);
    }
    terms.into_iter().try_fold(Uint256::zero(), |sum, term| sum.checked_add(term).ok())
}

fn of_volume(prices: &Prices, volume: &Volume) -> Option<Uint256> {
    let price = prices.storage.iter().find(|price| price.class == volume.class)?;
    product(price.gib, volume.bytes)
}

fn product(price: Uint128, quantity: u64) -> Option<Uint256> {
    Uint256::from(price).checked_mul(quantity.into()).ok()
}

fn scaled(price: Uint128, quantity: u64) -> Option<Uint256> {
    product(price, quantity)?.checked_mul(GIB.into()).ok()
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
