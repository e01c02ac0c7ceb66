//! Headers that a validator signs beside those of its chain.

use std::path::Path;

use anyhow::Context as _;
use cosmos::Any;
use cosmos::chain::Chain;
use cosmos::wire::header::LightBlock;
use ed25519_consensus::SigningKey;
use tendermint::Signature;
use tendermint::block::signed_header::SignedHeader;
use tendermint::block::{Commit, CommitSig, Header, Id};
use tendermint::vote::{Type, Vote};

use crate::follower::described;
use crate::signer::read_key;

/// Has the only validator of a local chain sign its newest header once more, after `change`; gives the
/// client message for a client that knows the header at `trusted`.
///
/// # Errors
/// The chain is no local one, or the node does not answer.
pub async fn forge(
    chain: &Chain,
    trusted: u64,
    change: impl FnOnce(&mut Header),
) -> anyhow::Result<Any> {
    let real = chain.rpc().light_block(chain.height().await?).await?;
    let mut header = real.signed_header().header.clone();
    change(&mut header);
    let commit = sign(&key_of(chain)?, &header, &real.signed_header().commit)?;
    let validators = real.validators().validators().clone();
    let forged = LightBlock::new(SignedHeader::new(header, commit)?, validators)?;
    let trusted = chain.rpc().light_block(trusted).await?.height();
    // The validators have been the same since the first block.
    Ok(forged.to_any(trusted, real.validators()))
}

fn key_of(chain: &Chain) -> anyhow::Result<SigningKey> {
    let id = &chain.config().chain_id;
    let described = described(id)?;
    let home = Path::new(described["home"].as_str().context("its home is not described")?);
    read_key(&home.join("config/priv_validator_key.json"))
}

fn sign(key: &SigningKey, header: &Header, real: &Commit) -> anyhow::Result<Commit> {
    let block_id = Id { hash: header.hash(), ..real.block_id };
    let vote = Vote {
        vote_type: Type::Precommit,
        height: header.height,
        round: real.round,
        block_id: Some(block_id),
        timestamp: Some(header.time),
        validator_address: header.proposer_address,
        validator_index: 0_u32.try_into()?,
        signature: None,
        extension: Vec::new(),
        extension_signature: None,
    };
    let signature = key.sign(&vote.into_signable_vec(header.chain_id.clone()));
    let vote = CommitSig::BlockIdFlagCommit {
        validator_address: header.proposer_address,
        timestamp: header.time,
        signature: Some(Signature::try_from(signature.to_bytes().as_slice())?),
    };
    Ok(Commit { height: header.height, round: real.round, block_id, signatures: vec![vote] })
}
