//! A chain as the driver sees it: its endpoint, and what is known besides what the model keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cosmos::chain::Chain;
use cosmos::rpc::{Fault, Rpc, RpcError};
use cosmos::wire::client::ConsensusState;
use cosmos::wire::header::{LightBlock, validator_set};
use tendermint::block::Header;
use tendermint::validator;

use super::endpoints::Endpoints;
use super::light::{invalid, unavailable};
use super::recent::Recent;
use crate::model::facts::Why;
use crate::model::ids::{ChainId, LaneId};

/// Sets of validators that are remembered. They change seldom, and a client needs two.
const SETS: usize = 8;
/// Blocks of which is remembered what clients hold of them.
const MADE: usize = 256;
/// Headers that are remembered: those that the clients on other chains trust, and those that prove.
const HEADERS: usize = 16;

/// A chain's node.
#[derive(Debug)]
pub struct Node {
    /// The chain.
    pub id: ChainId,
    /// The accounts that sign there, and those whose transactions are still to be decided.
    lanes: Mutex<Arc<[LaneId]>>,
    /// Where it can be reached.
    pub endpoints: Endpoints,
    /// Nodes that keep all blocks: asked for single ones, and for headers that clients trust, that the endpoint in
    /// use has thrown away.
    pub(super) archives: Vec<Rpc>,
    /// How often the node is asked for news when it does not tell them itself.
    pub poll: Duration,
    /// By hash.
    sets: Recent<tendermint::Hash, Vec<validator::Info>>,
    /// What clients hold of the blocks that were read last, by height.
    made: Mutex<BTreeMap<u64, ConsensusState>>,
    /// By height.
    headers: Recent<u64, LightBlock>,
}

impl Node {
    /// A node that nothing has been asked of yet; nobody signs there.
    pub fn new(id: ChainId, endpoints: Endpoints, poll: Duration) -> Self {
        let (sets, headers) = (Recent::new(SETS), Recent::new(HEADERS));
        let (archives, made) = (Vec::new(), Mutex::default());
        let lanes = Mutex::new(Arc::from(Vec::<LaneId>::new()));
        Self { id, lanes, endpoints, archives, poll, sets, made, headers }
    }

    /// The same node, with archives.
    #[must_use]
    pub fn with_archives(self, archives: Vec<Rpc>) -> Self {
        Self { archives, ..self }
    }

    /// The same chain by one endpoint alone, of which nothing is remembered.
    pub(super) fn by(&self, chain: Chain) -> Self {
        Self::new(self.id.clone(), Endpoints::only(chain), self.poll)
    }

    /// Adds accounts whose transactions are ours. Blocks that are read from then on tell of them, so they
    /// must be added before one is signed.
    pub fn sign_with(&self, more: impl IntoIterator<Item = LaneId>) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let here = more.into_iter().filter(|lane| lane.chain == self.id);
        let all: BTreeSet<LaneId> = lanes.iter().cloned().chain(here).collect();
        *lanes = all.into_iter().collect();
    }

    /// The accounts whose transactions are ours.
    pub fn lanes(&self) -> Arc<[LaneId]> {
        Arc::clone(&self.lanes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The chain by the endpoint in use.
    pub fn chain(&self) -> Chain {
        self.endpoints.current()
    }

    /// The JSON-RPC of the endpoint in use.
    pub(super) fn rpc(&self) -> Rpc {
        self.chain().rpc().clone()
    }

    /// A block's header with its signatures and validators. The signatures are not checked. A client may trust a
    /// height that the endpoint in use has thrown away: an archive has it.
    pub(super) async fn light_block(&self, height: u64) -> Result<LightBlock, Why> {
        let fetch = async {
            let mut asked = Box::pin(self.rpc().commit(height)).await;
            for archive in &self.archives {
                if is_refused(&asked) {
                    asked = Box::pin(archive.commit(height)).await;
                }
            }
            let signed = asked.map_err(unavailable)?;
            let got = signed.header.height.value();
            if got != height {
                return Err(Why::Invalid(format!("header is of height {got}, asked for {height}")));
            }
            let validators = self.validators(signed.header.validators_hash, height).await?;
            LightBlock::new(signed, validators).map_err(invalid)
        };
        self.headers.get(height, fetch).await
    }

    /// Notes the header of a block that was read.
    pub(super) fn note(&self, header: &Header) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(header.height.value(), ConsensusState::of_header(header));
        while made.len() > MADE {
            made.pop_first();
        }
    }

    /// What a client should hold of a block that was read lately.
    pub(super) fn made(&self, height: u64) -> Option<ConsensusState> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(&height).cloned()
    }

    /// Height and time of the last block read.
    pub(super) fn last_made(&self) -> Option<(u64, tendermint::Time)> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.last_key_value().map(|(height, state)| (*height, state.time))
    }

    /// Forgets headers that do not verify, so that they are fetched again.
    pub(super) fn distrust(&self, heights: [u64; 2]) {
        heights.iter().for_each(|height| self.headers.forget(height));
    }

    /// The validators of a height, whose set has this hash.
    pub(super) async fn validators(
        &self,
        hash: tendermint::Hash,
        height: u64,
    ) -> Result<Vec<validator::Info>, Why> {
        let fetch = async {
            let mut asked = Box::pin(self.rpc().validators(height)).await;
            for archive in &self.archives {
                if is_refused(&asked) {
                    asked = Box::pin(archive.validators(height)).await;
                }
            }
            let validators = asked.map_err(unavailable)?;
            let got = validator_set(validators.clone(), None).map_err(invalid)?.hash();
            if got != hash {
                let wrong = format!("validators of height {height} hash to {got}, not {hash}");
                return Err(Why::Invalid(wrong));
            }
            Ok(validators)
        };
        self.sets.get(hash, fetch).await
    }
}

/// Whether a node in good health does not have what it was asked for.
fn is_refused<T>(asked: &Result<T, RpcError>) -> bool {
    asked.as_ref().is_err_and(|error| matches!(error.fault, Fault::Refused { .. }))
}
