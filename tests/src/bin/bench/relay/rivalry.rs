//! ferry and Hermes on one channel: what it costs ferry that somebody else relays too.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::figures::{Cost, Origin, Spread, Traffic};
use super::journal::Journal;
use super::load::Load;
use super::nodes::Nodes;
use super::peer::{Duty, Kind, Peer};
use super::process::Machine;
use super::turn::{
    AFTERMATH_BLOCKS, RELAYER, SINGLE, STEADY, Setup, TXS_A_SECOND, WARM_UP_BLOCKS, fresh, patience,
};

/// Who pays for Hermes.
const RIVAL: &str = "user3";

/// A minute of both.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rivalry {
    /// Transfers a second, all of them, and those acknowledged.
    pub(crate) rate: u64,
    pub(crate) packets: u64,
    pub(crate) acked: u64,
    /// Milliseconds from send to receive.
    pub(crate) receive_ms: Spread,
    /// What each has paid: ferry, then Hermes.
    pub(crate) costs: [Cost; 2],
    /// Who was started first.
    pub(crate) first: Kind,
    /// The machine's load average at the end.
    pub(crate) load: f64,
}

/// Both relay what is sent for a minute, on fresh nodes.
///
/// # Errors
/// The nodes do not start or stop, or one of both does not relay.
pub(crate) async fn measure(
    setup: &Setup,
    binaries: [&PathBuf; 2],
    (rate, first): (u64, Kind),
) -> anyhow::Result<Rivalry> {
    let nodes = Nodes::start(&setup.localnet, &setup.folder).await?;
    let outcome = Box::pin(race(&nodes, setup, binaries, (rate, first))).await;
    nodes.stop().await?;
    outcome
}

async fn race(
    nodes: &Nodes,
    setup: &Setup,
    [ferry, hermes]: [&PathBuf; 2],
    (rate, first): (u64, Kind),
) -> anyhow::Result<Rivalry> {
    let (we, they) = (nodes.net.account(RELAYER)?, nodes.net.account(RIVAL)?);
    let home = |name| fresh(setup.folder.join(name));
    let ours = Peer::prepare(Kind::Ferry, ferry, home("relayer")?, (nodes.ends(), we)).await?;
    let theirs = Peer::prepare(Kind::Hermes, hermes, home("rival")?, (nodes.ends(), they)).await?;
    ours.link().await?;
    let order = if first == Kind::Ferry { [&ours, &theirs] } else { [&theirs, &ours] };
    let [one, other] = order.map(|peer| peer.start(Duty::Live));
    let running = [one?, other?];
    nodes.pass(WARM_UP_BLOCKS).await?;
    let load = Load::on(nodes)?;
    load.send(&load.prepare(1).await?, Duration::ZERO).await?;
    ensure!(load.is_settled_within(SINGLE).await?, "neither carried the first packet");
    let heights = nodes.heights().await?;
    let (sequence, packets) = (load.next_sequence().await?, rate * STEADY.as_secs());
    load.send(&load.prepare_in(rate.div_ceil(TXS_A_SECOND), packets).await?, STEADY).await?;
    load.is_settled_within(patience(packets)).await?;
    nodes.pass(AFTERMATH_BLOCKS).await?;
    for relayer in running {
        relayer.stop().await?;
    }
    let ([chain_a, chain_b], [from_a, from_b]) = (&nodes.chains, heights);
    let relayers = [&*we.address, &*they.address];
    let [our_a, their_a] = Journal::read_each(chain_a, from_a, relayers).await?;
    let [our_b, their_b] = Journal::read_each(chain_b, from_b, relayers).await?;
    // What was sent and what became of it is the same in both.
    let traffic = Traffic::of([&our_a, &our_b], sequence, Origin::FirstSend);
    Ok(Rivalry {
        rate,
        packets,
        acked: traffic.acked.len() as u64,
        receive_ms: traffic.since_sent(&traffic.received),
        costs: [Cost::of([&our_a, &our_b]), Cost::of([&their_a, &their_b])],
        first,
        load: Machine::read()?.load,
    })
}
