//! What nodes answer to scans of their state.

use std::collections::BTreeSet;

use cosmos::wire::path;
use ferry::model::facts::{Event, Fact, PacketChange, PacketEvent, Why};
use ferry::model::ids::{AskId, ChainId, End, Order};
use ferry::model::rows::EndState;
use ferry::model::state::{Listed, ScanEnd, Scanned};
use ibc_proto::ibc::core::channel::v1::Packet;

use crate::chain::Chain;
use crate::channels::Channels;
use crate::world::World;

impl<C: Channels> World<C> {
    pub(crate) fn channels(
        &self,
        id: AskId,
        (chain, connection, height): (&ChainId, &str, u64),
    ) -> Fact {
        let chain = self.chains.named(chain);
        let Some(state) = chain.history.get(&height) else {
            return Fact::Failed(id, Why::Unavailable(format!("no state of {height}")));
        };
        let names: BTreeSet<End> = events(chain, height)
            .filter_map(|(_, event)| match event {
                Event::Channel { end, .. } => Some(end.clone()),
                _ => None,
            })
            .collect();
        let listed = names.into_iter().filter_map(|name| {
            let end = state.channel((name.port.as_str(), name.channel.as_str())).ok()?;
            (end.connection_hops[0] == connection).then(|| {
                let other = end.counterparty.unwrap_or_default();
                Listed {
                    end: name,
                    state: match end.state {
                        1 => EndState::Init,
                        2 => EndState::TryOpen,
                        3 => EndState::Open,
                        _ => EndState::Closed,
                    },
                    order: if end.ordering == 2 { Order::Ordered } else { Order::Unordered },
                    version: end.version,
                    counterparty_port: other.port_id.into(),
                    counterparty: Some(other.channel_id.as_str().into())
                        .filter(|_| !other.channel_id.is_empty()),
                }
            })
        });
        Fact::Channels(id, listed.collect())
    }

    pub(crate) fn packets(
        &mut self,
        id: AskId,
        (from, to): (ScanEnd, ScanEnd),
        after: u64,
    ) -> Fact {
        let (source, destination) = (self.chains.named(&from.chain), self.chains.named(&to.chain));
        let (sender, receiver) =
            (source.history.get(&from.height), destination.history.get(&to.height));
        let (Some(sender), Some(receiver)) = (sender, receiver) else {
            return Fact::Failed(id, Why::Unavailable("no such state".to_owned()));
        };
        let commitment = |seq| match from.end.client() {
            Some(client) => path::commitment_v2(client.as_str(), seq),
            None => path::commitment(from.end.port.as_str(), from.end.channel.as_str(), seq),
        };
        let mut committed: Vec<u64> = events(source, from.height)
            .filter_map(|(_, event)| match event {
                Event::Packet(packet)
                    if packet.seq > after
                        && packet.src == from.end
                        && matches!(packet.change, PacketChange::Sent { .. })
                        && sender.has(&commitment(packet.seq)) =>
                {
                    Some(packet.seq)
                }
                _ => None,
            })
            .collect();
        let is_all = committed.len() <= self.scan_part;
        committed.truncate(self.scan_part);
        let upto = committed.last().copied().filter(|_| !is_all).unwrap_or(u64::MAX);
        let is_received = |seq: &u64| {
            if let Some(client) = to.end.client() {
                return receiver.has(&path::receipt_v2(client.as_str(), *seq));
            }
            receiver.is_received(&Packet {
                sequence: *seq,
                destination_port: to.end.port.to_string(),
                destination_channel: to.end.channel.to_string(),
                ..Packet::default()
            })
        };
        let unreceived: Vec<u64> = committed.iter().copied().filter(|s| !is_received(s)).collect();
        let event_of = |seq: &u64| match unreceived.contains(seq) {
            true => find(source, &from, |event| {
                let is_sent = matches!(event.change, PacketChange::Sent { .. });
                event.seq == *seq && event.src == from.end && is_sent
            }),
            false => find(destination, &to, |event| {
                let is_acked = matches!(event.change, PacketChange::AckWritten { .. });
                event.seq == *seq && event.dst == to.end && is_acked
            }),
        };
        let (mut events, mut lost) = (Vec::new(), Vec::new());
        for found in committed.iter().filter_map(event_of) {
            let (chain, height, event) = &found;
            if *height > self.chains.named(chain).lacks {
                events.push(found);
            } else {
                lost.push((event.seq, format!("block {height} is gone")));
            }
        }
        self.scanned.push((after, committed.len()));
        Fact::Packets(id, Scanned { from, to, after, upto, committed, unreceived, events, lost })
    }
}

/// The events of a chain up to a height, with their heights.
fn events<C: Channels>(chain: &Chain<C>, height: u64) -> impl Iterator<Item = (u64, &Event)> {
    let blocks = chain.blocks.range(..=height).map(|(_, block)| block);
    blocks.flat_map(|block| {
        let height = block.tip.height;
        block.txs.iter().flat_map(move |tx| tx.events.iter().map(move |event| (height, event)))
    })
}

fn find<C: Channels>(
    chain: &Chain<C>,
    end: &ScanEnd,
    is_it: impl Fn(&PacketEvent) -> bool,
) -> Option<(ChainId, u64, PacketEvent)> {
    events(chain, end.height).find_map(|(height, event)| match event {
        Event::Packet(packet) if is_it(packet) => Some((end.chain.clone(), height, packet.clone())),
        _ => None,
    })
}
