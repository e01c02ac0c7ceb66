//! A full node beside a local chain's validator, to be stopped, killed, and put back.
//!
//! It keeps no index of transactions, which many public nodes do not and ferry does not need.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use cosmos::chain::Chain;
use cosmos::rpc::Rpc;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::world::setting;

/// How long a node may take to start, to catch up, or to stop.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is asked whether it has.
const POLL: Duration = Duration::from_millis(200);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// A node that follows a chain, with a home of its own.
#[derive(Debug)]
pub struct Follower {
    /// Its RPC address.
    pub rpc: String,
    wasmd: PathBuf,
    /// The validator's home.
    validator: PathBuf,
    home: TempDir,
    /// What it is started with, but for those it hears of blocks from.
    args: Vec<String>,
    /// The validator, as peers name it.
    peer: String,
    running: Option<Child>,
}

/// Whether a follower hears of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// From the validator.
    Validator,
    /// From nobody.
    Nobody,
}

impl Follower {
    /// A node of a local chain that runs and has come as far as the chain is now; `options` go to `wasmd start`.
    ///
    /// # Errors
    /// The chain is no local one, or the node does not start.
    pub async fn of(chain: &Chain, options: &[&str]) -> anyhow::Result<Self> {
        let described = described(&chain.config().chain_id)?;
        let text = |key: &str| described[key].as_str().with_context(|| format!("no `{key}`"));
        let (wasmd, validator) = (PathBuf::from(text("wasmd")?), Path::new(text("home")?));
        let beside = setting("E2E_LOCALNET")?;
        let beside = beside.parent().unwrap_or_else(|| Path::new("."));
        let home = tempfile::Builder::new().prefix("follower-").tempdir_in(beside)?;
        let id = text("chain_id")?;
        asked(&wasmd, home.path(), &["init", "follower", "--chain-id", id]).await?;
        for file in ["genesis.json", "config.toml", "app.toml"] {
            let file = Path::new("config").join(file);
            std::fs::copy(validator.join(&file), home.path().join(&file))?;
        }
        let file = home.path().join("config/config.toml");
        let config = std::fs::read_to_string(&file)?;
        let (index, none) = ("indexer = \"kv\"", "indexer = \"null\"");
        ensure!(config.matches(index).count() == 1, "`config.toml` does not say `{index}` once");
        std::fs::write(&file, config.replace(index, none))?;
        let node = asked(&wasmd, validator, &["comet", "show-node-id"]).await?;
        let peer = format!("{}@{}", node.trim(), text("p2p")?);
        let [rpc, p2p, grpc] = free_addresses()?;
        let mut args = vec![format!("--rpc.laddr=tcp://{rpc}"), format!("--p2p.laddr=tcp://{p2p}")];
        args.push(format!("--grpc.address={grpc}"));
        let plain = ["--api.enable=false", "--grpc-web.enable=false", "--log_level=error"];
        args.extend(plain.iter().chain(options).map(|arg| (*arg).to_owned()));
        let rpc = format!("http://{rpc}");
        let validator = validator.to_owned();
        let mut follower = Self { rpc, wasmd, validator, home, args, peer, running: None };
        follower.start(Peers::Validator).await?;
        follower.reaches(chain.height().await?).await?;
        let status = Rpc::new(&follower.rpc, ANSWER)?.status().await?;
        ensure!(status.node_info.other.tx_index == "off", "it has an index of transactions");
        Ok(follower)
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn start(&mut self, peers: Peers) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it runs already");
        let mut command = Command::new(&self.wasmd);
        command.arg("start").arg("--home").arg(self.home.path()).args(&self.args);
        if peers == Peers::Validator {
            command.arg(format!("--p2p.persistent_peers={}", self.peer));
        }
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        self.running = Some(command.spawn()?);
        self.reaches(0).await
    }

    /// Waits until it has executed the block at `height`.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub async fn reaches(&self, height: u64) -> anyhow::Result<()> {
        self.until(&format!("block {height}"), async |rpc: &Rpc| {
            Ok(rpc.abci_info().await?.last_block_height >= height)
        })
        .await
    }

    /// Waits until it has thrown the block at `height` away.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub async fn lacks(&self, height: u64) -> anyhow::Result<()> {
        self.until(&format!("block {height} is thrown away"), async |rpc: &Rpc| {
            Ok(rpc.status().await?.sync_info.earliest_block_height > height)
        })
        .await
    }

    async fn until(
        &self,
        what: &str,
        holds: impl AsyncFn(&Rpc) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let rpc = Rpc::new(&self.rpc, ANSWER)?;
        let deadline = Instant::now() + PATIENCE;
        // A node that starts does not answer yet.
        while !holds(&rpc).await.unwrap_or(false) {
            let log = self.log();
            ensure!(Instant::now() < deadline, "{what}: in vain; see {}", log.display());
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Ends it as systemd does.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.end(Signal::TERM).await
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Errors
    /// It does not run.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.end(Signal::KILL).await
    }

    async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        let mut running = self.running.take().context("it does not run")?;
        let id = running.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        kill_process(id.context("it has ended by itself")?, signal)?;
        tokio::time::timeout(PATIENCE, running.wait()).await.context("it does not end")??;
        Ok(())
    }

    /// A copy of all that it has, to be put back; it must not run.
    ///
    /// # Errors
    /// It runs, or cannot be copied.
    pub fn copy(&self) -> anyhow::Result<TempDir> {
        ensure!(self.running.is_none(), "it runs");
        let copy = tempfile::tempdir_in(self.home.path())?;
        copy_folder(&self.data(), copy.path())?;
        Ok(copy)
    }

    /// Replaces what it has by a copy of before; it must not run.
    ///
    /// # Errors
    /// It runs, or the copy cannot be put back.
    pub fn put_back(&self, copy: &TempDir) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it runs");
        std::fs::remove_dir_all(self.data())?;
        copy_folder(copy.path(), &self.data())
    }

    /// Makes it the validator of a chain that goes on from the state that it has, under another id and without the blocks
    /// of before; it must not run.
    ///
    /// # Errors
    /// It runs, or its state cannot be exported.
    pub async fn begin_anew(&self, id: &str, time: &str) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it runs");
        let exported = self.home.path().join("exported.json");
        let name = exported.to_str().context("the folder's name is no text")?;
        asked(&self.wasmd, self.home.path(), &["export", "--output-document", name]).await?;
        let mut genesis: Value = serde_json::from_slice(&std::fs::read(&exported)?)?;
        (genesis["chain_id"], genesis["genesis_time"]) = (id.into(), time.into());
        let config = self.home.path().join("config");
        std::fs::write(config.join("genesis.json"), genesis.to_string())?;
        let key = Path::new("config/priv_validator_key.json");
        std::fs::copy(self.validator.join(key), self.home.path().join(key))?;
        asked(&self.wasmd, self.home.path(), &["comet", "unsafe-reset-all"]).await.map(drop)
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("log")
    }
}

/// What `localnet.json` says of a chain.
pub(crate) fn described(chain_id: &str) -> anyhow::Result<Value> {
    let mut net: Value = serde_json::from_slice(&std::fs::read(setting("E2E_LOCALNET")?)?)?;
    let mut chains = ["a", "b"].into_iter().map(|name| net["chains"][name].take());
    chains.find(|chain| chain["chain_id"] == *chain_id).context("it is no local chain")
}

async fn asked(wasmd: &Path, home: &Path, args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(wasmd).args(args).arg("--home").arg(home).output().await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`wasmd {}` failed: {complaint}", args.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// Addresses on which nobody listens now.
fn free_addresses() -> anyhow::Result<[String; 3]> {
    let listen = || TcpListener::bind("127.0.0.1:0");
    let listeners = [listen()?, listen()?, listen()?];
    let [a, b, c] = listeners.map(|listener| listener.local_addr());
    Ok([a?.to_string(), b?.to_string(), c?.to_string()])
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
