//! Scans of a chain's state at a height: which packets are pending, and their data, without an index
//! of transactions.
//!
//! The proof of a value says in which block it was written, because IAVL keeps that in the leaf; the
//! events of just that block hold the packet, which must hash to the value.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::chain::ChainError;
use cosmos::rpc::{BlockResults, Fault, RpcError};
use cosmos::wire::event_v1::{self, IbcEvent};
use cosmos::wire::packet::acknowledgement_commitment;
use cosmos::wire::path;
use cosmos::wire::proof::written_at;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ibc_proto::ibc::core::channel::v1::{IdentifiedChannel, Order as ProtoOrder, State};

use super::decode;
use super::light::unavailable;
use super::node::Node;
use crate::model::facts::{Event, PacketEvent, Why};
use crate::model::ids::{ConnectionId, End, Order};
use crate::model::rows::EndState;
use crate::model::state::{Listed, ScanEnd, Scanned};

/// Proofs asked for at once.
const PROOFS_AT_ONCE: usize = 16;
/// Blocks fetched at once; each may have megabytes.
const BLOCKS_AT_ONCE: usize = 4;

/// A value that was written for a packet.
struct Written {
    seq: u64,
    /// The block that wrote it.
    block: u64,
    value: Vec<u8>,
}

/// What was found of packets on one chain.
#[derive(Default)]
struct Found {
    events: Vec<(u64, PacketEvent)>,
    /// Sequences whose data could not be had, and why.
    lost: Vec<(u64, String)>,
}

/// The channel ends of a connection at a height.
///
/// # Errors
/// [`Why`], of the node.
pub(super) async fn channels(
    node: &Node,
    connection: &ConnectionId,
    height: u64,
) -> Result<Vec<Listed>, Why> {
    let channels = node.chain().connection_channels_at(connection.as_str(), height).await;
    Ok(channels.map_err(failed)?.into_iter().filter_map(listed).collect())
}

fn listed(channel: IdentifiedChannel) -> Option<Listed> {
    let counterparty = channel.counterparty?;
    Some(Listed {
        end: End { port: channel.port_id.into(), channel: channel.channel_id.into() },
        state: match State::try_from(channel.state).ok()? {
            State::Init => EndState::Init,
            State::Tryopen => EndState::TryOpen,
            State::Closed => EndState::Closed,
            // Channels that an upgrade of ibc-go v8 flushes still carry what is under way.
            _ => EndState::Open,
        },
        order: match ProtoOrder::try_from(channel.ordering).ok()? {
            ProtoOrder::Ordered => Order::Ordered,
            _ => Order::Unordered,
        },
        version: channel.version,
        counterparty_port: counterparty.port_id.into(),
        counterparty: Some(counterparty.channel_id)
            .filter(|channel| !channel.is_empty())
            .map(Into::into),
    })
}

/// The packets of one direction of a channel that are not over, with their data.
///
/// # Errors
/// [`Why`] when a node does not answer; a block that it no longer has is none.
pub(super) async fn packets(
    (source, from): (&Node, ScanEnd),
    (destination, to): (&Node, ScanEnd),
) -> Result<Scanned, Why> {
    let (port, channel) = (from.end.port.as_str(), from.end.channel.as_str());
    let committed = source.chain().commitments_at((port, channel), from.height).await;
    let committed = committed.map_err(failed)?;
    let (dst_port, dst_channel) = (to.end.port.as_str(), to.end.channel.as_str());
    let unreceived = destination
        .chain()
        .unreceived_packets_at((dst_port, dst_channel), &committed, to.height)
        .await
        .map_err(failed)?;
    let waiting: BTreeSet<u64> = unreceived.iter().copied().collect();
    let received = committed.iter().copied().filter(|seq| !waiting.contains(seq));
    let ack = |seq| (seq, path::acknowledgement(dst_port, dst_channel, seq));
    let acks = written(destination, received.clone().map(ack).collect(), to.height).await?;
    let answered: BTreeSet<u64> = acks.iter().map(|written| written.seq).collect();
    let acks = found(destination, acks, |event, wanted| match event {
        IbcEvent::WriteAck(packet, _, ack) => {
            let is_here = packet.id.dst_port == dst_port && packet.id.dst_channel == dst_channel;
            is_here
                && wanted.get(&packet.id.sequence)
                    == Some(&acknowledgement_commitment(ack).to_vec())
        }
        _ => false,
    })
    .await?;
    let unanswered = committed.iter().copied().filter(|seq| !answered.contains(seq));
    let commitment = |seq| (seq, path::commitment(port, channel, seq));
    let sends = written(source, unanswered.map(commitment).collect(), from.height).await?;
    let sends = found(source, sends, |event, wanted| match event {
        IbcEvent::Send(packet, _) => {
            let is_here = packet.id.src_port == port && packet.id.src_channel == channel;
            is_here && wanted.get(&packet.id.sequence) == Some(&packet.commitment().to_vec())
        }
        _ => false,
    })
    .await?;
    let of_source = sends.events.into_iter().map(|(at, event)| (from.chain.clone(), at, event));
    let of_destination = acks.events.into_iter().map(|(at, event)| (to.chain.clone(), at, event));
    let events = of_source.chain(of_destination).collect();
    let lost = sends.lost.into_iter().chain(acks.lost).collect();
    Ok(Scanned { from, to, committed, unreceived, events, lost })
}

/// The values under keys of the state after a block, those that are there, and when each was written.
async fn written(node: &Node, keys: Vec<(u64, Vec<u8>)>, height: u64) -> Result<Vec<Written>, Why> {
    let look = |(seq, key): (u64, Vec<u8>)| async move {
        let proved = node.rpc().prove(key, height).await;
        let proved = proved.map_err(|error| Why::Unavailable(error.to_string()))?;
        let Some(value) = proved.value else { return Ok(None) };
        let block = written_at(&proved.proof).map_err(|error| Why::Invalid(error.to_string()))?;
        Ok::<_, Why>(Some(Written { seq, block, value }))
    };
    let looks = stream::iter(keys.into_iter().map(look)).buffered(PROOFS_AT_ONCE);
    looks.try_filter_map(|found| async move { Ok(found) }).try_collect().await
}

/// The events that wrote the values: of the packets named in `wanted`, those that `is_it` accepts.
async fn found(
    node: &Node,
    written: Vec<Written>,
    is_it: impl Fn(&IbcEvent, &BTreeMap<u64, Vec<u8>>) -> bool,
) -> Result<Found, Why> {
    let mut blocks: BTreeMap<u64, BTreeMap<u64, Vec<u8>>> = BTreeMap::new();
    for Written { seq, block, value } in written {
        blocks.entry(block).or_default().insert(seq, value);
    }
    let fetch = |(height, wanted)| async move { Ok((height, wanted, block(node, height).await?)) };
    let mut fetched = stream::iter(blocks.into_iter().map(fetch)).buffered(BLOCKS_AT_ONCE);
    let mut found = Found::default();
    while let Some((height, mut wanted, results)) =
        fetched.try_next().await.map_err(|why: Why| why)?
    {
        let gone = results.is_none();
        for event in results.iter().flat_map(events_of) {
            let event = event.map_err(|error| Why::Invalid(error.to_string()))?;
            if !is_it(&event, &wanted) {
                continue;
            }
            let mut events = Vec::new();
            decode::push(&mut events, event);
            for event in events {
                if let Event::Packet(packet) = event {
                    wanted.remove(&packet.seq);
                    found.events.push((height, packet));
                }
            }
        }
        let why = match gone {
            true => format!("no endpoint has block {height} any more"),
            false => format!("block {height}, which wrote it, has no event of it"),
        };
        found.lost.extend(wanted.into_keys().map(|seq| (seq, why.clone())));
    }
    Ok(found)
}

/// What a block did; `None` when the node in use has thrown it away, and no archive has it.
///
/// What an archive says needs no trust: an event counts only if it hashes to what the state holds.
async fn block(node: &Node, height: u64) -> Result<Option<BlockResults>, Why> {
    let error = match node.rpc().block_results(height).await {
        Ok(results) => return Ok(Some(results)),
        Err(error) => error,
    };
    let is_gone = matches!(error.fault, Fault::Refused { .. })
        && earliest(node).await.map_err(unavailable)? > height;
    if !is_gone {
        return Err(unavailable(error));
    }
    for archive in &node.archives {
        match archive.block_results(height).await {
            Ok(results) => return Ok(Some(results)),
            // It does not keep that block either.
            Err(error) if matches!(error.fault, Fault::Refused { .. }) => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Ok(None)
}

async fn earliest(node: &Node) -> Result<u64, RpcError> {
    Ok(node.rpc().status().await?.sync_info.earliest_block_height)
}

fn events_of(
    results: &BlockResults,
) -> impl Iterator<Item = Result<IbcEvent, event_v1::EventError>> {
    let succeeded = results.txs.iter().filter(|tx| tx.code == 0);
    let raw = succeeded.flat_map(|tx| &tx.events).chain(&results.events);
    raw.filter_map(|event| event_v1::decode(event).transpose())
}

fn failed(error: ChainError) -> Why {
    Why::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
