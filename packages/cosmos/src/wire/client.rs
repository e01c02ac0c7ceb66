//! Clients of type 07-tendermint: what one chain holds of another.

use std::time::Duration;

use ibc_proto::ibc::core::commitment::v1::MerkleRoot;
use ibc_proto::ibc::lightclients::tendermint::v1::{
    ClientState as ProtoClientState, ConsensusState as ProtoConsensusState, Fraction,
};
use prost::Message;
use tendermint::block::Header;
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::{Hash, Time};
use tendermint_proto::google::protobuf::Duration as ProtoDuration;

use super::header::LightBlock;
use super::height::Height;
use super::path;
use super::proof::proof_specs;
use super::terms::STATE_URL;
use super::tx::any;
use crate::Any;

/// A client's state, without what is the same for every Cosmos chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientState {
    /// The chain it follows.
    pub chain_id: String,
    /// How much of the voting power it trusts must have signed a header it takes.
    pub trust_level: TrustThresholdFraction,
    /// How long it trusts what it holds.
    pub trusting_period: Duration,
    /// How long bonded stake takes to come free on the chain it follows.
    pub unbonding_period: Duration,
    /// How far a header may be ahead of the clock of the chain that the client is on.
    pub max_clock_drift: Duration,
    /// The newest height it holds.
    pub latest_height: Height,
    /// Whether it has seen misbehaviour and takes nothing any more.
    pub frozen: bool,
}

/// What a client holds of one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsensusState {
    /// The block's time.
    pub time: Time,
    /// The application hash: the root of the state after the block before.
    pub root: Vec<u8>,
    /// The hash of the validators of the next block.
    pub next_validators_hash: Hash,
}

/// Why bytes are not the state of a 07-tendermint client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// It is of another type.
    #[error("client is of type `{got}`, expected `{expected}`")]
    Type {
        /// Its type URL.
        got: String,
        /// The type URL understood.
        expected: &'static str,
    },
    /// It does not decode.
    #[error("client state does not decode: {0}")]
    Malformed(String),
}

impl ClientState {
    /// The state of a new client: trusts for two thirds of the unbonding period, a third of the power, as usual.
    pub fn new(
        chain_id: &str,
        latest_height: Height,
        unbonding: Duration,
        drift: Duration,
    ) -> Self {
        Self {
            chain_id: chain_id.to_owned(),
            trust_level: TrustThresholdFraction::ONE_THIRD,
            trusting_period: unbonding * 2 / 3,
            unbonding_period: unbonding,
            max_clock_drift: drift,
            latest_height,
            frozen: false,
        }
    }

    /// Reads a client's state.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn from_any(packed: &Any) -> Result<Self, ClientError> {
        let state: ProtoClientState = unpack(packed, STATE_URL)?;
        let period = |value: Option<ProtoDuration>, name: &str| {
            let period = value.and_then(duration);
            period.ok_or_else(|| ClientError::Malformed(format!("`{name}` is absent or negative")))
        };
        let level = state.trust_level.unwrap_or_default();
        Ok(Self {
            chain_id: state.chain_id,
            trust_level: TrustThresholdFraction::new(level.numerator, level.denominator)
                .map_err(|error| ClientError::Malformed(error.to_string()))?,
            trusting_period: period(state.trusting_period, "trusting_period")?,
            unbonding_period: period(state.unbonding_period, "unbonding_period")?,
            max_clock_drift: period(state.max_clock_drift, "max_clock_drift")?,
            latest_height: state.latest_height.unwrap_or_default().into(),
            frozen: !Height::from(state.frozen_height.unwrap_or_default()).is_zero(),
        })
    }

    /// Packs it as `MsgCreateClient` carries it, with the proof specs and upgrade path of Cosmos chains.
    pub fn to_any(&self) -> Any {
        any(&ProtoClientState {
            chain_id: self.chain_id.clone(),
            trust_level: Some(Fraction {
                numerator: self.trust_level.numerator(),
                denominator: self.trust_level.denominator(),
            }),
            trusting_period: Some(proto_duration(self.trusting_period)),
            unbonding_period: Some(proto_duration(self.unbonding_period)),
            max_clock_drift: Some(proto_duration(self.max_clock_drift)),
            // ibc-go freezes at 0-1, whatever the height of the misbehaviour was.
            frozen_height: Some(Height::new(0, u64::from(self.frozen)).into()),
            latest_height: Some(self.latest_height.into()),
            proof_specs: proof_specs(),
            upgrade_path: vec!["upgrade".to_owned(), "upgradedIBCState".to_owned()],
            ..ProtoClientState::default()
        })
    }
}

impl ConsensusState {
    /// What a client holds of `block`.
    pub fn of(block: &LightBlock) -> Self {
        Self::of_header(&block.signed_header().header)
    }

    /// What a client holds of the block with this header.
    pub fn of_header(header: &Header) -> Self {
        Self {
            time: header.time,
            root: header.app_hash.as_bytes().to_vec(),
            next_validators_hash: header.next_validators_hash,
        }
    }

    /// Reads what a client holds.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn from_any(packed: &Any) -> Result<Self, ClientError> {
        let state: ProtoConsensusState =
            unpack(packed, "/ibc.lightclients.tendermint.v1.ConsensusState")?;
        let malformed = |error: tendermint::Error| ClientError::Malformed(error.to_string());
        Ok(Self {
            time: state.timestamp.unwrap_or_default().try_into().map_err(malformed)?,
            root: state.root.unwrap_or_default().hash,
            next_validators_hash: state.next_validators_hash.try_into().map_err(malformed)?,
        })
    }

    /// Packs it as `MsgCreateClient` carries it.
    pub fn to_any(&self) -> Any {
        any(&ProtoConsensusState {
            timestamp: Some(self.time.into()),
            root: Some(MerkleRoot { hash: self.root.clone() }),
            next_validators_hash: self.next_validators_hash.as_bytes().to_vec(),
        })
    }
}

/// Where a client keeps what it holds of its newest height, as its state under `key` says; `None` where that is no client's
/// state.
pub fn newest_consensus_state(key: &[u8], state: &[u8]) -> Option<Vec<u8>> {
    let key = std::str::from_utf8(key).ok()?;
    let client = key.strip_prefix("clients/")?.strip_suffix("/clientState")?;
    let packed = Any::decode(state).ok()?;
    let state = ProtoClientState::decode(packed.value.as_slice()).ok()?;
    Some(path::consensus_state(client, state.latest_height?.into()))
}

/// A protobuf duration, unless it is negative.
pub(crate) fn duration(value: ProtoDuration) -> Option<Duration> {
    let nanos = u32::try_from(value.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(value.seconds).ok()?, nanos))
}

pub(super) fn proto_duration(value: Duration) -> ProtoDuration {
    ProtoDuration {
        seconds: i64::try_from(value.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(value.subsec_nanos()).unwrap_or(0),
    }
}

pub(super) fn unpack<M: Message + Default>(
    packed: &Any,
    expected: &'static str,
) -> Result<M, ClientError> {
    if packed.type_url != expected {
        return Err(ClientError::Type { got: packed.type_url.clone(), expected });
    }
    M::decode(packed.value.as_slice()).map_err(|error| ClientError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_state_tells_where_its_newest_consensus_state_is() {
        let period = Duration::from_secs(60);
        let state = ClientState::new("a-4", Height::new(4, 77), period, period);
        let state = state.to_any().encode_to_vec();
        let newest = |key: &[u8]| newest_consensus_state(key, &state);
        let key = path::client_state("07-tendermint-3");
        let expected = b"clients/07-tendermint-3/consensusStates/4-77".to_vec();
        assert_eq!(newest(&key), Some(expected.clone()));
        assert_eq!(newest(&expected), None);
        assert_eq!(newest_consensus_state(&key, b"other"), None);
    }
}
