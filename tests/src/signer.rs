//! Signs for a local chain's only validator, with a clock that can be put forward.
//!
//! A block's time is the median of the times at which the validators voted for the block before it, and a
//! node takes the time from whoever signs its votes. So a chain of one validator lives through a month in a
//! second, with the program that it is run by everywhere.
//! Source: CometBFT 0.38 `consensus/state.go` `signVote`, `privval/signer_client.go`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ed25519_consensus::SigningKey;
use prost::Message as _;
use serde_json::Value;
use tendermint::{PrivateKey, Proposal, Vote};
use tendermint_proto::google::protobuf::Timestamp;
use tendermint_proto::v0_38::crypto::{PublicKey, public_key};
use tendermint_proto::v0_38::privval::message::Sum;
use tendermint_proto::v0_38::privval::{
    Message, PingResponse, PubKeyResponse, SignProposalRequest, SignVoteRequest,
    SignedProposalResponse, SignedVoteResponse,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::sleep;

/// Between two looks whether the node listens.
const PAUSE: Duration = Duration::from_millis(100);
/// More bytes than any request has.
const LARGEST: usize = 64 * 1024;

/// How far the chain's clock is ahead of this machine's.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Puts the chain's clock forward, from its next block but one on.
    pub fn put_forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn ahead(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Who signs for a node.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Where the node listens for it: its `priv_validator_laddr`.
    pub socket: PathBuf,
    /// The validator's key, which is there once the node listens.
    pub key: PathBuf,
    /// What the votes' times are put forward by.
    pub clock: Clock,
}

impl Signer {
    /// Signs whatever the node asks for, until the future is dropped; when the node has gone, waits for the next.
    ///
    /// # Errors
    /// The key cannot be read, or a request is none that a node makes.
    pub async fn run(self) -> anyhow::Result<()> {
        loop {
            let Ok(stream) = UnixStream::connect(&self.socket).await else {
                sleep(PAUSE).await;
                continue;
            };
            self.serve(stream).await?;
        }
    }

    async fn serve(&self, mut stream: UnixStream) -> anyhow::Result<()> {
        let key = read_key(&self.key)?;
        while let Some(request) = receive(&mut stream).await? {
            let answer = Message { sum: Some(self.answer(&key, request)?) };
            if stream.write_all(&answer.encode_length_delimited_to_vec()).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, key: &SigningKey, request: Sum) -> anyhow::Result<Sum> {
        Ok(match request {
            Sum::PingRequest(_) => Sum::PingResponse(PingResponse {}),
            Sum::PubKeyRequest(_) => {
                let bytes = key.verification_key().to_bytes().to_vec();
                let pub_key = Some(PublicKey { sum: Some(public_key::Sum::Ed25519(bytes)) });
                Sum::PubKeyResponse(PubKeyResponse { pub_key, error: None })
            }
            Sum::SignVoteRequest(SignVoteRequest { vote, chain_id }) => {
                let mut vote = vote.context("a request without a vote")?;
                self.advance(&mut vote.timestamp);
                let signed = Vote::try_from(vote.clone())?.into_signable_vec(chain_id.parse()?);
                vote.signature = key.sign(&signed).to_bytes().to_vec();
                Sum::SignedVoteResponse(SignedVoteResponse { vote: Some(vote), error: None })
            }
            Sum::SignProposalRequest(SignProposalRequest { proposal, chain_id }) => {
                let mut proposal = proposal.context("a request without a proposal")?;
                let signed = Proposal::try_from(proposal.clone())?;
                let signed = signed.into_signable_vec(chain_id.parse()?);
                proposal.signature = key.sign(&signed).to_bytes().to_vec();
                let proposal = Some(proposal);
                Sum::SignedProposalResponse(SignedProposalResponse { proposal, error: None })
            }
            other => bail!("the node asks for {other:?}"),
        })
    }

    /// The node's own clock follows the chain where that is ahead, so the time is put forward from this machine's.
    fn advance(&self, time: &mut Option<Timestamp>) {
        let Some(time) = time else { return };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        time.seconds = time.seconds.max(now.saturating_add(self.clock.ahead()));
    }
}

/// A local chain's validator key, from its `priv_validator_key.json`.
///
/// # Errors
/// The file cannot be read, or holds a key of another type.
pub(crate) fn read_key(path: &Path) -> anyhow::Result<SigningKey> {
    let file = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: Value = serde_json::from_slice(&file)?;
    match serde_json::from_value(file["priv_key"].clone())? {
        PrivateKey::Ed25519(key) => Ok(key.try_into()?),
        _ => bail!("{} holds a key of another type", path.display()),
    }
}

/// The next request; none when the node has gone.
async fn receive(stream: &mut UnixStream) -> anyhow::Result<Option<Sum>> {
    let mut length = 0;
    for shift in (0..21).step_by(7) {
        let Ok(byte) = stream.read_u8().await else { return Ok(None) };
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if length > LARGEST {
        bail!("the node sends a request of {length} bytes");
    }
    let mut bytes = vec![0; length];
    if stream.read_exact(&mut bytes).await.is_err() {
        return Ok(None);
    }
    Ok(Some(Message::decode(bytes.as_slice())?.sum.context("an empty request")?))
}
