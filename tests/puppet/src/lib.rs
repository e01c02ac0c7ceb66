//! A contract whose packets misbehave as they are told to, for tests of a relayer.
//!
//! It sends what anybody asks it to send, over any channel of its own. What becomes of a packet where it
//! arrives is decided by the first letter of its data: see [`ibc_packet_receive`].
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use cosmwasm_std::{
    Binary, Deps, DepsMut, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcChannelOpenResponse, IbcMsg, IbcPacketAckMsg, IbcPacketReceiveMsg,
    IbcPacketTimeoutMsg, IbcReceiveResponse, IbcTimeout, MessageInfo, Reply, Response, StdResult,
    Storage, SubMsg, WasmMsg, to_json_binary,
};
use protocol::json::Decode;
use serde::Serialize;

/// The bytes of an acknowledgement that no relayer can carry: a node takes a body of 1,000,000 bytes, with
/// the transaction in base64 or, to be simulated, in hex.
const LARGE_ACK: usize = 600_000;
/// What each write of a greedy receive takes: some 2 million gas.
static WRITTEN: [u8; 65_536] = [1; 65_536];
/// The writes of a dear receive: less than a block's gas, more than a relayer pays for a message unasked.
const DEAR: usize = 3;

entry::export! {
    sent:
        instantiate = crate::instantiate,
        execute = crate::execute;
    told:
        reply = crate::reply,
        ibc_channel_open = crate::ibc_channel_open,
        ibc_channel_connect = crate::ibc_channel_connect,
        ibc_channel_close = crate::ibc_channel_close,
        ibc_packet_receive = crate::ibc_packet_receive,
        ibc_packet_ack = crate::ibc_packet_ack,
        ibc_packet_timeout = crate::ibc_packet_timeout;
    asked:
        query = crate::query;
}

/// Nothing.
#[derive(Debug, Decode)]
pub struct Nothing {}

/// Packets to send, in order.
#[derive(Debug, Decode, Serialize)]
pub struct Send {
    /// The channel's name on this chain.
    pub channel: String,
    /// The packets.
    pub packets: Vec<Packet>,
    /// Packets that are sent before them, all or none: none if the chain refuses one of them. The others go all the
    /// same.
    pub before: Vec<Packet>,
}

/// A packet to send.
#[derive(Debug, Decode, Serialize)]
pub struct Packet {
    /// What it carries.
    pub data: String,
    /// Seconds of this chain's clock until it is too late.
    pub seconds: u64,
}

/// Makes one.
///
/// # Errors
/// Never.
pub fn instantiate(_: DepsMut<'_>, _: Env, _: MessageInfo, _: Nothing) -> StdResult<Response> {
    Ok(Response::new())
}

/// Sends packets.
///
/// # Errors
/// Never; the chain refuses what it does not take of `packets`.
pub fn execute(_: DepsMut<'_>, env: Env, _: MessageInfo, send: Send) -> StdResult<Response> {
    let Send { channel, packets, before } = send;
    let mut response = Response::new();
    if !before.is_empty() {
        let attempt = Send { channel: channel.clone(), packets: before, before: Vec::new() };
        let msg = to_json_binary(&attempt)?;
        let contract_addr = env.contract.address.to_string();
        let attempt = WasmMsg::Execute { contract_addr, msg, funds: Vec::new() };
        response = response.add_submessage(SubMsg::reply_on_error(attempt, 0));
    }
    let packet = |packet: Packet| IbcMsg::SendPacket {
        channel_id: channel.clone(),
        data: Binary::from(packet.data.into_bytes()),
        timeout: IbcTimeout::with_timestamp(env.block.time.plus_seconds(packet.seconds)),
    };
    Ok(response.add_messages(packets.into_iter().map(packet)))
}

/// Goes on after packets that were not sent.
///
/// # Errors
/// Never.
pub fn reply(_: DepsMut<'_>, _: Env, _: Reply) -> StdResult<Response> {
    Ok(Response::new())
}

/// Knows nothing.
///
/// # Errors
/// Never.
pub fn query(_: Deps<'_>, _: Env, _: Nothing) -> StdResult<Binary> {
    Ok(Binary::default())
}

/// Agrees to every channel.
///
/// # Errors
/// Never.
pub fn ibc_channel_open(
    _: DepsMut<'_>,
    _: Env,
    _: IbcChannelOpenMsg,
) -> StdResult<IbcChannelOpenResponse> {
    Ok(None)
}

/// Agrees to every channel.
///
/// # Errors
/// Never.
pub fn ibc_channel_connect(
    _: DepsMut<'_>,
    _: Env,
    _: IbcChannelConnectMsg,
) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

/// Agrees to every end.
///
/// # Errors
/// Never.
pub fn ibc_channel_close(
    _: DepsMut<'_>,
    _: Env,
    _: IbcChannelCloseMsg,
) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

/// Takes a packet. One of `gas without end` takes all there is, `dear` takes some 6 million, a
/// `large acknowledgement` is of more bytes than can be brought back; whatever begins with another letter is well.
///
/// # Errors
/// Never.
pub fn ibc_packet_receive(
    deps: DepsMut<'_>,
    _: Env,
    msg: IbcPacketReceiveMsg,
) -> StdResult<IbcReceiveResponse> {
    match msg.packet.data.first() {
        Some(b'g') => write(deps.storage, usize::MAX),
        Some(b'd') => write(deps.storage, DEAR),
        Some(b'l') => return Ok(IbcReceiveResponse::new(vec![b'l'; LARGE_ACK])),
        _ => {}
    }
    Ok(IbcReceiveResponse::new(b"taken"))
}

/// Takes gas by writing: a block's in less than a second. By counting it would take a node minutes.
fn write(storage: &mut dyn Storage, times: usize) {
    for _ in 0..times {
        storage.set(b"written", &WRITTEN);
    }
}

/// Takes note.
///
/// # Errors
/// Never.
pub fn ibc_packet_ack(_: DepsMut<'_>, _: Env, _: IbcPacketAckMsg) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

/// Takes note.
///
/// # Errors
/// Never.
pub fn ibc_packet_timeout(
    _: DepsMut<'_>,
    _: Env,
    _: IbcPacketTimeoutMsg,
) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}
