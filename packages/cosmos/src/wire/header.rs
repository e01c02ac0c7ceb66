//! Light blocks: a header, the signatures on it and the validators who signed.

use std::time::Duration;

use ibc_proto::ibc::lightclients::tendermint::v1::Header as ProtoHeader;
use tendermint::block::signed_header::SignedHeader;
use tendermint::{Time, account, validator};
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{TrustedBlockState, UntrustedBlockState};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier};

use super::client::{ClientState, ConsensusState};
use super::height::{Height, revision_of};
use super::tx::any;
use crate::Any;

/// A header that its validators signed. Whether enough of them did is checked by [`LightBlock::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightBlock {
    signed_header: SignedHeader,
    validators: validator::Set,
}

/// Why a header is of no use to a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A set of validators is empty or its power is beyond what CometBFT allows.
    #[error("set of {count} validators is not valid: its power must be 1 to 2^60")]
    Validators {
        /// How many there are.
        count: usize,
    },
    /// The validators are not those that the header names.
    #[error("validators of height {height} hash to {got}, the header says {expected}")]
    ValidatorsHash {
        /// The header's height.
        height: u64,
        /// The hash of those given.
        got: String,
        /// The hash in the header.
        expected: String,
    },
    /// Too little of the trusted power signed: headers in between are needed.
    #[error("header {height} is signed by too little of the trusted voting power")]
    NotEnoughTrust {
        /// The header's height.
        height: u64,
    },
    /// A client would refuse it.
    #[error("header {height} does not verify: {reason}")]
    Invalid {
        /// The header's height.
        height: u64,
        /// Why.
        reason: String,
    },
}

/// What a client holds and a new header is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Trusted<'a> {
    /// The height held.
    pub height: Height,
    /// What is held of it.
    pub state: &'a ConsensusState,
    /// The validators of the height after it, who hash to `state.next_validators_hash`.
    pub next_validators: &'a validator::Set,
}

impl LightBlock {
    /// Joins what `/commit` and `/validators` answer for one height.
    ///
    /// # Errors
    /// [`HeaderError::Validators`] or [`HeaderError::ValidatorsHash`].
    pub fn new(
        signed_header: SignedHeader,
        validators: Vec<validator::Info>,
    ) -> Result<Self, HeaderError> {
        let header = &signed_header.header;
        let validators = validator_set(validators, Some(header.proposer_address))?;
        let got = validators.hash();
        if got != header.validators_hash {
            return Err(HeaderError::ValidatorsHash {
                height: header.height.value(),
                got: got.to_string(),
                expected: header.validators_hash.to_string(),
            });
        }
        Ok(Self { signed_header, validators })
    }

    /// The header and the signatures.
    pub fn signed_header(&self) -> &SignedHeader {
        &self.signed_header
    }

    /// The validators of this height.
    pub fn validators(&self) -> &validator::Set {
        &self.validators
    }

    /// The height, with the revision that the chain id ends in.
    pub fn height(&self) -> Height {
        let header = &self.signed_header.header;
        Height::new(revision_of(header.chain_id.as_str()), header.height.value())
    }

    /// The block's time.
    pub fn time(&self) -> Time {
        self.signed_header.header.time
    }

    /// The root of the state after the block before: proofs made at `height - 1` lead to it.
    pub fn app_hash(&self) -> &[u8] {
        self.signed_header.header.app_hash.as_bytes()
    }

    /// Packs it as `MsgUpdateClient` carries it, for a client that holds `trusted_height`.
    ///
    /// `trusted_next_validators` are the validators of the height after the trusted one.
    pub fn to_any(&self, trusted_height: Height, trusted_next_validators: &validator::Set) -> Any {
        any(&ProtoHeader {
            signed_header: Some(self.signed_header.clone().into()),
            validator_set: Some(self.validators.clone().into()),
            trusted_height: Some(trusted_height.into()),
            trusted_validators: Some(trusted_next_validators.clone().into()),
        })
    }

    /// Checks what a client on the other chain would check, at its time `now`.
    ///
    /// # Errors
    /// [`HeaderError::NotEnoughTrust`] when headers in between would help, else [`HeaderError::Invalid`].
    ///
    /// Source: ICS-7; ibc-go v10.5 `modules/light-clients/07-tendermint/update.go`, `verifyHeader`.
    pub fn verify(
        &self,
        client: &ClientState,
        trusted: Trusted<'_>,
        now: Time,
    ) -> Result<(), HeaderError> {
        let height = self.signed_header.header.height.value();
        let invalid = |reason: String| HeaderError::Invalid { height, reason };
        if trusted.next_validators.hash() != trusted.state.next_validators_hash {
            return Err(invalid("trusted validators are not those that the client holds".into()));
        }
        if self.height().revision != trusted.height.revision {
            return Err(invalid(format!("revision is not that of trusted {}", trusted.height)));
        }
        let chain_id = client.chain_id.parse();
        let trusted_height = trusted.height.block.try_into();
        let state = TrustedBlockState {
            chain_id: &chain_id.map_err(|error: tendermint::Error| invalid(error.to_string()))?,
            header_time: trusted.state.time,
            height: trusted_height
                .map_err(|error: tendermint::Error| invalid(error.to_string()))?,
            next_validators: trusted.next_validators,
            next_validators_hash: trusted.state.next_validators_hash,
        };
        let untrusted = UntrustedBlockState {
            signed_header: &self.signed_header,
            validators: &self.validators,
            next_validators: None,
        };
        let options = Options {
            trust_threshold: client.trust_level,
            trusting_period: client.trusting_period,
            clock_drift: client.max_clock_drift,
        };
        match ProdVerifier::default().verify_update_header(untrusted, state, &options, now) {
            Verdict::Success => Ok(()),
            Verdict::NotEnoughTrust(_) => Err(HeaderError::NotEnoughTrust { height }),
            Verdict::Invalid(reason) => Err(invalid(reason.to_string())),
        }
    }

    /// Whether a client would still trust this block at `now`, with `margin` to spare.
    pub fn is_trusted(&self, client: &ClientState, now: Time, margin: Duration) -> bool {
        now.duration_since(self.time())
            .map_or(true, |age| age.saturating_add(margin) < client.trusting_period)
    }
}

/// A set of validators; the proposer is the one named, or else the strongest.
///
/// ibc-go wants every set to have a proposer, but never asks which.
///
/// # Errors
/// [`HeaderError::Validators`] when the set is empty or too strong.
pub fn validator_set(
    validators: Vec<validator::Info>,
    proposer: Option<account::Id>,
) -> Result<validator::Set, HeaderError> {
    let count = validators.len();
    let power = validators.iter().try_fold(0u64, |sum, one| sum.checked_add(one.power()));
    let valid = |power: &u64| (1..=validator::Set::MAX_TOTAL_VOTING_POWER).contains(power);
    if power.filter(valid).is_none() {
        return Err(HeaderError::Validators { count });
    }
    let named = proposer.and_then(|id| validators.iter().find(|one| one.address == id));
    let strongest = || validators.iter().max_by_key(|one| one.power());
    let proposer = named.or_else(strongest).cloned();
    Ok(validator::Set::new(validators, proposer))
}
