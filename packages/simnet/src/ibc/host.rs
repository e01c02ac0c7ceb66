//! What the IBC modules need of the rest of the chain: the bank, addresses, contract calls.

use cosmwasm_std::{
    Addr, Api, BankMsg, BankQuery, BlockInfo, Coin, CustomMsg, CustomQuery, QueryRequest, Storage,
    Uint256, WasmMsg, from_json,
};
use cw_multi_test::{AppResponse, BankSudo, CosmosRouter, SudoMsg, WasmSudo};
use serde_json::Value;

use crate::contract::{IbcEntry, IbcSudo};
use crate::error::Result;

/// The rest of the chain, as the IBC modules see it.
pub(crate) trait Host {
    /// The account behind an address in any spelling the SDK accepts, upper case included.
    fn account(&self, address: &str) -> Result<Addr>;
    /// The account with these bytes.
    fn account_of(&self, bytes: &[u8]) -> Result<Addr>;
    fn balance(&self, storage: &dyn Storage, account: &Addr, denom: &str) -> Result<Uint256>;
    fn send(&self, storage: &mut dyn Storage, ends: (&Addr, &Addr), coin: Coin) -> Result<()>;
    fn mint(&self, storage: &mut dyn Storage, to: &Addr, coin: Coin) -> Result<()>;
    fn burn(&self, storage: &mut dyn Storage, from: &Addr, coin: Coin) -> Result<()>;
    /// Has an account execute a contract with a coin.
    fn execute(
        &self,
        storage: &mut dyn Storage,
        sender: &Addr,
        msg: WasmMsg,
    ) -> cosmwasm_std::StdResult<AppResponse>;
    /// Tells a contract something by `sudo`.
    fn sudo(
        &self,
        storage: &mut dyn Storage,
        contract: &Addr,
        msg: &Value,
    ) -> cosmwasm_std::StdResult<AppResponse>;
    /// Calls a contract at one of its IBC entry points.
    fn call(
        &self,
        storage: &mut dyn Storage,
        contract: &Addr,
        entry: IbcEntry,
    ) -> cosmwasm_std::StdResult<AppResponse>;
}

/// The other modules of a `cw-multi-test` chain.
pub(crate) struct Modules<'a, ExecC, QueryC> {
    pub(crate) api: &'a dyn Api,
    pub(crate) router: &'a dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
    pub(crate) block: &'a BlockInfo,
}

impl<ExecC: CustomMsg, QueryC: CustomQuery> Host for Modules<'_, ExecC, QueryC> {
    fn account(&self, address: &str) -> Result<Addr> {
        Ok(self.api.addr_humanize(&self.api.addr_canonicalize(address)?)?)
    }

    fn account_of(&self, bytes: &[u8]) -> Result<Addr> {
        Ok(self.api.addr_humanize(&bytes.into())?)
    }

    fn balance(&self, storage: &dyn Storage, account: &Addr, denom: &str) -> Result<Uint256> {
        let query = BankQuery::Balance { address: account.to_string(), denom: denom.into() };
        let answer = self.router.query(self.api, storage, self.block, QueryRequest::Bank(query))?;
        Ok(from_json::<cosmwasm_std::BalanceResponse>(answer)?.amount.amount)
    }

    fn send(&self, storage: &mut dyn Storage, ends: (&Addr, &Addr), coin: Coin) -> Result<()> {
        let (from, to) = ends;
        let send = BankMsg::Send { to_address: to.to_string(), amount: vec![coin] };
        self.router.execute(self.api, storage, self.block, from.clone(), send.into())?;
        Ok(())
    }

    fn mint(&self, storage: &mut dyn Storage, to: &Addr, coin: Coin) -> Result<()> {
        let mint = BankSudo::Mint { to_address: to.to_string(), amount: vec![coin] };
        self.router.sudo(self.api, storage, self.block, SudoMsg::Bank(mint))?;
        Ok(())
    }

    fn burn(&self, storage: &mut dyn Storage, from: &Addr, coin: Coin) -> Result<()> {
        let burn = BankMsg::Burn { amount: vec![coin] };
        self.router.execute(self.api, storage, self.block, from.clone(), burn.into())?;
        Ok(())
    }

    fn execute(
        &self,
        storage: &mut dyn Storage,
        sender: &Addr,
        msg: WasmMsg,
    ) -> cosmwasm_std::StdResult<AppResponse> {
        self.router.execute(self.api, storage, self.block, sender.clone(), msg.into())
    }

    fn sudo(
        &self,
        storage: &mut dyn Storage,
        contract: &Addr,
        msg: &Value,
    ) -> cosmwasm_std::StdResult<AppResponse> {
        let sudo = SudoMsg::Wasm(WasmSudo::new(contract, msg)?);
        self.router.sudo(self.api, storage, self.block, sudo)
    }

    fn call(
        &self,
        storage: &mut dyn Storage,
        contract: &Addr,
        entry: IbcEntry,
    ) -> cosmwasm_std::StdResult<AppResponse> {
        let sudo = WasmSudo::new(contract, &IbcSudo { simnet_ibc: entry })?;
        self.router.sudo(self.api, storage, self.block, SudoMsg::Wasm(sudo))
    }
}
