//! Routes, their control channels, and the numbers of the money packets that came over them.

use cosmwasm_std::{Binary, Storage};
use protocol::json::Decode;
use protocol::{RouteStyle, hooks};
use serde::{Deserialize, Serialize};
use store::{Item, Map};

use super::principal::PrincipalId;
use crate::error::ContractError;

/// Number of a route.
pub(crate) type RouteId = u16;
/// The route of this chain's own tenants.
pub(crate) const LOCAL: RouteId = 0;

/// Transfer channel -> number. Written by `add_route`, never removed.
pub(crate) const IDS: Map<&str, RouteId> = Map::new("route_id");
/// Number -> route. Written by `add_route` and `update_route`, never removed.
pub(crate) const ROUTES: Map<RouteId, Route> = Map::new("route");
/// The last number given.
pub(crate) const LAST: Item<RouteId> = Item::new("route_last");
/// (connection, outpost) -> route. Written when a route gets its outpost, never removed: a control
/// channel must lead to one route.
pub(crate) const OUTPOSTS: Map<(&str, &str), RouteId> = Map::new("outpost");
/// What the address of the account says in which ibc-hooks calls for a route's outpost -> route.
/// Written when a route gets its outpost or its style, never removed.
pub(crate) const HOOKED: Map<&str, RouteId> = Map::new("route_hooked");
/// Route -> its open control channel. Written by the handshake, removed when the channel closes.
pub(crate) const CONTROLS: Map<RouteId, Control> = Map::new("control");
/// Control channel -> route. Lives and dies with its entry in [`CONTROLS`].
pub(crate) const CONTROL_ROUTES: Map<&str, RouteId> = Map::new("control_route");
/// Route -> number of the next transfer home.
const NEXT_N: Map<RouteId, u64> = Map::new("route_n");
/// (packet sender, n / 256) -> one bit for each accepted `n`. Written by money packets, never removed.
const ACCEPTED: Map<(PrincipalId, u64), Binary> = Map::new("accepted");

/// Numbers of one page.
const PAGE_BITS: u64 = 256;
/// Bytes of one page.
const PAGE_BYTES: usize = 32;

/// A transfer channel over which tenants buy.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Route {
    /// The channel on this chain.
    pub(crate) channel: String,
    /// The channel at the other end.
    pub(crate) counterparty_channel: String,
    /// The connection below.
    pub(crate) connection: String,
    /// The outpost at the other end.
    pub(crate) outpost: Option<String>,
    /// Whether it takes new deployments.
    pub(crate) enabled: bool,
    /// How the chains call back.
    pub(crate) style: RouteStyle,
    /// When that was last changed.
    #[serde(default)]
    pub(crate) style_changed_at: u64,
}

impl Route {
    /// Where money for a sender's account goes: where it said, else to the sender; or, if that is an
    /// outpost that learns of no transfer, to the account, which is an owner of its chain.
    ///
    /// # Errors
    /// [`ContractError::Unsupported`] for such an outpost: coins would lie there that it does not
    /// know of. [`ContractError::Unauthorized`] if somebody else names the outpost: what the market
    /// says with a coin is about its sender's orders, and the outpost would take it for its own.
    pub(crate) fn home(
        &self,
        sender: &str,
        account: &str,
        said: Option<String>,
    ) -> Result<String, ContractError> {
        let is_deaf = |to: &str| self.style.leaves_outpost_deaf() && self.is_outpost(to);
        let fallback = if is_deaf(sender) { account } else { sender };
        let to = said.unwrap_or_else(|| fallback.to_owned());
        if is_deaf(&to) {
            return Err(ContractError::Unsupported {
                what: "money for an outpost on a route of style `plain`",
            });
        }
        if self.is_outpost(&to) && !self.is_outpost(sender) {
            return Err(ContractError::Unauthorized {
                sender: sender.into(),
                expected: "the route's outpost, where the money would go",
            });
        }
        Ok(to)
    }

    /// Whether an address on the other chain is the route's outpost.
    pub(crate) fn is_outpost(&self, address: &str) -> bool {
        self.outpost.as_deref() == Some(address)
    }
}

/// An open control channel.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Control {
    /// The channel on this chain.
    pub(crate) channel: String,
    /// Whether it may be closed once.
    pub(crate) close_armed: bool,
}

/// The number of a route, if there is one on this channel.
pub(crate) fn find(storage: &dyn Storage, channel: &str) -> Result<Option<RouteId>, ContractError> {
    Ok(IDS.may_load(storage, channel)?)
}

/// The route on a channel.
pub(crate) fn load(
    storage: &dyn Storage,
    channel: &str,
) -> Result<(RouteId, Route), ContractError> {
    let id = find(storage, channel)?.ok_or_else(|| ContractError::WrongRoute {
        channel: channel.into(),
        problem: "belongs to no route",
    })?;
    Ok((id, by_id(storage, id)?))
}

/// The route behind a number.
pub(crate) fn by_id(storage: &dyn Storage, id: RouteId) -> Result<Route, ContractError> {
    ROUTES.may_load(storage, id)?.ok_or(ContractError::Missing { what: "a route" })
}

/// The route whose outpost ibc-hooks calls for in this account, and that outpost.
pub(crate) fn hooked(
    storage: &dyn Storage,
    caller: &str,
) -> Result<(RouteId, Route, String), ContractError> {
    let expected = "the account in which ibc-hooks calls for a route's outpost";
    let stranger = || ContractError::Unauthorized { sender: caller.into(), expected };
    let data = hooks::data_of(caller).ok_or_else(stranger)?;
    let id = HOOKED.may_load(storage, data)?.ok_or_else(stranger)?;
    let route = by_id(storage, id)?;
    let outpost = route.outpost.clone().filter(|_| route.style.hooks_at_market());
    let outpost = outpost.ok_or_else(stranger)?;
    Ok((id, route, outpost))
}

/// Lets [`hooked`] find a route by the account of its outpost.
pub(crate) fn expect_calls(
    storage: &mut dyn Storage,
    id: RouteId,
    route: &Route,
) -> Result<(), ContractError> {
    let Some(outpost) = &route.outpost else { return Ok(()) };
    let data = hooks::data_of_intermediary(&route.channel, outpost);
    Ok(HOOKED.save(storage, &data, &id)?)
}

/// Stores a new route.
pub(crate) fn insert(storage: &mut dyn Storage, route: &Route) -> Result<RouteId, ContractError> {
    let id = LAST.may_load(storage)?.unwrap_or(LOCAL).checked_add(1);
    let id = id.ok_or(ContractError::Overflow { what: "the number of routes" })?;
    LAST.save(storage, &id)?;
    IDS.save(storage, &route.channel, &id)?;
    ROUTES.save(storage, id, route)?;
    Ok(id)
}

/// The number that the next transfer home will have.
pub(crate) fn next_n(storage: &dyn Storage, route: RouteId) -> Result<u64, ContractError> {
    Ok(NEXT_N.may_load(storage, route)?.unwrap_or_default())
}

/// Takes the number of a transfer home.
pub(crate) fn take_n(storage: &mut dyn Storage, route: RouteId) -> Result<u64, ContractError> {
    let n = next_n(storage, route)?;
    let next =
        n.checked_add(1).ok_or(ContractError::Overflow { what: "the number of transfers" })?;
    NEXT_N.save(storage, route, &next)?;
    Ok(n)
}

/// Whether the sender's money packet `n` was accepted.
pub(crate) fn is_accepted(
    storage: &dyn Storage,
    sender: PrincipalId,
    n: u64,
) -> Result<bool, ContractError> {
    let (page, byte, bit) = place(n);
    let page = ACCEPTED.may_load(storage, (sender, page))?.unwrap_or_default();
    Ok(page.get(byte).is_some_and(|bits| bits & bit != 0))
}

/// Marks the sender's money packet `n` as accepted; refuses one that was before.
pub(crate) fn accept(
    storage: &mut dyn Storage,
    sender: PrincipalId,
    n: u64,
) -> Result<(), ContractError> {
    let (number, byte, bit) = place(n);
    let page = ACCEPTED.may_load(storage, (sender, number))?;
    let mut page = page.map_or_else(|| vec![0; PAGE_BYTES], Binary::into);
    let bits = page.get_mut(byte).ok_or(ContractError::Missing { what: "a page of numbers" })?;
    if *bits & bit != 0 {
        return Err(ContractError::UsedNumber { n });
    }
    *bits |= bit;
    ACCEPTED.save(storage, (sender, number), &page.into())?;
    Ok(())
}

/// Page, byte in the page and bit in the byte of a number.
fn place(n: u64) -> (u64, usize, u8) {
    let page = n.div_euclid(PAGE_BITS);
    let in_page = n.rem_euclid(PAGE_BITS);
    let byte = usize::try_from(in_page.div_euclid(8)).unwrap_or(PAGE_BYTES);
    (page, byte, 0b1000_0000_u8.rotate_left(u32::try_from(in_page.rem_euclid(8)).unwrap_or(0)))
}
