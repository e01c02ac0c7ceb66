//! Headers that clients were given, beside those that the chains made.

use cosmos::chain::ChainError;
use cosmos::rpc::{Blame, QueryError};
use cosmos::wire::client::ConsensusState;
use cosmos::wire::height::{Height, revision_of};
use cosmos::wire::tx::any;
use ibc_proto::cosmos::base::query::v1beta1::PageRequest;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::client::v1::{
    QueryConsensusStateHeightsRequest, QueryConsensusStateHeightsResponse,
};
use ibc_proto::ibc::lightclients::tendermint::v1::{Header as ProtoHeader, Misbehaviour};
use prost::Message as _;
use tendermint::block::Header;

use super::light::{self, unavailable};
use super::node::Node;
use super::{carried, client};
use crate::model::facts::{TrustedHeight, Why};
use crate::model::ids::{ChainId, ClientId};
use crate::model::state::{GivenHeader, Verdict};

/// What a client that went through its chain's upgrade holds of the first height instead of a root; it
/// proves nothing.
///
/// Source: ibc-go v10.5 `modules/light-clients/07-tendermint/upgrade.go`, `SentinelRoot`.
const SENTINEL: &[u8] = b"sentinel_root";
/// How many heights are asked for at once.
const PAGE: u64 = 1_000;
/// How many pages of them at most: a client that is updated with every block keeps a hundred thousand.
const PAGES: usize = 200;

/// The heights that a client holds, of the revision of the chain that it follows.
///
/// # Errors
/// [`Why`].
pub(super) async fn heights(
    on: &Node,
    (client, height): (&ClientId, u64),
    of: &ChainId,
) -> Result<Vec<u64>, Why> {
    let path = "/ibc.core.client.v1.Query/ConsensusStateHeights";
    let (revision, mut known, mut key) = (revision_of(of.as_str()), Vec::new(), Vec::new());
    for _ in 0..PAGES {
        let pagination = Some(PageRequest { key, limit: PAGE, ..PageRequest::default() });
        let request =
            QueryConsensusStateHeightsRequest { client_id: client.to_string(), pagination };
        let answer: QueryConsensusStateHeightsResponse =
            on.rpc().query(path, &request, height).await.map_err(asked)?;
        let heights = answer.consensus_state_heights.into_iter();
        let ours = heights.filter(|height| height.revision_number == revision);
        known.extend(ours.map(|height| height.revision_height));
        key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
        if key.is_empty() {
            break;
        }
    }
    Ok(known)
}

/// Compares what a client holds of a height with the chain's own header. One request, unless they differ
/// or the chain's own was not read lately.
///
/// # Errors
/// [`Why`], also while the chain has no such block yet and its clock leaves room for one.
pub(super) async fn compare(on: &Node, of: &Node, given: &GivenHeader) -> Result<Verdict, Why> {
    let height = Height::new(revision_of(of.id.as_str()), given.height);
    let held = on.chain().consensus_state(given.client.as_str(), height).await.map_err(failed)?;
    let Some(held) = held else {
        let at = on.chain().height().await.map_err(failed)?;
        if at < given.at {
            return Err(Why::Unavailable(format!("the node of `{}` is behind", on.id)));
        }
        // A client forgets heights that it no longer trusts, and one that is gone proves nothing.
        return Ok(Verdict::Honest);
    };
    let held = ConsensusState::from_any(&held).map_err(|error| Why::Invalid(error.to_string()))?;
    if held.root == SENTINEL {
        return Ok(Verdict::Honest);
    }
    let Some(rival) = conflicting(of, given.height, &held).await? else {
        return Ok(Verdict::Honest);
    };
    match header_given(on, given, &held).await? {
        Some(header) => Ok(Verdict::Conflict(evidence((on, of), given, header, rival).await?)),
        None => {
            let (height, at) = (given.height, given.at);
            let reason = "nor any that the node knows of the client and the height";
            let text = format!("no transaction of block {at} has header {height}, {reason}");
            Ok(Verdict::Unproved(text))
        }
    }
}

/// The height of the chain's own header that a header which a client holds cannot stand beside: the same
/// height, or a lower one that is not older.
async fn conflicting(of: &Node, height: u64, held: &ConsensusState) -> Result<Option<u64>, Why> {
    if let Some(made) = of.made(height) {
        return Ok((made != *held).then_some(height));
    }
    let Some((last, time)) = of.last_made() else {
        return Err(Why::Unavailable(format!("`{}` is not read yet", of.id)));
    };
    if last >= height {
        let made = ConsensusState::of(&of.light_block(height).await?);
        return Ok((made != *held).then_some(height));
    }
    if time < held.time {
        return Err(Why::Unavailable(format!("`{}` has not made block {height} yet", of.id)));
    }
    Ok(Some(last))
}

/// The header that was given and the chain's own at `rival`, both on top of the same trusted one.
async fn evidence(
    (on, of): (&Node, &Node),
    given: &GivenHeader,
    header: ProtoHeader,
    rival: u64,
) -> Result<Any, Why> {
    let trusted = Height::from(header.trusted_height.unwrap_or_default());
    if rival <= trusted.block {
        let reason = format!("`{}` has made no block after {} yet", of.id, trusted.block);
        return Err(Why::Unavailable(reason));
    }
    // Verified: what a single node says must not stop a path.
    let client = client::state(&on.chain(), given.client.as_str()).await.map_err(failed)?;
    let trusted = TrustedHeight { height: trusted.block, terms: client::terms(&client) };
    let updates = light::header(of, rival, Some(trusted)).await?.updates;
    let [own] = updates.as_slice() else {
        let reason = format!("header {rival} is signed by too few of those of {}", trusted.height);
        return Err(Why::Unavailable(reason));
    };
    let own = ProtoHeader::decode(own.value.as_slice());
    let own = own.map_err(|error| Why::Invalid(error.to_string()))?;
    #[expect(deprecated, reason = "ibc-go checks the form of the client's name")]
    Ok(any(&Misbehaviour {
        client_id: given.client.to_string(),
        header_1: Some(header),
        header_2: Some(own),
    }))
}

/// The header as it was given to the client, of which the client holds `held`: from the block in which it
/// was, or, seen later than that, from the transaction that the node's index has of it.
async fn header_given(
    on: &Node,
    given: &GivenHeader,
    held: &ConsensusState,
) -> Result<Option<ProtoHeader>, Why> {
    let is_it = |header: &ProtoHeader| {
        let header = header.signed_header.clone().and_then(|signed| signed.header);
        let header = header.and_then(|header| Header::try_from(header).ok());
        header.is_some_and(|header| ConsensusState::of_header(&header) == *held)
    };
    let block = on.rpc().block(given.at).await.map_err(unavailable)?;
    let found = block.block.txs().iter().find_map(|tx| carried::header(tx, &is_it));
    if found.is_some() {
        return Ok(found);
    }
    let height = Height::new(revision_of(given.of.as_str()), given.height);
    let query = format!(
        "update_client.client_id='{}' AND update_client.consensus_heights='{height}'",
        given.client
    );
    match on.rpc().tx_search(&query, 1).await {
        Ok(page) => Ok(page.txs.iter().find_map(|found| carried::header(&found.tx, &is_it))),
        // A node without an index has none to give.
        Err(error) if error.fault.blame() == Blame::Place => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

fn asked(error: QueryError) -> Why {
    Why::Unavailable(error.to_string())
}

fn failed(error: ChainError) -> Why {
    Why::Unavailable(error.to_string())
}
