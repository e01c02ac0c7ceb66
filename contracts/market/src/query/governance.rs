//! Parameters, owner, routes and denoms.

use cosmwasm_std::{Binary, Order, Storage, to_json_binary};
use cw_storage_plus::Bound;
use protocol::{MESSAGE_VERSION, handshake};

use super::{Asked, MISPLACED, page};
use crate::error::ContractError;
use crate::migrations::{CONTRACT, VERSION};
use crate::msg::{
    AnnouncementInfo, AnnouncementsResponse, ConfigResponse, DenomInfo, DenomOnRoute,
    DenomsResponse, InfoResponse, OwnershipResponse, Params, QueryMsg, RouteInfo, RoutesResponse,
    StatsResponse,
};
use crate::state::announcement::{ANNOUNCEMENTS, Announcement};
use crate::state::config::{CONFIG, OWNERSHIP, PAUSED};
use crate::state::denom::{self, DenomId, LISTINGS};
use crate::state::deployment::LAST as LAST_DEPLOYMENT;
use crate::state::offer::LAST as LAST_OFFER;
use crate::state::principal;
use crate::state::route::{self, CONTROLS, LOCAL, ROUTES, RouteId};
use crate::state::tally::TALLY;

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, .. }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Config {} => to_json_binary(&config(store)?),
        QueryMsg::Ownership {} => to_json_binary(&ownership(store)?),
        QueryMsg::Routes { start_after, limit } => {
            to_json_binary(&routes(store, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Denoms { start_after, limit } => {
            to_json_binary(&denoms(store, start_after, page(limit))?)
        }
        QueryMsg::Announcements { start_after, limit } => {
            to_json_binary(&announcements(store, start_after, page(limit))?)
        }
        QueryMsg::Stats {} => to_json_binary(&stats(store)?),
        QueryMsg::Info {} => to_json_binary(&info()),
        _ => return Err(MISPLACED),
    }?)
}

fn config(store: &dyn Storage) -> Result<ConfigResponse, ContractError> {
    let config = CONFIG.load(store)?;
    let bond_denom = config.bond_denom.map(|id| denom::load(store, id)).transpose()?;
    Ok(ConfigResponse {
        params: Params {
            treasury: principal::address(store, config.treasury)?,
            pauser: config.pauser.map(Into::into),
            take_rate_bps: config.take_rate_bps,
            grace_seconds: config.grace_seconds,
            stake_denom: denom::load(store, config.stake_denom)?.name,
            min_stake: config.min_stake,
            unbonding_seconds: config.unbonding_seconds,
            bond_denom: bond_denom.map(|denom| denom.name),
            settle_timeout_seconds: config.settle_timeout_seconds,
            control_gas: config.control_gas,
        },
        min_timeout_seconds: config.min_timeout_seconds,
        paused: PAUSED.may_load(store)?.unwrap_or_default(),
    })
}

fn ownership(store: &dyn Storage) -> Result<OwnershipResponse, ContractError> {
    let ownership = OWNERSHIP.load(store)?;
    Ok(OwnershipResponse {
        owner: ownership.owner.map(Into::into),
        pending_owner: ownership.pending_owner.map(Into::into),
        pending_expiry: ownership.pending_expiry,
    })
}

fn routes(
    store: &dyn Storage,
    after: Option<&str>,
    limit: usize,
) -> Result<RoutesResponse, ContractError> {
    let after = after.map(|channel| route::load(store, channel)).transpose()?;
    let start = after.map(|(id, _)| Bound::exclusive(id));
    let routes = ROUTES.range(store, start, None, Order::Ascending).take(limit);
    let routes = routes.map(|entry| {
        let (id, route) = entry?;
        let control = CONTROLS.may_load(store, id)?;
        Ok(RouteInfo {
            channel: route.channel,
            counterparty_channel: route.counterparty_channel,
            connection: route.connection,
            outpost: route.outpost,
            enabled: route.enabled,
            style: route.style,
            close_armed: control.as_ref().is_some_and(|control| control.close_armed),
            control_channel: control.map(|control| control.channel),
            next_n: route::next_n(store, id)?,
        })
    });
    Ok(RoutesResponse { routes: routes.collect::<Result<_, ContractError>>()? })
}

fn denoms(
    store: &dyn Storage,
    after: Option<DenomOnRoute>,
    limit: usize,
) -> Result<DenomsResponse, ContractError> {
    let start = after.map(|after| place(store, after)).transpose()?.map(Bound::exclusive);
    let listings = LISTINGS.range(store, start, None, Order::Ascending).take(limit);
    let denoms = listings.map(|entry| {
        let ((id, route), min_deposit) = entry?;
        let denom = denom::load(store, id)?;
        let route = if route == LOCAL { None } else { Some(route::by_id(store, route)?.channel) };
        Ok(DenomInfo {
            denom: denom.name,
            route,
            min_deposit,
            min_bond: denom.min_bond,
            bond_factor: denom.bond_factor,
            listing_fee: denom.listing_fee,
        })
    });
    Ok(DenomsResponse { denoms: denoms.collect::<Result<_, ContractError>>()? })
}

/// What a caller names need not be accepted any more.
fn place(store: &dyn Storage, after: DenomOnRoute) -> Result<(DenomId, RouteId), ContractError> {
    let id = denom::find(store, &after.denom)?;
    let id = id.ok_or(ContractError::NotFound { what: "denom to go on after", id: after.denom })?;
    let route = match after.route {
        Some(channel) => route::load(store, &channel)?.0,
        None => LOCAL,
    };
    Ok((id, route))
}

fn announcements(
    store: &dyn Storage,
    after: Option<u64>,
    limit: usize,
) -> Result<AnnouncementsResponse, ContractError> {
    let start = after.map(Bound::exclusive);
    let stored = ANNOUNCEMENTS.range(store, start, None, Order::Ascending).take(limit);
    let announcements = stored.map(|entry| {
        let (announcement, stored) = entry?;
        let Announcement { action, announced_at, due_at } = stored;
        Ok(AnnouncementInfo { announcement, action, announced_at, due_at })
    });
    Ok(AnnouncementsResponse {
        announcements: announcements.collect::<Result<_, ContractError>>()?,
    })
}

fn stats(store: &dyn Storage) -> Result<StatsResponse, ContractError> {
    let tally = TALLY.may_load(store)?.unwrap_or_default();
    Ok(StatsResponse {
        providers: tally.providers,
        offers_posted: LAST_OFFER.may_load(store)?.unwrap_or_default(),
        deployments_opened: LAST_DEPLOYMENT.may_load(store)?.unwrap_or_default(),
        deployments: tally.deployments,
        orders: tally.orders,
        leases: tally.leases,
    })
}

fn info() -> InfoResponse {
    InfoResponse {
        contract: CONTRACT.into(),
        version: VERSION.into(),
        control_version: handshake::VERSION.into(),
        message_version: MESSAGE_VERSION,
    }
}
