//! Questions on their way: a lost answer is given up at a deadline.

use std::collections::BTreeMap;

use super::facts::Ask;
use super::ids::{AskId, ChainId, FlowId, LaneId, PathId, SlotId, Span, Time};
use super::rows::GapId;

/// How long proofs and headers may take: thousands of keys are the slowest.
const PATIENCE_TO_GATHER: Span = Span::seconds(15);
/// How long a scan may take: thousands of proofs, and as many blocks.
const PATIENCE_TO_SCAN: Span = Span::seconds(300);
/// How long a single request may take.
const PATIENCE: Span = Span::seconds(5);

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A part of what the flow's epoch needs.
    Gather(FlowId),
    /// The gas of one of the epoch's batches.
    Simulate(FlowId),
    /// The gas of a client update by itself, which has so many bytes.
    Weigh(FlowId, usize),
    /// What an update that goes ahead takes with one more of the same.
    Twice(FlowId),
    /// What a transaction with so many messages that do not matter takes.
    Tare(ChainId, usize),
    /// Whether a slot was accepted.
    Offer(SlotId),
    /// The state of a lane's account.
    Account(LaneId),
    /// What a lane pays its fees from.
    Funds(LaneId),
    /// What a flow's client is good for.
    Client(FlowId),
    /// Whether a header of this height that a flow's client was given is the chain's own.
    Compare(FlowId, u64),
    /// What a chain demands for gas.
    GasPrice(ChainId),
    /// What happened in a gap.
    Scan(GapId),
}

impl Purpose {
    /// The path that it serves, if it serves only one. What is offered is settled, whatever becomes of its path.
    fn path(&self) -> Option<&PathId> {
        match self {
            Self::Gather(flow)
            | Self::Simulate(flow)
            | Self::Weigh(flow, _)
            | Self::Twice(flow)
            | Self::Client(flow)
            | Self::Compare(flow, _) => Some(&flow.path),
            Self::Scan(gap) => Some(&gap.path),
            Self::Tare(..)
            | Self::Offer(_)
            | Self::Account(_)
            | Self::Funds(_)
            | Self::GasPrice(_) => None,
        }
    }
}

/// The outstanding asks.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    next: u64,
    open: BTreeMap<AskId, (Time, Purpose)>,
    fresh: Vec<(AskId, Ask)>,
}

impl Asks {
    /// Asks.
    pub(crate) fn put(&mut self, now: Time, purpose: Purpose, ask: Ask) -> AskId {
        let id = AskId(self.next);
        self.next += 1;
        let patience = match purpose {
            Purpose::Gather(_) | Purpose::Compare(..) => PATIENCE_TO_GATHER,
            Purpose::Scan(_) => PATIENCE_TO_SCAN,
            Purpose::Simulate(_)
            | Purpose::Weigh(..)
            | Purpose::Twice(_)
            | Purpose::Tare(..)
            | Purpose::Offer(_)
            | Purpose::Account(_)
            | Purpose::Funds(_)
            | Purpose::Client(_)
            | Purpose::GasPrice(_) => PATIENCE,
        };
        self.open.insert(id, (now.plus(patience), purpose));
        self.fresh.push((id, ask));
        id
    }

    /// Closes what was asked for a path that is forgotten.
    pub(super) fn forget(&mut self, path: &PathId) {
        self.open.retain(|_, (_, purpose)| purpose.path() != Some(path));
    }

    /// Closes an ask that has been answered; `None` when it is not open any more.
    pub(crate) fn close(&mut self, id: AskId) -> Option<Purpose> {
        self.open.remove(&id).map(|(_, purpose)| purpose)
    }

    /// The asks whose answer is overdue.
    pub(crate) fn overdue(&self, now: Time) -> Vec<AskId> {
        let late =
            |(id, (deadline, _)): (&AskId, &(Time, Purpose))| (*deadline <= now).then_some(*id);
        self.open.iter().filter_map(late).collect()
    }

    /// When the next answer is overdue.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.open.values().map(|(deadline, _)| *deadline).min()
    }

    /// Hands out the asks since the last call.
    pub(crate) fn take(&mut self) -> Vec<(AskId, Ask)> {
        std::mem::take(&mut self.fresh)
    }
}
