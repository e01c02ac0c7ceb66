//! Bytes in, bytes out: decodes what comes with a call, makes it, encodes how it ended.

use std::fmt::Display;

use cosmwasm_std::{ContractResult, Deps, DepsMut, Env, MessageInfo, to_json_vec};
use protocol::json::{Decode, from_slice};
use serde::Serialize;

/// A message that somebody sent.
pub fn sent<M: Decode, R: Serialize, E: Display>(
    call: fn(DepsMut<'_>, Env, MessageInfo, M) -> Result<R, E>,
    deps: DepsMut<'_>,
    env: &[u8],
    info: &[u8],
    msg: &[u8],
) -> Vec<u8> {
    let arguments = || Ok((read(env)?, read(info)?, read(msg)?));
    encode(arguments().and_then(|(env, info, msg)| call(deps, env, info, msg).map_err(words)))
}

/// Something that the chain tells the contract.
pub fn told<M: Decode, R: Serialize, E: Display>(
    call: fn(DepsMut<'_>, Env, M) -> Result<R, E>,
    deps: DepsMut<'_>,
    env: &[u8],
    msg: &[u8],
) -> Vec<u8> {
    let arguments = || Ok((read(env)?, read(msg)?));
    encode(arguments().and_then(|(env, msg)| call(deps, env, msg).map_err(words)))
}

/// A question.
pub fn asked<M: Decode, R: Serialize, E: Display>(
    call: fn(Deps<'_>, Env, M) -> Result<R, E>,
    deps: Deps<'_>,
    env: &[u8],
    msg: &[u8],
) -> Vec<u8> {
    let arguments = || Ok((read(env)?, read(msg)?));
    encode(arguments().and_then(|(env, msg)| call(deps, env, msg).map_err(words)))
}

fn read<T: Decode>(json: &[u8]) -> Result<T, String> {
    from_slice(json).map_err(|error| format!("malformed: {error}"))
}

fn words<E: Display>(error: E) -> String {
    error.to_string()
}

fn encode<R: Serialize>(outcome: Result<R, String>) -> Vec<u8> {
    // The types cannot fail to encode; the chain takes no bytes for an error of ours.
    to_json_vec(&ContractResult::from(outcome)).unwrap_or_default()
}
