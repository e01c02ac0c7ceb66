//! The two nodes, fresh for each turn of a relayer.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cosmos::chain::Chain;
use e2e::clock;
use entrepot::localnet::Localnet;

use super::peer::End;
use super::process::cpu_seconds;
use crate::localnet::run;

/// Signs the transfers.
const SENDER: &str = "user1";

/// Two nodes that run, from [`Nodes::start`] to [`Nodes::stop`].
#[derive(Debug)]
pub(crate) struct Nodes {
    pub(crate) net: Localnet,
    /// The chain that packets are sent from, and the one that they go to.
    pub(crate) chains: [Chain; 2],
    /// The most gas of a block of the receiving chain; -1 for any.
    pub(crate) max_gas: i64,
    pids: [u32; 2],
    script: PathBuf,
}

impl Nodes {
    /// Starts both chains anew with `scripts/localnet`, which finds its folder and ports in the environment.
    ///
    /// # Errors
    /// They do not start.
    pub(crate) async fn start(script: &Path, folder: &Path) -> anyhow::Result<Self> {
        run(script, &["up", "--fresh"], &[]).await?;
        let net = Localnet::read(&folder.join("localnet.json"))?;
        let sites = net.sites(SENDER).await?;
        let pids = [pid(&folder.join("a.pid"))?, pid(&folder.join("b.pid"))?];
        let chains = [sites.market.chain, sites.outpost.chain];
        let [_, receiving] = &chains;
        let max_gas = receiving.rpc().block_params(receiving.height().await?).await?.max_gas;
        Ok(Self { net, chains, max_gas, pids, script: script.into() })
    }

    /// Where a relayer reaches them.
    pub(crate) fn ends(&self) -> [End; 2] {
        let chains = &self.net.chains;
        [&chains.a, &chains.b].map(|chain| End {
            chain_id: chain.chain_id.clone(),
            rpc: chain.rpc.clone(),
            grpc: chain.grpc.clone(),
        })
    }

    /// Their heights now.
    ///
    /// # Errors
    /// One does not answer.
    pub(crate) async fn heights(&self) -> anyhow::Result<[u64; 2]> {
        let [a, b] = &self.chains;
        Ok([a.height().await?, b.height().await?])
    }

    /// Waits for some blocks of both.
    ///
    /// # Errors
    /// One makes none.
    pub(crate) async fn pass(&self, blocks: u64) -> anyhow::Result<()> {
        for chain in &self.chains {
            clock::pass(chain, blocks).await?;
        }
        Ok(())
    }

    /// Stops them.
    ///
    /// # Errors
    /// They do not stop.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        run(&self.script, &["down"], &[]).await
    }

    /// Seconds of CPU that both have used.
    ///
    /// # Errors
    /// One has ended.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let [a, b] = self.pids;
        Ok(cpu_seconds(a)? + cpu_seconds(b)?)
    }
}

fn pid(file: &Path) -> anyhow::Result<u32> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read `{}`", file.display()))?;
    text.trim().parse().with_context(|| format!("`{}` holds no process id", file.display()))
}
