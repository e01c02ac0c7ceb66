//! Transactions found by their events.

use anyhow::Context as _;
use cosmos::chain::Chain;
use cosmos::rpc::FoundTx;
use cosmos::wire::event::Event;
use serde::Serialize;

/// What ibc-go puts before the events, and their keys, of a packet that it reverts: the plain ones would be
/// dropped with the rest. Chains before ibc-go 7 keep them as they are.
///
/// Source: ibc-go v10.5 `modules/core/keeper/msg_server.go`, `convertToErrorEvents`.
const KEPT: &str = "ibccallbackerror-";
/// A destination callback; its reason stands with the packet's sequence and channel.
///
/// Source: ibc-go v10.5 `modules/apps/callbacks/types/events.go`; seen on wasmd v0.61.14.
const CALLBACK: &str = "ibc_dest_callback";
/// An error of ibc-hooks, which names no packet: what the contract said is the context.
///
/// Source: cosmos/ibc-apps `modules/ibc-hooks/wasm_hook.go`, `NewEmitErrorAcknowledgement`.
const HOOKS: &str = "ibc-acknowledgement-error";
/// The transfer module's own refusal, such as of a receiver that may take no coins.
///
/// Source: ibc-go v10.5 `modules/apps/transfer/internal/events/events.go`, `EmitOnRecvPacketEvent`.
const TRANSFER: &str = "fungible_token_packet";
/// What begins a packet's part of a transaction.
const BEGIN: &str = "recv_packet";

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

/// The reason in a transaction's events why a packet was reverted: by a callback, by ibc-hooks, or
/// by the transfer module itself. A relayer puts many packets into one transaction, so that the
/// reason must be that of this packet: it stands between its `recv_packet` and the next one.
#[must_use]
pub fn refusal_in(events: &[Event], channel: &str, sequence: u64) -> Option<String> {
    let sequence = sequence.to_string();
    let begins = |event: &Event| {
        event.kind == BEGIN
            && event.get("packet_sequence") == Some(&sequence)
            && event.get("packet_dst_channel") == Some(channel)
    };
    let own = events.iter().skip_while(|event| !begins(event)).skip(1);
    let own: Vec<&Event> = own.take_while(|event| event.kind != BEGIN).collect();
    let told = |kind: &str, keys: &[&str]| {
        let of_kind = own.iter().filter(|event| bare(&event.kind) == kind);
        let mut reasons = of_kind.filter_map(|event| keys.iter().find_map(|key| value(event, key)));
        reasons.find(|reason| !reason.is_empty()).map(ToOwned::to_owned)
    };
    told(CALLBACK, &["callback_error"])
        .or_else(|| told(HOOKS, &["error-context", "error"]))
        .or_else(|| told(TRANSFER, &["error"]))
}

fn bare(name: &str) -> &str {
    name.strip_prefix(KEPT).unwrap_or(name)
}

/// The first value under `key`, as it is or as ibc-go has kept it.
fn value<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    let found = event.attributes.iter().find(|attribute| bare(&attribute.key) == key);
    found.map(|attribute| attribute.value.as_str())
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

/// Whether the purchase number `seq` was given up before it left `outpost`.
///
/// # Errors
/// The node does not answer, or keeps no index of transactions.
pub async fn cancelled(chain: &Chain, outpost: &str, seq: u64) -> anyhow::Result<bool> {
    let query =
        format!("wasm._contract_address='{outpost}' AND wasm.action='cancel' AND wasm.seq='{seq}'");
    let seq = seq.to_string();
    let is_cancelled = |event: &Event| {
        event.kind == "wasm"
            && event.get("_contract_address") == Some(outpost)
            && event.get("action") == Some("cancel")
            && event.get("seq") == Some(&seq)
    };
    let found = search(chain, &query).await?;
    Ok(found.iter().any(|tx| tx.result.events.iter().any(is_cancelled)))
}

async fn search(chain: &Chain, query: &str) -> anyhow::Result<Vec<FoundTx>> {
    let found = chain.rpc().tx_search(query, 1).await;
    let found = found.with_context(|| {
        let chain = &chain.config().chain_id;
        format!("cannot search transactions of `{chain}`; ask a node with `tx_index` on")
    })?;
    Ok(found.txs)
}
