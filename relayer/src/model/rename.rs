//! A chain that goes on under another id, from the state that it had: what is known of its paths goes along.
//!
//! Its blocks begin anew, so that none of before can be read again. What was known of packets is kept, with their bytes, as
//! what the state says at the height from which the chain is read now. Everything else is found by scans.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::{PacketData, Tip};
use super::ids::{Both, ChainId, PacketKey, PathId, Route, Side, SlotId};
use super::rows::{
    ChannelRow, CursorRow, Done, Gap, GapId, GapRow, Ibc, LeadRow, PacketDataRow, PacketRow,
    PathEnd, PathRow, Rows, SlotBytes, SlotRow, Write,
};
use crate::plan::work::Work;

/// A chain under its new id.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// Its id until now.
    pub from: ChainId,
    /// Its id from now on.
    pub to: ChainId,
    /// The block after which it is read.
    pub tip: Tip,
    /// Of each of its paths, the newest heights that the clients of both ends know.
    pub known: BTreeMap<PathId, Both<u64>>,
}

/// Bytes of the store that go along.
#[derive(Clone, Debug, Default)]
pub struct Bytes {
    /// Of [`Renamed::packets`].
    pub packets: Vec<PacketData>,
    /// Of [`Renamed::slots`].
    pub slots: BTreeMap<SlotId, Vec<u8>>,
}

impl Renamed {
    /// The paths of a chain.
    pub fn paths<'a>(rows: &'a Rows, chain: &'a ChainId) -> impl Iterator<Item = &'a PathRow> {
        rows.paths.iter().filter(move |row| row.chains.a == *chain || row.chains.b == *chain)
    }

    /// The packets on its paths.
    pub fn packets<'a>(&'a self, rows: &'a Rows) -> impl Iterator<Item = &'a PacketRow> {
        rows.packets.iter().filter(|row| self.known.contains_key(&row.path))
    }

    /// The transactions on other chains for its paths. What was signed for the chain itself, it can never include.
    pub fn slots<'a>(&'a self, rows: &'a Rows) -> impl Iterator<Item = &'a SlotRow> {
        let slots = rows.slots.iter().filter(|row| row.id.lane.chain != self.from);
        slots.filter(|row| self.known.contains_key(&row.flow.path))
    }

    /// The writes that carry the rows over.
    pub fn writes(&self, rows: &Rows, mut bytes: Bytes) -> Vec<Write> {
        let mut writes = vec![Write::Cursor(CursorRow { chain: self.to.clone(), tip: self.tip })];
        for row in &rows.paths {
            let Some(known) = self.known.get(&row.path) else { continue };
            writes.push(Write::Path(self.path(row, known)));
            writes.extend(self.gaps(row));
            let channels = rows.channels.iter().filter(|channel| channel.path == row.path);
            writes.extend(channels.map(|channel| Write::Channel(self.channel(row, channel))));
        }
        let headers = rows.gaps.iter().filter(|gap| matches!(gap.id.gap, Gap::Headers(_)));
        let opened: BTreeSet<GapId> = writes.iter().filter_map(opens).cloned().collect();
        let old = headers.filter(|gap| self.known.contains_key(&gap.id.path));
        let old = old.filter(|gap| !opened.contains(&gap.id));
        writes.extend(old.map(|gap| Write::Closed(gap.id.clone())));
        let own = rows.slots.iter().filter(|slot| slot.id.lane.chain == self.from);
        writes.extend(own.map(|slot| Write::Dropped(slot.id.clone())));
        for slot in self.slots(rows) {
            if let Some(signed) = bytes.slots.remove(&slot.id) {
                let works = slot.works.iter().map(|work| self.work(work)).collect();
                writes.push(Write::Slot(SlotRow { works, ..slot.clone() }, SlotBytes(signed)));
            }
        }
        for PacketData { key, data, ack } in bytes.packets {
            writes.push(Write::Data(PacketDataRow { key: self.key(&key), data, ack }));
        }
        for row in self.packets(rows) {
            writes.push(Write::Packet(PacketRow { live: false, ..row.clone() }));
            writes.push(Write::Packet(self.packet(row)));
        }
        let leads = rows.leads.iter().filter(|row| self.is_its(&row.id.0));
        writes.extend(leads.map(|LeadRow { id: (route, leg), last }| {
            Write::Lead(LeadRow { id: (self.route(route), *leg), last: *last })
        }));
        writes
    }

    fn is_its(&self, route: &Route) -> bool {
        route.from == self.from || route.to == self.from
    }

    fn chain(&self, id: &ChainId) -> ChainId {
        if *id == self.from { self.to.clone() } else { id.clone() }
    }

    fn route(&self, Route { from, to, ends }: &Route) -> Route {
        Route { from: self.chain(from), to: self.chain(to), ends: ends.clone() }
    }

    fn key(&self, key: &PacketKey) -> PacketKey {
        PacketKey { route: Arc::new(self.route(&key.route)), seq: key.seq }
    }

    fn work(&self, work: &Work) -> Work {
        match work {
            Work::Recv(key) => Work::Recv(self.key(key)),
            Work::Ack(key) => Work::Ack(self.key(key)),
            Work::Timeout(key) => Work::Timeout(self.key(key)),
            Work::TimeoutOnClose(key) => Work::TimeoutOnClose(self.key(key)),
            Work::CreateClient
            | Work::Misbehaviour
            | Work::Register
            | Work::Connection(_)
            | Work::Channel(..) => work.clone(),
        }
    }

    /// A height of a chain, as it is to be proved from now on.
    fn height(&self, of: &ChainId, height: u64) -> u64 {
        if *of == self.from { self.tip.height } else { height }
    }

    fn path(&self, row: &PathRow, known: &Both<u64>) -> PathRow {
        let Both { a, b } = &row.chains;
        let mut new =
            PathRow { chains: Both { a: self.chain(a), b: self.chain(b) }, ..row.clone() };
        for side in [Side::A, Side::B] {
            let (chain, old) = (row.chains.on(side), row.ends.on(side));
            let is_of_other_id = *row.chains.on(side.other()) == self.from;
            *new.ends.on_mut(side) = PathEnd {
                consensus: vec![*known.on(side)],
                aging: BTreeMap::new(),
                unchecked: BTreeMap::new(),
                // The client that followed the old id has been upgraded, and takes headers of the new one only.
                evidence: old.evidence.clone().filter(|_| !is_of_other_id),
                since: self.height(chain, old.since),
                ..old.clone()
            };
        }
        new
    }

    fn channel(&self, path: &PathRow, row: &ChannelRow) -> ChannelRow {
        let mut new = row.clone();
        for side in [Side::A, Side::B] {
            let end = new.ends.on_mut(side);
            end.since = self.height(path.chains.on(side), end.since);
        }
        new
    }

    fn packet(&self, row: &PacketRow) -> PacketRow {
        let Route { from, to, .. } = &*row.key.route;
        let done = row.done.map(|done| match done {
            Done::Acknowledged(height) => Done::Acknowledged(self.height(from, height)),
            Done::TimedOut(height) => Done::TimedOut(self.height(from, height)),
        });
        PacketRow {
            key: self.key(&row.key),
            sent: row.sent.map(|height| self.height(from, height)),
            received: row.received.map(|height| self.height(to, height)),
            acked: row.acked.map(|height| self.height(to, height)),
            done,
            failed: None,
            ..row.clone()
        }
    }

    /// What is to be scanned of a path: all that its chain may have done in blocks that are not read.
    fn gaps(&self, row: &PathRow) -> Vec<Write> {
        let sides = [Side::A, Side::B];
        let gap = |side| match row.ibc {
            Ibc::V1 => Gap::Channels(side),
            Ibc::V2 => Gap::Packets { index: 0, from: side },
        };
        let new = |gap| GapRow::new(GapId { path: row.path.clone(), gap });
        let states = sides.map(|side| new(gap(side)));
        // Headers of the other chain that its client was given in them; those of the old id are nobody's any more.
        let here = sides.into_iter().filter(|side| *row.chains.on(*side) == self.from);
        let headers = here.map(|side| {
            let oldest = row.ends.on(side).consensus.first().copied().unwrap_or_default();
            GapRow { after: oldest.max(1), ..new(Gap::Headers(side)) }
        });
        states.into_iter().chain(headers).map(Write::Gap).collect()
    }
}

fn opens(write: &Write) -> Option<&GapId> {
    match write {
        Write::Gap(row) => Some(&row.id),
        _ => None,
    }
}
