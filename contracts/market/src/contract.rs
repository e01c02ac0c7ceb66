//! Entry points for messages of this chain. What a message does stands in the module of its name.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};

use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::no_coin;
use crate::msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use crate::token::no_posing;
use crate::{denom, dispatch, ibc, migrations, ownership, params, query, reply};

/// Sets the market up.
///
/// # Errors
/// [`ContractError`] for parameters or denoms out of bounds.
pub fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_coin(&info.funds)?;
    let mut ctx = Context::called_by(deps, env, info.sender);
    migrations::stamp(ctx.storage())?;
    let owner = msg.owner.unwrap_or_else(|| ctx.caller().to_owned());
    ownership::begin(&mut ctx, &owner)?;
    let min_timeout = msg.min_timeout_seconds.unwrap_or(params::MIN_TIMEOUT_DEFAULT);
    params::set(&mut ctx, &msg.params, min_timeout)?;
    msg.denoms.iter().try_for_each(|new| denom::add(&mut ctx, new))?;
    Ok(ctx.into_response())
}

/// Takes a message.
///
/// # Errors
/// [`ContractError`]; nothing is changed then, and coins are back with the sender.
pub fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    no_posing(&info.funds)?;
    if let ExecuteMsg::Entrepot(message) = msg {
        return ibc::hooked(deps, env, &info, *message);
    }
    let mut ctx = Context::called_by(deps, env, info.sender);
    dispatch::dispatch(&mut ctx, msg, &info.funds)?;
    Ok(ctx.into_response())
}

/// Answers a question.
///
/// # Errors
/// [`ContractError`] for what does not exist.
pub fn query(deps: Deps<'_>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Takes the reply to a submessage of ours.
///
/// # Errors
/// [`ContractError::UnknownReply`] for a reply that nothing asked for.
pub fn reply(deps: DepsMut<'_>, env: Env, msg: Reply) -> Result<Response, ContractError> {
    let mut ctx = Context::of_chain(deps, env);
    reply::on_reply(&mut ctx, msg)?;
    Ok(ctx.into_response())
}

/// Upgrades what is stored to this version.
///
/// # Errors
/// [`ContractError::WrongVersion`] unless it is this contract's, of this version or an older one.
pub fn migrate(deps: DepsMut<'_>, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrations::migrate(deps.storage)?;
    Ok(Response::new())
}
