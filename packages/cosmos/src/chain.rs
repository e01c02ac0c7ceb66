//! A chain as tools and tests use it: accounts, transactions that are waited for, contracts, IBC.
//!
//! ferry does not: its lanes sign and offer by themselves.

use std::time::Duration;

use ibc_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use ibc_proto::cosmos::bank::v1beta1 as bank;
use ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use tokio::time::{Instant, sleep};

use crate::Any;
use crate::keys::Key;
use crate::rpc::{DEFAULT_TIMEOUT, QueryError, Rpc, TxResult};
use crate::wire::event::Event;
use crate::wire::gas::GasPrice;
use crate::wire::sign::sign;
use crate::wire::tx::{Fee, SignedTx, TxPlan, unsigned};

mod error;
pub mod gov;
pub mod ibc;
pub mod ibc_v2;
pub mod node;
pub mod price;
pub mod upgrade;
pub mod wasm;

pub use error::ChainError;

/// How long a transaction may take into a block.
const INCLUSION: Duration = Duration::from_secs(60);
/// How often a node is asked whether a block has it.
const POLL: Duration = Duration::from_millis(250);

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
        Ok(Self { config, rpc })
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

    /// The gas that messages would take if sent now.
    ///
    /// # Errors
    /// [`ChainError::WouldFail`] when they would fail, with the chain's reason.
    pub async fn simulate(&self, key: &Key, msgs: &[Any], memo: &str) -> Result<u64, ChainError> {
        let account = self.account(&self.address(key)?).await?;
        self.simulate_as(key, account, msgs, memo).await
    }

    /// Sends messages in one transaction and waits until a block has it.
    ///
    /// The gas limit is 1.3 times what a dry run takes. One key must not send twice at a time.
    ///
    /// # Errors
    /// [`ChainError::WouldFail`] and [`ChainError::Refused`] cost nothing; [`ChainError::Failed`] the fee;
    /// after [`ChainError::NotIncluded`] the transaction may still be executed.
    pub async fn send_msgs(
        &self,
        key: &Key,
        msgs: &[Any],
        memo: &str,
    ) -> Result<TxOutcome, ChainError> {
        match self.try_send(key, msgs, memo).await {
            // A transaction of before was still on its way when the sequence was read.
            Err(error) if error.is_sequence_mismatch() => self.try_send(key, msgs, memo).await,
            other => other,
        }
    }

    async fn try_send(&self, key: &Key, msgs: &[Any], memo: &str) -> Result<TxOutcome, ChainError> {
        let account = self.account(&self.address(key)?).await?;
        let gas = self.simulate_as(key, account, msgs, memo).await?;
        let gas_limit = gas.saturating_mul(13).div_ceil(10);
        let fee = Fee {
            gas_limit,
            amount: self.config.gas_price.fee(gas_limit),
            denom: self.config.gas_price.denom().to_owned(),
            granter: None,
        };
        let tx = sign(key, &self.plan(account, msgs, memo, &fee));
        self.offer(&tx).await?;
        self.wait_for(&tx, fee.amount).await
    }

    async fn simulate_as(
        &self,
        key: &Key,
        account: Account,
        msgs: &[Any],
        memo: &str,
    ) -> Result<u64, ChainError> {
        // A dry run takes the fee it is told, and without one skips 16,000 gas of taking it.
        let amount = self.config.gas_price.fee(1).min(1);
        let denom = self.config.gas_price.denom().to_owned();
        let least = Fee { gas_limit: 0, amount, denom, granter: None };
        let plan = self.plan(account, msgs, memo, &least);
        let tx_bytes = unsigned(Some(&key.public_key()), &plan);
        let request = SimulateRequest { tx_bytes, ..SimulateRequest::default() };
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let answer: SimulateResponse = match self.rpc.query(path, &request, 0).await {
            Err(QueryError::Refused { codespace, code, log, .. }) => {
                return Err(ChainError::WouldFail { codespace, code, log });
            }
            other => other?,
        };
        let gas = answer.gas_info.map(|gas| gas.gas_used);
        gas.ok_or_else(|| malformed("simulate", "no gas in it"))
    }

    fn plan<'a>(
        &'a self,
        account: Account,
        msgs: &'a [Any],
        memo: &'a str,
        fee: &'a Fee,
    ) -> TxPlan<'a> {
        TxPlan {
            chain_id: &self.config.chain_id,
            account_number: account.number,
            sequence: account.sequence,
            msgs,
            fee,
            memo,
            timeout_height: 0,
        }
    }

    async fn offer(&self, tx: &SignedTx) -> Result<(), ChainError> {
        let answer = self.rpc.broadcast_tx_sync(&tx.bytes).await?;
        if answer.code == 0 {
            return Ok(());
        }
        let hash = tx.hash_hex();
        Err(ChainError::Refused {
            hash,
            codespace: answer.codespace,
            code: answer.code,
            log: answer.log,
        })
    }

    async fn wait_for(&self, tx: &SignedTx, fee: u128) -> Result<TxOutcome, ChainError> {
        let deadline = Instant::now() + INCLUSION;
        while Instant::now() < deadline {
            if let Some(found) = self.rpc.tx(&tx.hash).await? {
                return outcome(tx.hash_hex(), found.height, fee, found.result);
            }
            sleep(POLL).await;
        }
        Err(ChainError::NotIncluded { hash: tx.hash_hex() })
    }
}

impl TxOutcome {
    /// The first value of an attribute in the first event of a kind that has it.
    pub fn attribute(&self, kind: &str, key: &str) -> Option<&str> {
        self.events.iter().filter(|event| event.kind == kind).find_map(|event| event.get(key))
    }
}

fn outcome(
    hash: String,
    height: u64,
    fee: u128,
    result: TxResult,
) -> Result<TxOutcome, ChainError> {
    let TxResult { code, codespace, log, data, gas_wanted, gas_used, events } = result;
    if code != 0 {
        return Err(ChainError::Failed { hash, height, codespace, code, log });
    }
    Ok(TxOutcome { hash, height, gas_used, gas_wanted, fee, events, data })
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
