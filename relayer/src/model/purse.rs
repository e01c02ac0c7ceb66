//! Purses: what a lane pays its fees from, and what happens when it is empty.
//!
//! Where others grant a key fees, each grant is looked at before it is used, in the order of the
//! configuration: whether it is there, has not ended, has enough left and pays for these messages. The first
//! that does pays; when none does, the key does. The chain has the last word: a granter that it refuses is
//! passed over for a while, and a key whose own money it refuses signs only what that is enough for (`lack`).

pub(crate) mod lack;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lack::Lack;

use super::Model;
use super::asks::Purpose;
use super::config::ChainConfig;
use super::facts::{Ask, Why};
use super::ids::{Address, AskId, LaneId, SlotId, Span, Time};
use super::notice::Notice;
use super::rows::SlotRow;
use super::state::{Funds, Grant};

/// How often the grants of a key are looked at.
const LOOK_AGAIN: Span = Span::seconds(60);
/// How often a key without money is looked at.
const LOOK_SOON: Span = Span::seconds(10);
/// When a look that failed is repeated.
const LOOK_LATER: Span = Span::seconds(5);
/// So many looks in a row may fail to read a grant of which nothing is known, before it is taken for none.
const BLIND_LOOKS: u32 = 6;

/// What a lane pays from; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    /// What the chain said last; `None` until it is asked and has told.
    funds: Option<Funds>,
    /// Granters whose grants were never read: how often that was tried.
    never_read: BTreeMap<Address, u32>,
    /// The ask whose answer is awaited.
    asked: Option<AskId>,
    /// It is not looked at before.
    look_at: Time,
    /// Granters that the chain refused: until when they are passed over, and why.
    refused: BTreeMap<Address, (Time, String)>,
    /// What the key has beside the fees of its undecided transactions, when it was looked at and by what it signed since.
    own: u128,
    /// The transaction that nobody paid for, as far as the chain says.
    lack: Option<Lack>,
    /// The types of the messages of undecided transactions, of those that were signed since the start.
    urls: BTreeMap<SlotId, BTreeSet<String>>,
    /// What granters were to pay since they were looked at; what never got into a block is in it too.
    spent: BTreeMap<Address, u128>,
    /// Who paid for the last transaction.
    last: Option<Payer>,
}

/// How an undecided transaction is paid.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    /// Who pays by a grant; none if the key does.
    granter: Option<Address>,
    /// The types of its messages, if it was signed since the start.
    urls: BTreeSet<String>,
}

/// Who pays for a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The account that signs.
    Own,
    /// One that grants it fees.
    Granter(Address),
}

/// What a transaction is paid with.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    /// Its gas limit, with what taking the fee from a grant costs.
    pub(crate) gas_limit: u64,
    /// Who pays.
    pub(crate) payer: Payer,
    /// Why those before did not: who, and the reason.
    passed: Vec<(Address, String)>,
    /// The types of its messages.
    urls: BTreeSet<String>,
}

impl Payer {
    /// The account that pays by a grant, if one does.
    pub(crate) fn granter(&self) -> Option<&Address> {
        match self {
            Self::Own => None,
            Self::Granter(granter) => Some(granter),
        }
    }
}

impl fmt::Display for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("the key itself"),
            Self::Granter(granter) => write!(f, "`{granter}`, by its grant"),
        }
    }
}

impl Purse {
    /// How an undecided transaction is paid.
    pub(super) fn paid(&self, slot: &SlotRow) -> Paid {
        let urls = self.urls.get(&slot.id).cloned().unwrap_or_default();
        Paid { granter: slot.granter.clone(), urls }
    }

    /// The gas of the dearest of the grants that may pay, beside that of a fee of the key's own.
    pub(crate) fn most_grant_gas(&self) -> u64 {
        let grants = self.funds.iter().flat_map(|funds| &funds.grants);
        grants.filter(|grant| grant.fault.is_none()).map(|grant| grant.gas).max().unwrap_or(0)
    }

    /// Takes in what the chain says. Of grants that could not be looked at this time, what was known stands.
    fn take(&mut self, mut funds: Funds) {
        let known = self.funds.take().map(|funds| funds.grants).unwrap_or_default();
        let tried = std::mem::take(&mut self.never_read);
        for (granter, why) in &funds.unread {
            let known = known.iter().find(|grant| grant.granter == *granter).cloned();
            let tries = tried.get(granter).copied();
            if known.is_none() || tries.is_some() {
                self.never_read.insert(granter.clone(), tries.unwrap_or(0) + 1);
            }
            let unknown = || Grant::unknown(granter.clone(), why);
            funds.grants.push(known.unwrap_or_else(unknown));
        }
        self.spent.retain(|granter, _| funds.is_unread(granter));
        self.funds = Some(funds);
    }

    /// Whether a grant that was never read may be what pays: no other does, and the key's own money is to stay.
    fn awaits_grant(&self, now: Time) -> bool {
        let Some(funds) = &self.funds else { return true };
        let pays = |grant: &Grant| self.objection(grant, (0, 0), &[], now).is_none();
        self.never_read.values().any(|tries| *tries < BLIND_LOOKS) && !funds.grants.iter().any(pays)
    }

    /// Forgets what others grant: who may do so is another one now. An answer that is on its way tells of
    /// those before.
    pub(super) fn look_anew(&mut self) {
        (self.funds, self.asked, self.last) = (None, None, None);
        self.never_read.clear();
        self.look_at = Time::default();
        self.refused.clear();
    }

    /// Forgets a transaction that was decided, or that nobody wants.
    pub(super) fn forget(&mut self, id: &SlotId) {
        self.urls.remove(id);
    }

    /// Why a grant does not pay a fee, beside what was spent before, for messages with these types; none when
    /// it does.
    fn objection(
        &self,
        grant: &Grant,
        fee: (u128, u128),
        urls: &[&str],
        now: Time,
    ) -> Option<String> {
        let (fee, spent) = fee;
        let refused = self.refused.get(&grant.granter).filter(|(until, _)| now < *until);
        refused
            .map(|(_, why)| why.clone())
            .or_else(|| grant.objection(fee.saturating_add(spent), urls, now))
    }
}

impl Funds {
    /// Whether it is not known now what an account grants.
    fn is_unread(&self, granter: &Address) -> bool {
        self.unread.iter().any(|(unread, _)| unread == granter)
    }
}

impl Grant {
    /// One of which nothing is known.
    fn unknown(granter: Address, why: &str) -> Self {
        Self {
            granter,
            fault: Some(format!("its grant could not be looked at: {why}")),
            left: None,
            balance: 0,
            expires: None,
            messages: None,
            gas: 0,
        }
    }

    /// Why it does not pay so much for messages with these types; none when it does.
    pub(crate) fn objection(&self, wanted: u128, urls: &[&str], now: Time) -> Option<String> {
        if let Some(fault) = &self.fault {
            return Some(fault.clone());
        }
        if self.expires.is_some_and(|end| end <= now) {
            return Some("its grant has expired".to_owned());
        }
        let unpaid = |url: &&&str| self.messages.as_ref().is_some_and(|all| !all.contains(**url));
        if let Some(url) = urls.iter().find(unpaid) {
            return Some(format!("its grant does not pay for `{url}`"));
        }
        let lack = |left: u128, what: &str| format!("{what} {left} left, {wanted} are needed");
        if self.left.is_some_and(|left| left < wanted) {
            return Some(lack(self.left.unwrap_or_default(), "its grant has"));
        }
        (self.balance < wanted).then(|| lack(self.balance, "it has"))
    }
}

impl Model {
    /// Whether it is still to be found out who pays in a lane.
    pub(crate) fn payer_unknown(&self, chain: &ChainConfig, lane: &LaneId) -> bool {
        let purse = self.lanes.get(lane).map(|lane| &lane.purse);
        !chain.fee_granters.is_empty() && purse.is_none_or(|purse| purse.awaits_grant(self.now))
    }

    /// Decides who pays for a transaction with these messages: `gas` is its limit where the key pays itself,
    /// and `price` gives the fee of a limit.
    pub(crate) fn payment(
        &self,
        lane: &LaneId,
        gas: u64,
        urls: &[&str],
        price: impl Fn(u64) -> u128,
    ) -> Payment {
        let mut passed = Vec::new();
        let purse = self.lanes.get(lane).map(|lane| &lane.purse);
        let granters =
            self.config.get(&lane.chain).map_or(&[][..], |chain| chain.fee_granters.as_slice());
        let funds = purse.and_then(|purse| purse.funds.as_ref().map(|funds| (purse, funds)));
        for granter in granters {
            let Some((purse, funds)) = funds else { break };
            let Some(grant) = funds.grants.iter().find(|grant| grant.granter == *granter) else {
                continue;
            };
            let gas_limit = gas.saturating_add(grant.gas);
            let spent = purse.spent.get(granter).copied().unwrap_or(0);
            let fee = (price(gas_limit), spent);
            match purse.objection(grant, fee, urls, self.now) {
                None => {
                    let payer = Payer::Granter(granter.clone());
                    return Payment { gas_limit, payer, passed, urls: owned(urls) };
                }
                Some(why) => passed.push((granter.clone(), why)),
            }
        }
        Payment { gas_limit: gas, payer: Payer::Own, passed, urls: owned(urls) }
    }

    /// Notes who pays the fee of a transaction that was just signed.
    pub(crate) fn paid_by(&mut self, (id, fee): (&SlotId, u128), payment: Payment) {
        let has_granters =
            self.config.get(&id.lane.chain).is_some_and(|chain| !chain.fee_granters.is_empty());
        let Some(lane) = self.lanes.get_mut(&id.lane) else { return };
        match &payment.payer {
            Payer::Own => lane.purse.own = lane.purse.own.saturating_sub(fee),
            Payer::Granter(granter) => {
                let spent = lane.purse.spent.entry(granter.clone()).or_default();
                *spent = spent.saturating_add(fee);
            }
        }
        lane.purse.urls.insert(id.clone(), payment.urls.clone());
        if has_granters && lane.purse.last.as_ref() != Some(&payment.payer) {
            lane.purse.last = Some(payment.payer.clone());
            let Payment { payer, passed, .. } = payment;
            self.notices.push(Notice::Payer { lane: id.lane.clone(), payer, passed });
        }
    }

    /// Asks what lanes have of which that has to be known.
    pub(super) fn look_into_purses(&mut self) {
        let mut asks = Vec::new();
        for chain in self.config.values() {
            for id in chain.lanes.iter().map(|lane| &lane.id) {
                let Some(lane) = self.lanes.get_mut(id) else { continue };
                let purse = &mut lane.purse;
                let is_wanted = !chain.fee_granters.is_empty() || purse.lack.is_some();
                if is_wanted && purse.asked.is_none() && purse.look_at <= self.now {
                    let denom = chain.gas_price.denom().to_owned();
                    let granters = chain.fee_granters.clone();
                    asks.push(Ask::Funds { lane: id.clone(), denom, granters });
                }
            }
        }
        for ask in asks {
            let Ask::Funds { lane, .. } = &ask else { continue };
            let lane = lane.clone();
            let asked = self.asks.put(Purpose::Funds(lane.clone()), ask);
            if let Some(lane) = self.lanes.get_mut(&lane) {
                lane.purse.asked = Some(asked);
            }
        }
    }

    /// When a purse is looked into again, if that is to come.
    pub(super) fn next_look(&self) -> Option<Time> {
        let lanes = self.config.values().flat_map(|chain| {
            let has_granters = !chain.fee_granters.is_empty();
            chain.lanes.iter().map(move |lane| (has_granters, &lane.id))
        });
        let look = |(has_granters, id): (bool, &LaneId)| {
            let purse = &self.lanes.get(id)?.purse;
            let is_wanted = (has_granters || purse.lack.is_some()) && purse.asked.is_none();
            is_wanted.then_some(purse.look_at)
        };
        lanes.filter_map(look).filter(|at| *at > self.now).min()
    }

    /// Applies what a lane has: one that lacked money goes on when there is enough.
    pub(super) fn on_funds(&mut self, ask: AskId, funds: Funds) {
        let Some(Purpose::Funds(id)) = self.asks.close(ask) else { return };
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let purse = &mut lane.purse;
        if purse.asked != Some(ask) {
            return;
        }
        purse.asked = None;
        let looked_at: Vec<_> = funds.grants.iter().map(|grant| grant.granter.clone()).collect();
        let unread = funds.unread.first().map(|(granter, why)| format!("`{granter}`: {why}"));
        let is_partial = unread.is_some();
        purse.own = funds.balance;
        purse.take(funds);
        if let Some(reason) = unread.filter(|_| purse.awaits_grant(self.now)) {
            self.notices.push(Notice::NoFunds { lane: id.clone(), reason });
        }
        for slot in self.record.slots(&id) {
            match &slot.granter {
                Some(granter) if looked_at.contains(granter) => {
                    *purse.spent.entry(granter.clone()).or_default() += slot.fee;
                }
                Some(_) => {}
                // What is on its way is paid first.
                None => purse.own = purse.own.saturating_sub(slot.fee),
            }
        }
        if let Some(lack) = purse.lack.take() {
            self.judge_lack(&id, lack);
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let pause = match lane.purse.lack {
            _ if is_partial => LOOK_LATER,
            Some(_) => LOOK_SOON,
            None => LOOK_AGAIN,
        };
        lane.purse.look_at = self.now.plus(pause);
    }

    /// Applies that a chain did not say what a lane has: what it said before stands.
    pub(super) fn on_funds_unknown(&mut self, id: &LaneId, ask: AskId, why: &Why) {
        let lane = self.lanes.get_mut(id).filter(|lane| lane.purse.asked == Some(ask));
        let Some(lane) = lane else { return };
        lane.purse.asked = None;
        lane.purse.look_at = self.now.plus(LOOK_LATER);
        if lane.purse.funds.is_none() {
            let notice = Notice::NoFunds { lane: id.clone(), reason: why.to_string() };
            self.notices.push(notice);
        }
    }
}

fn owned(urls: &[&str]) -> BTreeSet<String> {
    urls.iter().map(ToString::to_string).collect()
}
