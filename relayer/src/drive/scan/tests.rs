//! Old blocks: who still has them.

use std::sync::Arc;
use std::time::Duration;

use cosmos::rpc::Rpc;

use super::super::fake::{FakeNode, Trouble};
use super::*;

const LIMIT: Duration = Duration::from_secs(1);

/// A node that keeps its last blocks, and an archive.
async fn pruned(archive: &FakeNode) -> Node {
    let node = FakeNode::with_blocks(20).await;
    node.state.lock().unwrap().earliest = 10;
    let archives = vec![Rpc::new(&archive.address, LIMIT).unwrap()];
    Arc::into_inner(node.connect(LIMIT).await).unwrap().with_archives(archives)
}

#[tokio::test]
async fn an_archive_gives_the_blocks_that_the_node_has_thrown_away() {
    let archive = FakeNode::with_blocks(20).await;
    let node = pruned(&archive).await;
    assert_eq!(block(&node, 15).await.unwrap().unwrap().height, 15);
    assert_eq!(archive.state.lock().unwrap().calls, [""; 0], "it is asked only for old blocks");
    assert_eq!(block(&node, 3).await.unwrap().unwrap().height, 3);
}

/// A block is lost only when everybody says so: an archive that is down may have it.
#[tokio::test]
async fn a_block_is_gone_only_when_the_archive_says_so() {
    let archive = FakeNode::with_blocks(20).await;
    archive.state.lock().unwrap().earliest = 5;
    let node = pruned(&archive).await;
    assert!(block(&node, 3).await.unwrap().is_none());
    for trouble in [Trouble::HangUp, Trouble::Garbage] {
        archive.trouble(&[trouble; 3]);
        block(&node, 7).await.unwrap_err();
        archive.state.lock().unwrap().troubles.clear();
    }
    assert_eq!(block(&node, 7).await.unwrap().unwrap().height, 7);
}
