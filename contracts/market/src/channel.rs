//! The handshake of the control channel. The outpost opens it; state is written in connect only.

use cosmwasm_std::{
    Event, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
};
use protocol::handshake::{Expected, Role, check_role, check_route, check_terms, port_of};

use crate::context::Context;
use crate::error::ContractError;
use crate::state::route::{self, CONTROL_ROUTES, CONTROLS, Control, OUTPOSTS, RouteId};

/// The prefix of a contract's port.
const PORT_PREFIX: &str = "wasm.";

/// Checks a channel that somebody wants to open. Writes nothing.
pub(crate) fn open(ctx: &Context<'_>, message: &IbcChannelOpenMsg) -> Result<(), ContractError> {
    match message {
        IbcChannelOpenMsg::OpenTry { channel, counterparty_version } => {
            check(ctx, channel, Some(counterparty_version)).map(|_| ())
        }
        IbcChannelOpenMsg::OpenInit { .. } => Ok(check_role(Role::Responder, Role::Initiator)?),
    }
}

/// Checks the same again, and binds the channel to its route.
pub(crate) fn connect(
    ctx: &mut Context<'_>,
    message: &IbcChannelConnectMsg,
) -> Result<(), ContractError> {
    let IbcChannelConnectMsg::OpenConfirm { channel } = message else {
        return Ok(check_role(Role::Responder, Role::Initiator)?);
    };
    let route = check(ctx, channel, None)?;
    let own = channel.endpoint.channel_id.clone();
    CONTROL_ROUTES.save(ctx.storage(), &own, &route)?;
    let control = Control { channel: own, close_armed: false };
    CONTROLS.save(ctx.storage(), route, &control)?;
    emit(ctx, "control_channel_opened", channel);
    Ok(())
}

/// All that must hold of a control channel: terms, route, and that the route has no other.
fn check(
    ctx: &Context<'_>,
    channel: &IbcChannel,
    counterparty_version: Option<&str>,
) -> Result<RouteId, ContractError> {
    check_terms(channel, counterparty_version)?;
    let far_port = &channel.counterparty_endpoint.port_id;
    let outpost = far_port.strip_prefix(PORT_PREFIX).unwrap_or_default();
    let id = OUTPOSTS.may_load(ctx.state(), (channel.connection_id.as_str(), outpost))?;
    let id = id.ok_or_else(|| ContractError::WrongRoute {
        channel: channel.connection_id.clone(),
        problem: "leads to no outpost of a route at this port",
    })?;
    let route = route::by_id(ctx.state(), id)?;
    let expected = Expected { connection: &route.connection, counterparty_port: &port_of(outpost) };
    check_route(channel, expected)?;
    if CONTROLS.has(ctx.state(), id) {
        let problem = "has an open control channel; the owner can arm its close";
        return Err(ContractError::WrongRoute { channel: route.channel, problem });
    }
    Ok(id)
}

/// Takes the end of a channel. We agree to one of our own only if the owner armed it, once; that
/// the other side closed is a fact. What is under way keeps its records.
pub(crate) fn close(
    ctx: &mut Context<'_>,
    message: &IbcChannelCloseMsg,
) -> Result<(), ContractError> {
    let channel = message.channel();
    let own = &channel.endpoint.channel_id;
    let route = CONTROL_ROUTES.may_load(ctx.state(), own)?;
    let control = match route {
        Some(route) => CONTROLS.may_load(ctx.state(), route)?,
        None => None,
    };
    if matches!(message, IbcChannelCloseMsg::CloseInit { .. })
        && !control.is_some_and(|control| control.close_armed)
    {
        let expected = "the owner can arm the close of a control channel";
        return Err(ContractError::Unauthorized { sender: own.clone(), expected });
    }
    if let Some(route) = route {
        CONTROL_ROUTES.remove(ctx.storage(), own);
        CONTROLS.remove(ctx.storage(), route);
        emit(ctx, "control_channel_closed", channel);
    }
    Ok(())
}

fn emit(ctx: &mut Context<'_>, kind: &str, channel: &IbcChannel) {
    ctx.emit(
        Event::new(kind)
            .add_attribute("channel", &channel.endpoint.channel_id)
            .add_attribute("counterparty_port", &channel.counterparty_endpoint.port_id),
    );
}
