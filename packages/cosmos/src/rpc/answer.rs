//! What a node answers. Numbers come as strings, bytes as base64 or hexadecimal, and `null` for empty lists.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tendermint::Time;

use crate::wire::event::Event;
use crate::wire::json::{bytes, bytes_list, list, number};
use crate::wire::proof::ProofOp;

#[derive(Deserialize)]
pub(super) struct Response<T> {
    pub(super) response: T,
}

/// Where a node is and which chain it follows.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// The node itself.
    pub node_info: NodeInfo,
    /// The blocks it has.
    pub sync_info: SyncInfo,
}

/// The identity of a node.
#[derive(Clone, Debug, Deserialize)]
pub struct NodeInfo {
    /// The chain id.
    pub network: String,
    /// The version of CometBFT, for people.
    pub version: String,
    /// Its settings, for people.
    #[serde(default)]
    pub other: NodeSettings,
}

/// What a node says of its settings.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NodeSettings {
    /// `on` when it keeps an index of transactions.
    #[serde(default)]
    pub tx_index: String,
}

/// The blocks that a node has.
#[derive(Clone, Debug, Deserialize)]
pub struct SyncInfo {
    /// The newest block.
    #[serde(deserialize_with = "number")]
    pub latest_block_height: u64,
    /// Its time.
    pub latest_block_time: Time,
    /// The oldest block it still has.
    #[serde(deserialize_with = "number")]
    pub earliest_block_height: u64,
    /// Whether it is behind and knows it.
    pub catching_up: bool,
}

/// The application's last committed state.
#[derive(Clone, Debug, Deserialize)]
pub struct AbciInfo {
    /// The application's version.
    #[serde(default)]
    pub version: String,
    /// The last committed height.
    #[serde(deserialize_with = "number", default)]
    pub last_block_height: u64,
    /// The hash of the state after it, which the next block's header carries.
    #[serde(deserialize_with = "bytes", default)]
    pub last_block_app_hash: Vec<u8>,
}

/// The application's answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AbciQuery {
    /// Zero if it answered.
    #[serde(default)]
    pub code: u32,
    /// Who refused, if not.
    #[serde(default)]
    pub codespace: String,
    /// Why, if not.
    #[serde(default)]
    pub log: String,
    /// The key asked for.
    #[serde(deserialize_with = "bytes", default)]
    pub key: Vec<u8>,
    /// The value; empty for an absent key.
    #[serde(deserialize_with = "bytes", default)]
    pub value: Vec<u8>,
    /// The height whose state answered.
    #[serde(deserialize_with = "number", default)]
    pub height: u64,
    #[serde(rename = "proofOps", alias = "proof_ops", default)]
    ops: Option<ProofOps>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct ProofOps {
    #[serde(deserialize_with = "list")]
    ops: Vec<ProofOp>,
}

impl AbciQuery {
    /// The steps of the proof, from the key up to the application hash; none without one.
    pub fn proof_ops(&self) -> &[ProofOp] {
        self.ops.as_ref().map_or(&[], |ops| &ops.ops)
    }
}

/// A block.
#[derive(Clone, Debug, Deserialize)]
pub struct Block {
    /// Its hash and the hash of its parts.
    pub block_id: tendermint::block::Id,
    /// What it holds.
    pub block: BlockBody,
}

/// What a block holds.
#[derive(Clone, Debug, Deserialize)]
pub struct BlockBody {
    /// Its header.
    pub header: tendermint::block::Header,
    data: BlockData,
}

impl BlockBody {
    /// The transactions' bytes, in order.
    pub fn txs(&self) -> &[Vec<u8>] {
        &self.data.txs
    }
}

#[derive(Clone, Debug, Deserialize)]
struct BlockData {
    #[serde(deserialize_with = "bytes_list", default)]
    txs: Vec<Vec<u8>>,
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockResults {
    /// The block.
    #[serde(deserialize_with = "number")]
    pub height: u64,
    /// What each transaction did, in the order of the block.
    #[serde(rename = "txs_results", deserialize_with = "list", default)]
    pub txs: Vec<TxResult>,
    /// What happened outside of transactions.
    #[serde(rename = "finalize_block_events", deserialize_with = "list", default)]
    pub events: Vec<Event>,
    /// The limits of the blocks after it, where the chain tells: those that the SDK makes do so with every block, others when
    /// they change.
    #[serde(rename = "consensus_param_updates", deserialize_with = "limits", default)]
    pub limits: Option<BlockParams>,
}

/// What does not read is passed over: what a block did matters more.
fn limits<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BlockParams>, D::Error> {
    #[derive(Deserialize)]
    struct Updates {
        block: Option<BlockParams>,
    }
    let updates = Updates::deserialize(Value::deserialize(from)?);
    Ok(updates.ok().and_then(|updates| updates.block))
}

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TxResult {
    /// Zero if it succeeded.
    #[serde(default)]
    pub code: u32,
    /// Who failed it, if not.
    #[serde(default)]
    pub codespace: String,
    /// Why, if not.
    #[serde(default)]
    pub log: String,
    /// `cosmos.base.abci.v1beta1.TxMsgData`: the messages' answers.
    #[serde(deserialize_with = "bytes", default)]
    pub data: Vec<u8>,
    /// The gas it was allowed.
    #[serde(deserialize_with = "number", default)]
    pub gas_wanted: u64,
    /// The gas it took.
    #[serde(deserialize_with = "number", default)]
    pub gas_used: u64,
    /// What happened; of a failed one only what its ante handlers did.
    #[serde(deserialize_with = "list", default)]
    pub events: Vec<Event>,
}

/// The mempool's answer to an offered transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Broadcast {
    /// Zero if it was taken.
    pub code: u32,
    /// Who refused, if not.
    #[serde(default)]
    pub codespace: String,
    /// Why, if not.
    #[serde(default)]
    pub log: String,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FoundTx {
    /// The block.
    #[serde(deserialize_with = "number")]
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
    /// What it did.
    #[serde(rename = "tx_result")]
    pub result: TxResult,
    /// Its bytes.
    #[serde(deserialize_with = "bytes")]
    pub tx: Vec<u8>,
}

/// One page of a search.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TxPage {
    /// The transactions.
    #[serde(deserialize_with = "list")]
    pub txs: Vec<FoundTx>,
    /// How many there are on all pages.
    #[serde(rename = "total_count", deserialize_with = "number")]
    pub total: u64,
}

/// The limits of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockParams {
    /// The most bytes; -1 for the most that CometBFT allows, 100 MiB.
    #[serde(deserialize_with = "number")]
    pub max_bytes: i64,
    /// The most gas; -1 for any, or 0, which block results leave out.
    ///
    /// Source: Cosmos SDK v0.50 `baseapp/baseapp.go`, `getBlockGasMeter`.
    #[serde(deserialize_with = "number", default)]
    pub max_gas: i64,
}
