//! What a provider can carry.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use market::msg::Prices;
use protocol::Group;
use protocol::deployment::ResourceUnit;
use serde::{Deserialize, Serialize};

const GIB: u64 = 1 << 30;

/// An amount of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Thousandths of a cpu.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of storage by class.
    #[serde(default)]
    pub storage_bytes: BTreeMap<String, u64>,
    /// Graphics processors of all kinds.
    #[serde(default)]
    pub gpus: u64,
}

impl Capacity {
    /// What a group needs. What is beyond all numbers stays there.
    #[must_use]
    pub fn of(group: &Group) -> Self {
        let mut all = Self::default();
        for unit in &group.resources {
            all.add(&Self::of_unit(unit));
        }
        all
    }

    fn of_unit(unit: &ResourceUnit) -> Self {
        let times = |one: u64| one.saturating_mul(unit.count.into());
        let mut storage_bytes = BTreeMap::new();
        for volume in &unit.volumes {
            let bytes: &mut u64 = storage_bytes.entry(volume.class.clone()).or_default();
            *bytes = bytes.saturating_add(times(volume.bytes));
        }
        Self {
            cpu_milli: times(unit.cpu_milli),
            memory_bytes: times(unit.memory_bytes),
            storage_bytes,
            gpus: times(unit.gpu.as_ref().map_or(0, |gpu| gpu.units.into())),
        }
    }

    /// The most of each resource that leases with this rate together can have, in nano-units per second, if
    /// nothing else is bought with it. What costs nothing has no bound.
    #[must_use]
    pub fn within(prices: &Prices, rate: u128) -> Self {
        let most = |price: Uint128, size: u64| -> u64 {
            if rate == 0 {
                return 0;
            }
            let units = rate.checked_div(price.u128()).unwrap_or(u128::MAX);
            u64::try_from(units.saturating_mul(u128::from(size))).unwrap_or(u64::MAX)
        };
        let storage =
            prices.storage.iter().map(|class| (class.class.clone(), most(class.gib, GIB)));
        let gpus = prices.gpus.iter().map(|gpu| most(gpu.each, 1)).max();
        Self {
            cpu_milli: most(prices.cpu_milli, 1),
            memory_bytes: most(prices.memory_gib, GIB),
            storage_bytes: storage.collect(),
            gpus: gpus.unwrap_or_default(),
        }
    }

    /// The first resource that costs nothing at these prices: an offer of it has no bound.
    #[must_use]
    pub fn given_away(prices: &Prices) -> Option<String> {
        let Prices { cpu_milli, memory_gib, storage, gpus, endpoint: _ } = prices;
        let storage = storage.iter().map(|class| (format!("storage `{}`", class.class), class.gib));
        let gpus = gpus.iter().map(|gpu| {
            let model = gpu.model.model.as_deref().unwrap_or("*");
            (format!("gpus `{}/{model}`", gpu.model.vendor), gpu.each)
        });
        let mut all =
            [("cpu_milli".to_owned(), *cpu_milli), ("memory_gib".to_owned(), *memory_gib)]
                .into_iter()
                .chain(storage)
                .chain(gpus);
        all.find(|(_, price)| price.is_zero()).map(|(resource, _)| resource)
    }

    /// Adds what something needs.
    pub fn add(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.saturating_add(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.saturating_add(other.memory_bytes);
        self.gpus = self.gpus.saturating_add(other.gpus);
        for (class, bytes) in &other.storage_bytes {
            let own = self.storage_bytes.entry(class.clone()).or_default();
            *own = own.saturating_add(*bytes);
        }
    }

    /// Whether `used` and `more` together are within it.
    #[must_use]
    pub fn holds(&self, used: &Self, more: &Self) -> bool {
        let mut all = used.clone();
        all.add(more);
        let has = |class: &String| self.storage_bytes.get(class).copied().unwrap_or_default();
        all.cpu_milli <= self.cpu_milli
            && all.memory_bytes <= self.memory_bytes
            && all.gpus <= self.gpus
            && all.storage_bytes.iter().all(|(class, bytes)| *bytes <= has(class))
    }
}

#[cfg(test)]
mod tests {
    use simnet::world::orders::web_prices;

    use super::*;

    fn capacity(cpu_milli: u64, class: &str, bytes: u64) -> Capacity {
        let storage_bytes = BTreeMap::from([(class.to_owned(), bytes)]);
        Capacity { cpu_milli, memory_bytes: 1_000, storage_bytes, gpus: 1 }
    }

    #[test]
    fn the_last_unit_fits_and_one_more_does_not() {
        let all = capacity(1_000, "beta3", 100);
        let used = Capacity { cpu_milli: 600, ..Capacity::default() };
        let more = Capacity { cpu_milli: 400, ..Capacity::default() };
        assert!(all.holds(&used, &more));
        assert!(!all.holds(&used, &Capacity { cpu_milli: 401, ..more.clone() }));
        assert!(!all.holds(&used, &Capacity { gpus: 2, ..more.clone() }));
        assert!(!all.holds(&used, &Capacity { memory_bytes: 1_001, ..more.clone() }));
        assert!(all.holds(
            &used,
            &Capacity { storage_bytes: capacity(0, "beta3", 100).storage_bytes, ..more }
        ));
        for (class, bytes) in [("beta3", 101), ("beta2", 1)] {
            let storage_bytes = BTreeMap::from([(class.to_owned(), bytes)]);
            assert!(!all.holds(&used, &Capacity { storage_bytes, ..more.clone() }));
        }
    }

    #[test]
    fn a_rate_buys_so_much_of_each_resource_and_no_more() {
        let prices = web_prices();
        let most = Capacity::within(&prices, prices.cpu_milli.u128() * 7);
        assert_eq!(most.cpu_milli, 7);
        assert_eq!(Capacity::within(&prices, prices.memory_gib.u128()).memory_bytes, GIB);
        assert_eq!(Capacity::within(&prices, 0).cpu_milli, 0);
        let free = Prices { memory_gib: Uint128::zero(), ..prices };
        assert_eq!(Capacity::within(&free, 1).memory_bytes, u64::MAX, "it costs nothing");
        assert_eq!(Capacity::within(&free, 0).memory_bytes, 0, "no lease at all");
    }

    #[test]
    fn what_has_no_price_is_named() {
        let zero = Uint128::zero();
        assert_eq!(Capacity::given_away(&web_prices()), None);
        let free = Prices { endpoint: zero, ..web_prices() };
        assert_eq!(Capacity::given_away(&free), None, "no capacity is needed for endpoints");
        let free = Prices { memory_gib: zero, ..web_prices() };
        assert_eq!(Capacity::given_away(&free).as_deref(), Some("memory_gib"));
        let mut free = web_prices();
        free.storage.iter_mut().for_each(|class| class.gib = zero);
        assert!(Capacity::given_away(&free).unwrap().starts_with("storage `"));
    }

    #[test]
    fn sums_never_wrap() {
        let mut huge = capacity(u64::MAX, "ram", u64::MAX);
        huge.add(&capacity(1, "ram", 1));
        assert_eq!(huge.cpu_milli, u64::MAX);
        assert!(!capacity(1_000, "ram", 1_000).holds(&huge, &Capacity::default()));
    }
}
