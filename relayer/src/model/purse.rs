//! Purses: what a lane pays its fees from, and what happens when it is empty.
//!
//! Where others grant a key fees, each grant is looked at before it is used, in the order of the
//! configuration: whether it is there, has not ended, has enough left and pays for these messages. The first
//! that does pays; when none does, the key does. The chain has the last word: a granter that it refuses is
//! passed over for a while, and a key whose own money it refuses signs nothing until it has some again.

use std::collections::BTreeMap;
use std::fmt;

use super::Model;
use super::asks::Purpose;
use super::config::ChainConfig;
use super::facts::{Ask, Refusal, Why};
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
/// For how long a granter is passed over that a chain has refused.
const PASS_OVER: Span = Span::seconds(60);

/// What a lane pays from; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    /// What the chain said last; `None` until it is asked and has told.
    funds: Option<Funds>,
    /// Whether an answer is awaited.
    asked: bool,
    /// It is not looked at before.
    look_at: Time,
    /// Granters that the chain refused: until when they are passed over, and why.
    refused: BTreeMap<Address, (Time, String)>,
    /// Why the key cannot pay, and the fee that it lacked.
    empty: Option<(String, u128)>,
    /// Undecided transactions that others pay for.
    granted: BTreeMap<SlotId, Address>,
    /// What granters were to pay since they were looked at; what never got into a block is in it too.
    spent: BTreeMap<Address, u128>,
    /// Who paid for the last transaction.
    last: Option<Payer>,
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
    /// Why the key cannot pay; none when it can.
    pub(crate) fn empty(&self) -> Option<&str> {
        self.empty.as_ref().map(|(reason, _)| reason.as_str())
    }

    /// Who pays for an undecided transaction by a grant; none for one that the key pays for itself.
    pub(super) fn granter(&self, id: &SlotId) -> Option<&Address> {
        self.granted.get(id)
    }

    /// Forgets what others grant: who may do so is another one now.
    pub(super) fn look_anew(&mut self) {
        (self.funds, self.last, self.look_at) = (None, None, Time::default());
        self.refused.clear();
    }

    /// Forgets a transaction that was decided, or that nobody wants.
    pub(super) fn forget(&mut self, id: &SlotId) {
        self.granted.remove(id);
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

impl Grant {
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
        !chain.fee_granters.is_empty() && purse.is_none_or(|purse| purse.funds.is_none())
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
                    return Payment { gas_limit, payer, passed };
                }
                Some(why) => passed.push((granter.clone(), why)),
            }
        }
        Payment { gas_limit: gas, payer: Payer::Own, passed }
    }

    /// Notes who pays the fee of a transaction that was just signed.
    pub(crate) fn paid_by(&mut self, (id, fee): (&SlotId, u128), payment: Payment) {
        let has_granters =
            self.config.get(&id.lane.chain).is_some_and(|chain| !chain.fee_granters.is_empty());
        let Some(lane) = self.lanes.get_mut(&id.lane) else { return };
        if let Payer::Granter(granter) = &payment.payer {
            let spent = lane.purse.spent.entry(granter.clone()).or_default();
            *spent = spent.saturating_add(fee);
            lane.purse.granted.insert(id.clone(), granter.clone());
        }
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
                let is_wanted = !chain.fee_granters.is_empty() || purse.empty.is_some();
                if is_wanted && !purse.asked && purse.look_at <= self.now {
                    purse.asked = true;
                    let denom = chain.gas_price.denom().to_owned();
                    let granters = chain.fee_granters.clone();
                    asks.push(Ask::Funds { lane: id.clone(), denom, granters });
                }
            }
        }
        for ask in asks {
            let Ask::Funds { lane, .. } = &ask else { continue };
            self.asks.put(self.now, Purpose::Funds(lane.clone()), ask);
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
            let is_wanted = (has_granters || purse.empty.is_some()) && !purse.asked;
            is_wanted.then_some(purse.look_at)
        };
        lanes.filter_map(look).filter(|at| *at > self.now).min()
    }

    /// Applies what a lane has: one that lacked money goes on when there is enough.
    pub(super) fn on_funds(&mut self, ask: AskId, funds: Funds) {
        let Some(Purpose::Funds(id)) = self.asks.close(ask) else { return };
        let now = self.now;
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let purse = &mut lane.purse;
        purse.asked = false;
        // What is on its way is paid first.
        let own = |slot: &&SlotRow| purse.granter(&slot.id).is_none();
        let pending: u128 = self.record.slots(&id).filter(own).map(|slot| slot.fee).sum();
        let lacked = purse.empty.as_ref().map(|(_, fee)| *fee);
        let is_filled = lacked.is_some_and(|fee| {
            let pays = |grant: &Grant| purse.objection(grant, (fee, 0), &[], now).is_none();
            funds.balance >= fee.saturating_add(pending) || funds.grants.iter().any(pays)
        });
        purse.funds = Some(funds);
        purse.spent.clear();
        for slot in self.record.slots(&id) {
            if let Some(granter) = purse.granted.get(&slot.id) {
                *purse.spent.entry(granter.clone()).or_default() += slot.fee;
            }
        }
        if is_filled {
            purse.empty = None;
            self.notices.push(Notice::LaneResumed { lane: id.clone() });
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let pause = if lane.purse.empty.is_some() { LOOK_SOON } else { LOOK_AGAIN };
        lane.purse.look_at = now.plus(pause);
    }

    /// Applies that a chain did not say what a lane has: what it said before stands.
    pub(super) fn on_funds_unknown(&mut self, id: &LaneId, why: &Why) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.purse.asked = false;
        lane.purse.look_at = self.now.plus(LOOK_LATER);
        if lane.purse.funds.is_none() {
            let notice = Notice::NoFunds { lane: id.clone(), reason: why.to_string() };
            self.notices.push(notice);
        }
    }

    /// Applies that nobody pays for a transaction as it was refused: its granter is passed over, or its key
    /// signs nothing until it has money.
    pub(super) fn on_unpaid(
        &mut self,
        slot: &SlotRow,
        granter: Option<Address>,
        refusal: &Refusal,
    ) {
        let now = self.now;
        let Some(lane) = self.lanes.get_mut(&slot.id.lane) else { return };
        let purse = &mut lane.purse;
        purse.look_at = now;
        if let Some(granter) = granter {
            let why = format!("the chain refused it: {}", refusal.log);
            purse.refused.insert(granter, (now.plus(PASS_OVER), why));
            return;
        }
        let is_news = purse.empty.is_none();
        purse.empty = Some((refusal.log.clone(), slot.fee));
        if is_news {
            let (lane, reason) = (slot.id.lane.clone(), refusal.log.clone());
            self.notices.push(Notice::LaneEmpty { lane, reason });
        }
    }
}
