//! Scans of a chain's state at a height: which packets are pending, and their data, without an index
//! of transactions.
//!
//! The proof of a value says in which block it was written, because IAVL keeps that in the leaf; the
//! events of just that block hold the packet, which must hash to the value.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cosmos::chain::ChainError;
use cosmos::rpc::{BlockResults, Fault, RpcError};
use cosmos::wire::event_v1::EventError;
use cosmos::wire::msg_v2;
use cosmos::wire::packet::{Packet, PacketId, acknowledgement_commitment};
use cosmos::wire::path::{self, is_identifier};
use cosmos::wire::proof::written_at;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ibc_proto::ibc::core::channel::v1::{IdentifiedChannel, Order as ProtoOrder, State};
use prost::Message as _;
use tokio::time::Instant;

use super::blocks::serves_results;
use super::decode;
use super::light::unavailable;
use super::node::Node;
use crate::model::facts::{Event, PacketChange, PacketEvent, Timeout, Why};
use crate::model::ids::{ChainId, ConnectionId, End, Order};
use crate::model::rows::EndState;
use crate::model::state::{Listed, ScanEnd, Scanned};

/// Proofs asked for at once.
const PROOFS_AT_ONCE: usize = 16;
/// Blocks fetched at once; each may have megabytes.
const BLOCKS_AT_ONCE: usize = 4;
/// Sequences after which what was found can be handed over: at worst each is in a block of its own.
const PART: usize = 100;
/// After so long what was found is handed over, and the rest is asked for anew: nodes forget the state of a
/// height after some minutes.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// A value that was written for a packet.
struct Written {
    seq: u64,
    /// The block that wrote it.
    block: u64,
    value: Vec<u8>,
}

/// What was found of some of a direction's packets.
#[derive(Default)]
pub(crate) struct Part {
    /// Those that were not received.
    pub(crate) unreceived: Vec<u64>,
    /// As in [`Scanned`].
    pub(crate) events: Vec<(ChainId, u64, PacketEvent)>,
    /// As in [`Scanned`].
    pub(crate) lost: Vec<(u64, String)>,
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
    let ends = [&channel.port_id, &channel.channel_id, &counterparty.port_id];
    let known = (!counterparty.channel_id.is_empty()).then_some(&counterparty.channel_id);
    if !ends.into_iter().chain(known).all(|name| is_identifier(name)) {
        return None;
    }
    Some(Listed {
        end: End { port: channel.port_id.into(), channel: channel.channel_id.into() },
        state: state_of(channel.state)?,
        order: order_of(channel.ordering),
        version: channel.version,
        counterparty_port: counterparty.port_id.into(),
        counterparty: Some(counterparty.channel_id)
            .filter(|channel| !channel.is_empty())
            .map(Into::into),
    })
}

/// The state of a channel's end; `None` when its chain knows one that we do not.
pub(crate) fn state_of(state: i32) -> Option<EndState> {
    Some(match State::try_from(state).ok()? {
        State::Init => EndState::Init,
        State::Tryopen => EndState::TryOpen,
        State::Closed => EndState::Closed,
        // Channels that an upgrade of ibc-go v8 flushes still carry what is under way.
        _ => EndState::Open,
    })
}

/// How a channel delivers.
pub(crate) fn order_of(ordering: i32) -> Order {
    match ProtoOrder::try_from(ordering) {
        Ok(ProtoOrder::Ordered) => Order::Ordered,
        _ => Order::Unordered,
    }
}

/// The packets of one direction of a channel that are not over, with their data: those with sequences above
/// `after`, as many as can be looked at in a while.
///
/// # Errors
/// [`Why`] when a node does not answer before anything was found; a block that it no longer has is none.
pub(super) async fn packets(
    (source, from): (&Node, ScanEnd),
    (destination, to): (&Node, ScanEnd),
    after: u64,
) -> Result<Scanned, Why> {
    let mut pending = committed(source, &from).await?;
    pending.sort_unstable();
    pending.retain(|seq| *seq > after);
    let (sender, receiver) = ((source, &from), (destination, &to));
    let look = |part: Vec<u64>| Box::pin(async move { look_at(sender, receiver, &part).await });
    let (count, part) = in_parts(&pending, look).await?;
    let upto = if count == pending.len() { u64::MAX } else { pending[count - 1] };
    pending.truncate(count);
    let Part { unreceived, events, lost } = part;
    Ok(Scanned { from, to, after, upto, committed: pending, unreceived, events, lost })
}

/// Looks at packets part by part: until it has looked at all, it has taken long enough, or a part fails that is not
/// the first. Gives how many it has looked at.
async fn in_parts<F: Future<Output = Result<Part, Why>>>(
    pending: &[u64],
    look: impl Fn(Vec<u64>) -> F,
) -> Result<(usize, Part), Why> {
    let started = Instant::now();
    let (mut count, mut all) = (0, Part::default());
    for part in pending.chunks(PART) {
        if count > 0 && started.elapsed() > LONG_ENOUGH {
            break;
        }
        match look(part.to_vec()).await {
            Ok(found) => {
                count += part.len();
                all.unreceived.extend(found.unreceived);
                all.events.extend(found.events);
                all.lost.extend(found.lost);
            }
            Err(why) if count == 0 => return Err(why),
            Err(why) => {
                tracing::debug!(%why, count, "scan is handed over as far as it came");
                break;
            }
        }
    }
    Ok((count, all))
}

/// What became of packets that the sender holds, with their data.
///
/// # Errors
/// [`Why`] when a node does not answer; a block that it no longer has is none.
pub(super) async fn look_at(
    (source, from): (&Node, &ScanEnd),
    (destination, to): (&Node, &ScanEnd),
    committed: &[u64],
) -> Result<Part, Why> {
    let unreceived = unreceived(destination, to, committed).await?;
    let waiting: BTreeSet<u64> = unreceived.iter().copied().collect();
    let received = committed.iter().copied().filter(|seq| !waiting.contains(seq));
    let ack = |seq| (seq, acknowledgement_key(&to.end, seq));
    let acks = written(destination, received.clone().map(ack).collect(), to.height).await?;
    let answered: BTreeSet<u64> = acks.iter().map(|written| written.seq).collect();
    let acks = found(destination, acks, |packet| match &packet.change {
        PacketChange::AckWritten { ack, .. } if packet.dst == to.end => hash_of_ack(&to.end, ack),
        _ => None,
    })
    .await?;
    let unanswered = committed.iter().copied().filter(|seq| !answered.contains(seq));
    let commitment = |seq| (seq, commitment_key(&from.end, seq));
    let sends = written(source, unanswered.map(commitment).collect(), from.height).await?;
    let sends = found(source, sends, |packet| match &packet.change {
        PacketChange::Sent { timeout, data } if packet.src == from.end => {
            hash_of_packet(packet, timeout, data)
        }
        _ => None,
    })
    .await?;
    let of_source = sends.events.into_iter().map(|(at, event)| (from.chain.clone(), at, event));
    let of_destination = acks.events.into_iter().map(|(at, event)| (to.chain.clone(), at, event));
    let events = of_source.chain(of_destination).collect();
    let lost = sends.lost.into_iter().chain(acks.lost).collect();
    Ok(Part { unreceived, events, lost })
}

/// Whether the sender holds a packet: it was sent and is not over.
///
/// # Errors
/// [`Why`] when the node does not answer.
pub(super) async fn is_committed(node: &Node, from: &ScanEnd, seq: u64) -> Result<bool, Why> {
    let proved = node.rpc().prove(commitment_key(&from.end, seq), from.height).await;
    Ok(proved.map_err(|error| Why::Unavailable(error.to_string()))?.value.is_some())
}

async fn committed(node: &Node, from: &ScanEnd) -> Result<Vec<u64>, Why> {
    let chain = node.chain();
    let (port, channel) = (from.end.port.as_str(), from.end.channel.as_str());
    let committed = match from.end.client() {
        Some(client) => chain.commitments_v2_at(client.as_str(), from.height).await,
        None => chain.commitments_at((port, channel), from.height).await,
    };
    committed.map_err(failed)
}

async fn unreceived(node: &Node, to: &ScanEnd, sequences: &[u64]) -> Result<Vec<u64>, Why> {
    let chain = node.chain();
    let (port, channel) = (to.end.port.as_str(), to.end.channel.as_str());
    let unreceived = match to.end.client() {
        Some(client) => chain.unreceived_v2_at(client.as_str(), sequences, to.height).await,
        None => chain.unreceived_packets_at((port, channel), sequences, to.height).await,
    };
    unreceived.map_err(failed)
}

fn commitment_key(end: &End, seq: u64) -> Vec<u8> {
    match end.client() {
        Some(client) => path::commitment_v2(client.as_str(), seq),
        None => path::commitment(end.port.as_str(), end.channel.as_str(), seq),
    }
}

fn acknowledgement_key(end: &End, seq: u64) -> Vec<u8> {
    match end.client() {
        Some(client) => path::acknowledgement_v2(client.as_str(), seq),
        None => path::acknowledgement(end.port.as_str(), end.channel.as_str(), seq),
    }
}

/// What the source must hold of a packet; `None` when its bytes are none.
fn hash_of_packet(event: &PacketEvent, timeout: &Timeout, data: &[u8]) -> Option<[u8; 32]> {
    if event.src.client().is_some() {
        return Some(msg_v2::Packet::decode(data).ok()?.commitment());
    }
    let packet = Packet {
        id: PacketId {
            src_port: event.src.port.to_string(),
            src_channel: event.src.channel.to_string(),
            dst_port: event.dst.port.to_string(),
            dst_channel: event.dst.channel.to_string(),
            sequence: event.seq,
        },
        data: data.to_vec(),
        timeout_height: timeout.height.into(),
        timeout_timestamp: timeout.time.0,
    };
    Some(packet.commitment())
}

/// What the destination must hold of an acknowledgement; `None` when its bytes are none.
fn hash_of_ack(end: &End, ack: &[u8]) -> Option<[u8; 32]> {
    match end.client() {
        Some(_) => Some(msg_v2::Acknowledgement::decode(ack).ok()?.commitment()),
        None => Some(acknowledgement_commitment(ack)),
    }
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

/// The events that wrote the values: those for which `value` gives what is stored.
async fn found(
    node: &Node,
    written: Vec<Written>,
    value: impl Fn(&PacketEvent) -> Option<[u8; 32]>,
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
        let (events, unread) = results.as_ref().map(events_of).unwrap_or_default();
        for event in events {
            let Event::Packet(packet) = event else { continue };
            let stored = wanted.get(&packet.seq);
            if stored.is_some_and(|stored| value(&packet).is_some_and(|hash| hash == **stored)) {
                wanted.remove(&packet.seq);
                found.events.push((height, packet));
            }
        }
        let why = match unread.first() {
            _ if gone => format!("no endpoint has block {height} any more"),
            Some(error) => {
                let error = decode::beginning(&error.to_string());
                format!(
                    "block {height}, which wrote it, has an event that does not read, please report this: {error}"
                )
            }
            None => format!("block {height}, which wrote it, has no event of it"),
        };
        found.lost.extend(wanted.into_keys().map(|seq| (seq, why.clone())));
    }
    Ok(found)
}

/// What a block did; `None` when the node in use does not have that any more, and no archive either.
///
/// What an archive says needs no trust: an event counts only if it hashes to what the state holds.
async fn block(node: &Node, height: u64) -> Result<Option<BlockResults>, Why> {
    let error = match node.rpc().block_results(height).await {
        Ok(results) => return Ok(Some(results)),
        Err(error) => error,
    };
    if !matches!(error.fault, Fault::Refused { .. }) {
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
    // It may have the block without what it did. A node that tells that of no block is to be replaced first.
    let is_gone = earliest(node).await.map_err(unavailable)? > height || serves_results(node).await;
    if is_gone { Ok(None) } else { Err(unavailable(error)) }
}

async fn earliest(node: &Node) -> Result<u64, RpcError> {
    Ok(node.rpc().status().await?.sync_info.earliest_block_height)
}

/// The events of a block, and what is wrong with those that do not read. They are passed over, as in blocks: the others
/// are wanted all the same.
fn events_of(results: &BlockResults) -> (Vec<Event>, Vec<EventError>) {
    let succeeded = results.txs.iter().filter(|tx| tx.code == 0);
    let all = succeeded.flat_map(|tx| &tx.events).chain(&results.events);
    let mut unread = Vec::new();
    (decode::readable(all, &mut unread), unread)
}

fn failed(error: ChainError) -> Why {
    Why::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
