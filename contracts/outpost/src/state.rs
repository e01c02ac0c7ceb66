//! What the outpost remembers, by concern. The books themselves are in [`crate::ledger`].

pub(crate) mod allowance;
pub(crate) mod auto_top_up;
pub(crate) mod config;
pub(crate) mod control;
pub(crate) mod flight;
pub(crate) mod order;
pub(crate) mod route;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{allowance, auto_top_up, config, control, flight, order, route};
    use crate::ledger;

    // Rule 49: no two items share a key.
    #[test]
    fn storage_keys_are_unique() {
        let keys = [
            cw2::CONTRACT.as_slice().to_vec(),
            allowance::ALLOWANCES.namespace_bytes().to_vec(),
            auto_top_up::AUTO_TOP_UPS.namespace_bytes().to_vec(),
            config::CONFIG.as_slice().to_vec(),
            config::OWNERSHIP.as_slice().to_vec(),
            order::LAST_SEQ.as_slice().to_vec(),
            order::ORDERS.namespace_bytes().to_vec(),
            order::BY_OWNER.namespace_bytes().to_vec(),
            order::LIVE.namespace_bytes().to_vec(),
            order::UNSENT.namespace_bytes().to_vec(),
            flight::LAST_N.as_slice().to_vec(),
            flight::FLIGHTS.namespace_bytes().to_vec(),
            flight::PACKETS.namespace_bytes().to_vec(),
            route::ROUTES.namespace_bytes().to_vec(),
            route::ROUTE_BY_CHANNEL.namespace_bytes().to_vec(),
            route::ROUTE_BY_PEER.namespace_bytes().to_vec(),
            route::PROVED.namespace_bytes().to_vec(),
            route::PROBES.namespace_bytes().to_vec(),
            route::CONTROL.namespace_bytes().to_vec(),
            route::CONTROL_ROUTE.namespace_bytes().to_vec(),
            route::ARMED.namespace_bytes().to_vec(),
            control::AWAITED.namespace_bytes().to_vec(),
            control::ASKED.namespace_bytes().to_vec(),
            control::SETTLED.namespace_bytes().to_vec(),
            ledger::CLAIMABLE.namespace_bytes().to_vec(),
            ledger::UNCLAIMED.namespace_bytes().to_vec(),
            ledger::BUDGETS.namespace_bytes().to_vec(),
            ledger::TRACKED.namespace_bytes().to_vec(),
            ledger::UNRESOLVED.namespace_bytes().to_vec(),
        ];
        let distinct: BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
