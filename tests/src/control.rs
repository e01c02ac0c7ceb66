//! The control channel: which it is now, closed and opened anew.

use anyhow::Context as _;
use entrepot::deploy::Ends;
use entrepot::ferry::NewChannel;
use market::msg::{ExecuteMsg as Market, QueryMsg as AskMarket, RoutesResponse as RoutesOfMarket};
use outpost::msg::responses::RoutesResponse;
use outpost::msg::{ExecuteMsg as Outpost, QueryMsg as AskOutpost};
use protocol::handshake::{VERSION, port_of};

use crate::world::{OWNER, World};

impl World {
    /// The control channel that both contracts know now.
    ///
    /// # Errors
    /// What the contracts say.
    pub async fn control(&self) -> anyhow::Result<Option<Ends>> {
        let ask = AskMarket::Routes { start_after: None, limit: None };
        let known: RoutesOfMarket = self.ask_market(&ask).await?;
        let mut routes = known.routes.into_iter();
        let route = routes.find(|route| route.channel == self.deployed.transfer.market);
        let market = route.context("the market knows no route")?.control_channel;
        let ask = AskOutpost::Routes { start_after: None, limit: None };
        let known: RoutesResponse = self.ask_outpost(&ask).await?;
        let route = known.routes.into_iter().find(|route| route.name == self.deployed.route);
        let outpost = route.context("the outpost knows no route")?.control_channel;
        Ok(market.zip(outpost).map(|(market, outpost)| Ends { market, outpost }))
    }

    /// Closes the control channel, which its two owners allow.
    ///
    /// # Errors
    /// What the contracts and ferry say.
    pub async fn close_control(&self) -> anyhow::Result<()> {
        let ends = self.control().await?.context("there is no control channel")?;
        let route = self.deployed.route.clone();
        self.outpost(OWNER, &Outpost::ArmControl { route }, &[]).await?;
        let route = self.deployed.transfer.market.clone();
        self.market(OWNER, &Market::ArmChannelClose { route }, &[]).await?;
        let (chain, port) = (self.sites.outpost.chain_id(), port_of(&self.deployed.outpost));
        for step in [["channel", "close"], ["tx", "channel-next"]] {
            self.by_hand(&[&step[..], &[chain, &ends.outpost, "--port", &port]].concat()).await?;
        }
        Ok(())
    }

    /// Opens a control channel; to both contracts it is the only one.
    ///
    /// # Errors
    /// What ferry says.
    pub async fn open_control(&self) -> anyhow::Result<()> {
        let (on_a, on_b) = (port_of(&self.deployed.market), port_of(&self.deployed.outpost));
        let from = (self.sites.outpost.chain_id(), on_b.as_str());
        let to = (self.sites.market.chain_id(), on_a.as_str());
        self.ferry.link(NewChannel { from, to, version: VERSION }).await?;
        Ok(())
    }
}
