//! The DAO: a multisig that speaks the messages of cw3-fixed-multisig 2.0.
//!
//! On real nodes it is that contract. The simulated chains run contracts natively, for which its
//! crate is too old; there a small one takes its place that understands the same messages.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Binary, CosmosMsg, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult,
    Storage, from_json, to_json_vec,
};
use cw_multi_test::{Contract, ContractWrapper};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How many of the members must agree.
const WEIGHT: u64 = 2;

/// The message that sets up a multisig of these members.
pub(super) fn instantiate(members: &[String]) -> Value {
    let voters: Vec<_> = members.iter().map(|addr| json!({ "addr": addr, "weight": 1 })).collect();
    json!({
        "voters": voters,
        "threshold": { "absolute_count": { "weight": WEIGHT } },
        "max_voting_period": { "time": 3_600 },
    })
}

/// A member proposes, and thereby agrees.
pub(super) fn propose(title: &str, msg: &CosmosMsg) -> Value {
    json!({ "propose": { "title": title, "description": title, "msgs": [msg] } })
}

/// A member agrees.
pub(super) fn vote(proposal: u64) -> Value {
    json!({ "vote": { "proposal_id": proposal, "vote": "yes" } })
}

/// A passed proposal is executed.
pub(super) fn execute(proposal: u64) -> Value {
    json!({ "execute": { "proposal_id": proposal } })
}

/// How the DAO decided, in a sentence.
pub(super) fn decided(proposal: u64) -> String {
    format!("Two of three members passed proposal {proposal}, and it was executed.")
}

#[cw_serde]
struct Setup {
    voters: Vec<Voter>,
    threshold: Threshold,
    max_voting_period: Period,
}

#[cw_serde]
struct Voter {
    addr: String,
    weight: u64,
}

#[cw_serde]
enum Threshold {
    AbsoluteCount { weight: u64 },
}

#[cw_serde]
enum Period {
    Time(u64),
}

#[cw_serde]
enum Message {
    Propose { title: String, description: String, msgs: Vec<CosmosMsg> },
    Vote { proposal_id: u64, vote: Vote },
    Execute { proposal_id: u64 },
}

#[cw_serde]
enum Vote {
    Yes,
}

#[cw_serde]
struct Proposal {
    msgs: Vec<CosmosMsg>,
    yes: Vec<String>,
    executed: bool,
}

/// The native contract.
pub(super) fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(on_message, on_setup, on_query))
}

fn on_setup(deps: DepsMut<'_>, _: Env, _: MessageInfo, setup: Setup) -> StdResult<Response> {
    save(deps.storage, "setup", &setup)?;
    save(deps.storage, "count", &0_u64)?;
    Ok(Response::new())
}

fn on_message(
    deps: DepsMut<'_>,
    _: Env,
    info: MessageInfo,
    message: Message,
) -> StdResult<Response> {
    let setup: Setup = load(deps.storage, "setup")?;
    let member = info.sender.to_string();
    if !setup.voters.iter().any(|voter| voter.addr == member) {
        return Err(StdError::msg(format!("`{member}` is no member")));
    }
    match message {
        Message::Propose { msgs, .. } => {
            let number = load::<u64>(deps.storage, "count")? + 1;
            save(deps.storage, "count", &number)?;
            save(
                deps.storage,
                &key(number),
                &Proposal { msgs, yes: vec![member], executed: false },
            )?;
            Ok(Response::new())
        }
        Message::Vote { proposal_id, vote: Vote::Yes } => {
            let mut proposal: Proposal = load(deps.storage, &key(proposal_id))?;
            if !proposal.yes.contains(&member) {
                proposal.yes.push(member);
            }
            save(deps.storage, &key(proposal_id), &proposal)?;
            Ok(Response::new())
        }
        Message::Execute { proposal_id } => {
            let mut proposal: Proposal = load(deps.storage, &key(proposal_id))?;
            let Threshold::AbsoluteCount { weight } = setup.threshold;
            let yes = proposal.yes.iter().map(|addr| weight_of(&setup.voters, addr)).sum::<u64>();
            if proposal.executed || yes < weight {
                return Err(StdError::msg(format!("proposal {proposal_id} cannot be executed")));
            }
            proposal.executed = true;
            save(deps.storage, &key(proposal_id), &proposal)?;
            Ok(Response::new().add_messages(proposal.msgs))
        }
    }
}

fn on_query(_: Deps<'_>, _: Env, _: Empty) -> StdResult<Binary> {
    Err(StdError::msg("this multisig answers no queries"))
}

fn weight_of(voters: &[Voter], addr: &str) -> u64 {
    voters.iter().find(|voter| voter.addr == addr).map_or(0, |voter| voter.weight)
}

fn key(proposal: u64) -> String {
    format!("proposal {proposal}")
}

fn save(storage: &mut dyn Storage, key: &str, value: &impl serde::Serialize) -> StdResult<()> {
    storage.set(key.as_bytes(), &to_json_vec(value)?);
    Ok(())
}

fn load<T: DeserializeOwned>(storage: &dyn Storage, key: &str) -> StdResult<T> {
    let bytes = storage.get(key.as_bytes());
    from_json(bytes.ok_or_else(|| StdError::msg(format!("there is no {key}")))?)
}
