//! Everybody to whom something can belong: accounts of this chain and remote tenants.

use cosmwasm_std::Storage;
use protocol::Tenant;
use sha2::{Digest, Sha256};
use store::{Item, Map};

use crate::error::ContractError;

/// Number of a principal.
pub(crate) type PrincipalId = u32;
/// The number of nobody.
pub(crate) const NOBODY: PrincipalId = 0;

/// First 20 bytes of the name's hash -> number. Written at the first use, never removed.
///
/// The hash keeps keys short. To take another's place one would need a second preimage of 160 bits;
/// two names of one's own that collide harm nobody else.
pub(crate) const IDS: Map<&[u8], PrincipalId> = Map::new("who_id");
/// Number -> name. Written at the first use, never removed.
pub(crate) const NAMES: Map<PrincipalId, Tenant> = Map::new("who");
/// The last number given.
pub(crate) const LAST: Item<PrincipalId> = Item::new("who_last");

/// A principal of this chain.
pub(crate) fn local(address: impl Into<String>) -> Tenant {
    Tenant::Local { address: address.into() }
}

/// The sender of packets behind a route, apart from the accounts it keeps: it owns the numbers of
/// its packets. No tenant has an empty account, so it is nobody else.
pub(crate) fn sender(route: &str, sender: &str) -> Tenant {
    Tenant::Remote { route: route.into(), sender: sender.into(), account: String::new() }
}

/// The number of a principal, if it ever appeared.
pub(crate) fn find(
    storage: &dyn Storage,
    name: &Tenant,
) -> Result<Option<PrincipalId>, ContractError> {
    Ok(IDS.may_load(storage, key(name).get(..20).unwrap_or_default())?)
}

/// The number of a principal, given at its first appearance.
pub(crate) fn intern(
    storage: &mut dyn Storage,
    name: &Tenant,
) -> Result<PrincipalId, ContractError> {
    let key = key(name);
    let key = key.get(..20).unwrap_or_default();
    if let Some(id) = IDS.may_load(storage, key)? {
        return Ok(id);
    }
    let id = LAST.may_load(storage)?.unwrap_or_default().checked_add(1);
    let id = id.ok_or(ContractError::Overflow { what: "the number of principals" })?;
    LAST.save(storage, &id)?;
    IDS.save(storage, key, &id)?;
    NAMES.save(storage, id, name)?;
    Ok(id)
}

/// The name behind a number.
pub(crate) fn name(storage: &dyn Storage, id: PrincipalId) -> Result<Tenant, ContractError> {
    NAMES.may_load(storage, id)?.ok_or(ContractError::Missing { what: "a principal" })
}

/// The address behind the number of somebody on this chain.
pub(crate) fn address(storage: &dyn Storage, id: PrincipalId) -> Result<String, ContractError> {
    match name(storage, id)? {
        Tenant::Local { address } => Ok(address),
        Tenant::Remote { .. } => Err(ContractError::Missing { what: "a local address" }),
    }
}

/// Hash over the kind and the length-prefixed parts, so that no two names have the same input.
fn key(name: &Tenant) -> [u8; 32] {
    let (kind, parts) = match name {
        Tenant::Local { address } => (b"local", vec![address]),
        Tenant::Remote { route, sender, account } => (b"other", vec![route, sender, account]),
    };
    let mut hash = Sha256::new_with_prefix(kind);
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hash.update(length.to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
