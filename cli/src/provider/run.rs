//! The loop of a provider that works by itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use cosmos::chain::ChainError;
use market::msg::{LeaseId, LeaseInfo, OrderInfo};
use protocol::control::GroupState;

use super::config::rate;
use super::load::{Load, Orders};
use super::{Capacity, Config, Desk, Memory};
use crate::refusal;

/// What a round did; empty if there was nothing to do.
pub type Round = Vec<String>;

/// A provider that works by itself.
#[derive(Debug)]
pub struct Worker {
    desk: Desk,
    config: Config,
    stake: (u128, String),
    memory: Memory,
    /// Orders that the market did not let it bid for, and why: asked again they cost a query each.
    refused: BTreeMap<LeaseId, String>,
    /// Offers without bound that it was told of.
    unbounded: BTreeSet<u64>,
    withdrawn_at: Option<u64>,
}

impl Worker {
    /// A provider with this key, these decisions and this stake.
    #[must_use]
    pub const fn new(desk: Desk, config: Config, stake: (u128, String), memory: Memory) -> Self {
        Self {
            desk,
            config,
            stake,
            memory,
            refused: BTreeMap::new(),
            unbounded: BTreeSet::new(),
            withdrawn_at: None,
        }
    }

    /// How long to wait until the next round, in seconds.
    #[must_use]
    pub const fn pause_seconds(&self) -> u64 {
        self.config.poll_seconds
    }

    /// Registers if need be, beats for every lease that is due, decides the auctions that it leads,
    /// bids where it can, withdraws when it is time. `now` is seconds since 1970.
    ///
    /// # Errors
    /// The market cannot be asked, or refuses what should work; the next round tries again.
    pub async fn round(&mut self, now: u64) -> anyhow::Result<Round> {
        let mut done = Round::new();
        self.register(&mut done).await?;
        let leases = self.desk.leases().await?;
        self.beat(&leases, now, &mut done).await?;
        self.decide(now, &mut done).await?;
        let orders = self.desk.orders().await?;
        self.release(&orders, now, &mut done).await?;
        self.bid(&orders, &mut done).await?;
        self.withdraw(&leases, now, &mut done).await?;
        Ok(done)
    }

    async fn register(&self, done: &mut Round) -> anyhow::Result<()> {
        if self.desk.record().await?.is_some() {
            return Ok(());
        }
        let Config { host_uri, attributes, .. } = &self.config;
        let (amount, denom) = &self.stake;
        self.desk
            .register(host_uri, attributes, (*amount, denom))
            .await
            .context("cannot register")?;
        done.push(format!("registered with {amount} {denom}"));
        Ok(())
    }

    /// A lease is due when half of its window has passed: one beat may fail.
    async fn beat(&self, leases: &[LeaseInfo], now: u64, done: &mut Round) -> anyhow::Result<()> {
        let due = leases.iter().filter(|lease| is_due(lease, now));
        let due: Vec<LeaseId> = due.map(|lease| lease.id.clone()).collect();
        if !due.is_empty() {
            self.desk.beat(&due).await.context("cannot send a heartbeat")?;
            done.push(format!("sent a heartbeat for {} leases", due.len()));
        }
        Ok(())
    }

    /// Has the auctions decided in which its bid is the lowest: it is the one who gains by it, and after
    /// an hour nobody can.
    async fn decide(&self, now: u64, done: &mut Round) -> anyhow::Result<()> {
        for order in self.desk.orders().await? {
            let times = order.bidding_until.zip(order.match_by);
            if !is_undecided(times, now) || !self.desk.leads(&order.id).await? {
                continue;
            }
            match self.desk.decide(&order.id).await {
                Ok(_) => done.push(format!("had the auction of {} decided", order.id)),
                Err(error) if is_refusal(&error) => {
                    let reason = refusal::said(&error);
                    done.push(format!("the auction of {} is not decided: {reason}", order.id));
                }
                Err(error) => return Err(error.context(format!("cannot decide {}", order.id))),
            }
        }
        Ok(())
    }

    /// Takes back the deposits of bids that bind no more.
    async fn release(
        &mut self,
        orders: &[OrderInfo],
        now: u64,
        done: &mut Round,
    ) -> anyhow::Result<()> {
        for id in self.memory.orders() {
            let bid = self.desk.own_bid(&id).await?;
            let is_open = orders.iter().any(|order| order.id == id);
            match bid {
                Some(bid) if is_open && now <= bid.valid_until => continue,
                Some(bid) => {
                    self.desk.withdraw_bid(&id).await.context("cannot withdraw a bid")?;
                    done.push(format!(
                        "took back {} {} of a bid for {id}",
                        bid.deposit.amount, bid.deposit.denom
                    ));
                }
                // It was sent, and no block has it yet.
                None if is_open => continue,
                // It was accepted, or can be no more.
                None => {}
            }
            self.memory.remove(&id)?;
        }
        Ok(())
    }

    async fn bid(&mut self, orders: &[OrderInfo], done: &mut Round) -> anyhow::Result<()> {
        let open: BTreeSet<&LeaseId> = orders.iter().map(|order| &order.id).collect();
        self.refused.retain(|id, _| open.contains(id));
        let mut found = Orders::default();
        for order in orders {
            if self.desk.own_bid(&order.id).await?.is_some() {
                found.held.push(order);
            } else if self.memory.has(&order.id) {
                found.sent.push(order);
            } else if !self.refused.contains_key(&order.id) {
                found.free.push(order);
            }
        }
        let mut load = Load::default();
        for order in found.held.iter().chain(&found.sent) {
            load.add(&order.id, &order.group);
        }
        for offer in self.desk.offers().await? {
            let free_rate = self.desk.free_rate(&offer).await?;
            load.add_offer(&offer.terms.prices, free_rate);
            let free = Capacity::given_away(&offer.terms.prices).filter(|_| free_rate > 0);
            if let Some(resource) = free {
                if self.unbounded.insert(offer.id) {
                    done.push(format!(
                        "bids for nothing while offer {id} gives {resource} away, of which it may have to give any \
                         amount; `entrepot provider offer cancel {id}` ends it",
                        id = offer.id
                    ));
                }
            }
        }
        // After the bids: one that becomes a lease meanwhile is then among these, or among both.
        for lease in self.desk.leases().await? {
            if let Some(group) = self.desk.group(&lease.id).await? {
                load.add(&lease.id, &group);
            }
        }
        let Config { capacity, prices, .. } = &self.config;
        let again = found.sent.iter().filter_map(|order| {
            let rate = rate(prices, &order.denom, &order.group)?;
            (rate <= order.group.max_rate.u128()).then_some((*order, rate))
        });
        let mut chosen: Vec<_> = again.collect();
        chosen.extend(load.choose(found.free, capacity, prices));
        for (order, rate) in chosen {
            self.bid_for(order, rate, done).await?;
        }
        Ok(())
    }

    async fn bid_for(
        &mut self,
        order: &OrderInfo,
        rate: u128,
        done: &mut Round,
    ) -> anyhow::Result<()> {
        self.memory.add(&order.id)?;
        match self.desk.bid(order, rate, self.config.valid_for_seconds).await {
            Ok(_) => done.push(format!("bid {rate} nano-units per second for {}", order.id)),
            Err(error) if is_refusal(&error) => {
                let reason = refusal::said(&error);
                done.push(format!("the market takes no bid for {}: {reason}", order.id));
                self.refused.insert(order.id.clone(), reason);
                self.memory.remove(&order.id)?;
            }
            Err(error) => return Err(error.context(format!("cannot bid for {}", order.id))),
        }
        Ok(())
    }

    async fn withdraw(
        &mut self,
        leases: &[LeaseInfo],
        now: u64,
        done: &mut Round,
    ) -> anyhow::Result<()> {
        let every = self.config.withdraw_every_seconds;
        if self.withdrawn_at.is_some_and(|at| now < at.saturating_add(every)) {
            return Ok(());
        }
        for lease in leases.iter().filter(|lease| !lease.withdrawable.is_zero()) {
            self.desk.withdraw(&lease.id).await.context("cannot withdraw")?;
            done.push(format!("withdrew {} {} of {}", lease.withdrawable, lease.denom, lease.id));
        }
        for denom in self.desk.denoms().await? {
            let credit = self.desk.claimable(&denom).await?;
            if credit > 0 {
                self.desk.claim(&denom).await.context("cannot claim")?;
                done.push(format!("claimed {credit} {denom}"));
            }
        }
        self.withdrawn_at = Some(now);
        Ok(())
    }
}

/// Whether a lease needs a heartbeat now.
fn is_due(lease: &LeaseInfo, now: u64) -> bool {
    let half = lease.heartbeat_window_seconds / 2;
    lease.state == GroupState::Pending
        || lease.beats == 0
        || lease.silent_deadline.is_some()
        || now.saturating_add(half) >= lease.earns_until
}

/// Whether an auction waits for its decision: its bidding is over, and the hour for it is not.
fn is_undecided(times: Option<(u64, u64)>, now: u64) -> bool {
    times.is_some_and(|(bidding_until, match_by)| (bidding_until..match_by).contains(&now))
}

/// Whether the market said no, as opposed to a chain that cannot be reached.
fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ChainError>().is_some_and(|error| {
        matches!(error, ChainError::WouldFail { .. } | ChainError::Failed { .. })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auction_is_decided_in_its_hour_only() {
        let times = Some((100, 3_700));
        let decided = |now| is_undecided(times, now);
        assert_eq!([99, 100, 3_699, 3_700].map(decided), [false, true, true, false]);
        assert!(!is_undecided(None, 100), "an order that is no auction");
    }
}
