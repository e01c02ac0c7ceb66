//! Where orders and leases stand, for lists of them: each list walks the index that leaves least to skip.

use cosmwasm_std::{Order as Direction, StdResult, Storage};
use cw_storage_plus::Bound;
use protocol::{DeploymentId, Tenant};
use store::{Entries, Map};

use crate::error::ContractError;
use crate::msg::LeaseId;
use crate::state::deployment::{self as state, GroupKey, LEASES_BY_PROVIDER, SLOTS, Slot};
use crate::state::principal::{self, PrincipalId};

/// Where a list stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// What goes on after it: in a tenant's list (its number, group), else (deployment, group).
    cursor: (u64, u32),
    /// What is there, if anything is.
    pub(super) key: Option<GroupKey>,
}

/// A group that no deployment has: behind all of a deployment.
const BEHIND: u32 = u32::MAX;

/// The places of a map by deployment, oldest first.
pub(super) fn of_all<'a, T>(
    store: &'a dyn Storage,
    map: &Map<GroupKey, T>,
    after: Option<&LeaseId>,
) -> Result<Entries<'a, Place>, ContractError> {
    let keys = map.keys(store, after_key(store, after)?, None, Direction::Ascending);
    Ok(Box::new(keys.map(|key| Ok(at(key?)))))
}

/// The places of a provider's leases, oldest deployment first.
pub(super) fn of_provider<'a>(
    store: &'a dyn Storage,
    provider: PrincipalId,
    after: Option<&LeaseId>,
) -> Result<Entries<'a, Place>, ContractError> {
    let prefix = LEASES_BY_PROVIDER.sub_prefix(provider);
    let keys = prefix.keys(store, after_key(store, after)?, None, Direction::Ascending);
    Ok(Box::new(keys.map(|key| Ok(at(key?)))))
}

/// The places of a tenant, by its numbers. Each of its deployments is at least one place, so that those
/// without anything count as looked at.
pub(super) fn of_tenant<'a, T>(
    store: &'a dyn Storage,
    map: &'a Map<GroupKey, T>,
    tenant: PrincipalId,
    after: Option<&LeaseId>,
) -> Result<Entries<'a, Place>, ContractError> {
    let after = after.map(|id| (id.deployment.seq, id.group));
    let start = after.map(|(seq, group)| match group {
        BEHIND => Bound::exclusive(seq),
        _ => Bound::inclusive(seq),
    });
    let slots = SLOTS.prefix(tenant).range(store, start, None, Direction::Ascending);
    let places = slots.flat_map(move |entry| {
        let group = entry.as_ref().ok().and_then(|(seq, _)| {
            after.filter(|after| after.0 == *seq).map(|after| Bound::exclusive(after.1))
        });
        let places = entry.and_then(|(seq, slot)| of_deployment(store, map, (seq, &slot), group));
        match places {
            Ok(places) => places.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        }
    });
    Ok(Box::new(places))
}

/// The places of one of a tenant's deployments, which has at most eight groups.
fn of_deployment<T>(
    store: &dyn Storage,
    map: &Map<GroupKey, T>,
    (seq, slot): (u64, &Slot),
    after: Option<Bound<'_, u32>>,
) -> StdResult<Vec<Place>> {
    let mut places = Vec::new();
    if let Slot::Live(number) = *slot {
        for group in map.prefix(number).keys(store, after, None, Direction::Ascending) {
            let group = group?;
            places.push(Place { cursor: (seq, group), key: Some((number, group)) });
        }
    }
    if places.is_empty() {
        places.push(Place { cursor: (seq, BEHIND), key: None });
    }
    Ok(places)
}

fn at(key: GroupKey) -> Place {
    Place { cursor: key, key: Some(key) }
}

/// What a caller names need not be there any more.
pub(super) fn after_key(
    store: &dyn Storage,
    after: Option<&LeaseId>,
) -> Result<Option<Bound<'static, GroupKey>>, ContractError> {
    let Some(id) = after else { return Ok(None) };
    Ok(Some(Bound::exclusive((state::number(store, &id.deployment)?, id.group))))
}

/// A place as a caller names it. In a list that is no tenant's there is something at each.
pub(super) fn named(
    store: &dyn Storage,
    tenant: Option<Tenant>,
    place: Option<Place>,
) -> Result<Option<LeaseId>, ContractError> {
    let Some(Place { cursor: (number, group), .. }) = place else { return Ok(None) };
    let deployment = match tenant {
        Some(tenant) => DeploymentId { tenant, seq: number },
        None => state::id(store, &state::record(store, number)?)?,
    };
    Ok(Some(LeaseId { deployment, group }))
}

/// Somebody whom a list is about. Whoever never appeared has nothing.
pub(super) fn somebody(
    store: &dyn Storage,
    name: Option<&Tenant>,
) -> Result<Option<PrincipalId>, ContractError> {
    name.map(|name| Ok(principal::find(store, name)?.unwrap_or(principal::NOBODY))).transpose()
}
