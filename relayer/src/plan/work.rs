//! The messages owed to a chain.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::PacketKey;

/// One message owed to a chain; which one is known from where the work stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Work {
    /// `MsgCreateClient`
    CreateClient,
    /// `MsgUpdateClient` with evidence of misbehaviour.
    Misbehaviour,
    /// `MsgRegisterCounterparty`, of IBC v2.
    Register,
    /// A step of the connection's handshake.
    Connection(HandshakeStep),
    /// A step of the handshake or the close of the path's channel with this index.
    Channel(u32, HandshakeStep),
    /// `MsgRecvPacket`
    Recv(PacketKey),
    /// `MsgAcknowledgement`
    Ack(PacketKey),
    /// `MsgTimeout`
    Timeout(PacketKey),
    /// `MsgTimeoutOnClose`
    TimeoutOnClose(PacketKey),
}

/// A message of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HandshakeStep {
    /// Opens the first end.
    Init,
    /// Opens the second end.
    Try,
    /// Tells the first end of the second.
    Ack,
    /// Tells the second end that the first is open.
    Confirm,
    /// Tells an end that the other is closed. Channels only.
    CloseConfirm,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateClient => write!(f, "create client"),
            Self::Misbehaviour => write!(f, "evidence of misbehaviour"),
            Self::Register => write!(f, "register counterparty"),
            Self::Connection(step) => write!(f, "connection {step}"),
            Self::Channel(index, step) => write!(f, "channel {step} of channel no. {index}"),
            Self::Recv(key) => write!(f, "receive of {key}"),
            Self::Ack(key) => write!(f, "acknowledgement of {key}"),
            Self::Timeout(key) => write!(f, "timeout of {key}"),
            Self::TimeoutOnClose(key) => write!(f, "timeout on close of {key}"),
        }
    }
}

impl fmt::Display for HandshakeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "init",
            Self::Try => "try",
            Self::Ack => "ack",
            Self::Confirm => "confirm",
            Self::CloseConfirm => "close confirm",
        })
    }
}
