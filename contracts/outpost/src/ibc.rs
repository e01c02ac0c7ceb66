//! IBC entry points: each translates and hands over to the file of its concern.

use cosmwasm_std::{
    DepsMut, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcChannelOpenResponse, IbcDestinationCallbackMsg, IbcPacketAckMsg, IbcPacketReceiveMsg,
    IbcPacketTimeoutMsg, IbcReceiveResponse, IbcSourceCallbackMsg, Never, Response,
};
use protocol::hooks::Sudo;

use crate::{ContractError, callback, channel, packet, settle};

/// A handshake begins.
///
/// # Errors
/// [`ContractError`] unless it is the control channel of a route.
pub fn ibc_channel_open(
    deps: DepsMut<'_>,
    _env: Env,
    msg: IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    channel::open(&deps, &msg)?;
    Ok(None)
}

/// A handshake ends.
///
/// # Errors
/// [`ContractError`] unless it is the control channel of a route.
pub fn ibc_channel_connect(
    deps: DepsMut<'_>,
    _env: Env,
    msg: IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let route = channel::connect(deps, &msg)?;
    Ok(IbcBasicResponse::new()
        .add_attribute("action", "control_connect")
        .add_attribute("route", route.name))
}

/// A channel is closed.
///
/// # Errors
/// [`ContractError::CloseRefused`] if this end is to close it and its owner has not armed it.
pub fn ibc_channel_close(
    deps: DepsMut<'_>,
    _env: Env,
    msg: IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    channel::close(deps, &msg)?;
    Ok(IbcBasicResponse::new().add_attribute("action", "control_close"))
}

/// The market says or asks something.
///
/// # Errors
/// Never: what cannot be answered is refused in the acknowledgement.
pub fn ibc_packet_receive(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcPacketReceiveMsg,
) -> Result<IbcReceiveResponse, Never> {
    Ok(packet::on_receive(deps, &env, &msg.packet.dest.channel_id, &msg.packet.data))
}

/// A command was answered.
///
/// # Errors
/// Never.
pub fn ibc_packet_ack(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcPacketAckMsg,
) -> Result<IbcBasicResponse, Never> {
    Ok(packet::on_ack(deps, &env, &msg))
}

/// A command was not delivered in time.
///
/// # Errors
/// Never.
pub fn ibc_packet_timeout(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcPacketTimeoutMsg,
) -> Result<IbcBasicResponse, Never> {
    Ok(packet::on_timeout(deps, &env, &msg))
}

/// A money packet ended.
///
/// # Errors
/// Never.
pub fn ibc_source_callback(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcSourceCallbackMsg,
) -> Result<IbcBasicResponse, Never> {
    Ok(callback::on_source(deps.storage, &env, &msg))
}

/// A money packet ended, ibc-hooks says.
///
/// # Errors
/// Never.
pub fn sudo(deps: DepsMut<'_>, env: Env, msg: Sudo) -> Result<Response, Never> {
    let Sudo::IbcLifecycleComplete(lifecycle) = msg;
    let told = callback::on_lifecycle(deps.storage, &env, &lifecycle);
    Ok(Response::new().add_events(told.events))
}

/// A coin came with a callback to this contract.
///
/// # Errors
/// [`ContractError`] for anything but a settlement of a route's market: the chain then reverts
/// the transfer.
pub fn ibc_destination_callback(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    settle::settle(deps, &env, &msg)
}
