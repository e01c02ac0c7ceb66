//! A chain's node, and what is known of the chain besides what the model keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use cosmos::chain::Chain;
use cosmos::rpc::Rpc;
use tendermint::validator;
use tokio::sync::Mutex;

use crate::model::ids::{ChainId, LaneId};

/// Sets of validators that are remembered. They change seldom, and a client needs two.
const SETS: usize = 8;

/// A chain's node.
#[derive(Debug)]
pub struct Node {
    /// The chain.
    pub id: ChainId,
    /// The account that signs there.
    pub lane: LaneId,
    /// Calls that wait for their result.
    pub chain: Chain,
    /// The terms of clients that follow this chain.
    pub terms: Terms,
    /// How often the node is asked for news when it does not tell them itself.
    pub poll: Duration,
    /// Hash -> validators, by recency of first use.
    sets: Mutex<Sets>,
}

/// What clients that follow a chain agree with it.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long they trust a header.
    pub trusting_period: Duration,
    /// How long stake stays bonded after its owner takes it out.
    pub unbonding_period: Duration,
    /// How far a header may be ahead of the clock of the chain that the client is on.
    pub max_clock_drift: Duration,
}

#[derive(Debug, Default)]
struct Sets {
    by_hash: BTreeMap<tendermint::Hash, Vec<validator::Info>>,
    order: std::collections::VecDeque<tendermint::Hash>,
}

impl Node {
    /// A node that nothing has been asked of yet.
    pub fn new(lane: LaneId, chain: Chain, terms: Terms, poll: Duration) -> Self {
        let sets = Mutex::new(Sets::default());
        Self { id: lane.chain.clone(), lane, chain, terms, poll, sets }
    }

    /// The node's JSON-RPC.
    pub fn rpc(&self) -> &Rpc {
        self.chain.rpc()
    }

    /// The validators whose set has this hash; the node is asked only for a set not seen before.
    ///
    /// # Errors
    /// [`cosmos::rpc::RpcError`].
    pub(super) async fn validators(
        &self,
        hash: tendermint::Hash,
        height: u64,
    ) -> Result<Vec<validator::Info>, cosmos::rpc::RpcError> {
        let mut sets = self.sets.lock().await;
        if let Some(known) = sets.by_hash.get(&hash) {
            return Ok(known.clone());
        }
        let fetched = self.rpc().validators(height).await?;
        sets.by_hash.insert(hash, fetched.clone());
        sets.order.push_back(hash);
        if sets.order.len() > SETS {
            if let Some(oldest) = sets.order.pop_front() {
                sets.by_hash.remove(&oldest);
            }
        }
        Ok(fetched)
    }
}
