//! Transactions: a dry run, a signature with an end, and the wait for a block.

use ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use tokio::time::{Instant, sleep};

use super::{Account, Chain, ChainError, Fate, Note, TxOutcome, malformed};
use crate::Any;
use crate::keys::Key;
use crate::rpc::{Fault, QueryError, RpcError};
use crate::wire::sign::sign;
use crate::wire::tx::{Fee, SignedTx, TxPlan, unsigned};

/// How often a node is asked whether a block has a transaction.
const POLL: std::time::Duration = std::time::Duration::from_millis(250);
/// For how many blocks a transaction is good: after them it is certain that it is not executed any more.
const LIFE: u64 = 30;
/// What a node says of a transaction that its mempool did not take: CometBFT v0.38 `mempool/errors.go`.
const NOT_TAKEN: [&str; 2] = ["mempool is full", "tx too large"];

/// How much gas a transaction may take, seen from what its dry run took, and who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeTerms {
    /// What the gas of the dry run is multiplied with, in thousandths.
    pub multiplier: u64,
    /// Gas on top of that.
    pub margin: u64,
    /// The account that pays by a grant; none: the one that signs.
    pub granter: Option<String>,
    /// Options in every transaction, which a chain refuses if it does not know them.
    pub extension_options: Vec<Any>,
}

impl Default for FeeTerms {
    /// 1.3 times what the dry run takes, paid by the account that signs.
    fn default() -> Self {
        Self { multiplier: 1_300, margin: 0, granter: None, extension_options: Vec::new() }
    }
}

/// What is to be signed, and by whom.
#[derive(Clone, Copy)]
struct Draft<'a> {
    key: &'a Key,
    msgs: &'a [Any],
    memo: &'a str,
    /// Where the account's own is not to be used.
    sequence: Option<u64>,
}

/// A transaction that is signed, and what must be known to find it again.
struct Signed {
    tx: SignedTx,
    note: Note,
    fee: u128,
}

impl Chain {
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
    /// The gas limit follows from what a dry run takes by the chain's [`FeeTerms`]. One key must not send twice at a
    /// time.
    ///
    /// # Errors
    /// [`ChainError::WouldFail`], [`ChainError::TooMuchGas`], [`ChainError::Refused`] and
    /// [`ChainError::NotIncluded`] cost nothing; [`ChainError::Failed`] the fee; after [`ChainError::Unknown`] the
    /// transaction may still be executed. Once it is signed no other error comes.
    pub async fn send_msgs(
        &self,
        key: &Key,
        msgs: &[Any],
        memo: &str,
    ) -> Result<TxOutcome, ChainError> {
        self.send_noted(key, msgs, memo, |_| Ok(())).await
    }

    /// As [`Chain::send_msgs`]; before a transaction leaves, `keep` is given what finds out later what became of it,
    /// should this process not live to see it.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`]; or that of `keep`, and then nothing was sent.
    pub async fn send_noted<E: From<ChainError>>(
        &self,
        key: &Key,
        msgs: &[Any],
        memo: &str,
        keep: impl Fn(&Note) -> Result<(), E>,
    ) -> Result<TxOutcome, E> {
        let draft = Draft { key, msgs, memo, sequence: None };
        match self.try_send(draft, &keep).await? {
            // A transaction of before was still on its way when the sequence was read.
            Err(error) if error.is_sequence_mismatch() => Ok(self.try_send(draft, &keep).await??),
            other => Ok(other?),
        }
    }

    /// As [`Chain::send_msgs`], for what may be executed any number of times and pays nothing: it does not wait for a
    /// transaction of before whose fate is not known. A node that holds that one gets this one signed behind it; to
    /// all others it is signed instead of it, under the same sequence, so that a block takes one of the two.
    ///
    /// # Errors
    /// As [`Chain::send_msgs`].
    pub async fn send_repeatable(
        &self,
        key: &Key,
        msgs: &[Any],
        memo: &str,
    ) -> Result<TxOutcome, ChainError> {
        let keep = |_: &Note| Ok::<_, ChainError>(());
        let draft = Draft { key, msgs, memo, sequence: None };
        match self.try_send(draft, &keep).await? {
            Err(error) if error.is_sequence_mismatch() => {
                let sequence = error.expected_sequence();
                self.try_send(Draft { sequence, ..draft }, &keep).await?
            }
            other => other,
        }
    }

    async fn try_send<E>(
        &self,
        draft: Draft<'_>,
        keep: &impl Fn(&Note) -> Result<(), E>,
    ) -> Result<Result<TxOutcome, ChainError>, E> {
        let signed = match self.sign_msgs(draft).await {
            Ok(signed) => signed,
            Err(error) => return Ok(Err(error)),
        };
        keep(&signed.note)?;
        Ok(self.deliver(&signed).await)
    }

    async fn sign_msgs(&self, draft: Draft<'_>) -> Result<Signed, ChainError> {
        let Draft { key, msgs, memo, sequence } = draft;
        let address = self.address(key)?;
        let mut account = self.account(&address).await?;
        account.sequence = sequence.unwrap_or(account.sequence);
        let gas = self.simulate_as(key, account, msgs, memo).await?;
        let fee = self.fee(gas)?;
        let from_height = self.height().await?;
        let until_height = from_height.saturating_add(LIFE);
        let plan = TxPlan { timeout_height: until_height, ..self.plan(account, msgs, memo, &fee) };
        let tx = sign(key, &plan);
        let sequence = account.sequence;
        let note = Note { hash: tx.hash_hex(), address, sequence, from_height, until_height };
        Ok(Signed { tx, note, fee: fee.amount })
    }

    /// The fee of a transaction whose dry run took this much gas.
    ///
    /// # Errors
    /// [`ChainError::TooMuchGas`].
    pub fn fee(&self, simulated: u64) -> Result<Fee, ChainError> {
        let FeeTerms { multiplier, margin, granter, .. } = self.fees.clone();
        let gas_limit = simulated.saturating_mul(multiplier).div_ceil(1_000).saturating_add(margin);
        let amount = self.config.gas_price.fee(gas_limit);
        let denom = self.config.gas_price.denom().to_owned();
        if gas_limit > self.max_gas {
            return Err(ChainError::TooMuchGas {
                gas: gas_limit,
                fee: amount,
                denom,
                most: self.max_gas,
            });
        }
        Ok(Fee { gas_limit, amount, denom, granter })
    }

    async fn simulate_as(
        &self,
        key: &Key,
        account: Account,
        msgs: &[Any],
        memo: &str,
    ) -> Result<u64, ChainError> {
        // A dry run takes the fee it is told, from whom it is told, and without one skips 16,000 gas of taking it.
        let amount = self.config.gas_price.fee(1).min(1);
        let denom = self.config.gas_price.denom().to_owned();
        let least = Fee { gas_limit: 0, amount, denom, granter: self.fees.granter.clone() };
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
            extension_options: &self.fees.extension_options,
        }
    }

    /// Offers a transaction and waits for its fate. A node that fails in between is asked again: from the signature
    /// on an error must not hide that the transaction may be executed.
    async fn deliver(&self, signed: &Signed) -> Result<TxOutcome, ChainError> {
        let Signed { tx, note, fee } = signed;
        let mut reason = "no block has it yet".to_owned();
        match self.rpc.broadcast_tx_sync(&tx.bytes).await {
            Ok(answer) if answer.code == 0 => {}
            Ok(answer) => {
                return Err(ChainError::Refused {
                    hash: note.hash.clone(),
                    codespace: answer.codespace,
                    code: answer.code,
                    log: answer.log,
                });
            }
            Err(error) if was_not_taken(&error) => return Err(error.into()),
            Err(error) => reason = error.to_string(),
        }
        let deadline = Instant::now() + self.patience;
        loop {
            match self.fate(note).await {
                Ok(Fate::Included { height, result }) => {
                    return TxOutcome::new(note.hash.clone(), height, *fee, result);
                }
                Ok(Fate::Never) => return Err(not_included(note)),
                Ok(Fate::Open) => {}
                Err(error) => reason = error.to_string(),
            }
            if Instant::now() >= deadline {
                let Note { hash, until_height, .. } = note.clone();
                return Err(ChainError::Unknown { hash, until_height, reason });
            }
            sleep(POLL).await;
        }
    }
}

fn not_included(note: &Note) -> ChainError {
    ChainError::NotIncluded { hash: note.hash.clone(), until_height: note.until_height }
}

/// Whether a node said for certain that it does not have a transaction.
fn was_not_taken(error: &RpcError) -> bool {
    matches!(&error.fault, Fault::Refused { data, .. } if NOT_TAKEN.iter().any(|said| data.to_lowercase().contains(said)))
}
