//! Claimables, transfers home, numbers of money packets, solvency.

use cosmwasm_std::{Binary, Deps, Env, Order, Storage, to_json_binary};
use cw_storage_plus::Bound;
use escrow::Seconds;
use protocol::Tenant;

use super::{Asked, MISPLACED, page};
use crate::claim::{self, LOCAL_AFTER};
use crate::error::ContractError;
use crate::ledger::{self, CLAIMABLE};
use crate::msg::{
    AcceptedResponse, ClaimableResponse, ClaimablesResponse, DenomClaimable, InFlightInfo,
    InFlightResponse, Money, QueryMsg, SolvencyResponse,
};
use crate::state::denom::{self, DenomId};
use crate::state::principal::{self, PrincipalId};
use crate::state::route;
use crate::state::route::LOCAL;
use crate::state::settlement::{HOMES, IN_FLIGHT, RETRIES};

#[expect(clippy::wildcard_enum_match_arm, reason = "`subject_of` names every question")]
pub(super) fn answer(
    Asked { deps, env, now }: Asked<'_>,
    msg: QueryMsg,
) -> Result<Binary, ContractError> {
    let store = deps.storage;
    Ok(match msg {
        QueryMsg::Claimable { claimant, denom } => {
            to_json_binary(&claimable(store, &claimant, &denom)?)
        }
        QueryMsg::Claimables { claimant, start_after, limit } => {
            to_json_binary(&claimables(store, &claimant, start_after, page(limit))?)
        }
        QueryMsg::InFlight { route, start_after, limit } => {
            to_json_binary(&in_flight(store, (&route, start_after), page(limit))?)
        }
        QueryMsg::Accepted { route, sender, n } => {
            to_json_binary(&accepted(store, (&route, &sender, n), now)?)
        }
        QueryMsg::Solvency { denom } => to_json_binary(&solvency(deps, env, &denom)?),
        _ => return Err(MISPLACED),
    }?)
}

fn claimable(
    store: &dyn Storage,
    claimant: &Tenant,
    denom: &str,
) -> Result<ClaimableResponse, ContractError> {
    match principal::find(store, claimant)?.zip(denom::find(store, denom)?) {
        Some(key) => told(store, claimant, key),
        None => Ok(ClaimableResponse::default()),
    }
}

fn claimables(
    store: &dyn Storage,
    claimant: &Tenant,
    after: Option<String>,
    limit: usize,
) -> Result<ClaimablesResponse, ContractError> {
    let start = after.map(|name| {
        let id = denom::find(store, &name)?;
        id.ok_or(ContractError::NotFound { what: "denom to go on after", id: name })
    });
    let start = start.transpose()?.map(Bound::exclusive);
    let owner = principal::find(store, claimant)?.unwrap_or(principal::NOBODY);
    let denoms = CLAIMABLE.prefix(owner).keys(store, start, None, Order::Ascending);
    let claimables = denoms.take(limit).map(|denom| {
        let key = (owner, denom?);
        let claimable = told(store, claimant, key)?;
        Ok(DenomClaimable { denom: denom::load(store, key.1)?.name, claimable })
    });
    Ok(ClaimablesResponse { claimables: claimables.collect::<Result<_, ContractError>>()? })
}

fn told(
    store: &dyn Storage,
    claimant: &Tenant,
    key: (PrincipalId, DenomId),
) -> Result<ClaimableResponse, ContractError> {
    let route = match claimant {
        Tenant::Local { .. } => LOCAL,
        Tenant::Remote { route, .. } => route::find(store, route)?.unwrap_or(LOCAL),
    };
    let retry = RETRIES.may_load(store, key)?;
    let home = HOMES.may_load(store, key.0)?.unwrap_or_default();
    let first_failed_at = retry.as_ref().map(|retry| Seconds::new(retry.first_failed_at));
    Ok(ClaimableResponse {
        amount: ledger::claimable(store, key.0, key.1)?,
        attempts: retry.as_ref().map_or(0, |retry| retry.attempts),
        retry_at: claim::retry_at(store, key, route)?,
        local_at: home
            .local_refund
            .and(first_failed_at)
            .map(|failed_at| failed_at.after(LOCAL_AFTER).get()),
    })
}

fn in_flight(
    store: &dyn Storage,
    (channel, after): (&str, Option<u64>),
    limit: usize,
) -> Result<InFlightResponse, ContractError> {
    let (route, _) = route::load(store, channel)?;
    let start = after.map(Bound::exclusive);
    let entries = IN_FLIGHT.prefix(route).range(store, start, None, Order::Ascending).take(limit);
    let settlements = entries.map(|entry| {
        let (sequence, in_flight) = entry?;
        let denom = denom::load(store, in_flight.denom)?.name;
        Ok(InFlightInfo {
            sequence,
            n: in_flight.n,
            money: Money { denom, amount: in_flight.amount },
            timeout_at: in_flight.timeout_at,
        })
    });
    Ok(InFlightResponse { settlements: settlements.collect::<Result<_, ContractError>>()? })
}

fn accepted(
    store: &dyn Storage,
    (channel, sender, n): (&str, &str, u64),
    now: Seconds,
) -> Result<AcceptedResponse, ContractError> {
    let sender = principal::find(store, &principal::sender(channel, sender))?;
    let accepted = match sender {
        Some(sender) => route::is_accepted(store, sender, n)?,
        None => false,
    };
    Ok(AcceptedResponse { accepted, at: now.get() })
}

fn solvency(deps: Deps<'_>, env: &Env, name: &str) -> Result<SolvencyResponse, ContractError> {
    let bank = ledger::bank(deps, env, name)?;
    let (liabilities, in_flight) = match denom::find(deps.storage, name)? {
        Some(id) => (ledger::owed(deps.storage, id)?, ledger::unresolved(deps.storage, id)?),
        None => Default::default(),
    };
    Ok(SolvencyResponse { bank, liabilities, in_flight, solvent: bank >= liabilities })
}
