//! What a provider can carry, and what groups need of it.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use market::msg::Prices;
use market::price;
use protocol::Group;
use protocol::deployment::{Endpoint, Gpu, GpuModel, ResourceUnit};
use serde::{Deserialize, Serialize};

const GIB: u64 = 1 << 30;

/// What a provider has.
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
    /// Graphics processors by kind.
    #[serde(default)]
    pub gpus: Vec<Gpus>,
    /// Addresses that leases can have for themselves.
    #[serde(default)]
    pub leased_ips: u64,
}

/// Graphics processors of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpus {
    /// The kind, as its price names it.
    pub model: GpuModel,
    /// How many of them.
    pub units: u64,
}

/// An amount of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Thousandths of a cpu.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of storage by class.
    pub storage_bytes: BTreeMap<String, u64>,
    /// Graphics processors, each time with the kinds that will do.
    pub gpus: Vec<Gpu>,
    /// Addresses of their own.
    pub leased_ips: u64,
}

impl Needs {
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
        let gpus = unit.gpu.iter().map(|gpu| Gpu {
            units: gpu.units.saturating_mul(unit.count),
            alternatives: gpu.alternatives.clone(),
        });
        let ips = unit.endpoints.iter().filter(|endpoint| **endpoint == Endpoint::LeasedIp);
        Self {
            cpu_milli: times(unit.cpu_milli),
            memory_bytes: times(unit.memory_bytes),
            storage_bytes,
            gpus: gpus.collect(),
            leased_ips: times(u64::try_from(ips.count()).unwrap_or(u64::MAX)),
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
        let gpus = prices.gpus.iter().map(|gpu| Gpu {
            units: u32::try_from(most(gpu.each, 1)).unwrap_or(u32::MAX),
            alternatives: vec![gpu.model.clone()],
        });
        Self {
            cpu_milli: most(prices.cpu_milli, 1),
            memory_bytes: most(prices.memory_gib, GIB),
            storage_bytes: storage.collect(),
            gpus: gpus.filter(|gpu| gpu.units > 0).collect(),
            leased_ips: most(prices.endpoint, 1),
        }
    }

    /// Whether it is more than another amount of any resource.
    #[must_use]
    pub fn exceeds(&self, other: &Self) -> bool {
        let has = |class: &String| other.storage_bytes.get(class).copied().unwrap_or_default();
        self.cpu_milli > other.cpu_milli
            || self.memory_bytes > other.memory_bytes
            || self.leased_ips > other.leased_ips
            || self.storage_bytes.iter().any(|(class, bytes)| *bytes > has(class))
            || self.has_more_gpus(other)
    }

    fn has_more_gpus(&self, other: &Self) -> bool {
        let units = |gpu: &Gpu| {
            let same = other.gpus.iter().filter(|one| one.alternatives == gpu.alternatives);
            same.map(|one| u64::from(one.units)).fold(0, u64::saturating_add)
        };
        self.gpus.iter().any(|gpu| u64::from(gpu.units) > units(gpu))
    }

    /// Of each resource the more of the two.
    #[must_use]
    pub fn at_least(mut self, other: &Self) -> Self {
        if other.has_more_gpus(&self) {
            self.gpus.clone_from(&other.gpus);
        }
        self.cpu_milli = self.cpu_milli.max(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.leased_ips = self.leased_ips.max(other.leased_ips);
        for (class, bytes) in &other.storage_bytes {
            let own = self.storage_bytes.entry(class.clone()).or_default();
            *own = (*own).max(*bytes);
        }
        self
    }

    /// Adds what something else needs.
    pub fn add(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.saturating_add(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.saturating_add(other.memory_bytes);
        self.gpus.extend(other.gpus.iter().cloned());
        self.leased_ips = self.leased_ips.saturating_add(other.leased_ips);
        for (class, bytes) in &other.storage_bytes {
            let own = self.storage_bytes.entry(class.clone()).or_default();
            *own = own.saturating_add(*bytes);
        }
    }
}

impl Capacity {
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

    /// Whether `used` and `more` together are within it. Addresses count only for what wants some: an offer cannot
    /// say that it has none to give, and endpoints may cost nothing.
    #[must_use]
    pub fn holds(&self, used: &Needs, more: &Needs) -> bool {
        self.lacks(used, more).is_none()
    }

    /// The first resource of which `used` and `more` together are beyond it, as [`Capacity::holds`] counts: `more` of it,
    /// and what there is in all.
    #[must_use]
    pub fn lacks(&self, used: &Needs, more: &Needs) -> Option<String> {
        let mut all = used.clone();
        all.add(more);
        let beyond = |what: &str, (all, more): (u64, u64), has: u64| {
            (all > has).then(|| format!("{more} of `{what}`, of which there are {has}"))
        };
        let cpu = beyond("cpu_milli", (all.cpu_milli, more.cpu_milli), self.cpu_milli);
        let memory = (all.memory_bytes, more.memory_bytes);
        let memory = || beyond("memory_bytes", memory, self.memory_bytes);
        let gpus = || (!self.holds_gpus(&all.gpus)).then(|| "more `gpus` than there are".into());
        let ips = || {
            let wanted = (all.leased_ips, more.leased_ips);
            beyond("leased_ips", wanted, self.leased_ips).filter(|_| more.leased_ips > 0)
        };
        let storage = || {
            all.storage_bytes.iter().find_map(|(class, bytes)| {
                let more = more.storage_bytes.get(class).copied().unwrap_or_default();
                let has = self.storage_bytes.get(class).copied().unwrap_or_default();
                beyond(&format!("storage_bytes.{class}"), (*bytes, more), has)
            })
        };
        cpu.or_else(memory).or_else(gpus).or_else(ips).or_else(storage)
    }

    /// Whether there is any storage of a class.
    #[must_use]
    pub fn has_storage(&self, class: &str) -> bool {
        self.storage_bytes.get(class).is_some_and(|bytes| *bytes > 0)
    }

    /// Whether there are any graphics processors of a kind.
    #[must_use]
    pub fn has_gpus(&self, model: &GpuModel) -> bool {
        self.gpus.iter().any(|kind| kind.model == *model && kind.units > 0)
    }

    /// Whether there are enough graphics processors whichever of the kinds that will do each lease is given: what
    /// several kinds can serve counts for each of them.
    fn holds_gpus(&self, wanted: &[Gpu]) -> bool {
        let is_served = |gpu: &Gpu| {
            gpu.units == 0 || self.gpus.iter().any(|kind| price::fits(&kind.model, gpu))
        };
        let is_enough = |kind: &Gpus| {
            let served = wanted.iter().filter(|gpu| price::fits(&kind.model, gpu));
            served.map(|gpu| u64::from(gpu.units)).fold(0, u64::saturating_add) <= kind.units
        };
        wanted.iter().all(is_served) && self.gpus.iter().all(is_enough)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Selection;
    use simnet::world::orders::{web_group, web_prices};

    use super::*;

    fn storage(class: &str, bytes: u64) -> BTreeMap<String, u64> {
        BTreeMap::from([(class.to_owned(), bytes)])
    }

    fn model(name: &str) -> GpuModel {
        GpuModel { vendor: "nvidia".into(), model: Some(name.into()), ram_gib: None }
    }

    fn gpus(units: u32, models: &[&str]) -> Needs {
        let alternatives = models.iter().map(|name| model(name)).collect();
        Needs { gpus: vec![Gpu { units, alternatives }], ..Needs::default() }
    }

    #[test]
    fn the_last_unit_fits_and_one_more_does_not() {
        let storage_bytes = storage("beta3", 100);
        let all = Capacity {
            cpu_milli: 1_000,
            memory_bytes: 1_000,
            storage_bytes,
            ..Capacity::default()
        };
        let used = Needs { cpu_milli: 600, ..Needs::default() };
        let more = Needs { cpu_milli: 400, ..Needs::default() };
        assert!(all.holds(&used, &more));
        assert!(!all.holds(&used, &Needs { cpu_milli: 401, ..more.clone() }));
        assert!(!all.holds(&used, &Needs { memory_bytes: 1_001, ..more.clone() }));
        assert!(all.holds(&used, &Needs { storage_bytes: storage("beta3", 100), ..more.clone() }));
        for (class, bytes) in [("beta3", 101), ("beta2", 1)] {
            assert!(
                !all.holds(&used, &Needs { storage_bytes: storage(class, bytes), ..more.clone() })
            );
        }
    }

    #[test]
    fn graphics_processors_of_one_kind_are_not_those_of_another() {
        let kind = |name, units| Gpus { model: model(name), units };
        let all = Capacity { gpus: vec![kind("a100", 4), kind("h100", 4)], ..Capacity::default() };
        let none = Needs::default();
        assert!(all.holds(&none, &gpus(4, &["h100"])));
        assert!(!all.holds(&none, &gpus(5, &["h100"])), "eight, but not of this kind");
        assert!(!all.holds(&none, &gpus(1, &["t4"])));
        assert!(all.holds(&gpus(4, &["a100"]), &gpus(4, &["h100"])));
        assert!(!all.holds(&gpus(1, &["a100", "h100"]), &gpus(4, &["h100"])), "it may be either");
        assert!(!all.holds(&gpus(1, &[]), &gpus(4, &["a100"])), "it may be any");
        let mut more = gpus(2, &["a100"]);
        more.add(&gpus(2, &["a100"]));
        assert!(all.holds(&none, &more));
        assert!(!all.holds(&gpus(1, &["a100"]), &more));
    }

    #[test]
    fn an_address_is_given_to_one_lease_only() {
        let mut group = web_group("web", Selection::Manual {});
        group.resources[0].endpoints = vec![Endpoint::LeasedIp, Endpoint::SharedHttp];
        group.resources[0].count = 2;
        let wants = Needs::of(&group);
        assert_eq!(wants.leased_ips, 2);
        let room = |leased_ips| Capacity {
            cpu_milli: u64::MAX,
            memory_bytes: u64::MAX,
            storage_bytes: storage("default", u64::MAX),
            leased_ips,
            ..Capacity::default()
        };
        let none = Needs::default();
        assert!(room(2).holds(&none, &wants) && !room(1).holds(&none, &wants));
        assert!(room(4).holds(&wants, &wants) && !room(3).holds(&wants, &wants));
        let offered = Needs::within(&web_prices(), u128::MAX);
        assert!(!room(4).holds(&Needs { leased_ips: offered.leased_ips, ..none }, &wants));
        let plain = Needs { leased_ips: 0, ..wants.clone() };
        assert!(room(0).holds(&wants, &plain), "what wants no address is not held up");
    }

    #[test]
    fn a_rate_buys_so_much_of_each_resource_and_no_more() {
        let prices = web_prices();
        let most = Needs::within(&prices, prices.cpu_milli.u128() * 7);
        assert_eq!(most.cpu_milli, 7);
        assert_eq!(Needs::within(&prices, prices.memory_gib.u128()).memory_bytes, GIB);
        assert_eq!(Needs::within(&prices, 0).cpu_milli, 0);
        let free = Prices { memory_gib: Uint128::zero(), ..prices };
        assert_eq!(Needs::within(&free, 1).memory_bytes, u64::MAX, "it costs nothing");
        assert_eq!(Needs::within(&free, 0).memory_bytes, 0, "no lease at all");
    }

    #[test]
    fn what_has_no_price_is_named() {
        let zero = Uint128::zero();
        assert_eq!(Capacity::given_away(&web_prices()), None);
        let free = Prices { endpoint: zero, ..web_prices() };
        assert_eq!(Capacity::given_away(&free), None, "most endpoints need no capacity");
        let free = Prices { memory_gib: zero, ..web_prices() };
        assert_eq!(Capacity::given_away(&free).as_deref(), Some("memory_gib"));
        let mut free = web_prices();
        free.storage.iter_mut().for_each(|class| class.gib = zero);
        assert!(Capacity::given_away(&free).unwrap().starts_with("storage `"));
    }

    #[test]
    fn sums_never_wrap() {
        let storage_bytes = storage("ram", u64::MAX);
        let gpus = gpus(u32::MAX, &["a100"]).gpus;
        let mut huge =
            Needs { cpu_milli: u64::MAX, memory_bytes: 1, storage_bytes, gpus, leased_ips: 1 };
        huge.add(&huge.clone());
        assert_eq!((huge.cpu_milli, huge.storage_bytes["ram"]), (u64::MAX, u64::MAX));
        let kinds = vec![Gpus { model: model("a100"), units: u64::from(u32::MAX) }];
        assert!(!Capacity { gpus: kinds, ..Capacity::default() }.holds(&huge, &Needs::default()));
    }
}
