//! The handshake of the control channel, and its close.
//!
//! Anyone can start a handshake with a contract. Only a channel over a route's connection to that
//! route's market is taken, one per route, and it is known from *connect* on.

use cosmwasm_std::{
    DepsMut, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, Storage,
};
use protocol::handshake::{Expected, Role, check_role, check_route, check_terms};

use crate::ContractError;
use crate::state::route::{ARMED, CONTROL, CONTROL_ROUTE, ROUTE_BY_PEER, ROUTES, Route};

/// Checks the first step. Nothing is written: the handshake may never end.
///
/// # Errors
/// [`ContractError::Handshake`], [`ContractError::StrangeChannel`],
/// [`ContractError::SecondChannel`].
pub(crate) fn open(deps: &DepsMut<'_>, msg: &IbcChannelOpenMsg) -> Result<(), ContractError> {
    let (channel, step) = match msg {
        IbcChannelOpenMsg::OpenInit { channel } => (channel, Role::Initiator),
        IbcChannelOpenMsg::OpenTry { channel, .. } => (channel, Role::Responder),
    };
    check_role(Role::Initiator, step)?;
    check_terms(channel, None)?;
    let route = route_of(deps.storage, channel)?;
    expect_room(deps.storage, &route)
}

/// Checks everything again and takes the channel as the route's. An armed route's channel is
/// replaced, once.
///
/// # Errors
/// As [`open`].
pub(crate) fn connect(
    deps: DepsMut<'_>,
    msg: &IbcChannelConnectMsg,
) -> Result<Route, ContractError> {
    let (channel, version, step) = match msg {
        IbcChannelConnectMsg::OpenAck { channel, counterparty_version } => {
            (channel, Some(counterparty_version.as_str()), Role::Initiator)
        }
        IbcChannelConnectMsg::OpenConfirm { channel } => (channel, None, Role::Responder),
    };
    check_role(Role::Initiator, step)?;
    check_terms(channel, version)?;
    let route = route_of(deps.storage, channel)?;
    expect_room(deps.storage, &route)?;
    if CONTROL.has(deps.storage, &route.name) {
        ARMED.remove(deps.storage, &route.name);
    }
    let id = &channel.endpoint.channel_id;
    CONTROL.save(deps.storage, &route.name, id)?;
    CONTROL_ROUTE.save(deps.storage, id, &route.name)?;
    Ok(route)
}

/// Refuses to close a channel unless the owner armed it; takes in that it was closed at the other
/// end. The records of its packets stay: they may still time out.
///
/// # Errors
/// [`ContractError::CloseRefused`].
pub(crate) fn close(deps: DepsMut<'_>, msg: &IbcChannelCloseMsg) -> Result<(), ContractError> {
    match msg {
        IbcChannelCloseMsg::CloseInit { channel } => {
            let id = &channel.endpoint.channel_id;
            let armed = CONTROL_ROUTE
                .may_load(deps.storage, id)?
                .filter(|route| ARMED.has(deps.storage, route));
            let Some(route) = armed else {
                return Err(ContractError::CloseRefused { channel: id.clone() });
            };
            ARMED.remove(deps.storage, &route);
            forget(deps.storage, id, &route)
        }
        IbcChannelCloseMsg::CloseConfirm { channel } => {
            let id = &channel.endpoint.channel_id;
            match CONTROL_ROUTE.may_load(deps.storage, id)? {
                Some(route) => forget(deps.storage, id, &route),
                None => Ok(()),
            }
        }
    }
}

/// The route that a channel's connection and counterparty belong to.
fn route_of(storage: &dyn Storage, channel: &IbcChannel) -> Result<Route, ContractError> {
    let port = &channel.counterparty_endpoint.port_id;
    let name =
        ROUTE_BY_PEER.may_load(storage, (&channel.connection_id, port))?.ok_or_else(|| {
            let connection = channel.connection_id.clone();
            ContractError::StrangeChannel { connection, port: port.clone() }
        })?;
    let route = ROUTES.load(storage, &name)?;
    let expected =
        Expected { connection: &route.connection, counterparty_port: &route.control_port() };
    check_route(channel, expected)?;
    Ok(route)
}

fn expect_room(storage: &dyn Storage, route: &Route) -> Result<(), ContractError> {
    match CONTROL.may_load(storage, &route.name)? {
        Some(channel) if !ARMED.has(storage, &route.name) => {
            Err(ContractError::SecondChannel { route: route.name.clone(), channel })
        }
        Some(_) | None => Ok(()),
    }
}

/// The route has no control channel any more, unless another has replaced this one.
fn forget(storage: &mut dyn Storage, id: &str, route: &str) -> Result<(), ContractError> {
    if CONTROL.may_load(storage, route)?.as_deref() == Some(id) {
        CONTROL.remove(storage, route);
    }
    Ok(())
}
