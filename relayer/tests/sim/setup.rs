//! What a world begins with: its faults, its chains' settings, the path that is wanted.

use cosmos::keys::Key;
use cosmos::wire::gas::GasPrice;
use ferry::model::config::{ChainConfig, Handshakes, LaneConfig, Probe};
use ferry::model::filter::Filter;
use ferry::model::ids::{Both, ChainId, LaneId, Order, PathId, Side, Span};
use ferry::model::rows::{ChannelEnd, ChannelRow, EndState, Ibc, PathRow};

use tendermint::trust_threshold::TrustThresholdFraction;

use crate::chain::PREFIX;

/// What goes wrong, in percent of the occasions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Of the answers: never come.
    pub(crate) lost: u64,
    /// Of the answers: take seconds, so that blocks come in between.
    pub(crate) slow: u64,
    /// Of the answers: come twice.
    pub(crate) twice: u64,
    /// Of the offers and reads: reach a node that is behind.
    pub(crate) stale: u64,
    /// Of the blocks: a transaction vanishes from the mempool.
    pub(crate) vanish: u64,
    /// Of the steps: the process is killed.
    pub(crate) kill: u64,
    /// Of the blocks: a rival relays what it sees.
    pub(crate) rival: u64,
    /// Of the blocks: the mempool is checked again only a while after, and is taken to be empty until then.
    pub(crate) recheck: u64,
    /// Of the blocks: others offer more than the mempool holds, and pay more.
    pub(crate) evict: u64,
}

impl Faults {
    /// Nothing goes wrong.
    pub(crate) const NONE: Self = Self {
        lost: 0,
        slow: 0,
        twice: 0,
        stale: 0,
        vanish: 0,
        kill: 0,
        rival: 0,
        recheck: 0,
        evict: 0,
    };
}

/// Packets to send.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// Seconds after the channel opened.
    pub(crate) at: u64,
    pub(crate) from: Side,
    pub(crate) count: u64,
    pub(crate) expiry: Expiry,
}

/// When a packet times out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expiry {
    /// So many seconds after it was sent.
    Seconds(u64),
    /// So many blocks of the other chain after it was sent.
    Blocks(u64),
}

/// How a world differs from the usual one.
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) order: Order,
    /// What packets take.
    pub(crate) ibc: Ibc,
    /// Chain ids with their revisions.
    pub(crate) chains: Both<(&'static str, u64)>,
    pub(crate) trusting_period: Span,
    /// How far the clock of chain B is behind, in nanoseconds.
    pub(crate) lag: u64,
    /// By how much the connection delays packets.
    pub(crate) delay: Span,
    /// What else the chains' configurations say.
    pub(crate) adjust: fn(&mut ChainConfig),
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            faults: Faults::default(),
            order: Order::Unordered,
            ibc: Ibc::V1,
            chains: Both { a: ("alpha-1", 1), b: ("beta-4", 4) },
            trusting_period: Span::seconds(100_000),
            lag: 0,
            delay: Span(0),
            adjust: |_| {},
        }
    }
}

pub(crate) fn lane(chain: &str, key: &Key) -> LaneId {
    let address = key.address(PREFIX).expect("the prefix is valid").as_str().into();
    LaneId { chain: chain.into(), address }
}

pub(crate) fn chain_config(chain: &str, revision: u64, key: Key) -> ChainConfig {
    ChainConfig {
        id: chain.into(),
        revision,
        lanes: vec![LaneConfig { id: lane(chain, &key), key }],
        probe: Probe { address: "sim1probe".into(), sequence: 0 },
        gas_price: GasPrice::new(25_000_000_000_000_000, "stake"),
        dynamic: None,
        gas_multiplier: 1_020,
        learn_gas: true,
        max_gas: None,
        backup_blocks: 0,
        polite_blocks: 1,
        handshakes: Handshakes::All,
        filter: Filter::default(),
        fee_granters: Vec::new(),
        memo: "ferry".to_owned(),
        extension_options: Vec::new(),
        block_gas: Some(20_000_000),
        block_bytes: 4_000_000,
        max_msgs: 100,
        max_block_time: Span::seconds(30),
        interval: Span::seconds(1),
        trusting_period: Span::seconds(100_000),
        unbonding_period: Span::seconds(150_000),
        trust_threshold: TrustThresholdFraction::ONE_THIRD,
        max_clock_drift: Span::seconds(15),
        rpc_timeout: Span::seconds(5),
    }
}

/// The path that all worlds begin with: nothing is there, everything is wanted.
pub(crate) fn wanted(
    chains: Both<ChainId>,
    order: Order,
    delay: Span,
) -> (PathRow, Vec<ChannelRow>) {
    let path = PathId::from("ab");
    let ports = Both { a: "transfer", b: "transfer" };
    let channel = ChannelRow { order, ..unopened(&path, 0, ports, "ics20-1") };
    let path = PathRow { path, chains, ends: Both::default(), create: true, delay, ibc: Ibc::V1 };
    (path, vec![channel])
}

pub(crate) fn unopened(path: &PathId, index: u32, ports: Both<&str>, version: &str) -> ChannelRow {
    let end = |port: &str| ChannelEnd {
        port: port.into(),
        channel: None,
        state: EndState::None,
        since: 0,
    };
    ChannelRow {
        path: path.clone(),
        index,
        version: version.to_owned(),
        order: Order::Unordered,
        wanted: true,
        ends: Both { a: end(ports.a), b: end(ports.b) },
    }
}
