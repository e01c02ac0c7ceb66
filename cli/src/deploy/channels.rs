//! The transfer channel and the control channel.

use anyhow::{Context as _, bail, ensure};
use cosmos::ibc_proto::ibc::core::channel::v1::State as ChannelState;
use protocol::handshake::{VERSION, port_of};
use protocol::ics20::TRANSFER_PORT;

use super::{Channels, Deployment, Ends, Site, State, StateFile};
use crate::ferry::{Linked, NewChannel};

/// The version of a transfer channel.
pub(super) const TRANSFER_VERSION: &str = "ics20-1";

impl Deployment<'_> {
    pub(super) async fn transfer_channel(&self, state: &State) -> anyhow::Result<Option<String>> {
        let Some(ends) = &state.transfer else { return Ok(None) };
        if let Channels::Existing { transfer } = self.channels {
            ensure!(
                transfer == ends,
                "the deployment file names the transfer channel {transfer}, and the state file is of a deployment over \
                 {ends}; correct one of the two, or give another --state FILE for a new deployment"
            );
        }
        self.check_transfer(ends).await?;
        Ok(Some(ends.to_string()))
    }

    pub(super) async fn open_transfer_channel(
        &self,
        file: &mut StateFile,
    ) -> anyhow::Result<String> {
        let ends = match self.channels {
            Channels::Existing { transfer } => transfer.clone(),
            Channels::Ferry(ferry) => {
                let port = TRANSFER_PORT;
                ferry.link(self.new_channel((port, port), TRANSFER_VERSION)).await?.into()
            }
        };
        self.check_transfer(&ends).await?;
        file.state.transfer = Some(ends.clone());
        file.save()?;
        Ok(ends.to_string())
    }

    pub(super) async fn control_channel(&self, state: &State) -> anyhow::Result<Option<String>> {
        Ok(self.control_ends(state).await?.map(|ends| ends.to_string()))
    }

    pub(super) async fn open_control_channel(&self, state: &State) -> anyhow::Result<String> {
        let from = port_of(state.outpost.address()?);
        let to = port_of(state.market.address()?);
        let Channels::Ferry(ferry) = self.channels else {
            bail!(
                "open it with your relayer and run this again: from port `{from}` on `{}` to \
                 `{to}` on `{}`, over the connection of the transfer channel, version `{VERSION}`, \
                 unordered",
                self.sites.outpost.chain_id(),
                self.sites.market.chain_id(),
            )
        };
        ferry.link(self.new_channel((&from, &to), VERSION)).await?;
        let ends = self.control_ends(state).await?;
        Ok(ends.context("ferry opened it, but the contracts do not know it")?.to_string())
    }

    /// The control channel, once both contracts know it.
    pub(super) async fn control_ends(&self, state: &State) -> anyhow::Result<Option<Ends>> {
        let market = self.market_route_info(state).await?.and_then(|route| route.control_channel);
        let outpost = self.outpost_route_info(state).await?.and_then(|route| route.control_channel);
        Ok(market.zip(outpost).map(|(market, outpost)| Ends { market, outpost }))
    }

    /// A channel that the outpost's chain begins, as it must for the control channel.
    fn new_channel<'a>(&'a self, ports: (&'a str, &'a str), version: &'a str) -> NewChannel<'a> {
        let Self { sites, .. } = self;
        NewChannel {
            from: (sites.outpost.chain_id(), ports.0),
            to: (sites.market.chain_id(), ports.1),
            version,
        }
    }

    /// Checks the channel that is to be taken, before anything is made for it.
    pub(super) async fn check_given(&self) -> anyhow::Result<()> {
        match self.channels {
            Channels::Existing { transfer } => self.check_transfer(transfer).await,
            Channels::Ferry(_) => Ok(()),
        }
    }

    async fn check_transfer(&self, ends: &Ends) -> anyhow::Result<()> {
        check_end(&self.sites.market, &ends.market, &ends.outpost).await?;
        check_end(&self.sites.outpost, &ends.outpost, &ends.market).await
    }
}

/// Checks that a transfer channel is open and leads to `counterparty`.
async fn check_end(site: &Site, channel: &str, counterparty: &str) -> anyhow::Result<()> {
    let chain = site.chain_id();
    let end = site.chain.channel(TRANSFER_PORT, channel).await?;
    let end = end.with_context(|| format!("there is no transfer `{channel}` on `{chain}`"))?;
    ensure!(
        end.state() == ChannelState::Open,
        "transfer `{channel}` on `{chain}` is {}, not open",
        end.state().as_str_name()
    );
    let got = end.counterparty.map(|other| other.channel_id).unwrap_or_default();
    ensure!(
        got == counterparty,
        "transfer `{channel}` on `{chain}` leads to `{got}`, expected `{counterparty}`"
    );
    Ok(())
}

/// ferry was told to begin on the outpost's chain.
impl From<Linked> for Ends {
    fn from(linked: Linked) -> Self {
        Self { market: linked.b.channel, outpost: linked.a.channel }
    }
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on the market's chain, {} on the outpost's", self.market, self.outpost)
    }
}
