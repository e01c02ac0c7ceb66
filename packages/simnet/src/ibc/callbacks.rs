//! A model of the ibc-callbacks middleware above the transfer module.
//!
//! Source: ADR-8; ibc-go v10.5 `modules/apps/callbacks/{ibc_middleware.go,types}`; wasmd v0.61
//! `x/wasm/ibc.go`, `IBCReceivePacketCallback`. Observed there: a destination callback that errs
//! or runs out of gas turns the transfer into an error acknowledgement without a reason; the
//! reason stands in an event only. A source callback runs only for the packet's own sender, and
//! whatever goes wrong in it is swallowed.

use cosmwasm_std::{Binary, Event, IbcPacket};
use serde_json::Value;

use super::ics20::PacketData;
use crate::error::{Error, Result};

/// What a chain does about the callbacks a memo asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallbackSupport {
    /// ibc-go 10.1 and later: a destination callback that fails reverts the transfer.
    #[default]
    Atomic,
    /// Before ibc-go 10.1: a failure is an event, the coin stays with the receiver.
    Swallowed,
    /// No such middleware: the memo is a memo.
    Absent,
}

/// Which callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallbackKind {
    /// On the sender's chain, with the acknowledgement or the timeout.
    Source,
    /// On the receiver's chain, with the coin.
    Destination,
}

impl CallbackKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Source => "src_callback",
            Self::Destination => "dest_callback",
        }
    }

    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Source => "ibc_src_callback",
            Self::Destination => "ibc_dest_callback",
        }
    }
}

/// Gas a chain grants a callback, at most. Source: wasmd `DefaultMaxIBCCallbackGas`.
pub const MAX_CALLBACK_GAS: u64 = 1_000_000;
/// Gas below which any callback fails here. A call that does nothing was measured at 66,000.
pub const LEAST_CALLBACK_GAS: u64 = 66_000;

/// A callback that a memo asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) address: String,
    pub(crate) gas: u64,
}

/// Reads a memo's request. A memo that is no JSON object, or has no object under the key, asks nothing.
pub(crate) fn request(memo: &str, kind: CallbackKind) -> Result<Option<Request>> {
    let memo: Value = serde_json::from_str(memo).unwrap_or_default();
    let Some(callback) = memo.get(kind.key()).and_then(Value::as_object) else {
        return Ok(None);
    };
    let address = callback.get("address").and_then(Value::as_str).unwrap_or_default();
    if address.trim().is_empty() {
        return Err(Error::Transfer { reason: format!("`{}` has no address", kind.key()) });
    }
    let asked = callback.get("gas_limit").and_then(Value::as_str).and_then(|gas| gas.parse().ok());
    let gas = match asked.unwrap_or_default() {
        0 => MAX_CALLBACK_GAS,
        asked => MAX_CALLBACK_GAS.min(asked),
    };
    Ok(Some(Request { address: address.into(), gas }))
}

/// A transfer whose source callback is malformed is not sent.
pub(crate) fn check_source(data: &PacketData) -> Result<()> {
    request(&data.memo, CallbackKind::Source).map(|_| ())
}

/// Why a callback had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The contract returned an error, or there is no such contract.
    Contract(String),
    /// The gas did not suffice.
    OutOfGas,
}

impl Failure {
    fn text(&self) -> String {
        match self {
            Self::Contract(text) => text.clone(),
            Self::OutOfGas => "ibc callback out of gas".into(),
        }
    }

    /// The acknowledgement of a transfer that this reverts. ABCI code 5 is wasmd's `ErrExecuteFailed`,
    /// 6 is the middleware's `ErrCallbackOutOfGas`.
    pub(crate) fn ack(&self) -> Binary {
        match self {
            Self::Contract(_) => error_ack("ABCI code: 5"),
            Self::OutOfGas => error_ack("ABCI code: 6"),
        }
    }
}

/// An error acknowledgement as ibc-go writes it: a code, and no reason.
pub(crate) fn error_ack(code: &str) -> Binary {
    Binary::from(
        format!(r#"{{"error":"{code}: error handling packet: see events for details"}}"#)
            .into_bytes(),
    )
}

/// The event about a callback. The event of a reverted one carries the prefix `ibccallbackerror-`.
pub(crate) fn event(
    kind: CallbackKind,
    packet: &IbcPacket,
    request: &Request,
    outcome: Result<(), &Failure>,
) -> Event {
    let prefix = match (kind, outcome) {
        (CallbackKind::Destination, Err(_)) => "ibccallbackerror-",
        _ => "",
    };
    let key = |name: &str| format!("{prefix}{name}");
    let event = Event::new(key(kind.event()))
        .add_attribute(key("callback_address"), &request.address)
        .add_attribute(key("callback_exec_gas_limit"), request.gas.to_string())
        .add_attribute(key("packet_sequence"), packet.sequence.to_string())
        .add_attribute(key("packet_src_channel"), &packet.src.channel_id)
        .add_attribute(key("packet_dest_channel"), &packet.dest.channel_id);
    match outcome {
        Ok(()) => event.add_attribute(key("callback_result"), "success"),
        Err(failure) => event
            .add_attribute(key("callback_result"), "failure")
            .add_attribute(key("callback_error"), failure.text()),
    }
}
