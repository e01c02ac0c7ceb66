//! `probe_route`: nothing is bought on a route until a coin has gone to its market and come back.
//!
//! A success acknowledgement proves nothing: a chain without callbacks writes the same bytes. The
//! market's settlement proves callbacks at both ends, both identities, and the denom's way home. On a
//! plain route its word over the control channel proves all but the last.

use cosmwasm_std::{DepsMut, Empty, Env, Event, MessageInfo, Response, Storage};
use protocol::Action;
use protocol::money;

use crate::ledger::Purse;
use crate::money::Money;
use crate::msg::responses::FlightKind;
use crate::state::config::{self, owner_only};
use crate::state::flight::{self, Cargo};
use crate::state::route::{self, PROBES, PROVED, Probe};
use crate::transfer::{self, Refused};
use crate::{ContractError, event, ledger};

/// Sends the coin attached to the route's market and back.
///
/// # Errors
/// [`ContractError::Unauthorized`], [`ContractError::UnknownRoute`],
/// [`ContractError::NotOneCoin`], or a limit.
pub(crate) fn probe(
    deps: DepsMut<'_>,
    env: &Env,
    info: MessageInfo,
    name: &str,
    timeout_seconds: Option<u64>,
) -> Result<Response, ContractError> {
    owner_only(deps.storage, &info.sender)?;
    let money = Money::to_send(&info.funds)?;
    let route = route::load(deps.storage, name)?;
    // The packet's own number is the nonce: both are unique, and neither is a secret.
    let n = flight::next_n(deps.storage)?;
    let probe = Probe { prober: info.sender.clone(), denom: money.denom.clone() };
    PROBES.save(deps.storage, (&route.name, n), &probe)?;
    let cargo = Cargo {
        n,
        kind: FlightKind::Probe,
        seq: None,
        route: route.name.clone(),
        owner: info.sender.clone(),
        payee: info.sender,
        money,
        timeout_at: config::after(env, config::timeout_seconds(deps.storage, timeout_seconds)?),
        purse: Purse::Claimable,
        tip: None,
    };
    let refund_to = route.style.leaves_outpost_deaf().then(|| cargo.owner.to_string());
    let action = Action::Probe(money::Probe { nonce: n, refund_to });
    let packet = transfer::send(env, &route, cargo, action, Refused::Credit)?;
    Ok(Response::new()
        .add_attribute("action", "probe_route")
        .add_attribute("route", route.name)
        .add_submessage(packet))
}

/// Takes in over the control channel that a probe was accepted. On a plain route that is all the
/// outpost ever hears: the coin goes to the prober's own account, who sees that it arrives.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn accepted(storage: &mut dyn Storage, cargo: &Cargo) -> Result<(), ContractError> {
    let route = route::load(storage, &cargo.route)?;
    if cargo.kind == FlightKind::Probe && route.style.leaves_outpost_deaf() {
        PROBES.remove(storage, (&cargo.route, cargo.n));
        PROVED.save(storage, (&cargo.route, &cargo.money.denom), &Empty {})?;
    }
    Ok(())
}

/// Takes in a probe's coin: credits the prober, and opens (route, denom) for purchases if it is
/// the denom that was sent. None if no such probe is under way.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn come_home(
    storage: &mut dyn Storage,
    route: &str,
    nonce: u64,
    money: &Money,
) -> Result<Option<Vec<Event>>, ContractError> {
    let Some(Probe { prober, denom }) = PROBES.may_load(storage, (route, nonce))? else {
        return Ok(None);
    };
    PROBES.remove(storage, (route, nonce));
    ledger::credit(storage, &prober, &prober, money)?;
    if denom != money.denom {
        return Ok(Some(Vec::new()));
    }
    PROVED.save(storage, (route, &denom), &Empty {})?;
    Ok(Some(vec![event::proved(route, &denom)]))
}
