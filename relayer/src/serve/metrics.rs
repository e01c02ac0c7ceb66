//! `/metrics` in Prometheus' text form, made of one look at the moment it is asked for.
//!
//! Every metric stands in [`METRICS`], with what it means; the table in the documentation is tested against it.
//! Where Hermes has a metric for the same thing, it is there under Hermes' name as well, so that dashboards go on.

mod hermes;

use std::fmt::{self, Write as _};

use hermes::{AT_END, BETWEEN, CLIENT, REFUSAL};

use super::look::{ChainLook, ChannelEndLook, CostLook, KeyLook, LatencyLook};
use super::site::Shown;

/// The form of the exposition.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
    /// What it says of one look.
    read: Read,
}

/// How a metric's values are read.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// The one value.
    One(fn(&Shown) -> u64),
    /// One for each chain.
    Chain(fn(&ChainLook) -> String),
    /// One for each key of each chain.
    Key(fn(&KeyLook) -> u64),
    /// One for each end of a channel that sends.
    End(fn(&ChannelEndLook) -> u64),
    /// One for each direction of a channel.
    Cost(fn(&CostLook) -> u64),
    /// Classes of latency.
    Latency(fn(&Shown) -> &LatencyLook),
    /// Anything else: writes its lines itself.
    Lines(fn(&Shown, &mut Lines<'_>)),
}

const CHAIN: &[&str] = &["chain"];
const ACCOUNT: &[&str] = &["chain", "account"];
const CHANNEL: &[&str] = &["chain", "channel", "port"];

macro_rules! metrics {
    ($($kind:ident $name:literal $labels:expr, $help:literal, $read:expr;)*) => {
        &[$(Metric { name: $name, kind: stringify!($kind), labels: $labels, help: $help, read: $read },)*]
    };
}

/// All metrics, in the order of the exposition.
pub const METRICS: &[Metric] = metrics! {
    gauge "ferry_info" &["version"], "Always 1; the label has ferry's version.",
        Read::Lines(|shown, lines| lines.put(&[shown.look.version], 1));
    gauge "ferry_uptime_seconds" &[], "For how long ferry has been running.",
        Read::One(|shown| shown.look.uptime_seconds);
    gauge "ferry_lease_held" &["holder"], "Where replicas share a database: 1 of the one that relays, 0 of those that stand by.",
        Read::Lines(|shown, lines| shown.lease.iter().for_each(|own| lines.put(&[&own.replica.holder], 1)));
    gauge "ferry_lease_since_seconds" &["holder"], "When the replica that relays began to, in seconds since 1970.",
        Read::Lines(|shown, lines| shown.lease.iter().for_each(|own| lines.put(&[&own.replica.holder], seconds(own.since_ms))));
    counter "ferry_lease_takeovers_total" &[], "How many replicas have held the lease so far, the one that relays included.",
        Read::Lines(|shown, lines| shown.lease.iter().for_each(|own| lines.line("", &[], own.replica.fence)));
    gauge "ferry_chain_height" CHAIN, "The last block read.",
        Read::Chain(|chain| chain.height.to_string());
    gauge "ferry_chain_block_age_seconds" CHAIN, "How long ago the last block read was made.",
        Read::Chain(|chain| chain.block_age_seconds.to_string());
    gauge "ferry_chain_block_interval_seconds" CHAIN, "The mean time between two blocks.",
        Read::Chain(|chain| seconds(chain.interval_ms));
    counter "ferry_chain_blocks_total" CHAIN, "Blocks read.",
        Read::Chain(|chain| chain.done.blocks.to_string());
    counter "ferry_chain_gaps_total" CHAIN, "How often blocks could not be read and the state was scanned instead.",
        Read::Chain(|chain| chain.done.gaps_met.to_string());
    gauge "ferry_lane_paused" ACCOUNT, "1 while the key cannot sign: it has no money, its account is not known, or somebody else uses it.",
        Read::Key(|key| count(usize::from(key.paused.is_some())));
    gauge "ferry_lane_clients" ACCOUNT, "How many clients the key signs for now.",
        Read::Key(|key| count(key.clients));
    counter "ferry_lane_foreign_transactions_total" CHAIN, "How often the account was paused because somebody else signed with its key.",
        Read::Chain(|chain| chain.done.foreign_transactions.to_string());
    gauge "ferry_wallet_balance" &["chain", "account", "denom"], "What a key, or an account that grants it fees, has of the fee denom.",
        Read::Lines(wallet_balances);
    gauge "ferry_wallet_low" ACCOUNT, "1 while that is less than `low_balance` of the configuration.",
        Read::Lines(wallets_low);
    counter "ferry_transactions_total" &["chain", "result"], "Transactions of ours: `succeeded`, `failed` (paid for), `refused` (by the mempool, free).",
        Read::Lines(transactions);
    gauge "ferry_transactions_pending" &[], "Transactions on their way.",
        Read::One(|shown| count(shown.look.transactions_total));
    counter "ferry_messages_total" CHAIN, "Messages in blocks that are ours, beside client updates.",
        Read::Chain(|chain| chain.done.messages.to_string());
    counter "ferry_messages_redundant_total" CHAIN, "Those of them that others had done before, and that were paid for.",
        Read::Chain(|chain| chain.done.messages_redundant.to_string());
    counter "ferry_gas_wanted_total" CHAIN, "Gas that our transactions were allowed; fees are taken on it.",
        Read::Chain(|chain| chain.done.gas_wanted.to_string());
    counter "ferry_gas_used_total" CHAIN, "Gas that our transactions used.",
        Read::Chain(|chain| chain.done.gas_used.to_string());
    counter "ferry_fees_total" &["chain", "denom"], "Fees paid.",
        Read::Lines(fees);
    gauge "ferry_client_seconds_left" &["chain", "client", "path"], "How long a client still takes updates.",
        Read::Lines(clients_left);
    gauge "ferry_client_trusting_period_seconds" &["chain", "client", "path"], "A client's trusting period.",
        Read::Lines(clients_period);
    gauge "ferry_client_unusable" &["chain", "client", "path"], "1 while a client takes no updates: expired or frozen.",
        Read::Lines(clients_unusable);
    gauge "ferry_packets_pending" CHANNEL, "Packets sent from this end that are not over.",
        Read::End(|end| count(end.pending));
    gauge "ferry_packets_oldest_age_seconds" &["path"], "How long ago the oldest pending packet of a path was sent; 0 when none is pending.",
        Read::Lines(oldest);
    gauge "ferry_packets_lost" &["path"], "Pending packets that cannot be moved, since their data cannot be had.",
        Read::Lines(lost);
    gauge "ferry_packets_given_up" &["path"], "Pending packets whose messages failed too often and rest until a check tries some again.",
        Read::Lines(given_up);
    counter "ferry_packets_sent_total" CHANNEL, "Packets sent from this end; with empty labels all together that are beyond the first 2,000 ends.",
        Read::Cost(|cost| cost.sent);
    counter "ferry_packets_received_total" CHANNEL, "Those received at the other end, by whichever relayer.",
        Read::Cost(|cost| cost.received);
    counter "ferry_packets_acknowledged_total" CHANNEL, "Those whose acknowledgement came back, by whichever relayer.",
        Read::Cost(|cost| cost.acknowledged);
    counter "ferry_packets_timed_out_total" CHANNEL, "Those that timed out, by whichever relayer.",
        Read::Cost(|cost| cost.timed_out);
    counter "ferry_packet_fees_total" &["chain", "channel", "port", "paid_on", "denom"], "What our messages for packets from this end cost, client updates included.",
        Read::Lines(packet_fees);
    histogram "ferry_packet_receive_seconds" &[], "From the block that sends a packet to the one that receives it, by the chains' clocks.",
        Read::Latency(|shown| &shown.look.receive_latency);
    histogram "ferry_packet_complete_seconds" &[], "From the block that sends a packet to the one that takes its acknowledgement.",
        Read::Latency(|shown| &shown.look.complete_latency);
    counter "ferry_queries_total" &["query"], "Questions to nodes, by kind.",
        Read::Lines(queries);
    counter "client_updates_submitted_total" CLIENT, "As in Hermes: client updates of ours in blocks.",
        Read::Lines(|shown, lines| hermes::clients(shown, lines, |client| client.updates));
    counter "client_misbehaviours_submitted_total" CLIENT, "As in Hermes: proofs of ours that a client was misled, in blocks.",
        Read::Lines(|shown, lines| hermes::clients(shown, lines, |client| client.misbehaviours));
    counter "messages_submitted_total" CHAIN, "As in Hermes: messages of ours, client updates included.",
        Read::Chain(|chain| (chain.done.messages + chain.done.client_updates).to_string());
    counter "send_packet_events_total" AT_END, "As in Hermes: packets sent.",
        Read::Lines(|shown, lines| hermes::at_source(shown, lines, |cost| cost.sent));
    counter "acknowledgement_events_total" AT_END, "As in Hermes, at the end that receives: packets whose acknowledgement is to be relayed.",
        Read::Lines(|shown, lines| hermes::at_destination(shown, lines, |cost| cost.received));
    counter "timeout_events_total" AT_END, "As in Hermes: packets timed out.",
        Read::Lines(|shown, lines| hermes::at_source(shown, lines, |cost| cost.timed_out));
    counter "receive_packets_confirmed_total" BETWEEN, "As in Hermes: receipts of ours that took effect.",
        Read::Lines(|shown, lines| hermes::forth(shown, lines, |cost| cost.our_receipts));
    counter "acknowledgment_packets_confirmed_total" BETWEEN, "As in Hermes, from where packets are received: acknowledgements of ours that took effect.",
        Read::Lines(|shown, lines| hermes::back(shown, lines, |cost| cost.our_acknowledgements));
    counter "timeout_packets_confirmed_total" BETWEEN, "As in Hermes: timeouts of ours that took effect.",
        Read::Lines(|shown, lines| hermes::forth(shown, lines, |cost| cost.our_timeouts));
    counter "filtered_packets_total" BETWEEN, "As in Hermes: packets left to others for what is in them.",
        Read::Lines(|shown, lines| hermes::forth(shown, lines, |cost| cost.filtered));
    gauge "backlog_size" AT_END, "As in Hermes: packets sent that are not over.",
        Read::Lines(|shown, lines| hermes::backlog(shown, lines, |_, end| count(end.pending)));
    gauge "backlog_oldest_sequence" AT_END, "As in Hermes: the sequence of the oldest of them; 0 for none.",
        Read::Lines(|shown, lines| hermes::backlog(shown, lines, |_, end| end.oldest_sequence.unwrap_or(0)));
    gauge "backlog_latest_update_timestamp" AT_END, "As in Hermes: when that was seen, in seconds since 1970.",
        Read::Lines(|shown, lines| hermes::backlog(shown, lines, |look, _| look.time_ms / 1000));
    counter "broadcast_errors_total" REFUSAL, "As in Hermes: transactions that a mempool refused.",
        Read::Lines(hermes::refusals);
    gauge "wallet_balance" &["account", "chain", "denom"], "As in Hermes: what an account that pays has.",
        Read::Lines(hermes::balances);
};

/// The exposition of a look.
pub fn exposition(shown: &Shown) -> String {
    let mut text = String::new();
    for metric in METRICS {
        metric.head(&mut text);
        let mut lines = Lines { text: &mut text, metric };
        metric.read(shown, &mut lines);
    }
    text
}

/// The exposition of a replica that stands by.
pub(super) fn standing_by(version: &str, name: &str) -> String {
    let mut text = String::new();
    for (metric, label, value) in [("ferry_info", version, 1), ("ferry_lease_held", name, 0)] {
        for metric in METRICS.iter().filter(|known| known.name == metric) {
            metric.head(&mut text);
            Lines { text: &mut text, metric }.put(&[label], value);
        }
    }
    text
}

impl Metric {
    fn head(&self, text: &mut String) {
        let Self { name, kind, help, .. } = self;
        // Writing to a text cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn read(&self, shown: &Shown, lines: &mut Lines<'_>) {
        match self.read {
            Read::One(read) => lines.line("", &[], read(shown)),
            Read::Chain(read) => {
                shown.look.chains.iter().for_each(|chain| lines.put(&[&chain.chain], read(chain)));
            }
            Read::Key(read) => {
                for chain in &shown.look.chains {
                    let put =
                        |key: &KeyLook| lines.put(&[chain.chain.as_str(), &key.address], read(key));
                    chain.keys.iter().for_each(put);
                }
            }
            Read::End(read) => {
                for end in shown.look.channels.iter().flat_map(|channel| &channel.ends) {
                    let Some(channel) = &end.channel else { continue };
                    let labels = [end.chain.as_str(), channel.as_str(), end.port.as_str()];
                    lines.put(&labels, read(end));
                }
            }
            Read::Cost(read) => {
                for cost in &shown.look.costs {
                    let labels = [cost.chain.as_str(), cost.channel.as_str(), cost.port.as_str()];
                    lines.put(&labels, read(cost));
                }
            }
            Read::Latency(read) => latency(read(shown), lines),
            Read::Lines(read) => read(shown, lines),
        }
    }
}

/// The lines of one metric.
struct Lines<'a> {
    text: &'a mut String,
    metric: &'a Metric,
}

impl Lines<'_> {
    /// Writes a value with the metric's labels, whose values are given in their order.
    fn put<V: fmt::Display, L: fmt::Display + Copy>(&mut self, labels: &[L], value: V) {
        let labels = self.metric.labels.iter().zip(labels);
        let labels: Vec<String> = labels
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(&value.to_string())))
            .collect();
        self.line("", &labels, value);
    }

    fn line(&mut self, suffix: &str, labels: &[String], value: impl fmt::Display) {
        let name = self.metric.name;
        let _ = match labels {
            [] => writeln!(self.text, "{name}{suffix} {value}"),
            labels => writeln!(self.text, "{name}{suffix}{{{}}} {value}", labels.join(",")),
        };
    }
}

/// A label's value as the text form wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Milliseconds as seconds.
fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

fn count(items: usize) -> u64 {
    items.try_into().unwrap_or(u64::MAX)
}

fn latency(latency: &LatencyLook, lines: &mut Lines<'_>) {
    for (bound, below) in &latency.classes {
        lines.line("_bucket", &[format!("le=\"{}\"", seconds(*bound))], below);
    }
    lines.line("_bucket", &["le=\"+Inf\"".to_owned()], latency.count);
    lines.line("_sum", &[], seconds(latency.sum_ms));
    lines.line("_count", &[], latency.count);
}

fn wallet_balances(shown: &Shown, lines: &mut Lines<'_>) {
    for wallet in &shown.wallets {
        let Some(balance) = &wallet.balance else { continue };
        lines.put(&[wallet.chain.as_str(), &wallet.address, &wallet.denom], balance);
    }
}

fn wallets_low(shown: &Shown, lines: &mut Lines<'_>) {
    shown.wallets.iter().for_each(|wallet| {
        lines.put(&[wallet.chain.as_str(), &wallet.address], u8::from(wallet.low))
    });
}

fn transactions(shown: &Shown, lines: &mut Lines<'_>) {
    for ChainLook { chain, done, .. } in &shown.look.chains {
        lines.put(&[chain.as_str(), "succeeded"], done.transactions_succeeded);
        lines.put(&[chain.as_str(), "failed"], done.transactions_failed);
        lines.put(&[chain.as_str(), "refused"], done.transactions_refused);
    }
}

fn fees(shown: &Shown, lines: &mut Lines<'_>) {
    for chain in &shown.look.chains {
        lines.put(&[chain.chain.as_str(), &chain.denom], &chain.done.fees);
    }
}

fn clients_left(shown: &Shown, lines: &mut Lines<'_>) {
    for client in &shown.look.clients {
        let Some(left) = client.seconds_left else { continue };
        lines.put(&[client.chain.as_str(), &client.client, client.path.as_str()], left);
    }
}

fn clients_period(shown: &Shown, lines: &mut Lines<'_>) {
    for client in &shown.look.clients {
        let Some(period) = client.trusting_period_seconds else { continue };
        lines.put(&[client.chain.as_str(), &client.client, client.path.as_str()], period);
    }
}

fn clients_unusable(shown: &Shown, lines: &mut Lines<'_>) {
    for client in &shown.look.clients {
        let labels = [client.chain.as_str(), &client.client, client.path.as_str()];
        lines.put(&labels, u8::from(client.complaint.is_some()));
    }
}

fn oldest(shown: &Shown, lines: &mut Lines<'_>) {
    for path in &shown.look.paths {
        lines.put(&[&path.path], path.oldest_age_seconds.unwrap_or(0));
    }
}

fn lost(shown: &Shown, lines: &mut Lines<'_>) {
    for path in &shown.look.paths {
        let gaps = shown.look.gaps.iter().filter(|gap| gap.path == path.path);
        lines.put(&[&path.path], gaps.map(|gap| gap.lost).sum::<usize>());
    }
}

fn given_up(shown: &Shown, lines: &mut Lines<'_>) {
    shown.look.paths.iter().for_each(|path| lines.put(&[&path.path], path.given_up));
}

fn packet_fees(shown: &Shown, lines: &mut Lines<'_>) {
    for cost in &shown.look.costs {
        for fee in &cost.fees {
            let (chain, channel, port) =
                (cost.chain.as_str(), cost.channel.as_str(), cost.port.as_str());
            lines.put(&[chain, channel, port, fee.chain.as_str(), &fee.denom], &fee.amount);
        }
    }
}

fn queries(shown: &Shown, lines: &mut Lines<'_>) {
    shown.look.queries.iter().for_each(|(name, count)| lines.put(&[*name], count));
}
