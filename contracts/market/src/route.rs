//! Routes: over which transfer channels tenants buy.

use cosmwasm_std::{Event, IbcChannel, to_json_string};
use entry::ask;
use protocol::ics20::TRANSFER_PORT;
use protocol::{RouteStyle, limits};

use crate::context::Context;
use crate::error::ContractError;
use crate::msg::{NewRoute, RouteUpdate};
use crate::params::LEAST_GAS;
use crate::state::route::{self as state, CONTROLS, OUTPOSTS, ROUTES, Route, RouteId};

/// Adds a route, after asking the chain for the channel's other end: a port other than `transfer`
/// could claim any sender.
pub(crate) fn add(ctx: &mut Context<'_>, new: NewRoute) -> Result<(), ContractError> {
    if state::find(ctx.state(), &new.channel)?.is_some() {
        let problem = "is on this channel already";
        return Err(ContractError::WrongState { what: "route", problem });
    }
    require_served(&new.style)?;
    let channel = transfer_channel(ctx, &new.channel)?;
    let far_port = channel.counterparty_endpoint.port_id;
    if far_port != TRANSFER_PORT {
        return Err(ContractError::WrongPort {
            end: "counterparty",
            got: far_port,
            expected: TRANSFER_PORT.into(),
        });
    }
    let route = Route {
        channel: new.channel,
        counterparty_channel: channel.counterparty_endpoint.channel_id,
        connection: channel.connection_id,
        outpost: new.outpost,
        enabled: true,
        style: new.style,
        style_changed_at: 0,
    };
    let id = state::insert(ctx.storage(), &route)?;
    register_outpost(ctx, id, &route)?;
    register_calls(ctx, id, &route)?;
    let event = of_route("route_added", &route)
        .add_attribute("connection", &route.connection)
        .add_attribute("counterparty_channel", &route.counterparty_channel)
        .add_attribute("style", to_json_string(&route.style)?);
    ctx.emit(event);
    Ok(())
}

/// The open transfer channel on our chain.
fn transfer_channel(ctx: &Context<'_>, channel: &str) -> Result<IbcChannel, ContractError> {
    limits::text("channel", channel, limits::STRING_BYTES)?;
    let found = ask::channel(ctx.reading().querier, TRANSFER_PORT, channel)?;
    found.ok_or_else(|| ContractError::WrongRoute {
        channel: channel.into(),
        problem: "is no open transfer channel of this chain",
    })
}

/// Changes a route.
pub(crate) fn update(ctx: &mut Context<'_>, update: RouteUpdate) -> Result<(), ContractError> {
    let (id, mut route) = state::load(ctx.state(), &update.channel)?;
    route.enabled = update.enabled.unwrap_or(route.enabled);
    if let Some(style) = update.style {
        require_served(&style)?;
        require_alike(&route, &style)?;
        if route.style != style {
            route.style_changed_at = ctx.now().get();
        }
        route.style = style;
    }
    if let Some(outpost) = update.outpost {
        if route.outpost.is_some() {
            let problem = "has an outpost, which is part of its tenants' identity";
            return Err(ContractError::WrongState { what: "route", problem });
        }
        route.outpost = Some(outpost);
        register_outpost(ctx, id, &route)?;
    }
    ROUTES.save(ctx.storage(), id, &route)?;
    register_calls(ctx, id, &route)?;
    let style = to_json_string(&route.style)?;
    ctx.emit(of_route("route_updated", &route).add_attribute("style", style));
    Ok(())
}

/// Lets a control channel to the route's outpost find the route. One outpost serves one route of a
/// connection, else its control channel would be ambiguous.
fn register_outpost(
    ctx: &mut Context<'_>,
    id: RouteId,
    route: &Route,
) -> Result<(), ContractError> {
    let Some(outpost) = &route.outpost else { return Ok(()) };
    limits::address("outpost", outpost)?;
    let key = (route.connection.as_str(), outpost.as_str());
    if OUTPOSTS.has(ctx.state(), key) {
        let problem = "serves another route of the same connection";
        return Err(ContractError::WrongState { what: "outpost", problem });
    }
    Ok(OUTPOSTS.save(ctx.storage(), key, &id)?)
}

/// Lets ibc-hooks call for a route's outpost, if the route is of that style.
fn register_calls(ctx: &mut Context<'_>, id: RouteId, route: &Route) -> Result<(), ContractError> {
    if route.style.hooks_at_market() {
        return state::expect_calls(ctx.storage(), id, route);
    }
    Ok(())
}

/// Refuses to make an outpost deaf, or hear: where the money of its tenants goes was settled by what
/// it was when they opened.
fn require_alike(route: &Route, style: &RouteStyle) -> Result<(), ContractError> {
    if route.style.leaves_outpost_deaf() != style.leaves_outpost_deaf() {
        let problem = "is `plain` from its beginning to its end, or never";
        return Err(ContractError::WrongState { what: "route", problem });
    }
    Ok(())
}

/// Refuses callbacks with gas for nothing: what comes home would return each time.
fn require_served(style: &RouteStyle) -> Result<(), ContractError> {
    for (field, gas) in style.gas_limits() {
        limits::range(field, gas, LEAST_GAS, limits::JSON_INTEGER)?;
    }
    Ok(())
}

/// Lets the route's control channel be closed once.
pub(crate) fn arm_channel_close(ctx: &mut Context<'_>, channel: &str) -> Result<(), ContractError> {
    let (id, route) = state::load(ctx.state(), channel)?;
    let control = CONTROLS.may_load(ctx.state(), id)?;
    let mut control = control.ok_or_else(|| ContractError::NotFound {
        what: "open control channel of route",
        id: channel.into(),
    })?;
    control.close_armed = true;
    CONTROLS.save(ctx.storage(), id, &control)?;
    ctx.emit(of_route("channel_close_armed", &route));
    Ok(())
}

fn of_route(kind: &str, route: &Route) -> Event {
    Event::new(kind)
        .add_attribute("route", &route.channel)
        .add_attribute("enabled", route.enabled.to_string())
        .add_attribute("outpost", route.outpost.as_deref().unwrap_or("none"))
}
