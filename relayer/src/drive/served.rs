//! The chains that are served now, for those who ask beside the loop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Nodes;
use super::node::Node;
use crate::model::ids::ChainId;

/// The nodes of the chains that are served. Nobody can hold them while waiting for a network.
#[derive(Clone, Debug, Default)]
pub struct Served(Arc<Mutex<Nodes>>);

impl From<Nodes> for Served {
    fn from(nodes: Nodes) -> Self {
        Self(Arc::new(Mutex::new(nodes)))
    }
}

impl Served {
    /// All of them.
    pub fn all(&self) -> Nodes {
        self.nodes().clone()
    }

    /// The node of a chain, if that is served.
    pub fn get(&self, chain: &ChainId) -> Option<Arc<Node>> {
        self.nodes().get(chain).cloned()
    }

    /// Takes more in.
    pub fn extend(&self, nodes: Nodes) {
        self.nodes().extend(nodes);
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
