//! `add_route` and `arm_control`: which markets this outpost buys from.

use cosmwasm_std::{
    DepsMut, Empty, IbcChannel, IbcOrder, MessageInfo, Order, QuerierWrapper, Response, Storage,
};
use entry::ask;
use protocol::RouteStyle;
use protocol::ics20::TRANSFER_PORT;
use protocol::limits::{self, LimitError};

use crate::state::config::owner_only;
use crate::state::route::{
    self, ARMED, CONTROL, PROBES, PROVED, ROUTE_BY_CHANNEL, ROUTE_BY_PEER, ROUTES, Route,
};
use crate::{ContractError, money};

/// Gas one callback may be given, at most; chains cap it much lower.
const CALLBACK_GAS: u64 = 100_000_000;
/// Version of ICS-20 that the transfer channel speaks.
const TRANSFER_VERSION: &str = "ics20-1";

/// Adds a route. The chain, not the caller, says which connection it is on.
///
/// # Errors
/// [`ContractError::Unauthorized`], [`ContractError::RouteExists`],
/// [`ContractError::BadRouteChannel`], [`ContractError::PlainIsAlone`], or a limit.
pub(crate) fn add(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    (name, channel, market): (String, String, String),
    style: RouteStyle,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    owner_only(deps.storage, &info.sender)?;
    check_name(&name)?;
    limits::address("market", &market)?;
    check_style(&style)?;
    let connection = transfer_channel(&deps.querier, &channel)?.connection_id;
    let route = Route { name, channel, connection, market, style };
    forget_unused(deps.storage, &route.name)?;
    expect_new(deps.storage, &route)?;
    route::insert(deps.storage, &route)?;
    Ok(Response::new()
        .add_attribute("action", "add_route")
        .add_attribute("route", route.name)
        .add_attribute("connection", route.connection))
}

/// Lets a route's control channel be closed, or replaced, once.
///
/// # Errors
/// [`ContractError::Unauthorized`] or [`ContractError::UnknownRoute`].
pub(crate) fn arm_control(
    deps: DepsMut<'_>,
    info: &MessageInfo,
    name: &str,
) -> Result<Response, ContractError> {
    money::none(&info.funds)?;
    owner_only(deps.storage, &info.sender)?;
    let route = route::load(deps.storage, name)?;
    ARMED.save(deps.storage, &route.name, &Empty {})?;
    Ok(Response::new().add_attribute("action", "arm_control").add_attribute("route", route.name))
}

fn check_name(name: &str) -> Result<(), LimitError> {
    limits::text("name", name, limits::NAME_BYTES)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.bytes().all(plain) {
        return Ok(());
    }
    Err(LimitError::BadForm { field: "name", expected: "of a-z, 0-9 and -", got: name.into() })
}

fn check_style(style: &RouteStyle) -> Result<(), LimitError> {
    for (field, gas) in style.gas_limits() {
        limits::range(field, gas, 1_u64, CALLBACK_GAS)?;
    }
    Ok(())
}

/// The transfer channel, open and with the transfer module at both ends: behind a `wasm.…` port
/// anybody could write any sender.
fn transfer_channel(
    querier: &QuerierWrapper<'_>,
    channel: &str,
) -> Result<IbcChannel, ContractError> {
    let found = ask::channel(*querier, TRANSFER_PORT, channel)?;
    let bad = |reason| ContractError::BadRouteChannel { channel: channel.into(), reason };
    let found = found.ok_or_else(|| bad("no open transfer channel has this id"))?;
    if found.counterparty_endpoint.port_id != TRANSFER_PORT {
        return Err(bad("its counterparty is not the transfer module"));
    }
    // On older chains the fee middleware wraps the version: `{"app_version":"ics20-1",…}`.
    if found.order != IbcOrder::Unordered || !found.version.contains(TRANSFER_VERSION) {
        return Err(bad("it must be unordered and of version `ics20-1`"));
    }
    Ok(found)
}

/// Takes back a route of this name that was never of use, so that a mistake can be corrected.
fn forget_unused(storage: &mut dyn Storage, name: &str) -> Result<(), ContractError> {
    let Some(old) = ROUTES.may_load(storage, name)? else {
        return Ok(());
    };
    let used = CONTROL.has(storage, name)
        || !PROVED.prefix(name).is_empty(storage)
        || !PROBES.prefix(name).is_empty(storage);
    if used {
        return Err(ContractError::RouteExists { route: name.into(), what: "name" });
    }
    route::remove(storage, &old);
    Ok(())
}

/// One route per transfer channel, and one per market behind a connection: else neither a
/// settlement nor a control channel would tell its route. A plain route is the only one: what a
/// market refuses is here long before the outpost knows whose it is, and a market of another route
/// could claim it with a lie.
fn expect_new(storage: &dyn Storage, route: &Route) -> Result<(), ContractError> {
    if let Some(other) = ROUTES.range(storage, None, None, Order::Ascending).next() {
        let (name, other) = other?;
        if other.style.leaves_outpost_deaf() || route.style.leaves_outpost_deaf() {
            return Err(ContractError::PlainIsAlone { route: name });
        }
    }
    if let Some(name) = ROUTE_BY_CHANNEL.may_load(storage, &route.channel)? {
        return Err(ContractError::RouteExists { route: name, what: "channel" });
    }
    let peer = route.control_port();
    if let Some(name) = ROUTE_BY_PEER.may_load(storage, (&route.connection, &peer))? {
        return Err(ContractError::RouteExists { route: name, what: "market" });
    }
    Ok(())
}
