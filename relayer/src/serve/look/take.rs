//! Looking: what the model and the counts say, in the form in which it is shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{
    ChainDone, ChainLook, ChannelEndLook, ChannelLook, ClientLook, CostLook, Fee, GapLook,
    HistoryLook, KeyLook, LatencyLook, Look, OtherEnd, PacketLook, PathEndLook, PathLook,
    RefusalLook, TransactionLook,
};
use crate::drive::tally::{
    ChainTally, ClientTally, HISTORY_STEP, LATENCY_CLASSES, Latency, Moment, RefusalKind,
    RouteTally, Tally,
};
use crate::model::Model;
use crate::model::ids::{
    ChainId, ChannelId, End, FlowId, LaneId, Order, PathId, PortId, Side, Time,
};
use crate::model::rows::{ChannelRow, Gap, GapRow, PacketRow, PathRow};
use crate::plan::explain::{Explainer, obstacle};

/// Channels that are listed.
const MAX_CHANNELS: usize = 500;
/// Packets given up that are listed, beside those that are the oldest.
const MAX_GIVEN_UP: usize = 20;
/// Sequences of lost packets that are listed of each gap.
const MAX_LOST: usize = 20;
/// Undecided transactions that are listed, the oldest first.
const MAX_TRANSACTIONS: usize = 100;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

impl Look {
    /// Looks, listing at most so many packets. `now` is the clock's time.
    pub fn of(model: &Model, tally: &Tally, now: Time, max_packets: usize) -> Self {
        let pending = AllPending::of(model);
        let (channels, channels_total) = channels((model, &pending), now);
        let mut explainer = Explainer::new(model);
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
            // What was read of others is left from paths that were forgotten.
            chains: model
                .config
                .values()
                .filter(|config| model.needs(&config.id))
                .map(|config| chain(model, tally, &config.id, now))
                .collect(),
            paths: model.paths().map(|row| path((model, &pending), row, now)).collect(),
            clients: model.flow_ids().filter_map(|id| client(model, tally, &id, now)).collect(),
            channels,
            channels_total,
            packets: packets((model, &mut explainer), now, (max_packets, |_| true)),
            packets_total: model.packet_count(),
            given_up: packets(
                (model, &mut explainer),
                now,
                (max_packets.min(MAX_GIVEN_UP), is_given_up),
            ),
            transactions: transactions.collect(),
            transactions_total: slots().count(),
            gaps: gaps(model),
            costs: costs(model, tally),
            receive_latency: latency(&tally.receive_latency),
            complete_latency: latency(&tally.complete_latency),
            history: history(tally),
            refusals: refusals(tally),
            queries: tally.asked.iter().map(|(name, count)| (*name, *count)).collect(),
        }
    }
}

fn chain(model: &Model, tally: &Tally, id: &ChainId, now: Time) -> ChainLook {
    let config = &model.config[id];
    let tip = model.cursor(id);
    let (price, gas_price_height) = model.price_in_use(config);
    let done = tally.chains.get(id).cloned().unwrap_or_default();
    ChainLook {
        chain: id.clone(),
        height: tip.map_or(0, |tip| tip.height),
        block_age_seconds: tip.map_or(0, |tip| now.since(tip.time).0 / SECOND),
        interval_ms: model.interval(id).0 / MILLI,
        keys: config.lanes.iter().map(|lane| key(model, &lane.id)).collect(),
        gas_price: price.to_string(),
        gas_price_height,
        waits: model.gas_price(config).err().map(|idle| idle.to_string()),
        denom: config.gas_price.denom().to_owned(),
        done: done.into(),
    }
}

fn key(model: &Model, id: &LaneId) -> KeyLook {
    let signs = |flow: &FlowId| model.signing_lane(flow) == Some(id);
    let paused = match model.lanes.get(id) {
        Some(lane) if lane.is_usable() => None,
        lane => Some(lane.and_then(|lane| lane.obstacle())),
    };
    KeyLook {
        address: id.address.to_string(),
        clients: model.flow_ids().filter(signs).count(),
        transactions: model.slots().filter(|slot| slot.id.lane == *id).count(),
        paused: paused.map(|why| why.unwrap_or_else(|| "its account is not known yet".to_owned())),
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

fn is_given_up(row: &PacketRow) -> bool {
    row.failed.as_ref().is_some_and(|(_, attempt)| attempt.given_up)
}

fn path((model, pending): (&Model, &AllPending<'_>), row: &PathRow, now: Time) -> PathLook {
    let pending = pending.by_path.get(&row.path);
    let oldest = pending.and_then(|pending| pending.oldest_sent);
    let end = |side: Side| {
        let (chain, end) = (row.chains.on(side), row.ends.on(side));
        PathEndLook {
            chain: chain.clone(),
            client: end.client.as_ref().map(ToString::to_string),
            connection: end.connection.as_ref().map(ToString::to_string),
            state: end.state.word(),
            waits: obstacle(model, &row.path, side),
            refused: model
                .shut_out(&FlowId { path: row.path.clone(), to: side })
                .map(str::to_owned),
        }
    };
    PathLook {
        path: row.path.clone(),
        ibc: row.ibc,
        ends: [end(Side::A), end(Side::B)],
        channels: model.channel_count(&row.path),
        pending: pending.map_or(0, |pending| pending.count),
        oldest_age_seconds: oldest.map(|sent| now.since(sent).0 / SECOND),
        given_up: pending.map_or(0, |pending| pending.given_up),
        paused: model.paused.contains(&row.path),
    }
}

fn client(model: &Model, tally: &Tally, id: &FlowId, now: Time) -> Option<ClientLook> {
    let row = model.path(&id.path)?;
    let life = model.client_life(id);
    let ClientTally { updates, misbehaviours } = tally.clients.get(id).copied().unwrap_or_default();
    Some(ClientLook {
        path: id.path.clone(),
        chain: row.chains.on(id.to).clone(),
        client: row.ends.on(id.to).client.as_ref()?.to_string(),
        follows: row.chains.on(id.to.other()).clone(),
        seconds_left: life.map(|(end, _)| end.since(now).0 / SECOND),
        trusting_period_seconds: life.map(|(_, period)| period.0 / SECOND),
        updates,
        misbehaviours,
        complaint: model.flows.get(id).and_then(|flow| flow.parked.clone()),
    })
}

/// Pending packets: those that one end of a channel sent, or all of a path.
#[derive(Default)]
struct Pending {
    count: usize,
    /// The sequence of the first.
    first: Option<u64>,
    oldest_sent: Option<Time>,
    given_up: usize,
}

impl Pending {
    fn add(&mut self, row: &PacketRow, sent: Option<Time>) {
        self.count += 1;
        self.given_up += usize::from(is_given_up(row));
        // Packets of one end stand in the order of their sequences.
        self.first.get_or_insert(row.key.seq);
        self.oldest_sent = self.oldest_sent.into_iter().chain(sent).min();
    }
}

/// All pending packets, summed up in one go: there may be very many.
#[derive(Default)]
struct AllPending<'a> {
    by_path: BTreeMap<&'a PathId, Pending>,
    /// By the end that sent them.
    by_end: BTreeMap<(&'a ChainId, &'a PortId, &'a ChannelId), Pending>,
}

impl<'a> AllPending<'a> {
    fn of(model: &'a Model) -> Self {
        let mut all = Self::default();
        for row in model.packets() {
            let (src, sent) = (row.key.route.src(), sent_at(model, row));
            let by_end = all.by_end.entry((&row.key.route.from, &src.port, &src.channel));
            by_end.or_default().add(row, sent);
            all.by_path.entry(&row.path).or_default().add(row, sent);
        }
        all
    }

    /// Those that one end of a channel sent.
    fn sent_by(&self, path: &'a PathRow, row: &'a ChannelRow, side: Side) -> Option<&Pending> {
        let end = row.ends.on(side);
        self.by_end.get(&(path.chains.on(side), &end.port, end.channel.as_ref()?))
    }
}

fn sent_at(model: &Model, row: &PacketRow) -> Option<Time> {
    model.time_near(&row.key.route.from, row.sent?)
}

/// The channels that are shown, those with the most pending packets first, and how many channels there are.
fn channels((model, pending): (&Model, &AllPending<'_>), now: Time) -> (Vec<ChannelLook>, usize) {
    let sent_by_both = |path, row| [Side::A, Side::B].map(|side| pending.sent_by(path, row, side));
    let count = |path, row| -> usize {
        sent_by_both(path, row).into_iter().flatten().map(|pending| pending.count).sum()
    };
    let all = model.paths().flat_map(|path| model.channels(&path.path).map(move |row| (path, row)));
    let all = all.map(|(path, row)| (Reverse(count(path, row)), path, row));
    let (mut busy, idle): (Vec<_>, Vec<_>) = all.partition(|(pending, ..)| pending.0 > 0);
    let total = busy.len() + idle.len();
    if busy.len() > MAX_CHANNELS {
        busy.sort_by_cached_key(|(pending, path, row)| (model.standing(path, row), *pending));
        busy.truncate(MAX_CHANNELS);
    }
    busy.sort_by_key(|(pending, ..)| *pending);
    let shown = busy.into_iter().chain(idle).take(MAX_CHANNELS);
    let shown = shown.map(|(_, path, row)| channel((path, row), sent_by_both(path, row), now));
    (shown.collect(), total)
}

fn channel(
    (path, row): (&PathRow, &ChannelRow),
    sent: [Option<&Pending>; 2],
    now: Time,
) -> ChannelLook {
    let end = |side: Side, sent: Option<&Pending>| ChannelEndLook {
        chain: path.chains.on(side).clone(),
        port: row.ends.on(side).port.clone(),
        channel: row.ends.on(side).channel.clone(),
        state: row.ends.on(side).state.word(),
        pending: sent.map_or(0, |sent| sent.count),
        oldest_sequence: sent.and_then(|sent| sent.first),
    };
    let ends = [end(Side::A, sent[0]), end(Side::B, sent[1])];
    let oldest = sent.into_iter().flatten().filter_map(|sent| sent.oldest_sent).min();
    ChannelLook {
        path: path.path.clone(),
        ordered: row.order == Order::Ordered,
        pending: ends.iter().map(|end| end.pending).sum(),
        oldest_age_seconds: oldest.map(|sent| now.since(sent).0 / SECOND),
        ends,
    }
}

/// The oldest of the packets that are wanted, at most so many.
fn packets(
    (model, explainer): (&Model, &mut Explainer<'_>),
    now: Time,
    (limit, is_wanted): (usize, fn(&PacketRow) -> bool),
) -> Vec<PacketLook> {
    let wanted = model.packets().filter(|row| is_wanted(row));
    let mut rows: Vec<(Option<Time>, &PacketRow)> =
        wanted.map(|row| (sent_at(model, row), row)).collect();
    rows.sort_by_key(|(sent, _)| *sent);
    let shown = rows.into_iter().take(limit).map(|(sent, row)| {
        let End { port, channel } = row.key.route.src();
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
            given_up: is_given_up(row),
            why: explainer.explain(&row.key).to_string(),
            last_failure: explainer.last_failure(&row.key),
        }
    });
    shown.collect()
}

fn gaps(model: &Model) -> Vec<GapLook> {
    let of_path = |path: &PathRow| {
        let gaps = model.gaps(&path.path).map(|gap| gap_look(model, path, gap));
        gaps.collect::<Vec<_>>()
    };
    model.paths().flat_map(of_path).take(MAX_CHANNELS).collect()
}

fn gap_look(model: &Model, path: &PathRow, row: &GapRow) -> GapLook {
    let channel = match row.id.gap {
        Gap::Packets { index, .. } => model.record.channel(&path.path, index),
        Gap::Channels(_) | Gap::Headers(_) => None,
    };
    GapLook {
        path: path.path.clone(),
        what: row.id.gap.name(path, channel),
        lost: row.lost.len(),
        sequences: row.lost.iter().take(MAX_LOST).copied().collect(),
        reason: row.reason.clone(),
    }
}

fn refusals(tally: &Tally) -> Vec<RefusalLook> {
    let look = |(kind, count): (&RefusalKind, &u64)| RefusalLook {
        account: kind.account.to_string(),
        code: kind.code,
        description: kind.description.clone(),
        count: *count,
    };
    tally.refusals.iter().map(look).collect()
}

fn costs(model: &Model, tally: &Tally) -> Vec<CostLook> {
    let cost = |((chain, end), tally): (&(ChainId, End), &RouteTally)| {
        let [our_receipts, our_acknowledgements, our_timeouts] = tally.ours;
        CostLook {
            chain: chain.clone(),
            port: end.port.clone(),
            channel: end.channel.clone(),
            to: tally.to.as_ref().map(|(chain, end)| OtherEnd {
                chain: chain.clone(),
                port: end.port.clone(),
                channel: end.channel.clone(),
            }),
            filtered: tally.filtered,
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
    let nameless = (ChainId::from(""), End { port: "".into(), channel: "".into() });
    let others =
        (tally.other_routes != RouteTally::default()).then_some((&nameless, &tally.other_routes));
    tally.routes.iter().chain(others).map(cost).collect()
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
