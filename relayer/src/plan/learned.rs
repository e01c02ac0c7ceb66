//! Gas known without asking: what the messages of a kind took in blocks is what they take.
//!
//! Only large batches of plain transfers are planned so. What a transfer does depends on its denom and on
//! whether its receiver is new to the chain, which costs an account; so it counts as known only for denoms
//! that were received, and for receivers that have received. Everything else is simulated each time,
//! since there a simulation also tells whether the transaction would fail.
//!
//! Strangers choose what is learned. A packet that is refused takes less than one that is taken, and teaches nothing;
//! and each time that what was learned was wrong, it takes twice as long until something is taken as known again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::work::Work;
use crate::model::facts::PacketData;
use crate::model::filter::PlainTransfer;
use crate::model::ids::{Ends, FlowId, Route};
use crate::model::rows::Leg;

/// The least messages of a batch that is not simulated.
pub(crate) const LARGE: usize = 10;
/// So many batches say what a message takes, if there are `MESSAGES` in them.
const BATCHES: usize = 4;
const MESSAGES: usize = 100;
/// They may differ by this part, and new receivers may take this part: half of what a limit adds.
const SPREAD: u64 = 100;
/// More than what the account of a new receiver takes: 13,700 on wasmd v0.61.14.
const NEW_RECEIVER: u64 = 20_000;
/// What was learned is not used for so many batches after it was wrong, and for twice as many after each next time
/// that transactions failed for it: strangers choose what is learned, and can make it wrong again and again.
const DOUBT: u32 = 100;
/// So often it doubles.
const DOUBLINGS: u32 = 20;
/// So many transactions are remembered until they are delivered.
const SENT: usize = 64;
/// So many classes and receivers are remembered; with one more all are forgotten, since strangers choose them.
const CLASSES: usize = 1_024;
const RECEIVERS: usize = 8_192;
/// The longest denom that is remembered, in bytes.
const LONGEST_DENOM: usize = 256;
/// Gas of a byte of a transaction. Source: cosmos-sdk `x/auth/types/params.go`, `DefaultTxSizeCostPerByte`.
const BYTE: u64 = 10;
/// The port of ICS-20.
const TRANSFER: &str = "transfer";

/// Messages that cost the same, their size aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    leg: Leg,
    route: Arc<Route>,
    /// The magnitude of the packet's size.
    size: u32,
    /// What a receive brings.
    denom: String,
}

/// What tells two receivers apart.
type Receiver = u64;

/// Whether an acknowledgement says that the application took the packet, as ICS-4 has it.
pub(crate) fn is_success(ack: &[u8]) -> bool {
    ack.starts_with(br#"{"result":"#)
}

/// The class of a message, and who receives by it; `None` for one that is always simulated.
fn classify(work: &Work, data: &PacketData) -> Option<(Class, Option<Receiver>)> {
    let (leg, key) = work.packet()?;
    let Ends::V1 { src, dst, .. } = &key.route.ends else { return None };
    let PlainTransfer { denom, receiver } = PlainTransfer::read(&data.data)?;
    let (denom, receiver) = match leg {
        Leg::Recv if dst.port.as_str() == TRANSFER && denom.len() <= LONGEST_DENOM => {
            let mut hasher = DefaultHasher::new();
            receiver.hash(&mut hasher);
            (denom, Some(hasher.finish()))
        }
        // An acknowledgement of a failure pays back; that of a success does nothing.
        Leg::Ack if src.port.as_str() == TRANSFER => {
            let succeeded = data.ack.as_ref().is_some_and(|ack| is_success(ack));
            (succeeded.then(String::new)?, None)
        }
        Leg::Recv | Leg::Ack | Leg::Timeout => return None,
    };
    let size = data.data.len().max(1).ilog2();
    Some((Class { leg, route: Arc::clone(&key.route), size, denom }, receiver))
}

/// A transaction whose messages are all of known classes.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Bytes of its client message; none when it has none.
    pub(super) update: Option<usize>,
    /// Class -> how many messages, and their bytes.
    parts: BTreeMap<Class, (usize, usize)>,
    receivers: BTreeSet<Receiver>,
}

impl Shape {
    /// A transaction with nothing but a client message of so many bytes, if any.
    pub(super) fn of(update: Option<usize>) -> Self {
        Self { update, parts: BTreeMap::new(), receivers: BTreeSet::new() }
    }

    /// Adds a message of so many bytes; `None` if such a message is always simulated.
    pub(super) fn add(&mut self, work: &Work, data: &PacketData, bytes: usize) -> Option<()> {
        let (class, receiver) = classify(work, data)?;
        let part = self.parts.entry(class).or_default();
        part.0 += 1;
        part.1 += bytes;
        self.receivers.extend(receiver);
        Some(())
    }

    /// The same messages in a transaction that follows its client update.
    pub(super) fn after_update(&self) -> Self {
        Self { update: None, ..self.clone() }
    }

    /// Whether it has so many messages that little depends on each.
    pub(super) fn is_large(&self) -> bool {
        self.messages() >= LARGE
    }

    /// How many messages it has besides client updates.
    pub(super) fn messages(&self) -> usize {
        self.parts.values().map(|(count, _)| count).sum()
    }

    /// What its bytes take.
    pub(super) fn bytes(&self) -> u64 {
        let bytes: usize = self.parts.values().map(|(_, bytes)| bytes).sum();
        cost_of_bytes(bytes.saturating_add(self.update.unwrap_or(0)))
    }
}

fn cost_of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(BYTE)
}

/// A transaction that is on its way.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) hash: [u8; 32],
    pub(crate) flow: FlowId,
    pub(crate) shape: Shape,
    /// What it took, besides bytes, when it was simulated with a client update that it does not have.
    pub(crate) simulated: Option<u64>,
    /// It was not simulated.
    pub(crate) is_known: bool,
    /// Its key pays for it, and has signed before: it takes nothing beside what its simulation counts.
    pub(crate) is_usual: bool,
    /// A packet that it brought was refused, which takes less: it says nothing of others.
    pub(crate) was_refused: bool,
    /// Of one that is not usual: what it was when it was simulated, and what it took then, which teaches in its place.
    pub(crate) lesson: Option<(Shape, u64)>,
}

/// What is learned on one chain; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// What a message of a class takes besides its bytes.
    classes: BTreeMap<Class, Samples>,
    /// Flow, and whether its client is updated -> what a transaction takes besides messages and bytes.
    rest: BTreeMap<(FlowId, bool), u64>,
    /// Who has received.
    receivers: BTreeSet<Receiver>,
    /// What is on its way, newest last.
    sent: VecDeque<Sent>,
    /// For so many batches nothing is taken as known.
    doubt: u32,
    /// Something was taken as known since the last transaction failed for it.
    relies: bool,
    /// How often that went wrong.
    failures: u32,
}

/// Gas of a message in the last batches, with how many there were in each.
#[derive(Debug, Default)]
struct Samples(VecDeque<(u64, usize)>);

impl Samples {
    fn push(&mut self, gas: u64, messages: usize) {
        self.0.push_back((gas, messages));
        let enough = |samples: &VecDeque<(u64, usize)>| {
            samples.len() > BATCHES
                && samples.iter().skip(1).map(|(_, count)| count).sum::<usize>() >= MESSAGES
        };
        while enough(&self.0) {
            self.0.pop_front();
        }
    }

    /// The most that a message took, if they agree and there are enough of them.
    fn steady(&self) -> Option<u64> {
        let (most, least) = (self.0.iter().map(|s| s.0).max()?, self.0.iter().map(|s| s.0).min()?);
        let messages: usize = self.0.iter().map(|(_, count)| count).sum();
        let is_steady = self.0.len() >= BATCHES
            && messages >= MESSAGES
            && most.saturating_sub(least) <= most / SPREAD;
        is_steady.then_some(most)
    }
}

impl Learned {
    /// The gas of a transaction that need not be simulated; `None` for one that has to be.
    pub(crate) fn predict(&mut self, flow: &FlowId, shape: &Shape) -> Option<u64> {
        if !shape.is_large() {
            return None;
        }
        if self.doubt > 0 {
            self.doubt -= 1;
            return None;
        }
        let gas = self.expected(flow, shape)?;
        let is_known = self.holds_receivers(shape, gas);
        self.relies |= is_known;
        is_known.then_some(gas)
    }

    /// The gas of a transaction, if what its messages take is known; receivers that are new aside.
    pub(super) fn expected(&self, flow: &FlowId, shape: &Shape) -> Option<u64> {
        let rest = *self.rest.get(&(flow.clone(), shape.update.is_some()))?;
        let mut gas = rest.saturating_add(shape.bytes());
        for (class, (count, _)) in &shape.parts {
            let each = self.classes.get(class)?.steady()?;
            gas = gas.saturating_add(each.saturating_mul(u64::try_from(*count).ok()?));
        }
        Some(gas)
    }

    /// Whether what a transaction takes for receivers that are new is little of this.
    fn holds_receivers(&self, shape: &Shape, gas: u64) -> bool {
        let new = shape.receivers.difference(&self.receivers).count();
        u64::try_from(new).unwrap_or(u64::MAX).saturating_mul(NEW_RECEIVER) <= gas / SPREAD
    }

    /// Whether all receivers of a transaction have received before.
    pub(crate) fn knows_receivers(&self, shape: &Shape) -> bool {
        shape.receivers.is_subset(&self.receivers)
    }

    /// Whether it is known what a flow's client update takes by itself.
    pub(crate) fn knows_update(&self, flow: &FlowId) -> bool {
        self.rest.contains_key(&(flow.clone(), true))
    }

    /// Learns from a simulated transaction what a client update takes by itself. It does not tell which packets are
    /// refused, so what messages take is learned when they are delivered.
    pub(crate) fn simulated(&mut self, flow: &FlowId, shape: &Shape, gas: u64) {
        if shape.parts.is_empty() {
            self.learn(flow, shape, gas);
        }
    }

    fn learn(&mut self, flow: &FlowId, shape: &Shape, gas: u64) {
        if !self.holds_receivers(shape, gas) {
            return;
        }
        let key = (flow.clone(), shape.update.is_some());
        let gas = gas.saturating_sub(shape.bytes());
        if shape.parts.is_empty() {
            // An update that was on chain already takes less: the most counts.
            let known = self.rest.entry(key).or_insert(gas);
            *known = gas.max(*known);
            return;
        }
        let rest = self.rest.get(&key).copied();
        if let (Some((class, (count, _))), Some(rest)) = (single(&shape.parts), rest) {
            let each = gas.saturating_sub(rest) / u64::try_from(*count).unwrap_or(u64::MAX).max(1);
            if self.classes.len() >= CLASSES && !self.classes.contains_key(class) {
                self.classes.clear();
            }
            self.classes.entry(class.clone()).or_default().push(each, *count);
        }
    }

    /// Remembers a transaction until it is delivered.
    pub(crate) fn sent(&mut self, tx: Sent) {
        self.sent.push_back(tx);
        if self.sent.len() > SENT {
            self.sent.pop_front();
        }
    }

    fn take(&mut self, hash: &[u8; 32]) -> Option<Sent> {
        let place = self.sent.iter().position(|tx| tx.hash == *hash)?;
        self.sent.remove(place)
    }

    /// Learns from a transaction that was delivered and did everything that it was to do. Whether it had
    /// not been simulated.
    pub(crate) fn delivered(&mut self, hash: &[u8; 32], gas: u64) -> bool {
        let Some(tx) = self.take(hash) else { return false };
        if let Some(simulated) = tx.simulated.filter(|_| tx.is_usual) {
            let alone = gas.saturating_sub(tx.shape.bytes());
            self.learn_update(&tx.flow, simulated.saturating_sub(alone));
        }
        if tx.was_refused {
            return tx.is_known;
        }
        if tx.is_usual {
            self.learn(&tx.flow, &tx.shape, gas);
        } else if let Some((shape, gas)) = &tx.lesson {
            self.learn(&tx.flow, shape, *gas);
        }
        if self.receivers.len() >= RECEIVERS {
            self.receivers.clear();
        }
        self.receivers.extend(tx.shape.receivers);
        tx.is_known
    }

    /// Notes that a packet was refused which a transaction brought.
    pub(crate) fn refused(&mut self, hash: &[u8; 32]) {
        if let Some(tx) = self.sent.iter_mut().find(|tx| tx.hash == *hash) {
            tx.was_refused = true;
        }
    }

    /// Forgets a transaction that failed, and what was learned. Whether it had not been simulated.
    pub(crate) fn failed(&mut self, hash: &[u8; 32]) -> bool {
        let was_known = self.take(hash).is_some_and(|tx| tx.is_known);
        // All that were on their way fail together: that is one time.
        if was_known && std::mem::take(&mut self.relies) {
            self.failures += 1;
        }
        if was_known {
            self.doubt();
        } else {
            // Nothing says that it failed for what was learned.
            self.doubt_for(DOUBT);
        }
        was_known
    }

    /// Learns what a client update adds to a transaction; as above, the most counts.
    fn learn_update(&mut self, flow: &FlowId, update: u64) {
        let Some(with) = self.rest.get(&(flow.clone(), true)) else { return };
        let without = with.saturating_sub(update);
        let known = self.rest.entry((flow.clone(), false)).or_insert(without);
        *known = without.min(*known);
    }

    /// Forgets what messages take: a transaction failed, or took something else than it was given.
    pub(crate) fn doubt(&mut self) {
        let doublings = self.failures.saturating_sub(1).min(DOUBLINGS);
        self.doubt_for(DOUBT << doublings);
    }

    /// Takes nothing as known for so many batches.
    fn doubt_for(&mut self, batches: u32) {
        self.classes.clear();
        self.rest.clear();
        self.doubt = self.doubt.max(batches);
    }
}

fn single<K, V>(map: &BTreeMap<K, V>) -> Option<(&K, &V)> {
    map.iter().next().filter(|_| map.len() == 1)
}

#[cfg(test)]
mod tests;
