//! The first state of a client.

use cosmos::wire::proof::proof_specs;
use cosmos::wire::tx::any;
use ibc_proto::google::protobuf::{Any, Duration, Timestamp};
use ibc_proto::ibc::core::client::v1::{Height, MsgCreateClient, MsgUpdateClient};
use ibc_proto::ibc::core::commitment::v1::MerkleRoot;
use ibc_proto::ibc::lightclients::tendermint::v1::{ClientState, ConsensusState, Fraction};

use super::message::Evidence;
use crate::model::Model;
use crate::model::config::ChainConfig;
use crate::model::facts::Header;
use crate::model::ids::{FlowId, Span};

/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;

impl Model {
    /// The message that creates a flow's client with the header that the epoch brings.
    pub(super) fn create_client(
        &self,
        id: &FlowId,
        evidence: &Evidence<'_>,
    ) -> Result<Any, String> {
        let header = evidence.epoch.header.as_ref().ok_or("the first header is missing")?;
        let from = self.chain_from(id).ok_or("its chain is not configured")?;
        Ok(any(&MsgCreateClient {
            client_state: Some(any(&client_state(from, evidence.height))),
            consensus_state: Some(any(&consensus_state(header))),
            signer: evidence.signer.to_owned(),
        }))
    }
}

impl Model {
    /// The message that proves misbehaviour to a flow's client.
    pub(super) fn misbehaviour(&self, id: &FlowId, signer: &str) -> Result<Any, String> {
        let (client, evidence) = self.evidence(id).ok_or("the client is frozen already")?;
        Ok(any(&MsgUpdateClient {
            client_id: client.to_string(),
            client_message: Some(evidence),
            signer: signer.to_owned(),
        }))
    }
}

fn client_state(from: &ChainConfig, latest: Height) -> ClientState {
    ClientState {
        chain_id: from.id.to_string(),
        trust_level: Some(Fraction {
            numerator: from.trust_threshold.numerator(),
            denominator: from.trust_threshold.denominator(),
        }),
        trusting_period: Some(duration(from.trusting_period)),
        unbonding_period: Some(duration(from.unbonding_period)),
        max_clock_drift: Some(duration(from.max_clock_drift)),
        frozen_height: Some(Height::default()),
        latest_height: Some(latest),
        proof_specs: proof_specs(),
        upgrade_path: vec!["upgrade".to_owned(), "upgradedIBCState".to_owned()],
        ..ClientState::default()
    }
}

fn consensus_state(header: &Header) -> ConsensusState {
    ConsensusState {
        timestamp: Some(Timestamp {
            seconds: whole_seconds(header.time.0),
            nanos: rest_nanos(header.time.0),
        }),
        root: Some(MerkleRoot { hash: header.root.clone() }),
        next_validators_hash: header.next_validators_hash.clone(),
    }
}

fn duration(span: Span) -> Duration {
    Duration { seconds: whole_seconds(span.0), nanos: rest_nanos(span.0) }
}

fn whole_seconds(nanos: u64) -> i64 {
    i64::try_from(nanos / NANOS).expect("2^64 nanoseconds are fewer than 2^63 seconds")
}

fn rest_nanos(nanos: u64) -> i32 {
    i32::try_from(nanos % NANOS).expect("a rest below 10^9 fits 31 bits")
}
