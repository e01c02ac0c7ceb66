//! What a provider carries or may have to carry at any moment, and what it can still bid for.

use std::collections::BTreeMap;

use cosmos::wire::gas::GasPrice;
use market::msg::{LeaseId, OrderInfo, Prices};
use protocol::Group;

use super::capacity::Needs;
use super::config::rate;
use super::{Capacity, DenomPrices, Limits};

/// Needs of leases and of own bids, each once, and of what offers may become.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    /// With the number of the offer that a lease was started from.
    each: BTreeMap<LeaseId, (Option<u64>, Needs)>,
    /// By number.
    offers: BTreeMap<u64, Offered>,
    /// Of offers that have no number yet.
    posted: Needs,
}

/// What an offer may be asked for, by what its bond covers.
#[derive(Clone, Debug, Default)]
struct Offered {
    /// Beside the leases that it has.
    free: Needs,
    /// With them, or in their place once they end.
    whole: Needs,
}

/// What a provider bids by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) capacity: &'a Capacity,
    pub(super) prices: &'a [DenomPrices],
    pub(super) limits: &'a Limits,
    pub(super) gas_price: &'a GasPrice,
}

/// The orders that fit by price and capacity.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen<'a> {
    /// Those to bid for, and at which rate.
    pub(super) bids: Vec<(&'a OrderInfo, u128)>,
    /// Those whose deposit would be beyond the bounds.
    pub(super) too_dear: Vec<&'a OrderInfo>,
}

impl Terms<'_> {
    /// What to bid for an order; none if something has no price, or the tenant pays less.
    fn rate(&self, order: &OrderInfo) -> Option<u128> {
        let rate = rate(self.prices, &order.denom, &order.group)?;
        let rate = rate.max(self.limits.least_rate(order, self.gas_price));
        (rate <= order.group.max_rate.u128()).then_some(rate)
    }
}

impl Load {
    /// Counts a bid.
    pub(super) fn add(&mut self, id: &LeaseId, group: &Group) {
        self.add_lease(id, group, None);
    }

    /// Counts a lease, which may be an offer's.
    pub(super) fn add_lease(&mut self, id: &LeaseId, group: &Group, offer: Option<u64>) {
        self.each.insert(id.clone(), (offer, Needs::of(group)));
    }

    /// Counts what a standing offer may be asked for at any moment: of what leases may cost for which it has a bond, and
    /// of what is free of that. So the end of a lease makes no room for a bid that the offer may need again.
    pub(super) fn add_offer(&mut self, id: u64, prices: &Prices, (whole, free): (u128, u128)) {
        let (free, whole) = (Needs::within(prices, free), Needs::within(prices, whole));
        self.offers.insert(id, Offered { free, whole });
    }

    /// Counts an offer that has no number yet.
    pub(super) fn add_posted(&mut self, prices: &Prices, rate: u128) {
        self.posted.add(&Needs::within(prices, rate));
    }

    /// The same without an offer and its leases.
    pub(super) fn without(mut self, offer: u64) -> Self {
        self.offers.remove(&offer);
        self.each.retain(|_, (of, _)| *of != Some(offer));
        self
    }

    /// What is beyond a capacity if `more` is promised beside it; none if it is within.
    pub(super) fn lacks(&self, capacity: &Capacity, more: &Needs) -> Option<String> {
        capacity.lacks(&self.total(), more)
    }

    /// What all of it needs.
    fn total(&self) -> Needs {
        let mut total = self.posted.clone();
        let mut taken: BTreeMap<u64, Needs> = BTreeMap::new();
        for (offer, needs) in self.each.values() {
            match offer.filter(|offer| self.offers.contains_key(offer)) {
                Some(offer) => taken.entry(offer).or_default().add(needs),
                None => total.add(needs),
            }
        }
        for (id, Offered { free, whole }) in &self.offers {
            let mut now = taken.remove(id).unwrap_or_default();
            now.add(free);
            total.add(&now.at_least(whole));
        }
        total
    }

    /// Chooses the orders to bid for, and at which rate: in their order, as long as everything
    /// together stays within the capacity.
    pub(super) fn choose<'a>(
        &self,
        orders: impl IntoIterator<Item = &'a OrderInfo>,
        terms: Terms<'_>,
    ) -> Chosen<'a> {
        let mut used = self.total();
        let mut chosen = Chosen::default();
        for order in orders {
            let Some(rate) = terms.rate(order) else { continue };
            let needs = Needs::of(&order.group);
            if !terms.capacity.holds(&used, &needs) {
                continue;
            }
            if terms.limits.allows_deposit(order, rate) {
                used.add(&needs);
                chosen.bids.push((order, rate));
            } else {
                chosen.too_dear.push(order);
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

    /// The rates that `load` bids within `capacity`, by the order's number.
    fn choose(load: &Load, orders: &[OrderInfo], capacity: &Capacity) -> Vec<(u64, u128)> {
        within(load, orders, capacity, &Limits::default())
    }

    fn within(
        load: &Load,
        orders: &[OrderInfo],
        capacity: &Capacity,
        limits: &Limits,
    ) -> Vec<(u64, u128)> {
        let gas_price = &GasPrice::new(25_000_000_000_000_000, "stake");
        let terms = Terms { capacity, prices: &prices(), limits, gas_price };
        let chosen = load.choose(orders, terms).bids;
        chosen.iter().map(|(order, rate)| (order.id.deployment.seq, *rate)).collect()
    }

    fn room_for(orders: u64) -> Capacity {
        let mut needs = Needs::default();
        for _ in 0..orders {
            needs.add(&Needs::of(&order(0).group));
        }
        room(needs)
    }

    /// Enough for something without graphics processors.
    fn room(needs: Needs) -> Capacity {
        let Needs { cpu_milli, memory_bytes, storage_bytes, gpus, .. } = needs;
        assert!(gpus.is_empty());
        Capacity { cpu_milli, memory_bytes, storage_bytes, ..Capacity::default() }
    }

    #[test]
    fn of_two_orders_at_once_it_bids_for_what_it_can_carry() {
        let orders = [order(1), order(2), order(3)];
        for room in 0..4 {
            let chosen = choose(&Load::default(), &orders, &room_for(room));
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
        assert_eq!(choose(&load, &orders, &room_for(1)).len(), 0);
        assert_eq!(choose(&load, &orders, &room_for(2)).len(), 1);
    }

    #[test]
    fn an_offer_may_be_filled_at_any_moment() {
        let orders = [order(1)];
        let needs = Needs::of(&order(0).group);
        let mut load = Load::default();
        // What the bond covers of each resource alone is at least what a web server has of it.
        load.add_offer(7, &web_prices(), (WEB_RATE, WEB_RATE));
        let offered = load.total();
        assert!(offered.cpu_milli >= needs.cpu_milli && offered.memory_bytes >= needs.memory_bytes);
        assert!(choose(&load, &orders, &room_for(1)).is_empty());
        assert!(choose(&load, &orders, &room(offered.clone())).is_empty(), "all of it is offered");
        let mut both = offered;
        both.add(&needs);
        assert_eq!(choose(&load, &orders, &room(both)).len(), 1);
        let mut ended = Load::default();
        ended.add_offer(7, &web_prices(), (0, 0));
        assert_eq!(choose(&ended, &orders, &room_for(1)).len(), 1, "nothing is left of it");
    }

    /// When its lease ends an offer may be asked for another at once, and for all that its bond covers.
    #[test]
    fn what_a_lease_has_of_an_offer_is_no_room_for_a_bid() {
        let (lease, orders) = (order(1), [order(2)]);
        let needs = Needs::of(&lease.group);
        let whole = Needs::within(&web_prices(), WEB_RATE);
        let mut load = Load::default();
        load.add_offer(7, &web_prices(), (WEB_RATE, 0));
        load.add_lease(&lease.id, &lease.group, Some(7));
        assert_eq!(load.total(), whole, "the lease is within it");
        let mut both = whole;
        both.add(&needs);
        assert_eq!(choose(&load, &orders, &room(both.clone())).len(), 1);
        both.cpu_milli -= 1;
        assert!(choose(&load, &orders, &room(both)).is_empty());
        assert_eq!(load.clone().without(7).total(), Needs::default());
        load.add_offer(7, &web_prices(), (0, 0));
        assert_eq!(load.total(), needs, "one that was ended has its leases left");
    }

    #[test]
    fn what_it_cannot_price_or_is_too_dear_takes_no_room() {
        let mut cheap = order(1);
        cheap.group.max_rate = Uint128::new(WEB_RATE - 1);
        let mut foreign = order(2);
        foreign.denom = "other".into();
        let orders = [cheap, foreign, order(3)];
        assert_eq!(choose(&Load::default(), &orders, &room_for(1)), [(3, WEB_RATE)]);
    }

    #[test]
    fn a_tenants_limit_does_not_decide_how_much_is_put_down() {
        let mut generous = order(1);
        generous.secured_rate = Uint128::new(10 * WEB_RATE);
        let mut trap = order(2);
        trap.secured_rate = Uint128::new(10 * WEB_RATE + 1);
        let mut huge = order(3);
        huge.secured_rate = Uint128::new(1_000 * WEB_RATE);
        let orders = [trap, huge, generous];
        let room = room_for(3);
        assert_eq!(choose(&Load::default(), &orders, &room), [(1, WEB_RATE)]);
        let limits = Limits { deposit_days: 1_000, ..Limits::default() };
        assert_eq!(within(&Load::default(), &orders, &room, &limits).len(), 3);
    }

    #[test]
    fn nothing_is_served_for_less_than_it_costs() {
        let mut tiny = order(1);
        tiny.group.heartbeat_window_seconds = Some(900);
        tiny.group.max_rate = Uint128::new(WEB_RATE);
        let given = Limits {
            least_rates: BTreeMap::from([("usdx".into(), Uint128::new(WEB_RATE + 1))]),
            ..Limits::default()
        };
        assert!(
            within(&Load::default(), std::slice::from_ref(&tiny), &room_for(1), &given).is_empty()
        );
        tiny.group.max_rate = Uint128::new(WEB_RATE + 1);
        let bids = within(&Load::default(), std::slice::from_ref(&tiny), &room_for(1), &given);
        assert_eq!(bids, [(1, WEB_RATE + 1)], "it asks for its least");
        // 170,000 gas at 0.025 are 4,250 units, every 450 seconds.
        tiny.denom = "stake".into();
        let gas_price = GasPrice::new(25_000_000_000_000_000, "stake");
        assert_eq!(Limits::default().least_rate(&tiny, &gas_price), 9_444_444_445);
    }

    #[test]
    fn what_a_thousand_heartbeats_cost_stays() {
        let gas_price = GasPrice::new(25_000_000_000_000_000, "stake");
        assert_eq!(Limits::default().kept(&gas_price), 4_250_000);
        let limits = Limits { keep_for_fees: Some(7), ..Limits::default() };
        assert_eq!(limits.kept(&gas_price), 7);
    }
}
