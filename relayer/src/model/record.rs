//! What the store holds, in memory: changed only by writes, each of which is also handed out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::channels::{Channels, Owner};
use super::facts::Tip;
use super::ids::{
    Both, ChainId, ChannelId, ClientId, ConnectionId, End, Ends, FlowId, LaneId, Order, PacketKey,
    PathId, PortId, Route, Side, SlotId,
};
use super::keys::Turns;
use super::rows::{
    ChannelEnd, ChannelRow, EndState, Gap, GapId, GapRow, Ibc, Leg, PacketRow, PathRow, Rows,
    SlotRow, Write,
};

/// A copy of the store without bytes. Equal exactly when the stored rows are, and channels are found alike.
#[derive(Debug, Default)]
pub(crate) struct Record {
    cursors: BTreeMap<ChainId, Tip>,
    paths: BTreeMap<PathId, PathRow>,
    channels: Channels,
    packets: BTreeMap<PacketKey, PacketRow>,
    slots: BTreeMap<SlotId, SlotRow>,
    gaps: BTreeMap<GapId, GapRow>,
    leads: BTreeMap<(Route, Leg), u16>,
    /// Client -> the flows that it verifies, several where paths share it; follows from `paths`.
    clients: BTreeMap<(ChainId, ClientId), BTreeSet<FlowId>>,
    /// Client -> the same, of paths of IBC v2.
    pairs: BTreeMap<(ChainId, ClientId), FlowId>,
    /// Connection end -> the flow towards its chain; follows from `paths`.
    connections: BTreeMap<(ChainId, ConnectionId), FlowId>,
    /// How clients take turns at keys; follows from `paths`.
    turns: Turns,
    /// Closed channel end -> the height of its chain at which it closed; follows from `channels`.
    closed: BTreeMap<(ChainId, End), u64>,
    /// Writes not handed out yet.
    fresh: Vec<Write>,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.cursors == other.cursors
            && self.paths == other.paths
            && self.channels == other.channels
            && self.packets == other.packets
            && self.slots == other.slots
            && self.gaps == other.gaps
            && self.leads == other.leads
    }
}

impl Record {
    pub(crate) fn load(rows: Rows) -> Self {
        let mut record = Self::default();
        for row in rows.cursors {
            record.cursors.insert(row.chain, row.tip);
        }
        for row in rows.paths {
            record.put_path(row);
        }
        record.turns = Turns::of(record.paths());
        for row in rows.channels {
            record.put_channel(row);
        }
        for row in rows.packets.into_iter().filter(|row| row.live) {
            record.packets.insert(row.key.clone(), row);
        }
        for row in rows.slots {
            record.slots.insert(row.id.clone(), row);
        }
        record.gaps.extend(rows.gaps.into_iter().map(|row| (row.id.clone(), row)));
        record.leads.extend(rows.leads.into_iter().map(|row| (row.id, row.last)));
        record
    }

    /// Changes the record and remembers the write for the store.
    pub(crate) fn write(&mut self, write: Write) {
        match &write {
            Write::Cursor(row) => {
                self.cursors.insert(row.chain.clone(), row.tip);
            }
            Write::Path(row) => {
                let is_news = self.has_other_clients(row);
                self.put_path(row.clone());
                if is_news {
                    self.turns = Turns::of(self.paths.values());
                }
            }
            Write::Forgotten(path) => self.forget(path),
            Write::Channel(row) => self.put_channel(row.clone()),
            Write::Packet(row) if row.live => {
                self.packets.insert(row.key.clone(), row.clone());
            }
            Write::Packet(row) => {
                self.packets.remove(&row.key);
            }
            Write::Data(_) | Write::Cost(_) => {}
            Write::Slot(row, _) => {
                self.slots.insert(row.id.clone(), row.clone());
            }
            Write::Decided(id, _) => {
                let attempts: Vec<SlotId> = self.attempts(&id.lane, id.sequence).cloned().collect();
                for attempt in attempts {
                    self.slots.remove(&attempt);
                }
            }
            Write::Dropped(id) => {
                self.slots.remove(id);
            }
            Write::Lead(row) => {
                self.leads.insert(row.id.clone(), row.last);
            }
            Write::Gap(row) => {
                self.gaps.insert(row.id.clone(), row.clone());
            }
            Write::Closed(id) => {
                self.gaps.remove(id);
            }
        }
        self.fresh.push(write);
    }

    /// Hands out the writes since the last call.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.fresh)
    }

    /// Whether what follows from the rows is equal, too.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self == other
            && self.clients == other.clients
            && self.pairs == other.pairs
            && self.connections == other.connections
            && self.closed == other.closed
    }

    fn put_path(&mut self, row: PathRow) {
        self.forget_connections(&row);
        for to in [Side::A, Side::B] {
            let flow = FlowId { path: row.path.clone(), to };
            let chain = row.chains.on(to);
            let end = row.ends.on(to);
            if let Some(client) = &end.client {
                let name = (chain.clone(), client.clone());
                if row.ibc == Ibc::V2 {
                    self.pairs.insert(name.clone(), flow.clone());
                }
                self.clients.entry(name).or_default().insert(flow.clone());
            }
            if let Some(connection) = &end.connection {
                self.connections.insert((chain.clone(), connection.clone()), flow);
            }
        }
        self.paths.insert(row.path.clone(), row);
    }

    fn forget(&mut self, path: &PathId) {
        let Some(row) = self.paths.remove(path) else { return };
        for channel in self.channels.forget(path) {
            for side in [Side::A, Side::B] {
                if let Some(name) = channel.ends.on(side).end() {
                    self.closed.remove(&(row.chains.on(side).clone(), name));
                }
            }
        }
        // Another path may have the same clients.
        (self.clients, self.pairs) = (BTreeMap::new(), BTreeMap::new());
        self.connections.clear();
        for row in std::mem::take(&mut self.paths).into_values() {
            self.put_path(row);
        }
        self.turns = Turns::of(self.paths.values());
    }

    /// Forgets the connection ends that are no longer a path's: of two second ends for one first, one is chosen.
    fn forget_connections(&mut self, row: &PathRow) {
        let Some(known) = self.paths.get(&row.path) else { return };
        for side in [Side::A, Side::B] {
            let (was, is) = (&known.ends.on(side).connection, &row.ends.on(side).connection);
            if let Some(was) = was.as_ref().filter(|_| was != is) {
                self.connections.remove(&(known.chains.on(side).clone(), was.clone()));
            }
        }
    }

    /// Whether a path is new, or has a client that it had not.
    fn has_other_clients(&self, row: &PathRow) -> bool {
        let clients =
            |row: &PathRow| [Side::A, Side::B].map(|side| row.ends.on(side).client.clone());
        self.paths.get(&row.path).is_none_or(|known| clients(known) != clients(row))
    }

    /// Which turn at the keys of its chain a flow's client has, counted from 0.
    pub(super) fn turn(&self, flow: &FlowId) -> usize {
        self.turns.get(flow)
    }

    fn put_channel(&mut self, row: ChannelRow) {
        for side in [Side::A, Side::B] {
            let end = row.ends.on(side);
            let chain = self.paths.get(&row.path).map(|path| path.chains.on(side).clone());
            if let (Some(chain), Some(name)) = (chain, end.end())
                && end.state == EndState::Closed
            {
                self.closed.insert((chain, name), end.since);
            }
        }
        self.channels.put(row);
    }

    /// The height at which a channel end closed; `None` while it is not.
    pub(crate) fn closed_at(&self, chain: &ChainId, end: &End) -> Option<u64> {
        if self.closed.is_empty() {
            return None;
        }
        self.closed.get(&(chain.clone(), end.clone())).copied()
    }

    pub(crate) fn tip(&self, chain: &ChainId) -> Option<Tip> {
        self.cursors.get(chain).copied()
    }

    pub(crate) fn path(&self, path: &PathId) -> Option<&PathRow> {
        self.paths.get(path)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathRow> {
        self.paths.values()
    }

    pub(crate) fn channels(&self, path: &PathId) -> impl Iterator<Item = &ChannelRow> {
        self.channels.of(path)
    }

    /// How many channels a path has.
    pub(crate) fn channel_count(&self, path: &PathId) -> usize {
        self.channels.count(path)
    }

    /// The index of a path's next channel.
    pub(crate) fn next_channel(&self, path: &PathId) -> u32 {
        self.channels.next_index(path)
    }

    pub(crate) fn channel(&self, path: &PathId, index: u32) -> Option<&ChannelRow> {
        self.channels.get(path, index)
    }

    /// The channel of a path that an end `here` of `side` is of, which names `there`.
    pub(crate) fn owner(
        &self,
        path: &PathId,
        side: Side,
        (here, there): (&ChannelEnd, &ChannelEnd),
    ) -> Owner<'_> {
        self.channels.owner(path, side, (here, there))
    }

    /// The channel of a path that has this end on one side.
    pub(crate) fn channel_at(&self, path: &PathId, side: Side, end: &End) -> Option<&ChannelRow> {
        self.channels.at(path, side, (&end.port, Some(&end.channel))).next()
    }

    /// The first channel of a path between these ports that has no end yet.
    pub(crate) fn unbegun_channel(
        &self,
        path: &PathId,
        ports: &Both<PortId>,
    ) -> Option<&ChannelRow> {
        self.channels.unbegun(path, ports)
    }

    pub(crate) fn packet(&self, key: &PacketKey) -> Option<&PacketRow> {
        self.packets.get(key)
    }

    pub(crate) fn packets(&self) -> impl Iterator<Item = &PacketRow> {
        self.packets.values()
    }

    /// How many packets are not over.
    pub(crate) fn packet_count(&self) -> usize {
        self.packets.len()
    }

    /// The packets that one end sends to a chain, first the first.
    pub(crate) fn packets_of<'a>(
        &'a self,
        (from, to): (&ChainId, &ChainId),
        src: &'a End,
    ) -> impl Iterator<Item = &'a PacketRow> {
        // Routes stand in the order of their sending ends.
        let dst = End { port: PortId::from(""), channel: ChannelId::from("") };
        let ends = match src.client() {
            Some(_) => Ends::V2 { src: src.clone(), dst },
            None => Ends::V1 { src: src.clone(), dst, order: Order::Unordered },
        };
        let route = Arc::new(Route { from: from.clone(), to: to.clone(), ends });
        let first = Arc::clone(&route);
        let rows = self.packets.range(PacketKey { route: first, seq: 0 }..).map(|(_, row)| row);
        rows.take_while(move |row| {
            let other = &row.key.route;
            (&other.from, &other.to, other.src()) == (&route.from, &route.to, src)
        })
    }

    /// The packets of the same route that were sent before one, first the first.
    pub(crate) fn packets_before(&self, key: &PacketKey) -> impl Iterator<Item = &PacketRow> {
        let first = PacketKey { route: Arc::clone(&key.route), seq: 0 };
        self.packets.range(first..key.clone()).map(|(_, row)| row)
    }

    pub(crate) fn gaps(&self) -> impl Iterator<Item = &GapRow> {
        self.gaps.values()
    }

    /// The gaps of a path.
    pub(crate) fn gaps_of(&self, path: &PathId) -> impl Iterator<Item = &GapRow> {
        let id = |gap| GapId { path: path.clone(), gap };
        let first = id(Gap::Channels(Side::A));
        let last = id(Gap::Packets { index: u32::MAX, from: Side::B });
        self.gaps.range(first..=last).map(|(_, row)| row)
    }

    pub(crate) fn gap(&self, id: &GapId) -> Option<&GapRow> {
        self.gaps.get(id)
    }

    pub(crate) fn slot(&self, id: &SlotId) -> Option<&SlotRow> {
        self.slots.get(id)
    }

    /// The undecided slots of a lane by sequence, then attempt.
    pub(crate) fn slots<'a>(&'a self, lane: &LaneId) -> impl Iterator<Item = &'a SlotRow> {
        self.slots.range(first(lane, 0)..=last(lane, u64::MAX)).map(|(_, row)| row)
    }

    pub(crate) fn all_slots(&self) -> impl Iterator<Item = &SlotRow> {
        self.slots.values()
    }

    /// All attempts at one sequence, oldest first.
    pub(crate) fn attempts<'a>(
        &'a self,
        lane: &LaneId,
        sequence: u64,
    ) -> impl DoubleEndedIterator<Item = &'a SlotId> {
        self.slots.range(first(lane, sequence)..=last(lane, sequence)).map(|(id, _)| id)
    }

    /// Who brought the last messages of routes on which others led once.
    pub(crate) fn leads(&self) -> impl Iterator<Item = (&(Route, Leg), u16)> {
        self.leads.iter().map(|(id, last)| (id, *last))
    }

    /// The flows that a client verifies: several where paths share it.
    pub(crate) fn flows_of_client(
        &self,
        chain: &ChainId,
        client: &ClientId,
    ) -> impl Iterator<Item = &FlowId> {
        self.clients.get(&(chain.clone(), client.clone())).into_iter().flatten()
    }

    /// The flows that the client of a flow verifies, that one among them; none while it has no client.
    pub(crate) fn flows_beside(&self, id: &FlowId) -> impl Iterator<Item = &FlowId> {
        let client = self.path(&id.path).and_then(|path| {
            let client = path.ends.on(id.to).client.as_ref()?;
            Some((path.chains.on(id.to), client))
        });
        client.into_iter().flat_map(|(chain, client)| self.flows_of_client(chain, client))
    }

    /// Whether a flow is the one that looks into what others give to its client: one of those that share it does.
    pub(crate) fn watches_client(&self, id: &FlowId) -> bool {
        self.flows_beside(id).next() == Some(id)
    }

    /// The flow towards the chain of one of two clients that follow each other in IBC v2.
    pub(crate) fn flow_of_pair(&self, chain: &ChainId, here: &End, there: &End) -> Option<FlowId> {
        let flow = self.pairs.get(&(chain.clone(), here.client()?))?;
        let other = self.path(&flow.path)?.ends.on(flow.to.other()).client.as_ref();
        (other == there.client().as_ref()).then(|| flow.clone())
    }

    /// The flow towards the chain of a connection end.
    pub(crate) fn flow_of_connection(
        &self,
        chain: &ChainId,
        connection: &ConnectionId,
    ) -> Option<FlowId> {
        self.connections.get(&(chain.clone(), connection.clone())).cloned()
    }
}

fn first(lane: &LaneId, sequence: u64) -> SlotId {
    SlotId { lane: lane.clone(), sequence, attempt: 0 }
}

fn last(lane: &LaneId, sequence: u64) -> SlotId {
    SlotId { lane: lane.clone(), sequence, attempt: u16::MAX }
}
