//! A chain's endpoints: one serves everything until it fails or falls behind, then the next.
//!
//! One at a time, because what is offered to two mempools may reach a block in another order.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cosmos::chain::{Chain, ChainConfig, ChainError};
use cosmos::rpc::Address;
use tokio::sync::Mutex as AsyncMutex;

/// The endpoints of a chain, and the one in use.
#[derive(Debug)]
pub struct Endpoints {
    addresses: Vec<Address>,
    limit: Duration,
    current: Mutex<Chain>,
    /// Held while another one is sought.
    seeking: AsyncMutex<()>,
}

impl Endpoints {
    /// Connects to the first address that answers and is on the chain of `config`, whose own address
    /// is not looked at. Every call may take `limit`.
    ///
    /// # Errors
    /// [`ChainError`] of the last address.
    ///
    /// # Panics
    /// When there are no addresses; the configuration is checked to have at least one.
    pub async fn connect(
        config: ChainConfig,
        addresses: Vec<String>,
        limit: Duration,
    ) -> Result<Self, ChainError> {
        let mut failed = None;
        let addresses: Vec<Address> = addresses.iter().map(|url| url.as_str().into()).collect();
        for address in &addresses {
            match try_one(&config, address, limit).await {
                Ok(chain) => {
                    let (current, seeking) = (Mutex::new(chain), AsyncMutex::default());
                    return Ok(Self { addresses, limit, current, seeking });
                }
                Err(error) => {
                    if addresses.len() > 1 {
                        tracing::warn!(chain = config.chain_id, %error, "endpoint cannot be used");
                    }
                    failed = Some(error);
                }
            }
        }
        Err(failed.expect("a chain has at least one endpoint"))
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.addresses.len()
    }

    /// The chain by the endpoint in use.
    pub(super) fn current(&self) -> Chain {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves an endpoint that failed for the next one that answers and is on the chain; if there is
    /// none, or it was left before, nothing changes.
    pub(super) async fn leave(&self, failed: &Address) {
        let _seeking = self.seeking.lock().await;
        let chain = self.current();
        if chain.rpc().address() != failed {
            return;
        }
        for address in self.others(failed) {
            match try_one(chain.config(), address, self.limit).await {
                Ok(next) => return self.turn_to(next, failed),
                Err(error) => tracing::debug!(%error, "endpoint cannot be used"),
            }
        }
    }

    /// How long the endpoint in use may have no news before the others are asked for theirs.
    pub(super) fn patience(&self) -> Duration {
        self.limit.saturating_mul(2)
    }

    /// Turns to an endpoint that has a block after the one at `height`, which the one in use has not; `false` if
    /// there is none.
    pub(super) async fn overtake(&self, height: u64) -> bool {
        let _seeking = self.seeking.lock().await;
        let chain = self.current();
        let slow = chain.rpc().address();
        for address in self.others(slow) {
            let Ok(next) = try_one(chain.config(), address, self.limit).await else { continue };
            let latest = next.rpc().abci_info().await.map(|info| info.last_block_height);
            if latest.is_ok_and(|latest| latest > height) {
                self.turn_to(next, slow);
                return true;
            }
        }
        false
    }

    /// The other endpoints, from the one after `current` on.
    fn others(&self, current: &Address) -> impl Iterator<Item = &Address> {
        let place = self.addresses.iter().position(|address| address == current).unwrap_or(0);
        let others = self.addresses.iter().cycle().skip(place + 1);
        others.take(self.addresses.len().saturating_sub(1))
    }

    fn turn_to(&self, next: Chain, left: &Address) {
        let chain = &next.config().chain_id;
        let endpoint = next.rpc().address();
        tracing::warn!(chain, %left, %endpoint, "turned to another endpoint");
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

async fn try_one(
    config: &ChainConfig,
    address: &Address,
    limit: Duration,
) -> Result<Chain, ChainError> {
    let config = ChainConfig { rpc: address.as_str().to_owned(), ..config.clone() };
    Chain::connect_within(config, limit).await
}
