//! Keys of the `ibc` store, as ICS-24 lays it out.

/// The store that all keys here are in.
pub const IBC_STORE: &str = "ibc";
/// The prefix under which a counterparty finds them, in connections and proofs.
pub const IBC_PREFIX: &[u8] = b"ibc";

/// Bytes of the longest identifier, which is a port.
const LONGEST_ID: usize = 128;

/// Whether a text can name a client, a connection, a port or a channel. A chain that names one otherwise is no chain of IBC.
///
/// Source: ibc-go v10.5 `modules/core/24-host/validate.go`, `IsValidID`; the least lengths, which differ by version, are left
/// out.
pub fn is_identifier(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-#[]<>".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// A client's own state.
pub fn client_state(client: &str) -> Vec<u8> {
    format!("clients/{client}/clientState").into_bytes()
}

/// What a client holds of the counterparty at one height.
pub fn consensus_state(client: &str, height: super::height::Height) -> Vec<u8> {
    format!("clients/{client}/consensusStates/{height}").into_bytes()
}

/// A connection end.
pub fn connection(connection: &str) -> Vec<u8> {
    format!("connections/{connection}").into_bytes()
}

/// A channel end.
pub fn channel(port: &str, channel: &str) -> Vec<u8> {
    format!("channelEnds/ports/{port}/channels/{channel}").into_bytes()
}

/// The commitment to a packet on its way, on the source.
pub fn commitment(port: &str, channel: &str, sequence: u64) -> Vec<u8> {
    format!("commitments/ports/{port}/channels/{channel}/sequences/{sequence}").into_bytes()
}

/// The acknowledgement of a packet, on the destination.
pub fn acknowledgement(port: &str, channel: &str, sequence: u64) -> Vec<u8> {
    format!("acks/ports/{port}/channels/{channel}/sequences/{sequence}").into_bytes()
}

/// The receipt of a packet on an unordered channel, on the destination.
pub fn receipt(port: &str, channel: &str, sequence: u64) -> Vec<u8> {
    format!("receipts/ports/{port}/channels/{channel}/sequences/{sequence}").into_bytes()
}

/// The next sequence that an ordered channel receives, on the destination.
pub fn next_sequence_recv(port: &str, channel: &str) -> Vec<u8> {
    format!("nextSequenceRecv/ports/{port}/channels/{channel}").into_bytes()
}

/// The commitment to a packet of IBC v2 on its way, on the source, whose client it is.
///
/// Source: ibc-go v10.5 `modules/core/24-host/v2/packet_keys.go`, also for the two below.
pub fn commitment_v2(client: &str, sequence: u64) -> Vec<u8> {
    packet_v2(client, 1, sequence)
}

/// The receipt of a packet of IBC v2, on the destination, whose client it is.
pub fn receipt_v2(client: &str, sequence: u64) -> Vec<u8> {
    packet_v2(client, 2, sequence)
}

/// The acknowledgement of a packet of IBC v2, on the destination, whose client it is.
pub fn acknowledgement_v2(client: &str, sequence: u64) -> Vec<u8> {
    packet_v2(client, 3, sequence)
}

fn packet_v2(client: &str, kind: u8, sequence: u64) -> Vec<u8> {
    [client.as_bytes(), &[kind], &sequence.to_be_bytes()].concat()
}
