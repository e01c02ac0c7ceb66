//! One block of a node's answers as the facts the model takes.

use cosmos::rpc::{BlockParams, BlockResults, TxResult};
use cosmos::text::printable;
use cosmos::wire::event::Event as RawEvent;
use cosmos::wire::event_v1::{
    self, CloseStep, EventError, HandshakeStep, IbcEvent, LAST_SEQUENCE, Route,
};
use cosmos::wire::event_v2::{self, PacketStep};
use cosmos::wire::msg_v2::{self, Packet as PacketV2};
use cosmos::wire::packet::{Packet, PacketId};
use cosmos::wire::tx::tx_hash;
use ibc_proto::ibc::core::channel::v1::{
    MsgAcknowledgementResponse, MsgRecvPacketResponse, MsgTimeoutOnCloseResponse,
    MsgTimeoutResponse, ResponseResultType,
};
use prost::{Message, Name};

use crate::model::facts::{
    BlockFacts, BlockLimits, ClientChange, Event, HandshakeChange, PacketChange, PacketEvent,
    Timeout, Tip, TxFacts, Used, Via,
};
use crate::model::ids::{End, Height, LaneId, Order, Span, Time};

/// A block's size where the chain does not limit it: `CometBFT`'s own bound.
pub(super) const MAX_BLOCK_BYTES: u64 = 100 * 1024 * 1024;

/// Reads a block: its transactions in order, then the events of its end. Beside it are the errors of IBC
/// events that do not read; what they tell of has to be looked for in the chain's state.
pub(super) fn block(
    lanes: &[LaneId],
    tip: Tip,
    txs: &[Vec<u8>],
    results: &BlockResults,
) -> (BlockFacts, Vec<EventError>) {
    let (mut facts, mut unread) = (Vec::new(), Vec::new());
    for (index, result) in results.txs.iter().enumerate() {
        let raw = if result.code == 0 { &result.events[..] } else { &[] };
        let events = readable(raw, &mut unread);
        let ours = used(lanes, txs.get(index).map(Vec::as_slice), result);
        if !ours.is_empty() || !events.is_empty() {
            facts.push(TxFacts { ours, events });
        }
    }
    let at_end = readable(&results.events, &mut unread);
    if !at_end.is_empty() {
        facts.push(TxFacts { ours: Vec::new(), events: at_end });
    }
    (BlockFacts { tip, txs: facts, limits: results.limits.map(limits) }, unread)
}

/// What a block may hold, as the chain says it.
pub(super) fn limits(params: BlockParams) -> BlockLimits {
    BlockLimits {
        gas: u64::try_from(params.max_gas).ok().filter(|gas| *gas > 0),
        bytes: u64::try_from(params.max_bytes).unwrap_or(MAX_BLOCK_BYTES),
    }
}

/// The IBC events among those of a transaction, in order; the errors of those that do not read are added
/// to `unread`.
pub(super) fn readable<'a>(
    raw: impl IntoIterator<Item = &'a RawEvent>,
    unread: &mut Vec<EventError>,
) -> Vec<Event> {
    let mut read = Vec::new();
    for event in raw {
        match events([event]) {
            Ok(events) => read.extend(events),
            Err(error) => unread.push(error),
        }
    }
    read
}

/// Reads the IBC events among those of a transaction, in order.
///
/// # Errors
/// [`EventError`] when an IBC event does not read.
pub fn events<'a>(raw: impl IntoIterator<Item = &'a RawEvent>) -> Result<Vec<Event>, EventError> {
    let mut events = Vec::new();
    for event in raw {
        if let Some(event) = event_v1::decode(event)? {
            push(&mut events, event);
        } else if let Some((step, packet)) = event_v2::decode(event)? {
            events.push(Event::Packet(moved_v2(step, &packet)));
        }
    }
    Ok(events)
}

/// Adds what an event says to `events`.
fn push(events: &mut Vec<Event>, event: IbcEvent) {
    match event {
        IbcEvent::CreateClient(event) => push_client(events, event, ClientChange::Created),
        IbcEvent::UpdateClient(event) => push_client(events, event, ClientChange::Updated),
        IbcEvent::FreezeClient(client) => events.push(Event::Frozen { client: client.into() }),
        IbcEvent::Connection(step, event) => events.push(Event::Connection {
            change: step.into(),
            id: event.connection.into(),
            client: event.client.into(),
            counterparty_client: event.counterparty_client.into(),
            counterparty: event.counterparty_connection.map(Into::into),
        }),
        IbcEvent::Channel(step, event) => events.push(channel(step.into(), event)),
        IbcEvent::ChannelClosed(step, event) => events.push(channel(step.into(), event)),
        IbcEvent::Send(packet, route) => {
            let change = PacketChange::Sent { timeout: timeout(&packet), data: packet.data };
            events.push(moved(packet.id, route, change));
        }
        IbcEvent::Recv(packet, route) => {
            events.push(moved(packet.id, route, PacketChange::Received));
        }
        IbcEvent::WriteAck(packet, route, ack) => {
            let change =
                PacketChange::AckWritten { timeout: timeout(&packet), data: packet.data, ack };
            events.push(moved(packet.id, route, change));
        }
        IbcEvent::Acked(id, route) => events.push(moved(id, route, PacketChange::Acknowledged)),
        IbcEvent::TimedOut(id, route) => events.push(moved(id, route, PacketChange::TimedOut)),
    }
}

fn push_client(events: &mut Vec<Event>, event: event_v1::ClientEvent, change: ClientChange) {
    events.extend(event.consensus_heights.into_iter().map(|height| Event::Client {
        client: event.client.as_str().into(),
        height: height.into(),
        change,
    }));
}

fn channel(change: HandshakeChange, event: event_v1::ChannelEvent) -> Event {
    Event::Channel {
        change,
        end: End { port: event.port.into(), channel: event.channel.into() },
        connection: event.connection.into(),
        counterparty_port: event.counterparty_port.into(),
        counterparty: event.counterparty_channel.map(Into::into),
    }
}

fn moved(id: PacketId, route: Route, change: PacketChange) -> Event {
    let order = if route.ordered { Order::Ordered } else { Order::Unordered };
    let via = Via::Connection { connection: route.connection.into(), order };
    Event::Packet(PacketEvent {
        via: Some(via),
        src: End { port: id.src_port.into(), channel: id.src_channel.into() },
        dst: End { port: id.dst_port.into(), channel: id.dst_channel.into() },
        seq: id.sequence,
        change,
    })
}

fn moved_v2(step: PacketStep, packet: &PacketV2) -> PacketEvent {
    let time = Span::seconds(packet.timeout_timestamp).0;
    let timeout = Timeout { height: Height::default(), time: Time(time) };
    let data = || packet.encode_to_vec();
    PacketEvent {
        via: Some(Via::Clients),
        src: End::of_client(&packet.source_client),
        dst: End::of_client(&packet.destination_client),
        seq: packet.sequence,
        change: match step {
            PacketStep::Send => PacketChange::Sent { timeout, data: data() },
            PacketStep::Recv => PacketChange::Received,
            PacketStep::WriteAck(ack) => {
                PacketChange::AckWritten { timeout, data: data(), ack: ack.encode_to_vec() }
            }
            PacketStep::Acked => PacketChange::Acknowledged,
            PacketStep::TimedOut => PacketChange::TimedOut,
        },
    }
}

fn timeout(packet: &Packet) -> Timeout {
    Timeout { height: packet.timeout_height.into(), time: Time(packet.timeout_timestamp) }
}

impl From<HandshakeStep> for HandshakeChange {
    fn from(step: HandshakeStep) -> Self {
        match step {
            HandshakeStep::Init => Self::Init,
            HandshakeStep::Try => Self::Try,
            HandshakeStep::Ack => Self::Ack,
            HandshakeStep::Confirm => Self::Confirm,
        }
    }
}

impl From<CloseStep> for HandshakeChange {
    fn from(step: CloseStep) -> Self {
        match step {
            CloseStep::Init => Self::CloseInit,
            CloseStep::Confirm => Self::CloseConfirm,
        }
    }
}

impl From<cosmos::wire::height::Height> for Height {
    fn from(height: cosmos::wire::height::Height) -> Self {
        Self { revision: height.revision, height: height.block }
    }
}

/// Which lanes a transaction used, and which sequence of each. A failed one has used them as well.
///
/// Source: cosmos-sdk v0.53 `x/auth/ante/sigverify.go`: `tx.acc_seq` is `address/sequence`, once
/// for each signer.
fn used_sequences<'a>(
    lanes: &'a [LaneId],
    result: &'a TxResult,
) -> impl Iterator<Item = (&'a LaneId, u64)> {
    let signed = result.events.iter().filter(|event| event.kind == "tx");
    let signed = signed.filter_map(|event| event.get("acc_seq")?.split_once('/'));
    signed.filter_map(|(address, sequence)| {
        let lane = lanes.iter().find(|lane| lane.address.as_str() == address)?;
        // No account comes as far as the last, and the store could not keep what follows.
        let sequence = sequence.parse().ok().filter(|sequence| *sequence < LAST_SEQUENCE)?;
        Some((lane, sequence))
    })
}

/// Whether a transaction of the block used a sequence of one of the lanes.
pub(super) fn has_used(lanes: &[LaneId], results: &BlockResults) -> bool {
    results.txs.iter().any(|result| used_sequences(lanes, result).next().is_some())
}

fn used(lanes: &[LaneId], tx: Option<&[u8]>, result: &TxResult) -> Vec<Used> {
    let used = |(lane, sequence): (&LaneId, u64)| Used {
        lane: lane.clone(),
        sequence,
        hash: tx.map(tx_hash).unwrap_or_default(),
        code: result.code,
        codespace: result.codespace.clone(),
        log: beginning(&result.log),
        failed_index: failed_index(&result.log),
        noops: if result.code == 0 { noops(&result.data) } else { Vec::new() },
        gas_used: result.gas_used,
    };
    used_sequences(lanes, result).map(used).collect()
}

/// How much of a chain's explanation is kept. Contracts write it, and it is kept for each packet.
const MAX_LOG_BYTES: usize = 1_000;

/// The beginning of a chain's explanation, on one line and without what a terminal obeys.
pub fn beginning(log: &str) -> String {
    cut(&printable(&cut(log)))
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_LOG_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text.get(..end) {
        Some(kept) if end < text.len() => format!("{kept}…"),
        _ => text.to_owned(),
    }
}

/// The message that failed, counted from 0, if the log names one.
///
/// Source: cosmos-sdk v0.53 `baseapp/baseapp.go`, `runMsgs`: "message index: N".
pub(super) fn failed_index(log: &str) -> Option<usize> {
    let (_, after) = log.split_once("message index: ")?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What a transaction's messages answered.
#[derive(Clone, PartialEq, Message)]
struct TxMsgData {
    #[prost(message, repeated, tag = "2")]
    msg_responses: Vec<ibc_proto::google::protobuf::Any>,
}

/// The messages whose answer says that nothing was left to do.
fn noops(data: &[u8]) -> Vec<usize> {
    // A chain that answers in a form of its own has no answer to count; what was done shows in events.
    let responses = TxMsgData::decode(data).map(|data| data.msg_responses).unwrap_or_default();
    let is_noop = |answer: &ibc_proto::google::protobuf::Any| {
        let result = if answer.type_url == MsgRecvPacketResponse::type_url() {
            MsgRecvPacketResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == MsgAcknowledgementResponse::type_url() {
            MsgAcknowledgementResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == MsgTimeoutResponse::type_url() {
            MsgTimeoutResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == MsgTimeoutOnCloseResponse::type_url() {
            MsgTimeoutOnCloseResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == msg_v2::MsgRecvPacketResponse::type_url() {
            msg_v2::MsgRecvPacketResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == msg_v2::MsgAcknowledgementResponse::type_url() {
            msg_v2::MsgAcknowledgementResponse::decode(&*answer.value).map(|answer| answer.result)
        } else if answer.type_url == msg_v2::MsgTimeoutResponse::type_url() {
            msg_v2::MsgTimeoutResponse::decode(&*answer.value).map(|answer| answer.result)
        } else {
            return false;
        };
        result == Ok(i32::from(ResponseResultType::Noop))
    };
    responses.iter().enumerate().filter(|(_, answer)| is_noop(answer)).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests;
