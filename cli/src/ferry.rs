//! ferry as a process of its own: prepared, told to link, started and stopped.

use std::fmt;
use std::io::ErrorKind::{ConnectionRefused, NotFound};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// How long ferry may take to finish what it is at when it is told to stop.
const DRAIN: Duration = Duration::from_secs(15);
/// How long a link may take: ten seconds on local nodes, minutes where blocks are slow.
const LINK: Duration = Duration::from_secs(600);
/// The name of the key in a home made by [`Ferry::prepare`].
const KEY: &str = "relayer";
/// Guards a key whose mnemonic was given in the open; see [`Ferry::prepare`].
const PASSWORD: &str = "local nodes only";

/// A ferry binary and a home with configuration and keys.
#[derive(Clone, Debug)]
pub struct Ferry {
    binary: PathBuf,
    home: PathBuf,
    password_file: Option<PathBuf>,
}

/// A chain as ferry's configuration names it.
#[derive(Clone, Debug)]
pub struct FerryChain<'a> {
    /// The chain id.
    pub id: &'a str,
    /// The node's RPC address.
    pub rpc: &'a str,
    /// Prefix of its addresses.
    pub address_prefix: &'a str,
    /// Price of gas with its denom.
    pub gas_price: String,
}

/// A channel to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewChannel<'a> {
    /// The chain on which the handshake begins, and its port.
    pub from: (&'a str, &'a str),
    /// The other chain and its port.
    pub to: (&'a str, &'a str),
    /// The channel's version.
    pub version: &'a str,
}

/// What `ferry link` made or found.
#[derive(Clone, Debug, Deserialize)]
pub struct Linked {
    /// The end on the chain on which the handshake began.
    pub a: LinkedEnd,
    /// The other end.
    pub b: LinkedEnd,
}

/// One end of a link.
#[derive(Clone, Debug, Deserialize)]
pub struct LinkedEnd {
    /// The client there.
    pub client: String,
    /// The connection there.
    pub connection: String,
    /// The channel there.
    pub channel: String,
}

/// A ferry that relays. It is killed when this is dropped; [`Running::stop`] lets it finish first.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Ferry {
    /// A ferry whose home was made by its operator. Without a password file ferry takes the
    /// password from the variable `FERRY_PASSWORD`.
    #[must_use]
    pub const fn new(binary: PathBuf, home: PathBuf, password_file: Option<PathBuf>) -> Self {
        Self { binary, home, password_file }
    }

    /// Makes a home for local nodes: configuration, key and password are written there, so the
    /// mnemonic must be of no value.
    ///
    /// # Errors
    /// The home has a configuration already, or ferry does not take the key.
    pub async fn prepare(
        binary: &Path,
        home: PathBuf,
        chains: &[FerryChain<'_>],
        mnemonic: &str,
    ) -> anyhow::Result<Self> {
        let written = |path: &Path| format!("cannot write `{}`", path.display());
        std::fs::create_dir_all(&home).with_context(|| written(&home))?;
        let config = home.join("ferry.toml");
        ensure!(!config.try_exists()?, "`{}` exists already", config.display());
        std::fs::write(&config, configuration(chains)).with_context(|| written(&config))?;
        let password_file = home.join("password");
        std::fs::write(&password_file, PASSWORD).with_context(|| written(&password_file))?;
        let ferry = Self { binary: binary.into(), home, password_file: Some(password_file) };
        ferry.run(&["keys", "restore", KEY], mnemonic).await?;
        Ok(ferry)
    }

    /// Checks that it runs, and its configuration.
    ///
    /// # Errors
    /// The binary cannot be run, or what ferry says about its configuration.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.run(&["config", "check"], "").await.map(drop)
    }

    /// Makes clients, connection and channel, or what is missing of them.
    ///
    /// # Errors
    /// ferry's own, for instance when a node does not answer or another ferry uses the home.
    pub async fn link(&self, channel: NewChannel<'_>) -> anyhow::Result<Linked> {
        let NewChannel { from, to, version } = channel;
        let args = [
            "link",
            from.0,
            to.0,
            "--a-port",
            from.1,
            "--b-port",
            to.1,
            "--channel-version",
            version,
            "--json",
        ];
        let output = self.run(&args, "").await?;
        serde_json::from_slice(&output.stdout).context("ferry's answer to `link` is not understood")
    }

    /// Whether a ferry relays in this home, whoever has started it. It listens on a socket there. Source:
    /// `relayer/src/cli/control.rs`.
    ///
    /// # Errors
    /// The socket is there and cannot be opened.
    pub async fn is_running(&self) -> anyhow::Result<bool> {
        let socket = self.home.join("ferry.sock");
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => Ok(false),
            Err(error) => {
                Err(error).with_context(|| format!("`{}` cannot be opened", socket.display()))
            }
        }
    }

    /// Starts to relay every path of the home; what ferry logs is appended to `log`.
    ///
    /// # Errors
    /// The log or the binary cannot be opened.
    pub fn start(&self, log: &Path) -> anyhow::Result<Running> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let file = file.with_context(|| format!("cannot write ferry's log `{}`", log.display()))?;
        let mut command = self.command(&["start"]);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        let child = command.spawn().with_context(|| self.cannot_run())?;
        Ok(Running { child, log: log.into() })
    }

    /// Runs a verb that ends by itself, with something on its standard input.
    ///
    /// # Errors
    /// ferry's own: the last line that it complains with.
    pub async fn run(&self, args: &[&str], input: &str) -> anyhow::Result<Output> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().with_context(|| self.cannot_run())?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await.context("ferry closed its input")?;
        }
        let verb = args.first().copied().unwrap_or_default();
        let output = tokio::time::timeout(LINK, child.wait_with_output()).await;
        let output = output.with_context(|| {
            let home = self.home.display();
            format!("`ferry {verb}` did not end within {LINK:?}; run it by hand with --home {home}")
        })??;
        if output.status.success() {
            return Ok(output);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let reason = stderr.lines().rev().find(|line| !line.trim().is_empty());
        let reason = reason.map_or_else(|| output.status.to_string(), ToOwned::to_owned);
        let reason = reason.strip_prefix("error: ").unwrap_or(&reason);
        bail!("`ferry {verb}` failed: {reason}")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--home").arg(&self.home);
        if let Some(file) = &self.password_file {
            command.arg("--password-file").arg(file);
        }
        command.args(args);
        command
    }

    fn cannot_run(&self) -> String {
        let binary = self.binary.display();
        format!("cannot run ferry as `{binary}`; build it with `cargo build -p ferry`")
    }
}

impl fmt::Display for Ferry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ferry with the home `{}`", self.home.display())
    }
}

impl Running {
    /// The process.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Fails if ferry has ended by itself, with the end of its log.
    ///
    /// # Errors
    /// It has.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("ferry has ended ({status}): {}", self.last_words()),
        }
    }

    /// Tells ferry to stop, and waits until it has.
    ///
    /// # Errors
    /// It does not stop in time; then it is killed.
    pub async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM).context("cannot signal ferry")?;
        }
        let ended = tokio::time::timeout(DRAIN, self.child.wait()).await;
        Ok(ended.with_context(|| format!("ferry did not stop within {DRAIN:?}"))??)
    }

    /// Kills ferry as `kill -9` does.
    ///
    /// # Errors
    /// It cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill ferry")
    }

    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        format!("{last} (log: {})", self.log.display())
    }
}

fn configuration(chains: &[FerryChain<'_>]) -> String {
    let section = |chain: &FerryChain<'_>| {
        let FerryChain { id, rpc, address_prefix, gas_price } = chain;
        format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\"{rpc}\"]\naddress_prefix = \"{address_prefix}\"\n\
             key = \"{KEY}\"\ngas_price = \"{gas_price}\"\n"
        )
    };
    chains.iter().map(section).collect::<Vec<_>>().join("\n")
}
