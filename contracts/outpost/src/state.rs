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
            "contract_info", // of cw2
            allowance::ALLOWANCES.namespace(),
            auto_top_up::AUTO_TOP_UPS.namespace(),
            config::CONFIG.key(),
            config::OWNERSHIP.key(),
            order::LAST_SEQ.key(),
            order::ORDERS.namespace(),
            order::BY_OWNER.namespace(),
            order::LIVE.namespace(),
            order::UNSENT.namespace(),
            flight::LAST_N.key(),
            flight::FLIGHTS.namespace(),
            flight::PACKETS.namespace(),
            route::ROUTES.namespace(),
            route::ROUTE_BY_CHANNEL.namespace(),
            route::ROUTE_BY_PEER.namespace(),
            route::PROVED.namespace(),
            route::PROBES.namespace(),
            route::CONTROL.namespace(),
            route::CONTROL_ROUTE.namespace(),
            route::ARMED.namespace(),
            control::AWAITED.namespace(),
            control::ASKED.namespace(),
            control::SETTLED.namespace(),
            ledger::CLAIMABLE.namespace(),
            ledger::UNCLAIMED.namespace(),
            ledger::BUDGETS.namespace(),
            ledger::TRACKED.namespace(),
            ledger::UNRESOLVED.namespace(),
        ];
        let distinct: BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
