//! Transactions found by their events.

use anyhow::Context as _;
use cosmos::chain::Chain;
use cosmos::rpc::FoundTx;
use cosmos::wire::event::Event;
use serde::Serialize;

/// The event of a destination callback that was reverted, and the key of its reason. The module
/// prefixes both, because the chain would drop the plain event with the rest of the transaction.
///
/// Source: ibc-go v10.5 `modules/apps/callbacks/types/events.go`; seen on wasmd v0.61.14.
const REVERTED: &str = "ibccallbackerror-ibc_dest_callback";
const REASON: &str = "ibccallbackerror-callback_error";
const SEQUENCE: &str = "ibccallbackerror-packet_sequence";
const CHANNEL: &str = "ibccallbackerror-packet_dest_channel";

/// A packet in the transaction that received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    /// The block on the destination.
    pub height: u64,
    /// Why the destination's contract reverted it, in its words; none if it did not.
    pub refusal: Option<String>,
}

/// A money packet in the transaction that sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The outpost's end of the transfer channel.
    pub channel: String,
    /// Its sequence there.
    pub sequence: u64,
    /// When it can no longer be received, in seconds since 1970.
    pub timeout_at: u64,
}

/// How the packet that came to `channel` of the transfer port fared; none if it did not come yet.
///
/// # Errors
/// The node does not answer, or keeps no index of transactions.
pub async fn received(
    chain: &Chain,
    channel: &str,
    sequence: u64,
) -> anyhow::Result<Option<Received>> {
    let query = format!(
        "recv_packet.packet_sequence='{sequence}' AND recv_packet.packet_dst_channel='{channel}' \
         AND recv_packet.packet_dst_port='transfer'"
    );
    let found = search(chain, &query).await?;
    // The same packet may be offered again later: the transaction that did something comes first.
    Ok(found.into_iter().find(|tx| tx.result.code == 0).map(|tx| Received {
        height: tx.height,
        refusal: refusal_in(&tx.result.events, channel, sequence),
    }))
}

/// The reason in a transaction's events why a packet was reverted. A relayer puts many packets
/// into one transaction, so that the reason must be that of this packet.
#[must_use]
pub fn refusal_in(events: &[Event], channel: &str, sequence: u64) -> Option<String> {
    let sequence = sequence.to_string();
    let is_of_packet = |event: &&Event| {
        event.kind == REVERTED
            && event.get(SEQUENCE) == Some(&sequence)
            && event.get(CHANNEL) == Some(channel)
    };
    events.iter().find(is_of_packet)?.get(REASON).map(ToOwned::to_owned)
}

/// How the purchase number `seq` left `outpost`, the last time it did; none if it did not.
///
/// # Errors
/// The node does not answer, or keeps no index of transactions.
pub async fn sent(chain: &Chain, outpost: &str, seq: u64) -> anyhow::Result<Option<Sent>> {
    let query = format!(
        "wasm-outpost_sent._contract_address='{outpost}' AND wasm-outpost_sent.seq='{seq}' \
         AND wasm-outpost_sent.kind='open'"
    );
    let found = search(chain, &query).await?;
    Ok(found.iter().rev().find_map(|tx| sent_in(tx, outpost, seq)))
}

fn sent_in(tx: &FoundTx, outpost: &str, seq: u64) -> Option<Sent> {
    let seq = seq.to_string();
    let event = tx.result.events.iter().find(|event| {
        event.kind == "wasm-outpost_sent"
            && event.get("_contract_address") == Some(outpost)
            && event.get("seq") == Some(&seq)
            && event.get("kind") == Some("open")
    })?;
    Some(Sent {
        channel: event.get("channel")?.into(),
        sequence: event.get("sequence")?.parse().ok()?,
        timeout_at: event.get("timeout_at")?.parse().ok()?,
    })
}

async fn search(chain: &Chain, query: &str) -> anyhow::Result<Vec<FoundTx>> {
    let found = chain.rpc().tx_search(query, 1).await;
    let found = found.with_context(|| {
        let chain = &chain.config().chain_id;
        format!("cannot search transactions of `{chain}`; ask a node with `tx_index` on")
    })?;
    Ok(found.txs)
}
