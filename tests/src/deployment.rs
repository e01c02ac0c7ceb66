//! `entrepot deploy` as a process of its own, over the transfer channel that the world has and with the ferry that runs, as
//! between chains that exist; and what of it is on the chains.

use std::path::PathBuf;

use anyhow::Context as _;
use cosmos::chain::Chain;
use entrepot::deploy::{StateFile, Step};
use entrepot::ferry::{Linked, NewChannel};
use entrepot::localnet::LocalChain;
use protocol::ics20::TRANSFER_PORT;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::tool::Tool;
use crate::world::{OWNER, World, setting};

const FILE: &str = "deploy.toml";

/// A deployment file in the home of a tool.
#[derive(Debug)]
pub struct Rollout {
    /// The tool, as the contracts' owner uses it.
    pub tool: Tool,
    chains: [String; 2],
}

/// What a key has made on the two chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Codes of the market and of the outpost, by number.
    pub codes: [Vec<u64>; 2],
    /// Contracts of those codes.
    pub contracts: [usize; 2],
    /// Channels of the connection, closed ones too.
    pub channels: usize,
}

impl World {
    /// A deployment that shares nothing with this world but the transfer channel, over a route of style `plain`.
    ///
    /// # Errors
    /// A variable is not set, or the file cannot be written.
    pub fn rollout(&self) -> anyhow::Result<Rollout> {
        let tool = self.tool(OWNER)?;
        let (a, b) = (&self.net.chains.a, &self.net.chains.b);
        let artifacts = setting("ARTIFACTS")?.canonicalize()?;
        let artifacts = artifacts.display();
        let (bond, money, transfer) = (&a.token, &b.token, &self.deployed.transfer);
        let (market, outpost) = (&transfer.market, &transfer.outpost);
        let text = format!(
            "{}{}[keys]\ndir = \"keys\"\npassword_file = \"password\"\n\
             [artifacts]\nmarket = \"{artifacts}/market.wasm\"\noutpost = \"{artifacts}/outpost.wasm\"\n\
             [market]\nstake_denom = \"{bond}\"\nbond_denom = \"{bond}\"\nmin_timeout_seconds = 20\n\
             [outpost]\nmin_timeout_seconds = 20\n\
             [route]\nstyle = \"plain\"\ndenom = \"{money}\"\nbond_factor = \"1\"\n\
             [channels]\ntransfer = {{ market = \"{market}\", outpost = \"{outpost}\" }}\n",
            section("market", a),
            section("outpost", b),
        );
        std::fs::write(tool.home().join(FILE), text)?;
        Ok(Rollout { tool, chains: [a.chain_id.clone(), b.chain_id.clone()] })
    }

    /// What the owner has made so far.
    ///
    /// # Errors
    /// A node does not answer, or an artifact cannot be read.
    pub async fn made(&self) -> anyhow::Result<Made> {
        let (a, b) = (&self.sites.market.chain, &self.sites.outpost.chain);
        let owner = self.address(OWNER)?;
        let artifacts = setting("ARTIFACTS")?;
        let (mut codes, mut contracts) = ([Vec::new(), Vec::new()], [0, 0]);
        for (index, (chain, name)) in [(a, "market.wasm"), (b, "outpost.wasm")].iter().enumerate() {
            let wasm = std::fs::read(artifacts.join(name))?;
            codes[index] = chain.codes_of(owner, &Sha256::digest(&wasm)).await?;
            for code in &codes[index] {
                contracts[index] += chain.contracts_of(*code).await?.len();
            }
        }
        Ok(Made { codes, contracts, channels: self.channels(b).await? })
    }

    async fn channels(&self, chain: &Chain) -> anyhow::Result<usize> {
        let channel = chain.channel(TRANSFER_PORT, &self.deployed.transfer.outpost).await?;
        let hops = channel.context("the route's channel is gone")?.connection_hops;
        let connection = hops.first().context("a channel has a connection")?;
        Ok(chain.connection_channels_at(connection, 0).await?.len())
    }

    /// Has the world's ferry open a channel, be it running or not.
    ///
    /// # Errors
    /// ferry's own.
    pub async fn link(&self, channel: NewChannel<'_>) -> anyhow::Result<Linked> {
        self.ferry.link(channel).await
    }
}

impl Rollout {
    /// Where progress is kept.
    #[must_use]
    pub fn state_file(&self) -> PathBuf {
        self.tool.home().join(FILE).with_extension("state.json")
    }

    /// What was noted so far.
    ///
    /// # Errors
    /// The file is not there, or of another form.
    pub fn state(&self) -> anyhow::Result<StateFile> {
        let [a, b] = &self.chains;
        StateFile::open(&self.state_file(), a, b)
    }

    /// Changes the deployment file.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn rewrite(&self, change: impl FnOnce(String) -> String) -> anyhow::Result<()> {
        let file = self.tool.home().join(FILE);
        let text = std::fs::read_to_string(&file)?;
        Ok(std::fs::write(&file, change(text))?)
    }

    /// `entrepot deploy`, with its answer.
    ///
    /// # Errors
    /// What it complains of.
    pub async fn run(&self) -> anyhow::Result<Value> {
        self.tool.ask(&["deploy", "--config", FILE]).await
    }

    /// What `entrepot deploy` complains of.
    ///
    /// # Errors
    /// It does not.
    pub async fn refused(&self) -> anyhow::Result<String> {
        self.tool.refused(&["deploy", "--config", FILE]).await
    }

    /// `entrepot deploy --dry-run`: the names of the steps that are done, those of the others, and what is missing.
    ///
    /// # Errors
    /// What it complains of; its answer is of another form.
    pub async fn plan(&self) -> anyhow::Result<(Vec<String>, Vec<String>, Vec<String>)> {
        let plan = self.tool.ask(&["deploy", "--config", FILE, "--dry-run"]).await?;
        let (mut done, mut to_do) = (Vec::new(), Vec::new());
        for standing in plan["steps"].as_array().context("a plan has steps")? {
            let name = standing["step"].as_str().context("a step has a name")?.to_owned();
            match (standing["done"].is_string(), standing["would"].is_string()) {
                (true, false) => done.push(name),
                (false, true) => to_do.push(name),
                _ => anyhow::bail!("a step is done or is to be done: {standing}"),
            }
        }
        Ok((done, to_do, serde_json::from_value(plan["missing"].clone())?))
    }

    /// `entrepot deploy`, killed as soon as it has said that a step is done.
    ///
    /// # Errors
    /// It ends before, with what it complains of.
    pub async fn killed_after(&self, step: Step) -> anyhow::Result<()> {
        let said = async |line: &str| Ok(line.starts_with(&format!("{step}: ")));
        self.tool.killed(&["deploy", "--config", FILE], said).await
    }

    /// `entrepot deploy`, killed at a moment of its last step that `is_now` finds.
    ///
    /// # Errors
    /// It ends before, with what it complains of; or `is_now` fails.
    pub async fn killed_when(
        &self,
        is_now: impl AsyncFnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut is_now = Some(is_now);
        let last = format!("{}: ", Step::ControlChannel);
        let said = async |line: &str| match is_now.take_if(|_| line.starts_with(&last)) {
            Some(is_now) => is_now().await.map(|()| true),
            None => Ok(false),
        };
        self.tool.killed(&["deploy", "--config", FILE], said).await
    }
}

fn section(name: &str, chain: &LocalChain) -> String {
    let LocalChain { chain_id, rpc, bech32_prefix, gas_price, fee_denom, .. } = chain;
    format!(
        "[chains.{name}]\nid = \"{chain_id}\"\nrpc = \"{rpc}\"\naddress_prefix = \"{bech32_prefix}\"\n\
         gas_price = \"{gas_price}{fee_denom}\"\nkey = \"{OWNER}\"\n"
    )
}
