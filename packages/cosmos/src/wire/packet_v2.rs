//! The commitments to packets of IBC v2.
//!
//! Source: ibc-go v10.5 `modules/core/04-channel/v2/types/commitment.go`.

use sha2::{Digest, Sha256};

use super::msg_v2::{Acknowledgement, Packet, Payload};

/// What every commitment of IBC v2 begins with before it is hashed.
const VERSION: [u8; 1] = [2];

impl Packet {
    /// What the source stores under [`super::path::commitment_v2`].
    pub fn commitment(&self) -> [u8; 32] {
        let mut payloads = Sha256::new();
        for payload in &self.payloads {
            payloads.update(payload.hash());
        }
        Sha256::new()
            .chain_update(VERSION)
            .chain_update(Sha256::digest(&self.destination_client))
            .chain_update(Sha256::digest(self.timeout_timestamp.to_be_bytes()))
            .chain_update(payloads.finalize())
            .finalize()
            .into()
    }
}

impl Payload {
    fn hash(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(Sha256::digest(&self.source_port))
            .chain_update(Sha256::digest(&self.destination_port))
            .chain_update(Sha256::digest(&self.version))
            .chain_update(Sha256::digest(&self.encoding))
            .chain_update(Sha256::digest(&self.value))
            .finalize()
            .into()
    }
}

impl Acknowledgement {
    /// What the destination stores under [`super::path::acknowledgement_v2`].
    pub fn commitment(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(VERSION);
        for acknowledgement in &self.app_acknowledgements {
            hash.update(Sha256::digest(acknowledgement));
        }
        hash.finalize().into()
    }
}
