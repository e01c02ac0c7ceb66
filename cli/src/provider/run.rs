//! The loop of a provider that works by itself.

mod bid;
mod offer;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Context as _;
use market::msg::{LeaseId, LeaseInfo, OwnBid};
use protocol::Group;

use super::due::{
    beat_is_due, is_binding, is_over, is_refusal, is_undecided, is_unpaid, next_beat, was_silent,
};
use super::{Config, Desk, Reach};
use crate::session::Actor;
use offer::Kept;

/// Seconds between two looks at whether the deployments still have money.
const MONEY: u64 = 600;
/// Seconds by which the chain's clock and the machine's may differ before that is told.
const CLOCKS: u64 = 60;
/// Seconds after which a round begins nothing more. A lease may begin at any moment, is seen by the next round, and has
/// 900 seconds at least until its first heartbeat.
const ROUND: u64 = 300;
/// Seconds at most from a round that was not whole to the next: a heartbeat may be among what failed.
const RETRY: u64 = 60;

/// What a round did, and what went wrong in it; empty if there was nothing to do.
#[derive(Debug, Default)]
pub struct Round {
    /// What was done, a line each.
    pub done: Vec<String>,
    /// What was not, and why; the next round tries again.
    pub failed: Vec<anyhow::Error>,
}

/// A provider that works by itself.
#[derive(Debug)]
pub struct Worker<R = Actor> {
    desk: Desk<R>,
    config: Config,
    stake: (u128, String),
    /// Orders that it could not bid for, and until when they are left alone.
    passed: BTreeMap<LeaseId, u64>,
    /// Offers without bound that it was told of.
    unbounded: BTreeSet<u64>,
    /// The offers of its file.
    kept: Kept,
    /// Its newest bids, until the market's list is sure to have them.
    sent: BTreeMap<LeaseId, (u64, Group)>,
    /// What its bids and leases are for, which never changes.
    known: BTreeMap<LeaseId, Known>,
    /// The open order behind which the next round goes on.
    cursor: Option<LeaseId>,
    /// What is to be paid out of the last time it was due.
    payouts: VecDeque<Payout>,
    withdrawn_at: Option<u64>,
    money_seen_at: Option<u64>,
    clocks_told: bool,
    /// Transactions beside heartbeats that this round may still send.
    left: u32,
    /// When this round begins nothing more, by the chain's clock: a heartbeat is due then, or it took long enough.
    until: u64,
    /// Seconds from this round to the next.
    pause: u64,
}

#[derive(Clone, Debug)]
struct Known {
    group: Group,
    /// In an auction: until when bids are taken, and until when it can be decided.
    times: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
enum Payout {
    Lease(LeaseId, String),
    Claim(String),
}

impl Round {
    /// Takes note of a step that may have been refused, which stops nothing behind it. Whatever else goes wrong
    /// would go wrong with the next step too.
    fn note(&mut self, step: anyhow::Result<String>) -> anyhow::Result<()> {
        match step {
            Ok(done) => self.done.push(done),
            Err(error) if is_refusal(&error) => self.failed.push(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl<R: Reach> Worker<R> {
    /// A provider with this key, these decisions and this stake.
    #[must_use]
    pub fn new(desk: Desk<R>, config: Config, stake: (u128, String)) -> Self {
        Self {
            desk,
            pause: config.poll_seconds,
            config,
            stake,
            passed: BTreeMap::new(),
            unbounded: BTreeSet::new(),
            kept: Kept::default(),
            sent: BTreeMap::new(),
            known: BTreeMap::new(),
            cursor: None,
            payouts: VecDeque::new(),
            withdrawn_at: None,
            money_seen_at: None,
            clocks_told: false,
            left: 0,
            until: 0,
        }
    }

    /// How long to wait until the next round, in seconds: as configured, or until the next heartbeat is due; a minute at
    /// most after a round that was not whole.
    #[must_use]
    pub const fn pause_seconds(&self) -> u64 {
        self.pause
    }

    /// Beats for every lease that is due, before anything else; then ends leases that are over, decides the auctions
    /// that it leads, takes deposits back, withdraws when it is time, has its offers stand, and bids where it can. `clock` is the machine's,
    /// in seconds since 1970; it decides nothing, but is compared with the chain's.
    pub async fn round(&mut self, clock: u64) -> Round {
        let mut round = Round::default();
        self.left = self.config.limits.transactions_per_round;
        self.pause = self.config.poll_seconds;
        if let Err(error) = self.work(clock, &mut round).await {
            round.failed.push(error);
        }
        if !round.failed.is_empty() {
            self.pause = self.pause.min(RETRY);
        }
        round
    }

    async fn work(&mut self, clock: u64, round: &mut Round) -> anyhow::Result<()> {
        let settled = self.desk.settle().await;
        let now = self.desk.now().await?;
        self.compare(now, clock, round);
        let leases = self.desk.leases().await?;
        self.beat(&leases, now, round).await?;
        // A heartbeat may be sent twice. All else waits until it is known what became of the transaction of before.
        round.done.extend(settled?);
        let beat = leases.iter().filter_map(|lease| next_beat(lease, now)).min();
        self.until = beat.unwrap_or(u64::MAX).min(now.saturating_add(ROUND));
        self.register(round).await?;
        self.leave(&leases, now, round).await?;
        let bids = self.desk.own_bids().await?;
        self.decide(&bids, now, round).await?;
        self.release(&bids, now, round).await?;
        self.withdraw(&leases, now, round).await?;
        self.offer(&bids, now, round).await?;
        self.bid(&bids, now, round).await?;
        if let Some(beat) = beat {
            let left = beat.saturating_sub(self.desk.now().await?);
            self.pause = self.pause.min(left).max(1);
        }
        Ok(())
    }

    /// Whether this round may send another transaction; if so, it is counted. None is begun when a heartbeat is due.
    async fn may_send(&mut self) -> anyhow::Result<bool> {
        if self.left == 0 || self.desk.now().await? >= self.until {
            self.left = 0;
            return Ok(false);
        }
        self.left -= 1;
        Ok(true)
    }

    fn compare(&mut self, now: u64, clock: u64, round: &mut Round) {
        let differ = now.abs_diff(clock) > CLOCKS;
        if differ && !self.clocks_told {
            let seconds = now.abs_diff(clock);
            let how = if now < clock { "behind" } else { "ahead of" };
            round.done.push(format!(
                "the newest block is {seconds} seconds {how} this machine's clock, and counts; is the node up to date?"
            ));
        }
        self.clocks_told = differ;
    }

    async fn beat(&self, leases: &[LeaseInfo], now: u64, round: &mut Round) -> anyhow::Result<()> {
        let due = leases.iter().filter(|lease| beat_is_due(lease, now));
        let due: Vec<LeaseId> = due.map(|lease| lease.id.clone()).collect();
        if due.is_empty() {
            return Ok(());
        }
        let sent = self.desk.beat(&due).await.context("cannot send a heartbeat");
        round.note(sent.map(|_| format!("sent a heartbeat for {} leases", due.len())))
    }

    async fn register(&self, round: &mut Round) -> anyhow::Result<()> {
        if self.desk.record().await?.is_some() {
            return Ok(());
        }
        let Config { host_uri, attributes, .. } = &self.config;
        let (amount, denom) = &self.stake;
        let registered = self.desk.register(host_uri, attributes, (*amount, denom)).await;
        registered.context("cannot register")?;
        round.done.push(format!("registered with {amount} {denom}"));
        Ok(())
    }

    /// Ends the leases that have run their time, and leaves those that are served for nothing: nobody else would, and
    /// they hold its bond and its capacity.
    async fn leave(
        &mut self,
        leases: &[LeaseInfo],
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        for lease in leases.iter().filter(|lease| is_over(lease, now)) {
            if !self.may_send().await? {
                return Ok(());
            }
            let (ended, how) = if was_silent(lease) {
                (
                    self.desk.close_silent(&lease.id).await,
                    "was silent until its deadline: its bond is lost",
                )
            } else {
                (self.desk.end(&lease.id).await, "has run its time")
            };
            let ended = ended.with_context(|| format!("cannot end {}", lease.id));
            round.note(ended.map(|_| format!("ended {}, which {how}", lease.id)))?;
        }
        if self.money_seen_at.is_some_and(|at| now < at.saturating_add(MONEY)) {
            return Ok(());
        }
        for lease in leases.iter().filter(|lease| !is_over(lease, now)) {
            let status = self.desk.status(&lease.id.deployment).await?;
            if !is_unpaid(&status, self.config.limits.unpaid_seconds) {
                continue;
            }
            if !self.may_send().await? {
                return Ok(());
            }
            let left = self.desk.close(&lease.id).await;
            let left = left.with_context(|| format!("cannot leave {}", lease.id));
            round.note(left.map(|_| format!("left {}, which is out of money", lease.id)))?;
        }
        self.money_seen_at = Some(now);
        Ok(())
    }

    /// Has the auctions decided in which its bid is the lowest: it is the one who gains by it, and after
    /// an hour nobody can.
    async fn decide(&mut self, bids: &[OwnBid], now: u64, round: &mut Round) -> anyhow::Result<()> {
        for OwnBid { order, .. } in bids.iter().filter(|own| own.is_open) {
            let times = self.known(order).await?.and_then(|known| known.times);
            if !is_undecided(times, now)
                || !self.desk.leads(order).await?
                || !self.may_send().await?
            {
                continue;
            }
            let decided = self.desk.decide(order).await;
            let decided = decided.with_context(|| format!("cannot decide the auction of {order}"));
            round.note(decided.map(|_| format!("had the auction of {order} decided")))?;
        }
        Ok(())
    }

    /// Takes back the deposits of bids that bind no more.
    async fn release(
        &mut self,
        bids: &[OwnBid],
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        for OwnBid { order, bid, .. } in bids.iter().filter(|own| !is_binding(own, now)) {
            if !self.may_send().await? {
                return Ok(());
            }
            let taken = self.desk.withdraw_bid(order).await;
            let taken = taken.with_context(|| format!("cannot take back the bid for {order}"));
            let (amount, denom) = (bid.deposit.amount, &bid.deposit.denom);
            round
                .note(taken.map(|_| format!("took back {amount} {denom} of a bid for {order}")))?;
        }
        Ok(())
    }

    /// Has paid what was earned and credited, once in a while: what is due then, over as many rounds as it takes.
    async fn withdraw(
        &mut self,
        leases: &[LeaseInfo],
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        let every = self.config.withdraw_every_seconds;
        if self.withdrawn_at.is_none_or(|at| now >= at.saturating_add(every)) {
            self.payouts = self.due_payouts(leases).await?;
            self.withdrawn_at = Some(now);
        }
        while !self.payouts.is_empty() && self.may_send().await? {
            let Some(payout) = self.payouts.pop_front() else { break };
            let paid = match &payout {
                Payout::Lease(lease, what) => {
                    let paid = self.desk.withdraw(lease).await;
                    let paid = paid.with_context(|| format!("cannot withdraw from {lease}"));
                    paid.map(|_| format!("withdrew {what} of {lease}"))
                }
                Payout::Claim(denom) => self.claim(denom).await,
            };
            round.note(paid)?;
        }
        Ok(())
    }

    async fn due_payouts(&self, leases: &[LeaseInfo]) -> anyhow::Result<VecDeque<Payout>> {
        let earned = leases.iter().filter(|lease| !lease.withdrawable.is_zero());
        let mut due: VecDeque<Payout> = earned
            .map(|lease| {
                Payout::Lease(lease.id.clone(), format!("{} {}", lease.withdrawable, lease.denom))
            })
            .collect();
        for denom in self.desk.denoms().await? {
            if self.desk.claimable(&denom).await? > 0 {
                due.push_back(Payout::Claim(denom));
            }
        }
        Ok(due)
    }

    async fn claim(&self, denom: &str) -> anyhow::Result<String> {
        let credit = self.desk.claimable(denom).await?;
        self.desk.claim(denom).await.with_context(|| format!("cannot claim {denom}"))?;
        Ok(format!("claimed {credit} {denom}"))
    }

    /// What an order is for; none if it is not open any more.
    async fn known(&mut self, order: &LeaseId) -> anyhow::Result<Option<Known>> {
        if let Some(known) = self.known.get(order) {
            return Ok(Some(known.clone()));
        }
        let Some(found) = self.desk.find_order(order).await? else { return Ok(None) };
        let times = found.bidding_until.zip(found.match_by);
        let known = Known { group: found.group, times };
        self.known.insert(order.clone(), known.clone());
        Ok(Some(known))
    }

    /// What a lease is for; none if it is closed.
    async fn group(&mut self, lease: &LeaseId) -> anyhow::Result<Option<Group>> {
        if let Some(known) = self.known.get(lease) {
            return Ok(Some(known.group.clone()));
        }
        let Some(group) = self.desk.group(lease).await? else { return Ok(None) };
        self.known.insert(lease.clone(), Known { group: group.clone(), times: None });
        Ok(Some(group))
    }
}
