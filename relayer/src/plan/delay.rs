//! Connections that delay: a client must have known a header for a while, and for some blocks, before
//! packets are proved with it. Handshakes do not wait.
//!
//! Source: ibc-go v10.5 `modules/core/03-connection/keeper/verify.go`, `getBlockDelay`;
//! `modules/light-clients/07-tendermint/client_state.go`, `verifyDelayPeriodPassed`.

use std::collections::BTreeSet;

use cosmos::wire::path;
use ibc_proto::ibc::core::connection::v1::ConnectionEnd;
use prost::Message as _;

use super::choose::{Base, Choice, Chosen, Need};
use super::idle::Idle;
use crate::model::Model;
use crate::model::facts::Tip;
use crate::model::ids::{FlowId, Span, Time};
use crate::model::rows::{Aging, PathEnd, PathRow, Write};

/// So many headers of ours may be growing old at once: each costs an update, and saves the packets sent
/// before it the rest of the delay of the next.
const AT_ONCE: u64 = 8;
/// Of the headers that others bring, one is remembered in this part of the delay.
const REMEMBERED: u64 = 64;

/// From when on packets may be proved with a header: in the first block after this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OldEnough {
    /// Where the delay ends in blocks.
    pub(super) height: u64,
    /// Where it ends in time.
    pub(super) time: Time,
}

impl OldEnough {
    pub(super) fn is_past(self, tip: Tip) -> bool {
        tip.height >= self.height && tip.time >= self.time
    }
}

impl Model {
    /// Notes the block that gave a header to a flow's client, if its connection delays.
    pub(crate) fn begin_aging(&mut self, id: &FlowId, height: u64) {
        let Some(mut row) = self.record.path(&id.path).cloned() else { return };
        let Some(tip) = self.tip_to(id).filter(|_| row.delay != Span(0)) else { return };
        let from = row.chains.on(id.to.other());
        let new = Aging {
            time: self.time_by(from, height).unwrap_or_default(),
            since: tip.height,
            since_time: tip.time,
        };
        let pause = Span(row.delay.0 / REMEMBERED);
        // A header older than one that came before it proves nothing that this one does not.
        let is_of_use = |(last, aging): (&u64, &Aging)| {
            height > *last && tip.time >= aging.since_time.plus(pause)
        };
        let aging = &row.ends.on(id.to).aging;
        if !aging.last_key_value().is_none_or(is_of_use) {
            return;
        }
        let old =
            aging.iter().rev().find(|(_, aging)| self.old_enough(id, &row, aging).is_past(tip));
        let oldest = old.map_or(0, |(height, _)| *height);
        let aging = &mut row.ends.on_mut(id.to).aging;
        aging.retain(|height, _| *height >= oldest);
        aging.insert(height, new);
        self.record.write(Write::Path(row));
    }

    fn old_enough(&self, id: &FlowId, path: &PathRow, aging: &Aging) -> OldEnough {
        let blocks = match self.chain_to(id).map_or(0, |to| to.max_block_time.0) {
            0 => 0,
            block_time => path.delay.0.div_ceil(block_time),
        };
        OldEnough {
            height: aging.since.saturating_add(blocks),
            time: aging.since_time.plus(path.delay),
        }
    }

    /// The first header known to a flow's client that proves what is needed, and from when on.
    pub(super) fn aging(
        &self,
        id: &FlowId,
        path: &PathRow,
        need: Need,
    ) -> Option<(u64, OldEnough)> {
        let mut known = self.provable(id, path.ends.on(id.to));
        let (height, aging) =
            known.find(|(height, aging)| self.satisfied(id, need, *height, Some(aging.time)))?;
        Some((height, self.old_enough(id, path, aging)))
    }

    fn provable<'a>(
        &self,
        id: &FlowId,
        end: &'a PathEnd,
    ) -> impl DoubleEndedIterator<Item = (u64, &'a Aging)> + use<'a> {
        let unprovable = self.flows.get(id).map_or(0, |flow| flow.unprovable);
        let above = end.aging.range(unprovable.saturating_add(1)..);
        above.map(|(height, aging)| (*height, aging))
    }

    /// Decides on packets over a connection that delays: those go that a header proves which is old
    /// enough; else a new one begins to grow old, if one of them needs it.
    pub(super) fn choose_delayed(
        &self,
        id: &FlowId,
        (path, newest, tip): (&PathRow, u64, Tip),
        packets: &[(Chosen, Need)],
    ) -> Result<Choice, Idle> {
        let end = path.ends.on(id.to);
        let is_old = |(_, aging): &(u64, &Aging)| self.old_enough(id, path, aging).is_past(tip);
        let old = self.provable(id, end).rev().filter(is_old);
        // A header whose time is known only roughly may prove no end of a packet that one before it proves.
        let mut proved =
            old.map(|(height, aging)| (height, self.proved_by(id, (height, aging.time), packets)));
        if let Some((height, works)) = proved.find(|(_, works)| !works.is_empty()) {
            return Ok(Choice { height, base: Base::Committed, works });
        }
        let lacks_header = packets.iter().any(|(_, need)| self.aging(id, path, *need).is_none());
        let pause = Span(path.delay.0 / AT_ONCE);
        let last = self.provable(id, end).next_back();
        let is_soon = last.is_some_and(|(_, last)| tip.time < last.since_time.plus(pause));
        if lacks_header && !is_soon && !self.is_update_coming(id) {
            let trusted = end.consensus.last().copied().ok_or(Idle::NoClient)?;
            let base = Base::Update { trusted };
            return Ok(Choice { height: newest, base, works: Vec::new() });
        }
        Err(Idle::ConnectionDelay)
    }

    /// The packets that a header proves; of an ordered channel those before the first that it does not.
    fn proved_by(
        &self,
        id: &FlowId,
        (height, time): (u64, Time),
        packets: &[(Chosen, Need)],
    ) -> Vec<Chosen> {
        let mut stopped = BTreeSet::new();
        let mut works = Vec::new();
        for (chosen, need) in packets {
            let Some((_, key)) = chosen.work.packet() else { continue };
            let is_proved = self.satisfied(id, *need, height, Some(time));
            if is_proved && !stopped.contains(&key.route) {
                works.push(chosen.clone());
            } else if key.route.is_ordered() {
                stopped.insert(key.route.clone());
            }
        }
        works
    }

    /// Takes over by how much a connection delays, which others may have begun, from its proved end.
    pub(super) fn learn_delay(&mut self, id: &FlowId) {
        let Some(mut row) = self.record.path(&id.path).cloned() else { return };
        let epoch = self.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let (Some(epoch), Some(end)) = (epoch, &row.ends.on(id.to.other()).connection) else {
            return;
        };
        let proved = epoch.proofs.get(&path::connection(end.as_str()));
        let value = proved.and_then(|proved| proved.value.as_deref()).map(ConnectionEnd::decode);
        let Some(Ok(end)) = value else { return };
        if row.delay != Span(end.delay_period) {
            row.delay = Span(end.delay_period);
            self.record.write(Write::Path(row));
        }
    }
}
