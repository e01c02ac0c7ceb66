//! Headers, verified as the light client on the other chain will verify them.

use std::time::Duration;

use cosmos::Any;
use cosmos::rpc::RpcError;
use cosmos::wire::client::{ClientState, ConsensusState};
use cosmos::wire::header::{HeaderError, LightBlock, Trusted, validator_set};
use cosmos::wire::height::Height;
use tendermint::validator;

use super::node::Node;
use crate::model::facts::{Header, TrustTerms, TrustedHeight, Why};
use crate::model::ids::Time;

/// How many headers may bridge changes of the validator set in one update.
const BRIDGES: usize = 16;

/// Fetches the header of a block and, if a client trusts another, what leads the client from there.
pub(super) async fn header(
    node: &Node,
    height: u64,
    trusted: Option<TrustedHeight>,
) -> Result<Header, Why> {
    let target = node.light_block(height).await?;
    let updates = match trusted {
        Some(trusted) => updates(node, &target, trusted).await?,
        None => Vec::new(),
    };
    let header = &target.signed_header().header;
    Ok(Header {
        height,
        time: time(target.time()),
        root: target.app_hash().to_vec(),
        next_validators_hash: header.next_validators_hash.as_bytes().to_vec(),
        updates,
    })
}

/// The client messages from the trusted height to `target`, halving the way where too little of the
/// trusted power has signed.
async fn updates(
    node: &Node,
    target: &LightBlock,
    trusted: TrustedHeight,
) -> Result<Vec<Any>, Why> {
    let mut from = node.light_block(trusted.height).await?;
    let mut ahead = vec![target.clone()];
    let mut updates = Vec::new();
    while let Some(next) = ahead.last() {
        let validators = next_validators(node, &from).await?;
        match verify((node, trusted.terms), (&from, &validators), next) {
            Ok(()) => {
                updates.push(next.to_any(from.height(), &validators));
                from = next.clone();
                ahead.pop();
            }
            Err(HeaderError::NotEnoughTrust { .. }) if ahead.len() < BRIDGES => {
                let (low, high) = (from.height().block, next.height().block);
                let middle = low + (high - low) / 2;
                if middle == low {
                    return Err(Why::Invalid(format!("header {high} does not follow {low}")));
                }
                ahead.push(node.light_block(middle).await?);
            }
            Err(error) => {
                node.distrust([from.height().block, next.height().block]);
                return Err(invalid(error));
            }
        }
    }
    Ok(updates)
}

async fn next_validators(node: &Node, block: &LightBlock) -> Result<validator::Set, Why> {
    let header = &block.signed_header().header;
    let height = header.height.value() + 1;
    let validators = node.validators(header.next_validators_hash, height).await?;
    validator_set(validators, None).map_err(invalid)
}

fn verify(
    (node, terms): (&Node, TrustTerms),
    (from, validators): (&LightBlock, &validator::Set),
    next: &LightBlock,
) -> Result<(), HeaderError> {
    let trusted = ConsensusState::of(from);
    let trusted = Trusted { height: from.height(), state: &trusted, next_validators: validators };
    next.verify(&client_state(node, terms, next.height()), trusted, tendermint::Time::now())
}

/// The state of a client that follows this chain by these terms; what no header depends on is left as it may be.
fn client_state(node: &Node, terms: TrustTerms, latest: Height) -> ClientState {
    let TrustTerms { trusting_period, trust_threshold, max_clock_drift } = terms;
    let [period, drift] =
        [trusting_period, max_clock_drift].map(|span| Duration::from_nanos(span.0));
    let state = ClientState::new(node.id.as_str(), latest, period, drift);
    ClientState { trusting_period: period, trust_level: trust_threshold, ..state }
}

/// A header's time as the model counts it.
pub(super) fn time(time: tendermint::Time) -> Time {
    Time(u64::try_from(time.unix_timestamp_nanos()).unwrap_or(0))
}

pub(super) fn unavailable(error: RpcError) -> Why {
    Why::Unavailable(error.to_string())
}

pub(super) fn invalid(error: HeaderError) -> Why {
    Why::Invalid(error.to_string())
}

#[cfg(test)]
mod tests;
