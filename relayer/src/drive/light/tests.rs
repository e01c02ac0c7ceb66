//! Clients that are led through changes of the validators.

use std::sync::Arc;

use cosmos::wire::height::revision_of;
use ed25519_consensus::SigningKey;
use ibc_proto::ibc::lightclients::tendermint::v1::Header as ProtoHeader;
use prost::Message as _;
use serde_json::json;
use tendermint::block::signed_header::SignedHeader;
use tendermint::block::{Commit, CommitSig, Header as Block, Id, parts};
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::vote::{Type, Vote};
use tendermint::{PublicKey, Signature, account};

use super::super::fake::{CHAIN, FakeNode, LIMIT, recorded};
use super::*;
use crate::model::ids::Span;

/// So many sign each block.
const SIGNERS: usize = 4;
/// The newest block.
const LATEST: u64 = 40;

fn key(number: usize) -> SigningKey {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    SigningKey::from(secret)
}

fn validator(key: &SigningKey) -> validator::Info {
    let key = PublicKey::from_raw_ed25519(key.verification_key().as_bytes()).unwrap();
    validator::Info::new(key, 10_u32.into())
}

/// The keys of a height's validators, in the order in which they sign: `first` says with which they begin.
fn signers(height: u64, first: impl Fn(u64) -> usize) -> Vec<SigningKey> {
    let from = first(height);
    let mut keys: Vec<SigningKey> = (from..from + SIGNERS).map(key).collect();
    let order = validator_set(keys.iter().map(validator).collect(), None).unwrap();
    let place = |key: &SigningKey| {
        let address = account::Id::from(validator(key).pub_key.ed25519().unwrap());
        order.validators().iter().position(|one| one.address == address)
    };
    keys.sort_by_key(place);
    keys
}

fn set(height: u64, first: impl Fn(u64) -> usize) -> validator::Set {
    let validators = signers(height, first).iter().map(validator).collect();
    validator_set(validators, None).unwrap()
}

/// A block, as a node with these validators tells of it.
fn block(height: u64, first: impl Fn(u64) -> usize + Copy) -> [serde_json::Value; 2] {
    let header = recorded("commit_send")["signed_header"]["header"].take();
    let mut header: Block = serde_json::from_value(header).unwrap();
    let keys = signers(height, first);
    header.height = height.try_into().unwrap();
    header.last_block_id = header.last_block_id.filter(|_| height > 1);
    header.chain_id = CHAIN.parse().unwrap();
    // Within the trusting period.
    let age = LIMIT / 2 - std::time::Duration::from_millis(100 * height);
    header.time = (tendermint::Time::now() - age).unwrap();
    header.validators_hash = set(height, first).hash();
    header.next_validators_hash = set(height + 1, first).hash();
    header.proposer_address = validator(&keys[0]).address;
    let part_set_header = parts::Header::new(1, header.hash()).unwrap();
    let block_id = Id { hash: header.hash(), part_set_header };
    let sign = |(place, key): (usize, &SigningKey)| {
        let mut vote = Vote {
            vote_type: Type::Precommit,
            height: header.height,
            round: 0_u16.into(),
            block_id: Some(block_id),
            timestamp: Some(header.time),
            validator_address: validator(key).address,
            validator_index: u32::try_from(place).unwrap().try_into().unwrap(),
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let signed = key.sign(&vote.clone().into_signable_vec(header.chain_id.clone()));
        vote.signature = Signature::try_from(signed.to_bytes().as_slice()).ok();
        CommitSig::BlockIdFlagCommit {
            validator_address: vote.validator_address,
            timestamp: header.time,
            signature: vote.signature,
        }
    };
    let signatures = keys.iter().enumerate().map(sign).collect();
    let commit = Commit { height: header.height, round: 0_u16.into(), block_id, signatures };
    let signed = SignedHeader::new(header, commit).unwrap();
    let validators: Vec<_> = keys.iter().map(validator).collect();
    [
        json!({ "signed_header": signed, "canonical": true }),
        json!({ "validators": validators, "total": validators.len().to_string() }),
    ]
}

/// A node of a chain whose validators begin with the key that `first` says.
async fn chain(first: impl Fn(u64) -> usize + Copy) -> (FakeNode, Arc<Node>) {
    let fake = FakeNode::with_blocks(LATEST).await;
    let blocks = (1..=LATEST).map(|height| (height, block(height, first)));
    fake.state.lock().unwrap().light = blocks.collect();
    let node = fake.connect(LIMIT).await;
    (fake, node)
}

/// The heights of a client's headers in turn, each with the one that is trusted for it.
fn steps(header: &Header) -> Vec<(u64, u64)> {
    let read = |update: &Any| {
        let read = ProtoHeader::decode(update.value.as_slice()).unwrap();
        let height = read.signed_header.unwrap().header.unwrap().height;
        let trusted = read.trusted_height.unwrap();
        assert_eq!(trusted.revision_number, revision_of(CHAIN));
        (trusted.revision_height, u64::try_from(height).unwrap())
    };
    header.updates.iter().map(read).collect()
}

/// A client that trusts this height, and demands that so much of the power signed.
fn trusted(height: u64, trust_threshold: TrustThresholdFraction) -> Option<TrustedHeight> {
    let (trusting_period, max_clock_drift) = (LIMIT.into(), LIMIT.into());
    let terms = TrustTerms { trusting_period, trust_threshold, max_clock_drift };
    Some(TrustedHeight { height, terms })
}

/// As ferry makes clients.
fn ours(height: u64) -> Option<TrustedHeight> {
    trusted(height, TrustThresholdFraction::ONE_THIRD)
}

/// Half of them have gone at the end: enough for a client that wants a third, not for one that wants two, as Hermes makes
/// them.
#[tokio::test]
async fn a_client_is_led_by_what_it_demands_and_not_by_what_ours_would() {
    let (_fake, node) = chain(|height| (height / 20) as usize).await;
    let short = header(&node, LATEST, ours(1)).await.unwrap();
    assert_eq!(steps(&short), [(1, LATEST)]);
    let strict = trusted(1, TrustThresholdFraction::TWO_THIRDS);
    let long = steps(&header(&node, LATEST, strict).await.unwrap());
    assert!(long.len() > 1 && long[0].1 < LATEST, "{long:?}");
    // One that trusts for less than the trusted header's age takes nothing any more; ours would.
    let mut brief = ours(1).unwrap();
    brief.terms.trusting_period = Span(LIMIT.as_nanos() as u64 / 4);
    let error = header(&node, LATEST, Some(brief)).await.unwrap_err();
    assert!(matches!(error, Why::Invalid(_)), "{error}");
}

#[tokio::test]
async fn one_header_will_do_where_the_validators_stay() {
    let (_fake, node) = chain(|_| 0).await;
    let header = header(&node, LATEST, ours(1)).await.unwrap();
    assert_eq!(steps(&header), [(1, LATEST)]);
}

/// Half of them go every five blocks: after ten no one of those who were trusted is left.
#[tokio::test]
async fn a_client_is_led_through_as_many_headers_as_it_takes() {
    let (_fake, node) = chain(|height| (height / 5) as usize * SIGNERS / 2).await;
    let header = header(&node, LATEST, ours(2)).await.unwrap();
    let steps = steps(&header);
    assert!((4..BRIDGES).contains(&steps.len()), "{steps:?}");
    assert_eq!((steps[0].0, steps[steps.len() - 1].1), (2, LATEST));
    assert!(steps.windows(2).all(|pair| pair[0].1 == pair[1].0), "{steps:?}");
    // Each header leads to the next by those who signed both.
    assert!(steps.iter().all(|(from, to)| to / 5 - (from + 1) / 5 <= 1), "{steps:?}");
}

/// All of them at once: only the block before names those after.
#[tokio::test]
async fn a_client_is_led_over_a_change_of_all_validators() {
    let (fake, node) = chain(|height| if height > 23 { SIGNERS } else { 0 }).await;
    let led = header(&node, LATEST, ours(2)).await.unwrap();
    let steps = steps(&led);
    // The last of before is trusted with those of the block after it.
    let over = steps.iter().find(|(_, to)| *to > 23);
    assert!(over.is_some_and(|(from, _)| *from == 23), "{steps:?}");
    // Where the node does not have it any more, no client gets there.
    let (lacks, node) = chain(|height| if height > 23 { SIGNERS } else { 0 }).await;
    lacks.state.lock().unwrap().light.remove(&23);
    let error = header(&node, LATEST, ours(2)).await.unwrap_err();
    assert!(matches!(error, Why::Unavailable(_)), "{error}");
    drop(fake);
}
