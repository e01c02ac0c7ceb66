//! Questions to the chain.

use cosmwasm_std::{
    BalanceResponse, BankQuery, Binary, ChannelResponse, Coin, ContractResult, IbcChannel,
    IbcQuery, QuerierWrapper, QueryRequest, StdError, StdResult, SystemResult, WasmQuery,
    to_json_vec,
};
use protocol::json::{Decode, from_slice};
use serde::Serialize;

/// What an address holds of a denom.
///
/// # Errors
/// If the bank cannot be asked.
pub fn balance(querier: QuerierWrapper<'_>, address: &str, denom: &str) -> StdResult<Coin> {
    let query = BankQuery::Balance { address: address.into(), denom: denom.into() };
    let answer: BalanceResponse = ask(querier, &query.into())?;
    Ok(answer.amount)
}

/// This chain's end of a channel, if it is open.
///
/// # Errors
/// If the chain cannot be asked.
pub fn channel(
    querier: QuerierWrapper<'_>,
    port: &str,
    channel: &str,
) -> StdResult<Option<IbcChannel>> {
    let query = IbcQuery::Channel { channel_id: channel.into(), port_id: Some(port.into()) };
    let answer: ChannelResponse = ask(querier, &query.into())?;
    Ok(answer.channel)
}

/// What a contract answers.
///
/// # Errors
/// If it does not answer, or with something else.
pub fn contract<T: Decode>(
    querier: QuerierWrapper<'_>,
    address: &str,
    question: &impl Serialize,
) -> StdResult<T> {
    let msg = to_json_vec(question)?.into();
    let query = WasmQuery::Smart { contract_addr: address.into(), msg };
    ask(querier, &query.into())
}

fn ask<T: Decode>(querier: QuerierWrapper<'_>, request: &QueryRequest) -> StdResult<T> {
    from_slice(&raw(querier, request)?).map_err(StdError::from)
}

#[inline(never)]
fn raw(querier: QuerierWrapper<'_>, request: &QueryRequest) -> StdResult<Binary> {
    let failed = match querier.raw_query(&to_json_vec(request)?) {
        SystemResult::Ok(ContractResult::Ok(answer)) => return Ok(answer),
        SystemResult::Ok(ContractResult::Err(error)) => error,
        SystemResult::Err(error) => error.to_string(),
    };
    Err(StdError::msg(format_args!("the chain does not answer: {failed}")))
}
