//! Scans: what the state of the chains at the pinned heights says of channels and packets.

use std::collections::BTreeSet;

use super::Model;
use super::facts::PacketData;
use super::ids::{Both, FlowId, PacketKey, PathId, Side};
use super::notice::Notice;
use super::rows::{
    ChannelEnd, ChannelRow, EndState, Gap, GapId, GapRow, PacketDataRow, PacketRow, Write,
};
use super::state::{Listed, ScanEnd, Scanned};

impl Model {
    /// Applies the channels of a connection end: the packets of each are to be looked at.
    pub(super) fn on_listed(&mut self, gap: &GapId, listed: Vec<Listed>) {
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
        self.scans.close(gap);
        self.record.write(Write::Closed(gap.clone()));
    }

    /// Brings a channel's row up to what its end is at a height; names it once both ends exist.
    fn merge(&mut self, path: &PathId, (side, height): (Side, u64), listed: Listed) -> Option<u32> {
        let same = |row: &&ChannelRow| {
            let (ours, theirs) = (row.ends.on(side), row.ends.on(side.other()));
            let is_ours = ours.channel.as_ref() == Some(&listed.end.channel);
            let is_theirs = ours.channel.is_none()
                && theirs.channel.is_some()
                && theirs.channel == listed.counterparty;
            ours.port == listed.end.port && (is_ours || is_theirs)
        };
        let known = self.record.channels(path).find(same).cloned();
        let next = self.record.channels(path).last().map_or(0, |row| row.index + 1);
        let absent = |port| ChannelEnd { port, channel: None, state: EndState::None, since: 0 };
        let mut row = known.unwrap_or_else(|| {
            let mut ends = Both::of(absent(listed.end.port.clone()));
            *ends.on_mut(side.other()) = absent(listed.counterparty_port.clone());
            let (version, order) = (listed.version.clone(), listed.order);
            ChannelRow { path: path.clone(), index: next, version, order, wanted: false, ends }
        });
        let ours = row.ends.on_mut(side);
        ours.channel = Some(listed.end.channel.clone());
        let closes = listed.state == EndState::Closed && ours.state != EndState::Closed;
        if ours.state != listed.state {
            (ours.state, ours.since) = (listed.state, height);
        }
        let theirs = row.ends.on_mut(side.other());
        theirs.channel = theirs.channel.take().or(listed.counterparty);
        let index = theirs.channel.is_some().then_some(row.index);
        self.record.write(Write::Channel(row));
        if closes {
            self.abandon(&FlowId { path: path.clone(), to: side }, &listed.end);
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
        let known = self.record.packets().count();
        for (chain, height, event) in events {
            if !self.scans.has_ended(&source.chain, &source.end, event.seq) {
                self.on_packet(&chain, height, event);
            }
        }
        let count = self.record.packets().count().saturating_sub(known);
        if count > 0 {
            let from = format!("{} {}", source.chain, source.end);
            self.notices.push(Notice::Found { from, count });
        }
        let (committed, unreceived) =
            (BTreeSet::from_iter(committed), BTreeSet::from_iter(unreceived));
        for row in self.sent_before(gap, (&source, *from), *pins.on(*from)) {
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
        self.scans.close(gap);
        let mut row = GapRow { after: upto, ..row };
        for (seq, reason) in lost {
            let packet = format!("{}/{}/{seq}", source.chain, source.end);
            row.lost.push(seq);
            row.reason = Some(reason.clone());
            self.notices.push(Notice::Lost { packet, reason });
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
        (source, from): (&ScanEnd, Side),
        pin: u64,
    ) -> Vec<PacketRow> {
        let ends = self.record.path(&gap.path).map(|path| path.ends.on(from.other()));
        // What was received was sent before the newest header that the receiver has.
        let seen = ends.and_then(|end| end.consensus.last()).is_some_and(|newest| *newest <= pin);
        let is_of =
            |key: &PacketKey| key.route.from == source.chain && *key.route.src() == source.end;
        let is_before =
            |row: &&PacketRow| is_of(&row.key) && row.sent.map_or(seen, |sent| sent <= pin);
        self.record.packets().filter(is_before).cloned().collect()
    }

    /// Lets everything of before the scan wait for what happens now.
    fn is_history(&mut self, path: &PathId, pins: &Both<u64>) {
        for to in [Side::A, Side::B] {
            let flow = self.flow_mut(&FlowId { path: path.clone(), to });
            flow.history = flow.history.max(*pins.on(to.other()));
        }
    }
}
