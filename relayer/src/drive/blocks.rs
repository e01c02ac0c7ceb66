//! Blocks in: pulled in order, several under way at once, none passed over.
//!
//! The node's `WebSocket` only wakes the puller up. What it missed is fetched like everything else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cosmos::rpc::RpcError;
use cosmos::rpc::socket::NewBlocks;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::node::Node;
use super::{DriveError, decode, light};
use crate::model::facts::{BlockFacts, Fact, Tip};

/// Blocks fetched at once while catching up.
const AHEAD: usize = 8;
/// How long the node may take to accept a subscription.
const SUBSCRIBE: Duration = Duration::from_secs(5);
/// The longest pause after a failed request.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Hands over every block after the cursor, for ever. Ends well only when nobody takes them any more.
///
/// # Errors
/// [`DriveError`] when the chain is not the one read before, or a block can never be had.
pub(super) async fn pull(
    node: Arc<Node>,
    cursor: Tip,
    facts: mpsc::Sender<Fact>,
) -> Result<(), DriveError> {
    let mut news = News { node: Arc::clone(&node), socket: None };
    let tip = news.reach(cursor.height).await;
    check_cursor(&node, cursor, tip.earliest).await?;
    let mut next = cursor.height + 1;
    loop {
        let tip = news.reach(next).await;
        if next < tip.earliest {
            let (chain, earliest) = (node.id.clone(), tip.earliest);
            return Err(DriveError::Pruned { chain, height: next, earliest });
        }
        let mut fetches: VecDeque<JoinHandle<Result<BlockFacts, DriveError>>> = VecDeque::new();
        let mut wanted = next;
        while next <= tip.latest {
            while wanted <= tip.latest && fetches.len() < AHEAD {
                fetches.push_back(tokio::spawn(fetch(Arc::clone(&node), wanted)));
                wanted += 1;
            }
            let Some(fetch) = fetches.pop_front() else { break };
            if facts.send(Fact::Block(node.id.clone(), fetch.await??)).await.is_err() {
                return Ok(());
            }
            next += 1;
        }
    }
}

/// Checks that the block at the cursor is still the one that was read, if the node still has it.
async fn check_cursor(node: &Arc<Node>, cursor: Tip, earliest: u64) -> Result<(), DriveError> {
    if cursor.height < earliest {
        return Ok(());
    }
    let mut pause = Pause::default();
    loop {
        match tip_at(node, cursor.height).await {
            Ok(tip) if tip.hash == cursor.hash => return Ok(()),
            Ok(_) => {
                let (chain, height) = (node.id.clone(), cursor.height);
                return Err(DriveError::AnotherChain { chain, height });
            }
            Err(error) => pause.after(node, &error).await,
        }
    }
}

/// The block at a height, by its header alone.
///
/// # Errors
/// [`RpcError`].
pub(super) async fn tip_at(node: &Node, height: u64) -> Result<Tip, RpcError> {
    let header = node.rpc().commit(height).await?.header;
    Ok(Tip { height, hash: hash(header.hash()), time: light::time(header.time) })
}

fn hash(hash: tendermint::Hash) -> [u8; 32] {
    match hash {
        tendermint::Hash::Sha256(bytes) => bytes,
        tendermint::Hash::None => [0; 32],
    }
}

/// Fetches and reads a block that the node has, however often that takes.
async fn fetch(node: Arc<Node>, height: u64) -> Result<BlockFacts, DriveError> {
    let mut pause = Pause::default();
    loop {
        let (block, results) =
            tokio::join!(node.rpc().block(height), node.rpc().block_results(height));
        match (block, results) {
            (Ok(block), Ok(results)) => {
                let header = &block.block.header;
                let tip = Tip { height, hash: hash(header.hash()), time: light::time(header.time) };
                return decode::block(&node.lane, tip, block.block.txs(), &results).map_err(
                    |source| DriveError::Block { chain: node.id.clone(), height, source },
                );
            }
            (Err(error), _) | (_, Err(error)) => pause.after(&node, &error).await,
        }
    }
}

/// What blocks a node has.
#[derive(Clone, Copy, Debug)]
struct Have {
    earliest: u64,
    latest: u64,
}

/// News of new blocks.
struct News {
    node: Arc<Node>,
    socket: Option<NewBlocks>,
}

impl News {
    /// Waits until the node has the block at `height`.
    async fn reach(&mut self, height: u64) -> Have {
        let mut pause = Pause::default();
        let mut announced = 0;
        loop {
            match self.node.rpc().status().await {
                Ok(status) if status.sync_info.latest_block_height >= height => {
                    return Have {
                        earliest: status.sync_info.earliest_block_height,
                        latest: status.sync_info.latest_block_height,
                    };
                }
                Ok(_) if announced >= height => sleep(self.node.poll.min(SOON)).await,
                Ok(_) => announced = self.wait().await,
                Err(error) => {
                    self.socket = None;
                    pause.after(&self.node, &error).await;
                }
            }
        }
    }

    /// Waits for an announcement, at most as long as the node is polled without one.
    async fn wait(&mut self) -> u64 {
        if self.socket.is_none() {
            self.socket = NewBlocks::subscribe(self.node.rpc().endpoint(), SUBSCRIBE).await.ok();
        }
        let Some(socket) = &mut self.socket else {
            sleep(self.node.poll).await;
            return 0;
        };
        match timeout(self.node.poll, socket.next()).await {
            Ok(Ok(height)) => height,
            Ok(Err(_)) => {
                self.socket = None;
                0
            }
            // Nothing was said for a while: look, the socket may be dead without knowing it.
            Err(_) => 0,
        }
    }
}

/// Between an announcement and the state that it announces.
const SOON: Duration = Duration::from_millis(20);

/// Longer and longer pauses between failures.
#[derive(Debug)]
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_millis(100))
    }
}

impl Pause {
    async fn after(&mut self, node: &Node, error: &RpcError) {
        tracing::warn!(chain = %node.id, %error, retry_in = ?self.0, "node does not serve");
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(MAX_PAUSE);
    }
}
