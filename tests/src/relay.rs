//! ferry under the tests' control, and what is under way.

use anyhow::{Context as _, ensure};
use cosmos::chain::Chain;
use entrepot::why;
use protocol::handshake::port_of;
use protocol::ics20::TRANSFER_PORT;

use crate::clock::until;
use crate::world::World;

impl World {
    /// Starts ferry; [`crate::run`] ends it.
    ///
    /// # Errors
    /// It runs already, or cannot be run.
    pub async fn start_ferry(&self) -> anyhow::Result<()> {
        let mut running = self.running.lock().await;
        ensure!(running.is_none(), "ferry runs already");
        *running = Some(self.ferry.start(&self.log)?);
        Ok(())
    }

    /// Kills ferry as `kill -9` does, if it runs.
    ///
    /// # Errors
    /// It cannot be killed.
    pub async fn kill_ferry(&self) -> anyhow::Result<()> {
        match self.running.lock().await.take() {
            Some(running) => running.kill().await,
            None => Ok(()),
        }
    }

    /// Has ferry do one thing, while it does not run.
    ///
    /// # Errors
    /// What ferry says.
    pub async fn by_hand(&self, args: &[&str]) -> anyhow::Result<()> {
        self.ferry.run(args, "").await.map(drop)
    }

    /// Waits until no packet is under way on any channel of the deployment.
    ///
    /// # Errors
    /// That takes more than a minute, or ferry has ended by itself.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let is_settled = async || Ok(self.under_way().await?.is_empty().then_some(()));
        let settled = until(&self.sites.outpost.chain, "every packet is settled", is_settled).await;
        if settled.is_err() {
            let left = self.under_way().await?;
            return settled.with_context(|| format!("under way: {}", left.join(", ")));
        }
        settled
    }

    /// Packets whose sender does not know their outcome.
    ///
    /// # Errors
    /// A node does not answer, or ferry has ended by itself.
    pub async fn under_way(&self) -> anyhow::Result<Vec<String>> {
        if let Some(running) = self.running.lock().await.as_mut() {
            running.check()?;
        }
        let (a, b) = (&self.sites.market.chain, &self.sites.outpost.chain);
        let (on_a, on_b) = (port_of(&self.deployed.market), port_of(&self.deployed.outpost));
        let (transfer, control) = (&self.deployed.transfer, self.control().await?);
        // B first: what comes to A sends something home before B learns that it came.
        let mut ends = vec![
            (b, TRANSFER_PORT, &self.other_transfer.outpost),
            (b, TRANSFER_PORT, &transfer.outpost),
            (a, TRANSFER_PORT, &transfer.market),
        ];
        if let Some(control) = &control {
            ends.insert(0, (b, &on_b, &control.outpost));
            ends.push((a, &on_a, &control.market));
        }
        let mut left = Vec::new();
        for (chain, port, channel) in ends {
            let sequences = chain.packet_commitments(port, channel).await?;
            let id = &chain.config().chain_id;
            left.extend(sequences.iter().map(|sequence| format!("{id}/{channel}/{sequence}")));
        }
        Ok(left)
    }

    /// Whether the sender of a money packet on the route still waits for its outcome.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn is_committed(&self, sequence: u64) -> anyhow::Result<bool> {
        let (chain, channel) = (&self.sites.outpost.chain, &self.deployed.transfer.outpost);
        Ok(chain.packet_commitments(TRANSFER_PORT, channel).await?.contains(&sequence))
    }

    /// Waits until a money packet has arrived on the market's chain.
    ///
    /// # Errors
    /// It does not within a minute.
    pub async fn received(&self, sequence: u64) -> anyhow::Result<()> {
        let (chain, channel) = (&self.sites.market.chain, &self.deployed.transfer.market);
        let is_received = async || {
            let missing = chain.unreceived_packets(TRANSFER_PORT, channel, &[sequence]).await?;
            Ok(missing.is_empty().then_some(()))
        };
        until(chain, "the packet is received", is_received).await
    }

    /// Why the market's chain sent the coin of a packet back, as its events tell it.
    ///
    /// # Errors
    /// The packet did not arrive on `channel`, or was not refused.
    pub async fn refusal(&self, channel: &str, sequence: u64) -> anyhow::Result<String> {
        let chain: &Chain = &self.sites.market.chain;
        let received = why::received(chain, channel, sequence).await?;
        let received = received.with_context(|| format!("{channel}/{sequence} did not arrive"))?;
        received.refusal.with_context(|| format!("{channel}/{sequence} was not refused"))
    }
}
