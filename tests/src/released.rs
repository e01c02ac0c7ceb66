//! Contracts as they were released, and their migration to those of today.

use anyhow::Context as _;
use entrepot::deploy::{Site, Style};
use serde_json::{Value, json};

use crate::world::{World, setting};

impl World {
    /// A world of the contracts of a released version. `scripts/build-contracts --release` makes them.
    ///
    /// # Errors
    /// As [`World::make`].
    pub async fn released(version: &str) -> anyhow::Result<Self> {
        let contracts = setting("ARTIFACTS")?.join("releases").join(version);
        Self::of(&contracts, (Style::Callbacks, None)).await
    }

    /// Migrates both contracts to today's artifacts.
    ///
    /// # Errors
    /// An artifact cannot be read; a chain or a contract refuses.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let contracts = [
            (&self.sites.market, &self.deployed.market, "market.wasm"),
            (&self.sites.outpost, &self.deployed.outpost, "outpost.wasm"),
        ];
        for (site, contract, artifact) in contracts {
            migrate(site, contract, artifact).await?;
        }
        Ok(())
    }

    /// What the market answers, as it is on the wire.
    ///
    /// # Errors
    /// What the market says.
    pub async fn market_answer(&self, ask: &Value) -> anyhow::Result<Value> {
        let asked = self.sites.market.chain.query_smart(&self.deployed.market, ask).await;
        asked.with_context(|| format!("the market on {ask}"))
    }

    /// What the outpost answers, as it is on the wire.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn outpost_answer(&self, ask: &Value) -> anyhow::Result<Value> {
        let asked = self.sites.outpost.chain.query_smart(&self.deployed.outpost, ask).await;
        asked.with_context(|| format!("the outpost on {ask}"))
    }
}

async fn migrate(site: &Site, contract: &str, artifact: &str) -> anyhow::Result<()> {
    let path = setting("ARTIFACTS")?.join(artifact);
    let wasm = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (code_id, _) = site.chain.store_code(&site.key, &wasm).await?;
    site.chain.migrate(&site.key, contract, code_id, &json!({})).await?;
    Ok(())
}
