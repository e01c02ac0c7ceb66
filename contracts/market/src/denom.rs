//! Which denoms are accepted, and where.

use cosmwasm_std::{Decimal, Event, to_json_string};
use protocol::limits;

use crate::context::Context;
use crate::deployment::open::Listing;
use crate::error::ContractError;
use crate::msg::NewDenom;
use crate::state::denom::{self as state, DENOMS, LISTINGS};
use crate::state::route::{self, LOCAL, RouteId};

/// Accepts a denom on a route, or changes its terms.
pub(crate) fn add(ctx: &mut Context<'_>, new: &NewDenom) -> Result<(), ContractError> {
    check_name(ctx, "denom", &new.denom)?;
    if new.route.is_some() && state::token(&new.denom).is_some() {
        let what = "a token for tenants of other chains";
        return Err(ContractError::Unsupported { what });
    }
    limits::range("min_deposit", new.min_deposit, 1_u64, limits::AMOUNT)?;
    limits::range("min_bond", new.min_bond, 0_u64, limits::AMOUNT)?;
    limits::range("listing_fee", new.listing_fee, 0_u64, limits::AMOUNT)?;
    if let Some(factor) = new.bond_factor {
        // Keeps the largest bond, 2^90 units, within 128 bit.
        let max = Decimal::from_ratio(1_000_000_000_u64, 1_u64);
        let (got, max) = (factor.atomics().u128(), max.atomics().u128());
        limits::range("bond_factor, in units of 10^-18,", got, 1_u64, max)?;
    }
    let route = route_number(ctx, new.route.as_deref())?;
    let id = state::intern(ctx.storage(), &new.denom)?;
    let mut denom = state::load(ctx.state(), id)?;
    denom.min_bond = new.min_bond;
    denom.bond_factor = new.bond_factor;
    denom.listing_fee = new.listing_fee;
    DENOMS.save(ctx.storage(), id, &denom)?;
    LISTINGS.save(ctx.storage(), (id, route), &new.min_deposit)?;
    let event = of_denom("denom_added", &new.denom, new.route.as_deref());
    ctx.emit(event.add_attribute("terms", to_json_string(new)?));
    Ok(())
}

/// Checks the name of a denom that is about to get a number.
pub(crate) fn check_name(
    ctx: &Context<'_>,
    field: &'static str,
    name: &str,
) -> Result<(), ContractError> {
    limits::text(field, name, limits::DENOM_BYTES)?;
    match state::token(name) {
        Some(contract) => ctx.checked(contract).map(|_| ()),
        None => Ok(()),
    }
}

/// Accepts a denom no more for new deployments.
pub(crate) fn remove(
    ctx: &mut Context<'_>,
    denom: &str,
    channel: Option<&str>,
) -> Result<(), ContractError> {
    let route = route_number(ctx, channel)?;
    let listing = listing(ctx, denom, (route, channel.unwrap_or("this chain")))?;
    LISTINGS.remove(ctx.storage(), (listing.denom, route));
    ctx.emit(of_denom("denom_removed", denom, channel));
    Ok(())
}

/// What is accepted of a denom on a route.
pub(crate) fn listing(
    ctx: &Context<'_>,
    denom: &str,
    (route, on): (RouteId, &str),
) -> Result<Listing, ContractError> {
    let id = state::find(ctx.state(), denom)?;
    let listed = match id {
        Some(id) => LISTINGS
            .may_load(ctx.state(), (id, route))?
            .map(|min_deposit| Listing { denom: id, min_deposit }),
        None => None,
    };
    listed.ok_or_else(|| ContractError::UnknownDenom { denom: denom.into(), on: on.into() })
}

fn route_number(ctx: &Context<'_>, channel: Option<&str>) -> Result<RouteId, ContractError> {
    channel.map_or(Ok(LOCAL), |channel| Ok(route::load(ctx.state(), channel)?.0))
}

fn of_denom(kind: &str, denom: &str, channel: Option<&str>) -> Event {
    Event::new(kind)
        .add_attribute("denom", denom)
        .add_attribute("route", channel.unwrap_or("local"))
}
