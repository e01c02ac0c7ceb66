//! Headers that clients were given, beside those that the chains made.

use cosmos::chain::ChainError;
use cosmos::wire::client::ConsensusState;
use cosmos::wire::height::{Height, revision_of};
use cosmos::wire::tx::{any, decode};
use ibc_proto::cosmos::authz::v1beta1::MsgExec;
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;
use ibc_proto::ibc::lightclients::tendermint::v1::{Header as ProtoHeader, Misbehaviour};
use prost::{Message as _, Name as _};

use super::light::{self, unavailable};
use super::node::Node;
use crate::model::facts::Why;
use crate::model::state::{GivenHeader, Verdict};

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
    let Some(rival) = conflicting(of, given.height, &held).await? else {
        return Ok(Verdict::Honest);
    };
    match header_given(on, given).await? {
        Some(header) => Ok(Verdict::Conflict(evidence(of, given, header, rival).await?)),
        None => {
            let (height, at) = (given.height, given.at);
            Ok(Verdict::Unproved(format!("no transaction of block {at} has header {height}")))
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
    of: &Node,
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
    let updates = light::header(of, rival, Some(trusted.block)).await?.updates;
    let [own] = updates.as_slice() else {
        let reason = format!("header {rival} is signed by too few of those of {}", trusted.block);
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

/// The header as it was given to the client, from the block that has the transaction.
async fn header_given(on: &Node, given: &GivenHeader) -> Result<Option<ProtoHeader>, Why> {
    let block = on.rpc().block(given.at).await.map_err(unavailable)?;
    let mut messages = block.block.txs().iter().filter_map(|tx| decode(tx).ok());
    Ok(messages.find_map(|tx| header_in(&tx.msgs, given)))
}

fn header_in(messages: &[Any], given: &GivenHeader) -> Option<ProtoHeader> {
    messages.iter().find_map(|message| {
        if message.type_url == "/cosmos.authz.v1beta1.MsgExec" {
            return header_in(&MsgExec::decode(message.value.as_slice()).ok()?.msgs, given);
        }
        if message.type_url != MsgUpdateClient::type_url() {
            return None;
        }
        let update = MsgUpdateClient::decode(message.value.as_slice()).ok()?;
        let packed = update.client_message.filter(|_| update.client_id == given.client.as_str())?;
        let header = ProtoHeader::decode(packed.value.as_slice()).ok()?;
        let height = header.signed_header.as_ref()?.header.as_ref()?.height;
        (u64::try_from(height) == Ok(given.height)).then_some(header)
    })
}

fn failed(error: ChainError) -> Why {
    Why::Unavailable(error.to_string())
}
