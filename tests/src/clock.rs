//! Waiting for the chains, block by block.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use cosmos::chain::Chain;
use cosmos::rpc::socket::NewBlocks;
use tokio::time::{Instant, timeout};

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a chain that makes a block a second may take for one.
const BLOCK: Duration = Duration::from_secs(15);

/// Asks `probe` after every block of `chain` until it has found something.
///
/// # Errors
/// `probe` fails, or has found nothing for a minute; the chain makes no blocks.
pub async fn until<T>(
    chain: &Chain,
    what: &str,
    mut probe: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let mut blocks = NewBlocks::subscribe(chain.rpc().endpoint(), BLOCK).await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        timeout(BLOCK, blocks.next()).await.context("the chain makes no blocks")??;
    }
}

/// Waits until the block time of `chain` is `seconds` since 1970 or later.
///
/// # Errors
/// As [`until`].
pub async fn reach(chain: &Chain, seconds: u64) -> anyhow::Result<()> {
    let is_reached = async || Ok((now(chain).await? >= seconds).then_some(()));
    until(chain, "the block time is reached", is_reached).await
}

/// As [`reach`], however long it takes.
///
/// # Errors
/// As [`until`].
pub async fn pass_until(chain: &Chain, seconds: u64) -> anyhow::Result<()> {
    while now(chain).await? < seconds {
        pass(chain, 10).await?;
    }
    Ok(())
}

/// Waits for some blocks of `chain`.
///
/// # Errors
/// As [`until`].
pub async fn pass(chain: &Chain, blocks: u64) -> anyhow::Result<()> {
    let height = chain.height().await? + blocks;
    let is_reached = async || Ok((chain.height().await? >= height).then_some(()));
    until(chain, "blocks go on", is_reached).await
}

/// The block time of the newest block, in whole seconds since 1970 as contracts see it.
///
/// # Errors
/// The node does not answer.
pub async fn now(chain: &Chain) -> anyhow::Result<u64> {
    time_of(chain, chain.height().await?).await
}

/// The time of a block, in whole seconds since 1970 as contracts see it.
///
/// # Errors
/// The node does not answer, or has no such block.
pub async fn time_of(chain: &Chain, height: u64) -> anyhow::Result<u64> {
    let time = chain.rpc().block(height).await?.block.header.time;
    Ok(u64::try_from(time.unix_timestamp())?)
}
