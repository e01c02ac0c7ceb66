//! Scans: what the state of the chains at the pinned heights says of channels and packets.

use std::collections::BTreeSet;

use super::Model;
use super::channels::Owner;
use super::facts::PacketData;
use super::ids::{Both, ChainId, FlowId, PathId, Side, Time};
use super::notice::Notice;
use super::rows::{
    ChannelEnd, ChannelRow, EndState, Gap, GapId, GapRow, PacketDataRow, PacketRow, Write,
};
use super::state::{Listed, ScanEnd, Scanned};

/// Channels that are merged in one step: a connection may have a hundred thousand, and blocks go on meanwhile.
const MERGED: usize = 500;

impl Model {
    /// Takes the channels of a connection end, to be merged step by step.
    pub(super) fn on_listed(&mut self, gap: &GapId, listed: Vec<Listed>) {
        self.scans.keep(gap, listed);
    }

    /// Merges channels that scans have listed, as many as one step may.
    pub(super) fn merge_listed(&mut self) {
        let mut room = MERGED;
        while room > 0
            && let Some((gap, listed)) = self.scans.take_listed(room)
        {
            room -= listed.len();
            self.merge_all(&gap, listed);
        }
    }

    /// When the next channels are merged: at once while there are some.
    pub(super) fn next_merge(&self) -> Option<Time> {
        self.scans.has_listed(None).then_some(self.now)
    }

    /// Merges channels of a connection end: the packets of each are to be looked at.
    fn merge_all(&mut self, gap: &GapId, listed: Vec<Listed>) {
        let (Some(pins), Gap::Channels(side)) = (self.scans.pins(gap), &gap.gap) else { return };
        for channel in listed {
            let Some(index) = self.merge(&gap.path, (*side, *pins.on(*side)), channel) else {
                continue;
            };
            for from in [Side::A, Side::B] {
                let path = gap.path.clone();
                self.open_gap_since(GapId { path, gap: Gap::Packets { index, from } }, &pins);
            }
        }
        if !self.scans.has_listed(Some(gap)) {
            self.scans.close(gap);
            self.record.write(Write::Closed(gap.clone()));
            if self.clearings.awaits(gap) {
                let opened = self.hiding(&gap.path);
                self.clearings.note_scan(gap, &pins, opened);
            }
        }
    }

    /// Brings a channel's row up to what its end is at a height; names it once both ends exist.
    fn merge(&mut self, path: &PathId, (side, height): (Side, u64), listed: Listed) -> Option<u32> {
        let Listed { end, state, order, version, counterparty_port, counterparty } = listed;
        let here = ChannelEnd { port: end.port, channel: Some(end.channel), state, since: height };
        let (port, channel) = (counterparty_port, counterparty);
        let there = ChannelEnd { port, channel, state: EndState::None, since: 0 };
        let known = match self.record.owner(path, side, (&here, &there)) {
            Owner::Rival => return None,
            Owner::Known(row) => Some(row.clone()),
            Owner::Unknown => None,
        };
        let was = known.as_ref().map_or(EndState::None, |row| row.ends.on(side).state);
        let mut row = known.clone().unwrap_or_else(|| {
            let mut ends = Both::of(here.clone());
            *ends.on_mut(side.other()) = there.clone();
            let index = self.record.next_channel(path);
            ChannelRow { path: path.clone(), index, version, order, wanted: false, ends }
        });
        let ours = row.ends.on_mut(side);
        // A block that was read since has said what it is now.
        let is_news = ours.state != state && ours.since <= height;
        if is_news || ours.channel != here.channel {
            *ours = here;
        }
        let closes = ours.state == EndState::Closed && was != EndState::Closed;
        let theirs = row.ends.on_mut(side.other());
        if there.channel.is_some() && theirs.channel != there.channel {
            if theirs.channel.is_some() {
                // It was another answer to the first end, which has chosen this one by its `ACK`.
                (theirs.state, theirs.since) = (EndState::TryOpen, 0);
            }
            theirs.channel = there.channel;
        }
        let index = theirs.channel.is_some().then_some(row.index);
        if known.as_ref() != Some(&row) {
            self.put_channel(row.clone());
        }
        if closes {
            self.abandon(&FlowId { path: path.clone(), to: side }, &row);
        }
        index
    }

    /// Applies the packets of one direction of a channel.
    pub(super) fn on_scanned(&mut self, gap: &GapId, scanned: Scanned) {
        let (Some(pins), Gap::Packets { from, .. }) = (self.scans.pins(gap), &gap.gap) else {
            return;
        };
        let Scanned { from: source, to, after, upto, committed, unreceived, events, lost } =
            scanned;
        let Some(row) = self.record.gap(gap).cloned() else { return };
        // One that was begun before the gap was opened anew.
        if source.height != *pins.on(*from) || row.after != after {
            return;
        }
        let known = self.record.packet_count();
        for (chain, height, event) in events {
            if !self.scans.has_ended(&source.chain, &source.end, event.seq) {
                self.on_packet(&chain, height, event);
            }
        }
        let count = self.record.packet_count().saturating_sub(known);
        if count > 0 {
            let from = format!("{} {}", source.chain, source.end);
            self.notices.push(Notice::Found { from, count });
        }
        let (committed, unreceived) =
            (BTreeSet::from_iter(committed), BTreeSet::from_iter(unreceived));
        for row in self.sent_before(gap, (&source, &to.chain, *from), *pins.on(*from)) {
            let seq = row.key.seq;
            if seq <= after || seq > upto {
                continue;
            }
            if !committed.contains(&seq) {
                self.put_packet(PacketRow { live: false, ..row });
            } else if row.received.is_none() && !unreceived.contains(&seq) {
                self.put_packet(PacketRow { received: Some(to.height), ..row });
            }
        }
        self.is_history(&gap.path, &pins);
        // No block is needed for what the store has.
        let has_bytes = |row: &PacketRow| match unreceived.contains(&row.key.seq) {
            true => row.sent.is_some(),
            false => row.acked.is_some(),
        };
        let rows = match lost.is_empty() {
            true => Vec::new(),
            false => self.sent_before(gap, (&source, &to.chain, *from), *pins.on(*from)),
        };
        let stored = rows.into_iter().filter(has_bytes).map(|row| row.key.seq);
        let stored: BTreeSet<u64> = stored.collect();
        self.scans.close(gap);
        let mut row = GapRow { after: upto, ..row };
        for (seq, reason) in lost.into_iter().filter(|(seq, _)| !stored.contains(seq)) {
            let packet = format!("{}/{}/{seq}", source.chain, source.end);
            row.lost.push(seq);
            row.reason = Some(reason.clone());
            self.notices.push(Notice::Lost { packet, reason });
        }
        if row.is_scanned() {
            self.clearings.note_scan(gap, &pins, BTreeSet::new());
        }
        let is_over = row.is_scanned() && row.lost.is_empty();
        self.record.write(if is_over { Write::Closed(gap.clone()) } else { Write::Gap(row) });
    }

    /// Applies what a look at some packets found, where nobody else does, and gives their bytes.
    pub(crate) fn on_looked_at(&mut self, scanned: Scanned) -> Vec<PacketData> {
        let Scanned { to, committed, unreceived, events, .. } = scanned;
        for (chain, height, event) in events {
            self.on_packet(&chain, height, event);
        }
        let is_received = |row: &&PacketRow| {
            committed.contains(&row.key.seq) && !unreceived.contains(&row.key.seq)
        };
        let received: Vec<PacketRow> = self.record.packets().filter(is_received).cloned().collect();
        for row in received {
            let at = row.received.or(Some(to.height));
            self.put_packet(PacketRow { received: at, ..row });
        }
        let data = self.record.take_writes().into_iter().filter_map(|write| match write {
            Write::Data(PacketDataRow { key, data, ack }) => Some(PacketData { key, data, ack }),
            _ => None,
        });
        data.collect()
    }

    /// The packets of a scan's direction that were sent up to the height at which it is pinned.
    fn sent_before(
        &self,
        gap: &GapId,
        (source, to, from): (&ScanEnd, &ChainId, Side),
        pin: u64,
    ) -> Vec<PacketRow> {
        let ends = self.record.path(&gap.path).map(|path| path.ends.on(from.other()));
        // What was received was sent before the newest header that the receiver has.
        let seen = ends.and_then(|end| end.consensus.last()).is_some_and(|newest| *newest <= pin);
        let is_before = |row: &&PacketRow| row.sent.map_or(seen, |sent| sent <= pin);
        let rows = self.record.packets_of((&source.chain, to), &source.end);
        rows.filter(is_before).cloned().collect()
    }

    /// Lets everything of before the scan wait for what happens now.
    fn is_history(&mut self, path: &PathId, pins: &Both<u64>) {
        for to in [Side::A, Side::B] {
            let flow = self.flow_mut(&FlowId { path: path.clone(), to });
            flow.history = flow.history.max(*pins.on(to.other()));
        }
    }
}
