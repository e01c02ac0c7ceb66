//! Routes: ways to a market, what is proved on them, and their control channels.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Empty, Storage};
use protocol::handshake::port_of;
use protocol::json::Decode;
use protocol::{RouteStyle, hooks};
use store::Map;

use crate::ContractError;

/// Name -> route. Written by `add_route`, never removed.
pub(crate) const ROUTES: Map<&str, Route> = Map::new("routes");
/// Transfer channel -> name of its route: a settlement is known by the channel it comes over.
pub(crate) const ROUTE_BY_CHANNEL: Map<&str, String> = Map::new("route_by_channel");
/// What the address of the account says in which ibc-hooks calls for a route's market -> name of
/// the route.
const ROUTE_BY_CALLER: Map<&str, String> = Map::new("route_by_caller");
/// (connection, control port) -> name of its route: who may open a control channel.
pub(crate) const ROUTE_BY_PEER: Map<(&str, &str), String> = Map::new("route_by_peer");
/// (route, denom) -> nothing, once the market has sent a probe's coin back. Never removed.
pub(crate) const PROVED: Map<(&str, &str), Empty> = Map::new("proved");
/// (route, nonce) -> a probe whose coin is not back. Removed by its settlement or refund.
pub(crate) const PROBES: Map<(&str, u64), Probe> = Map::new("probes");
/// Route -> its open control channel. Written in *connect*, removed in *close*.
pub(crate) const CONTROL: Map<&str, String> = Map::new("control");
/// Control channel -> route. Kept after a close: packets may still time out on it.
pub(crate) const CONTROL_ROUTE: Map<&str, String> = Map::new("control_route");
/// Route -> nothing, while the control channel may be closed or replaced, once.
pub(crate) const ARMED: Map<&str, Empty> = Map::new("armed");

/// A way to a market.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Route {
    /// Its name.
    pub(crate) name: String,
    /// This chain's end of the transfer channel.
    pub(crate) channel: String,
    /// The connection beneath it, as the chain tells it.
    pub(crate) connection: String,
    /// The market's address on its chain.
    pub(crate) market: String,
    /// How contracts are called back.
    pub(crate) style: RouteStyle,
}

/// A probe under way.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Probe {
    /// Whose coin it is.
    pub(crate) prober: Addr,
    /// What would be proved.
    pub(crate) denom: String,
}

impl Route {
    /// The port of the market: what the control channel must lead to.
    #[must_use]
    pub(crate) fn control_port(&self) -> String {
        port_of(&self.market)
    }

    /// What the address of the account says in which ibc-hooks calls for the market.
    fn caller(&self) -> String {
        hooks::data_of_intermediary(&self.channel, &self.market)
    }
}

/// The route of this name.
///
/// # Errors
/// [`ContractError::UnknownRoute`].
pub(crate) fn load(storage: &dyn Storage, name: &str) -> Result<Route, ContractError> {
    ROUTES
        .may_load(storage, name)?
        .ok_or_else(|| ContractError::UnknownRoute { route: name.into() })
}

/// The route for whose market ibc-hooks calls in this account.
///
/// # Errors
/// [`ContractError::NotASettlement`] if there is none.
pub(crate) fn hooked(storage: &dyn Storage, caller: &Addr) -> Result<Route, ContractError> {
    let reason = "its sender is not the account in which ibc-hooks calls for a route's market";
    let stranger = || ContractError::NotASettlement { reason };
    let data = hooks::data_of(caller.as_str()).ok_or_else(stranger)?;
    let name = ROUTE_BY_CALLER.may_load(storage, data)?.ok_or_else(stranger)?;
    Ok(ROUTES.load(storage, &name)?)
}

/// Stores a new route, with all ways to find it.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn insert(storage: &mut dyn Storage, route: &Route) -> Result<(), ContractError> {
    ROUTE_BY_CHANNEL.save(storage, &route.channel, &route.name)?;
    ROUTE_BY_PEER.save(storage, (&route.connection, &route.control_port()), &route.name)?;
    if route.style.hooks_at_outpost() {
        ROUTE_BY_CALLER.save(storage, &route.caller(), &route.name)?;
    }
    ROUTES.save(storage, &route.name, route)?;
    Ok(())
}

/// Takes back what [`insert`] stored.
pub(crate) fn remove(storage: &mut dyn Storage, route: &Route) {
    ROUTE_BY_CHANNEL.remove(storage, &route.channel);
    ROUTE_BY_PEER.remove(storage, (&route.connection, &route.control_port()));
    ROUTE_BY_CALLER.remove(storage, &route.caller());
    ROUTES.remove(storage, &route.name);
}

/// The route of this name, if it is proved for the denom.
///
/// # Errors
/// [`ContractError::UnknownRoute`] or [`ContractError::UnprovedRoute`].
pub(crate) fn proved(
    storage: &dyn Storage,
    name: &str,
    denom: &str,
) -> Result<Route, ContractError> {
    let route = load(storage, name)?;
    if PROVED.has(storage, (name, denom)) {
        return Ok(route);
    }
    Err(ContractError::UnprovedRoute { route: name.into(), denom: denom.into() })
}
