//! What messages cost: assumed before they are simulated, to cut batches of the right size, and the
//! limit that a simulated transaction gets.

use std::collections::BTreeMap;

use super::learned::Learned;
use super::tare::Tare;
use super::work::Work;
use crate::model::Model;
use crate::model::config::Probe;
use crate::model::ids::FlowId;

/// Gas to add on top of a simulated transaction. On wasmd v0.61.14 none is needed: delivered gas is what
/// was simulated, to the unit; a client that begins to forget old headers meanwhile takes some more.
pub(crate) const MARGIN: u64 = 3_000;
/// What the chain counts in a simulation for storing the probe's public key, which no lane's transaction
/// does: 6,571 or 6,572 on wasmd v0.61.14, 2,000 and 30 a byte on every chain of the SDK. A little less.
const FIRST_KEY: u64 = 6_500;
/// What the first transaction that a key signs takes beyond its later ones, storing the key included: 10,957 and 11,093
/// on wasmd v0.61.14, more than a simulation in the name of an account without a key shows. A little more.
const FIRST_TX: u64 = 12_000;
/// What the gas is multiplied with then, at least, in thousandths.
const WIDE: u64 = 1_250;
/// A limit that was learned may be beyond what would do by this part: with the usual multiplier, by 5 % beyond use.
const TOO_FAR: u64 = 33;
/// How many transactions keep a wider limit after one ran out of gas.
const WIDE_FOR: u32 = 100;

/// A batch of so many messages, or more, replaces what was learned before; a smaller one moves it by its
/// share. One dear message of a stranger then does not make all others seem dear.
const TELLING: u64 = 10;

/// What is learned of gas on one chain.
#[derive(Debug, Default)]
pub(crate) struct Gas {
    each: BTreeMap<Kind, u64>,
    wide: u32,
    /// What batches take that need not be simulated.
    pub(crate) learned: Learned,
    /// What a transaction takes besides its messages.
    pub(crate) tare: Tare,
}

/// Messages that cost about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Recv,
    Ack,
    Timeout,
    Handshake,
}

fn kind(work: &Work) -> Kind {
    match work {
        Work::Recv(_) => Kind::Recv,
        Work::Ack(_) => Kind::Ack,
        Work::Timeout(_) | Work::TimeoutOnClose(_) => Kind::Timeout,
        Work::CreateClient
        | Work::Misbehaviour
        | Work::Register
        | Work::Connection(_)
        | Work::Channel(..) => Kind::Handshake,
    }
}

/// Measured on wasmd v0.61.14 with ICS-20, rounded up.
fn assumed(kind: Kind) -> u64 {
    match kind {
        Kind::Recv => 80_000,
        Kind::Ack => 30_000,
        Kind::Timeout => 60_000,
        Kind::Handshake => 200_000,
    }
}

/// The gas that a simulated transaction would take in the name of an account that has signed before.
pub(crate) fn without_first_key(simulated: u64, probe: &Probe) -> u64 {
    // An account that signed before has its key stored.
    if probe.sequence == 0 { simulated.saturating_sub(FIRST_KEY) } else { simulated }
}

/// The gas of a transaction that an account signs with this sequence: the first one also stores its key.
pub(crate) fn with_first_key(gas: u64, sequence: u64) -> u64 {
    if sequence == 0 { gas.saturating_add(FIRST_TX) } else { gas }
}

impl Model {
    /// What a transaction of a flow's epoch may take beside what it was simulated with: the first one of a key
    /// stores that, and whoever pays by a grant has it looked up.
    pub(super) fn gas_beside(&self, id: &FlowId) -> u64 {
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let Some(lane) = epoch.map(|epoch| &epoch.lane) else { return 0 };
        let grants = self.lanes.get(lane).map_or(0, |lane| lane.purse.most_grant_gas());
        with_first_key(grants, self.free_sequences(lane).next().unwrap_or_default())
    }
}

/// The limit that a transaction needs which used this much when it was simulated, times a multiplier
/// in thousandths.
pub(crate) fn needed(simulated: u64, multiplier: u64) -> u64 {
    (simulated.saturating_mul(multiplier) / 1_000).saturating_add(MARGIN)
}

impl Gas {
    /// What one message is expected to cost.
    pub(crate) fn estimate(&self, work: &Work) -> u64 {
        let kind = kind(work);
        self.each.get(&kind).copied().unwrap_or_else(|| assumed(kind))
    }

    /// Learns from a simulated transaction whose messages are all of one kind; what was known at most
    /// doubles or halves by it.
    pub(crate) fn learn(&mut self, works: &[Work], gas_used: u64) {
        let Some(first) = works.first().map(kind) else { return };
        if works.iter().all(|work| kind(work) == first) {
            let count = works.len().try_into().unwrap_or(u64::MAX);
            let known = self.each.get(&first).copied().unwrap_or_else(|| assumed(first));
            let each = gas_used.div_ceil(count).clamp(known / 2, known.saturating_mul(2));
            let weight = count.min(TELLING);
            let old = known.saturating_mul(TELLING - weight);
            let mean = old.saturating_add(each.saturating_mul(weight)).div_ceil(TELLING);
            self.each.insert(first, mean);
        }
    }

    /// The limit for a transaction that used this much when it was simulated, times a multiplier in
    /// thousandths.
    pub(crate) fn limit(&mut self, simulated: u64, multiplier: u64) -> u64 {
        let multiplier = if self.wide == 0 { multiplier } else { multiplier.max(WIDE) };
        self.wide = self.wide.saturating_sub(1);
        needed(simulated, multiplier)
    }

    /// Widens the limits for a while, as a transaction ran out of gas; `false` when they are wide already.
    pub(crate) fn raise(&mut self) -> bool {
        let is_news = self.wide == 0;
        if is_news {
            self.wide = WIDE_FOR;
        }
        is_news
    }

    /// Learns from a transaction that was given `limit` and did everything that it was to do: what was
    /// taken as known is learned again when it is too far off.
    pub(crate) fn delivered(&mut self, hash: &[u8; 32], limit: u64, used: u64, multiplier: u64) {
        let was_known = self.learned.delivered(hash, used);
        if was_known && limit > needed(used, multiplier).saturating_add(used / TOO_FAR) {
            self.learned.doubt();
        }
    }

    /// Applies that a transaction failed: what was learned is not trusted for a while. Whether the
    /// transaction had relied on it.
    pub(crate) fn failed(&mut self, hash: &[u8; 32]) -> bool {
        self.learned.failed(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_stays_within_five_percent_and_widens_after_out_of_gas() {
        let mut gas = Gas::default();
        assert_eq!(gas.limit(7_650_000, 1_020), 7_806_000);
        assert!(gas.raise());
        assert!(!gas.raise());
        assert_eq!(gas.limit(1_000_000, 1_020), 1_253_000);
        assert_eq!(gas.limit(1_000_000, 1_400), 1_403_000);
    }

    #[test]
    fn a_single_packets_limit_stays_within_five_percent() {
        let probe = |sequence| Probe { address: "wasm1probe".into(), sequence };
        // Used and simulated by the probe, on wasmd v0.61.14: an acknowledgement and a receive, with updates.
        for (used, simulated) in [(133_509, 140_080), (181_577, 188_148)] {
            let limit = Gas::default().limit(without_first_key(simulated, &probe(0)), 1_020);
            assert!((used * 102..=used * 105).contains(&(limit * 100)), "{limit} for {used}");
        }
        assert_eq!(without_first_key(140_080, &probe(1)), 140_080);
        assert_eq!((with_first_key(100, 0), with_first_key(100, 1)), (12_100, 100));
    }

    #[test]
    fn only_batches_of_one_kind_teach() {
        let mut gas = Gas::default();
        gas.learn(&vec![Work::CreateClient; 10], 1_500_001);
        assert_eq!(gas.estimate(&Work::CreateClient), 150_001);
        gas.learn(&[], 1);
        assert_eq!(gas.estimate(&Work::CreateClient), 150_001);
    }

    #[test]
    fn one_dear_message_teaches_little() {
        let mut gas = Gas::default();
        gas.learn(&vec![Work::CreateClient; 100], 20_000_000);
        gas.learn(&[Work::CreateClient], 95_000_000);
        assert_eq!(gas.estimate(&Work::CreateClient), 220_000);
        gas.learn(&vec![Work::CreateClient; 100], 20_000_000);
        assert_eq!(gas.estimate(&Work::CreateClient), 200_000);
    }
}
