//! Questions on their way: a few at once of each chain, and a lost answer is given up at a deadline.

use std::collections::BTreeMap;

use super::config::ChainConfig;
use super::facts::Ask;
use super::ids::{AskId, ChainId, FlowId, LaneId, PathId, SlotId, Span, Time};
use super::rows::GapId;

/// Questions to one chain under way at once; the others wait their turn. A node that hangs holds up no other chain's.
const AT_ONCE: usize = 32;

/// So many times as long as a single request proofs and headers may take: thousands of keys are the slowest.
const GATHER: u64 = 3;
/// As long a scan may take: thousands of proofs, and as many blocks.
const SCAN: u64 = 60;
/// So much longer a question is waited for than its request: the request's own error comes first, and names the endpoint.
const MARGIN: Span = Span::seconds(1);
/// How long the store may take, and what is asked of a chain that is configured no more.
pub(crate) const PATIENCE: Span = Span::seconds(5);

impl Ask {
    /// How long its answer is waited for where a single request may take so long.
    pub(crate) fn patience(&self, request: Span) -> Span {
        match self {
            Self::Header { .. }
            | Self::Prove { .. }
            | Self::Open { .. }
            | Self::Load(_)
            | Self::Compare(_) => Span(request.0.saturating_mul(GATHER)),
            Self::Heights { .. } | Self::Channels { .. } | Self::Packets { .. } => {
                Span(request.0.saturating_mul(SCAN))
            }
            Self::Simulate { .. }
            | Self::Offer(_)
            | Self::Account(_)
            | Self::Funds { .. }
            | Self::Client { .. }
            | Self::GasPrice { .. } => Span(request.0.saturating_add(MARGIN.0)),
        }
    }
}

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
    /// Those that wait for their turn, with how many of their chain are open; what the store answers waits for nothing.
    turns: BTreeMap<Option<ChainId>, Turns>,
    open: BTreeMap<AskId, Open>,
}

/// What is asked of one chain.
#[derive(Debug, Default)]
struct Turns {
    open: usize,
    waiting: BTreeMap<AskId, (Purpose, Ask)>,
}

/// An ask that was handed out.
#[derive(Debug)]
struct Open {
    deadline: Time,
    chain: Option<ChainId>,
    purpose: Purpose,
}

impl Asks {
    /// Asks, as soon as there is room among the chain's.
    pub(crate) fn put(&mut self, purpose: Purpose, ask: Ask) -> AskId {
        let id = AskId(self.next);
        self.next += 1;
        let turns = self.turns.entry(ask.chain().cloned()).or_default();
        turns.waiting.insert(id, (purpose, ask));
        id
    }

    /// Closes what was asked for a path that is forgotten.
    pub(super) fn forget(&mut self, path: &PathId) {
        for turns in self.turns.values_mut() {
            turns.waiting.retain(|_, (purpose, _)| purpose.path() != Some(path));
        }
        let of_path =
            |(id, open): (&AskId, &Open)| (open.purpose.path() == Some(path)).then_some(*id);
        let open: Vec<AskId> = self.open.iter().filter_map(of_path).collect();
        for id in open {
            self.close(id);
        }
    }

    /// Closes an ask that has been answered, or whose answer is not wanted any more; `None` when it is not open.
    pub(crate) fn close(&mut self, id: AskId) -> Option<Purpose> {
        let Some(Open { chain, purpose, .. }) = self.open.remove(&id) else {
            let waiting = self.turns.values_mut().find_map(|turns| turns.waiting.remove(&id));
            return waiting.map(|(purpose, _)| purpose);
        };
        if let Some(turns) = self.turns.get_mut(&chain) {
            turns.open -= 1;
        }
        Some(purpose)
    }

    /// The asks whose answer is overdue.
    pub(crate) fn overdue(&self, now: Time) -> Vec<AskId> {
        let late = |(id, open): (&AskId, &Open)| (open.deadline <= now).then_some(*id);
        self.open.iter().filter_map(late).collect()
    }

    /// When the next answer is overdue.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.open.values().map(|open| open.deadline).min()
    }

    /// Hands out the asks whose turn it is. Only from now on are their answers waited for: what queues for a busy node
    /// is neither given up nor asked again meanwhile.
    pub(crate) fn take(
        &mut self,
        now: Time,
        config: &BTreeMap<ChainId, ChainConfig>,
    ) -> Vec<(AskId, Ask)> {
        let mut asks = Vec::new();
        for (chain, turns) in &mut self.turns {
            let request = chain.as_ref().and_then(|chain| config.get(chain));
            let request = request.map_or(PATIENCE, |chain| chain.rpc_timeout);
            while (turns.open < AT_ONCE || chain.is_none())
                && let Some((id, (purpose, ask))) = turns.waiting.pop_first()
            {
                turns.open += 1;
                let deadline = now.plus(ask.patience(request));
                self.open.insert(id, Open { deadline, chain: chain.clone(), purpose });
                asks.push((id, ask));
            }
        }
        asks.sort_by_key(|(id, _)| *id);
        asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks a chain about an account.
    fn put(asks: &mut Asks, chain: &str) -> AskId {
        let lane = LaneId { chain: chain.into(), address: "x".into() };
        asks.put(Purpose::Account(lane.clone()), Ask::Account(lane))
    }

    fn taken(asks: &mut Asks, now: Time) -> Vec<AskId> {
        asks.take(now, &BTreeMap::new()).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn a_slow_node_is_waited_for_as_long_as_configured() {
        let request = Span::seconds(30);
        let chain: ChainId = "a".into();
        let lane = LaneId { chain: chain.clone(), address: "x".into() };
        assert_eq!(Ask::Account(lane).patience(request), Span::seconds(31));
        let header = Ask::Header { chain, height: 5, trusted: None };
        assert_eq!(header.patience(request), Span::seconds(90));
    }

    #[test]
    fn a_question_does_not_grow_old_while_it_waits_for_its_turn() {
        let mut asks = Asks::default();
        let ids: Vec<AskId> = (0..AT_ONCE + 3).map(|_| put(&mut asks, "a")).collect();
        let other = put(&mut asks, "b");
        let (first, waiting) = ids.split_at(AT_ONCE);
        let began = Time(0);
        assert_eq!(taken(&mut asks, began), [first, &[other]].concat(), "as many as may be");
        assert_eq!(taken(&mut asks, began), []);
        // One is answered, and one that waits is not wanted any more.
        assert!(asks.close(first[0]).is_some() && asks.close(waiting[0]).is_some());
        let later = began.plus(Span::seconds(4));
        assert_eq!(taken(&mut asks, later), [waiting[1]]);
        let end = began.plus(PATIENCE).plus(MARGIN);
        assert_eq!(asks.overdue(end), [&first[1..], &[other]].concat());
        for late in asks.overdue(end) {
            asks.close(late);
        }
        assert_eq!(asks.next_deadline(), Some(later.plus(PATIENCE).plus(MARGIN)));
        assert_eq!(taken(&mut asks, end), [waiting[2]]);
        assert_eq!(asks.close(first[0]), None, "a late answer");
    }
}
