//! `entrepot` as a process of its own, with a home that knows the world.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use cosmos::keys::{HdPath, KeyStore};
use entrepot::localnet::LocalChain;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::world::World;

const PASSWORD: &str = "of no value";

/// The command, for one account.
#[derive(Debug)]
pub struct Tool {
    binary: PathBuf,
    home: TempDir,
}

impl World {
    /// `entrepot` as `account` uses it on both chains.
    ///
    /// # Errors
    /// There is no such account, or the home cannot be written.
    pub fn tool(&self, account: &str) -> anyhow::Result<Tool> {
        let home = tempfile::tempdir()?;
        std::fs::write(home.path().join("password"), PASSWORD)?;
        let keys = KeyStore::new(home.path().join("keys"));
        keys.restore(account, &self.net.account(account)?.mnemonic, HdPath::cosmos(0), PASSWORD)?;
        let section = |name: &str, chain: &LocalChain, contract: &str| {
            let LocalChain { chain_id, rpc, bech32_prefix, gas_price, fee_denom, .. } = chain;
            format!(
                "[{name}]\nchain_id = \"{chain_id}\"\nrpc = \"{rpc}\"\n\
                 address_prefix = \"{bech32_prefix}\"\ngas_price = \"{gas_price}{fee_denom}\"\n\
                 contract = \"{contract}\"\nkey = \"{account}\"\n"
            )
        };
        let config = [
            "password_file = \"password\"\n".to_owned(),
            section("market", &self.net.chains.a, &self.deployed.market),
            section("outpost", &self.net.chains.b, &self.deployed.outpost),
        ];
        std::fs::write(home.path().join("config.toml"), config.concat())?;
        Ok(Tool { binary: self.tool.clone(), home })
    }
}

impl Tool {
    /// The home, where files can be put for it.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a command in its home and gives what it prints.
    ///
    /// # Errors
    /// The command's own.
    pub async fn say(&self, args: &[&str]) -> anyhow::Result<String> {
        let shown = self.binary.display();
        let output = self.command(args).output().await;
        let output = output.with_context(|| format!("cannot run `{shown}`"))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`entrepot {}` failed: {complaint}", args.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs a command that is to be refused, and gives what it complains of.
    ///
    /// # Errors
    /// It is not refused.
    pub async fn refused(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.command(args).output().await?;
        ensure!(!output.status.success(), "`entrepot {}` was not refused", args.join(" "));
        Ok(String::from_utf8(output.stderr)?)
    }

    /// Runs a command and kills it, as `kill -9` does, at the first line on standard error of which `is_now` says so.
    ///
    /// # Errors
    /// The command ends before, with its complaint; or `is_now` fails.
    pub async fn killed(
        &self,
        args: &[&str],
        mut is_now: impl AsyncFnMut(&str) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let mut child = self.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let told = child.stderr.take().context("standard error is a pipe")?;
        let (mut lines, mut last) = (BufReader::new(told).lines(), String::new());
        while let Some(line) = lines.next_line().await? {
            if is_now(&line).await? {
                return Ok(child.kill().await?);
            }
            last = line;
        }
        bail!("`entrepot {}` ended before it was killed: {last}", args.join(" "))
    }

    /// Runs a command and reads its answer in JSON.
    ///
    /// # Errors
    /// As [`Tool::say`], or it does not answer in JSON.
    pub async fn ask(&self, args: &[&str]) -> anyhow::Result<Value> {
        let args = [args, &["--json"]].concat();
        Ok(serde_json::from_str(&self.say(&args).await?)?)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.home()).arg("--home").arg(self.home()).args(args);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}
