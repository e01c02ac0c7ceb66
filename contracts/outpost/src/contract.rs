//! Entry points: one arm per message, each in the file of its name.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use protocol::control::Command;

use crate::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use crate::{
    ContractError, admin, buy, claim, command, control, ownership, probe, query, reconcile, route,
    top_up, transfer, unsent,
};

/// Name of the contract as `info` tells it.
pub const CONTRACT_NAME: &str = "crates.io:entrepot-outpost";
/// Version of the contract.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sets the outpost up.
///
/// # Errors
/// [`ContractError`] for a bad owner or limit.
pub fn instantiate(
    deps: DepsMut<'_>,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    admin::instantiate(deps, &info, msg)
}

/// Does what is asked.
///
/// # Errors
/// [`ContractError`]; nothing was changed then.
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    match msg {
        ExecuteMsg::Buy(purchase) => buy::buy(deps, &env, info, *purchase),
        ExecuteMsg::TopUp { seq } => top_up::top_up(deps, &env, &info, seq),
        ExecuteMsg::AcceptBid { seq, group, provider, bid_no, max_rate } => {
            let accept = Command::AcceptBid { group, provider, bid_no, max_rate };
            command::accept_bid(deps, &env, &info, seq, accept)
        }
        ExecuteMsg::Close { seq } => command::close(deps, &env, &info, seq),
        ExecuteMsg::Status { seq } => command::status(deps, &env, &info, seq),
        ExecuteMsg::Claim { owner, denom } => claim::claim(deps, &info, &owner, denom),
        ExecuteMsg::ClaimTo { denom, to } => claim::claim_to(deps, &info, denom, &to),
        ExecuteMsg::Reconcile { n } => reconcile::reconcile(deps, &env, &info, n),
        ExecuteMsg::Send { seq } => unsent::send(deps, &env, &info, seq),
        ExecuteMsg::Cancel { seq } => unsent::cancel(deps, &env, &info, seq),
        ExecuteMsg::AddRoute { name, channel, market, style } => {
            route::add(deps, &info, (name, channel, market), style)
        }
        ExecuteMsg::ProbeRoute { route, timeout_seconds } => {
            probe::probe(deps, &env, info, &route, timeout_seconds)
        }
        ExecuteMsg::ArmControl { route } => route::arm_control(deps, &info, &route),
        ExecuteMsg::UpdateConfig(changes) => admin::update_config(deps, &info, changes),
        ExecuteMsg::UpdateOwnership(action) => ownership::update(deps, &env, &info, action),
        ExecuteMsg::Pause {} => admin::pause(deps, &info),
        ExecuteMsg::Unpause {} => admin::unpause(deps, &info),
    }
}

/// Takes in how a submessage ended.
///
/// # Errors
/// [`ContractError`]; the message that sent it fails then.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut<'_>, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        transfer::REPLY => transfer::on_reply(deps, reply),
        control::REPLY => control::on_reply(deps, reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Answers a question.
///
/// # Errors
/// [`ContractError`] if there is no such thing.
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Takes over the state of an older version.
///
/// # Errors
/// [`ContractError::Std`] if the state is another contract's or a newer version's.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut<'_>, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    cw2::ensure_from_older_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new().add_attribute("action", "migrate"))
}
