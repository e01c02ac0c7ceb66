//! A chain as tools and tests use it: accounts, transactions that are waited for, contracts, IBC.
//!
//! ferry does not: its lanes sign and offer by themselves.

use std::time::Duration;

use ibc_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use ibc_proto::cosmos::bank::v1beta1 as bank;

use crate::keys::Key;
use crate::rpc::{DEFAULT_TIMEOUT, Rpc};
use crate::wire::event::Event;
use crate::wire::gas::GasPrice;

mod error;
mod fate;
pub mod feegrant;
pub mod gov;
pub mod ibc;
pub mod ibc_v2;
pub mod node;
mod pages;
pub mod price;
mod send;
pub mod upgrade;
pub mod wasm;

pub use error::ChainError;
pub use fate::{Fate, Note};
pub use send::FeeTerms;

/// How long to look for a transaction, unless the caller says otherwise.
const PATIENCE: Duration = Duration::from_secs(180);
/// The most gas of one transaction, unless the caller says otherwise: storing a megabyte of code takes a third.
pub const MAX_GAS: u64 = 25_000_000;

/// What one must know of a chain to use it.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// The chain id.
    pub chain_id: String,
    /// A node's address, such as `http://127.0.0.1:26657`.
    pub rpc: String,
    /// The prefix of addresses.
    pub prefix: String,
    /// The price of gas, in the denom that fees are paid in.
    pub gas_price: GasPrice,
}

/// A chain.
#[derive(Clone, Debug)]
pub struct Chain {
    config: ChainConfig,
    rpc: Rpc,
    patience: Duration,
    max_gas: u64,
    fees: FeeTerms,
}

/// An account as transactions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub number: u64,
    /// The sequence of its next transaction.
    pub sequence: u64,
}

/// A transaction that is in a block and succeeded.
#[derive(Clone, Debug)]
pub struct TxOutcome {
    /// Its hash, as explorers print it.
    pub hash: String,
    /// The block.
    pub height: u64,
    /// The gas it took.
    pub gas_used: u64,
    /// The gas it was allowed, which is what the fee is for.
    pub gas_wanted: u64,
    /// The fee paid, in the chain's fee denom.
    pub fee: u128,
    /// What happened.
    pub events: Vec<Event>,
    /// `cosmos.base.abci.v1beta1.TxMsgData`: the messages' answers.
    pub data: Vec<u8>,
}

impl Chain {
    /// Connects to a chain and checks that the node is on it.
    ///
    /// # Errors
    /// [`ChainError::Rpc`] when the node cannot be reached, [`ChainError::WrongChain`].
    pub async fn connect(config: ChainConfig) -> Result<Self, ChainError> {
        Self::connect_within(config, DEFAULT_TIMEOUT).await
    }

    /// As [`Chain::connect`], with a limit to the time that each call may take from now on.
    ///
    /// # Errors
    /// As [`Chain::connect`].
    pub async fn connect_within(config: ChainConfig, limit: Duration) -> Result<Self, ChainError> {
        let rpc = Rpc::new(&config.rpc, limit)?;
        let got = rpc.status().await?.node_info.network;
        if got != config.chain_id {
            let endpoint = rpc.address().clone();
            return Err(ChainError::WrongChain { endpoint, got, expected: config.chain_id });
        }
        let fees = FeeTerms::default();
        Ok(Self { config, rpc, patience: PATIENCE, max_gas: MAX_GAS, fees })
    }

    /// The same chain, on which a transaction is looked for so long and no longer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same chain, on which no transaction is signed that would pay for more gas. What a transaction takes is
    /// the node's word, so that without a bound a node could spend what the key has.
    #[must_use]
    pub fn with_max_gas(self, max_gas: u64) -> Self {
        Self { max_gas, ..self }
    }

    /// The same chain, on which gas costs something else.
    #[must_use]
    pub fn with_gas_price(self, gas_price: GasPrice) -> Self {
        Self { config: ChainConfig { gas_price, ..self.config }, ..self }
    }

    /// The same chain, on which fees are paid in this way.
    #[must_use]
    pub fn with_fees(self, fees: FeeTerms) -> Self {
        Self { fees, ..self }
    }

    /// What the chain was connected with.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The node.
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// The newest committed height.
    ///
    /// # Errors
    /// [`ChainError::Rpc`].
    pub async fn height(&self) -> Result<u64, ChainError> {
        Ok(self.rpc.abci_info().await?.last_block_height)
    }

    /// A key's address on this chain.
    ///
    /// # Errors
    /// [`ChainError::Key`] when the chain's prefix is not valid.
    pub fn address(&self, key: &Key) -> Result<String, ChainError> {
        Ok(key.address(&self.config.prefix)?)
    }

    /// An account's number and next sequence, as of the newest block.
    ///
    /// # Errors
    /// [`ChainError::NoAccount`] when it does not exist.
    pub async fn account(&self, address: &str) -> Result<Account, ChainError> {
        let request = QueryAccountInfoRequest { address: address.to_owned() };
        let path = "/cosmos.auth.v1beta1.Query/AccountInfo";
        let answer: Result<QueryAccountInfoResponse, _> = self.rpc.query(path, &request, 0).await;
        match answer {
            Ok(QueryAccountInfoResponse { info: Some(info) }) => {
                Ok(Account { number: info.account_number, sequence: info.sequence })
            }
            Ok(_) => Err(malformed("account", "no account in it")),
            Err(error) if error.is_not_found() => Err(ChainError::NoAccount {
                address: address.to_owned(),
                chain: self.config.chain_id.clone(),
                denom: self.config.gas_price.denom().to_owned(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// What an account has of one denom.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn balance(&self, address: &str, denom: &str) -> Result<u128, ChainError> {
        let request =
            bank::QueryBalanceRequest { address: address.to_owned(), denom: denom.to_owned() };
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let answer: bank::QueryBalanceResponse = self.rpc.query(path, &request, 0).await?;
        amount("balance", answer.balance.map(|coin| coin.amount))
    }

    /// All that an account has, by denom; the first thousand denoms.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn balances(&self, address: &str) -> Result<Vec<(String, u128)>, ChainError> {
        let request = bank::QueryAllBalancesRequest {
            address: address.to_owned(),
            pagination: Some(first_page(1_000)),
            resolve_denom: false,
        };
        let path = "/cosmos.bank.v1beta1.Query/AllBalances";
        let answer: bank::QueryAllBalancesResponse = self.rpc.query(path, &request, 0).await?;
        let balances = answer.balances.into_iter();
        balances.map(|c| Ok((c.denom, amount("balances", Some(c.amount))?))).collect()
    }

    /// How much of a denom there is.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn supply(&self, denom: &str) -> Result<u128, ChainError> {
        let request = bank::QuerySupplyOfRequest { denom: denom.to_owned() };
        let path = "/cosmos.bank.v1beta1.Query/SupplyOf";
        let answer: bank::QuerySupplyOfResponse = self.rpc.query(path, &request, 0).await?;
        amount("supply", answer.amount.map(|coin| coin.amount))
    }
}

impl TxOutcome {
    /// The first value of an attribute in the first event of a kind that has it.
    pub fn attribute(&self, kind: &str, key: &str) -> Option<&str> {
        self.events.iter().filter(|event| event.kind == kind).find_map(|event| event.get(key))
    }
}

fn first_page(limit: u64) -> ibc_proto::cosmos::base::query::v1beta1::PageRequest {
    ibc_proto::cosmos::base::query::v1beta1::PageRequest { limit, ..Default::default() }
}

fn amount(what: &'static str, text: Option<String>) -> Result<u128, ChainError> {
    let text = text.ok_or_else(|| malformed(what, "no amount in it"))?;
    text.parse().map_err(|_| malformed(what, format!("amount `{text}`")))
}

fn malformed(what: &'static str, reason: impl Into<String>) -> ChainError {
    ChainError::Malformed { what, reason: reason.into() }
}
