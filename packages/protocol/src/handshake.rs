//! The handshake of the control channel.
//!
//! Opening a channel to a contract is permissionless, so both ends check everything at both steps:
//! version and ordering in *open* and again in *connect* (an error in *open* was once ignored by
//! the chain, CWA-2025-006), and an allow-list of (connection, counterparty port). The outpost
//! initiates; the market answers. State is written in *connect* only. The steps, one by one, and
//! who checks what: `handshake.md` beside this file.

use cosmwasm_std::{IbcChannel, IbcOrder};
use thiserror::Error;

/// Version of the control channel. A change of the wire is another version.
pub const VERSION: &str = "entrepot-1";
/// Ordering of the control channel: one stuck packet must not stall the others.
pub const ORDER: IbcOrder = IbcOrder::Unordered;

/// Which end of the handshake a contract plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The outpost: sends `ChanOpenInit` and `ChanOpenAck`.
    Initiator,
    /// The market: sends `ChanOpenTry` and `ChanOpenConfirm`.
    Responder,
}

/// Who may open a control channel to this contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// Connection of the route.
    pub connection: &'a str,
    /// Port of the contract at the other end: `wasm.<address>`.
    pub counterparty_port: &'a str,
}

/// Why a handshake step was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// The channel is ordered.
    #[error("the channel is `{got}`, it must be `unordered`")]
    Order {
        /// What was proposed.
        got: String,
    },
    /// One of the versions is another.
    #[error("the {side} version is `{got}`, it must be `{VERSION}`")]
    Version {
        /// Whose version.
        side: &'static str,
        /// What was proposed.
        got: String,
    },
    /// The wrong end starts.
    #[error("the {got} step came to the {expected}; the outpost opens the channel")]
    Role {
        /// The step that came.
        got: &'static str,
        /// Who we are.
        expected: &'static str,
    },
    /// The channel would run over another connection.
    #[error("the channel is on `{got}`, the route is on `{expected}`")]
    Connection {
        /// What was proposed.
        got: String,
        /// The route's.
        expected: String,
    },
    /// The channel would lead to somebody else.
    #[error("the counterparty is `{got}`, the route's is `{expected}`")]
    Counterparty {
        /// What was proposed.
        got: String,
        /// The route's.
        expected: String,
    },
}

/// Checks ordering and both versions.
///
/// `counterparty_version` is none in `ChanOpenInit`, where the other end has none yet, and in
/// `ChanOpenConfirm`, where the chain does not repeat what it gave in `ChanOpenTry`.
///
/// # Errors
/// [`HandshakeError::Order`] or [`HandshakeError::Version`].
pub fn check_terms(
    channel: &IbcChannel,
    counterparty_version: Option<&str>,
) -> Result<(), HandshakeError> {
    if channel.order != ORDER {
        return Err(HandshakeError::Order { got: "ordered".into() });
    }
    if channel.version != VERSION {
        return Err(HandshakeError::Version { side: "own", got: channel.version.clone() });
    }
    match counterparty_version {
        Some(version) if version != VERSION => {
            Err(HandshakeError::Version { side: "counterparty's", got: version.into() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks that the step fits who we are: only the initiator sees `OpenInit` and `OpenAck`.
///
/// # Errors
/// [`HandshakeError::Role`].
pub const fn check_role(role: Role, step: Role) -> Result<(), HandshakeError> {
    match (role, step) {
        (Role::Initiator, Role::Initiator) | (Role::Responder, Role::Responder) => Ok(()),
        (Role::Initiator, Role::Responder) => {
            Err(HandshakeError::Role { got: "try", expected: "outpost" })
        }
        (Role::Responder, Role::Initiator) => {
            Err(HandshakeError::Role { got: "init", expected: "market" })
        }
    }
}

/// Checks that the channel belongs to the route.
///
/// # Errors
/// [`HandshakeError::Connection`] or [`HandshakeError::Counterparty`].
pub fn check_route(channel: &IbcChannel, expected: Expected<'_>) -> Result<(), HandshakeError> {
    if channel.connection_id != expected.connection {
        return Err(HandshakeError::Connection {
            got: channel.connection_id.clone(),
            expected: expected.connection.into(),
        });
    }
    if channel.counterparty_endpoint.port_id != expected.counterparty_port {
        return Err(HandshakeError::Counterparty {
            got: channel.counterparty_endpoint.port_id.clone(),
            expected: expected.counterparty_port.into(),
        });
    }
    Ok(())
}

/// The port of a contract. Source: wasmd `x/wasm/keeper/ibc.go`, `PortIDForContract`.
#[must_use]
pub fn port_of(contract: &str) -> String {
    format!("wasm.{contract}")
}
