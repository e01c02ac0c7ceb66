//! Entry points for IBC: the control channel's six, and the callbacks of ICS-20 transfers, from
//! ibc-go or from ibc-hooks.
//!
//! Only the handshake and the arrival of money may fail, because there a failure undoes what the
//! other side did. Everything else ends well for any bytes.

use cosmwasm_std::{
    Binary, DepsMut, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcChannelOpenResponse, IbcDestinationCallbackMsg, IbcPacketAckMsg,
    IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcReceiveResponse, IbcSourceCallbackMsg,
    MessageInfo, Never, Response, to_json_binary,
};
use protocol::Message;
use protocol::control::ControlAck;
use protocol::hooks::Sudo;

use crate::context::Context;
use crate::error::ContractError;
use crate::{callback, channel, control, inquiry, purchase};

/// Checks a channel that somebody wants to open.
///
/// # Errors
/// [`ContractError`] for any but a control channel of a route's outpost.
pub fn ibc_channel_open(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    channel::open(&Context::of_chain(deps, env), &msg)?;
    Ok(None)
}

/// Checks the channel once more, and binds it to its route.
///
/// # Errors
/// As [`ibc_channel_open`].
pub fn ibc_channel_connect(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    channel::connect(&mut ctx, &msg)?;
    Ok(ctx.into_ibc_response())
}

/// Takes the end of a channel.
///
/// # Errors
/// [`ContractError::Unauthorized`] for a close from this side that the owner has not armed.
pub fn ibc_channel_close(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    channel::close(&mut ctx, &msg)?;
    Ok(ctx.into_ibc_response())
}

/// Takes a control packet. There is always an acknowledgement: this one, unless the call replaces it.
///
/// # Errors
/// Never.
pub fn ibc_packet_receive(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcPacketReceiveMsg,
) -> Result<IbcReceiveResponse, Never> {
    let mut ctx = Context::of_chain(deps, env);
    let acknowledgement = match control::call(&mut ctx, &msg.packet) {
        Ok(()) => encoded(&ControlAck::Internal {}),
        Err(error) => encoded(&ControlAck::refused(error.code(), &error.to_string())),
    };
    let response = ctx.into_ibc_response();
    Ok(IbcReceiveResponse::new(acknowledgement)
        .add_submessages(response.messages)
        .add_events(response.events))
}

/// An acknowledgement's bytes. The types cannot fail to encode; empty bytes would be refused by the
/// chain, and the packet could be received again.
fn encoded(acknowledgement: &ControlAck) -> Binary {
    to_json_binary(acknowledgement).unwrap_or_default()
}

/// Takes the outpost's answer to a question about a transfer home.
///
/// # Errors
/// Never.
pub fn ibc_packet_ack(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcPacketAckMsg,
) -> Result<IbcBasicResponse, Never> {
    let mut ctx = Context::of_chain(deps, env);
    inquiry::on_answer(&mut ctx, &msg);
    Ok(ctx.into_ibc_response())
}

/// A question that was not delivered in time can be asked again: there is nothing to note.
///
/// # Errors
/// Never.
pub fn ibc_packet_timeout(
    _deps: DepsMut<'_>,
    _env: Env,
    _msg: IbcPacketTimeoutMsg,
) -> Result<IbcBasicResponse, Never> {
    Ok(IbcBasicResponse::new())
}

/// Takes the acknowledgement or timeout of a transfer home.
///
/// # Errors
/// Never.
pub fn ibc_source_callback(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcSourceCallbackMsg,
) -> Result<IbcBasicResponse, Never> {
    let mut ctx = Context::of_chain(deps, env);
    callback::on_source(&mut ctx, &msg);
    Ok(ctx.into_ibc_response())
}

/// Takes from ibc-hooks how a transfer home ended.
///
/// # Errors
/// Never: the chain would keep the acknowledgement out for ever.
pub fn sudo(deps: DepsMut<'_>, env: Env, msg: Sudo) -> Result<Response, Never> {
    let mut ctx = Context::of_chain(deps, env);
    let Sudo::IbcLifecycleComplete(lifecycle) = msg;
    callback::on_lifecycle(&mut ctx, &lifecycle);
    Ok(ctx.into_response())
}

/// Takes money that ibc-hooks brings with an order, from the account that it derives.
pub(crate) fn hooked(
    deps: DepsMut<'_>,
    env: Env,
    info: &MessageInfo,
    message: Message,
) -> Result<Response, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    purchase::on_call(&mut ctx, info, message)?;
    Ok(ctx.into_response())
}

/// Takes money that arrived with an order.
///
/// # Errors
/// [`ContractError`] for every refusal: the chain then reverts the transfer, and the coin is back
/// with its sender.
pub fn ibc_destination_callback(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    purchase::on_arrival(&mut ctx, msg)?;
    Ok(ctx.into_ibc_response())
}
