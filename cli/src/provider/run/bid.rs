//! Bids, within what the provider can carry and wants to risk.

use std::collections::{BTreeMap, BTreeSet};

use market::msg::{LeaseId, OrderInfo, OwnBid};

use super::super::due::is_refusal;
use super::super::load::{Load, Terms};
use super::super::{Capacity, Config, Reach};
use super::{Round, Worker};
use crate::refusal;

/// Seconds for which an order is left alone that it could not bid for: what stood in the way may pass.
pub(super) const PASSED_OVER: u64 = 600;
/// Seconds for which a bid counts that the market's list does not show yet: another node may have answered.
pub(super) const UNSEEN: u64 = 120;

impl<R: Reach> Worker<R> {
    /// Bids where it can, from where the last round stopped.
    pub(super) async fn bid(
        &mut self,
        bids: &[OwnBid],
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.sent.retain(|_, (at, _)| now < at.saturating_add(UNSEEN));
        self.passed.retain(|_, until| now < *until);
        let load = self.load(bids, round).await?;
        let most = self.config.limits.orders_per_round;
        // Taken, so that a place in the list that is no more is not asked for again.
        let begin = self.cursor.take();
        let (orders, next) = self.desk.orders_after(begin.clone(), most).await?;
        let held: BTreeSet<&LeaseId> = bids.iter().map(|own| &own.order).collect();
        let free = orders.iter().filter(|order| {
            let id = &order.id;
            !held.contains(id) && !self.sent.contains_key(id) && !self.passed.contains_key(id)
        });
        let Config { capacity, prices, limits, .. } = &self.config;
        let gas_price = &self.desk.gas_price().clone();
        let chosen = load.choose(free, Terms { capacity, prices, limits, gas_price });
        if let [first, others @ ..] = &chosen.too_dear[..] {
            let (days, others) = (limits.deposit_days, others.len());
            round.done.push(format!(
                "no bid for {} and {others} others: the deposit would be beyond {days} days of the rate (`deposit_days`)",
                first.id
            ));
        }
        for order in chosen.too_dear {
            self.passed.insert(order.id.clone(), now.saturating_add(PASSED_OVER));
        }
        for (order, rate) in chosen.bids {
            if !self.may_send().await? {
                // The next round begins with these orders again.
                self.cursor = begin;
                return Ok(());
            }
            self.bid_for(order, rate, now, round).await?;
        }
        self.cursor = next;
        Ok(())
    }

    /// Everything that it has to carry, or may have to at any moment.
    pub(super) async fn load(
        &mut self,
        bids: &[OwnBid],
        round: &mut Round,
    ) -> anyhow::Result<Load> {
        let mut load = Load::default();
        for OwnBid { order, .. } in bids.iter().filter(|own| own.is_open) {
            if let Some(known) = self.known(order).await? {
                load.add(order, &known.group);
            }
        }
        for (order, (_, group)) in &self.sent {
            load.add(order, group);
        }
        let offers = self.desk.offers().await?;
        self.kept.unseen(&offers).for_each(|(prices, rate)| load.add_posted(prices, rate));
        for offer in offers {
            let rates = self.desk.rates(&offer).await?;
            load.add_offer(offer.id, &offer.terms.prices, rates);
            let free = Capacity::given_away(&offer.terms.prices).filter(|_| rates != (0, 0));
            if let Some(resource) = free {
                if self.unbounded.insert(offer.id) {
                    round.done.push(format!(
                        "bids for nothing while offer {id} gives {resource} away, of which it may have to give any \
                         amount; `entrepot provider offer cancel {id}` ends it",
                        id = offer.id
                    ));
                }
            }
        }
        // After the bids: one that becomes a lease meanwhile is then among these, or among both.
        let leases = self.desk.leases().await?;
        for lease in &leases {
            if let Some(group) = self.group(&lease.id).await? {
                load.add_lease(&lease.id, &group, lease.offer);
            }
        }
        let lives = |id: &LeaseId| {
            bids.iter().any(|own| own.order == *id) || leases.iter().any(|lease| lease.id == *id)
        };
        self.known.retain(|id, _| lives(id));
        Ok(load)
    }

    async fn bid_for(
        &mut self,
        order: &OrderInfo,
        rate: u128,
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        let id = &order.id;
        if let Some(reason) = self.lacks(order, rate).await? {
            self.pass_over(id, &reason, now, round);
            return Ok(());
        }
        self.sent.insert(id.clone(), (now, order.group.clone()));
        match self.desk.bid(order, rate, self.config.valid_for_seconds).await {
            Ok(_) => round.done.push(format!("bid {rate} nano-units per second for {id}")),
            Err(error) if is_refusal(&error) => {
                self.sent.remove(id);
                self.pass_over(id, &refusal::said(&error), now, round);
            }
            Err(error) => return Err(error.context(format!("cannot bid for {id}"))),
        }
        Ok(())
    }

    /// What the key lacks for a bid.
    async fn lacks(&self, order: &OrderInfo, rate: u128) -> anyhow::Result<Option<String>> {
        let (deposit, denom) = self.desk.bid_deposit(order, rate).await?;
        self.short_of(deposit, &denom).await
    }

    /// What the key lacks to put something down, and behind it the fees of what it serves already.
    pub(super) async fn short_of(
        &self,
        units: u128,
        denom: &str,
    ) -> anyhow::Result<Option<String>> {
        let price = self.desk.gas_price();
        let mut needs = BTreeMap::from([(price.denom(), self.config.limits.kept(price))]);
        let need = needs.entry(denom).or_default();
        *need = need.saturating_add(units);
        for (denom, need) in needs {
            let has = self.desk.balance(denom).await?;
            if has < need {
                return Ok(Some(format!(
                    "the key has {has} {denom}, and needs {need} with what is kept for fees (`keep_for_fees`)"
                )));
            }
        }
        Ok(None)
    }

    fn pass_over(&mut self, order: &LeaseId, reason: &str, now: u64, round: &mut Round) {
        self.passed.insert(order.clone(), now.saturating_add(PASSED_OVER));
        round.done.push(format!("no bid for {order}: {reason}"));
    }
}
