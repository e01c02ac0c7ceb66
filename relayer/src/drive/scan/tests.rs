//! Old blocks: who still has them.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use cosmos::rpc::Rpc;
use ibc_proto::cosmos::base::query::v1beta1::PageResponse;
use ibc_proto::ibc::core::channel::v1::{Counterparty, QueryConnectionChannelsResponse};

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
    let (events, unread) = events_of(&block);
    assert_eq!(unread.len(), 2);
    let sent = events.into_iter().find_map(|event| match event {
        Event::Packet(packet) => hash(&packet).map(|hash| (packet.seq, hash)),
        _ => None,
    });
    let (seq, value) = sent.expect("the packet is read");
    let written = |seq| vec![Written { seq, block: 1, value: value.to_vec() }];
    let as_it_is = found(&node, written(seq), hash).await.unwrap();
    assert_eq!((as_it_is.events.len(), as_it_is.lost), (1, Vec::new()));
    // Of one that is missing the reason is told: its event may be the one that does not read.
    let missing = found(&node, written(seq + 1), hash).await.unwrap();
    let [(lost, why)] = &missing.lost[..] else { panic!("{:?}", missing.lost) };
    assert_eq!((*lost, missing.events.len()), (seq + 1, 0));
    assert!(
        why.contains("has an event that does not read, please report this: event `send_packet`"),
        "{why}"
    );
}

/// A page of a connection's channels, and where the next begins.
fn page(names: &[&str], next_key: &str) -> serde_json::Value {
    let channel = |name: &&str| IdentifiedChannel {
        state: State::Open.into(),
        counterparty: Some(Counterparty { port_id: "transfer".into(), channel_id: "c".into() }),
        channel_id: (*name).to_owned(),
        port_id: "transfer".into(),
        ..IdentifiedChannel::default()
    };
    let answer = QueryConnectionChannelsResponse {
        channels: names.iter().map(channel).collect(),
        pagination: Some(PageResponse { next_key: next_key.into(), total: 0 }),
        height: None,
    };
    let value = base64::engine::general_purpose::STANDARD.encode(answer.encode_to_vec());
    serde_json::json!({ "value": value })
}

/// More channels than a node tells of at once; one whose pages have no end does not keep the scan for ever.
#[tokio::test]
async fn lists_are_read_page_by_page() {
    let fake = FakeNode::with_blocks(1).await;
    let node = fake.connect(LIMIT).await;
    let tells = |pages: Vec<(&'static str, serde_json::Value)>| {
        fake.state.lock().unwrap().queries = pages;
    };
    let third = ("page-3", page(&["channel-4"], ""));
    let (second, first) =
        (page(&["channel-2", "channel-3"], "page-3"), page(&["channel-1"], "page-2"));
    tells(vec![third, ("page-2", second), ("ConnectionChannels", first.clone())]);
    let found = channels(&node, &"connection-0".into(), 1).await.unwrap();
    let names: Vec<&str> = found.iter().map(|listed| listed.end.channel.as_str()).collect();
    assert_eq!(names, ["channel-1", "channel-2", "channel-3", "channel-4"]);
    tells(vec![("ConnectionChannels", first)]);
    let error = channels(&node, &"connection-0".into(), 1).await.unwrap_err();
    assert!(error.to_string().contains("begins where the one before did"), "{error}");
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
