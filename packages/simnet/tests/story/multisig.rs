//! A multisig in the manner of cw3: members propose messages and approve them.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Binary, CosmosMsg, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult,
    from_json, to_json_vec,
};
use cw_multi_test::{Contract, ContractWrapper};

#[cw_serde]
pub(crate) struct Instantiate {
    pub(crate) members: Vec<String>,
    pub(crate) threshold: usize,
}

#[cw_serde]
pub(crate) enum Execute {
    Propose {
        msgs: Vec<CosmosMsg>,
    },
    Approve {},
    /// Runs the proposal, once it has passed.
    Carry {},
}

#[cw_serde]
struct Proposal {
    msgs: Vec<CosmosMsg>,
    approvals: Vec<String>,
}

pub(crate) fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

fn instantiate(deps: DepsMut<'_>, _: Env, _: MessageInfo, msg: Instantiate) -> StdResult<Response> {
    deps.storage.set(b"config", &to_json_vec(&msg)?);
    Ok(Response::new())
}

fn execute(deps: DepsMut<'_>, _: Env, info: MessageInfo, msg: Execute) -> StdResult<Response> {
    let config: Instantiate = from_json(deps.storage.get(b"config").unwrap_or_default())?;
    let member = info.sender.to_string();
    if !config.members.contains(&member) {
        return Err(StdError::msg("not a member"));
    }
    let load = || from_json::<Proposal>(deps.storage.get(b"proposal").unwrap_or_default());
    let proposal = match msg {
        Execute::Propose { msgs } => Proposal { msgs, approvals: vec![member] },
        Execute::Approve {} => {
            let mut proposal = load()?;
            proposal.approvals.push(member);
            proposal
        }
        Execute::Carry {} => {
            let proposal = load()?;
            if proposal.approvals.len() < config.threshold {
                return Err(StdError::msg("not passed"));
            }
            deps.storage.remove(b"proposal");
            return Ok(Response::new().add_messages(proposal.msgs));
        }
    };
    deps.storage.set(b"proposal", &to_json_vec(&proposal)?);
    Ok(Response::new())
}

fn query(_: Deps<'_>, _: Env, _: Empty) -> StdResult<Binary> {
    Err(StdError::msg("nothing to ask"))
}
