//! What a tenant wants run: a deployment of groups, each run by one provider.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Uint128};

use crate::limits::{self, LimitError};

/// What a tenant wants run, and on which terms.
#[cw_serde]
#[derive(Eq)]
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
#[derive(Eq)]
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
#[derive(Eq)]
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
    /// Seconds a provider has to its first heartbeat; default and maximum one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_within_seconds: Option<u64>,
    /// Seconds of notice with which the provider may leave; default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_seconds: Option<u64>,
    /// Seconds after which the lease ends by itself; default never.
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
#[derive(Eq)]
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
        /// What to do if the offer is gone, full or dearer than `max_rate`: a vote takes days.
        #[serde(rename = "else", default)]
        otherwise: Otherwise,
    },
}

/// What becomes of a group whose standing offer is not there any more.
#[cw_serde]
#[derive(Copy, Eq, Default)]
pub enum Otherwise {
    /// It becomes an order with manual selection.
    #[default]
    Order,
    /// The whole purchase is refused, and so refunded.
    Refund,
}

/// Resources that are wanted `count` times.
#[cw_serde]
#[derive(Eq)]
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
#[derive(Eq)]
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
#[derive(Eq)]
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
#[derive(Eq)]
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
#[derive(Copy, Eq, PartialOrd, Ord)]
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
#[derive(Eq, Default)]
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
#[derive(Eq, PartialOrd, Ord)]
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
#[derive(Eq)]
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
#[derive(Copy, Eq, PartialOrd, Ord)]
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
#[derive(Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum AccessKey {
    /// 33 bytes, compressed.
    Secp256k1(Binary),
    /// 32 bytes.
    Ed25519(Binary),
}

impl Deployment {
    /// Checks every limit.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        self.manifest.validate()?;
        if self.groups.is_empty() {
            return Err(LimitError::Empty { field: "groups" });
        }
        limits::entries("groups", self.groups.len(), limits::GROUPS)?;
        limits::distinct("groups", self.groups.iter().map(|group| group.name.as_str()))?;
        let by_offer = |group: &&Group| matches!(group.selection, Selection::Offer { .. });
        let offers = self.groups.iter().filter(by_offer).count();
        limits::entries("groups naming an offer", offers, limits::OFFER_GROUPS)?;
        limits::range(
            "runway_seconds",
            self.runway_seconds,
            limits::RUNWAY_MIN_SECONDS,
            limits::RUNWAY_MAX_SECONDS,
        )?;
        validate_operators(&self.local_operators)?;
        validate_access_keys(&self.access_keys)?;
        self.groups.iter().try_for_each(Group::validate)
    }
}

/// Checks a list of local operators.
///
/// # Errors
/// [`LimitError`] naming the field.
pub fn validate_operators(operators: &[LocalOperator]) -> Result<(), LimitError> {
    limits::entries("local_operators", operators.len(), limits::OPERATORS)?;
    limits::distinct("local_operators", operators.iter().map(|o| o.address.as_str()))?;
    for operator in operators {
        limits::address("local_operators.address", &operator.address)?;
        if operator.scopes.is_empty() {
            return Err(LimitError::Empty { field: "local_operators.scopes" });
        }
        // There are five scopes, so a longer list repeats one.
        limits::entries("local_operators.scopes", operator.scopes.len(), 5)?;
        if let Some(seconds) = operator.expires_in_seconds {
            limits::integer("local_operators.expires_in_seconds", seconds)?;
        }
    }
    Ok(())
}

/// Checks a list of access keys.
///
/// # Errors
/// [`LimitError`] naming the field.
pub fn validate_access_keys(keys: &[AccessKey]) -> Result<(), LimitError> {
    limits::entries("access_keys", keys.len(), limits::OPERATORS)?;
    for key in keys {
        let (field, bytes, expected) = match key {
            AccessKey::Secp256k1(key) => ("access_keys.secp256k1", key.len(), 33_usize),
            AccessKey::Ed25519(key) => ("access_keys.ed25519", key.len(), 32),
        };
        if bytes != expected {
            return Err(LimitError::BadForm {
                field,
                expected: "33 bytes (secp256k1, compressed) or 32 bytes (ed25519)",
                got: format!("{bytes} bytes"),
            });
        }
    }
    Ok(())
}

impl Manifest {
    /// Checks the form of the hash and the length of the URI.
    ///
    /// # Errors
    /// [`LimitError`] naming the field.
    pub fn validate(&self) -> Result<(), LimitError> {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if self.hash.len() != 64 || !self.hash.chars().all(is_hex) {
            return Err(LimitError::BadForm {
                field: "manifest.hash",
                expected: "a sha-256 as 64 lower-case hex digits",
                got: self.hash.chars().take(limits::STRING_BYTES).collect(),
            });
        }
        self.uri
            .as_deref()
            .map_or(Ok(()), |uri| limits::text("manifest.uri", uri, limits::URI_BYTES))
    }
}

impl Group {
    /// Checks every limit of the group.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        limits::text("groups.name", &self.name, limits::NAME_BYTES)?;
        if self.resources.is_empty() {
            return Err(LimitError::Empty { field: "groups.resources" });
        }
        limits::entries("groups.resources", self.resources.len(), limits::RESOURCE_UNITS)?;
        limits::range("groups.max_rate", self.max_rate, 1_u64, limits::RATE)?;
        limits::entries("groups.allow", self.allow.len(), limits::PROVIDERS)?;
        limits::entries("groups.deny", self.deny.len(), limits::PROVIDERS)?;
        limits::distinct("groups.allow", self.allow.iter().map(String::as_str))?;
        limits::distinct("groups.deny", self.deny.iter().map(String::as_str))?;
        for provider in self.allow.iter().chain(&self.deny) {
            limits::address("groups.allow or groups.deny", provider)?;
        }
        if let Some(stake) = self.min_stake {
            limits::range("groups.min_stake", stake, 0_u64, limits::AMOUNT)?;
        }
        self.validate_times()?;
        self.requirements.validate()?;
        self.resources.iter().try_for_each(ResourceUnit::validate)
    }

    fn validate_times(&self) -> Result<(), LimitError> {
        limits::range(
            "groups.expires_in_seconds",
            self.expires_in_seconds,
            1_u64,
            limits::ORDER_SECONDS,
        )?;
        let optional = [
            (
                "groups.heartbeat_window_seconds",
                self.heartbeat_window_seconds,
                limits::HEARTBEAT_MIN_SECONDS,
                limits::HEARTBEAT_MAX_SECONDS,
            ),
            ("groups.ready_within_seconds", self.ready_within_seconds, 1, limits::READY_SECONDS),
            ("groups.notice_seconds", self.notice_seconds, 0, limits::NOTICE_SECONDS),
            ("groups.term_seconds", self.term_seconds, 1, limits::TERM_SECONDS),
        ];
        for (field, seconds, min, max) in optional {
            if let Some(seconds) = seconds {
                limits::range(field, seconds, min, max)?;
            }
        }
        match self.selection {
            Selection::Manual {} => Ok(()),
            Selection::Lowest { bidding_seconds } => limits::range(
                "groups.selection.bidding_seconds",
                bidding_seconds,
                1_u64,
                self.expires_in_seconds,
            ),
            Selection::Offer { offer, .. } => limits::integer("groups.selection.offer", offer),
        }
    }
}

impl ResourceUnit {
    fn validate(&self) -> Result<(), LimitError> {
        limits::range("resources.count", self.count, 1_u64, 1_000_u64)?;
        limits::range("resources.cpu_milli", self.cpu_milli, 1_u64, 1_000_000_000_u64)?;
        limits::range(
            "resources.memory_bytes",
            self.memory_bytes,
            1_u64,
            limits::JSON_INTEGER.saturating_sub(1),
        )?;
        limits::entries("resources.volumes", self.volumes.len(), limits::VOLUMES)?;
        for volume in &self.volumes {
            limits::text("resources.volumes.class", &volume.class, limits::NAME_BYTES)?;
            limits::range(
                "resources.volumes.bytes",
                volume.bytes,
                1_u64,
                limits::JSON_INTEGER.saturating_sub(1),
            )?;
        }
        limits::entries("resources.endpoints", self.endpoints.len(), limits::ENDPOINTS)?;
        self.gpu.as_ref().map_or(Ok(()), Gpu::validate)
    }
}

impl Gpu {
    fn validate(&self) -> Result<(), LimitError> {
        limits::range("resources.gpu.units", self.units, 1_u64, 10_000_u64)?;
        limits::entries(
            "resources.gpu.alternatives",
            self.alternatives.len(),
            limits::GPU_ALTERNATIVES,
        )?;
        for alternative in &self.alternatives {
            limits::text("resources.gpu.vendor", &alternative.vendor, limits::NAME_BYTES)?;
            if let Some(model) = &alternative.model {
                limits::text("resources.gpu.model", model, limits::NAME_BYTES)?;
            }
        }
        Ok(())
    }
}

impl Requirements {
    /// Checks every limit of the requirements.
    ///
    /// # Errors
    /// The first [`LimitError`] found.
    pub fn validate(&self) -> Result<(), LimitError> {
        validate_attributes("requirements.attributes", &self.attributes)?;
        for (field, auditors) in
            [("requirements.all_of", &self.all_of), ("requirements.any_of", &self.any_of)]
        {
            limits::entries(field, auditors.len(), limits::AUDITORS)?;
            limits::distinct(field, auditors.iter().map(String::as_str))?;
            for auditor in auditors {
                limits::address(field, auditor)?;
            }
        }
        Ok(())
    }
}

/// Checks a list of attributes.
///
/// # Errors
/// [`LimitError`] naming the field.
pub fn validate_attributes(
    field: &'static str,
    attributes: &[Attribute],
) -> Result<(), LimitError> {
    limits::entries(field, attributes.len(), limits::ATTRIBUTES)?;
    limits::distinct(field, attributes.iter().map(|attribute| attribute.key.as_str()))?;
    for attribute in attributes {
        limits::text(field, &attribute.key, limits::STRING_BYTES)?;
        limits::bytes(field, attribute.value.len(), limits::STRING_BYTES)?;
    }
    Ok(())
}
