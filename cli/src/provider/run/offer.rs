//! Offers of the file: posted, renewed and changed, within what the provider can carry and wants to risk.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use market::msg::{ExecuteMsg, OfferInfo, OfferState, OfferTerms, OwnBid, Prices};

use super::super::Reach;
use super::super::capacity::Needs;
use super::super::due::is_refusal;
use super::super::standing::{Deed, StandingOffer, Why};
use super::bid::{PASSED_OVER, UNSEEN};
use super::{Payout, Round, Worker};
use crate::refusal;

/// What the loop remembers of the offers of its file.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Denoms whose offer is left alone, and until when.
    waits: BTreeMap<String, u64>,
    /// Offers by denom that were posted and that the market's list may not show yet.
    posted: BTreeMap<String, Posted>,
}

/// An offer that was posted a moment ago.
#[derive(Debug)]
struct Posted {
    at: u64,
    bond_denom: String,
    prices: Prices,
    /// What its leases may cost in all, in nano-units per second.
    rate: u128,
}

impl Kept {
    /// Forgets what was posted long enough ago to be in any list.
    fn forget(&mut self, now: u64) {
        self.posted.retain(|_, posted| now < posted.at.saturating_add(UNSEEN));
    }

    /// The offers that `listed` does not show yet.
    pub(super) fn unseen(&self, listed: &[OfferInfo]) -> impl Iterator<Item = (&Prices, u128)> {
        let is_listed = |denom: &str, posted: &Posted| {
            listed.iter().any(|offer| {
                let OfferInfo { terms, state, bond, .. } = offer;
                terms.denom == denom
                    && bond.denom == posted.bond_denom
                    && matches!(state, OfferState::Open | OfferState::Full)
            })
        };
        let unseen = self.posted.iter().filter(move |(denom, posted)| !is_listed(denom, posted));
        unseen.map(|(_, Posted { prices, rate, .. })| (prices, *rate))
    }
}

impl<R: Reach> Worker<R> {
    /// Has the offers of the file stand as it says. They come before bids, whose room they take.
    pub(super) async fn offer(
        &mut self,
        bids: &[OwnBid],
        now: u64,
        round: &mut Round,
    ) -> anyhow::Result<()> {
        if self.config.offers.is_empty() || self.left == 0 {
            return Ok(());
        }
        self.kept.forget(now);
        let offers = self.desk.offers().await?;
        self.end_expired(&offers, round).await?;
        for wanted in self.config.offers.clone() {
            if self.kept.waits.get(&wanted.denom).is_some_and(|until| now < *until) {
                continue;
            }
            let terms = wanted.terms(&self.config.prices, &self.config.capacity)?;
            let stands = wanted.find(&offers);
            let Some(deed) = wanted.due(stands, &terms, now) else { continue };
            if !self.may_send().await? {
                return Ok(());
            }
            let task = Task { wanted: &wanted, stands, terms, deed, now };
            self.keep(task, bids, round).await?;
        }
        Ok(())
    }

    /// Ends what has expired, so that its bond is free.
    async fn end_expired(&mut self, offers: &[OfferInfo], round: &mut Round) -> anyhow::Result<()> {
        for offer in offers.iter().filter(|offer| offer.state == OfferState::Expired) {
            if !self.may_send().await? {
                return Ok(());
            }
            let ended = self.desk.send(&ExecuteMsg::CancelOffer { offer: offer.id }, &[]).await;
            let ended = ended.map(|_| format!("ended offer {}, which has expired", offer.id));
            let is_free = ended.is_ok() && offer.bond.amount > offer.locked;
            round.note(ended)?;
            if is_free {
                self.payouts.push_back(Payout::Claim(offer.bond.denom.clone()));
            }
        }
        Ok(())
    }

    /// Does what is to be done for one offer, or says why not.
    async fn keep(
        &mut self,
        task: Task<'_>,
        bids: &[OwnBid],
        round: &mut Round,
    ) -> anyhow::Result<()> {
        let (denom, now) = (task.wanted.denom.clone(), task.now);
        let promise = self.promise(&task).await?;
        if let Some(reason) = self.prevents(&task, &promise, bids, round).await? {
            self.kept.waits.insert(denom, now.saturating_add(PASSED_OVER));
            round.done.push(format!("{}: {reason}", task.failing()));
            return Ok(());
        }
        self.kept.waits.insert(denom.clone(), now.saturating_add(UNSEEN));
        if task.deed == Deed::Post {
            let (bond_denom, prices) = (task.wanted.bond.denom.clone(), task.terms.prices.clone());
            let posted = Posted { at: now, bond_denom, prices, rate: promise.rate };
            self.kept.posted.insert(denom.clone(), posted);
        }
        let (msg, bond) = task.message();
        let funds = bond.map(|units| (units, task.wanted.bond.denom.as_str()));
        match self.desk.send(&msg, funds.as_slice()).await {
            Ok(_) => round.done.push(task.done()),
            Err(error) if is_refusal(&error) => {
                self.kept.posted.remove(&denom);
                self.kept.waits.insert(denom, now.saturating_add(PASSED_OVER));
                round.done.push(format!("{}: {}", task.failing(), refusal::said(&error)));
            }
            Err(error) => return Err(error.context(task.failing())),
        }
        Ok(())
    }

    /// What the offer promises as it stands, and what it would.
    async fn promise(&self, task: &Task<'_>) -> anyhow::Result<Promise> {
        let Task { wanted, stands, terms, .. } = task;
        let has = stands.map_or(0, |offer| offer.bond.amount.u128());
        let bond = |units: u128| (Uint128::new(units), wanted.bond.denom.as_str());
        let before = self.desk.rate_of(bond(has), &wanted.denom).await?;
        let with = bond(has.saturating_add(task.bond()));
        let rate = self.desk.rate_of(with, &wanted.denom).await?;
        // Addresses are promised by no offer: it cannot say that it has none to give.
        let most = |prices: &Prices, rate| Needs { leased_ips: 0, ..Needs::within(prices, rate) };
        let before = stands.map(|offer| most(&offer.terms.prices, before)).unwrap_or_default();
        Ok(Promise { before, after: most(&terms.prices, rate), rate })
    }

    /// Why something cannot be done now: what would be promised is beyond the capacity, or the key lacks the bond.
    async fn prevents(
        &mut self,
        task: &Task<'_>,
        promise: &Promise,
        bids: &[OwnBid],
        round: &mut Round,
    ) -> anyhow::Result<Option<String>> {
        let denom = &task.wanted.denom;
        if self.desk.find_denom(denom).await?.is_none() {
            let cure = "`entrepot market` lists what it takes";
            return Ok(Some(format!("the market does not take `{denom}`; {cure}")));
        }
        if promise.after.exceeds(&promise.before) {
            let load = self.load(bids, round).await?;
            let others = match task.stands {
                Some(offer) => load.without(offer.id),
                None => load,
            };
            if let Some(lack) = others.lacks(&self.config.capacity, &promise.after) {
                return Ok(Some(format!(
                    "with its bond it could be asked for {lack}, beside what bids, leases and other offers may need; \
                     lower its `bond`, or raise `capacity`"
                )));
            }
        }
        match task.bond() {
            0 => Ok(None),
            units => self.short_of(units, &task.wanted.bond.denom).await,
        }
    }
}

/// What an offer may be asked for.
struct Promise {
    before: Needs,
    after: Needs,
    /// What its leases may cost in all then, in nano-units per second.
    rate: u128,
}

/// One offer, and what is to be done for it.
struct Task<'a> {
    wanted: &'a StandingOffer,
    stands: Option<&'a OfferInfo>,
    terms: OfferTerms,
    deed: Deed,
    now: u64,
}

impl Task<'_> {
    const fn bond(&self) -> u128 {
        match self.deed {
            Deed::Post => self.wanted.bond.amount,
            Deed::Change { bond, .. } => bond,
        }
    }

    /// The message, and the units of the bond that go with it.
    fn message(&self) -> (ExecuteMsg, Option<u128>) {
        let terms = self.terms.clone();
        let msg = match self.deed {
            Deed::Post => ExecuteMsg::PostOffer { terms },
            Deed::Change { offer, why, .. } => {
                ExecuteMsg::UpdateOffer { offer, terms: why.map(|_| terms) }
            }
        };
        (msg, Some(self.bond()).filter(|units| *units > 0))
    }

    fn done(&self) -> String {
        let StandingOffer { denom, capacity, bond: of, expires_in_seconds: seconds, .. } =
            self.wanted;
        match self.deed {
            Deed::Post => {
                let bond = format!("{} {}", of.amount, of.denom);
                format!("posted an offer in {denom} for {capacity} leases, with a bond of {bond}")
            }
            Deed::Change { offer, why: Some(Why::Changed), .. } => format!(
                "changed offer {offer} to what the file says; what is worse for tenants holds a day later"
            ),
            Deed::Change { offer, why: Some(Why::Renewed), .. } => {
                format!("renewed offer {offer} for {seconds} seconds")
            }
            Deed::Change { offer, why: None, bond } => {
                format!("added {bond} {} to the bond of offer {offer}", of.denom)
            }
        }
    }

    fn failing(&self) -> String {
        match self.deed {
            Deed::Post => format!("no offer in {}", self.wanted.denom),
            Deed::Change { offer, .. } => format!("offer {offer} stays as it is"),
        }
    }
}
