//! A token of the market's chain by the cw20 interface, as far as the market meets it.

use cosmwasm_std::{
    Addr, Binary, Coin, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult,
    Uint128, WasmMsg, to_json_binary,
};
use cw_multi_test::{AppResponse, Contract, ContractWrapper};
use cw_storage_plus::Map;
use market::msg::{ExecuteMsg as Market, Received};
use serde::{Deserialize, Serialize};

use super::{MARKET_CHAIN, World};
use crate::error::Result;

/// Units by holder.
const BALANCES: Map<&Addr, Uint128> = Map::new("balance");
/// Name of the token's account.
const TOKEN: &str = "token";

#[derive(Debug, Serialize, Deserialize)]
struct Setup {
    holders: Vec<(String, Uint128)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tell {
    Transfer { recipient: String, amount: Uint128 },
    Send { contract: String, amount: Uint128, msg: Binary },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    Balance { address: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    balance: Uint128,
}

fn instantiate(deps: DepsMut<'_>, _: Env, _: MessageInfo, setup: Setup) -> StdResult<Response> {
    for (holder, amount) in setup.holders {
        BALANCES.save(deps.storage, &deps.api.addr_validate(&holder)?, &amount)?;
    }
    Ok(Response::new())
}

fn execute(deps: DepsMut<'_>, _: Env, info: MessageInfo, msg: Tell) -> StdResult<Response> {
    let (to, amount, message) = match msg {
        Tell::Transfer { recipient, amount } => (recipient, amount, None),
        Tell::Send { contract, amount, msg } => (contract, amount, Some(msg)),
    };
    let held = |deps: &DepsMut<'_>, of: &Addr| BALANCES.may_load(deps.storage, of);
    let left = held(&deps, &info.sender)?.unwrap_or_default();
    let left = left.checked_sub(amount).map_err(StdError::from)?;
    BALANCES.save(deps.storage, &info.sender, &left)?;
    let receiver = deps.api.addr_validate(&to)?;
    let more = held(&deps, &receiver)?.unwrap_or_default() + amount;
    BALANCES.save(deps.storage, &receiver, &more)?;
    let Some(msg) = message else { return Ok(Response::new()) };
    let receive = Market::Receive(Received { sender: info.sender.into(), amount, msg });
    let call =
        WasmMsg::Execute { contract_addr: to, msg: to_json_binary(&receive)?, funds: Vec::new() };
    Ok(Response::new().add_message(call))
}

fn query(deps: Deps<'_>, _: Env, Ask::Balance { address }: Ask) -> StdResult<Binary> {
    let balance = BALANCES.may_load(deps.storage, &deps.api.addr_validate(&address)?)?;
    to_json_binary(&Held { balance: balance.unwrap_or_default() })
}

fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

/// A token of the market's chain.
impl World {
    /// Deploys a token of which each of these has so many units; returns the market's name for it.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if the chain refuses.
    pub fn issue_token(&mut self, holders: &[&str], units: u128) -> Result<String> {
        let amount = Uint128::new(units);
        let holders = holders.iter().map(|name| (self.on_a(name).into(), amount)).collect();
        let a = self.network.chain_mut(MARKET_CHAIN);
        let issuer = a.wallet("issuer");
        let token = a.deploy(code(), &issuer, TOKEN, &Setup { holders })?;
        self.accounts.insert((MARKET_CHAIN.into(), TOKEN.into()), token.clone());
        Ok(format!("cw20:{token}"))
    }

    /// Sends tokens to the market with a message that they pay for.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] with the market's reason; [`crate::Error::Invariant`].
    pub fn send_token(&mut self, from: &str, units: u128, msg: &Market) -> Result<AppResponse> {
        self.asked += 1;
        let (sender, token) = (self.on_a(from), self.address(MARKET_CHAIN, TOKEN));
        let (contract, msg) = (self.market.to_string(), to_json_binary(msg)?);
        let send = Tell::Send { contract, amount: Uint128::new(units), msg };
        let a = self.network.chain_mut(MARKET_CHAIN);
        let done = a.execute(&sender, &token, &send, &[])?;
        let tokens = Coin { denom: format!("cw20:{token}"), amount: units.into() };
        self.note_spent(MARKET_CHAIN, &sender, &[tokens])?;
        self.check()?;
        Ok(done)
    }

    /// The market's name for the token, if one was issued.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        let token = self.accounts.get(&(MARKET_CHAIN.into(), TOKEN.into()));
        token.map(|token| format!("cw20:{token}"))
    }

    /// What an account of A holds of the token.
    ///
    /// # Errors
    /// [`crate::Error::Transaction`] if there is no token.
    pub fn tokens_of(&self, account: &Addr) -> Result<u128> {
        let token = self.address(MARKET_CHAIN, TOKEN);
        let held: Held = self.a().query(&token, &Ask::Balance { address: account.to_string() })?;
        Ok(held.balance.u128())
    }
}
