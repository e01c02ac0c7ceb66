//! What the model is told about chains once, at start.

use cosmos::keys::Key;
use cosmos::wire::gas::GasPrice;

use super::ids::{Address, ChainId, LaneId, Span};

/// Everything the model is told at start.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The chains.
    pub chains: Vec<ChainConfig>,
    /// After how many failures a message is given up.
    pub max_tries: u16,
}

/// A chain and how to send to it.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Its id.
    pub id: ChainId,
    /// The revision in its heights: the number at the end of the chain id, `0` when it has none.
    pub revision: u64,
    /// The key that signs, and its account.
    pub lane: LaneConfig,
    /// The account in whose name transactions are simulated.
    pub probe: Probe,
    /// What gas costs.
    pub gas_price: GasPrice,
    /// The account that pays fees by a grant, instead of the lane.
    pub fee_granter: Option<Address>,
    /// The text in every transaction.
    pub memo: String,
    /// `max_gas` of a block; `None` when the chain does not limit it.
    pub block_gas: Option<u64>,
    /// `max_bytes` of a block.
    pub block_bytes: u64,
    /// The most messages in a transaction.
    pub max_msgs: usize,
    /// The expected time between two blocks, until it is learned.
    pub interval: Span,
    /// For how long clients of this chain trust a header; below the unbonding period.
    pub trusting_period: Span,
    /// The chain's unbonding period.
    pub unbonding_period: Span,
    /// How far a header of this chain may be ahead of a client's chain.
    pub max_clock_drift: Span,
}

/// A key and its account on a chain.
#[derive(Clone, Debug)]
pub struct LaneConfig {
    /// Chain and address.
    pub id: LaneId,
    /// The key.
    pub key: Key,
}

/// An account that exists and never signs, so that its sequence stays as it is.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its address.
    pub address: Address,
    /// Its sequence.
    pub sequence: u64,
}
