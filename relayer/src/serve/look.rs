//! What is shown of a ferry: one look at everything it knows, of bounded size.

mod paid;
mod take;

use serde::Serialize;

use crate::model::ids::{ChainId, ChannelId, PathId, PortId};
use crate::model::rows::Ibc;
pub use paid::{PaidFor, PaidLook, PeriodLook};

/// Everything that is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    /// Ferry's version.
    pub version: &'static str,
    /// When ferry looked, in milliseconds since 1970.
    pub time_ms: u64,
    /// For how long ferry has been running.
    pub uptime_seconds: u64,
    /// The chains.
    pub chains: Vec<ChainLook>,
    /// The paths.
    pub paths: Vec<PathLook>,
    /// The clients.
    pub clients: Vec<ClientLook>,
    /// The channels, those with the most pending packets first. Where there are too many, those that `allow_channels`
    /// names are among them, then those that are open.
    pub channels: Vec<ChannelLook>,
    /// How many channels there are.
    pub channels_total: usize,
    /// Pending packets, the oldest first.
    pub packets: Vec<PacketLook>,
    /// How many packets are pending.
    pub packets_total: usize,
    /// Those of them that are given up, the oldest first, as far as packets are listed.
    pub given_up: Vec<PacketLook>,
    /// Transactions on their way.
    pub transactions: Vec<TransactionLook>,
    /// How many transactions are on their way.
    pub transactions_total: usize,
    /// What was not read and is being scanned, or holds packets that cannot be moved.
    pub gaps: Vec<GapLook>,
    /// What was done since the start, by direction of channels. The last one has no names where there were too many:
    /// what the others did together.
    pub costs: Vec<CostLook>,
    /// From the block that sends a packet to the one that receives it.
    pub receive_latency: LatencyLook,
    /// From the block that sends a packet to the one that takes its acknowledgement.
    pub complete_latency: LatencyLook,
    /// The last hour.
    pub history: HistoryLook,
    /// Transactions that a mempool refused since the start, by kind.
    pub refusals: Vec<RefusalLook>,
    /// Questions to nodes since the start, by kind.
    pub queries: Vec<(&'static str, u64)>,
}

/// A chain.
#[derive(Clone, Debug, Serialize)]
pub struct ChainLook {
    /// Its id.
    pub chain: ChainId,
    /// The last block read.
    pub height: u64,
    /// How long ago that block was made.
    pub block_age_seconds: u64,
    /// The mean time between two blocks.
    pub interval_ms: u64,
    /// The accounts that sign.
    pub keys: Vec<KeyLook>,
    /// The price of gas that is in use: where it follows the chain's, with the margin for the next block.
    pub gas_price: String,
    /// The block after which the chain told that price; none while it is that of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas_price_height: Option<u64>,
    /// Why nothing but urgent updates is sent there for the price of gas; none when it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// The denom of fees.
    pub denom: String,
    /// What was done there since the start.
    #[serde(flatten)]
    pub done: ChainDone,
}

/// A key of a chain.
#[derive(Clone, Debug, Serialize)]
pub struct KeyLook {
    /// Its account.
    pub address: String,
    /// How many clients it signs for now.
    pub clients: usize,
    /// Its transactions on their way.
    pub transactions: usize,
    /// What keeps it from signing; none when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

impl KeyLook {
    /// What keeps the key from signing, with its name.
    pub fn obstacle(&self) -> Option<String> {
        self.paused.as_ref().map(|why| format!("{}: {why}", self.address))
    }
}

/// What was done on a chain since the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChainDone {
    /// Blocks read.
    pub blocks: u64,
    /// Transactions that succeeded.
    pub transactions_succeeded: u64,
    /// Transactions that failed, and were paid for.
    pub transactions_failed: u64,
    /// Transactions that a mempool refused, and that cost nothing.
    pub transactions_refused: u64,
    /// Messages beside client updates.
    pub messages: u64,
    /// Messages that others had done before, and that were paid for.
    pub messages_redundant: u64,
    /// Client updates.
    pub client_updates: u64,
    /// Gas that was allowed.
    pub gas_wanted: u64,
    /// Gas that was used.
    pub gas_used: u64,
    /// Fees paid, in `denom`.
    pub fees: String,
    /// How often blocks could not be read and the state was scanned instead.
    pub gaps_met: u64,
    /// How often somebody else signed with the key.
    pub foreign_transactions: u64,
}

/// A path.
#[derive(Clone, Debug, Serialize)]
pub struct PathLook {
    /// Its name.
    pub path: PathId,
    /// `V1`, or `V2` where the pair of clients is all there is.
    pub ibc: Ibc,
    /// Its two ends.
    pub ends: [PathEndLook; 2],
    /// How many channels it has.
    pub channels: usize,
    /// How many packets are pending.
    pub pending: usize,
    /// How long ago the oldest of them was sent.
    pub oldest_age_seconds: Option<u64>,
    /// Those of them whose messages failed too often and are not tried any more.
    pub given_up: usize,
    /// Whether the configuration pauses it.
    pub paused: bool,
}

/// One end of a path.
#[derive(Clone, Debug, Serialize)]
pub struct PathEndLook {
    /// The chain.
    pub chain: ChainId,
    /// The client there.
    pub client: Option<String>,
    /// The connection there.
    pub connection: Option<String>,
    /// The state of the connection.
    pub state: &'static str,
    /// What everything waits for that goes to this chain; none when nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// Why a node or the chain refuses again and again what goes there; none when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct ClientLook {
    /// The path.
    pub path: PathId,
    /// The chain that it is on.
    pub chain: ChainId,
    /// Its id.
    pub client: String,
    /// The chain that it follows.
    pub follows: ChainId,
    /// How long it still takes updates; none until the chain has told.
    pub seconds_left: Option<u64>,
    /// Its trusting period; none until the chain has told.
    pub trusting_period_seconds: Option<u64>,
    /// Updates that ferry sent since the start.
    pub updates: u64,
    /// Proofs of misbehaviour that ferry showed it since the start.
    pub misbehaviours: u64,
    /// Why it takes no updates; none when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint: Option<String>,
}

/// A channel.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelLook {
    /// The path.
    pub path: PathId,
    /// Its two ends.
    pub ends: [ChannelEndLook; 2],
    /// Whether packets arrive one after the other.
    pub ordered: bool,
    /// How many packets are pending, in both directions.
    pub pending: usize,
    /// How long ago the oldest of them was sent.
    pub oldest_age_seconds: Option<u64>,
}

/// One end of a channel.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelEndLook {
    /// The chain.
    pub chain: ChainId,
    /// The port.
    pub port: PortId,
    /// The channel, once there is one.
    pub channel: Option<ChannelId>,
    /// Its state.
    pub state: &'static str,
    /// Pending packets that it sent.
    pub pending: usize,
    /// The oldest of them.
    pub oldest_sequence: Option<u64>,
}

impl ChannelLook {
    /// Each end, with the chain of the other one.
    pub fn with_counterparties(&self) -> [(&ChannelEndLook, &ChainId); 2] {
        let [a, b] = &self.ends;
        [(a, &b.chain), (b, &a.chain)]
    }
}

/// A pending packet.
#[derive(Clone, Debug, Serialize)]
pub struct PacketLook {
    /// The path.
    pub path: PathId,
    /// The chain that sent it.
    pub from: ChainId,
    /// The chain that receives it.
    pub to: ChainId,
    /// The port that sent it.
    pub port: String,
    /// The channel that sent it.
    pub channel: String,
    /// Its sequence.
    pub sequence: u64,
    /// How long ago it was sent; none when that was not seen.
    pub age_seconds: Option<u64>,
    /// How far it is: `sent`, `received`, `acknowledged`.
    pub stage: &'static str,
    /// Whether its next message failed too often and is not tried any more.
    pub given_up: bool,
    /// Why it has not moved.
    pub why: String,
    /// Why its message failed the last time it was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

/// A transaction on its way.
#[derive(Clone, Debug, Serialize)]
pub struct TransactionLook {
    /// The chain.
    pub chain: ChainId,
    /// The sequence of the account.
    pub sequence: u64,
    /// How many messages it has beside client updates.
    pub messages: usize,
    /// Its gas limit.
    pub gas_limit: u64,
    /// The last height that may include it.
    pub until_height: u64,
}

/// Something that was not read.
#[derive(Clone, Debug, Serialize)]
pub struct GapLook {
    /// The path.
    pub path: PathId,
    /// What was not read, such as `packets from transfer/channel-0 of a-1`.
    pub what: String,
    /// How many packets cannot be moved since their data cannot be had; zero while it is being scanned.
    pub lost: usize,
    /// The first of them.
    pub sequences: Vec<u64>,
    /// Why the last of them cannot be moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Transactions that a mempool refused.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalLook {
    /// The account that signed.
    pub account: String,
    /// The error, as its module counts them.
    pub code: u32,
    /// What that module calls it.
    pub description: String,
    /// How many there were since the start.
    pub count: u64,
}

/// The other end of a direction of a channel.
#[derive(Clone, Debug, Serialize)]
pub struct OtherEnd {
    /// The chain that receives.
    pub chain: ChainId,
    /// The port that receives.
    pub port: PortId,
    /// The channel that receives.
    pub channel: ChannelId,
}

/// What was done for one direction of a channel since the start.
#[derive(Clone, Debug, Serialize)]
pub struct CostLook {
    /// The chain that sends.
    pub chain: ChainId,
    /// The port that sends.
    pub port: PortId,
    /// The channel that sends.
    pub channel: ChannelId,
    /// The end that receives, once a packet was seen since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<OtherEnd>,
    /// Packets that were left to others for what is in them.
    pub filtered: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets received, by whomever.
    pub received: u64,
    /// Packets acknowledged, by whomever.
    pub acknowledged: u64,
    /// Packets timed out, by whomever.
    pub timed_out: u64,
    /// Receipts that are ours.
    pub our_receipts: u64,
    /// Acknowledgements that are ours.
    pub our_acknowledgements: u64,
    /// Timeouts that are ours.
    pub our_timeouts: u64,
    /// Messages of ours that others had done before.
    pub redundant: u64,
    /// What our messages cost, by the chain that took the fee.
    pub fees: Vec<Fee>,
}

/// A fee.
#[derive(Clone, Debug, Serialize)]
pub struct Fee {
    /// The chain that took it.
    pub chain: ChainId,
    /// How much.
    pub amount: String,
    /// Of what.
    pub denom: String,
}

/// How long something took.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyLook {
    /// How often it was seen.
    pub count: u64,
    /// How long all took together.
    pub sum_ms: u64,
    /// Bound of each class in milliseconds, and how many did not exceed it.
    pub classes: Vec<(u64, u64)>,
}

/// The last hour in pieces, oldest first.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryLook {
    /// How long a piece lasts.
    pub step_seconds: u64,
    /// When the first piece began, in milliseconds since 1970.
    pub begin_ms: u64,
    /// Packets sent in each.
    pub sent: Vec<u64>,
    /// Packets received in each.
    pub received: Vec<u64>,
    /// Packets acknowledged or timed out in each.
    pub completed: Vec<u64>,
    /// Median from sent to received, in milliseconds; none where nothing was received.
    pub median_ms: Vec<Option<u64>>,
    /// What 95 of 100 did not exceed.
    pub p95_ms: Vec<Option<u64>>,
}
