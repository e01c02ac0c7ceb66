//! What relayers paid for, as a chain's blocks tell it.

use entrepot::deploy::Site;

const RECV: &str = "/ibc.core.channel.v1.MsgRecvPacket";
const ACK: &str = "/ibc.core.channel.v1.MsgAcknowledgement";

/// A transaction that carried packets, whatever that did.
pub(crate) struct Carried {
    pub(crate) receives: usize,
    pub(crate) acknowledgements: usize,
    pub(crate) gas_wanted: u64,
    pub(crate) gas_used: u64,
    pub(crate) fee: u128,
}

/// The transactions that carried packets in the blocks after one. One that failed has no messages.
pub(crate) async fn carried(site: &Site, after: u64) -> anyhow::Result<Vec<Carried>> {
    let mut found = Vec::new();
    for height in after + 1..=site.chain.height().await? {
        for tx in site.chain.rpc().block_results(height).await?.txs {
            let actions = || {
                let messages = tx.events.iter().filter(|event| event.kind == "message");
                messages.filter_map(|event| event.get("action"))
            };
            let receives = actions().filter(|action| *action == RECV).count();
            let acknowledgements = actions().filter(|action| *action == ACK).count();
            if receives + acknowledgements > 0 {
                let fee = tx.events.iter().find_map(|event| event.get("fee")).unwrap_or_default();
                let amount = fee.trim_end_matches(|c: char| !c.is_ascii_digit());
                let (gas_wanted, gas_used) = (tx.gas_wanted, tx.gas_used);
                let fee = amount.parse()?;
                found.push(Carried { receives, acknowledgements, gas_wanted, gas_used, fee });
            }
        }
    }
    Ok(found)
}
