//! One simulated chain: bank, contracts, IBC, and a clock of its own.

mod handshake;
mod hooks;
mod relay;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{
    Addr, BlockInfo, Coin, ContractInfo, CosmosMsg, Deps, Empty, Env, Event, IbcMsg, Storage,
    Timestamp, Uint256,
};
use cw_multi_test::{
    App, AppBuilder, AppResponse, BankKeeper, BankSudo, Contract, DistributionKeeper, Executor,
    FailingModule, GovFailingModule, StakeKeeper, StargateFailing, SudoMsg, WasmKeeper, no_init,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::ibc::IbcModule;
use crate::ibc::callbacks::{CallbackKind, CallbackSupport};
use crate::ibc::host::{Host, Modules};
use crate::ibc::ics20::{self, Transfer};
use crate::ibc::state::{CHANNELS, CONNECTIONS, ChannelEnd, ClientStatus};
use crate::storage::ChainStorage;

pub use state::{PacketPlace, State};

type ChainApp = App<
    BankKeeper,
    MockApi,
    ChainStorage,
    FailingModule<Empty, Empty, Empty>,
    WasmKeeper<Empty, Empty>,
    StakeKeeper,
    DistributionKeeper,
    IbcModule,
    GovFailingModule,
    StargateFailing,
>;

/// Block time of every chain at its start: seconds since 1970.
pub const GENESIS_SECONDS: u64 = 1_700_000_000;

/// One simulated chain.
///
/// Every call is a transaction: it is done as a whole, or it leaves nothing.
pub struct Chain {
    id: String,
    app: ChainApp,
    api: MockApi,
    /// Native supply given out at genesis or by [`Chain::mint`], by denom.
    minted: BTreeMap<String, Uint256>,
    /// Events of all transactions that were done, oldest first.
    events: Vec<Event>,
    callbacks: CallbackSupport,
    starved: BTreeSet<CallbackKind>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Chain {
    /// A chain whose addresses begin with `prefix`.
    #[must_use]
    pub fn new(id: &str, prefix: &'static str) -> Self {
        let api = MockApi::default().with_prefix(prefix);
        let app = AppBuilder::new()
            .with_api(api)
            .with_storage(ChainStorage::default())
            .with_ibc(IbcModule)
            .with_block(BlockInfo {
                height: 1,
                time: Timestamp::from_seconds(GENESIS_SECONDS),
                chain_id: id.into(),
            })
            .build(no_init);
        Self {
            id: id.into(),
            app,
            api,
            minted: BTreeMap::new(),
            events: Vec::new(),
            callbacks: CallbackSupport::default(),
            starved: BTreeSet::new(),
        }
    }

    /// The chain id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Block time in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    /// The current block.
    pub(crate) fn block(&self) -> BlockInfo {
        self.app.block_info()
    }

    /// Height of the current block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.app.block_info().height
    }

    /// Lets blocks of one second pass.
    pub fn advance(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.height += seconds;
            block.time = block.time.plus_seconds(seconds);
        });
    }

    /// The address of a wallet called `name`.
    #[must_use]
    pub fn wallet(&self, name: &str) -> Addr {
        self.api.addr_make(name)
    }

    /// The account that holds what went out through a transfer channel.
    ///
    /// # Errors
    /// Only if the address cannot be made, which would be a defect of the model.
    pub fn escrow(&self, channel: &str) -> Result<Addr> {
        self.with_host(|host, _| ics20::escrow_account(host, channel))
    }

    /// Gives new native coins to an account.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the bank refuses, e.g. an amount of zero.
    pub fn mint(&mut self, to: &Addr, coin: Coin) -> Result<()> {
        let amount = vec![coin.clone()];
        let mint = BankSudo::Mint { to_address: to.to_string(), amount };
        self.app.sudo(SudoMsg::Bank(mint))?;
        *self.minted.entry(coin.denom).or_default() += coin.amount;
        Ok(())
    }

    /// Native supply ever given out, by denom.
    #[must_use]
    pub const fn minted(&self) -> &BTreeMap<String, Uint256> {
        &self.minted
    }

    /// What an account holds of a denom.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the address is not one of this chain.
    pub fn balance(&self, account: &Addr, denom: &str) -> Result<u128> {
        let coin = self.app.wrap().query_balance(account, denom)?;
        units(coin.amount)
    }

    /// The sum of all balances of a denom.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the bank cannot be read.
    pub fn supply(&self, denom: &str) -> Result<u128> {
        units(self.app.wrap().query_supply(denom)?.amount)
    }

    /// Stores a contract's code and makes one instance; `creator` is also its admin.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the contract refuses.
    pub fn deploy<M: Serialize>(
        &mut self,
        code: Box<dyn Contract<Empty>>,
        creator: &Addr,
        label: &str,
        msg: &M,
    ) -> Result<Addr> {
        let code_id = self.app.store_code(code);
        let admin = Some(creator.to_string());
        Ok(self.app.instantiate_contract(code_id, creator.clone(), msg, &[], label, admin)?)
    }

    /// Executes a contract; the response's data is what the contract set.
    ///
    /// # Errors
    /// [`Error::Transaction`] with the contract's text.
    pub fn execute<M: Serialize + fmt::Debug>(
        &mut self,
        sender: &Addr,
        contract: &Addr,
        msg: &M,
        funds: &[Coin],
    ) -> Result<AppResponse> {
        let (sender, contract) = (sender.clone(), contract.clone());
        let response = self.app.execute_contract(sender, contract, msg, funds)?;
        self.events.extend(response.events.iter().cloned());
        Ok(response)
    }

    /// Runs any message of a wallet.
    ///
    /// # Errors
    /// [`Error::Transaction`] with the text of what refused it.
    pub fn send(&mut self, sender: &Addr, msg: CosmosMsg) -> Result<AppResponse> {
        let response = self.app.execute(sender.clone(), msg)?;
        self.events.extend(response.events.iter().cloned());
        Ok(response)
    }

    /// A wallet's `MsgTransfer`. The sender is written into the packet as it is spelt here.
    ///
    /// # Errors
    /// [`Error::Transfer`], [`Error::UnknownChannel`], [`Error::ClientNotActive`], or
    /// [`Error::Transaction`] if the wallet cannot pay.
    pub fn transfer(&mut self, sender: &Addr, transfer: Transfer) -> Result<AppResponse> {
        let Transfer { channel, receiver, coin, timeout, memo } = transfer;
        let msg = IbcMsg::Transfer {
            channel_id: channel,
            to_address: receiver,
            amount: coin,
            timeout,
            memo: Some(memo),
        };
        self.send(sender, msg.into())
    }

    /// Asks a contract.
    ///
    /// # Errors
    /// [`Error::Transaction`] with the contract's text.
    pub fn query<M: Serialize, T: DeserializeOwned>(&self, contract: &Addr, msg: &M) -> Result<T> {
        Ok(self.app.wrap().query_wasm_smart(contract, msg)?)
    }

    /// Looks into a contract's own store, as only the contract itself can on a real chain.
    pub fn inspect<T>(&self, contract: &Addr, look: impl FnOnce(Deps<'_>, &Env) -> T) -> T {
        let storage = self.app.contract_storage(contract);
        let env = Env {
            block: self.block(),
            transaction: None,
            contract: ContractInfo { address: contract.clone() },
        };
        let querier = self.app.wrap();
        look(Deps { storage: storage.as_ref(), api: &self.api, querier }, &env)
    }

    /// Events of all transactions that were done, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The texts of all destination callbacks that failed, oldest first.
    #[must_use]
    pub fn callback_errors(&self) -> Vec<String> {
        self.events
            .iter()
            .filter(|event| event.ty == "ibccallbackerror-ibc_dest_callback")
            .flat_map(|event| &event.attributes)
            .filter(|attribute| attribute.key == "ibccallbackerror-callback_error")
            .map(|attribute| attribute.value.clone())
            .collect()
    }

    /// Makes the chain one of another age.
    pub const fn set_callback_support(&mut self, support: CallbackSupport) {
        self.callbacks = support;
    }

    /// From now on callbacks of this kind run out of gas, until [`Chain::feed_callbacks`].
    pub fn starve_callbacks(&mut self, kind: CallbackKind) {
        self.starved.insert(kind);
    }

    /// Callbacks of this kind have gas again.
    pub fn feed_callbacks(&mut self, kind: CallbackKind) {
        self.starved.remove(&kind);
    }

    /// Freezes or recovers the light client under a connection.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`].
    pub fn set_client(&mut self, connection: &str, client: ClientStatus) -> Result<()> {
        self.step(|_, storage| {
            let mut found = CONNECTIONS
                .may_load(storage, connection)?
                .ok_or_else(|| Error::UnknownConnection { connection: connection.into() })?;
            found.client = client;
            Ok(CONNECTIONS.save(storage, connection, &found)?)
        })
    }

    /// A channel end, if there is one.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the store cannot be read.
    pub fn channel(&self, port: &str, channel: &str) -> Result<Option<ChannelEnd>> {
        Ok(CHANNELS.may_load(self.storage(), (port, channel))?)
    }

    /// The chain's whole store.
    #[must_use]
    pub fn storage(&self) -> &ChainStorage {
        self.app.storage()
    }

    /// Notes the events of a transaction that was done.
    fn log(&mut self, events: impl IntoIterator<Item = Event>) {
        self.events.extend(events);
    }

    /// Reads through the modules.
    fn with_host<T>(&self, read: impl FnOnce(&dyn Host, &dyn Storage) -> T) -> T {
        let block = self.app.block_info();
        self.app.read_module(|router, api, storage| {
            read(&Modules { api, router, block: &block }, storage)
        })
    }

    /// Writes through the modules: all of it, or nothing if it fails.
    pub(crate) fn step<T>(
        &mut self,
        write: impl FnOnce(&dyn Host, &mut dyn Storage) -> Result<T>,
    ) -> Result<T> {
        let block = self.app.block_info();
        self.atomically(|chain| {
            chain.app.init_modules(|router, api, storage| {
                write(&Modules { api, router: &*router, block: &block }, storage)
            })
        })
    }

    /// Runs several steps as one transaction.
    pub(crate) fn atomically<T, E>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.app.storage().clone();
        let logged = self.events.len();
        let result = steps(self);
        if result.is_err() {
            *self.app.storage_mut() = before;
            self.events.truncate(logged);
        }
        result
    }
}

/// Bank amounts as contracts count them.
pub(crate) fn units(amount: Uint256) -> Result<u128> {
    cosmwasm_std::Uint128::try_from(amount)
        .map(|amount| amount.u128())
        .map_err(|_| Error::NotModelled { what: format!("a balance of {amount}") })
}
