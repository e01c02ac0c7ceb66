//! What a tenant wants run: a deployment of groups, each run by one provider.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Uint128};

mod validate;

use crate::json::Decode;

pub use validate::{validate_access_keys, validate_attributes, validate_operators};

/// What a tenant wants run, and on which terms.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// What is to be run. Its content never travels on chain.
    pub manifest: Manifest,
    /// What is ordered; each group is run by one provider. 1 to 8.
    pub groups: Vec<Group>,
    /// Seconds of all committed rates that the account must hold when a lease starts; 600 to 2^25.
    pub runway_seconds: u64,
    /// Keys of the market's chain that may act for the tenant there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_operators: Vec<LocalOperator>,
    /// Keys with which people of the tenant authenticate at the provider's gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_keys: Vec<AccessKey>,
}

/// What is to be run, by its hash.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// SHA-256 of the sorted manifest JSON: 64 lower-case hex digits.
    pub hash: String,
    /// Where it can be fetched, if it is public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// What one provider runs of a deployment. While it is open for bids it is called an order.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Unique in its deployment.
    pub name: String,
    /// What the provider must give; 1 to 4 units.
    pub resources: Vec<ResourceUnit>,
    /// What the provider must be.
    #[serde(default, skip_serializing_if = "Requirements::is_empty")]
    pub requirements: Requirements,
    /// The most the tenant pays for the whole group: nano-units of the deposit's denom per second.
    pub max_rate: Uint128,
    /// How the provider is chosen.
    pub selection: Selection,
    /// Seconds after which the order, if still open, is closed; at most 30 days.
    pub expires_in_seconds: u64,
    /// Seconds after a heartbeat for which the lease earns; default 6 h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_window_seconds: Option<u64>,
    /// Seconds a provider has to its first heartbeat, at least 15 minutes; default and maximum one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_within_seconds: Option<u64>,
    /// Seconds of notice with which the provider may leave; default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_seconds: Option<u64>,
    /// Seconds from the first heartbeat after which the lease ends by itself, at least 15 minutes; default never. In one that
    /// is no longer than a heartbeat's window, or than an hour, a provider loses no bond by falling silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_seconds: Option<u64>,
    /// Stake the provider must have, in the market's stake denom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_stake: Option<Uint128>,
    /// If not empty, only these providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// None of these providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
}

/// How the provider of a group is chosen.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum Selection {
    /// The tenant or an operator accepts one of the bids.
    Manual {},
    /// After the bidding period anybody has the lowest eligible bid matched.
    Lowest {
        /// Seconds for which bids are taken.
        bidding_seconds: u64,
    },
    /// A provider's standing offer, taken in the same packet.
    Offer {
        /// The market's number of the offer.
        offer: u64,
        /// What to do if the offer is gone, full or dearer than `max_rate` or `max_charge`: a vote takes
        /// days.
        #[serde(rename = "else", default)]
        otherwise: Otherwise,
        /// The highest minimum charge that the tenant takes, in units of the deposit's denom; default a
        /// day's pay at `max_rate`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_charge: Option<Uint128>,
    },
}

/// What becomes of a group whose standing offer is not there any more.
#[cw_serde]
#[derive(Decode, Copy, Eq, Default)]
pub enum Otherwise {
    /// It becomes an order with manual selection.
    #[default]
    Order,
    /// The whole purchase is refused, and so refunded.
    Refund,
}

/// Resources that are wanted `count` times.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct ResourceUnit {
    /// How many of this unit.
    pub count: u32,
    /// Thousandths of a cpu.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Storage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Graphics processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Gpu>,
    /// What is reachable from outside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
}

/// A piece of storage.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Storage class, for instance `default`, `beta2`, `ram`.
    pub class: String,
    /// Bytes.
    pub bytes: u64,
    /// Whether it survives a restart.
    #[serde(default)]
    pub persistent: bool,
}

/// Graphics processors; any one alternative will do.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// How many.
    pub units: u32,
    /// Which; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<GpuModel>,
}

/// One kind of graphics processor.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct GpuModel {
    /// For instance `nvidia`.
    pub vendor: String,
    /// For instance `a100`; none means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// GiB of its memory; none means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ram_gib: Option<u32>,
}

/// Something reachable from outside.
#[cw_serde]
#[derive(Decode, Copy, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Behind the provider's shared HTTP ingress.
    SharedHttp,
    /// A port of the provider's choice.
    RandomPort,
    /// An address of its own.
    LeasedIp,
}

/// What a provider must be.
#[cw_serde]
#[derive(Decode, Eq, Default)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// Attributes it must have; a key may be a glob.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Auditors that must all have signed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all_of: Vec<String>,
    /// Auditors of whom one must have signed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<String>,
}

impl Requirements {
    /// Whether nothing is required.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.all_of.is_empty() && self.any_of.is_empty()
    }
}

/// A property of a provider.
#[cw_serde]
#[derive(Decode, Eq, PartialOrd, Ord)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// For instance `region`.
    pub key: String,
    /// For instance `eu-west`.
    pub value: String,
}

/// A key of the market's chain that may act for the tenant there.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct LocalOperator {
    /// Its address on the market's chain.
    pub address: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Seconds for which it may; none means as long as the deployment lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u64>,
}

/// What an operator may do.
#[cw_serde]
#[derive(Decode, Copy, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Accept a bid.
    BidAccept,
    /// Close a lease or the deployment.
    Close,
    /// Replace the manifest.
    Manifest,
    /// Send surplus home.
    Withdraw,
    /// Accept changed terms.
    Terms,
}

/// A public key with which somebody authenticates at a provider's gateway.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum AccessKey {
    /// 33 bytes, compressed.
    Secp256k1(Binary),
    /// 32 bytes.
    Ed25519(Binary),
}
