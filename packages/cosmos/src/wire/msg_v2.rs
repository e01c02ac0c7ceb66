//! Messages and queries of IBC v2, which `ibc-proto` does not have.
//!
//! Source: ibc-go v10.5 `proto/ibc/core/channel/v2/{packet,tx,query}.proto`, `proto/ibc/core/client/v2/{tx,query,counterparty}.proto`.

use ibc_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use ibc_proto::ibc::core::client::v1::Height;

macro_rules! named {
    ($package:literal: $($message:ident),* $(,)?) => {$(
        impl prost::Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = $package;

            fn full_name() -> String {
                concat!($package, ".", stringify!($message)).into()
            }

            fn type_url() -> String {
                concat!("/", $package, ".", stringify!($message)).into()
            }
        }
    )*};
}

named!("ibc.core.channel.v2": MsgSendPacket, MsgRecvPacket, MsgAcknowledgement, MsgTimeout);
named!("ibc.core.channel.v2": MsgRecvPacketResponse, MsgAcknowledgementResponse, MsgTimeoutResponse);
named!("ibc.core.client.v2": MsgRegisterCounterparty);

/// A packet: what is sent between two clients, and until when it may be received.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Packet {
    /// Its number on the source client, from 1.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// The client on the source that verifies the destination.
    #[prost(string, tag = "2")]
    pub source_client: String,
    /// The client on the destination that verifies the source.
    #[prost(string, tag = "3")]
    pub destination_client: String,
    /// The first time of the destination at which it is too late, in seconds since 1970.
    #[prost(uint64, tag = "4")]
    pub timeout_timestamp: u64,
    /// What is sent, one for each application.
    #[prost(message, repeated, tag = "5")]
    pub payloads: Vec<Payload>,
}

/// What one application sends to another.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Payload {
    /// The application that sends.
    #[prost(string, tag = "1")]
    pub source_port: String,
    /// The application that receives.
    #[prost(string, tag = "2")]
    pub destination_port: String,
    /// The version of their protocol, such as `ics20-1`.
    #[prost(string, tag = "3")]
    pub version: String,
    /// How `value` is encoded, such as `application/json`.
    #[prost(string, tag = "4")]
    pub encoding: String,
    /// The application's bytes.
    #[prost(bytes = "vec", tag = "5")]
    pub value: Vec<u8>,
}

/// What the destination answers to a packet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Acknowledgement {
    /// One answer for each payload; a single one of [`ERROR_ACKNOWLEDGEMENT`] when any was refused.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub app_acknowledgements: Vec<Vec<u8>>,
}

/// The answer that says that a packet was refused: SHA-256 of `UNIVERSAL_ERROR_ACKNOWLEDGEMENT`.
pub const ERROR_ACKNOWLEDGEMENT: [u8; 32] = [
    0x47, 0x74, 0xd4, 0xa5, 0x75, 0x99, 0x3f, 0x96, 0x3b, 0x1c, 0x06, 0x57, 0x37, 0x36, 0x61, 0x7a,
    0x45, 0x7a, 0xbe, 0xf8, 0x58, 0x91, 0x78, 0xdb, 0x8d, 0x10, 0xc9, 0x4b, 0x4a, 0xb5, 0x11, 0xab,
];

/// Tells a client which client of the other chain follows this one. Only who made the client may, and once.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgRegisterCounterparty {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Where the other chain keeps what it proves: store, then the prefix of keys in it.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub counterparty_merkle_prefix: Vec<Vec<u8>>,
    /// The client on the other chain that follows this one.
    #[prost(string, tag = "3")]
    pub counterparty_client_id: String,
    /// Who made the client.
    #[prost(string, tag = "4")]
    pub signer: String,
}

/// Sends a packet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgSendPacket {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub source_client: String,
    /// Seconds since 1970, at most 24 hours ahead.
    #[prost(uint64, tag = "2")]
    pub timeout_timestamp: u64,
    /// What is sent.
    #[prost(message, repeated, tag = "3")]
    pub payloads: Vec<Payload>,
    /// Who sends it.
    #[prost(string, tag = "4")]
    pub signer: String,
}

/// The answer to [`MsgSendPacket`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgSendPacketResponse {
    /// The packet's number.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
}

/// Brings a packet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgRecvPacket {
    /// The packet.
    #[prost(message, optional, tag = "1")]
    pub packet: Option<Packet>,
    /// Proves [`super::path::commitment_v2`].
    #[prost(bytes = "vec", tag = "2")]
    pub proof_commitment: Vec<u8>,
    /// The height of the header under which it is proved.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
    /// Who brings it.
    #[prost(string, tag = "4")]
    pub signer: String,
}

/// Brings the answer to a packet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgAcknowledgement {
    /// The packet.
    #[prost(message, optional, tag = "1")]
    pub packet: Option<Packet>,
    /// The answer.
    #[prost(message, optional, tag = "2")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Proves [`super::path::acknowledgement_v2`].
    #[prost(bytes = "vec", tag = "3")]
    pub proof_acked: Vec<u8>,
    /// The height of the header under which it is proved.
    #[prost(message, optional, tag = "4")]
    pub proof_height: Option<Height>,
    /// Who brings it.
    #[prost(string, tag = "5")]
    pub signer: String,
}

/// Tells that a packet can no longer be received.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MsgTimeout {
    /// The packet.
    #[prost(message, optional, tag = "1")]
    pub packet: Option<Packet>,
    /// Proves that there is no [`super::path::receipt_v2`].
    #[prost(bytes = "vec", tag = "2")]
    pub proof_unreceived: Vec<u8>,
    /// The height of the header under which it is proved.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
    /// Who tells.
    #[prost(string, tag = "5")]
    pub signer: String,
}

macro_rules! responses {
    ($($response:ident to $message:ident),* $(,)?) => {$(
        #[doc = concat!("The answer to [`", stringify!($message), "`].")]
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct $response {
            /// What came of it; 1 when there was nothing left to do, as in IBC v1.
            #[prost(int32, tag = "1")]
            pub result: i32,
        }
    )*};
}

responses!(
    MsgRecvPacketResponse to MsgRecvPacket,
    MsgAcknowledgementResponse to MsgAcknowledgement,
    MsgTimeoutResponse to MsgTimeout,
);

/// Asks which client of the other chain follows this one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCounterpartyInfoRequest {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
}

/// The answer to [`QueryCounterpartyInfoRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryCounterpartyInfoResponse {
    /// What was registered.
    #[prost(message, optional, tag = "1")]
    pub counterparty_info: Option<CounterpartyInfo>,
}

/// What was registered for a client.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CounterpartyInfo {
    /// Where the other chain keeps what it proves.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub merkle_prefix: Vec<Vec<u8>>,
    /// The client on the other chain.
    #[prost(string, tag = "2")]
    pub client_id: String,
}

/// Asks for the packets that a client's end sent and whose life is not over.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryPacketCommitmentsRequest {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Which part of the list.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// The answer to [`QueryPacketCommitmentsRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryPacketCommitmentsResponse {
    /// The commitments.
    #[prost(message, repeated, tag = "1")]
    pub commitments: Vec<PacketState>,
    /// Where the list goes on.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// A value that is stored for a packet.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PacketState {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The packet's number.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// The value.
    #[prost(bytes = "vec", tag = "3")]
    pub data: Vec<u8>,
}

/// Asks which of these packets a client's end has not received.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryUnreceivedPacketsRequest {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The packets.
    #[prost(uint64, repeated, tag = "2")]
    pub sequences: Vec<u64>,
}

/// The answer to [`QueryUnreceivedPacketsRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueryUnreceivedPacketsResponse {
    /// Those that were not received.
    #[prost(uint64, repeated, tag = "1")]
    pub sequences: Vec<u64>,
}
