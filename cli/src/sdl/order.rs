//! From a deployment file to the order: the same in the market's terms.

use std::collections::BTreeMap;

use cosmwasm_std::{Uint128, Uint256};
use protocol::deployment::{
    AccessKey, Attribute, Endpoint, Gpu, GpuModel, LocalOperator, Requirements, ResourceUnit,
    Volume,
};
use protocol::limits::LimitError;
use protocol::{Deployment, Group, Manifest, Selection};

use super::error::SdlError;
use super::field::Spot;
use super::{Compute, Placement, Price, Run, Sdl, Service, quantity};

const GIB: u64 = 1 << 30;
/// 10⁻¹⁸ in a nano-unit.
const ATTO_PER_NANO: u64 = 1_000_000_000;

/// What an order needs and a deployment file does not say.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Milliseconds that a block of Akash takes: the file's prices are per block.
    pub block_millis: u64,
    /// Seconds of all rates that the account must hold when a lease starts.
    pub runway_seconds: u64,
    /// Seconds after which an order without a provider is closed.
    pub expires_in_seconds: u64,
    /// How providers are chosen.
    pub selection: Selection,
    /// How the provider of one group is chosen instead, by its name.
    pub selections: BTreeMap<String, Selection>,
    /// The most that is paid for one group instead of the file's prices, by its name: nano-units
    /// per second.
    pub max_rates: BTreeMap<String, u128>,
    /// Where the manifest can be fetched, if it is public.
    pub manifest_uri: Option<String>,
    /// Seconds of notice with which a provider may leave.
    pub notice_seconds: Option<u64>,
    /// Seconds after which a lease ends by itself.
    pub term_seconds: Option<u64>,
    /// Who may act on the market's chain.
    pub local_operators: Vec<LocalOperator>,
    /// Who may come to the provider's gateway.
    pub access_keys: Vec<AccessKey>,
}

/// Makes the order for a file whose manifest has this hash.
///
/// # Errors
/// What the market cannot express, or is beyond its limits, with its place in the file.
pub fn order(sdl: &Sdl, terms: &Terms, manifest_hash: String) -> Result<Deployment, SdlError> {
    for name in terms.selections.keys().chain(terms.max_rates.keys()) {
        if sdl.running_at(name).is_empty() {
            let running = sdl.placements.iter().map(|place| place.name.as_str());
            let running = running.filter(|place| !sdl.running_at(place).is_empty());
            let reason = format!(
                "there is no group `{name}`: no service runs at such a placement, only at {}",
                running.collect::<Vec<_>>().join(", ")
            );
            return Err(TOP.wrong("profiles.placement", reason));
        }
    }
    one_denom(sdl)?;
    let used = sdl.placements.iter().filter(|place| !sdl.running_at(&place.name).is_empty());
    let order = Deployment {
        manifest: Manifest { hash: manifest_hash, uri: terms.manifest_uri.clone() },
        groups: used.map(|place| group(sdl, place, terms)).collect::<Result<_, _>>()?,
        runway_seconds: terms.runway_seconds,
        local_operators: terms.local_operators.clone(),
        access_keys: terms.access_keys.clone(),
    };
    order.validate().map_err(|limit| TOP.wrong("", beyond(&limit)))?;
    Ok(order)
}

/// The file as a whole.
const TOP: Spot = Spot { line: 1, column: 1 };

fn beyond(limit: &LimitError) -> String {
    format!("the market does not take this order: {limit}")
}

/// A deployment has one account, and the account one denom.
fn one_denom(sdl: &Sdl) -> Result<(), SdlError> {
    let mut first: Option<&Price> = None;
    for (place, price) in prices(sdl) {
        let expected = &first.get_or_insert(price).denom;
        if price.denom != *expected {
            let field =
                format!("profiles.placement.{}.pricing.{}.denom", place.name, price.profile);
            let reason = format!(
                "is `{}`, but the first price is in `{expected}`; a deployment is paid in one denom",
                price.denom
            );
            return Err(price.at.wrong(field, reason));
        }
    }
    Ok(())
}

/// The prices that are used.
fn prices(sdl: &Sdl) -> impl Iterator<Item = (&Placement, &Price)> {
    sdl.placements.iter().flat_map(|place| {
        let running = sdl.running_at(&place.name).into_iter();
        running.filter_map(move |(_, run)| Some((place, price(place, run)?)))
    })
}

fn price<'a>(place: &'a Placement, run: &Run) -> Option<&'a Price> {
    place.pricing.iter().find(|price| price.profile == run.profile)
}

fn group(sdl: &Sdl, place: &Placement, terms: &Terms) -> Result<Group, SdlError> {
    let name = &place.name;
    let mut resources: Vec<ResourceUnit> = Vec::new();
    for (service, run) in sdl.running_at(name) {
        // `Sdl::parse` has found every profile.
        let Some(compute) = sdl.compute(&run.profile) else { continue };
        add(&mut resources, unit(service, run, compute)?);
    }
    let max_rate = match terms.max_rates.get(name) {
        Some(rate) => Uint128::new(*rate),
        None => max_rate(sdl, place, terms.block_millis)?,
    };
    let group = Group {
        name: name.clone(),
        resources,
        requirements: requirements(place),
        max_rate,
        selection: terms.selections.get(name).unwrap_or(&terms.selection).clone(),
        expires_in_seconds: terms.expires_in_seconds,
        heartbeat_window_seconds: None,
        ready_within_seconds: None,
        notice_seconds: terms.notice_seconds,
        term_seconds: terms.term_seconds,
        min_stake: None,
        allow: Vec::new(),
        deny: Vec::new(),
    };
    let field = format!("profiles.placement.{name}");
    group.validate().map_err(|limit| place.at.wrong(field, beyond(&limit)))?;
    Ok(group)
}

/// Equal units are one with the sum of their counts: a group has few units.
fn add(units: &mut Vec<ResourceUnit>, new: ResourceUnit) {
    let same =
        units.iter_mut().find(|unit| ResourceUnit { count: new.count, ..(*unit).clone() } == new);
    match same {
        Some(unit) => unit.count = unit.count.saturating_add(new.count),
        None => units.push(new),
    }
}

fn unit(service: &Service, run: &Run, compute: &Compute) -> Result<ResourceUnit, SdlError> {
    let volumes = compute.volumes.iter().map(|volume| {
        let class = volume.attributes.as_ref().and_then(|attributes| attributes.class.clone());
        Volume {
            class: class.unwrap_or_else(|| "default".into()),
            bytes: volume.bytes,
            persistent: volume.persistent(),
        }
    });
    Ok(ResourceUnit {
        count: run.count,
        cpu_milli: compute.cpu_milli,
        memory_bytes: compute.memory_bytes,
        volumes: volumes.collect(),
        gpu: gpu(compute)?,
        endpoints: endpoints(service),
    })
}

fn endpoints(service: &Service) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for expose in &service.expose {
        for to in expose.to.iter().filter(|to| to.global) {
            all.push(if expose.by_ingress() { Endpoint::SharedHttp } else { Endpoint::RandomPort });
            if to.ip.is_some() {
                all.push(Endpoint::LeasedIp);
            }
        }
    }
    all
}

fn gpu(compute: &Compute) -> Result<Option<Gpu>, SdlError> {
    if compute.gpu.units == 0 {
        return Ok(None);
    }
    let mut alternatives = Vec::new();
    for vendor in compute.gpu.vendors.iter().flatten() {
        let models = vendor.models.as_deref().unwrap_or_default();
        if models.is_empty() {
            alternatives.push(GpuModel { vendor: vendor.name.clone(), model: None, ram_gib: None });
        }
        for model in models {
            alternatives.push(gpu_model(compute, &vendor.name, model)?);
        }
    }
    Ok(Some(Gpu { units: compute.gpu.units, alternatives }))
}

fn gpu_model(
    compute: &Compute,
    vendor: &str,
    model: &super::GpuModel,
) -> Result<GpuModel, SdlError> {
    let wrong = |field: &str, reason: &str| {
        let place = format!("profiles.compute.{}.resources.gpu.attributes.vendor", compute.name);
        model.at.wrong(format!("{place}.{vendor}.{field}"), reason)
    };
    if model.interface.is_some() {
        let reason = "the market does not tell interfaces apart; remove it";
        return Err(wrong("interface", reason));
    }
    let ram_gib = model.ram.as_deref().map(|text| {
        let bytes = quantity::bytes(text).map_err(|reason| wrong("ram", &reason))?;
        let gib = u32::try_from(bytes / GIB).ok().filter(|gib| u64::from(*gib) * GIB == bytes);
        gib.ok_or_else(|| wrong("ram", "the market counts whole GiB; write it as in `80Gi`"))
    });
    Ok(GpuModel {
        vendor: vendor.into(),
        model: Some(model.model.clone()).filter(|model| model != "*"),
        ram_gib: ram_gib.transpose()?,
    })
}

fn requirements(place: &Placement) -> Requirements {
    let attribute =
        |(key, value): &(String, String)| Attribute { key: key.clone(), value: value.clone() };
    Requirements {
        attributes: place.attributes.iter().map(attribute).collect(),
        all_of: place.all_of.clone(),
        any_of: place.any_of.clone(),
    }
}

/// The sum of the prices, from units per block to nano-units per second, rounded up.
fn max_rate(sdl: &Sdl, place: &Placement, block_millis: u64) -> Result<Uint128, SdlError> {
    let field = || format!("profiles.placement.{}.pricing", place.name);
    let mut atto = Uint256::zero();
    for (_, run) in sdl.running_at(&place.name) {
        let Some(price) = price(place, run) else { continue };
        // Below 2^120 each, times 2^32: hundreds of services fit into 2^256.
        atto += Uint256::from(price.amount.atto()) * Uint256::from(run.count);
    }
    let per_second = atto * Uint256::from(1_000_u64);
    let divisor = Uint256::from(ATTO_PER_NANO) * Uint256::from(block_millis.max(1));
    let rate = (per_second + divisor - Uint256::one()) / divisor;
    Uint128::try_from(rate).map_err(|_| place.at.wrong(field(), "the prices are too large"))
}
