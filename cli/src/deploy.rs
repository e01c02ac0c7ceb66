//! Brings the market and the outpost onto two chains and joins them: contracts, transfer channel,
//! route, denom, control channel, probe.
//!
//! Each step asks the chains whether it is done before it does anything, so that a deployment
//! that was interrupted goes on where it stopped. What the chains cannot be asked for (code
//! numbers, addresses, the transfer channel) is kept in a state file.

mod channels;
pub mod config;
mod contracts;
mod plan;
mod probe;
pub mod reverted;
mod route;
pub mod spec;
pub mod state;

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use cosmos::chain::Chain;
use cosmos::keys::Key;
use protocol::ics20::{End, TRANSFER_PORT, received_denom};
use serde::Serialize;

use crate::ferry::Ferry;

pub use plan::{Plan, Standing};
pub use spec::{Artifacts, MarketSpec, OutpostSpec, RouteSpec, Spec, Style};
pub use state::{Ends, State, StateFile};

/// A chain and the key that acts there.
#[derive(Clone, Debug)]
pub struct Site {
    /// The chain.
    pub chain: Chain,
    /// The key.
    pub key: Key,
    /// The key's address there.
    pub address: String,
}

/// The two chains of a deployment.
#[derive(Clone, Debug)]
pub struct Sites {
    /// The market's, "A".
    pub market: Site,
    /// The outpost's, "B".
    pub outpost: Site,
}

/// Where the channels come from.
#[derive(Clone, Debug)]
pub enum Channels {
    /// They exist.
    Existing {
        /// The transfer channel.
        transfer: Ends,
    },
    /// ferry makes them.
    Ferry(Ferry),
}

/// Who carries the probe.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// A relayer that runs already, or is about to.
    External,
    /// The ferry of the deployment, started for the time and stopped after it.
    Child {
        /// Where its log goes.
        log: PathBuf,
    },
}

/// Everything about a deployment but its progress.
#[derive(Debug)]
pub struct Deployment<'a> {
    /// The chains.
    pub sites: &'a Sites,
    /// What is deployed.
    pub spec: &'a Spec,
    /// Where the channels come from.
    pub channels: &'a Channels,
    /// Who carries the probe.
    pub carrier: &'a Carrier,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Store the market's code.
    StoreMarket,
    /// Make the market.
    MakeMarket,
    /// Store the outpost's code.
    StoreOutpost,
    /// Make the outpost.
    MakeOutpost,
    /// Open the transfer channel.
    TransferChannel,
    /// Tell the market the route.
    MarketRoute,
    /// Tell the market the denom.
    MarketDenom,
    /// Tell the outpost the route.
    OutpostRoute,
    /// Open the control channel.
    ControlChannel,
    /// Send a coin to the market and back.
    ProbeRoute,
}

/// What stands after a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deployed {
    /// The market's chain.
    pub market_chain: String,
    /// The market's address there.
    pub market: String,
    /// The outpost's chain.
    pub outpost_chain: String,
    /// The outpost's address there.
    pub outpost: String,
    /// The transfer channel: the route.
    pub transfer: Ends,
    /// The control channel.
    pub control: Ends,
    /// The name under which purchases name the route.
    pub route: String,
    /// What is paid with, as the outpost's chain calls it.
    pub denom: String,
    /// The same as the market's chain calls it.
    pub market_denom: String,
}

impl Step {
    /// All steps in their order.
    pub const ALL: [Self; 10] = [
        Self::StoreMarket,
        Self::MakeMarket,
        Self::StoreOutpost,
        Self::MakeOutpost,
        Self::TransferChannel,
        Self::MarketRoute,
        Self::MarketDenom,
        Self::OutpostRoute,
        Self::ControlChannel,
        Self::ProbeRoute,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StoreMarket => "store the market's code",
            Self::MakeMarket => "make the market",
            Self::StoreOutpost => "store the outpost's code",
            Self::MakeOutpost => "make the outpost",
            Self::TransferChannel => "open the transfer channel",
            Self::MarketRoute => "tell the market the route",
            Self::MarketDenom => "tell the market the denom",
            Self::OutpostRoute => "tell the outpost the route",
            Self::ControlChannel => "open the control channel",
            Self::ProbeRoute => "prove the route",
        })
    }
}

impl Site {
    /// A chain on which `key` acts.
    ///
    /// # Errors
    /// The chain's address prefix is not valid.
    pub fn new(chain: Chain, key: Key) -> anyhow::Result<Self> {
        let address = chain.address(&key)?;
        Ok(Self { chain, key, address })
    }

    /// The chain's id.
    #[must_use]
    pub fn chain_id(&self) -> &str {
        &self.chain.config().chain_id
    }
}

impl Deployment<'_> {
    /// Does every step that is not done, tells of each through `say`, and returns what stands.
    ///
    /// # Errors
    /// The first step that fails, with what to do; the same call goes on from there.
    pub async fn run(
        &self,
        file: &mut StateFile,
        say: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<Deployed> {
        self.check_given().await?;
        for step in Step::ALL {
            if let Some(found) = self.found(step, &file.state).await? {
                say(&format!("{step}: done already, {found}"));
                continue;
            }
            let done = self.act(step, file).await.with_context(|| format!("cannot {step}"))?;
            say(&format!("{step}: {done}"));
        }
        self.deployed(&file.state).await
    }

    /// What the chains have of a step.
    async fn found(&self, step: Step, state: &State) -> anyhow::Result<Option<String>> {
        match step {
            Step::StoreMarket => self.stored_market(state).await,
            Step::MakeMarket => self.made_market(state).await,
            Step::StoreOutpost => self.stored_outpost(state).await,
            Step::MakeOutpost => self.made_outpost(state).await,
            Step::TransferChannel => self.transfer_channel(state).await,
            Step::MarketRoute => self.market_route(state).await,
            Step::MarketDenom => self.market_denom(state).await,
            Step::OutpostRoute => self.outpost_route(state).await,
            Step::ControlChannel => self.control_channel(state).await,
            Step::ProbeRoute => self.proved(state).await,
        }
    }

    async fn act(&self, step: Step, file: &mut StateFile) -> anyhow::Result<String> {
        match step {
            Step::StoreMarket => self.store_market(file).await,
            Step::MakeMarket => self.make_market(file).await,
            Step::StoreOutpost => self.store_outpost(file).await,
            Step::MakeOutpost => self.make_outpost(file).await,
            Step::TransferChannel => self.open_transfer_channel(file).await,
            Step::MarketRoute => self.add_market_route(&file.state).await,
            Step::MarketDenom => self.add_market_denom(&file.state).await,
            Step::OutpostRoute => self.add_outpost_route(&file.state).await,
            Step::ControlChannel => self.open_control_channel(&file.state).await,
            Step::ProbeRoute => self.probe(&file.state).await,
        }
    }

    /// The denom as the market's chain calls it.
    fn market_denom_name(&self, transfer: &Ends) -> String {
        let source = End { port: TRANSFER_PORT, channel: &transfer.outpost };
        let destination = End { port: TRANSFER_PORT, channel: &transfer.market };
        received_denom(source, destination, self.spec.route.denom_path())
    }

    async fn deployed(&self, state: &State) -> anyhow::Result<Deployed> {
        let transfer = state.transfer()?.clone();
        let control = self.control_ends(state).await?.context("the control channel is closed")?;
        Ok(Deployed {
            market_chain: self.sites.market.chain_id().into(),
            market: state.market.address()?.into(),
            outpost_chain: self.sites.outpost.chain_id().into(),
            outpost: state.outpost.address()?.into(),
            market_denom: self.market_denom_name(&transfer),
            transfer,
            control,
            route: self.spec.route.name.clone(),
            denom: self.spec.route.denom.clone(),
        })
    }
}
