//! How much there is, for statistics. No rule depends on it, so it saturates and never fails a message.

use cosmwasm_std::Storage;
use protocol::json::Decode;
use serde::{Deserialize, Serialize};
use store::Item;

use crate::error::ContractError;

/// How much there is now. Written once by every message that begins or ends a deployment, an order, a
/// lease or a provider.
pub(crate) const TALLY: Item<Tally> = Item::new("tally");

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Decode)]
pub(crate) struct Tally {
    /// Providers, the leaving included.
    pub(crate) providers: u64,
    /// Deployments that live.
    pub(crate) deployments: u64,
    /// Orders that are open.
    pub(crate) orders: u64,
    /// Leases not closed.
    pub(crate) leases: u64,
}

impl Tally {
    /// What there is when `less` has gone and `more` has come.
    fn change(self, less: Self, more: Self) -> Self {
        let count = |now: u64, less: u64, more: u64| now.saturating_sub(less).saturating_add(more);
        Self {
            providers: count(self.providers, less.providers, more.providers),
            deployments: count(self.deployments, less.deployments, more.deployments),
            orders: count(self.orders, less.orders, more.orders),
            leases: count(self.leases, less.leases, more.leases),
        }
    }
}

/// Notes that `less` has gone and `more` has come; writes nothing if they are the same.
pub(crate) fn note(
    storage: &mut dyn Storage,
    less: Tally,
    more: Tally,
) -> Result<(), ContractError> {
    if less == more {
        return Ok(());
    }
    let tally = TALLY.may_load(storage)?.unwrap_or_default().change(less, more);
    Ok(TALLY.save(storage, &tally)?)
}
