//! What a provider offers.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;
use protocol::deployment::{Attribute, GpuModel};
use protocol::json::Decode;

/// The terms of a standing offer.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct OfferTerms {
    /// The denom of its prices.
    pub denom: String,
    /// What a group costs.
    pub prices: Prices,
    /// Attributes that its leases have besides the provider's own; at most 24.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Leases it may have at a time.
    pub capacity: u32,
    /// Units a lease costs at least, once its provider was alive.
    #[serde(default)]
    pub min_charge: Uint128,
    /// Seconds for which it stands; at most 366 days.
    pub expires_in_seconds: u64,
}

/// Prices in nano-units per second.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of a thousandth of a cpu.
    pub cpu_milli: Uint128,
    /// Of a GiB of memory.
    pub memory_gib: Uint128,
    /// Of storage, by class; at most 8.
    pub storage: Vec<StoragePrice>,
    /// Of graphics processors, by kind; at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<GpuPrice>,
    /// Of an endpoint.
    pub endpoint: Uint128,
}

/// The price of storage of one class.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct StoragePrice {
    /// The class, for instance `default`.
    pub class: String,
    /// Of a GiB: nano-units per second.
    pub gib: Uint128,
}

/// The price of graphics processors of one kind.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct GpuPrice {
    /// The kind that is given.
    pub model: GpuModel,
    /// Of one: nano-units per second.
    pub each: Uint128,
}
