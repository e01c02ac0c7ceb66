//! Blocks in: pulled in order, several under way at once, none passed over.
//!
//! The node's `WebSocket` only wakes the puller up. What it missed is fetched like everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cosmos::rpc::socket::NewBlocks;
use cosmos::rpc::{Address, Blame, BlockResults, Fault, Rpc, RpcError};
use futures_util::stream::{self, StreamExt as _};
use tendermint::block::Header;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::node::Node;
use super::{DriveError, decode, light};
use crate::model::facts::{BlockFacts, Fact, Tip};

mod line;

use line::Line;

/// Blocks fetched at once while catching up.
const AHEAD: usize = 8;
/// How long the node may take to accept a subscription, and how long it is let alone after it failed to.
const SUBSCRIBE: Duration = Duration::from_secs(5);
/// How long a subscription may be silent before the node is asked: it may be dead without knowing it.
const SILENCE: Duration = Duration::from_secs(5);
/// After how long without a block a chain is asked whether it has halted for an upgrade.
const HALTED: Duration = Duration::from_secs(10);
/// How often an endpoint may refuse a block that it says to have, before another is asked.
const REFUSALS: u32 = 3;
/// The first and the longest pause after a failed request.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Hands over every block after the cursor, for ever. Ends well only when nobody takes them any more.
///
/// # Errors
/// [`DriveError::AnotherChain`] when no endpoint follows the chain that was read before, for a while.
pub(super) async fn pull(
    node: Arc<Node>,
    cursor: Tip,
    facts: mpsc::Sender<Fact>,
) -> Result<(), DriveError> {
    let mut news = News::new(&node);
    let mut last = cursor;
    let mut forked = Forked::default();
    let line = Line::new(cursor.height + 1);
    loop {
        let seen = news.after(last.height).await;
        line.come_to(last.height + 1);
        let heights = last.height + 1..=seen.latest;
        let fetches = heights.map(|height| {
            let header = seen.header.clone().filter(|header| header.height.value() == height);
            fetch((&*node, &line), height, header)
        });
        let mut blocks = pin!(stream::iter(fetches).buffered(AHEAD));
        while let Some(fetched) = blocks.next().await {
            let (parent, block, is_garbled, size) = match fetched {
                Fetched::Block { parent, facts, is_garbled, size } => {
                    (parent, *facts, is_garbled, size)
                }
                Fetched::Gone => {
                    last = newest(&node).await;
                    if facts.send(Fact::Jump(node.id.clone(), last)).await.is_err() {
                        return Ok(());
                    }
                    break;
                }
            };
            if parent != last.hash {
                forked.leave(&node, last.height).await?;
                news = News::new(&node);
                break;
            }
            forked = Forked::default();
            last = block.tip;
            if facts.send(Fact::Block(node.id.clone(), block)).await.is_err() {
                return Ok(());
            }
            if is_garbled && facts.send(Fact::Garbled(node.id.clone())).await.is_err() {
                return Ok(());
            }
            line.note(size);
            if line.is_long() {
                // What such a block did takes room until the loop has taken it in.
                drop(facts.reserve_many(facts.max_capacity()).await);
            }
            line.come_to(last.height + 1);
        }
    }
}

/// The endpoints that have another block than the last one read, one after the other.
///
/// Behind one address may be several nodes, and one of them on a fork or of another network: one answer decides nothing.
#[derive(Debug, Default)]
struct Forked {
    endpoints: BTreeSet<Address>,
    /// When the first of them told so.
    since: Option<Instant>,
    pause: Duration,
}

impl Forked {
    /// Turns from the endpoint in use to the next, or to the same again where there is no other.
    ///
    /// # Errors
    /// [`DriveError::AnotherChain`] when all of them have had another block at `height` for as long as one may be silent.
    async fn leave(&mut self, node: &Node, height: u64) -> Result<(), DriveError> {
        let endpoint = node.rpc().address().clone();
        tracing::error!(chain = %node.id, %endpoint, height, "endpoint has another block than the one read");
        node.endpoints.leave(&endpoint).await;
        self.endpoints.insert(endpoint);
        let lasts = self.since.get_or_insert_with(Instant::now).elapsed();
        let is_patient = lasts < node.endpoints.patience();
        if self.endpoints.len() >= node.endpoints.count() && !is_patient {
            return Err(DriveError::AnotherChain { chain: node.id.clone(), height });
        }
        // It is asked again if no other one answers.
        sleep(self.pause).await;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
        Ok(())
    }
}

/// What became of a fetch.
enum Fetched {
    /// The block.
    Block {
        /// The hash of the one before.
        parent: [u8; 32],
        facts: Box<BlockFacts>,
        /// Some of its events do not read.
        is_garbled: bool,
        /// How many bytes its results had.
        size: usize,
    },
    /// No endpoint keeps it any more.
    Gone,
}

/// The newest block that the node has, however long it takes to tell.
async fn newest(node: &Node) -> Tip {
    let mut pause = Pause::default();
    loop {
        let rpc = node.rpc();
        let height = rpc.abci_info().await.map(|info| info.last_block_height);
        let tip = match height {
            Ok(height) => tip_at(node, height).await,
            Err(error) => Err(error),
        };
        match tip {
            Ok(tip) => return tip,
            Err(error) => pause.after(node, &error).await,
        }
    }
}

/// The block at a height, by its header alone.
///
/// # Errors
/// [`RpcError`]; [`Fault::Malformed`] when the node tells of another height.
pub(super) async fn tip_at(node: &Node, height: u64) -> Result<Tip, RpcError> {
    let rpc = node.rpc();
    let tip = tip_of(&rpc.block(height).await?.block.header);
    if tip.height != height {
        return Err(malformed(&rpc, format!("block {} for {height}", tip.height)));
    }
    Ok(tip)
}

fn malformed(rpc: &Rpc, reason: String) -> RpcError {
    let fault = Fault::Malformed(reason);
    RpcError { endpoint: rpc.address().clone(), method: "block", fault }
}

/// The block with this header.
pub(super) fn tip_of(header: &Header) -> Tip {
    Tip {
        height: header.height.value(),
        hash: bytes(header.hash()),
        time: light::time(header.time),
    }
}

fn bytes(hash: tendermint::Hash) -> [u8; 32] {
    match hash {
        tendermint::Hash::Sha256(bytes) => bytes,
        tendermint::Hash::None => [0; 32],
    }
}

/// Fetches and reads a block, however often that takes.
///
/// A header that is known already saves a request, unless a transaction of ours is in the block.
async fn fetch((node, line): (&Node, &Line), height: u64, header: Option<Header>) -> Fetched {
    let mut pause = Pause::default();
    let mut refused = Refused::default();
    let block = loop {
        let most = line.room(height).await;
        match try_fetch(node, (height, most), header.clone()).await {
            Ok(block) => break block,
            Err(RpcError { fault: Fault::TooLong { .. }, .. }) => line.wait(height).await,
            Err(error) => {
                let is_refused = matches!(error.fault, Fault::Refused { .. });
                if is_refused && refused.is_gone(node, height).await {
                    return Fetched::Gone;
                }
                pause.after(node, &error).await;
            }
        }
    };
    pause.over(node);
    node.note(&block.header);
    let parent = block.header.last_block_id.map_or([0; 32], |id| bytes(id.hash));
    let tip = tip_of(&block.header);
    let (facts, unread) = decode::block(&node.lanes(), tip, &block.txs, &block.results);
    for error in &unread {
        tracing::error!(chain = %node.id, height, %error, "IBC event does not read, its paths are scanned; please report this");
    }
    let (facts, is_garbled) = (Box::new(facts), !unread.is_empty());
    Fetched::Block { parent, facts, is_garbled, size: block.size }
}

/// A block as the node gives it.
struct Block {
    header: Header,
    /// Empty when none of them is ours.
    txs: Vec<Vec<u8>>,
    results: BlockResults,
    /// How many bytes the results had.
    size: usize,
}

/// Fetches a block whose results have no more than `most` bytes.
async fn try_fetch(
    node: &Node,
    (height, most): (u64, usize),
    header: Option<Header>,
) -> Result<Block, RpcError> {
    let rpc = node.rpc();
    let ((results, size), block) = match header {
        Some(header) => {
            let (results, size) = rpc.block_results_within(height, most).await?;
            if results.height != height {
                return Err(malformed(&rpc, format!("results of {} for {height}", results.height)));
            }
            if !decode::has_used(&node.lanes(), &results) {
                return Ok(Block { header, txs: Vec::new(), results, size });
            }
            ((results, size), rpc.block(height).await?)
        }
        None => tokio::try_join!(rpc.block_results_within(height, most), rpc.block(height))?,
    };
    let header = block.block.header.clone();
    let got = (header.height.value(), results.height, results.txs.len());
    if got != (height, height, block.block.txs().len()) {
        let reason = format!("block and results of {height} do not belong together");
        return Err(malformed(&rpc, reason));
    }
    Ok(Block { header, txs: block.block.txs().to_vec(), results, size })
}

/// Who has refused a block.
#[derive(Debug, Default)]
struct Refused {
    /// Endpoints that do not have it.
    without: BTreeSet<Address>,
    /// How often each has refused it that says to have it.
    times: BTreeMap<Address, u32>,
}

impl Refused {
    /// Whether the block that the endpoint in use refuses is to be had of none any more; turns to the next endpoint
    /// while there is one that was not asked.
    ///
    /// A node may have a block without what it did: one restored from a snapshot, or told to discard it
    /// (`discard_abci_responses`).
    async fn is_gone(&mut self, node: &Node, height: u64) -> bool {
        let endpoint = node.rpc().address().clone();
        // Not there yet, or the node cannot say: it is asked for the block again.
        let Ok(status) = node.rpc().status().await else { return false };
        let (earliest, latest) =
            (status.sync_info.earliest_block_height, status.sync_info.latest_block_height);
        if height > latest {
            return false;
        }
        let times = self.times.entry(endpoint.clone()).or_default();
        *times += 1;
        if height >= earliest && *times < REFUSALS {
            return false;
        }
        node.endpoints.leave(&endpoint).await;
        self.without.insert(endpoint);
        if !self.without.contains(node.rpc().address()) {
            return false;
        }
        // Where none tells of any block, passing over one helps nobody.
        let is_gone = serves_results(node).await;
        self.times.clear();
        is_gone
    }
}

/// Whether the endpoint in use tells what its newest block did.
pub(super) async fn serves_results(node: &Node) -> bool {
    let rpc = node.rpc();
    let Ok(info) = rpc.abci_info().await else { return false };
    rpc.block_results(info.last_block_height).await.is_ok()
}

/// News of new blocks.
struct News<'a> {
    node: &'a Node,
    socket: Option<NewBlocks>,
    /// Until then the node is not asked for a subscription.
    not_before: Instant,
    /// The node had not come as far as we had read.
    is_behind: bool,
    /// Since when there is no new block, until the chain was asked why.
    quiet: Option<Instant>,
}

/// What is new.
struct Seen {
    /// The newest block that the application has committed.
    latest: u64,
    /// Its header, if the node told it.
    header: Option<Header>,
}

impl<'a> News<'a> {
    fn new(node: &'a Node) -> Self {
        Self { node, socket: None, not_before: Instant::now(), is_behind: false, quiet: None }
    }

    /// Waits for a block after the one at `height`.
    async fn after(&mut self, height: u64) -> Seen {
        let mut pause = Pause::default();
        self.quiet = Some(Instant::now());
        let mut silent_since = Instant::now();
        loop {
            if silent_since.elapsed() >= self.node.endpoints.patience() {
                silent_since = Instant::now();
                if self.node.endpoints.overtake(height).await {
                    self.socket = None;
                }
            }
            if let Some(header) = self.listen().await {
                let latest = header.height.value();
                if latest > height {
                    return Seen { latest, header: Some(header) };
                }
                continue;
            }
            // Not `status`, which names a block as soon as it is there, before its results are.
            match self.node.rpc().abci_info().await {
                Ok(info) => {
                    pause.over(self.node);
                    if info.last_block_height > height {
                        return Seen { latest: info.last_block_height, header: None };
                    }
                    if info.last_block_height < height && !self.is_behind {
                        let latest = info.last_block_height;
                        tracing::warn!(chain = %self.node.id, latest, read = height, "node is behind, waiting for it");
                    }
                    self.is_behind = info.last_block_height < height;
                    if !self.is_behind {
                        self.look_for_upgrade(height).await;
                    }
                    if self.socket.is_none() {
                        sleep(self.node.poll).await;
                    }
                }
                Err(error) => {
                    self.socket = None;
                    pause.after(self.node, &error).await;
                }
            }
        }
    }

    /// Tells the operator, once, when the chain has halted for an upgrade after the block at `height`. That it
    /// will be executed is not ours to foresee: see docs/decisions.md.
    async fn look_for_upgrade(&mut self, height: u64) {
        if self.quiet.is_none_or(|since| since.elapsed() < HALTED) {
            return;
        }
        self.quiet = None;
        let chain = &self.node.id;
        match self.node.chain().upgrade_plan().await {
            Ok(Some(plan)) if u64::try_from(plan.height) == Ok(height + 1) => {
                let (upgrade, height) = (plan.name, plan.height);
                tracing::error!(%chain, upgrade, height, "chain has halted for an upgrade; if it changes the chain's clients, stop ferry and run `ferry client upgrade`");
            }
            Ok(_) => tracing::warn!(%chain, height, "chain has made no block for {HALTED:?}"),
            Err(error) => {
                tracing::warn!(%chain, height, %error, "chain has made no block for {HALTED:?}")
            }
        }
    }

    /// The next header that the node tells; `None` when it has to be asked.
    async fn listen(&mut self) -> Option<Header> {
        let Some(socket) = &mut self.socket else {
            if Instant::now() >= self.not_before {
                let rpc = self.node.rpc();
                self.socket = NewBlocks::subscribe(rpc.endpoint(), SUBSCRIBE).await.ok();
                self.not_before = Instant::now() + SUBSCRIBE;
            }
            // There may have been blocks before the subscription.
            return None;
        };
        match timeout(SILENCE, socket.next()).await {
            Ok(Ok(header)) => Some(header),
            Ok(Err(_)) => {
                self.socket = None;
                None
            }
            Err(_) => None,
        }
    }
}

/// Longer and longer pauses between failures.
#[derive(Debug, Default)]
struct Pause {
    failures: u32,
}

impl Pause {
    async fn after(&mut self, node: &Node, error: &RpcError) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(MAX_PAUSE);
        self.failures += 1;
        tracing::warn!(chain = %node.id, %error, retry_in = ?pause, "node does not serve blocks");
        if error.fault.blame() == Blame::Node {
            node.endpoints.leave(&error.endpoint).await;
        }
        sleep(pause).await;
    }

    fn over(&mut self, node: &Node) {
        if self.failures > 0 {
            tracing::info!(chain = %node.id, failures = self.failures, "node serves blocks again");
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests;
