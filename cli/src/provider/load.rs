//! What a provider carries or may have to carry at any moment, and what it can still bid for.

use std::collections::BTreeMap;

use market::msg::{LeaseId, OrderInfo, Prices};
use protocol::Group;

use super::config::rate;
use super::{Capacity, DenomPrices};

/// Needs of leases and of own bids, each once, and of what offers may still become.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    each: BTreeMap<LeaseId, Capacity>,
    offered: Capacity,
}

/// The open orders, as a provider sees them.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders<'a> {
    /// Those with a bid of its own.
    pub(super) held: Vec<&'a OrderInfo>,
    /// Those for which a bid was sent that no block has yet. It may still come, so they count as held; bidding
    /// again takes the place of the transaction before, or finds it done.
    pub(super) sent: Vec<&'a OrderInfo>,
    /// All others.
    pub(super) free: Vec<&'a OrderInfo>,
}

impl Load {
    /// Counts a lease or a bid.
    pub(super) fn add(&mut self, id: &LeaseId, group: &Group) {
        self.each.insert(id.clone(), Capacity::of(group));
    }

    /// Counts what a standing offer may still become at any moment, by what its bond can cover.
    pub(super) fn add_offer(&mut self, prices: &Prices, free_rate: u128) {
        self.offered.add(&Capacity::within(prices, free_rate));
    }

    /// What all of it needs.
    fn total(&self) -> Capacity {
        let mut total = self.offered.clone();
        self.each.values().for_each(|needs| total.add(needs));
        total
    }

    /// Chooses the orders to bid for, and at which rate: in their order, as long as everything
    /// together stays within `capacity`.
    pub(super) fn choose<'a>(
        &self,
        orders: impl IntoIterator<Item = &'a OrderInfo>,
        capacity: &Capacity,
        prices: &[DenomPrices],
    ) -> Vec<(&'a OrderInfo, u128)> {
        let mut used = self.total();
        let mut chosen = Vec::new();
        for order in orders {
            let Some(rate) = rate(prices, &order.denom, &order.group) else { continue };
            let needs = Capacity::of(&order.group);
            if rate <= order.group.max_rate.u128() && capacity.holds(&used, &needs) {
                used.add(&needs);
                chosen.push((order, rate));
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::Uint128;
    use protocol::{DeploymentId, Selection, Tenant};
    use simnet::world::orders::{WEB_RATE, web_group, web_prices};

    use super::*;

    fn order(seq: u64) -> OrderInfo {
        let tenant = Tenant::Local { address: "tenant".into() };
        OrderInfo {
            id: LeaseId { deployment: DeploymentId { tenant, seq }, group: 0 },
            denom: "usdx".into(),
            group: web_group("web", Selection::Manual {}),
            expires_at: 1,
            bidding_until: None,
            match_by: None,
            bids: 0,
            secured_rate: Uint128::zero(),
        }
    }

    fn prices() -> Vec<DenomPrices> {
        vec![DenomPrices { denom: "usdx".into(), each: web_prices() }]
    }

    fn room_for(orders: u64) -> Capacity {
        let mut room = Capacity::default();
        for _ in 0..orders {
            room.add(&Capacity::of(&order(0).group));
        }
        room
    }

    #[test]
    fn of_two_orders_at_once_it_bids_for_what_it_can_carry() {
        let orders = [order(1), order(2), order(3)];
        for room in 0..4 {
            let chosen = Load::default().choose(&orders, &room_for(room), &prices());
            assert_eq!(chosen.len() as u64, room.min(3));
            assert!(chosen.iter().all(|(_, rate)| *rate == WEB_RATE));
        }
    }

    #[test]
    fn a_bid_that_has_become_a_lease_meanwhile_counts_once_and_not_less() {
        let mut load = Load::default();
        let held = order(1);
        load.add(&held.id, &held.group);
        load.add(&held.id, &held.group);
        let orders = [order(2), order(3)];
        assert_eq!(load.choose(&orders, &room_for(1), &prices()).len(), 0);
        assert_eq!(load.choose(&orders, &room_for(2), &prices()).len(), 1);
    }

    #[test]
    fn an_offer_may_be_filled_at_any_moment() {
        let orders = [order(1)];
        let needs = Capacity::of(&order(0).group);
        let mut load = Load::default();
        // What the bond covers of each resource alone is at least what a web server has of it.
        load.add_offer(&web_prices(), WEB_RATE);
        let offered = load.total();
        assert!(offered.cpu_milli >= needs.cpu_milli && offered.memory_bytes >= needs.memory_bytes);
        assert!(load.choose(&orders, &room_for(1), &prices()).is_empty());
        let mut room = offered;
        assert!(load.choose(&orders, &room, &prices()).is_empty(), "all of it is offered");
        room.add(&needs);
        assert_eq!(load.choose(&orders, &room, &prices()).len(), 1);
        let mut full = Load::default();
        full.add_offer(&web_prices(), 0);
        assert_eq!(full.choose(&orders, &room_for(1), &prices()).len(), 1, "nothing is left of it");
    }

    #[test]
    fn what_it_cannot_price_or_is_too_dear_takes_no_room() {
        let mut cheap = order(1);
        cheap.group.max_rate = Uint128::new(WEB_RATE - 1);
        let mut foreign = order(2);
        foreign.denom = "other".into();
        let orders = [cheap, foreign, order(3)];
        let chosen = Load::default().choose(&orders, &room_for(1), &prices());
        let chosen: Vec<u64> = chosen.iter().map(|(order, _)| order.id.deployment.seq).collect();
        assert_eq!(chosen, [3]);
    }
}
