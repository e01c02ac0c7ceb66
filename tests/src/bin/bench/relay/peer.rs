//! The relayers, each prepared as its own documentation says and run at its best configuration.

mod ferry;
mod hermes;
mod rly;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use entrepot::localnet::LocalAccount;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::process::Usage;

/// How long a relayer may take to open a channel.
const LINK: Duration = Duration::from_secs(300);
/// How long it may take for anything else that it is asked to do and end.
const ERRAND: Duration = Duration::from_secs(60);
/// How long it may take to stop when told to.
const STOP: Duration = Duration::from_secs(10);
/// Price of gas for all: what the nodes demand at least.
const GAS_PRICE: &str = "0.001";
/// Messages in a transaction for all: the most that Hermes allows, and ferry's default.
const BATCH: u32 = 100;

/// Which relayer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Ours.
    Ferry,
    /// Informal Systems', which asks its nodes for events.
    Hermes,
    /// The same, its nodes send it events.
    #[serde(rename = "hermes-push")]
    #[value(name = "hermes-push")]
    HermesPush,
    /// Strangelove's.
    Rly,
}

/// What is asked of a relayer that is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// To carry what is sent from now on.
    Live,
    /// To find what was sent before.
    Backlog,
}

/// One end of what a relayer connects.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) chain_id: String,
    pub(crate) rpc: String,
    pub(crate) grpc: String,
}

/// A relayer with its configuration and keys in a folder of its own.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    binary: PathBuf,
    home: PathBuf,
    ends: [End; 2],
}

/// A relayer that runs; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    kind: Kind,
    child: Child,
    log: PathBuf,
    /// When it was started, in seconds since 1970.
    pub(crate) started_at: f64,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ferry => "ferry",
            Self::Hermes => "Hermes",
            Self::HermesPush => "Hermes (push)",
            Self::Rly => "rly",
        })
    }
}

impl Kind {
    /// What its binary says that it is.
    ///
    /// # Errors
    /// It cannot be run.
    pub(crate) async fn version(self, binary: &Path) -> anyhow::Result<String> {
        let argument = if self == Self::Rly { "version" } else { "--version" };
        let said = finish(Command::new(binary).arg(argument), ERRAND).await?;
        let text = String::from_utf8_lossy(&said);
        let version = text.lines().find_map(|line| {
            line.split_whitespace().find(|word| word.contains('.') && !word.contains("..."))
        });
        Ok(version.unwrap_or("?").trim_start_matches('v').to_owned())
    }
}

impl Peer {
    /// Writes the configuration and gives it the key of an account.
    ///
    /// # Errors
    /// It does not take them.
    pub(crate) async fn prepare(
        kind: Kind,
        binary: &Path,
        home: PathBuf,
        (ends, account): ([End; 2], &LocalAccount),
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&home)?;
        let mnemonic = &account.mnemonic;
        let peer = Self { kind, binary: binary.into(), home, ends };
        match kind {
            Kind::Ferry => ferry::prepare(&peer, mnemonic).await?,
            Kind::Hermes | Kind::HermesPush => hermes::prepare(&peer, mnemonic).await?,
            Kind::Rly => rly::prepare(&peer, mnemonic).await?,
        }
        Ok(peer)
    }

    /// Opens clients, a connection and a transfer channel with one command, and says how long it took.
    ///
    /// # Errors
    /// It fails.
    pub(crate) async fn link(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let mut command = match self.kind {
            Kind::Ferry => ferry::link(self),
            Kind::Hermes | Kind::HermesPush => hermes::link(self, Duty::Live)?,
            Kind::Rly => rly::link(self),
        };
        finish(&mut command, LINK).await?;
        Ok(begun.elapsed())
    }

    /// Starts to relay.
    ///
    /// # Errors
    /// It cannot be run.
    pub(crate) fn start(&self, duty: Duty) -> anyhow::Result<Running> {
        let mut command = match self.kind {
            Kind::Ferry => ferry::start(self),
            Kind::Hermes | Kind::HermesPush => hermes::start(self, duty)?,
            Kind::Rly => rly::start(self, duty),
        };
        let log = self.home.join("relayer.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let started_at = now()?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("cannot run {}", self.kind))?;
        Ok(Running { kind: self.kind, child, log, started_at })
    }

    fn command(&self) -> Command {
        Command::new(&self.binary)
    }
}

impl Running {
    /// What it has used so far.
    ///
    /// # Errors
    /// It has ended by itself.
    pub(crate) fn usage(&mut self) -> anyhow::Result<Usage> {
        match (self.child.try_wait()?, self.child.id()) {
            (None, Some(pid)) => Usage::of(pid),
            (status, _) => bail!(
                "{} has ended by itself ({status:?}); its log is {}",
                self.kind,
                self.log.display()
            ),
        }
    }

    /// Tells it to stop, and kills it when it does not.
    ///
    /// # Errors
    /// It cannot be killed.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        if timeout(STOP, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// Seconds since 1970.
///
/// # Errors
/// The clock is before that.
pub(crate) fn now() -> anyhow::Result<f64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64())
}

/// Runs a command to its end and returns what it printed.
async fn finish(command: &mut Command, limit: Duration) -> anyhow::Result<Vec<u8>> {
    let line = format!("{:?}", command.as_std());
    let output = timeout(limit, command.stdin(Stdio::null()).kill_on_drop(true).output()).await;
    let output = output.with_context(|| format!("{line} did not end within {limit:?}"))?;
    let output = output.with_context(|| format!("cannot run {line}"))?;
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    ensure!(output.status.success(), "{line} failed: {}", String::from_utf8_lossy(&said));
    Ok(said)
}
