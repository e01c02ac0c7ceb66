//! The contract of `tests/puppet` on both chains, and what becomes of the packets that it sends.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use cosmos::chain::wasm::NewContract;
use cosmos::wire::event::Event;
use entrepot::deploy::Site;
use serde_json::json;

use crate::operator::Operator;
use crate::third_party::ThirdParty;
use crate::world::setting;

/// A puppet on chain A that sends to one on chain B.
#[derive(Debug)]
pub struct Puppet {
    contract: String,
    /// Its port on chain A.
    pub port: String,
    /// The name of its channel there.
    pub channel: String,
    /// The end on chain B: its port, and the channel's name there.
    pub other: (String, String),
}

/// Packets that were sent in one transaction.
#[derive(Debug)]
pub struct Sent {
    /// The block of chain A.
    pub height: u64,
    /// Their sequences, in order.
    pub sequences: Vec<u64>,
}

/// How a packet ended on chain A, and in which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its acknowledgement came.
    Acknowledged(u64),
    /// It came back.
    TimedOut(u64),
}

impl Puppet {
    /// Makes one on each chain, and a channel between them, over the connection that there is.
    ///
    /// # Errors
    /// The artifact cannot be read; a chain or ferry refuses.
    pub async fn new(operator: &Operator) -> anyhow::Result<Self> {
        let (a, b) = (&operator.a, &operator.b);
        let third_party = ThirdParty::below(&setting("ARTIFACTS")?);
        let (contract, other) = tokio::try_join!(make(a, &third_party), make(b, &third_party))?;
        let (port, other) = (format!("wasm.{contract}"), format!("wasm.{other}"));
        let ends = ["--a-port", &port, "--b-port", &other, "--channel-version", "puppet"];
        let verb = [&["link", a.chain_id(), b.chain_id()], &ends[..]].concat();
        let linked = operator.ferry(&verb).await?;
        let name = |end: &str| linked[end]["channel"].as_str().context("no channel");
        let (channel, on_b) = (name("a")?.to_owned(), name("b")?.to_owned());
        Ok(Self { contract, port, channel, other: (other, on_b) })
    }

    /// Sends packets in one transaction: what each carries, and after how many seconds it is too late.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn send(&self, from: &Site, packets: &[(&str, u64)]) -> anyhow::Result<Sent> {
        self.send_after(from, &[], packets).await
    }

    /// The same after others, which are sent only if the chain takes each of them.
    ///
    /// # Errors
    /// As [`Puppet::send`]; or some of the others were sent.
    pub async fn send_after(
        &self,
        from: &Site,
        before: &[(&str, u64)],
        packets: &[(&str, u64)],
    ) -> anyhow::Result<Sent> {
        let packet = |(data, seconds): &(&str, u64)| json!({ "data": data, "seconds": seconds });
        let list = |packets: &[(&str, u64)]| packets.iter().map(packet).collect::<Vec<_>>();
        let (before, all) = (list(before), list(packets));
        let message = json!({ "channel": self.channel, "packets": all, "before": before });
        let outcome = from.chain.execute(&from.key, &self.contract, &message, &[]).await?;
        let sent = outcome.events.iter().filter(|event| event.kind == "send_packet");
        let sequences: Vec<u64> = sent.filter_map(sequence).collect();
        ensure!(sequences.len() == packets.len(), "{} packets were sent", sequences.len());
        Ok(Sent { height: outcome.height, sequences })
    }

    /// The packets that ended after the block `since` of chain A.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn ends(&self, a: &Site, since: u64) -> anyhow::Result<BTreeMap<u64, End>> {
        let mut ends = BTreeMap::new();
        for height in since..=a.chain.height().await? {
            let results = a.chain.rpc().block_results(height).await?;
            for event in results.txs.iter().filter(|tx| tx.code == 0).flat_map(|tx| &tx.events) {
                let end = match event.kind.as_str() {
                    "acknowledge_packet" => End::Acknowledged(height),
                    "timeout_packet" => End::TimedOut(height),
                    _ => continue,
                };
                let source = (event.get("packet_src_port"), event.get("packet_src_channel"));
                if source == (Some(self.port.as_str()), Some(self.channel.as_str())) {
                    ends.insert(sequence(event).context("an event without a sequence")?, end);
                }
            }
        }
        Ok(ends)
    }
}

fn sequence(event: &Event) -> Option<u64> {
    event.get("packet_sequence")?.parse().ok()
}

async fn make(site: &Site, third_party: &ThirdParty) -> anyhow::Result<String> {
    let code_id = third_party.store(site, "puppet").await?;
    let new = NewContract { code_id, label: "puppet", admin: None, funds: &[] };
    Ok(site.chain.instantiate(&site.key, new, &json!({})).await?.0)
}
