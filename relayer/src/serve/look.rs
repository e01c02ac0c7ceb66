//! What is shown of a ferry: one look at everything it knows, of bounded size.

use serde::Serialize;

use crate::drive::tally::{
    ChainTally, HISTORY_STEP, LATENCY_CLASSES, Latency, Moment, RouteTally, Tally,
};
use crate::model::Model;
use crate::model::ids::{
    ChainId, ChannelId, End, Ends, FlowId, PacketKey, PathId, PortId, Side, Time,
};
use crate::model::rows::{ChannelRow, EndState, PacketRow, PathRow};
use crate::plan::explain::{explain, obstacle};

/// Channels that are listed; those with the most pending packets come first.
const MAX_CHANNELS: usize = 500;
/// Undecided transactions that are listed, the oldest first.
const MAX_TRANSACTIONS: usize = 100;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

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
    /// The channels, those with the most pending packets first.
    pub channels: Vec<ChannelLook>,
    /// How many channels there are.
    pub channels_total: usize,
    /// Pending packets, the oldest first.
    pub packets: Vec<PacketLook>,
    /// How many packets are pending.
    pub packets_total: usize,
    /// Transactions on their way.
    pub transactions: Vec<TransactionLook>,
    /// How many transactions are on their way.
    pub transactions_total: usize,
    /// What was not read and is being scanned, or holds packets that cannot be moved.
    pub gaps: Vec<GapLook>,
    /// What was done since the start, by direction of channels.
    pub costs: Vec<CostLook>,
    /// From the block that sends a packet to the one that receives it.
    pub receive_latency: LatencyLook,
    /// From the block that sends a packet to the one that takes its acknowledgement.
    pub complete_latency: LatencyLook,
    /// The last hour.
    pub history: HistoryLook,
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
    /// The account that signs.
    pub address: String,
    /// The price of gas.
    pub gas_price: String,
    /// The denom of fees.
    pub denom: String,
    /// What keeps the account from signing; none when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<&'static str>,
    /// What was done there since the start.
    #[serde(flatten)]
    pub done: ChainDone,
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
    /// Its two ends.
    pub ends: [PathEndLook; 2],
    /// How many channels it has.
    pub channels: usize,
    /// How many packets are pending.
    pub pending: usize,
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
    /// Why it has not moved.
    pub why: String,
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
    /// How many packets cannot be moved since their data cannot be had; zero while it is being scanned.
    pub lost: usize,
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

/// The pending packets of one direction of a channel.
struct Pending {
    key: PacketKey,
    count: usize,
    oldest: u64,
    oldest_sent: Option<Time>,
}

impl Look {
    /// Looks, listing at most so many packets. `now` is the clock's time.
    pub fn of(model: &Model, tally: &Tally, now: Time, max_packets: usize) -> Self {
        let pending = pending(model);
        let mut channels: Vec<ChannelLook> = model
            .paths()
            .flat_map(|path| model.channels(&path.path).map(move |row| (path, row)))
            .map(|(path, row)| channel(path, row, &pending, now))
            .collect();
        let channels_total = channels.len();
        channels.sort_by_key(|channel| std::cmp::Reverse(channel.pending));
        channels.truncate(MAX_CHANNELS);
        let slots = || model.slots();
        let transactions = slots().take(MAX_TRANSACTIONS).map(|slot| TransactionLook {
            chain: slot.id.lane.chain.clone(),
            sequence: slot.id.sequence,
            messages: slot.works.len(),
            gas_limit: slot.gas_limit,
            until_height: slot.timeout_height,
        });
        Self {
            version: env!("CARGO_PKG_VERSION"),
            time_ms: now.0 / MILLI,
            uptime_seconds: now.since(tally.started).0 / SECOND,
            chains: model
                .config
                .values()
                .map(|config| chain(model, tally, &config.id, now))
                .collect(),
            paths: model.paths().map(|row| path(model, row)).collect(),
            clients: model.flow_ids().filter_map(|id| client(model, &id, now)).collect(),
            channels,
            channels_total,
            packets: packets(model, now, max_packets),
            packets_total: model.packets().count(),
            transactions: transactions.collect(),
            transactions_total: slots().count(),
            gaps: gaps(model),
            costs: costs(model, tally),
            receive_latency: latency(&tally.receive_latency),
            complete_latency: latency(&tally.complete_latency),
            history: history(tally),
            queries: tally.asked.iter().map(|(name, count)| (*name, *count)).collect(),
        }
    }
}

fn chain(model: &Model, tally: &Tally, id: &ChainId, now: Time) -> ChainLook {
    let config = &model.config[id];
    let tip = model.cursor(id);
    let lane = model.lanes.get(&config.lane.id);
    let paused = match lane {
        Some(lane) if lane.is_usable() => None,
        Some(lane) if lane.account.is_some() => Some("somebody else signs with its key"),
        _ => Some("its account is not known yet"),
    };
    let done = tally.chains.get(id).cloned().unwrap_or_default();
    ChainLook {
        chain: id.clone(),
        height: tip.map_or(0, |tip| tip.height),
        block_age_seconds: tip.map_or(0, |tip| now.since(tip.time).0 / SECOND),
        interval_ms: model.interval(id).0 / MILLI,
        address: config.lane.id.address.to_string(),
        gas_price: config.gas_price.to_string(),
        denom: config.gas_price.denom().to_owned(),
        paused,
        done: done.into(),
    }
}

impl From<ChainTally> for ChainDone {
    fn from(tally: ChainTally) -> Self {
        Self {
            blocks: tally.blocks,
            transactions_succeeded: tally.succeeded,
            transactions_failed: tally.failed,
            transactions_refused: tally.refused,
            messages: tally.messages,
            messages_redundant: tally.redundant,
            client_updates: tally.updates,
            gas_wanted: tally.gas_wanted,
            gas_used: tally.gas_used,
            fees: tally.fees.to_string(),
            gaps_met: tally.gaps,
            foreign_transactions: tally.foreign,
        }
    }
}

fn path(model: &Model, row: &PathRow) -> PathLook {
    let end = |side: Side| {
        let (chain, end) = (row.chains.on(side), row.ends.on(side));
        PathEndLook {
            chain: chain.clone(),
            client: end.client.as_ref().map(ToString::to_string),
            connection: end.connection.as_ref().map(ToString::to_string),
            state: word(end.state),
            waits: obstacle(model, &row.path, side),
        }
    };
    PathLook {
        path: row.path.clone(),
        ends: [end(Side::A), end(Side::B)],
        channels: model.channels(&row.path).count(),
        pending: model.packets().filter(|packet| packet.path == row.path).count(),
    }
}

fn client(model: &Model, id: &FlowId, now: Time) -> Option<ClientLook> {
    let row = model.path(&id.path)?;
    let life = model.client_life(id);
    Some(ClientLook {
        path: id.path.clone(),
        chain: row.chains.on(id.to).clone(),
        client: row.ends.on(id.to).client.as_ref()?.to_string(),
        follows: row.chains.on(id.to.other()).clone(),
        seconds_left: life.map(|(end, _)| end.since(now).0 / SECOND),
        trusting_period_seconds: life.map(|(_, period)| period.0 / SECOND),
        complaint: model.flows.get(id).and_then(|flow| flow.parked.clone()),
    })
}

/// The pending packets by direction. Packets of one direction stand together in the record.
fn pending(model: &Model) -> Vec<Pending> {
    let mut all: Vec<Pending> = Vec::new();
    for row in model.packets() {
        match all.last_mut() {
            Some(last) if std::sync::Arc::ptr_eq(&last.key.route, &row.key.route) => {
                last.count += 1
            }
            _ => all.push(Pending {
                key: row.key.clone(),
                count: 1,
                oldest: row.key.seq,
                oldest_sent: sent_at(model, row),
            }),
        }
    }
    all
}

fn sent_at(model: &Model, row: &PacketRow) -> Option<Time> {
    model.time_near(&row.key.route.from, row.sent?)
}

fn channel(path: &PathRow, row: &ChannelRow, pending: &[Pending], now: Time) -> ChannelLook {
    let sends = |side: Side| {
        let (chain, end) = (path.chains.on(side), row.ends.on(side));
        pending.iter().filter(move |pending| {
            let Ends::V1 { src, .. } = &pending.key.route.ends;
            pending.key.route.from == *chain
                && src.port == end.port
                && end.channel.as_ref() == Some(&src.channel)
        })
    };
    let end = |side: Side| ChannelEndLook {
        chain: path.chains.on(side).clone(),
        port: row.ends.on(side).port.clone(),
        channel: row.ends.on(side).channel.clone(),
        state: word(row.ends.on(side).state),
        pending: sends(side).map(|pending| pending.count).sum(),
        oldest_sequence: sends(side).map(|pending| pending.oldest).min(),
    };
    let ends = [end(Side::A), end(Side::B)];
    let oldest =
        sends(Side::A).chain(sends(Side::B)).filter_map(|pending| pending.oldest_sent).min();
    ChannelLook {
        path: path.path.clone(),
        ordered: row.order == crate::model::ids::Order::Ordered,
        pending: ends.iter().map(|end| end.pending).sum(),
        oldest_age_seconds: oldest.map(|sent| now.since(sent).0 / SECOND),
        ends,
    }
}

fn packets(model: &Model, now: Time, limit: usize) -> Vec<PacketLook> {
    let mut rows: Vec<(Option<Time>, &PacketRow)> =
        model.packets().map(|row| (sent_at(model, row), row)).collect();
    rows.sort_by_key(|(sent, _)| *sent);
    let shown = rows.into_iter().take(limit).map(|(sent, row)| {
        let Ends::V1 { src: End { port, channel }, .. } = &row.key.route.ends;
        PacketLook {
            path: row.path.clone(),
            from: row.key.route.from.clone(),
            to: row.key.route.to.clone(),
            port: port.to_string(),
            channel: channel.to_string(),
            sequence: row.key.seq,
            age_seconds: sent.map(|sent| now.since(sent).0 / SECOND),
            stage: match (row.acked, row.received) {
                (Some(_), _) => "acknowledged",
                (None, Some(_)) => "received",
                (None, None) => "sent",
            },
            why: explain(model, &row.key).to_string(),
        }
    });
    shown.collect()
}

fn gaps(model: &Model) -> Vec<GapLook> {
    let of_path = |path: &PathRow| {
        let gaps = model.gaps(&path.path);
        gaps.map(|gap| GapLook { path: gap.id.path.clone(), lost: gap.lost.len() })
            .collect::<Vec<_>>()
    };
    model.paths().flat_map(of_path).take(MAX_CHANNELS).collect()
}

fn costs(model: &Model, tally: &Tally) -> Vec<CostLook> {
    let cost = |((chain, end), tally): (&(ChainId, End), &RouteTally)| {
        let [our_receipts, our_acknowledgements, our_timeouts] = tally.ours;
        CostLook {
            chain: chain.clone(),
            port: end.port.clone(),
            channel: end.channel.clone(),
            sent: tally.sent,
            received: tally.received,
            acknowledged: tally.acknowledged,
            timed_out: tally.timed_out,
            our_receipts,
            our_acknowledgements,
            our_timeouts,
            redundant: tally.redundant,
            fees: tally.fees.iter().map(|(chain, amount)| fee(model, chain, *amount)).collect(),
        }
    };
    tally.routes.iter().map(cost).collect()
}

fn fee(model: &Model, chain: &ChainId, amount: u128) -> Fee {
    let denom = model.config.get(chain).map(|config| config.gas_price.denom().to_owned());
    Fee { chain: chain.clone(), amount: amount.to_string(), denom: denom.unwrap_or_default() }
}

fn latency(latency: &Latency) -> LatencyLook {
    let mut below = 0;
    let classes = LATENCY_CLASSES.iter().zip(latency.classes).map(|(bound, count)| {
        below += count;
        (*bound, below)
    });
    let classes = classes.collect();
    LatencyLook { count: latency.count, sum_ms: latency.sum, classes }
}

fn history(tally: &Tally) -> HistoryLook {
    let of = |take: fn(&Moment) -> u64| tally.history.iter().map(take).collect();
    let latency = |percent| tally.history.iter().map(|moment| moment.latency(percent)).collect();
    HistoryLook {
        step_seconds: HISTORY_STEP.0 / SECOND,
        begin_ms: tally.history.front().map_or(0, |moment| moment.begin.0 / MILLI),
        sent: of(|moment| moment.sent),
        received: of(|moment| moment.received),
        completed: of(|moment| moment.completed),
        median_ms: latency(50),
        p95_ms: latency(95),
    }
}

fn word(state: EndState) -> &'static str {
    match state {
        EndState::None => "not begun",
        EndState::Init => "init",
        EndState::TryOpen => "tryopen",
        EndState::Open => "open",
        EndState::Closed => "closed",
    }
}
