//! What transactions cost, to the unit: the fee of each is divided among what it did.

use serde::{Deserialize, Serialize};

use super::Model;
use super::facts::{Tip, Used};
use super::ids::{ChainId, End, LaneId, PathId, Time};
use super::rows::{Leg, SlotRow, Write};
use crate::plan::gas::Gas;
use crate::plan::work::Work;

/// What one message cost, its part of the client updates before it included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostRow {
    /// The account whose transaction it was; with `sequence` and `place` the row's name.
    pub lane: LaneId,
    /// The transaction's sequence.
    pub sequence: u64,
    /// The message's place among those of the transaction, client updates left out.
    pub place: u32,
    /// The path that it served.
    pub path: PathId,
    /// What it was for.
    pub purpose: Purpose,
    /// What came of it.
    pub result: Spent,
    /// The block that took the fee.
    pub height: u64,
    /// When that was.
    pub time: Time,
    /// Its part of the fee. The parts of a transaction add up to its fee.
    pub fee: u128,
    /// What the fee was paid in.
    pub denom: String,
    /// Its part of the gas used.
    pub gas: u64,
}

/// What a message was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To move a packet.
    Packet {
        /// The chain that sent it.
        from: ChainId,
        /// The channel end that sent it.
        src: End,
        /// Its sequence.
        seq: u64,
        /// Which of its messages it was.
        leg: Leg,
    },
    /// A step of a handshake or of a close.
    Handshake,
    /// To keep a client alive, or to be there for other transactions.
    Client,
}

/// What was had for the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spent {
    /// What was wanted.
    Effected,
    /// Nothing: somebody else had done it.
    Redundant,
    /// Nothing: the transaction failed.
    Failed,
}

/// What something was paid for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About {
    /// The path.
    pub path: PathId,
    /// As [`Purpose::name`] has it.
    pub what: String,
    /// The chain that was paid.
    pub on: ChainId,
    /// What it was paid in.
    pub denom: String,
}

impl About {
    /// What a message was paid for.
    pub fn of(row: &CostRow) -> Self {
        Self {
            path: row.path.clone(),
            what: row.purpose.name(),
            on: row.lane.chain.clone(),
            denom: row.denom.clone(),
        }
    }
}

/// What the messages of one day cost together that were for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// The day, counted from 1970.
    pub day: u64,
    /// What they were for.
    pub about: About,
    /// What they cost, and what came of them.
    #[serde(with = "WholeSum")]
    pub sum: Sum,
}

/// What was paid: for one message, or in one day where nobody asks for each message any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    /// For a message.
    Message(CostRow),
    /// For the messages of a day.
    Day(DayRow),
}

impl Paid {
    /// The day, counted from 1970.
    pub fn day(&self) -> u64 {
        match self {
            Self::Message(row) => row.time.day(),
            Self::Day(row) => row.day,
        }
    }

    /// What it was paid for.
    pub fn about(&self) -> About {
        match self {
            Self::Message(row) => About::of(row),
            Self::Day(row) => row.about.clone(),
        }
    }
}

/// What several messages cost together, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Messages that did what they were to do.
    pub effected: u64,
    /// Messages that found it done by somebody else.
    pub redundant: u64,
    /// Messages of transactions that failed.
    pub failed: u64,
    /// Packets that were acknowledged or timed out by these messages.
    pub ended: u64,
    /// Gas used.
    pub gas: u64,
    /// What was paid, in the fee denom of the chain that took it; too large for a number of JSON, so it is written beside.
    #[serde(skip)]
    pub fee: u128,
}

/// A sum as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Sum")]
struct WholeSum {
    effected: u64,
    redundant: u64,
    failed: u64,
    ended: u64,
    gas: u64,
    fee: u128,
}

impl Sum {
    /// Adds what was paid.
    pub fn take(&mut self, paid: &Paid) {
        match paid {
            Paid::Message(row) => self.add(row),
            Paid::Day(row) => self.merge(&row.sum),
        }
    }

    /// Adds a message.
    pub fn add(&mut self, row: &CostRow) {
        match row.result {
            Spent::Effected => self.effected += 1,
            Spent::Redundant => self.redundant += 1,
            Spent::Failed => self.failed += 1,
        }
        let ends = matches!(row.purpose, Purpose::Packet { leg: Leg::Ack | Leg::Timeout, .. });
        self.ended += u64::from(ends && row.result == Spent::Effected);
        self.gas = self.gas.saturating_add(row.gas);
        self.fee = self.fee.saturating_add(row.fee);
    }

    /// Adds what others cost together.
    pub fn merge(&mut self, other: &Self) {
        self.effected += other.effected;
        self.redundant += other.redundant;
        self.failed += other.failed;
        self.ended += other.ended;
        self.gas = self.gas.saturating_add(other.gas);
        self.fee = self.fee.saturating_add(other.fee);
    }
}

impl Model {
    /// Notes what a transaction of ours cost that a block decided.
    pub(super) fn note_costs(&mut self, tip: Tip, slot: &SlotRow, used: &Used) {
        let chain = &used.lane.chain;
        let Some(config) = self.config.get(chain) else { return };
        let denoms = [slot.denom.as_str(), config.gas_price.denom()];
        let denom = denoms.into_iter().find(|denom| !denom.is_empty()).unwrap_or_default();
        let gas = self.chains.get(chain).map(|chain| &chain.gas);
        let weights = weights(&slot.works, gas);
        let fees = divide(slot.fee, &weights);
        let gases = divide(used.gas_used.into(), &weights);
        for (place, (fee, gas)) in fees.into_iter().zip(gases).enumerate() {
            let work = slot.works.get(place);
            let is_noop = used.noops.contains(&(place + slot.updates));
            let row = CostRow {
                lane: used.lane.clone(),
                sequence: used.sequence,
                place: place.try_into().unwrap_or(u32::MAX),
                path: slot.flow.path.clone(),
                purpose: work.map_or(Purpose::Client, Purpose::of),
                result: match used.code {
                    0 if is_noop && work.is_some() => Spent::Redundant,
                    0 => Spent::Effected,
                    _ => Spent::Failed,
                },
                height: tip.height,
                time: tip.time,
                fee,
                denom: denom.to_owned(),
                gas: gas.try_into().unwrap_or(u64::MAX),
            };
            self.record.write(Write::Cost(row));
        }
    }
}

impl Purpose {
    /// What people call it: the end that sent the packets, as `CHAIN PORT/CHANNEL` or `CHAIN CLIENT`; `handshakes`; `clients`.
    pub fn name(&self) -> String {
        match self {
            Self::Packet { from, src, .. } => format!("{from} {src}"),
            Self::Handshake => "handshakes".to_owned(),
            Self::Client => "clients".to_owned(),
        }
    }

    fn of(work: &Work) -> Self {
        match (work.packet(), work) {
            (Some((leg, key)), _) => {
                let (from, src) = (key.route.from.clone(), key.route.src().clone());
                Self::Packet { from, src, seq: key.seq, leg }
            }
            (None, Work::CreateClient | Work::Misbehaviour) => Self::Client,
            (None, _) => Self::Handshake,
        }
    }
}

/// How much of a transaction each message is; a transaction without works is one thing.
fn weights(works: &[Work], gas: Option<&Gas>) -> Vec<u64> {
    if works.is_empty() {
        return vec![1];
    }
    works.iter().map(|work| gas.map_or(1, |gas| gas.estimate(work)).max(1)).collect()
}

/// Divides a sum by weights; what does not divide goes to the first.
fn divide(sum: u128, weights: &[u64]) -> Vec<u128> {
    let whole: u128 = weights.iter().copied().map(u128::from).sum();
    let part = |weight: &u64| {
        let weight = u128::from(*weight);
        // In two steps: fees of 18 decimals times gas would pass 2^128.
        sum / whole * weight + sum % whole * weight / whole
    };
    let mut parts: Vec<u128> = weights.iter().map(part).collect();
    let rest = sum - parts.iter().sum::<u128>();
    if let Some(first) = parts.first_mut() {
        *first += rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_of_a_fee_add_up_to_it(
            sum in 0u128..1u128 << 100,
            weights in proptest::collection::vec(1u64..1 << 40, 1..50),
        ) {
            let parts = divide(sum, &weights);
            prop_assert_eq!(parts.iter().sum::<u128>(), sum);
            let equal = divide(sum, &vec![7; weights.len()]);
            let (least, most) = (equal.iter().min().unwrap(), equal.iter().max().unwrap());
            prop_assert!(most - least <= 7 * weights.len() as u128);
        }
    }
}
