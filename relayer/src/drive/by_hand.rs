//! What somebody who sends a single message by hand asks of the nodes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::node::Node;
use super::scan::{self, Part};
use super::{answer, light};
use crate::model::facts::{Header, Proofs, TrustedHeight, Why};
use crate::model::state::{ScanEnd, Scanned};

/// How long the next block is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a node is asked for it.
const POLL: Duration = Duration::from_millis(200);

/// The newest height whose header has the state after the block that is the newest now: that block's, where
/// the chain makes no more.
///
/// # Errors
/// [`Why`], of the node.
pub(crate) async fn next_height(of: &Node) -> Result<u64, Why> {
    let newest = height(of).await?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let now = height(of).await?;
        if now > newest {
            return Ok(now);
        }
        sleep(POLL).await;
    }
    Ok(newest)
}

async fn height(of: &Node) -> Result<u64, Why> {
    of.chain().height().await.map_err(|error| Why::Unavailable(error.to_string()))
}

/// The verified header of a block, with what leads a client there from the height that it trusts.
///
/// # Errors
/// [`Why`], when a header cannot be had or a client would refuse it.
pub(crate) async fn header(of: &Node, height: u64, trusted: TrustedHeight) -> Result<Header, Why> {
    light::header(of, height, Some(trusted)).await
}

/// Values of the state that the header at `height` has the root of, with verified proofs.
///
/// # Errors
/// [`Why`], when a node does not answer or its answer does not verify.
pub(crate) async fn prove(of: &Node, height: u64, keys: Vec<Vec<u8>>) -> Result<Proofs, Why> {
    answer::prove(of, height.saturating_sub(1), keys).await
}

/// What became of one packet, with its bytes; `None` when its sender does not hold it.
///
/// # Errors
/// [`Why`], when a node does not answer.
pub(crate) async fn packet(
    (source, from): (&Node, ScanEnd),
    (destination, to): (&Node, ScanEnd),
    seq: u64,
) -> Result<Option<Scanned>, Why> {
    if !scan::is_committed(source, &from, seq).await? {
        return Ok(None);
    }
    let looked = Box::pin(scan::look_at((source, &from), (destination, &to), &[seq])).await?;
    let Part { unreceived, events, lost } = looked;
    let (after, upto, committed) = (seq.saturating_sub(1), seq, vec![seq]);
    Ok(Some(Scanned { from, to, after, upto, committed, unreceived, events, lost }))
}
