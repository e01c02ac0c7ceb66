//! Everything that was measured, as the JSON file holds it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::figures::Phase;
use super::peer::Kind;
use super::process::processors;
use super::proxy::Counts;
use super::rivalry::Rivalry;
use super::turn::Plan;

/// One run of the whole measurement.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) processors: usize,
    pub(crate) plan: Plan,
    pub(crate) peers: Vec<Version>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) requests: Vec<Requests>,
    /// ferry and Hermes on one channel.
    pub(crate) rivalry: Vec<Rivalry>,
    /// Why one more is not there.
    pub(crate) rivalry_faults: Vec<String>,
}

/// Which relayer was measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) peer: Kind,
    pub(crate) version: String,
    /// Whether it was compiled without optimisation, which no figure of time or memory survives.
    pub(crate) is_debug_build: bool,
}

/// One relayer on fresh nodes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) peer: Kind,
    /// Seconds that its command for clients, connection and channel took.
    pub(crate) link_seconds: Option<f64>,
    pub(crate) phases: Vec<Phase>,
    /// The most gas of a block; -1 for any.
    pub(crate) max_gas: i64,
    /// Why the turn ended early.
    pub(crate) fault: Option<String>,
}

/// The requests of one relayer, counted at a proxy.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Requests {
    pub(crate) peer: Kind,
    /// Blocks of both chains together that passed without a packet, and the requests meanwhile.
    pub(crate) idle_blocks: u64,
    pub(crate) idle: Counts,
    /// Bursts of a number of packets.
    pub(crate) bursts: Vec<Burst>,
    pub(crate) fault: Option<String>,
}

/// The requests from the first send of a burst to its last acknowledgement.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Burst {
    pub(crate) packets: u64,
    /// Blocks of both chains together, and the relayer's transactions.
    pub(crate) blocks: u64,
    pub(crate) txs: u64,
    pub(crate) requests: Counts,
}

impl Report {
    pub(crate) async fn begin(peers: &[(Kind, PathBuf)], plan: &Plan) -> anyhow::Result<Self> {
        let mut versions = Vec::new();
        for (peer, binary) in peers {
            let folder = binary.parent().and_then(Path::file_name);
            versions.push(Version {
                peer: *peer,
                version: peer.version(binary).await?,
                is_debug_build: folder.is_some_and(|folder| folder == "debug"),
            });
        }
        Ok(Self {
            processors: processors(),
            plan: plan.clone(),
            peers: versions,
            turns: Vec::new(),
            requests: Vec::new(),
            rivalry: Vec::new(),
            rivalry_faults: Vec::new(),
        })
    }

    /// Writes it; what was measured is not lost when a later turn fails.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, out: &Path) -> anyhow::Result<()> {
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))
    }

    /// The most gas of a block, where blocks have a limit.
    pub(crate) fn block_limit(&self) -> Option<i64> {
        self.turns.first().map(|turn| turn.max_gas).filter(|most| *most > 0)
    }

    /// The phases of a relayer with a name, one of each turn.
    pub(crate) fn phases<'a>(
        &'a self,
        peer: Kind,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Phase> {
        let turns = self.turns.iter().filter(move |turn| turn.peer == peer);
        turns.flat_map(|turn| &turn.phases).filter(move |phase| phase.name == name)
    }
}

impl Requests {
    /// Requests for one packet more: the slope between the least and the greatest burst.
    pub(crate) fn per_packet(&self) -> Option<f64> {
        let total = |burst: &Burst| burst.requests.values().sum::<u64>() as f64;
        let (least, most) = (self.bursts.first()?, self.bursts.last()?);
        let more = most.packets.checked_sub(least.packets).filter(|more| *more > 0)?;
        Some((total(most) - total(least)) / more as f64)
    }

    /// Requests for each block while nothing is to be done.
    pub(crate) fn per_idle_block(&self) -> Option<f64> {
        let total = self.idle.values().sum::<u64>() as f64;
        (self.idle_blocks > 0).then(|| total / self.idle_blocks as f64)
    }
}
