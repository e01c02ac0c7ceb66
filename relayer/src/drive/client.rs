//! Clients as their chains have them.

use cosmos::Any;
use cosmos::chain::{Chain, ChainError};
use cosmos::wire::client::{ClientError, ClientState, ConsensusState};

use super::light;
use super::node::Node;
use crate::model::facts::{TrustTerms, TrustedHeight, Why};
use crate::model::ids::Address;
use crate::model::state::{ClientFacts, ClientStatus};

/// Asks a chain about one of its clients.
///
/// # Errors
/// [`ChainError`]; [`ChainError::Malformed`] when there is no such client, or it is not of type
/// 07-tendermint.
pub(crate) async fn look(chain: &Chain, client: &str) -> Result<ClientFacts, ChainError> {
    let state = state(chain, client).await?;
    let consensus = chain.consensus_state(client, state.latest_height).await?;
    let consensus = consensus.ok_or_else(|| malformed("its newest header is not there"))?;
    let consensus = ConsensusState::from_any(&consensus).map_err(unreadable)?;
    let status = match chain.client_status(client).await?.as_str() {
        "Active" => ClientStatus::Active,
        "Expired" => ClientStatus::Expired,
        "Frozen" => ClientStatus::Frozen,
        other => ClientStatus::Other(format!("the chain calls it `{other}`")),
    };
    let allowed = chain.allowed_relayers(client).await?;
    Ok(ClientFacts {
        status,
        latest: state.latest_height.block,
        time: light::time(consensus.time),
        terms: terms(&state),
        allowed: allowed.into_iter().map(Address::from).collect(),
    })
}

/// What a client demands of headers.
pub(crate) fn terms(state: &ClientState) -> TrustTerms {
    TrustTerms {
        trusting_period: state.trusting_period.into(),
        trust_threshold: state.trust_level,
        max_clock_drift: state.max_clock_drift.into(),
    }
}

/// The newest header that a client has, from which it is led further.
pub(crate) fn trusted(state: &ClientState) -> TrustedHeight {
    TrustedHeight { height: state.latest_height.block, terms: terms(state) }
}

/// The client messages that lead a client from the height it trusts to `height` of the chain it follows.
///
/// # Errors
/// [`Why`], when a header cannot be had or a client would refuse it.
pub(crate) async fn updates(
    of: &Node,
    height: u64,
    trusted: TrustedHeight,
) -> Result<Vec<Any>, Why> {
    Ok(light::header(of, height, Some(trusted)).await?.updates)
}

/// The state of a client.
///
/// # Errors
/// As [`look`].
pub(crate) async fn state(chain: &Chain, client: &str) -> Result<ClientState, ChainError> {
    let packed = chain.client_state(client).await?;
    let packed = packed.ok_or_else(|| malformed(&format!("there is no client `{client}`")))?;
    ClientState::from_any(&packed).map_err(unreadable)
}

fn unreadable(error: ClientError) -> ChainError {
    malformed(&error.to_string())
}

fn malformed(reason: &str) -> ChainError {
    ChainError::Malformed { what: "client", reason: reason.to_owned() }
}
