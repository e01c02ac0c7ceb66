//! Tokens of this chain by the cw20 interface: how they come, go and are counted.
//!
//! A token is a denom `cw20:<contract>` with a number of its own. A chain could mint a coin of that
//! very name, so coins of such a name are refused wherever they arrive: only a message from the
//! contract itself brings its token. Source: cw20 2.0, `receiver.rs`, `msg.rs`, `query.rs`.

use cosmwasm_std::{Coin, Deps, SubMsg, Uint128, WasmMsg, to_json_binary};
use entry::ask;
use protocol::json::{Decode, from_slice};
use serde::Serialize;

use crate::context::Context;
use crate::dispatch::{dispatch, takes_coins};
use crate::error::ContractError;
use crate::ledger;
use crate::msg::{ExecuteMsg, Received};
use crate::state::config::CONFIG;
use crate::state::denom::{self, DenomId, LISTINGS, TOKEN_PREFIX, token};
use crate::state::route::LOCAL;

/// Refuses coins of the bank whose denom has the form of a token's.
pub(crate) fn no_posing(funds: &[Coin]) -> Result<(), ContractError> {
    match funds.iter().find(|coin| token(&coin.denom).is_some()) {
        Some(coin) => Err(ContractError::WrongCoin {
            got: coin.to_string(),
            expected: "a coin whose denom is not of the form of a token's".into(),
        }),
        None => Ok(()),
    }
}

/// Runs the message that tokens were sent with, as their sender. The caller is the token.
pub(crate) fn receive(ctx: &mut Context<'_>, received: Received) -> Result<(), ContractError> {
    let name = format!("{TOKEN_PREFIX}{}", ctx.caller());
    let id = denom::find(ctx.state(), &name)?.ok_or_else(|| ContractError::UnknownDenom {
        denom: name.clone(),
        on: "this market".into(),
    })?;
    let message: ExecuteMsg = from_slice(&received.msg).map_err(|error| {
        ContractError::Malformed { what: "the tokens' message", reason: error.to_string() }
    })?;
    if !takes_coins(&message) {
        let (got, expected) = (format!("{}{name}", received.amount), "no coin".into());
        return Err(ContractError::WrongCoin { got, expected });
    }
    require_in_use(ctx, (id, &name), &message)?;
    let sender = ctx.checked(&received.sender)?;
    ctx.act_for(sender);
    let coin = Coin { denom: name, amount: received.amount.into() };
    dispatch(ctx, message, &[coin])?;
    // A token that takes a fee on its way, or lies, cannot make the market owe what it does not hold.
    ledger::require_solvent(ctx, id)
}

/// Refuses what a token pays for that the owner does not vouch for any more, but to top up what is open.
pub(crate) fn require_in_use(
    ctx: &Context<'_>,
    (id, name): (DenomId, &str),
    message: &ExecuteMsg,
) -> Result<(), ContractError> {
    if matches!(message, ExecuteMsg::TopUp { .. }) || is_in_use(ctx, id)? {
        return Ok(());
    }
    let on = "this market, but to top up what was opened in it".into();
    Err(ContractError::UnknownDenom { denom: name.into(), on })
}

/// Whether the owner still vouches for a token, whose word is taken for its senders'.
fn is_in_use(ctx: &Context<'_>, id: DenomId) -> Result<bool, ContractError> {
    let config = CONFIG.load(ctx.state())?;
    let is_denom_of_market = config.stake_denom == id || config.bond_denom == Some(id);
    Ok(is_denom_of_market || LISTINGS.has(ctx.state(), (id, LOCAL)))
}

/// What a token is told, as the crate cw20 writes it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Tell<'a> {
    Transfer { recipient: &'a str, amount: Uint128 },
}

/// What a token is asked.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Ask<'a> {
    Balance { address: &'a str },
}

/// What it answers, perhaps with more.
#[derive(Decode)]
struct BalanceAnswer {
    balance: Uint128,
}

/// The message that sends tokens to an address.
pub(crate) fn transfer(
    contract: &str,
    recipient: &str,
    amount: Uint128,
) -> Result<SubMsg, ContractError> {
    let msg = to_json_binary(&Tell::Transfer { recipient, amount })?;
    Ok(SubMsg::new(WasmMsg::Execute { contract_addr: contract.into(), msg, funds: Vec::new() }))
}

/// What an address holds of a token.
pub(crate) fn balance(
    deps: Deps<'_>,
    contract: &str,
    address: &str,
) -> Result<Uint128, ContractError> {
    let answer: BalanceAnswer = ask::contract(deps.querier, contract, &Ask::Balance { address })?;
    Ok(answer.balance)
}
