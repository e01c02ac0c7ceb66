//! Clearing: everything on a path is looked at anew because somebody asked for it, who waits until that is over.
//!
//! On a channel in use there are always packets on their way and scans to come. What is waited for are the gaps that were
//! open when it began, and the packets that were sent before those were scanned.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::ids::{Both, FlowId, PathId, Side};
use super::rows::{GapId, PacketRow};

/// The last clearing of each path; nothing of it outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Clearings(BTreeMap<PathId, Clearing>);

#[derive(Debug)]
struct Clearing {
    /// What is not scanned yet.
    unseen: BTreeSet<GapId>,
    /// The highest heights of sides A and B at which the other gaps were scanned.
    pins: Both<u64>,
}

impl Clearings {
    /// Forgets a path.
    pub(super) fn forget(&mut self, path: &PathId) {
        self.0.remove(path);
    }

    /// Whether somebody waits for a gap to be scanned.
    pub(super) fn awaits(&self, gap: &GapId) -> bool {
        self.0.get(&gap.path).is_some_and(|clearing| clearing.unseen.contains(gap))
    }

    /// Notes that a gap was scanned at these heights, and which ones that has opened.
    pub(super) fn note_scan(&mut self, gap: &GapId, pins: &Both<u64>, opened: BTreeSet<GapId>) {
        let Some(clearing) = self.0.get_mut(&gap.path) else { return };
        if clearing.unseen.remove(gap) {
            clearing.unseen.extend(opened);
            for side in [Side::A, Side::B] {
                let highest = clearing.pins.on_mut(side);
                *highest = (*highest).max(*pins.on(side));
            }
        }
    }
}

impl Model {
    /// Applies that everything on a path's channels shall be looked at anew, and tried again.
    pub(super) fn on_clear(&mut self, path: &PathId) {
        self.forget_path_tries(path, |_| true);
        for to in [Side::A, Side::B] {
            self.open_gaps(&FlowId { path: path.clone(), to });
        }
        let clearing = Clearing { unseen: self.hiding(path), pins: Both::default() };
        self.clearings.0.insert(path.clone(), clearing);
        let failed = |row: &&PacketRow| row.path == *path && row.failed.is_some();
        let rows: Vec<PacketRow> = self.record.packets().filter(failed).cloned().collect();
        for row in rows {
            self.put_packet(PacketRow { failed: None, ..row });
        }
    }

    /// The gaps of a path that may hide packets.
    pub(super) fn hiding(&self, path: &PathId) -> BTreeSet<GapId> {
        let gaps = self.gaps(path).filter(|gap| gap.hides_packets());
        gaps.map(|gap| gap.id.clone()).collect()
    }

    /// How many gaps are still to be scanned of those that the last clearing of a path waits for.
    pub fn unseen(&self, path: &PathId) -> usize {
        self.clearings.0.get(path).map_or(0, |clearing| clearing.unseen.len())
    }

    /// The packets that are not over of those that the last clearing of a path found: all that were sent before it looked.
    pub fn found<'a>(&'a self, path: &'a PathId) -> impl Iterator<Item = &'a PacketRow> {
        let first = self.record.path(path).map(|row| &row.chains.a);
        let pins = self.clearings.0.get(path).map(|clearing| &clearing.pins);
        let rows = pins.map(|pins| {
            let is_found = move |row: &&PacketRow| {
                let from = if first == Some(&row.key.route.from) { Side::A } else { Side::B };
                // One whose sending no block has told of was sent before any was read.
                let is_old = row.sent.is_none_or(|sent| sent <= *pins.on(from));
                row.path == *path && row.done.is_none() && is_old
            };
            self.record.packets().filter(is_found)
        });
        rows.into_iter().flatten()
    }
}
