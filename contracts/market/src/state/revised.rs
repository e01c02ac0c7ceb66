//! What a tenant replaces while its deployment lives. Each command has a `rev`: packets overtake each
//! other, and one that was held back must not undo what revoked it.

use cosmwasm_std::Storage;
use protocol::deployment::{AccessKey, Deployment, Manifest};
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Map;

use super::deployment::{Number, spec};
use crate::error::ContractError;

/// Deployment -> what was replaced since its opening. Written by the commands that replace, removed
/// with the deployment; absent if there was none.
pub(crate) const REVISED: Map<Number, Revised> = Map::new("revised");

/// What was replaced, and by which revision. None stands for what the deployment was opened with.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Decode)]
pub(crate) struct Revised {
    /// Of `manifest`.
    pub(crate) manifest_rev: u64,
    /// What is to be run.
    pub(crate) manifest: Option<Manifest>,
    /// Of `access_keys`, and of the operators.
    pub(crate) operators_rev: u64,
    /// Who may talk to the provider.
    pub(crate) access_keys: Option<Vec<AccessKey>>,
    /// Of where unspent money goes, which stands in the deployment's record.
    pub(crate) refund_to_rev: u64,
}

/// What was replaced of a deployment.
pub(crate) fn load(storage: &dyn Storage, number: Number) -> Result<Revised, ContractError> {
    Ok(REVISED.may_load(storage, number)?.unwrap_or_default())
}

/// What a deployment ordered, as it is now.
pub(crate) fn current(storage: &dyn Storage, number: Number) -> Result<Deployment, ContractError> {
    let opened = spec(storage, number)?;
    let revised = load(storage, number)?;
    Ok(Deployment {
        manifest: revised.manifest.unwrap_or(opened.manifest),
        access_keys: revised.access_keys.unwrap_or(opened.access_keys),
        ..opened
    })
}
