//! How a provider's key reaches the market: over a node, or in this process where tests drive the loop.

use anyhow::{Context as _, ensure};
use cosmos::chain::TxOutcome;
use cosmos::wire::gas::GasPrice;
use market::msg::{ExecuteMsg, QueryMsg};
use serde::de::DeserializeOwned;

use crate::session::Actor;

/// The market, a key that acts there, and the chain below.
pub trait Reach {
    /// The key's address.
    fn address(&self) -> &str;

    /// What the chain's gas costs.
    fn gas_price(&self) -> &GasPrice;

    /// The time of the newest block, in seconds since 1970: the clock that the market goes by.
    ///
    /// # Errors
    /// The node does not answer, or is behind its chain and knows it.
    fn now(&self) -> impl Future<Output = anyhow::Result<u64>>;

    /// What the key has of a denom.
    ///
    /// # Errors
    /// What the chain says.
    fn balance(&self, denom: &str) -> impl Future<Output = anyhow::Result<u128>>;

    /// Asks the market for what may not exist.
    ///
    /// # Errors
    /// What the market says, or the node.
    fn find<T: DeserializeOwned>(
        &self,
        ask: &QueryMsg,
    ) -> impl Future<Output = anyhow::Result<Option<T>>>;

    /// Asks the market.
    ///
    /// # Errors
    /// What the market says, or the node.
    fn ask<T: DeserializeOwned>(&self, ask: &QueryMsg) -> impl Future<Output = anyhow::Result<T>>;

    /// Tells the market something, with coins.
    ///
    /// # Errors
    /// What the market says, or the chain; what became of a transaction of before is not known.
    fn tell(
        &self,
        msg: &ExecuteMsg,
        funds: &[(u128, &str)],
    ) -> impl Future<Output = anyhow::Result<TxOutcome>>;

    /// Tells the market what may be told any number of times and pays nothing: it waits for no transaction of before.
    ///
    /// # Errors
    /// What the market says, or the chain.
    fn repeat(&self, msg: &ExecuteMsg) -> impl Future<Output = anyhow::Result<TxOutcome>>;

    /// Finds out what became of a transaction whose fate was not known: if a block has it, says so.
    ///
    /// # Errors
    /// It is not known yet.
    fn settle(&self) -> impl Future<Output = anyhow::Result<Option<String>>>;
}

impl Reach for Actor {
    fn address(&self) -> &str {
        &self.address
    }

    fn gas_price(&self) -> &GasPrice {
        &self.contract.chain.config().gas_price
    }

    async fn now(&self) -> anyhow::Result<u64> {
        let status = self.contract.chain.rpc().status().await?;
        ensure!(
            !status.sync_info.catching_up,
            "the node is behind its chain and catching up; wait, or set `rpc` to another"
        );
        let time = status.sync_info.latest_block_time.unix_timestamp();
        u64::try_from(time).context("the time of the newest block is before 1970")
    }

    async fn balance(&self, denom: &str) -> anyhow::Result<u128> {
        Ok(self.contract.chain.balance(&self.address, denom).await?)
    }

    async fn find<T: DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<Option<T>> {
        self.contract.find(ask).await
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &QueryMsg) -> anyhow::Result<T> {
        self.contract.ask(ask).await
    }

    async fn tell(&self, msg: &ExecuteMsg, funds: &[(u128, &str)]) -> anyhow::Result<TxOutcome> {
        self.send(msg, funds).await
    }

    async fn repeat(&self, msg: &ExecuteMsg) -> anyhow::Result<TxOutcome> {
        self.send_repeatable(msg).await
    }

    async fn settle(&self) -> anyhow::Result<Option<String>> {
        self.settle().await
    }
}
