//! Blocks in: pulled in order, several under way at once, none passed over.
//!
//! The node's `WebSocket` only wakes the puller up. What it missed is fetched like everything else.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cosmos::rpc::socket::NewBlocks;
use cosmos::rpc::{Blame, BlockResults, Fault, RpcError};
use futures_util::stream::{self, StreamExt as _};
use tendermint::block::Header;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::node::Node;
use super::{DriveError, decode, light};
use crate::model::facts::{BlockFacts, Fact, Tip};

/// Blocks fetched at once while catching up.
const AHEAD: usize = 8;
/// How long the node may take to accept a subscription, and how long it is let alone after it failed to.
const SUBSCRIBE: Duration = Duration::from_secs(5);
/// How long a subscription may be silent before the node is asked: it may be dead without knowing it.
const SILENCE: Duration = Duration::from_secs(5);
/// The first and the longest pause after a failed request.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Hands over every block after the cursor, for ever. Ends well only when nobody takes them any more.
///
/// # Errors
/// [`DriveError`] when the chain is not the one read before, or a block can never be had.
pub(super) async fn pull(
    node: Arc<Node>,
    cursor: Tip,
    facts: mpsc::Sender<Fact>,
) -> Result<(), DriveError> {
    let mut news = News::new(&node);
    let mut last = cursor;
    loop {
        let news = news.after(last.height).await;
        let heights = last.height + 1..=news.latest;
        let fetches = heights.map(|height| {
            let header = news.header.clone().filter(|header| header.height.value() == height);
            fetch(&node, height, header)
        });
        let mut blocks = pin!(stream::iter(fetches).buffered(AHEAD));
        while let Some(block) = blocks.next().await {
            let (parent, block) = block?;
            if parent != last.hash {
                let (chain, height) = (node.id.clone(), last.height);
                return Err(DriveError::AnotherChain { chain, height });
            }
            last = block.tip;
            if facts.send(Fact::Block(node.id.clone(), block)).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The block at a height, by its header alone.
///
/// # Errors
/// [`RpcError`].
pub(super) async fn tip_at(node: &Node, height: u64) -> Result<Tip, RpcError> {
    Ok(tip_of(&node.rpc().commit(height).await?.header))
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

/// Fetches and reads a block, however often that takes; with it comes the hash of the one before.
///
/// A header that is known already saves a request, unless a transaction of ours is in the block.
async fn fetch(
    node: &Node,
    height: u64,
    header: Option<Header>,
) -> Result<([u8; 32], BlockFacts), DriveError> {
    let mut pause = Pause::default();
    let block = loop {
        match try_fetch(node, height, header.clone()).await {
            Ok(block) => break block,
            Err(error) => {
                if matches!(error.fault, Fault::Refused { .. }) {
                    check_kept(node, height).await?;
                }
                pause.after(node, &error).await;
            }
        }
    };
    pause.over(node);
    let parent = block.header.last_block_id.map_or([0; 32], |id| bytes(id.hash));
    match decode::block(&node.lane, tip_of(&block.header), &block.txs, &block.results) {
        Ok(facts) => Ok((parent, facts)),
        Err(source) => Err(DriveError::Block { chain: node.id.clone(), height, source }),
    }
}

/// A block as the node gives it.
struct Block {
    header: Header,
    /// Empty when none of them is ours.
    txs: Vec<Vec<u8>>,
    results: BlockResults,
}

async fn try_fetch(node: &Node, height: u64, header: Option<Header>) -> Result<Block, RpcError> {
    let rpc = node.rpc();
    let (results, block) = match header {
        Some(header) => {
            let results = rpc.block_results(height).await?;
            if !decode::has_used(&node.lane, &results) {
                return Ok(Block { header, txs: Vec::new(), results });
            }
            (results, rpc.block(height).await?)
        }
        None => tokio::try_join!(rpc.block_results(height), rpc.block(height))?,
    };
    let header = block.block.header.clone();
    let got = (header.height.value(), results.height, results.txs.len());
    if got != (height, height, block.block.txs().len()) {
        let fault =
            Fault::Malformed(format!("block and results of {height} do not belong together"));
        return Err(RpcError { endpoint: rpc.endpoint().to_owned(), method: "block", fault });
    }
    Ok(Block { header, txs: block.block.txs().to_vec(), results })
}

/// Checks that a block which the node refuses is not one that it has thrown away.
async fn check_kept(node: &Node, height: u64) -> Result<(), DriveError> {
    match node.rpc().status().await {
        Ok(status) if height < status.sync_info.earliest_block_height => {
            let (chain, earliest) = (node.id.clone(), status.sync_info.earliest_block_height);
            Err(DriveError::Pruned { chain, height, earliest })
        }
        // Not there yet, or the node cannot say: it is asked for the block again.
        _ => Ok(()),
    }
}

/// News of new blocks.
struct News<'a> {
    node: &'a Node,
    socket: Option<NewBlocks>,
    /// Until then the node is not asked for a subscription.
    not_before: Instant,
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
        Self { node, socket: None, not_before: Instant::now() }
    }

    /// Waits for a block after the one at `height`.
    async fn after(&mut self, height: u64) -> Seen {
        let mut pause = Pause::default();
        loop {
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
