//! What the chain calls with messages. They are decoded with little code: see [`protocol::json`].

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, entry_point};
use protocol::json::Small;

use crate::ContractError;
use crate::contract;
use crate::msg::{ExecuteMsg, InstantiateMsg, QueryMsg};

#[entry_point]
fn instantiate(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    Small(msg): Small<InstantiateMsg>,
) -> Result<Response, ContractError> {
    contract::instantiate(deps, env, info, msg)
}

#[entry_point]
fn execute(
    deps: DepsMut<'_>,
    env: Env,
    info: MessageInfo,
    Small(msg): Small<ExecuteMsg>,
) -> Result<Response, ContractError> {
    contract::execute(deps, env, info, msg)
}

#[entry_point]
fn query(deps: Deps<'_>, env: Env, Small(msg): Small<QueryMsg>) -> Result<Binary, ContractError> {
    contract::query(deps, env, msg)
}
