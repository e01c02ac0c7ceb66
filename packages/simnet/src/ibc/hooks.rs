//! A model of the ibc-hooks middleware above the transfer module.
//!
//! Source: cosmos/ibc-apps `modules/ibc-hooks/{wasm_hook.go,keeper/keeper.go,types/errors.go}`. What
//! matters to contracts: the coin goes to an account derived from channel and sender, which executes
//! the contract with it; a memo passes through Go's JSON on the way; an error of the contract is an
//! error acknowledgement; an error in the `sudo` about an acknowledgement keeps the acknowledgement
//! out, one about a timeout is swallowed.

use cosmwasm_std::{Addr, Binary, Event, IbcPacket, Storage, to_json_binary};
use cw_storage_plus::{Item, Map};
use serde_json::{Map as Object, Value, json};
use sha2::{Digest, Sha256};

use super::host::Host;
use super::ics20::PacketData;
use crate::error::{Error, Result};

/// Whether the chain has the middleware.
pub(crate) const INSTALLED: Item<bool> = Item::new("hooks/installed");
/// (channel, sequence) -> the contract that is told how the packet ended. Removed then.
const CALLBACKS: Map<(&str, u64), String> = Map::new("hooks/callbacks");

/// A call that a memo asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) contract: Addr,
    pub(crate) msg: Binary,
}

pub(crate) fn are_installed(storage: &dyn Storage) -> Result<bool> {
    Ok(INSTALLED.may_load(storage)?.unwrap_or_default())
}

fn object(memo: &str) -> Option<Object<String, Value>> {
    serde_json::from_str(memo).ok()
}

fn invalid(reason: &str) -> Error {
    Error::Transfer { reason: format!("wasm metadata not properly formatted: {reason}") }
}

/// Takes the request to be told out of a memo that is sent, whoever it names.
pub(crate) fn take_callback(data: &mut PacketData) -> Option<Value> {
    let mut memo = object(&data.memo)?;
    let callback = memo.remove("ibc_callback")?;
    data.memo = if memo.is_empty() { String::new() } else { Value::Object(memo).to_string() };
    Some(callback)
}

/// Remembers whom to tell how a packet ended, if it is an account.
pub(crate) fn remember(
    host: &dyn Host,
    storage: &mut dyn Storage,
    packet: &IbcPacket,
    callback: &Value,
) -> Result<()> {
    match callback.as_str() {
        Some(address) if host.account(address).is_ok() => {
            let key = (packet.src.channel_id.as_str(), packet.sequence);
            Ok(CALLBACKS.save(storage, key, &address.to_owned())?)
        }
        Some(_) | None => Ok(()),
    }
}

/// Whom to tell how a packet ended.
pub(crate) fn remembered(storage: &dyn Storage, packet: &IbcPacket) -> Result<Option<String>> {
    Ok(CALLBACKS.may_load(storage, (&packet.src.channel_id, packet.sequence))?)
}

pub(crate) fn forget(storage: &mut dyn Storage, packet: &IbcPacket) {
    CALLBACKS.remove(storage, (&packet.src.channel_id, packet.sequence));
}

/// The call that a memo asks for. A memo without the key `wasm` asks none.
pub(crate) fn requested(host: &dyn Host, data: &PacketData) -> Result<Option<Call>> {
    let Some(wasm) = object(&data.memo).and_then(|mut memo| memo.remove("wasm")) else {
        return Ok(None);
    };
    let contract = wasm["contract"].as_str().ok_or_else(|| invalid("no contract"))?;
    let address = host.account(contract)?;
    if contract != data.receiver {
        return Err(invalid("the contract is not the receiver"));
    }
    if !wasm["msg"].is_object() {
        return Err(invalid("`msg` is no object"));
    }
    Ok(Some(Call { contract: address, msg: to_json_binary(&wasm["msg"])? }))
}

/// The account that executes for `sender` behind this chain's end of a channel.
pub(crate) fn intermediary(host: &dyn Host, channel: &str, sender: &str) -> Result<Addr> {
    let kind = Sha256::digest("ibc-wasm-hook-intermediary");
    let hash = Sha256::new().chain_update(kind).chain_update(format!("{channel}/{sender}"));
    host.account_of(&hash.finalize())
}

/// The acknowledgement of a call that went well: what the contract answered, around ICS-20's own.
pub(crate) fn success_ack(answer: Option<Binary>) -> Result<Binary> {
    let inner = json!({
        "contract_result": answer,
        "ibc_ack": Binary::from(br#"{"result":"AQ=="}"#),
    });
    let result = Binary::from(inner.to_string().into_bytes());
    Ok(to_json_binary(&json!({ "result": result }))?)
}

/// What the contract is told about an acknowledgement.
pub(crate) fn acknowledged(packet: &IbcPacket, ack: &Binary) -> Value {
    let error = object(&String::from_utf8_lossy(ack)).and_then(|mut ack| ack.remove("error"));
    let is_error = error.is_some_and(|error| error.as_str().is_some_and(|text| !text.is_empty()));
    json!({ "ibc_lifecycle_complete": { "ibc_ack": {
        "channel": packet.src.channel_id,
        "sequence": packet.sequence,
        "ack": ack,
        "success": !is_error,
    } } })
}

/// What the contract is told about a timeout.
pub(crate) fn timed_out(packet: &IbcPacket) -> Value {
    json!({ "ibc_lifecycle_complete": { "ibc_timeout": {
        "channel": packet.src.channel_id,
        "sequence": packet.sequence,
    } } })
}

/// The event of a refused call, whose acknowledgement carries no reason.
pub(crate) fn refused(reason: &str) -> Event {
    Event::new("ibc-acknowledgement-error")
        .add_attribute("error", "wasm error")
        .add_attribute("error-context", reason)
}
