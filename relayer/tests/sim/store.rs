//! The store, as simple as its contract allows.

use std::collections::BTreeMap;

use ferry::model::cost::CostRow;
use ferry::model::facts::PacketData;
use ferry::model::ids::{ChainId, LaneId, PacketKey, PathId, SlotId};
use ferry::model::rows::{
    ChannelRow, CursorRow, GapId, GapRow, LeadRow, Outcome, PacketRow, PathRow, Rows, SlotRow,
    Write,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    cursors: BTreeMap<ChainId, CursorRow>,
    paths: BTreeMap<PathId, PathRow>,
    channels: BTreeMap<(PathId, u32), ChannelRow>,
    packets: BTreeMap<PacketKey, PacketRow>,
    data: BTreeMap<PacketKey, PacketData>,
    slots: BTreeMap<SlotId, (SlotRow, Vec<u8>)>,
    gaps: BTreeMap<GapId, GapRow>,
    leads: Vec<LeadRow>,
    pub(crate) outcomes: Vec<(SlotId, Outcome)>,
    /// (lane, sequence, place) -> what that cost.
    pub(crate) costs: BTreeMap<(LaneId, u64, u32), CostRow>,
}

impl Store {
    /// How many packets are not over.
    pub(crate) fn pending(&self) -> usize {
        self.packets.len()
    }

    pub(crate) fn commit(&mut self, writes: &[Write]) {
        for write in writes {
            self.apply(write.clone());
        }
    }

    fn apply(&mut self, write: Write) {
        match write {
            Write::Cursor(row) => {
                self.cursors.insert(row.chain.clone(), row);
            }
            Write::Path(row) => {
                self.paths.insert(row.path.clone(), row);
            }
            Write::Forgotten(path) => {
                self.paths.remove(&path);
                self.channels.retain(|(of, _), _| *of != path);
            }
            Write::Channel(row) => {
                self.channels.insert((row.path.clone(), row.index), row);
            }
            Write::Packet(row) if row.live => {
                self.packets.insert(row.key.clone(), row);
            }
            // What is over is not read again.
            Write::Packet(row) => {
                self.packets.remove(&row.key);
                self.data.remove(&row.key);
            }
            Write::Data(row) => {
                let known = self.data.entry(row.key.clone()).or_insert_with(|| PacketData {
                    key: row.key,
                    data: row.data,
                    ack: None,
                });
                known.ack = row.ack.or_else(|| known.ack.take());
            }
            Write::Slot(row, bytes) => {
                self.slots.insert(row.id.clone(), (row, bytes.0));
            }
            Write::Decided(id, outcome) => {
                self.slots.retain(|slot, _| (&slot.lane, slot.sequence) != (&id.lane, id.sequence));
                self.outcomes.push((id, outcome));
            }
            Write::Dropped(id) => {
                self.slots.remove(&id);
            }
            Write::Cost(row) => {
                self.costs.insert((row.lane.clone(), row.sequence, row.place), row);
            }
            Write::Lead(row) => {
                self.leads.retain(|known| known.id != row.id);
                self.leads.push(row);
            }
            Write::Gap(row) => {
                self.gaps.insert(row.id.clone(), row);
            }
            Write::Closed(id) => {
                self.gaps.remove(&id);
            }
        }
    }

    pub(crate) fn rows(&self) -> Rows {
        Rows {
            cursors: self.cursors.values().cloned().collect(),
            paths: self.paths.values().cloned().collect(),
            channels: self.channels.values().cloned().collect(),
            packets: self.packets.values().cloned().collect(),
            slots: self.slots.values().map(|(row, _)| row.clone()).collect(),
            gaps: self.gaps.values().cloned().collect(),
            leads: self.leads.clone(),
        }
    }

    pub(crate) fn bytes(&self, id: &SlotId) -> Option<&[u8]> {
        self.slots.get(id).map(|(_, bytes)| bytes.as_slice())
    }

    pub(crate) fn load(&self, keys: &[PacketKey]) -> Vec<PacketData> {
        keys.iter().filter_map(|key| self.data.get(key).cloned()).collect()
    }
}
