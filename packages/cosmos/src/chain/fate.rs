//! What became of a transaction, asked of the chain: without a guess, and without an index of transactions.

use ibc_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use serde::{Deserialize, Serialize};

use super::{Chain, ChainError, TxOutcome, malformed};
use crate::rpc::{Fault, RpcError, TxResult};
use crate::wire::tx::tx_hash;

/// What a node without an index says: CometBFT v0.38 `rpc/core/tx.go`.
const NO_INDEX: &str = "indexing is disabled";

/// What must be known of a transaction to find out what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its hash, as explorers print it.
    pub hash: String,
    /// Who signed it.
    pub address: String,
    /// Its sequence.
    pub sequence: u64,
    /// The newest block when it was signed.
    pub from_height: u64,
    /// The last block that may have it.
    pub until_height: u64,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A block has it.
    Included {
        /// The block.
        height: u64,
        /// What it did.
        result: TxResult,
    },
    /// No block has it, and none may have it any more.
    Never,
    /// A block may have it still.
    Open,
}

impl Chain {
    /// What became of a transaction.
    ///
    /// # Errors
    /// [`ChainError`] when it is not to be found out: the node does not answer, or has no state or blocks so old.
    pub async fn fate(&self, note: &Note) -> Result<Fate, ChainError> {
        let hash = hash_of(note)?;
        let is_indexed = match self.rpc.tx(&hash).await {
            Ok(Some(found)) => {
                return Ok(Fate::Included { height: found.height, result: found.result });
            }
            Ok(None) => true,
            Err(error) if has_no_index(&error) => false,
            Err(error) => return Err(error.into()),
        };
        let last = self.height().await?.min(note.until_height);
        let is_over = last == note.until_height;
        // An index is behind its chain, and the next answer may come from a node that is behind the last: the
        // account after a certain block is the same on all of them.
        let is_used = match self.sequence_at(note, last).await {
            Ok(next) => next > note.sequence,
            Err(_) if !is_over || !is_indexed => false,
            Err(error) => return Err(error),
        };
        if is_used || !is_indexed {
            if let Some(found) = self.find_in_blocks(note, hash, last).await? {
                return Ok(found);
            }
        }
        // Where its sequence is used and not by it, another one has taken its place.
        Ok(if is_used || is_over { Fate::Never } else { Fate::Open })
    }

    async fn find_in_blocks(
        &self,
        note: &Note,
        hash: [u8; 32],
        last: u64,
    ) -> Result<Option<Fate>, ChainError> {
        for height in note.from_height.saturating_add(1)..=last {
            let body = self.rpc.block(height).await?.block;
            let Some(index) = body.txs().iter().position(|tx| tx_hash(tx) == hash) else {
                continue;
            };
            let result = self.rpc.block_results(height).await?.txs.into_iter().nth(index);
            let result =
                result.ok_or_else(|| malformed("block_results", "fewer than the block"))?;
            return Ok(Some(Fate::Included { height, result }));
        }
        Ok(None)
    }

    /// The signer's next sequence after a block.
    async fn sequence_at(&self, note: &Note, height: u64) -> Result<u64, ChainError> {
        let request = QueryAccountInfoRequest { address: note.address.clone() };
        let path = "/cosmos.auth.v1beta1.Query/AccountInfo";
        let answer: QueryAccountInfoResponse = self.rpc.query(path, &request, height).await?;
        let account = answer.info.ok_or_else(|| malformed("account", "no account in it"))?;
        Ok(account.sequence)
    }
}

impl TxOutcome {
    /// What a transaction did that paid `fee`.
    pub(super) fn new(
        hash: String,
        height: u64,
        fee: u128,
        result: TxResult,
    ) -> Result<Self, ChainError> {
        let TxResult { code, codespace, log, data, gas_wanted, gas_used, events } = result;
        if code != 0 {
            return Err(ChainError::Failed { hash, height, codespace, code, log });
        }
        Ok(Self { hash, height, gas_used, gas_wanted, fee, events, data })
    }
}

fn hash_of(note: &Note) -> Result<[u8; 32], ChainError> {
    let bytes = hex::decode(&note.hash).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| malformed("a transaction's hash", note.hash.clone()))
}

fn has_no_index(error: &RpcError) -> bool {
    matches!(&error.fault, Fault::Refused { data, .. } if data.contains(NO_INDEX))
}
