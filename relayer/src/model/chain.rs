//! Chains: how far they are read, how fast they are, what a message costs on them.

use std::collections::BTreeMap;

use super::Model;
use super::config::ChainConfig;
use super::facts::{
    BlockFacts, BlockLimits, Event, HandshakeChange, PacketChange, PacketEvent, Tip,
};
use super::ids::{ChainId, FlowId, Height, Span, Time};
use super::notice::Notice;
use super::path::ConnectionEvent;
use super::price::Demand;
use super::rows::{CursorRow, PathRow, SlotRow, Write};
use crate::plan::gas::Gas;
use crate::plan::learned::is_success;
use crate::plan::politeness::Bringer;

/// How many past headers may still be chosen for a client update.
const RECENT: usize = 256;

/// What is known of a chain besides its cursor; nothing of it outlives the process.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Height -> time of recent blocks.
    pub(crate) recent: BTreeMap<u64, Time>,
    /// The mean time between two blocks.
    pub(crate) interval: Span,
    /// The mean time until an offer is answered. A key offers one transaction after the other.
    offer_time: Span,
    /// What messages cost.
    pub(crate) gas: Gas,
    /// What the chain demands for it, where that changes.
    pub(super) demand: Demand,
}

impl Chain {
    pub(super) fn new(config: &ChainConfig, tip: Option<Tip>) -> Self {
        let recent = tip.map(|tip| (tip.height, tip.time)).into_iter().collect();
        Self {
            recent,
            interval: config.interval,
            offer_time: Span(0),
            gas: Gas::default(),
            demand: Demand::default(),
        }
    }

    /// How many transactions a key can offer between two blocks.
    pub(crate) fn offers_per_block(&self) -> u64 {
        self.interval.0 / self.offer_time.0.max(1)
    }

    /// Notes how long the answer to an offer took.
    pub(super) fn took_offer(&mut self, time: Span) {
        self.offer_time = Span(self.offer_time.0 / 8 * 7 + time.0 / 8);
    }

    fn push(&mut self, tip: Tip) {
        if let Some((_, last)) = self.recent.last_key_value() {
            let step = tip.time.since(*last).0;
            // A moving mean over about eight blocks; a halt of the chain counts at most tenfold.
            let capped = step.min(self.interval.0.saturating_mul(10));
            self.interval =
                Span((self.interval.0 / 8).saturating_mul(7).saturating_add(capped / 8));
        }
        self.recent.insert(tip.height, tip.time);
        while self.recent.len() > RECENT {
            self.recent.pop_first();
        }
    }
}

impl Model {
    /// Applies where to begin reading a chain.
    pub(super) fn on_begin(&mut self, chain: ChainId, tip: Tip) {
        let goes_on = self
            .record
            .tip(&chain)
            .is_some_and(|known| known.height >= tip.height || self.needs(&chain));
        if !goes_on && self.config.contains_key(&chain) {
            self.seen(&chain, tip);
            // Which sequences were used while nobody read it, only the account tells.
            for (_, lane) in self.lanes.iter_mut().filter(|(id, _)| id.chain == chain) {
                lane.account = None;
            }
        }
    }

    /// Whether the blocks of a chain have something to tell: of a path, or of a transaction that is on its way.
    pub fn needs(&self, chain: &ChainId) -> bool {
        let has = |row: &PathRow| [&row.chains.a, &row.chains.b].contains(&chain);
        self.record.paths().any(has)
            || self.record.all_slots().any(|slot| slot.id.lane.chain == *chain)
    }

    pub(super) fn seen(&mut self, chain: &ChainId, tip: Tip) {
        self.record.write(Write::Cursor(CursorRow { chain: chain.clone(), tip }));
        if let Some(chain) = self.chains.get_mut(chain) {
            chain.push(tip);
        }
    }

    /// Applies the next block of a chain. One that was applied already changes nothing.
    ///
    /// # Panics
    /// When a block is missing in between: the driver applies them in order, and passing one over
    /// would lose its packets for ever.
    pub(super) fn on_block(&mut self, chain: &ChainId, block: BlockFacts) {
        let Some(cursor) = self.record.tip(chain) else { return };
        if block.tip.height <= cursor.height {
            return;
        }
        assert_eq!(block.tip.height, cursor.height + 1, "blocks of {chain} come without a gap");
        let tip = block.tip;
        self.seen(chain, tip);
        self.on_limits(chain, block.limits);
        for tx in block.txs {
            let slot = tx.ours.iter().find_map(|used| self.slot_used(used)).cloned();
            for event in tx.events {
                self.on_event(chain, tip, slot.as_ref(), event);
            }
            tx.ours.iter().for_each(|used| self.on_used(tip, used));
        }
        self.elapse(chain, tip);
        self.lanes_on_block(chain, tip);
    }

    /// Applies what the next blocks of a chain may hold: a vote may change it.
    fn on_limits(&mut self, id: &ChainId, limits: Option<BlockLimits>) {
        let Some((chain, BlockLimits { gas, bytes })) = self.config.get_mut(id).zip(limits) else {
            return;
        };
        if (chain.block_gas, chain.block_bytes) != (gas, bytes) {
            (chain.block_gas, chain.block_bytes) = (gas, bytes);
            self.notices.push(Notice::BlockLimits { chain: id.clone(), gas, bytes });
        }
    }

    fn on_event(&mut self, chain: &ChainId, tip: Tip, slot: Option<&SlotRow>, event: Event) {
        let by = if slot.is_some() { Bringer::We } else { Bringer::Others };
        match event {
            Event::Frozen { client } => self.on_frozen(chain, &client),
            Event::Client { client, height, change } => {
                self.on_client(chain, slot, (client, height.height, change));
            }
            Event::Connection { change, id, client, counterparty, .. } => {
                let event = ConnectionEvent { change, id, client, counterparty };
                self.on_connection(chain, slot, tip.height, event);
            }
            Event::Channel { ref connection, change, .. } => {
                if let Some(flow) = self.record.flow_of_connection(chain, connection) {
                    if !matches!(change, HandshakeChange::Init | HandshakeChange::CloseInit) {
                        self.flow_mut(&flow).steps.note(by);
                    }
                    self.on_channel(&flow, tip.height, event);
                }
            }
            Event::Packet(event) => {
                slot.into_iter().for_each(|slot| self.note_refusal(slot, &event));
                self.on_brought(chain, &event, by);
                self.on_packet(chain, tip.height, event);
            }
        }
    }

    /// Notes that a packet was refused which a transaction of ours brought: what that took says nothing of others.
    fn note_refusal(&mut self, slot: &SlotRow, event: &PacketEvent) {
        if let PacketChange::AckWritten { ack, .. } = &event.change
            && !is_success(ack)
            && let Some(chain) = self.chains.get_mut(&slot.id.lane.chain)
        {
            chain.gas.learned.refused(&slot.hash);
        }
    }

    /// A height of a chain with its revision.
    pub(crate) fn height(&self, chain: &ChainId, height: u64) -> Height {
        let revision = self.config.get(chain).map_or(0, |config| config.revision);
        Height { revision, height }
    }

    /// The time of a block, or about it: that of one read near it, else by the mean time between two blocks.
    pub(crate) fn time_near(&self, chain: &ChainId, height: u64) -> Option<Time> {
        let recent = &self.chains.get(chain)?.recent;
        if let Some(time) = recent.get(&height) {
            return Some(*time);
        }
        let (known, time) = recent.range(height..).next().or_else(|| recent.last_key_value())?;
        let blocks = known.saturating_sub(height);
        Some(time.minus(Span(self.interval(chain).0.saturating_mul(blocks))))
    }

    /// The mean time between two blocks of a chain, learned or expected.
    pub(crate) fn interval(&self, chain: &ChainId) -> Span {
        self.chains.get(chain).map_or(Span(0), |chain| chain.interval)
    }

    /// Raises the limits on a chain where a transaction ran out of gas; `false` when they are raised
    /// already.
    pub(crate) fn raise_gas(&mut self, chain: &ChainId) -> bool {
        self.chains.get_mut(chain).is_some_and(|chain| chain.gas.raise())
    }

    /// Has every batch simulated for a while, as a transaction failed or was refused; whether that one had
    /// not been simulated.
    pub(crate) fn doubt_gas(&mut self, slot: &SlotRow) -> bool {
        let chain = self.chains.get_mut(&slot.id.lane.chain);
        chain.is_some_and(|chain| chain.gas.failed(&slot.hash))
    }

    /// The chain that a flow's messages go to.
    pub(crate) fn chain_to(&self, flow: &FlowId) -> Option<&ChainConfig> {
        self.config.get(self.record.path(&flow.path)?.chains.on(flow.to))
    }

    /// The chain whose state a flow's messages prove.
    pub(crate) fn chain_from(&self, flow: &FlowId) -> Option<&ChainConfig> {
        self.config.get(self.record.path(&flow.path)?.chains.on(flow.to.other()))
    }

    /// The last block read of the chain that a flow's messages go to.
    pub(crate) fn tip_to(&self, flow: &FlowId) -> Option<Tip> {
        self.record.tip(self.record.path(&flow.path)?.chains.on(flow.to))
    }
}
