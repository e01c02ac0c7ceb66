//! IBC: channels, packets, callbacks.

use cosmwasm_std::{
    Addr, Binary, ChannelResponse, Coin, IbcAckCallbackMsg, IbcAcknowledgement, IbcChannel,
    IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcDestinationCallbackMsg,
    IbcEndpoint, IbcOrder, IbcPacket, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
    IbcSourceCallbackMsg, IbcTimeout, IbcTimeoutBlock, IbcTimeoutCallbackMsg, IbcTransferCallback,
    Timestamp,
};

use super::object;
use crate::json::{Decode, Fields, Node, Variants};

object!(ChannelResponse { channel: Option<IbcChannel> } => Self::new(channel));
object!(IbcEndpoint { port_id: String, channel_id: String } => Self { port_id, channel_id });
object!(IbcChannel {
    endpoint: IbcEndpoint,
    counterparty_endpoint: IbcEndpoint,
    order: IbcOrder,
    version: String,
    connection_id: String
} => Self::new(endpoint, counterparty_endpoint, order, version, connection_id));

impl Decode for IbcOrder {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants =
            Variants { names: &["ORDER_UNORDERED", "ORDER_ORDERED"], units: 0b11 };
        match node.variant(&VARIANTS) {
            (1, _) => Self::Ordered,
            _ => Self::Unordered,
        }
    }
}

object!(IbcPacket {
    data: Binary,
    src: IbcEndpoint,
    dest: IbcEndpoint,
    sequence: u64,
    timeout: IbcTimeout
} => Self::new(data, src, dest, sequence, timeout));
object!(IbcAcknowledgement { data: Binary } => Self::new(data));
object!(IbcTimeoutBlock { revision: u64, height: u64 } => Self { revision, height });
// A packet has at least one; if it ever had none, its end would be the beginning of time.
object!(IbcTimeout { block: Option<IbcTimeoutBlock>, timestamp: Option<Timestamp> } =>
match (block, timestamp) {
    (Some(block), None) => Self::with_block(block),
    (Some(block), Some(timestamp)) => Self::with_both(block, timestamp),
    (None, timestamp) => Self::with_timestamp(timestamp.unwrap_or_default()),
});

/// What a step of a handshake carries.
struct Step {
    channel: IbcChannel,
    counterparty_version: Option<String>,
}

object!(Step { channel: IbcChannel, counterparty_version: Option<String> } =>
    Self { channel, counterparty_version });

/// The step of a handshake, of two, and what it carries. The steps in `with_version` need one.
fn step(node: Node<'_>, variants: &Variants, with_version: usize) -> (usize, IbcChannel, String) {
    let (variant, node) = node.variant(variants);
    let Step { channel, counterparty_version } = Decode::decode(node);
    if variant == with_version && counterparty_version.is_none() {
        node.fail("missing field `counterparty_version`".into());
    }
    (variant, channel, counterparty_version.unwrap_or_default())
}

impl Decode for IbcChannelOpenMsg {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants { names: &["open_init", "open_try"], units: 0 };
        match step(node, &VARIANTS, 1) {
            (1, channel, version) => Self::new_try(channel, version),
            (_, channel, _) => Self::new_init(channel),
        }
    }
}

impl Decode for IbcChannelConnectMsg {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants { names: &["open_ack", "open_confirm"], units: 0 };
        match step(node, &VARIANTS, 0) {
            (1, channel, _) => Self::new_confirm(channel),
            (_, channel, version) => Self::new_ack(channel, version),
        }
    }
}

impl Decode for IbcChannelCloseMsg {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants { names: &["close_init", "close_confirm"], units: 0 };
        match step(node, &VARIANTS, usize::MAX) {
            (1, channel, _) => Self::new_confirm(channel),
            (_, channel, _) => Self::new_init(channel),
        }
    }
}

object!(IbcPacketReceiveMsg { packet: IbcPacket, relayer: Addr } => Self::new(packet, relayer));
object!(IbcPacketTimeoutMsg { packet: IbcPacket, relayer: Addr } => Self::new(packet, relayer));
object!(IbcPacketAckMsg {
    acknowledgement: IbcAcknowledgement,
    original_packet: IbcPacket,
    relayer: Addr
} => Self::new(acknowledgement, original_packet, relayer));

impl Decode for IbcSourceCallbackMsg {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants { names: &["acknowledgement", "timeout"], units: 0 };
        match node.variant(&VARIANTS) {
            (1, node) => Self::Timeout(Decode::decode(node)),
            (_, node) => Self::Acknowledgement(Decode::decode(node)),
        }
    }
}

object!(IbcAckCallbackMsg {
    acknowledgement: IbcAcknowledgement,
    original_packet: IbcPacket,
    relayer: Addr
} => Self::new(acknowledgement, original_packet, relayer));
object!(IbcTimeoutCallbackMsg { packet: IbcPacket, relayer: Addr } => Self::new(packet, relayer));
object!(IbcDestinationCallbackMsg {
    packet: IbcPacket,
    ack: IbcAcknowledgement,
    transfer: Option<IbcTransferCallback>
} => Self { packet, ack, transfer });
object!(IbcTransferCallback { sender: String, receiver: Addr, funds: Vec<Coin> } =>
    Self { sender, receiver, funds });
