//! Queries. Every list is a page.

use cosmwasm_std::{
    Addr, Binary, Coin, Deps, Env, Order as Direction, StdResult, Uint128, to_json_binary,
};
use cw_storage_plus::Bound;
use store::Version;

use crate::buy::checked_address;
use crate::ledger::{self, BUDGETS, CLAIMABLE, Purse, TRACKED, UNCLAIMED, UNRESOLVED};
use crate::money::Money;
use crate::msg::QueryMsg;
use crate::msg::responses::{
    AllowanceLeft, AllowanceResponse, AllowancesResponse, AutoTopUpResponse, BudgetResponse,
    ClaimableResponse, Credit, FlightKind, FlightResponse, InFlightResponse, InfoResponse,
    OrderResponse, OrdersResponse, RouteResponse, RoutesResponse, SolvencyResponse,
    UnclaimedResponse,
};
use crate::state::allowance::{ALLOWANCES, Allowance};
use crate::state::auto_top_up::AUTO_TOP_UPS;
use crate::state::config::{CONFIG, OWNERSHIP};
use crate::state::flight::{FLIGHTS, Flight};
use crate::state::order::{self, BY_OWNER, ORDERS, Order, UNSENT};
use crate::state::route::{ARMED, CONTROL, PROVED, ROUTES, Route};
use crate::{ContractError, quote};

/// Entries of a page unless another number is asked for.
const PAGE: u32 = 30;
/// Entries of a page, at most.
const PAGE_MAX: u32 = 100;

/// Answers a question.
///
/// # Errors
/// [`ContractError`] if there is no such thing.
pub(crate) fn answer(deps: Deps<'_>, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&CONFIG.load(deps.storage)?),
        QueryMsg::Ownership {} => to_json_binary(&OWNERSHIP.load(deps.storage)?),
        QueryMsg::Routes { start_after, limit } => {
            to_json_binary(&routes(deps, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Order { seq } => {
            to_json_binary(&describe(deps, order::load(deps.storage, seq)?)?)
        }
        QueryMsg::Orders { owner, start_after, limit } => {
            to_json_binary(&orders(deps, &owner, start_after, page(limit))?)
        }
        QueryMsg::Claimable { owner, start_after, limit } => {
            to_json_binary(&claimable(deps, &owner, start_after, page(limit))?)
        }
        QueryMsg::Unclaimed { account, start_after, limit } => {
            to_json_binary(&unclaimed(deps, &account, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Budget { owner, start_after, limit } => {
            to_json_binary(&budget(deps, &owner, start_after.as_deref(), page(limit))?)
        }
        QueryMsg::Allowance { owner, delegate } => {
            to_json_binary(&allowance(deps, env, &owner, &delegate)?)
        }
        QueryMsg::Allowances { owner, start_after, limit } => {
            to_json_binary(&allowances(deps, env, &owner, (start_after, page(limit)))?)
        }
        QueryMsg::AutoTopUp { seq } => to_json_binary(&auto_top_up(deps, env, seq)?),
        QueryMsg::InFlight { start_after, limit } => {
            to_json_binary(&in_flight(deps, start_after, page(limit))?)
        }
        QueryMsg::Solvency { denom } => to_json_binary(&solvency(deps, env, &denom)?),
        QueryMsg::Quote { buy, denom, seconds } => {
            to_json_binary(&quote::quote(deps, env, *buy, denom, seconds)?)
        }
        QueryMsg::Info {} => {
            let Version { contract, version } = Version::load(deps.storage)?;
            to_json_binary(&InfoResponse { info: cw2::ContractVersion { contract, version } })
        }
    };
    Ok(answer?)
}

fn page(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(PAGE).min(PAGE_MAX)).unwrap_or_default()
}

fn routes(
    deps: Deps<'_>,
    start_after: Option<&str>,
    limit: usize,
) -> Result<RoutesResponse, ContractError> {
    let routes = ROUTES
        .range(deps.storage, start_after.map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|entry| describe_route(deps, entry?.1))
        .collect::<StdResult<_>>()?;
    Ok(RoutesResponse { routes })
}

fn describe_route(deps: Deps<'_>, route: Route) -> StdResult<RouteResponse> {
    let proved = PROVED
        .prefix(&route.name)
        .keys(deps.storage, None, None, Direction::Ascending)
        .take(page(Some(PAGE_MAX)))
        .collect::<StdResult<_>>()?;
    Ok(RouteResponse {
        control_port: route.control_port(),
        control_channel: CONTROL.may_load(deps.storage, &route.name)?,
        control_armed: ARMED.has(deps.storage, &route.name),
        name: route.name,
        channel: route.channel,
        connection: route.connection,
        market: route.market,
        style: route.style,
        proved,
    })
}

/// An order as `order` and the owner's hook show it.
///
/// # Errors
/// Only if storage cannot be read.
pub(crate) fn describe(deps: Deps<'_>, order: Order) -> StdResult<OrderResponse> {
    let unsent = UNSENT.may_load(deps.storage, order.seq)?;
    Ok(OrderResponse {
        seq: order.seq,
        owner: order.owner,
        account: order.account,
        route: order.route,
        n: order.n,
        coin: order.money.into(),
        refund_to: order.refund_to,
        operators: order.operators,
        from_budget: order.purse == Purse::Budget,
        new_owner: order.new_owner,
        state: order.state,
        send_by: unsent.map(|unsent| unsent.send_by),
        status: order.status,
        refusal: order.refusal,
    })
}

fn orders(
    deps: Deps<'_>,
    owner: &str,
    start_after: Option<u64>,
    limit: usize,
) -> Result<OrdersResponse, ContractError> {
    let owner = checked_address(deps.api, "owner", owner)?;
    let orders = BY_OWNER
        .prefix(&owner)
        .keys(deps.storage, start_after.map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|seq| Ok(describe(deps, order::load(deps.storage, seq?)?)?))
        .collect::<Result<_, ContractError>>()?;
    Ok(OrdersResponse { orders })
}

fn claimable(
    deps: Deps<'_>,
    owner: &str,
    start_after: Option<(String, String)>,
    limit: usize,
) -> Result<ClaimableResponse, ContractError> {
    let owner = checked_address(deps.api, "owner", owner)?;
    let start = match &start_after {
        Some((denom, payee)) => {
            Some((denom.as_str(), checked_address(deps.api, "start_after", payee)?))
        }
        None => None,
    };
    let claimable = CLAIMABLE
        .sub_prefix(&owner)
        .range(
            deps.storage,
            start.as_ref().map(|(denom, payee)| Bound::exclusive((*denom, payee))),
            None,
            Direction::Ascending,
        )
        .take(limit)
        .map(|credit| {
            let ((denom, payee), amount) = credit?;
            Ok(Credit { denom, payee, amount })
        })
        .collect::<StdResult<_>>()?;
    Ok(ClaimableResponse { claimable })
}

fn unclaimed(
    deps: Deps<'_>,
    account: &str,
    start_after: Option<&str>,
    limit: usize,
) -> Result<UnclaimedResponse, ContractError> {
    let coins = UNCLAIMED
        .prefix(account)
        .range(deps.storage, start_after.map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|credit| {
            let (denom, amount) = credit?;
            Ok(Coin::from(Money { denom, amount }))
        })
        .collect::<StdResult<_>>()?;
    Ok(UnclaimedResponse { coins })
}

fn budget(
    deps: Deps<'_>,
    owner: &str,
    start_after: Option<&str>,
    limit: usize,
) -> Result<BudgetResponse, ContractError> {
    let owner = checked_address(deps.api, "owner", owner)?;
    let coins = BUDGETS
        .prefix(&owner)
        .range(deps.storage, start_after.map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|held| {
            let (denom, amount) = held?;
            Ok(Coin::from(Money { denom, amount }))
        })
        .collect::<StdResult<_>>()?;
    Ok(BudgetResponse { coins })
}

fn allowance(
    deps: Deps<'_>,
    env: &Env,
    owner: &str,
    delegate: &str,
) -> Result<AllowanceResponse, ContractError> {
    let owner = checked_address(deps.api, "owner", owner)?;
    let delegate = checked_address(deps.api, "delegate", delegate)?;
    let nothing = Allowance { expires: None, limits: Vec::new() };
    let allowance = ALLOWANCES.may_load(deps.storage, (&owner, &delegate))?.unwrap_or(nothing);
    Ok(describe_allowance(env, delegate, allowance))
}

fn allowances(
    deps: Deps<'_>,
    env: &Env,
    owner: &str,
    (start_after, limit): (Option<String>, usize),
) -> Result<AllowancesResponse, ContractError> {
    let owner = checked_address(deps.api, "owner", owner)?;
    let start = start_after.map(|delegate| checked_address(deps.api, "start_after", &delegate));
    let start = start.transpose()?;
    let allowances = ALLOWANCES
        .prefix(&owner)
        .range(deps.storage, start.as_ref().map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|entry| {
            let (delegate, allowance) = entry?;
            Ok(describe_allowance(env, delegate, allowance))
        })
        .collect::<StdResult<_>>()?;
    Ok(AllowancesResponse { allowances })
}

fn describe_allowance(env: &Env, delegate: Addr, allowance: Allowance) -> AllowanceResponse {
    let expired = allowance.expires.is_some_and(|at| at.is_expired(&env.block));
    let now = env.block.time.seconds();
    let limits = allowance.limits.into_iter().map(|limited| AllowanceLeft {
        left: if expired { Uint128::zero() } else { limited.left(now) },
        spent: limited.spent,
        limit: limited.limit,
    });
    AllowanceResponse { delegate, expires: allowance.expires, limits: limits.collect() }
}

fn auto_top_up(deps: Deps<'_>, env: &Env, seq: u64) -> Result<AutoTopUpResponse, ContractError> {
    let order = order::load(deps.storage, seq)?;
    let auto =
        AUTO_TOP_UPS.may_load(deps.storage, seq)?.ok_or(ContractError::NoAutoTopUp { seq })?;
    let now = env.block.time.seconds();
    Ok(AutoTopUpResponse {
        left: auto.left(now),
        due: auto.due(&order, now),
        target_runway_seconds: auto.target_runway_seconds,
        max_per_period: auto.max_per_period,
        period_seconds: auto.period_seconds,
        tip: auto.tip,
        in_flight: auto.in_flight,
    })
}

fn in_flight(
    deps: Deps<'_>,
    start_after: Option<u64>,
    limit: usize,
) -> Result<InFlightResponse, ContractError> {
    let packets = FLIGHTS
        .range(deps.storage, start_after.map(Bound::exclusive), None, Direction::Ascending)
        .take(limit)
        .map(|entry| describe_flight(deps, entry?.1))
        .collect::<StdResult<_>>()?;
    Ok(InFlightResponse { packets })
}

fn describe_flight(deps: Deps<'_>, flight: Flight) -> StdResult<FlightResponse> {
    let mut cargo = flight.cargo;
    if let (FlightKind::Open, Some(seq)) = (cargo.kind, cargo.seq) {
        // It may have changed hands since.
        let order = ORDERS.load(deps.storage, seq)?;
        (cargo.owner, cargo.payee) = (order.owner, order.refund_to);
    }
    Ok(FlightResponse {
        n: cargo.n,
        kind: cargo.kind,
        seq: cargo.seq,
        route: cargo.route,
        channel: flight.channel,
        sequence: flight.sequence,
        coin: cargo.money.into(),
        owner: cargo.owner,
        payee: cargo.payee,
        timeout_at: cargo.timeout_at,
        tip: cargo.tip.map_or(Uint128::zero(), |tip| tip.amount),
        announced_at: flight.announced_at,
        state: flight.state,
    })
}

fn solvency(deps: Deps<'_>, env: &Env, denom: &str) -> Result<SolvencyResponse, ContractError> {
    let bank = ledger::bank(deps, &env.contract.address, denom)?;
    let tracked = TRACKED.may_load(deps.storage, denom)?.unwrap_or_default();
    let unresolved = UNRESOLVED.may_load(deps.storage, denom)?.unwrap_or_default();
    Ok(SolvencyResponse { bank, tracked, unresolved, solvent: bank >= tracked })
}
