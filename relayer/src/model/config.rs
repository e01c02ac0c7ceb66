//! What the model is told about chains once, at start.

use std::collections::{BTreeMap, BTreeSet};

use cosmos::Any;
use cosmos::chain::price::PriceModule;
use cosmos::keys::Key;
use cosmos::wire::gas::GasPrice;
use serde::{Deserialize, Serialize};
use tendermint::trust_threshold::TrustThresholdFraction;

use super::facts::TrustTerms;
use super::filter::{Filter, Pattern};
use super::ids::{Address, ChainId, LaneId, PathId, Span};

/// One, in the thousandths in which multipliers are counted.
const ONE: u128 = 1_000;

/// Everything the model is told at start, and again when the operator changes it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The chains.
    pub chains: Vec<ChainConfig>,
    /// After how many failures a message is given up.
    pub max_tries: u16,
    /// How often the state of every channel is compared with what was read; zero: never.
    pub check_every: Span,
    /// Paths on which nothing is sent.
    pub paused: BTreeSet<PathId>,
    /// Paths that serve some channels only, by their ends on the path's first chain.
    pub only: BTreeMap<PathId, Vec<Pattern>>,
}

/// A chain and how to send to it.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Its id.
    pub id: ChainId,
    /// The revision in its heights: the number at the end of the chain id, `0` when it has none.
    pub revision: u64,
    /// The keys that sign, with their accounts; at least one.
    pub lanes: Vec<LaneConfig>,
    /// The account in whose name transactions are simulated.
    pub probe: Probe,
    /// What gas costs, at least.
    pub gas_price: GasPrice,
    /// How the price follows the chain's own, if it does.
    pub dynamic: Option<DynamicPrice>,
    /// What a simulated transaction's gas is multiplied with, in thousandths.
    pub gas_multiplier: u64,
    /// Whether large batches of transfers go without being simulated once their gas is known.
    pub learn_gas: bool,
    /// The most gas of one transaction; `None`: what a block takes, and a default for a single message.
    pub max_gas: Option<u64>,
    /// Messages to the chain are left to other relayers for so many of its blocks.
    pub backup_blocks: u64,
    /// The same for channels on which others bring most messages.
    pub polite_blocks: u64,
    /// Whose channels are opened and closed.
    pub handshakes: Handshakes,
    /// What is not carried.
    pub filter: Filter,
    /// The accounts that pay fees by a grant, instead of the lane; the first that does is taken.
    pub fee_granters: Vec<Address>,
    /// The text in every transaction.
    pub memo: String,
    /// Options in every transaction.
    pub extension_options: Vec<Any>,
    /// `max_gas` of a block; `None` when the chain does not limit it.
    pub block_gas: Option<u64>,
    /// `max_bytes` of a block.
    pub block_bytes: u64,
    /// The most messages in a transaction.
    pub max_msgs: usize,
    /// The time between two blocks by which connections on this chain count their delay in blocks; zero
    /// when they do not.
    pub max_block_time: Span,
    /// The expected time between two blocks, until it is learned.
    pub interval: Span,
    /// For how long clients of this chain trust a header; below the unbonding period.
    pub trusting_period: Span,
    /// The chain's unbonding period.
    pub unbonding_period: Span,
    /// How much of the voting power that clients of this chain trust must have signed a header.
    pub trust_threshold: TrustThresholdFraction,
    /// How far a header of this chain may be ahead of a client's chain.
    pub max_clock_drift: Span,
    /// How long its node may take for one request.
    pub rpc_timeout: Span,
}

impl ChainConfig {
    /// What clients of this chain demand that ferry makes.
    pub const fn terms(&self) -> TrustTerms {
        let Self { trusting_period, trust_threshold, max_clock_drift, .. } = *self;
        TrustTerms { trusting_period, trust_threshold, max_clock_drift }
    }
}

/// Whose channels ferry opens and closes; packets are carried on all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handshakes {
    /// Those that others begin on the connections that ferry serves too.
    #[default]
    All,
    /// Those that `ferry link` asked for.
    Own,
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

/// A price that follows what the chain demands from block to block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicPrice {
    /// What the chain calls it.
    pub module: PriceModule,
    /// What is offered of what the chain demands, in thousandths: the next block may demand more.
    pub multiplier: u64,
    /// Above this price, in units of 10⁻¹⁸ denom per gas, nothing is sent but what cannot wait: updates of clients
    /// that are about to expire, and evidence.
    pub max: u128,
    /// Above this one not even that.
    pub max_urgent: u128,
}

impl DynamicPrice {
    /// What is offered where the chain demands `demand`, in units of 10⁻¹⁸ denom per gas; never below `least`.
    pub(crate) fn offer(&self, demand: u128, least: &GasPrice) -> GasPrice {
        let wanted = demand.saturating_mul(self.multiplier.into()).div_ceil(ONE);
        GasPrice::new(wanted.max(least.atto()), least.denom())
    }

    /// The most that is paid for what can wait, in the denom of `price`.
    pub(crate) fn most(&self, price: &GasPrice) -> GasPrice {
        GasPrice::new(self.max, price.denom())
    }

    /// The most that is paid for what cannot wait.
    pub(crate) fn most_urgent(&self, price: &GasPrice) -> GasPrice {
        GasPrice::new(self.max_urgent, price.denom())
    }
}
