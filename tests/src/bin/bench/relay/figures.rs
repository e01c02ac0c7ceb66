//! From what the chains did to figures.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::journal::{Journal, Outcome, TxNote};
use super::process::Usage;

/// Blocks of the receiving chain within which 99 of 100 packets arrive at a rate that is held.
pub(crate) const HELD_BLOCKS: f64 = 3.0;
/// How much longer than was asked for it may take to offer the packets, by the blocks that they are sent in.
const LATE_SECONDS: f64 = 2.0;

/// One measured phase of one relayer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Phase {
    /// What was done: `idle`, `burst`, `steady` or `backlog`, with the number of packets.
    pub(crate) name: String,
    /// Packets that were to be relayed, and those that arrived and were acknowledged.
    pub(crate) packets: u64,
    pub(crate) received: u64,
    pub(crate) acked: u64,
    /// Seconds from the origin to the last acknowledgement: from the first send, or from the relayer's start.
    pub(crate) seconds: f64,
    /// Seconds from the origin to the first and to the last receive.
    pub(crate) first_receive: f64,
    pub(crate) last_receive: f64,
    /// Milliseconds from send to receive, and from send to acknowledgement, block commit to block commit.
    pub(crate) receive_ms: Spread,
    pub(crate) life_ms: Spread,
    /// Seconds from the first send to the last: how long it took to offer the packets.
    pub(crate) sent_seconds: f64,
    /// Milliseconds from one block of the receiving chain to the next: in this phase, and before anything was sent.
    pub(crate) interval_ms: Spread,
    pub(crate) idle_interval_ms: f64,
    /// The gas that the blocks between the first and the last receive were asked for, of the most that a block
    /// may have; without such blocks, or a limit, nothing.
    pub(crate) fill: Option<f64>,
    pub(crate) cost: Cost,
    /// What the relayer's process has used in this phase; the memory since its start.
    pub(crate) relayer: Usage,
    /// Seconds of CPU that both nodes have used, and everything else on the machine.
    pub(crate) nodes_cpu_seconds: f64,
    pub(crate) others_cpu_seconds: f64,
    /// The machine's load average at the end.
    pub(crate) load: f64,
    /// The blocks in which anything was relayed.
    pub(crate) blocks: Vec<Step>,
}

/// A block in which something was relayed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// `a` sends and learns, `b` receives.
    pub(crate) chain: char,
    pub(crate) height: u64,
    /// Seconds since the origin.
    pub(crate) at: f64,
    pub(crate) txs: u64,
    /// Packets received on `b`, acknowledged on `a`.
    pub(crate) packets: u64,
    pub(crate) gas_wanted: u64,
    pub(crate) gas_used: u64,
}

/// Least, middle and most of some numbers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
}

/// What a relayer's transactions cost.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) txs: u64,
    pub(crate) failed: u64,
    pub(crate) out_of_gas: u64,
    pub(crate) updates: u64,
    /// Messages with a packet, and those that were paid for and did nothing.
    pub(crate) packets: u64,
    pub(crate) redundant: u64,
    /// Updates against whose height nothing of the relayer's that had an effect proves.
    pub(crate) idle_updates: u64,
    /// The part of the fees that went, by the number of messages, to what did nothing and to those updates.
    pub(crate) fees_wasted: u128,
    pub(crate) gas_wanted: u64,
    pub(crate) gas_used: u64,
    /// The most that one transaction wanted of what it used.
    pub(crate) worst_gas_ratio: f64,
    pub(crate) fees: u128,
}

/// When the clock of a phase begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// With the first send's block.
    FirstSend,
    /// At a moment, in seconds since 1970.
    At(f64),
}

/// What packets of a phase went through.
pub(crate) struct Traffic {
    pub(crate) origin: f64,
    pub(crate) received: BTreeMap<u64, f64>,
    pub(crate) acked: BTreeMap<u64, f64>,
    pub(crate) sent: BTreeMap<u64, f64>,
}

impl Traffic {
    /// Follows the packets `from..` through both journals.
    pub(crate) fn of([a, b]: [&Journal; 2], from: u64, origin: Origin) -> Self {
        let mut sent = BTreeMap::new();
        let (mut received, mut acked) = (BTreeMap::new(), BTreeMap::new());
        for block in &a.blocks {
            sent.extend(block.sent.iter().map(|sequence| (*sequence, block.committed_at)));
            acked.extend(block.acked.iter().map(|sequence| (*sequence, block.committed_at)));
        }
        for block in &b.blocks {
            received.extend(block.received.iter().map(|sequence| (*sequence, block.committed_at)));
        }
        for map in [&mut sent, &mut received, &mut acked] {
            map.retain(|sequence, _| *sequence >= from);
        }
        let first = || sent.values().copied().fold(f64::INFINITY, f64::min);
        let origin = match origin {
            Origin::FirstSend => first(),
            Origin::At(moment) => moment,
        };
        Self { origin, received, acked, sent }
    }

    /// Milliseconds from each packet's send to a later event.
    pub(crate) fn since_sent(&self, later: &BTreeMap<u64, f64>) -> Spread {
        let took = |(sequence, at): (&u64, &f64)| Some((at - self.sent.get(sequence)?) * 1_000.0);
        Spread::of(later.iter().filter_map(took).collect())
    }

    /// Seconds from the origin to the first and the last of some events; zero without any.
    pub(crate) fn bounds(&self, events: &BTreeMap<u64, f64>) -> (f64, f64) {
        let all = Spread::of(events.values().map(|at| at - self.origin).collect());
        (all.least, all.most)
    }
}

impl Phase {
    /// Whether everything was offered within so many seconds and has arrived, nearly all of it within so many blocks of
    /// the receiving chain.
    pub(crate) fn is_held(&self, seconds: f64) -> bool {
        let is_offered = self.sent_seconds <= seconds + LATE_SECONDS;
        is_offered && self.acked == self.packets && self.receive_blocks() <= HELD_BLOCKS
    }

    /// In how many intervals of the receiving chain nearly all packets arrived. Intervals as they are when nothing
    /// happens: under load blocks take longer, and with those a slow relayer would look good.
    pub(crate) fn receive_blocks(&self) -> f64 {
        self.receive_ms.p99 / self.idle_interval_ms.max(1.0)
    }
}

impl Spread {
    pub(crate) fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * all.len() as f64).ceil() as usize;
            all.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { least: at(0.0), p50: at(0.5), p99: at(0.99), most: at(1.0) }
    }
}

impl Cost {
    pub(crate) fn of(journals: [&Journal; 2]) -> Self {
        journals.into_iter().fold(Self::default(), |cost, journal| {
            let txs = || journal.blocks.iter().flat_map(|block| &block.txs);
            let effected = txs().filter(|tx| tx.effected > 0);
            let proved = effected.flat_map(|tx| &tx.proved).copied().collect();
            txs().fold(cost, |cost, tx| cost.with(tx, &proved))
        })
    }

    fn with(self, tx: &TxNote, proved: &BTreeSet<u64>) -> Self {
        let ratio = tx.gas_wanted as f64 / tx.gas_used.max(1) as f64;
        let redundant = tx.packets.saturating_sub(tx.effected);
        let updates = tx.updates.len() as u64;
        let idle = tx.updates.iter().filter(|height| !proved.contains(*height)).count() as u64;
        let (wasted, messages) = (u128::from(redundant + idle), u128::from(tx.packets + updates));
        Self {
            txs: self.txs + 1,
            failed: self.failed + u64::from(tx.outcome != Outcome::Succeeded),
            out_of_gas: self.out_of_gas + u64::from(tx.outcome == Outcome::OutOfGas),
            updates: self.updates + updates,
            idle_updates: self.idle_updates + idle,
            packets: self.packets + tx.packets,
            redundant: self.redundant + redundant,
            fees_wasted: self.fees_wasted + tx.fee * wasted / messages.max(1),
            gas_wanted: self.gas_wanted + tx.gas_wanted,
            gas_used: self.gas_used + tx.gas_used,
            worst_gas_ratio: self.worst_gas_ratio.max(ratio),
            fees: self.fees + tx.fee,
        }
    }

    /// Gas limits over gas used, of all transactions together.
    pub(crate) fn gas_ratio(&self) -> f64 {
        self.gas_wanted as f64 / self.gas_used.max(1) as f64
    }
}

/// How full the blocks of `b` were that lie between the first and the last with receives.
pub(crate) fn fill(steps: &[Step], max_gas: i64) -> Option<f64> {
    let most = u64::try_from(max_gas).ok().filter(|most| *most > 0)?;
    let receives = |step: &&Step| step.chain == 'b' && step.packets > 0;
    let heights = steps.iter().filter(receives).map(|step| step.height);
    let (first, last) = (heights.clone().min()?, heights.max()?);
    let between = last.checked_sub(first + 1).filter(|blocks| *blocks > 0)?;
    let inside = |step: &&Step| step.chain == 'b' && step.height > first && step.height < last;
    let wanted: u64 = steps.iter().filter(inside).map(|step| step.gas_wanted).sum();
    Some(wanted as f64 / (most * between) as f64)
}

/// The blocks in which anything was relayed, in the order of their commits.
pub(crate) fn steps([a, b]: [&Journal; 2], origin: f64) -> Vec<Step> {
    let mut steps = Vec::new();
    for (chain, journal) in [('a', a), ('b', b)] {
        for block in &journal.blocks {
            let relayed = if chain == 'a' { &block.acked } else { &block.received };
            if block.txs.is_empty() {
                continue;
            }
            steps.push(Step {
                chain,
                height: block.height,
                at: block.committed_at - origin,
                txs: block.txs.len() as u64,
                packets: relayed.len() as u64,
                gas_wanted: block.txs.iter().map(|tx| tx.gas_wanted).sum(),
                gas_used: block.txs.iter().map(|tx| tx.gas_used).sum(),
            });
        }
    }
    steps.sort_by(|one, other| one.at.total_cmp(&other.at));
    steps
}

#[cfg(test)]
mod tests {
    use super::super::journal::BlockNote;
    use super::*;

    fn block(at: f64, sent: &[u64], received: &[u64], acked: &[u64], txs: &[TxNote]) -> BlockNote {
        BlockNote {
            height: at as u64,
            committed_at: at,
            sent: sent.to_vec(),
            received: received.to_vec(),
            acked: acked.to_vec(),
            txs: txs.to_vec(),
        }
    }

    #[test]
    fn packets_are_followed_from_send_to_acknowledgement() {
        let a = Journal {
            blocks: vec![
                block(10.0, &[1, 2], &[], &[], &[]),
                block(11.0, &[3], &[], &[], &[]),
                block(14.0, &[], &[], &[2, 3], &[]),
            ],
        };
        let b = Journal { blocks: vec![block(12.5, &[], &[2, 3], &[], &[])] };
        let traffic = Traffic::of([&a, &b], 2, Origin::FirstSend);
        assert_eq!(traffic.origin, 10.0);
        assert_eq!(traffic.bounds(&traffic.acked), (4.0, 4.0));
        let receive = traffic.since_sent(&traffic.received);
        assert_eq!((receive.least, receive.p50, receive.most), (1_500.0, 1_500.0, 2_500.0));
        let late = Traffic::of([&a, &b], 2, Origin::At(12.0));
        assert_eq!(late.bounds(&late.received), (0.5, 0.5));
    }

    #[test]
    fn what_was_paid_for_and_did_nothing_is_redundant() {
        let good = TxNote {
            packets: 10,
            effected: 8,
            updates: vec![5],
            gas_used: 100,
            ..Default::default()
        };
        let good = TxNote { gas_wanted: 120, fee: 11, proved: [5].into(), ..good };
        let vain =
            TxNote { updates: vec![6], gas_wanted: 10, gas_used: 10, fee: 4, ..Default::default() };
        let bad =
            TxNote { outcome: Outcome::OutOfGas, packets: 5, gas_used: 50, ..Default::default() };
        let bad = TxNote { gas_wanted: 50, fee: 3, proved: [6].into(), ..bad };
        let b = Journal { blocks: vec![block(1.0, &[], &[1], &[], &[good, vain, bad])] };
        let cost = Cost::of([&Journal::default(), &b]);
        assert_eq!((cost.txs, cost.failed, cost.out_of_gas, cost.updates), (3, 1, 1, 2));
        assert_eq!((cost.packets, cost.redundant, cost.fees), (15, 7, 18));
        assert_eq!((cost.worst_gas_ratio, cost.gas_wanted), (1.2, 180));
        // Two of eleven messages, an update against which nothing proves that had an effect, and all five.
        assert_eq!((cost.idle_updates, cost.fees_wasted), (1, 2 + 4 + 3));
        assert_eq!(steps([&Journal::default(), &b], 0.0).len(), 1);
    }

    #[test]
    fn a_block_without_a_transaction_is_empty_among_full_ones() {
        let tx = |gas_wanted| TxNote { packets: 1, effected: 1, gas_wanted, ..Default::default() };
        let at = |height: f64, gas| block(height, &[], &[height as u64], &[], &[tx(gas)]);
        // Nothing at 13: what stands between the first and the last is 12 to 14.
        let b = Journal { blocks: vec![at(11.0, 1), at(12.0, 90), at(14.0, 60), at(15.0, 1)] };
        let steps = steps([&Journal::default(), &b], 0.0);
        assert_eq!(fill(&steps, 100), Some(0.5));
        assert_eq!(fill(&steps, -1), None);
        assert_eq!(fill(&steps[..2], 100), None);
    }
}
