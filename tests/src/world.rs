//! One deployment on two real chains, made once per process: contracts, channels, a proved route,
//! two providers, a standing offer, a DAO.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use cosmos::chain::TxOutcome;
use cosmos::keys::Key;
use cosmwasm_std::{CosmosMsg, WasmMsg};
use entrepot::deploy::{
    Carrier, Channels, Deployed, Deployment, Ends, RouteSpec, Site, Sites, Spec, State, StateFile,
    Style,
};
use entrepot::ferry::{Ferry, NewChannel, Running};
use entrepot::localnet::Localnet;
use protocol::ics20::TRANSFER_PORT;
use protocol::{DeploymentId, Tenant};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::cw3::Dao;
use crate::third_party::ThirdParty;

/// Owns both contracts, gets the market's fees and does what anybody may do.
pub const OWNER: &str = "user1";
/// Buys through the outpost without a DAO.
pub const BUYER: &str = "user2";
/// Has no outpost.
pub const WALLET: &str = "user4";
/// Has the standing offer.
pub const PROVIDER: &str = "provider1";
/// Has none.
pub const RIVAL: &str = "provider2";
/// What the DAO is given at the start.
const DAO_FUNDS: u128 = 1_000_000_000;

/// Two chains and what is deployed there.
#[derive(Debug)]
pub struct World {
    /// The chains, as the contracts' owner sees them.
    pub sites: Sites,
    /// The contracts and the channels between them.
    pub deployed: Deployed,
    /// Another transfer channel between the chains, which is no route; the route's where there is none.
    pub other_transfer: Ends,
    /// The provider's standing offer.
    pub offer: u64,
    dao: Option<Dao>,
    /// Contracts of others.
    pub third_party: ThirdParty,
    pub(crate) net: Localnet,
    pub(crate) ferry: Ferry,
    pub(crate) running: Mutex<Option<Running>>,
    pub(crate) log: PathBuf,
    pub(crate) tool: PathBuf,
    spec: Spec,
    state: PathBuf,
}

impl World {
    /// Deploys everything anew. State and logs are kept in a folder beside `localnet.json`.
    ///
    /// # Errors
    /// A variable is not set, a node does not answer, or anything cannot be deployed.
    pub async fn make() -> anyhow::Result<Self> {
        let mut world = Self::of(&setting("ARTIFACTS")?, (Style::Callbacks, None)).await?;
        // ferry names paths after the chain on which they begin: this one is not the route's.
        let (a, b) = (world.sites.market.chain_id(), world.sites.outpost.chain_id());
        let (from, to) = ((a, TRANSFER_PORT), (b, TRANSFER_PORT));
        let other = world.ferry.link(NewChannel { from, to, version: "ics20-1" }).await?;
        world.other_transfer = Ends { market: other.a.channel, outpost: other.b.channel };
        let members = [world.key(BUYER)?, world.key("user3")?];
        let funds = (DAO_FUNDS, world.deployed.denom.as_str());
        let dao = Dao::form(&world.sites.outpost, &world.third_party, members, funds).await?;
        world.dao = Some(dao);
        Ok(world)
    }

    /// A multisig on the outpost's chain.
    ///
    /// # Errors
    /// This world has none.
    pub fn dao(&self) -> anyhow::Result<&Dao> {
        self.dao.as_ref().context("a world of released contracts has no DAO")
    }

    /// Today's contracts over a route of another style, without a DAO.
    ///
    /// # Errors
    /// As [`World::make`]; the chains lack what the style needs.
    pub async fn of_style(style: Style, market_gas: Option<u64>) -> anyhow::Result<Self> {
        Self::of(&setting("ARTIFACTS")?, (style, market_gas)).await
    }

    /// The contracts in a folder, two providers and an offer; the owner may migrate the contracts.
    pub(crate) async fn of(
        contracts: &Path,
        (style, market_gas): (Style, Option<u64>),
    ) -> anyhow::Result<Self> {
        let described = setting("E2E_LOCALNET")?;
        let (binary, tool) = (setting("FERRY_BIN")?, setting("ENTREPOT_BIN")?);
        let net = Localnet::read(&described)?;
        let beside = described.parent().unwrap_or_else(|| Path::new("."));
        let folder = tempfile::Builder::new().prefix("e2e-").tempdir_in(beside)?.keep();
        let ferry = net.ferry(&binary, folder.join("ferry")).await?;
        let log = folder.join("ferry.log");
        let sites = net.sites(OWNER).await?;
        let mut spec = net.spec(contracts);
        spec.market.admin = Some(sites.market.address.clone());
        spec.outpost.admin = Some(sites.outpost.address.clone());
        spec.route = RouteSpec { style, market_gas, ..spec.route };
        let state = folder.join("state.json");
        let deployed = deploy(&sites, &spec, (&ferry, &log), &state).await?;
        let third_party = ThirdParty::below(&setting("ARTIFACTS")?);
        let mut world = Self {
            other_transfer: deployed.transfer.clone(),
            offer: 0,
            running: Mutex::new(None),
            sites,
            deployed,
            dao: None,
            third_party,
            net,
            ferry,
            log,
            tool,
            spec,
            state,
        };
        world.register(PROVIDER).await?;
        world.register(RIVAL).await?;
        world.offer = world.post_offer(PROVIDER).await?;
        Ok(world)
    }

    /// Has the deployment done once more, after `spoil` has changed what its state file says.
    ///
    /// # Errors
    /// As [`World::make`].
    pub async fn deploy_again(&self, spoil: impl FnOnce(&mut State)) -> anyhow::Result<Deployed> {
        let mut file = open_state(&self.sites, &self.state)?;
        spoil(&mut file.state);
        file.save()?;
        deploy(&self.sites, &self.spec, (&self.ferry, &self.log), &self.state).await
    }

    /// The key of an account.
    ///
    /// # Errors
    /// There is no such account.
    pub fn key(&self, account: &str) -> anyhow::Result<Key> {
        self.net.key(account)
    }

    /// The address of an account, the same on both chains.
    ///
    /// # Errors
    /// There is no such account.
    pub fn address(&self, account: &str) -> anyhow::Result<&str> {
        Ok(&self.net.account(account)?.address)
    }

    /// What providers stake and give as bonds.
    #[must_use]
    pub fn bond_denom(&self) -> &str {
        &self.net.chains.a.token
    }

    /// Sends the market a message.
    ///
    /// # Errors
    /// What the market says.
    pub async fn market(
        &self,
        account: &str,
        msg: &market::msg::ExecuteMsg,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        let chain = &self.sites.market.chain;
        Ok(chain.execute(&self.key(account)?, &self.deployed.market, msg, funds).await?)
    }

    /// Sends the outpost a message.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn outpost(
        &self,
        account: &str,
        msg: &outpost::msg::ExecuteMsg,
        funds: &[(u128, &str)],
    ) -> anyhow::Result<TxOutcome> {
        let chain = &self.sites.outpost.chain;
        Ok(chain.execute(&self.key(account)?, &self.deployed.outpost, msg, funds).await?)
    }

    /// A message to the outpost as a DAO's proposal carries it.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn call(
        &self,
        msg: &outpost::msg::ExecuteMsg,
        funds: &[cosmwasm_std::Coin],
    ) -> anyhow::Result<CosmosMsg> {
        let contract_addr = self.deployed.outpost.clone();
        let (msg, funds) = (serde_json::to_vec(msg)?.into(), funds.to_vec());
        Ok(WasmMsg::Execute { contract_addr, msg, funds }.into())
    }

    /// Asks the market.
    ///
    /// # Errors
    /// What the market says.
    pub async fn ask_market<T: DeserializeOwned>(
        &self,
        ask: &market::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.sites.market.chain.query_smart(&self.deployed.market, ask).await?)
    }

    /// Asks the outpost.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn ask_outpost<T: DeserializeOwned>(
        &self,
        ask: &outpost::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.sites.outpost.chain.query_smart(&self.deployed.outpost, ask).await?)
    }

    /// What `entrepot why` says about an order.
    ///
    /// # Errors
    /// It fails, or does not answer in JSON.
    pub async fn why(&self, seq: u64) -> anyhow::Result<Value> {
        let rpc = |site: &Site| site.chain.rpc().endpoint().to_owned();
        let (a, b) = (rpc(&self.sites.market), rpc(&self.sites.outpost));
        let mut why = Command::new(&self.tool);
        why.args(["why", &seq.to_string(), "--json", "--outpost", &self.deployed.outpost]);
        why.args(["--market-rpc", &a, "--outpost-rpc", &b]);
        let tool = self.tool.display();
        let answer = why.output().await.with_context(|| format!("cannot run `{tool}`"))?;
        let complaint = String::from_utf8_lossy(&answer.stderr);
        ensure!(answer.status.success(), "`entrepot why {seq}` failed: {complaint}");
        Ok(serde_json::from_slice(&answer.stdout)?)
    }

    /// The market's name for an order of `owner`, an address on the outpost's chain.
    #[must_use]
    pub fn deployment(&self, owner: &str, seq: u64) -> DeploymentId {
        let sender = self.deployed.outpost.clone();
        DeploymentId { tenant: self.tenant(sender, owner), seq }
    }

    /// The tenant that the market sees behind a packet of `sender`.
    #[must_use]
    pub fn tenant(&self, sender: String, account: &str) -> Tenant {
        let route = self.deployed.transfer.market.clone();
        Tenant::Remote { route, sender, account: account.to_owned() }
    }
}

async fn deploy(
    sites: &Sites,
    spec: &Spec,
    (ferry, log): (&Ferry, &Path),
    state: &Path,
) -> anyhow::Result<Deployed> {
    let deployment = Deployment {
        sites,
        spec,
        channels: &Channels::Ferry(ferry.clone()),
        carrier: &Carrier::Child { log: log.to_owned() },
    };
    deployment.run(&mut open_state(sites, state)?, &mut |_| {}).await
}

fn open_state(sites: &Sites, file: &Path) -> anyhow::Result<StateFile> {
    StateFile::open(file, sites.market.chain_id(), sites.outpost.chain_id())
}

/// A path that `scripts/test` names in a variable.
///
/// # Errors
/// It is not set.
pub fn setting(variable: &str) -> anyhow::Result<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).with_context(|| {
        format!(
            "{variable} is not set: run `scripts/test`, or see tests/README.md for running these \
             tests by hand"
        )
    })
}
