//! The story on two real nodes, with ferry between them as a process of its own.

mod dao;
mod setting;

use std::io::Write as _;
use std::time::Duration;

use cosmwasm_std::{CosmosMsg, Uint128};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use self::dao::Dao;
use super::stage::{Asset, Side, Stage, Tempo, Who};
use crate::deploy::{Deployed, Site, Sites};
use crate::ferry::Running;

/// How often a chain is asked whether something has come.
const POLL: Duration = Duration::from_millis(500);
/// How much longer than the time that is to pass a chain may take over it.
const SLACK: Duration = Duration::from_secs(60);

/// Two real nodes.
pub(super) struct Live {
    /// The key that deployed; does what anybody may do, and is the treasury.
    sites: Sites,
    provider: Site,
    dao: Dao,
    deployed: Deployed,
    /// The denom of stakes and bonds on A.
    stake_denom: String,
    /// Where B's transfer module keeps what is on A.
    escrow: String,
    ferry: Running,
}

impl Live {
    /// Stops ferry.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        let status = self.ferry.stop().await?;
        anyhow::ensure!(status.success(), "ferry ended with {status}");
        Ok(())
    }

    fn site(&self, side: Side) -> &Site {
        match side {
            Side::A => &self.sites.market,
            Side::B => &self.sites.outpost,
        }
    }
}

impl Stage for Live {
    fn describe(&self) -> String {
        format!(
            "Two real nodes, with ferry between them as process {}.",
            self.ferry.id().unwrap_or_default()
        )
    }

    fn tempo(&self) -> Tempo {
        Tempo { beats: 3, seconds_between: 5, price_factor: 1_000, patience: 120 }
    }

    fn chain_id(&self, side: Side) -> String {
        self.site(side).chain_id().into()
    }

    fn route_on_a(&self) -> String {
        self.deployed.transfer.market.clone()
    }

    fn route_on_b(&self) -> String {
        self.deployed.route.clone()
    }

    fn address(&self, who: Who) -> String {
        match who {
            Who::Provider => self.provider.address.clone(),
            Who::Treasury => self.sites.market.address.clone(),
            Who::Market => self.deployed.market.clone(),
            Who::Dao => self.dao.address().into(),
            Who::Outpost => self.deployed.outpost.clone(),
            Who::Escrow => self.escrow.clone(),
            Who::Anyone => self.sites.outpost.address.clone(),
        }
    }

    fn denom(&self, asset: Asset, side: Side) -> String {
        match (asset, side) {
            (Asset::Usdx, Side::A) => self.deployed.market_denom.clone(),
            (Asset::Usdx, Side::B) => self.deployed.denom.clone(),
            (Asset::Stake, _) => self.stake_denom.clone(),
        }
    }

    async fn tell_market(
        &mut self,
        who: Who,
        msg: &market::msg::ExecuteMsg,
        funds: Option<(Uint128, Asset)>,
    ) -> anyhow::Result<()> {
        let site = if who == Who::Provider { &self.provider } else { &self.sites.market };
        let funds = funds.map(|(amount, asset)| (amount.u128(), self.denom(asset, Side::A)));
        let funds: Vec<_> = funds.iter().map(|(amount, denom)| (*amount, denom.as_str())).collect();
        site.chain.execute(&site.key, &self.deployed.market, msg, &funds).await?;
        Ok(())
    }

    async fn tell_outpost(&mut self, _: Who, msg: &outpost::msg::ExecuteMsg) -> anyhow::Result<()> {
        let site = &self.sites.outpost;
        site.chain.execute(&site.key, &self.deployed.outpost, msg, &[]).await?;
        Ok(())
    }

    async fn decide(&mut self, title: &str, msg: CosmosMsg) -> anyhow::Result<String> {
        self.dao.decide(&self.sites.outpost.chain, title, msg).await
    }

    async fn ask_market<T: DeserializeOwned>(
        &self,
        ask: &market::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.sites.market.chain.query_smart(&self.deployed.market, ask).await?)
    }

    async fn ask_outpost<T: DeserializeOwned>(
        &self,
        ask: &outpost::msg::QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.sites.outpost.chain.query_smart(&self.deployed.outpost, ask).await?)
    }

    async fn balance(&self, who: Who, asset: Asset) -> anyhow::Result<u128> {
        let denom = self.denom(asset, who.side());
        Ok(self.site(who.side()).chain.balance(&self.address(who), &denom).await?)
    }

    async fn supply(&self, asset: Asset, side: Side) -> anyhow::Result<u128> {
        Ok(self.site(side).chain.supply(&self.denom(asset, side)).await?)
    }

    async fn carry(&mut self) -> anyhow::Result<()> {
        self.ferry.check()?;
        sleep(POLL).await;
        Ok(())
    }

    /// Waits until the market's chain says that so much time has passed.
    async fn pass(&mut self, seconds: u64) -> anyhow::Result<()> {
        let rpc = self.sites.market.chain.rpc();
        let begun = rpc.status().await?.sync_info.latest_block_time;
        let wanted = Duration::from_secs(seconds);
        let deadline = Instant::now() + wanted + SLACK;
        while Instant::now() < deadline {
            let now = rpc.status().await?.sync_info.latest_block_time;
            if now.duration_since(begun).is_ok_and(|passed| passed >= wanted) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        anyhow::bail!("the market's chain makes no blocks; look at its log")
    }
}

/// Tells on standard error what is being prepared.
fn say(text: &str) {
    // With standard error closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "  {text}");
}
