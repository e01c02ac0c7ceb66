//! The limits of a deployment and of everything in it.

use super::{
    AccessKey, Attribute, Deployment, Gpu, Group, LocalOperator, Manifest, Requirements,
    ResourceUnit, Selection,
};
use crate::limits::{self, LimitError};

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
            (
                "groups.ready_within_seconds",
                self.ready_within_seconds,
                limits::LEASE_MIN_SECONDS,
                limits::READY_SECONDS,
            ),
            ("groups.notice_seconds", self.notice_seconds, 0, limits::NOTICE_SECONDS),
            (
                "groups.term_seconds",
                self.term_seconds,
                limits::LEASE_MIN_SECONDS,
                limits::TERM_SECONDS,
            ),
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
            Selection::Offer { offer, max_charge, .. } => {
                limits::integer("groups.selection.offer", offer)?;
                let charge = max_charge.unwrap_or_default();
                limits::range("groups.selection.max_charge", charge, 0_u64, limits::AMOUNT)
            }
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
        // They stand in every list, and JSON has six bytes for each.
        for text in [&attribute.key, &attribute.value] {
            limits::without_control(field, text)?;
        }
    }
    Ok(())
}
