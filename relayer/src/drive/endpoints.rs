//! A chain's endpoints: one serves everything until it fails, falls behind, or leaves unanswered what another answers.
//!
//! One at a time, because what is offered to two mempools may reach a block in another order.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cosmos::chain::{Chain, ChainConfig, ChainError};
use cosmos::rpc::{Address, DEFAULT_TIMEOUT};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

/// The endpoints of a chain, and the one in use.
#[derive(Debug)]
pub struct Endpoints {
    addresses: Vec<Address>,
    limit: Duration,
    current: Mutex<Chain>,
    /// Held while another one is sought for whoever reads blocks.
    seeking: AsyncMutex<()>,
    /// Held while another one is sought because of questions: nobody waits for that.
    seeking_beside: AsyncMutex<()>,
    /// Kind of question -> how often the endpoint in use did not answer it.
    failed: Mutex<BTreeMap<&'static str, Failed>>,
}

/// So often in a row an endpoint may leave questions of a kind without an answer.
const FAILURES: u32 = 3;
/// How long questions of a kind are not counted after the other endpoints answered none of it either: whoever sends
/// packets may be the cause of a question that nobody answers.
const LET_ALONE: Duration = Duration::from_secs(60);

/// How an endpoint leaves questions of a kind without an answer.
#[derive(Clone, Copy, Debug, Default)]
struct Failed {
    /// So often in a row.
    count: u32,
    /// Nothing is counted before.
    not_before: Option<Instant>,
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
                Ok(chain) => return Ok(Self { addresses, limit, ..Self::only(chain) }),
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

    /// A single endpoint.
    pub(super) fn only(chain: Chain) -> Self {
        Self {
            addresses: vec![chain.rpc().address().clone()],
            limit: DEFAULT_TIMEOUT,
            current: Mutex::new(chain),
            seeking: AsyncMutex::default(),
            seeking_beside: AsyncMutex::default(),
            failed: Mutex::default(),
        }
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
        self.seek(|current| current == failed, |_| ready(true)).await;
    }

    /// Notes that a question of some kind was answered by an endpoint; of those that are not in use any more nothing
    /// is counted.
    pub(super) fn answered(&self, kind: &str, endpoint: &Address) {
        if self.current().rpc().address() != endpoint {
            return;
        }
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(kind);
    }

    /// Notes that an endpoint did not answer a question of some kind. `true` when that happens again and
    /// again, and one is to be sought that does: an endpoint may serve blocks and refuse proofs, or offers.
    pub(super) fn unanswered(&self, kind: &'static str, endpoint: &Address) -> bool {
        if self.count() < 2 || self.current().rpc().address() != endpoint {
            return false;
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failed.entry(kind).or_default();
        if failed.not_before.is_some_and(|not_before| Instant::now() < not_before) {
            return false;
        }
        failed.count += 1;
        let is_enough = failed.count >= FAILURES;
        if is_enough {
            *failed = Failed::default();
        }
        is_enough
    }

    /// Leaves an endpoint for the next one that answers a question of some kind which it does not answer itself.
    ///
    /// Where none does, nothing changes and the kind is let alone for a while: a height that all have thrown away, or a
    /// transaction that nobody can simulate, is no endpoint's fault. Who reads blocks is not held up, as the others may
    /// all be silent. If one is sought so already, nothing is done.
    pub(super) async fn leave_beside<F: Future<Output = bool>>(
        &self,
        kind: &'static str,
        failed: &Address,
        answers: impl Fn(Chain) -> F,
    ) {
        let Ok(_seeking) = self.seeking_beside.try_lock() else { return };
        if !self.seek(|current| current == failed, answers).await {
            let not_before = Some(Instant::now() + LET_ALONE);
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.insert(kind, Failed { count: 0, not_before });
        }
    }

    /// How long one request may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// How long the endpoint in use may have no news before the others are asked for theirs.
    pub(super) fn patience(&self) -> Duration {
        self.limit.saturating_mul(2)
    }

    /// Turns to an endpoint that has a block after the one at `height`, which the one in use has not; `false` if
    /// there is none.
    pub(super) async fn overtake(&self, height: u64) -> bool {
        let _seeking = self.seeking.lock().await;
        self.seek(|_| true, |chain| goes_on(chain, height)).await
    }

    /// Turns to the next endpoint that answers, is on the chain and will do; `false` if there is none, or the one in
    /// use is not to be left.
    async fn seek<F: Future<Output = bool>>(
        &self,
        is_left: impl Fn(&Address) -> bool,
        will_do: impl Fn(Chain) -> F,
    ) -> bool {
        let chain = self.current();
        let left = chain.rpc().address();
        if !is_left(left) {
            return false;
        }
        for address in self.others(left) {
            match try_one(chain.config(), address, self.limit).await {
                Ok(next) if will_do(next.clone()).await => return self.turn_to(next, left),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "endpoint cannot be used"),
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

    /// Turns to an endpoint, unless the one that is to be left was left meanwhile.
    fn turn_to(&self, next: Chain, left: &Address) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.rpc().address() != left {
            return false;
        }
        let chain = &next.config().chain_id;
        let endpoint = next.rpc().address();
        tracing::warn!(chain, %left, %endpoint, "turned to another endpoint");
        *current = next;
        drop(current);
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        true
    }
}

/// Whether an endpoint has a block after the one at a height.
async fn goes_on(chain: Chain, height: u64) -> bool {
    let latest = chain.rpc().abci_info().await.map(|info| info.last_block_height);
    latest.is_ok_and(|latest| latest > height)
}

async fn try_one(
    config: &ChainConfig,
    address: &Address,
    limit: Duration,
) -> Result<Chain, ChainError> {
    let config = ChainConfig { rpc: address.as_str().to_owned(), ..config.clone() };
    Chain::connect_within(config, limit).await
}
