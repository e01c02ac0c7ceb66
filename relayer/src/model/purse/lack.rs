//! Lacks: a key whose money was too little for a transaction goes on with what it can pay for.
//!
//! The others of the chain's keys take over its clients. Where there is none, transactions are made as small as it
//! can pay for by what gas costs now, and clients are refreshed as long as there is enough for that.

use std::collections::BTreeMap;

use cosmos::wire::gas::GasPrice;

use super::{Paid, Payer, Payment, Purse};
use crate::model::Model;
use crate::model::config::ChainConfig;
use crate::model::facts::Refusal;
use crate::model::ids::{FlowId, LaneId, Span, Time};
use crate::model::notice::Notice;
use crate::model::rows::SlotRow;
use crate::model::state::Grant;
use crate::plan::idle::Idle;
use crate::plan::refusal;

/// For how long a granter is passed over that a chain has refused.
const PASS_OVER: Span = Span::seconds(60);
/// No transaction of ours takes less gas: an update that brings nothing new takes 54,000 on wasmd v0.61.14, an
/// acknowledgement by itself more.
const LEAST_GAS: u64 = 50_000;

/// A transaction that a chain refused for want of money.
#[derive(Debug)]
pub(super) struct Lack {
    slot: SlotRow,
    paid: Paid,
    reason: String,
    /// Whether it was found to be so, and said.
    is_told: bool,
    /// Whether it was looked at since the last refusal what there is.
    is_judged: bool,
    /// The gas of the smallest transactions that nobody could pay for.
    least: BTreeMap<(FlowId, Part), u64>,
}

/// What of a flow a transaction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The client's update and nothing else.
    Update,
    /// Works.
    Works,
}

impl Purse {
    /// Why the key could not pay a transaction; none when it can, as far as is known.
    pub(crate) fn empty(&self) -> Option<&str> {
        self.lack.as_ref().map(|lack| lack.reason.as_str())
    }

    /// The same while it was not looked at yet what there is.
    pub(crate) fn doubted(&self) -> Option<&str> {
        self.lack.as_ref().filter(|lack| !lack.is_judged).map(|lack| lack.reason.as_str())
    }

    /// The most that one transaction may cost; `None` when no money is lacking.
    fn means(&self, now: Time) -> Option<u128> {
        self.lack.as_ref()?;
        let grants = self.funds.iter().flat_map(|funds| &funds.grants);
        let left = |grant: &Grant| {
            let spent = self.spent.get(&grant.granter).copied().unwrap_or(0);
            let most = grant.left.unwrap_or(u128::MAX).min(grant.balance);
            let pays = self.objection(grant, (0, 0), &[], now).is_none();
            if pays { most.saturating_sub(spent) } else { 0 }
        };
        Some(grants.map(left).max().unwrap_or(0).max(self.own))
    }

    /// Whether a grant pays a fee for what lacked money, as it was last looked at.
    fn pays(&self, grant: &Grant, (lack, fee): (&Lack, u128), now: Time) -> bool {
        let gas = u128::from(lack.slot.gas_limit.max(1));
        let behind = fee.saturating_mul(gas.saturating_add(grant.gas.into())).div_ceil(gas);
        let spent = self.spent.get(&grant.granter).copied().unwrap_or(0);
        let urls: Vec<&str> = lack.paid.urls.iter().map(String::as_str).collect();
        self.objection(grant, (behind, spent), &urls, now).is_none()
    }
}

impl Model {
    /// Why nobody can pay for the smallest transaction of a flow in a lane; none when it may be tried.
    pub(crate) fn unpaid(&self, flow: &FlowId, lane: &LaneId, part: Part) -> Option<Idle> {
        let purse = &self.lanes.get(lane)?.purse;
        let (lack, means) = (purse.lack.as_ref()?, purse.means(self.now)?);
        let gas = lack.least.get(&(flow.clone(), part)).copied().unwrap_or(LEAST_GAS);
        let fee = self.price_today(self.config.get(&lane.chain)?).fee(gas);
        let (address, reason) = (lane.address.to_string(), lack.reason.clone());
        (fee > means).then_some(Idle::Unpaid { address, reason })
    }

    /// The gas that a lane can pay for; `None` when no money is lacking.
    pub(crate) fn payable_gas(&self, lane: &LaneId) -> Option<u64> {
        let means = self.lanes.get(lane)?.purse.means(self.now)?;
        Some(gas_for(means, &self.price_today(self.config.get(&lane.chain)?)))
    }

    /// Whether there is enough for a fee, where money is lacking.
    pub(crate) fn can_pay(&self, lane: &LaneId, payment: &Payment, fee: u128) -> bool {
        let purse = self.lanes.get(lane).map(|lane| &lane.purse);
        // That of a grant was looked at when it was chosen.
        let lacks = |purse: &Purse| purse.lack.is_some() && payment.payer == Payer::Own;
        purse.is_none_or(|purse| !lacks(purse) || fee <= purse.own)
    }

    /// Notes that nobody can pay for the smallest transaction of a flow, which needs so much gas.
    pub(crate) fn note_dear(&mut self, flow: &FlowId, lane: &LaneId, (part, gas): (Part, u64)) {
        let lack = self.lanes.get_mut(lane).and_then(|lane| lane.purse.lack.as_mut());
        if let Some(lack) = lack {
            lack.least.insert((flow.clone(), part), gas);
        }
    }

    /// Decides, now that it is known what a lane has, why nobody paid for a transaction. Contracts that its
    /// messages call can refuse in the words of who takes fees, so what the payer has is what tells.
    pub(super) fn judge_lack(&mut self, id: &LaneId, lack: Lack) {
        let now = self.now;
        let price = self.config.get(&id.chain).map(|chain| self.price_today(chain));
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let purse = &mut lane.purse;
        let Some(funds) = &purse.funds else { return };
        // It was refused at its own fee; whoever waits since then pays what gas costs now.
        let fee = match price.filter(|_| lack.is_told) {
            Some(price) => price.fee(lack.slot.gas_limit),
            None => lack.slot.fee,
        };
        let key_pays = purse.own >= fee;
        let pays = |grant: &&Grant| purse.pays(grant, (&lack, fee), now);
        let payer_pays = match &lack.paid.granter {
            None => key_pays,
            Some(payer) => funds.grants.iter().filter(pays).any(|grant| grant.granter == *payer),
        };
        if key_pays || funds.grants.iter().any(|grant| pays(&grant)) {
            if lack.is_told {
                self.notices.push(Notice::LaneResumed { lane: id.clone() });
            } else if payer_pays {
                self.suspect(&lack.slot, &lack.reason);
            }
            return;
        }
        if !lack.is_told {
            let reason = lack.reason.clone();
            self.notices.push(Notice::LaneEmpty { lane: id.clone(), reason });
        }
        purse.lack = Some(Lack { is_told: true, is_judged: true, ..lack });
    }

    /// Applies that a transaction was refused for want of who pays: a granter whose grant the chain refuses
    /// is passed over; else the key signs nothing until it is known what it has.
    pub(in crate::model) fn on_unpaid(&mut self, slot: &SlotRow, paid: Paid, refusal: &Refusal) {
        let now = self.now;
        let Some(lane) = self.lanes.get_mut(&slot.id.lane) else { return };
        let purse = &mut lane.purse;
        purse.look_at = now;
        if let Some(granter) = &paid.granter
            && refusal::is_grant_refused(&refusal.codespace, refusal.code)
        {
            let why = format!("the chain refused it: {}", refusal.log);
            purse.refused.insert(granter.clone(), (now.plus(PASS_OVER), why));
            return;
        }
        let reason = refusal.log.clone();
        let (slot, is_judged) = (slot.clone(), false);
        purse.lack = Some(match purse.lack.take().filter(|lack| lack.is_told) {
            // It is enough again when it is for the dearest.
            Some(lack) if lack.slot.gas_limit > slot.gas_limit => {
                Lack { reason, is_judged, ..lack }
            }
            Some(lack) => Lack { slot, paid, reason, is_judged, ..lack },
            None => {
                Lack { slot, paid, reason, is_told: false, is_judged, least: BTreeMap::default() }
            }
        });
    }

    /// What gas costs on a chain now, whether that may be paid or not.
    fn price_today(&self, config: &ChainConfig) -> GasPrice {
        self.demanded(config).unwrap_or_else(|| config.gas_price.clone())
    }
}

/// The gas that so much money pays for.
fn gas_for(means: u128, price: &GasPrice) -> u64 {
    let (mut enough, mut beyond) = (0, u64::MAX);
    if price.fee(beyond) <= means {
        return beyond;
    }
    while beyond - enough > 1 {
        let middle = enough + (beyond - enough) / 2;
        if price.fee(middle) <= means { enough = middle } else { beyond = middle }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_pays_for_gas_whose_fee_is_not_more() {
        for (price, means, gas) in
            [("0.025stake", 1_000, 40_000), ("0.025stake", 0, 0), ("0stake", 0, u64::MAX)]
        {
            assert_eq!(gas_for(means, &price.parse().expect("a price")), gas, "{price}");
        }
        let dear = "3000000000inj".parse().expect("a price");
        assert_eq!(gas_for(1_000_000_000_000_000_000_000, &dear), 333_333_333_333);
    }
}
