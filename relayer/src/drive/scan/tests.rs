//! Old blocks: who still has them.

use std::sync::Arc;
use std::time::Duration;

use cosmos::rpc::Rpc;

use super::super::fake::{FakeNode, Trouble, recorded};
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

/// One event that does not read, such as one of an application that goes by the same name, hides no other.
#[tokio::test]
async fn an_event_that_does_not_read_hides_no_packet_of_its_block() {
    let fake = FakeNode::with_blocks(1).await;
    let mut results = recorded("results_MsgTransfer");
    let broken = serde_json::json!({ "type": "send_packet", "attributes": [] });
    for events in ["finalize_block_events", "/txs_results/0/events"] {
        let events = match events.starts_with('/') {
            true => results.pointer_mut(events).unwrap(),
            false => &mut results[events],
        };
        if !events.is_array() {
            *events = serde_json::json!([]);
        }
        events.as_array_mut().unwrap().insert(0, broken.clone());
    }
    fake.state.lock().unwrap().recorded.insert("block_results", results);
    let node = fake.connect(LIMIT).await;
    let hash = |packet: &PacketEvent| match &packet.change {
        PacketChange::Sent { timeout, data } => hash_of_packet(packet, timeout, data),
        _ => None,
    };
    let block = block(&node, 1).await.unwrap().unwrap();
    let sent = events_of(&block).into_iter().find_map(|event| match event {
        Event::Packet(packet) => hash(&packet).map(|hash| (packet.seq, hash)),
        _ => None,
    });
    let (seq, value) = sent.expect("the packet is read");
    let written = vec![Written { seq, block: 1, value: value.to_vec() }];
    let found = found(&node, written, hash).await.unwrap();
    assert_eq!((found.events.len(), found.lost), (1, Vec::new()));
}

/// A part of whose packets none was received, found after so many seconds.
async fn found_after(seconds: u64, part: Vec<u64>) -> Result<Part, Why> {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Ok(Part { unreceived: part, ..Part::default() })
}

#[tokio::test(start_paused = true)]
async fn a_scan_is_handed_over_in_time_or_when_a_node_fails() {
    let pending: Vec<u64> = (1..=1_000).collect();
    let (count, part) = in_parts(&pending, |part| found_after(0, part)).await.unwrap();
    assert_eq!((count, part.unreceived.len()), (1_000, 1_000));
    let (count, part) = in_parts(&pending, |part| found_after(25, part)).await.unwrap();
    assert_eq!((count, part.unreceived.last()), (300, Some(&300)), "after 75 s");
    let (count, _) = in_parts(&pending, |part| found_after(200, part)).await.unwrap();
    assert_eq!(count, PART, "it gets on however slow the node is");

    let failing = |from: u64| {
        move |part: Vec<u64>| async move {
            if part[0] >= from { Err(Why::Timeout) } else { found_after(0, part).await }
        }
    };
    let (count, part) = in_parts(&pending, failing(201)).await.unwrap();
    assert_eq!((count, part.unreceived.len()), (200, 200));
    assert_eq!(in_parts(&pending, failing(1)).await.err(), Some(Why::Timeout));
    assert_eq!(in_parts(&[], failing(1)).await.unwrap().0, 0);
}
