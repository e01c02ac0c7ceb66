//! What a relayer is put through in its turn.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::figures::{Cost, Origin, Phase, Spread, Traffic, fill, steps};
use super::journal::Journal;
use super::load::Load;
use super::nodes::Nodes;
use super::peer::{Duty, Kind, Peer, Running};
use super::process::{Machine, Usage, cpu_seconds};
use super::proxy::Proxy;
use super::report::{Burst, Requests, Turn};
use super::say;

/// Blocks that a relayer may take to begin after its start, before anything is sent.
pub(super) const WARM_UP_BLOCKS: u64 = 8;
/// Blocks after the last acknowledgement in which a relayer may still do what is not needed.
pub(super) const AFTERMATH_BLOCKS: u64 = 3;
/// Within what a burst is sent.
const BURST: Duration = Duration::from_secs(3);
/// For how long a rate is held, and transactions a second meanwhile.
pub(super) const STEADY: Duration = Duration::from_secs(60);
pub(super) const TXS_A_SECOND: u64 = 10;
/// How long after that minute it is known whether the rate was held: nearly all have arrived within three blocks then.
const VERDICT: Duration = Duration::from_secs(30);
/// The account that relays.
pub(super) const RELAYER: &str = "relayer";
/// How long a single transfer may take.
pub(super) const SINGLE: Duration = Duration::from_secs(60);
/// Seconds for each packet that is waited for, and for any number of them.
const PATIENCE: (f64, f64) = (0.25, 240.0);
/// The part of a second by which each single's phase differs from the last: fills it evenly, in no order.
const PHASE_STEP: f64 = 0.618;

/// Where nodes and relayers live.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) localnet: PathBuf,
    pub(crate) folder: PathBuf,
}

/// How much is measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Single transfers while nothing else happens.
    pub(crate) singles: u64,
    /// Transfers sent at once while the relayer runs.
    pub(crate) bursts: Vec<u64>,
    /// Transfers a second for a minute, ascending; after the first that a relayer does not hold, it is given no other.
    pub(crate) rates: Vec<u64>,
    /// Transfers a second for a minute that ferry and Hermes relay on one channel; 0 for not at all.
    pub(crate) rivalry: u64,
    /// Transfers sent while it does not.
    pub(crate) backlogs: Vec<u64>,
    /// Bursts whose requests are counted.
    pub(crate) counted: Vec<u64>,
    /// Blocks without packets whose requests are counted.
    pub(crate) idle_blocks: u64,
}

impl Plan {
    /// A quarter of an hour for three relayers.
    pub(crate) fn quick() -> Self {
        Self {
            singles: 15,
            bursts: vec![1_000],
            rates: Vec::new(),
            rivalry: 0,
            backlogs: vec![1_000],
            counted: vec![100, 300],
            idle_blocks: 10,
        }
    }

    /// Hours.
    pub(crate) fn whole() -> Self {
        Self {
            singles: 200,
            bursts: vec![1_000, 5_000],
            rates: vec![25, 50, 100, 200, 400, 800],
            rivalry: 50,
            backlogs: vec![1_000, 5_000, 10_000],
            counted: vec![100, 1_000],
            idle_blocks: 60,
        }
    }
}

/// Measures a relayer on fresh nodes.
///
/// # Errors
/// The nodes do not start or stop.
pub(crate) async fn timed(
    setup: &Setup,
    kind: Kind,
    binary: &Path,
    plan: &Plan,
) -> anyhow::Result<Turn> {
    let nodes = Nodes::start(&setup.localnet, &setup.folder).await?;
    let mut turn = Turn {
        peer: kind,
        link_seconds: None,
        phases: Vec::new(),
        max_gas: nodes.max_gas,
        fault: None,
    };
    let home = setup.folder.join("relayer");
    let outcome = Box::pin(run(&nodes, (kind, binary, home), plan, &mut turn)).await;
    if let Err(error) = outcome {
        say(&format!("  {kind}: {error:#}"));
        turn.fault = Some(format!("{error:#}"));
    }
    nodes.stop().await?;
    Ok(turn)
}

async fn run(
    nodes: &Nodes,
    (kind, binary, home): (Kind, &Path, PathBuf),
    plan: &Plan,
    turn: &mut Turn,
) -> anyhow::Result<()> {
    let account = nodes.net.account(RELAYER)?;
    let peer = Peer::prepare(kind, binary, fresh(home)?, (nodes.ends(), account)).await?;
    let took = peer.link().await?;
    say(&format!("  link: {:.1} s", took.as_secs_f64()));
    turn.link_seconds = Some(took.as_secs_f64());
    let stage = Stage::of(nodes, peer).await?;
    let mut running = stage.begin().await?;
    if plan.singles > 0 {
        turn.phases.push(stage.singles(plan.singles, &mut running).await?);
    }
    for count in &plan.bursts {
        turn.phases.push(stage.burst(*count, &mut running).await?);
    }
    running.stop().await?;
    for count in &plan.backlogs {
        turn.phases.push(stage.backlog(*count).await?);
    }
    stage.rates(&plan.rates, turn).await
}

/// Counts a relayer's requests on fresh nodes.
///
/// # Errors
/// The nodes do not start or stop.
pub(crate) async fn counted(
    setup: &Setup,
    kind: Kind,
    binary: &Path,
    plan: &Plan,
) -> anyhow::Result<Requests> {
    let nodes = Nodes::start(&setup.localnet, &setup.folder).await?;
    let mut requests = Requests {
        peer: kind,
        idle_blocks: 0,
        idle: Default::default(),
        bursts: Vec::new(),
        fault: None,
    };
    let home = setup.folder.join("relayer");
    let outcome = Box::pin(count(&nodes, (kind, binary, home), plan, &mut requests)).await;
    if let Err(error) = outcome {
        say(&format!("  {kind}: {error:#}"));
        requests.fault = Some(format!("{error:#}"));
    }
    nodes.stop().await?;
    Ok(requests)
}

async fn count(
    nodes: &Nodes,
    (kind, binary, home): (Kind, &Path, PathBuf),
    plan: &Plan,
    requests: &mut Requests,
) -> anyhow::Result<()> {
    let mut proxy = Proxy::default();
    let mut behind = nodes.ends();
    for end in &mut behind {
        end.rpc = proxy.before_rpc(&end.rpc).await?;
        end.grpc = proxy.before_grpc(&end.grpc).await?;
    }
    let account = nodes.net.account(RELAYER)?;
    let peer = Peer::prepare(kind, binary, fresh(home)?, (behind, account)).await?;
    peer.link().await?;
    let stage = Stage::of(nodes, peer).await?;
    let mut running = stage.begin().await?;
    proxy.take();
    let before = nodes.heights().await?;
    nodes.pass(plan.idle_blocks).await?;
    requests.idle = proxy.take();
    requests.idle_blocks = passed(before, nodes.heights().await?);
    for packets in plan.counted.iter().copied() {
        proxy.take();
        let before = nodes.heights().await?;
        let phase = stage.burst(packets, &mut running).await?;
        let blocks = passed(before, nodes.heights().await?);
        let txs = phase.cost.txs;
        requests.bursts.push(Burst { packets, blocks, txs, requests: proxy.take() });
    }
    running.stop().await
}

/// A relayer on nodes.
struct Stage<'a> {
    nodes: &'a Nodes,
    load: Load<'a>,
    peer: Peer,
    /// Milliseconds from one block of the receiving chain to the next while nothing is sent.
    idle_interval_ms: f64,
}

/// How everything stood when a phase began.
struct Mark {
    heights: [u64; 2],
    sequence: u64,
    relayer: Usage,
    nodes: f64,
    own: f64,
    machine: Machine,
}

impl<'a> Stage<'a> {
    async fn of(nodes: &'a Nodes, peer: Peer) -> anyhow::Result<Self> {
        let [_, receiving] = &nodes.chains;
        let intervals = Journal::read(receiving, 1, "").await?.intervals_ms();
        let idle_interval_ms = Spread::of(intervals).p50;
        Ok(Self { nodes, load: Load::on(nodes)?, peer, idle_interval_ms })
    }

    /// Starts the relayer for live packets, and sees that it carries one.
    async fn begin(&self) -> anyhow::Result<Running> {
        let running = self.peer.start(Duty::Live)?;
        self.nodes.pass(WARM_UP_BLOCKS).await?;
        self.load.send(&self.load.prepare(1).await?, Duration::ZERO).await?;
        let is_carried = self.load.is_settled_within(SINGLE).await?;
        ensure!(is_carried, "it did not carry its first packet within {SINGLE:?}");
        Ok(running)
    }

    /// What a phase leaves undone would be part of the next one's time.
    async fn begins_with_nothing(&self) -> anyhow::Result<()> {
        let is_settled = self.load.is_settled().await?;
        ensure!(is_settled, "packets of the phase before are still on their way");
        Ok(())
    }

    async fn singles(&self, count: u64, running: &mut Running) -> anyhow::Result<Phase> {
        let mark = self.mark(running.usage()?).await?;
        for index in 0..count {
            let single = self.load.prepare(1).await?;
            self.load.send(&single, Duration::ZERO).await?;
            let is_carried = self.load.is_settled_within(SINGLE).await?;
            ensure!(is_carried, "it did not carry single {index} within {SINGLE:?}");
            sleep(Duration::from_secs_f64((index as f64 * PHASE_STEP).fract())).await;
        }
        self.phase("idle", count, (mark, Origin::FirstSend), running).await
    }

    async fn burst(&self, count: u64, running: &mut Running) -> anyhow::Result<Phase> {
        self.begins_with_nothing().await?;
        let burst = self.load.prepare(count).await?;
        let mark = self.mark(running.usage()?).await?;
        self.load.send(&burst, BURST).await?;
        self.load.is_settled_within(patience(count)).await?;
        self.phase("burst", count, (mark, Origin::FirstSend), running).await
    }

    /// The last phases, because what is not held leaves packets behind.
    async fn rates(&self, rates: &[u64], turn: &mut Turn) -> anyhow::Result<()> {
        if rates.is_empty() {
            return Ok(());
        }
        let mut running = self.begin().await?;
        for rate in rates {
            let phase = self.steady(*rate, &mut running).await?;
            let is_held = phase.is_held(STEADY.as_secs_f64());
            turn.phases.push(phase);
            if !is_held {
                break;
            }
        }
        running.stop().await
    }

    /// Sends so many a second for a minute.
    async fn steady(&self, rate: u64, running: &mut Running) -> anyhow::Result<Phase> {
        self.begins_with_nothing().await?;
        let count = rate * STEADY.as_secs();
        let txs = self.load.prepare_in(rate.div_ceil(TXS_A_SECOND), count).await?;
        let mark = self.mark(running.usage()?).await?;
        self.load.send(&txs, STEADY).await?;
        self.load.is_settled_within(VERDICT).await?;
        self.phase("steady", count, (mark, Origin::FirstSend), running).await
    }

    /// Sends while the relayer is stopped, then starts it.
    async fn backlog(&self, count: u64) -> anyhow::Result<Phase> {
        self.begins_with_nothing().await?;
        let sequence = self.load.next_sequence().await?;
        let heights = self.nodes.heights().await?;
        self.load.send(&self.load.prepare(count).await?, Duration::ZERO).await?;
        self.nodes.pass(AFTERMATH_BLOCKS).await?;
        let mark = self.mark(Usage::default()).await?;
        let mark = Mark { heights, sequence, ..mark };
        let mut running = self.peer.start(Duty::Backlog)?;
        let origin = Origin::At(running.started_at);
        self.load.is_settled_within(patience(count)).await?;
        let phase = self.phase("backlog", count, (mark, origin), &mut running).await?;
        running.stop().await?;
        Ok(phase)
    }

    async fn mark(&self, relayer: Usage) -> anyhow::Result<Mark> {
        Ok(Mark {
            heights: self.nodes.heights().await?,
            sequence: self.load.next_sequence().await?,
            relayer,
            nodes: self.nodes.cpu_seconds()?,
            own: cpu_seconds(std::process::id())?,
            machine: Machine::read()?,
        })
    }

    async fn phase(
        &self,
        name: &str,
        packets: u64,
        (mark, origin): (Mark, Origin),
        running: &mut Running,
    ) -> anyhow::Result<Phase> {
        let used = running.usage()?;
        let relayer = Usage { cpu_seconds: used.cpu_seconds - mark.relayer.cpu_seconds, ..used };
        let nodes_cpu_seconds = self.nodes.cpu_seconds()? - mark.nodes;
        let own = cpu_seconds(std::process::id())? - mark.own;
        let machine = Machine::read()?;
        let busy = machine.busy_seconds - mark.machine.busy_seconds;
        self.nodes.pass(AFTERMATH_BLOCKS).await?;
        let [chain_a, chain_b] = &self.nodes.chains;
        let address = &self.nodes.net.account(RELAYER)?.address;
        let [from_a, from_b] = mark.heights;
        let a = Journal::read(chain_a, from_a, address).await?;
        let b = Journal::read(chain_b, from_b, address).await?;
        let journals = [&a, &b];
        let traffic = Traffic::of(journals, mark.sequence, origin);
        let blocks = steps(journals, traffic.origin);
        let (first_receive, last_receive) = traffic.bounds(&traffic.received);
        let (first_sent, last_sent) = traffic.bounds(&traffic.sent);
        let phase = Phase {
            name: name.to_owned(),
            packets,
            received: traffic.received.len() as u64,
            acked: traffic.acked.len() as u64,
            seconds: traffic.bounds(&traffic.acked).1,
            first_receive,
            last_receive,
            receive_ms: traffic.since_sent(&traffic.received),
            life_ms: traffic.since_sent(&traffic.acked),
            sent_seconds: last_sent - first_sent,
            interval_ms: Spread::of(b.intervals_ms()),
            idle_interval_ms: self.idle_interval_ms,
            fill: fill(&blocks, self.nodes.max_gas),
            cost: Cost::of(journals),
            relayer,
            nodes_cpu_seconds,
            others_cpu_seconds: busy - nodes_cpu_seconds - relayer.cpu_seconds - own,
            load: machine.load,
            blocks,
        };
        phase.say();
        Ok(phase)
    }
}

impl Phase {
    fn say(&self) {
        let Self { name, packets, acked, seconds, cost, relayer, load, .. } = self;
        say(&format!(
            "  {name} of {packets}: {acked} acknowledged after {seconds:.1} s, receive p50 {:.0} ms, {} txs, \
             {} updates, {} failed, {} redundant, gas limit/used {:.3} (worst {:.3}), {:.0} MiB, {:.1} CPU s \
             (nodes {:.1}, others {:.1}), load {load:.1}",
            self.receive_ms.p50,
            cost.txs,
            cost.updates,
            cost.failed,
            cost.redundant,
            cost.gas_ratio(),
            cost.worst_gas_ratio,
            relayer.peak_mib,
            relayer.cpu_seconds,
            self.nodes_cpu_seconds,
            self.others_cpu_seconds,
        ));
    }
}

/// An empty folder.
pub(super) fn fresh(folder: PathBuf) -> anyhow::Result<PathBuf> {
    if folder.try_exists()? {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(folder)
}

fn passed([a, b]: [u64; 2], [later_a, later_b]: [u64; 2]) -> u64 {
    later_a.saturating_sub(a) + later_b.saturating_sub(b)
}

pub(super) fn patience(packets: u64) -> Duration {
    let (each, any) = PATIENCE;
    Duration::from_secs_f64(any + each * packets as f64)
}
