//! An operator with a ferry of its own, who needs no contracts.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use cosmos::Any;
use cosmos::chain::ibc::Transfer;
use cosmos::keys::Key;
use cosmos::wire::height::Height;
use entrepot::deploy::Site;
use entrepot::localnet::{LocalChain, Localnet};
use protocol::ics20::TRANSFER_PORT;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::clock;

/// Signs for ferry.
const RELAYER: &str = "relayer";
/// Sends packets.
const USER: &str = "user3";
const PASSWORD: &str = "of no value";
/// Seconds until a transfer is too late.
const LATE: u64 = 3_600;

/// A ferry's home, and the two chains.
#[derive(Debug)]
pub struct Operator {
    /// Chain A, on which the user acts.
    pub a: Site,
    /// Chain B, on which the user acts.
    pub b: Site,
    /// The user's address on both.
    pub user: String,
    /// The address of ferry's key on both.
    pub relayer: String,
    binary: PathBuf,
    home: TempDir,
}

impl Operator {
    /// A home without a store; `terms` are added to the configuration of each chain.
    ///
    /// # Errors
    /// A variable is not set, a node does not answer, or ferry does not take the key.
    pub async fn new(terms: &str) -> anyhow::Result<Self> {
        Self::signing_as(RELAYER, terms).await
    }

    /// The same with another of the localnet's accounts as ferry's key.
    ///
    /// # Errors
    /// As [`Operator::new`].
    pub async fn signing_as(account: &str, terms: &str) -> anyhow::Result<Self> {
        let described = setting("E2E_LOCALNET")?;
        let net = Localnet::read(&described)?;
        let beside = described.parent().unwrap_or_else(|| Path::new("."));
        let home = tempfile::Builder::new().prefix("ferry-").tempdir_in(beside)?;
        let section = |chain: &LocalChain| {
            let LocalChain { chain_id, rpc, bech32_prefix, gas_price, fee_denom, .. } = chain;
            format!(
                "[[chain]]\nid = \"{chain_id}\"\nrpc = [\"{rpc}\"]\n\
                 address_prefix = \"{bech32_prefix}\"\nkey = \"{RELAYER}\"\n\
                 gas_price = \"{gas_price}{fee_denom}\"\n{terms}\n"
            )
        };
        let config = [&net.chains.a, &net.chains.b].map(section).concat();
        std::fs::write(home.path().join("ferry.toml"), config)?;
        let words = home.path().join("words");
        std::fs::write(&words, &net.account(account)?.mnemonic)?;
        let sites = net.sites(USER).await?;
        let operator = Self {
            a: sites.market,
            b: sites.outpost,
            user: net.account(USER)?.address.clone(),
            relayer: net.account(account)?.address.clone(),
            binary: setting("FERRY_BIN")?,
            home,
        };
        let words = words.to_str().context("the folder's name is no text")?;
        operator.ferry(&["keys", "restore", RELAYER, "--mnemonic-file", words]).await?;
        Ok(operator)
    }

    /// Runs a verb of ferry to its end and reads its answer.
    ///
    /// # Errors
    /// ferry's own, or it does not answer in JSON.
    pub async fn ferry(&self, args: &[&str]) -> anyhow::Result<Value> {
        let output = self.command(args).stdin(Stdio::null()).output().await?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`ferry {}` failed: {complaint}", args.join(" "));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs a verb of ferry that is to be refused, and gives what it complains of.
    ///
    /// # Errors
    /// It is not refused.
    pub async fn refused(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.command(args).stdin(Stdio::null()).output().await?;
        ensure!(!output.status.success(), "`ferry {}` was not refused", args.join(" "));
        Ok(String::from_utf8(output.stderr)?)
    }

    /// What `ferry doctor` finds, whether it finds faults or none.
    ///
    /// # Errors
    /// It cannot be run, or does not answer in JSON.
    pub async fn doctor(&self) -> anyhow::Result<Vec<Value>> {
        let output = self.command(&["doctor"]).stdin(Stdio::null()).output().await?;
        let mut answer: Value = serde_json::from_slice(&output.stdout)?;
        ensure!(output.status.success() == (answer["faults"] == 0), "it ended with {answer}");
        serde_json::from_value(answer["findings"].take()).context("no findings")
    }

    /// What is wrong, as `ferry doctor` has it: check, finding and cure of each, in a line.
    ///
    /// # Errors
    /// As [`Operator::doctor`], or it names no cure.
    pub async fn ailments(&self) -> anyhow::Result<Vec<String>> {
        let mut findings = self.doctor().await?;
        findings.retain(|finding| finding["grade"] != "ok");
        let line = |finding: Value| {
            let text = |key: &str| finding[key].as_str().context("a finding without a cure");
            let (check, found, cure) = (text("check")?, text("finding")?, text("cure")?);
            Ok(format!("{check}: {found}; {cure}"))
        };
        findings.into_iter().map(line).collect()
    }

    /// Makes a key of ferry's that signs for no chain, and gives its address on A.
    ///
    /// # Errors
    /// As [`Operator::ferry`].
    pub async fn add_key(&self, name: &str) -> anyhow::Result<String> {
        let made = self.ferry(&["keys", "add", name]).await?;
        let address = made["keys"][0]["addresses"][0]["address"].as_str();
        Ok(address.context("no address")?.to_owned())
    }

    /// A file in ferry's home.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Changes the text of the configuration.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn configure(&self, change: impl FnOnce(String) -> String) -> anyhow::Result<()> {
        let file = self.home.path().join("ferry.toml");
        let text = std::fs::read_to_string(&file)?;
        Ok(std::fs::write(&file, change(text))?)
    }

    /// Lets another account pay ferry's fees on a chain.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn set_granter(&self, site: &Site, granter: &str) -> anyhow::Result<()> {
        let id = format!("id = \"{}\"\n", site.chain_id());
        let with = format!("{id}fee_granter = \"{granter}\"\n");
        self.configure(|text| text.replace(&id, &with))
    }

    /// Why packets wait, as ferry says it; one line for each.
    ///
    /// # Errors
    /// As [`Operator::ferry`].
    pub async fn waiting(&self) -> anyhow::Result<Vec<String>> {
        let answer = self.ferry(&["packets"]).await?;
        let packets = answer["packets"].as_array().context("no packets")?;
        Ok(packets.iter().map(|packet| packet["why"].to_string()).collect())
    }

    /// Asks ferry to stop, as systemd does, and tells how long that took.
    ///
    /// # Errors
    /// It does not end well.
    pub async fn stop(&self, mut ferry: Child) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        self.signal(&ferry, "TERM").await?;
        let ended = ferry.wait().await?;
        ensure!(ended.success(), "ferry ended with {ended}");
        Ok(begun.elapsed())
    }

    /// Sends a signal to a ferry, by name such as `STOP`.
    ///
    /// # Errors
    /// It has ended.
    pub async fn signal(&self, ferry: &Child, name: &str) -> anyhow::Result<()> {
        let pid = ferry.id().context("ferry has ended")?.to_string();
        let told = Command::new("kill").args(["-s", name, &pid]).status().await?;
        ensure!(told.success(), "ferry cannot be sent {name}");
        Ok(())
    }

    /// Makes clients, connection and a transfer channel.
    ///
    /// # Errors
    /// As [`Operator::ferry`].
    pub async fn link(&self) -> anyhow::Result<Value> {
        self.ferry(&["link", self.a.chain_id(), self.b.chain_id()]).await
    }

    /// Starts ferry; it is killed when the handle is dropped.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(&self) -> anyhow::Result<Child> {
        let log = std::fs::File::create(self.home.path().join("log"))?;
        let mut command = self.command(&["start"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(command.spawn()?)
    }

    /// Waits until the ferry that was started takes commands.
    ///
    /// # Errors
    /// It does not within a minute.
    pub async fn is_running(&self) -> anyhow::Result<()> {
        let runs = async || Ok((self.ferry(&["packets"]).await?["running"] == true).then_some(()));
        clock::until(&self.a.chain, "ferry runs", runs).await
    }

    /// Begins a verb of ferry that is to be killed on the way; it is, at the latest, when the handle is dropped.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn begin(&self, args: &[&str]) -> anyhow::Result<Child> {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    /// What the ferry that was started last has logged.
    ///
    /// # Errors
    /// None was started.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.home.path().join("log"))?)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.env("FERRY_PASSWORD", PASSWORD).arg("--home").arg(self.home.path()).arg("--json");
        command.args(args).kill_on_drop(true);
        command
    }

    /// Sends coins over a channel, `count` packets in one transaction; gives their sequences.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn send(&self, from: &Site, channel: &str, count: usize) -> anyhow::Result<Vec<u64>> {
        let denom = from.chain.config().gas_price.denom().to_owned();
        self.send_units(from, channel, (count, &denom)).await
    }

    /// The same with units of any denom.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn send_units(
        &self,
        from: &Site,
        channel: &str,
        (count, denom): (usize, &str),
    ) -> anyhow::Result<Vec<u64>> {
        self.send_each(from, (channel, denom), std::iter::repeat_n(&*self.user, count)).await
    }

    /// Sends a unit of a denom to each of these receivers, in one transaction; gives the packets' sequences.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn send_each(
        &self,
        from: &Site,
        (channel, denom): (&str, &str),
        receivers: impl Iterator<Item = &str>,
    ) -> anyhow::Result<Vec<u64>> {
        let timeout_timestamp = (clock::now(&from.chain).await? + LATE) * 1_000_000_000;
        let transfer = |receiver| Transfer {
            channel,
            amount: 1,
            denom,
            receiver,
            memo: "",
            timeout_height: Height::default(),
            timeout_timestamp,
        };
        self.transfer(from, receivers.map(transfer)).await
    }

    /// Makes these transfers, in one transaction; gives the packets' sequences.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn transfer<'a>(
        &self,
        from: &Site,
        transfers: impl Iterator<Item = Transfer<'a>>,
    ) -> anyhow::Result<Vec<u64>> {
        let key: &Key = &from.key;
        let messages = transfers.map(|transfer| from.chain.transfer_msg(key, transfer));
        let messages: Vec<Any> = messages.collect::<Result<_, _>>()?;
        let outcome = from.chain.send_msgs(key, &messages, "").await?;
        let sent = outcome.events.iter().filter(|event| event.kind == "send_packet");
        let sequences = sent.filter_map(|event| event.get("packet_sequence")?.parse().ok());
        Ok(sequences.collect())
    }

    /// Waits until no packet is under way from an end of a transfer channel.
    ///
    /// # Errors
    /// That takes more than a minute.
    pub async fn settled(&self, from: &Site, channel: &str) -> anyhow::Result<()> {
        let is_settled = async || {
            let left = from.chain.packet_commitments(TRANSFER_PORT, channel).await?;
            Ok(left.is_empty().then_some(()))
        };
        clock::until(&from.chain, "every packet is settled", is_settled).await
    }
}

fn setting(variable: &str) -> anyhow::Result<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).with_context(|| {
        format!("{variable} is not set: run `scripts/test`, or see tests/README.md")
    })
}
