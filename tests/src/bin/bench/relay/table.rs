//! The table in the document: a column for each relayer, the median of its turns.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::figures::{Cost, HELD_BLOCKS, Phase, Spread};
use super::peer::Kind;
use super::report::Report;
use super::rivalry::Rivalry;
use super::turn::STEADY;

/// Seconds for which a rate is held.
const SECONDS: u64 = STEADY.as_secs();
/// What surrounds the table in a document, and the one of blocks with a limit.
const MARKS: [&str; 2] = ["<!-- bench relay: begin -->", "<!-- bench relay: end -->"];
const LIMITED: [&str; 2] =
    ["<!-- bench relay limited: begin -->", "<!-- bench relay limited: end -->"];

/// A figure of a phase.
struct Figure {
    name: &'static str,
    of: fn(&Phase) -> f64,
    decimals: usize,
}

const BURST: &[Figure] = &[
    Figure { name: "first send to last acknowledgement, s", of: |p| p.seconds, decimals: 1 },
    Figure { name: "send to acknowledgement p50, s", of: |p| p.life_ms.p50 / 1e3, decimals: 2 },
    Figure { name: "send to acknowledgement p99, s", of: |p| p.life_ms.p99 / 1e3, decimals: 2 },
];
const BACKLOG: &[Figure] = &[
    Figure { name: "start to last acknowledgement, s", of: |p| p.seconds, decimals: 1 },
    Figure { name: "start to first receive, s", of: |p| p.first_receive, decimals: 1 },
];
const STEADY_RATE: &[Figure] = &[
    Figure { name: "send to receive p99, blocks", of: Phase::receive_blocks, decimals: 1 },
    Figure { name: "send to receive p99, s", of: |p| p.receive_ms.p99 / 1e3, decimals: 1 },
];
const IDLE: &[Figure] = &[
    Figure { name: "send to receive p50, s", of: |p| p.receive_ms.p50 / 1e3, decimals: 2 },
    Figure { name: "send to receive p99, s", of: |p| p.receive_ms.p99 / 1e3, decimals: 2 },
];
const COST: &[Figure] = &[
    Figure { name: "acknowledged", of: |p| p.acked as f64, decimals: 0 },
    Figure { name: "transactions", of: |p| p.cost.txs as f64, decimals: 0 },
    Figure { name: "client updates", of: |p| p.cost.updates as f64, decimals: 0 },
    Figure { name: "updates that nothing needed", of: |p| p.cost.idle_updates as f64, decimals: 0 },
    Figure { name: "failed transactions", of: |p| p.cost.failed as f64, decimals: 0 },
    Figure { name: "redundant messages", of: |p| p.cost.redundant as f64, decimals: 0 },
    Figure { name: "gas limit / gas used", of: |p| p.cost.gas_ratio(), decimals: 3 },
    Figure { name: "fee of a packet acknowledged, stake", of: fee_per_packet, decimals: 1 },
    Figure { name: "CPU of the relayer, s", of: |p| p.relayer.cpu_seconds, decimals: 1 },
    Figure { name: "CPU of both nodes, s", of: |p| p.nodes_cpu_seconds, decimals: 1 },
    Figure { name: "CPU of all else on the machine, s", of: |p| p.others_cpu_seconds, decimals: 1 },
    Figure { name: "peak memory, MiB", of: |p| p.relayer.peak_mib, decimals: 0 },
    Figure { name: "load average", of: |p| p.load, decimals: 1 },
];

fn fee_per_packet(phase: &Phase) -> f64 {
    let Cost { fees, .. } = phase.cost;
    fees as f64 / phase.acked.max(1) as f64
}

/// Everything as a table, and below it what went wrong. Where blocks have a limit, only how full they were: other figures
/// would stand beside those of blocks without one.
pub(crate) fn markdown(report: &Report) -> String {
    let peers: Vec<Kind> = report.peers.iter().map(|version| version.peer).collect();
    let mut text = head(report, &peers);
    if report.block_limit().is_some() {
        write_fill(report, &peers, &mut text);
        write_faults(report, &mut text);
        return text;
    }
    let link = |peer: &Kind| {
        let turns = report.turns.iter().filter(|turn| turn.peer == *peer);
        median(turns.filter_map(|turn| turn.link_seconds).collect())
    };
    row(&mut text, "`link`, s", peers.iter().map(link), 1);
    for (name, packets, figures) in sections(report) {
        let _ = writeln!(text, "| **{name} of {packets}** |{}", " |".repeat(peers.len()));
        for Figure { name: figure, of, decimals } in figures {
            let value = |peer: &Kind| {
                let phases = report.phases(*peer, name).filter(|phase| phase.packets == packets);
                median(phases.map(of).collect())
            };
            row(&mut text, figure, peers.iter().map(value), *decimals);
        }
    }
    write_rates(report, &peers, &mut text);
    write_requests(report, &peers, &mut text);
    write_rivalry(report, &mut text);
    write_faults(report, &mut text);
    text
}

fn head(report: &Report, peers: &[Kind]) -> String {
    let mut text = String::from("| |");
    for version in &report.peers {
        let build = if version.is_debug_build { ", debug build" } else { "" };
        let _ = write!(text, " {} {}{build} |", version.peer, version.version);
    }
    let _ = write!(text, "\n|---{}|\n", "|---".repeat(peers.len()));
    text
}

fn sections(report: &Report) -> Vec<(&'static str, u64, Vec<&'static Figure>)> {
    let plan = &report.plan;
    let with_cost = |own: &'static [Figure]| own.iter().chain(COST).collect::<Vec<_>>();
    let mut sections = vec![("idle", plan.singles, with_cost(IDLE))];
    sections.extend(plan.bursts.iter().map(|count| ("burst", *count, with_cost(BURST))));
    let steady = plan.rates.iter().map(|rate| ("steady", rate * SECONDS, with_cost(STEADY_RATE)));
    sections.extend(steady);
    sections.extend(plan.backlogs.iter().map(|count| ("backlog", *count, with_cost(BACKLOG))));
    sections.retain(|(_, count, _)| *count > 0);
    sections
}

/// The highest rate that each has held in half of its turns.
fn write_rates(report: &Report, peers: &[Kind], text: &mut String) {
    if report.plan.rates.is_empty() {
        return;
    }
    // A turn that ended before the rates says nothing about them.
    let of_turn = |phases: &[Phase]| {
        let steady = || phases.iter().filter(|phase| phase.name == "steady");
        let held = steady().filter(|phase| phase.is_held(SECONDS as f64));
        let most = held.map(|phase| phase.packets / SECONDS).max().unwrap_or_default();
        steady().next().map(|_| most as f64)
    };
    let held = |peer: &Kind| {
        let turns = report.turns.iter().filter(|turn| turn.peer == *peer);
        median(turns.filter_map(|turn| of_turn(&turn.phases)).collect())
    };
    let most = report.plan.rates.iter().max().copied().unwrap_or_default();
    let name = format!(
        "**packets a second for a minute, receive p99 within {HELD_BLOCKS:.0} blocks** (of {most} at most)"
    );
    row(text, &name, peers.iter().map(held), 0);
}

/// How full blocks with a limit were, between the first and the last with receives, and how long it all took.
fn write_fill(report: &Report, peers: &[Kind], text: &mut String) {
    for count in &report.plan.backlogs {
        let phases = |peer: &Kind| {
            report
                .phases(*peer, "backlog")
                .filter(|phase| phase.packets == *count)
                .collect::<Vec<_>>()
        };
        let of = |peer: &Kind, figure: fn(&Phase) -> Option<f64>| {
            median(phases(peer).into_iter().filter_map(figure).collect())
        };
        let name = format!("backlog of {count}: gas wanted in a block, % of its limit");
        let fill = |peer| of(peer, |phase| phase.fill.map(|fill| fill * 100.0));
        row(text, &name, peers.iter().map(fill), 0);
        let name = format!("backlog of {count}: first to last receive, s");
        let took = |peer| of(peer, |phase| Some(phase.last_receive - phase.first_receive));
        row(text, &name, peers.iter().map(took), 1);
        let name = format!("backlog of {count}: start to last acknowledgement, s");
        row(text, &name, peers.iter().map(|peer| of(peer, |phase| Some(phase.seconds))), 1);
    }
}

fn write_rivalry(report: &Report, text: &mut String) {
    if report.rivalry.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\nferry and Hermes on one channel, {} packets a second for a minute:\n\n\
         | started first | acknowledged | send to receive p50, p99, s | by | messages | redundant | updates | of them idle | \
         fees, stake | for what did nothing, % | load average |\n|{}",
        report.plan.rivalry,
        "---|".repeat(11),
    );
    for race in &report.rivalry {
        for (peer, cost) in [Kind::Ferry, Kind::Hermes].iter().zip(race.costs) {
            let Rivalry { packets, acked, receive_ms, first, load, .. } = race;
            let wasted = cost.fees_wasted as f64 / cost.fees.max(1) as f64 * 100.0;
            let _ = writeln!(
                text,
                "| {first} | {acked} of {packets} | {:.1}, {:.1} | {peer} | {} | {} | {} | {} | {} | {wasted:.1} | {load:.1} |",
                receive_ms.p50 / 1e3,
                receive_ms.p99 / 1e3,
                cost.packets,
                cost.redundant,
                cost.updates,
                cost.idle_updates,
                cost.fees,
            );
        }
    }
}

fn write_requests(report: &Report, peers: &[Kind], text: &mut String) {
    let of = |peer: &Kind| report.requests.iter().find(|requests| requests.peer == *peer);
    if report.requests.is_empty() {
        return;
    }
    let _ = writeln!(text, "| **requests** |{}", " |".repeat(peers.len()));
    let slope = peers.iter().map(|peer| of(peer)?.per_packet());
    row(text, "for one packet more in a burst", slope, 2);
    let idle = peers.iter().map(|peer| of(peer)?.per_idle_block());
    row(text, "for a block without packets", idle, 2);
}

fn write_faults(report: &Report, text: &mut String) {
    let turns = report.turns.iter().map(|turn| (turn.peer, &turn.fault));
    let counted = report.requests.iter().map(|requests| (requests.peer, &requests.fault));
    let faults =
        turns.chain(counted).filter_map(|(peer, fault)| Some((peer.to_string(), fault.as_ref()?)));
    let both = report
        .rivalry_faults
        .iter()
        .map(|fault| ("ferry and Hermes on one channel".to_owned(), fault));
    for (index, (who, fault)) in faults.chain(both).enumerate() {
        let first_line = fault.lines().next().unwrap_or_default();
        let _ = writeln!(text, "{}* {who}: {first_line}", if index == 0 { "\n" } else { "" });
    }
}

fn row(text: &mut String, name: &str, values: impl Iterator<Item = Option<f64>>, decimals: usize) {
    let _ = write!(text, "| {name} |");
    for value in values {
        let _ = match value {
            Some(value) => write!(text, " {value:.decimals$} |"),
            None => write!(text, " |"),
        };
    }
    text.push('\n');
}

fn median(values: Vec<f64>) -> Option<f64> {
    (!values.is_empty()).then(|| Spread::of(values).p50)
}

/// Replaces the table in a document, or the one of blocks with a limit.
///
/// # Errors
/// The document cannot be read or written, or has no place for a table.
pub(crate) fn replace_in(document: &Path, report: &Report, table: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(document)
        .with_context(|| format!("cannot read {}", document.display()))?;
    let [begin, end] = if report.block_limit().is_some() { LIMITED } else { MARKS };
    let around =
        text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) =
        around.with_context(|| format!("{} has no `{begin}`", document.display()))?;
    Ok(std::fs::write(document, format!("{before}{begin}\n\n{table}\n{end}{after}"))?)
}
