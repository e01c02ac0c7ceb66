//! A key that acts on a contract, and remembers what it sent.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use cosmos::Any;
use cosmos::chain::{ChainError, Fate, Note, TxOutcome};
use cosmos::keys::Key;
use cosmos::rpc::TxResult;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::Contract;
use super::journal::Journal;
use crate::home::Home;
use crate::lock::Lock;

/// How long to wait for another program that sends with the same key.
const TURN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A contract and the key that acts on it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The contract.
    pub contract: Contract,
    /// The key's address.
    pub address: String,
    key: Key,
    journal: Journal,
}

impl Actor {
    /// A key that acts on a contract. What it sends is noted in the user's folder until its fate is known.
    ///
    /// # Errors
    /// The chain's address prefix is not valid.
    pub fn new(contract: Contract, key: Key, home: &Home) -> anyhow::Result<Self> {
        let address = contract.chain.address(&key)?;
        let journal = Journal::new(home.dir(), &contract.chain.config().chain_id, &address);
        Ok(Self { contract, address, key, journal })
    }

    /// Sends the contract a message, with coins.
    ///
    /// # Errors
    /// What the contract says, or the chain; what became of a transaction of before that was not known.
    pub async fn send(
        &self,
        msg: &impl Serialize,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        self.send_to(&self.contract.address, msg, funds).await
    }

    /// Sends another contract of the chain a message, with coins.
    ///
    /// # Errors
    /// As [`Actor::send`].
    pub async fn send_to(
        &self,
        contract: &str,
        msg: &impl Serialize,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        let message = self.contract.chain.execution(&self.key, contract, msg, funds)?;
        self.send_msgs(&[message]).await
    }

    /// Sends the contract a message that may be executed any number of times and pays nothing. It waits for no
    /// transaction of before, and none of later waits for it.
    ///
    /// # Errors
    /// What the contract says, or the chain.
    pub async fn send_repeatable(&self, msg: &impl Serialize) -> anyhow::Result<TxOutcome> {
        let Contract { chain, address } = &self.contract;
        let message = chain.execution(&self.key, address, msg, &[])?;
        Ok(chain.send_repeatable(&self.key, &[message], "").await?)
    }

    /// Sends the chain messages in one transaction.
    ///
    /// # Errors
    /// As [`Actor::send`].
    pub async fn send_msgs(&self, msgs: &[Any]) -> anyhow::Result<TxOutcome> {
        let _turn = self.turn().await?;
        if let Some(done) = self.find_out().await? {
            bail!(
                "{done}; nothing was sent now: see how it stands, and give the command again if you still want it"
            );
        }
        let chain = &self.contract.chain;
        let sent = chain.send_noted(&self.key, msgs, "", |note| self.journal.keep(note)).await;
        let is_unknown = sent.as_ref().is_err_and(|error: &anyhow::Error| {
            matches!(error.downcast_ref(), Some(ChainError::Unknown { .. }))
        });
        if !is_unknown {
            self.journal.forget()?;
        }
        sent
    }

    /// Waits until no other program sends with this key: each would take the other's note for its own.
    async fn turn(&self) -> anyhow::Result<Lock> {
        let deadline = Instant::now() + TURN;
        loop {
            if let Some(turn) = self.journal.turn()? {
                return Ok(turn);
            }
            ensure!(
                Instant::now() < deadline,
                "another program has been sending with the key of {} for {} seconds; see that only one does, and try \
                 again",
                self.address,
                TURN.as_secs()
            );
            sleep(POLL).await;
        }
    }

    /// Finds out what became of a transaction whose fate was not known when the program ended: if a block has it,
    /// says so. While another program sends with this key, the note is that program's, and nothing is said.
    ///
    /// # Errors
    /// It is not known yet, and the key should send nothing before it is.
    pub async fn settle(&self) -> anyhow::Result<Option<String>> {
        match self.journal.turn()? {
            Some(_turn) => self.find_out().await,
            None => Ok(None),
        }
    }

    /// As [`Actor::settle`], for who has the turn.
    async fn find_out(&self) -> anyhow::Result<Option<String>> {
        let Some(note) = self.journal.read()? else { return Ok(None) };
        let Note { hash, until_height, .. } = &note;
        let fate = self.contract.chain.fate(&note).await.with_context(|| {
            format!(
                "what became of transaction {hash}, which was sent before, is not to be found out; look it up, and \
                 remove `{}` when you know it",
                self.journal.file().display()
            )
        })?;
        let told = match fate {
            Fate::Open => bail!(
                "transaction {hash}, which was sent before, is in no block yet and may be in one up to block \
                 {until_height}; nothing was sent now: try again later"
            ),
            Fate::Included { height, result: TxResult { code: 0, .. } } => Some(format!(
                "transaction {hash}, which was sent before, was executed in block {height}"
            )),
            // It changed nothing.
            Fate::Included { .. } | Fate::Never => None,
        };
        self.journal.forget()?;
        Ok(told)
    }
}
