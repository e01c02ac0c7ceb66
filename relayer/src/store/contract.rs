//! What every store must do, whatever it is made of. A backend's tests call [`check`].

mod costs;

use std::sync::Arc;

use super::Store;
use crate::model::facts::Tip;
use crate::model::ids::{
    Address, Both, ChainId, End, Ends, FlowId, LaneId, Order, PacketKey, PathId, Route, Side,
    SlotId, Span, Time,
};
use crate::model::rows::{
    ChannelEnd, ChannelRow, CursorRow, EndState, Gap, GapId, GapRow, Ibc, LeadRow, Leg, Outcome,
    PacketDataRow, PacketRow, PathRow, SlotBytes, SlotRow, Write,
};
use crate::plan::work::Work;

pub(super) use costs::costs;

/// Goes through the life of each kind of row on an empty store.
pub(super) async fn check(store: &impl Store) {
    assert_eq!(store.load().await.unwrap(), crate::model::rows::Rows::default());
    cursors_and_paths_are_replaced(store).await;
    packets_leave_when_they_are_no_longer_live(store).await;
    acknowledgements_are_filled_in_and_never_lost(store).await;
    slots_are_offered_until_their_sequence_is_decided(store).await;
    gaps_stay_until_they_are_closed(store).await;
    costs::are_kept_once_and_found_by_day(store).await;
    costs::are_the_same_once_they_are_summed_up(store).await;
    leads_are_replaced(store).await;
    a_path_goes_with_its_channels(store).await;
}

async fn a_path_goes_with_its_channels(store: &impl Store) {
    let channel = |path: &str, index| {
        let end = || ChannelEnd {
            port: "transfer".into(),
            channel: None,
            state: EndState::None,
            since: 0,
        };
        ChannelRow {
            path: path.into(),
            index,
            version: "ics20-1".to_owned(),
            order: Order::Unordered,
            wanted: true,
            ends: Both { a: end(), b: end() },
        }
    };
    let other = || PathRow { path: "other".into(), ..path(9) };
    let rows = [("a-b", 0), ("a-b", 1), ("other", 0)].map(|(path, index)| channel(path, index));
    let writes = rows.map(Write::Channel).into_iter().chain([Write::Path(other())]);
    store.commit(&writes.collect::<Vec<_>>()).await.unwrap();
    store.commit(&[Write::Forgotten("a-b".into())]).await.unwrap();
    let left = store.load().await.unwrap();
    assert_eq!((left.paths, left.channels), (vec![other()], vec![channel("other", 0)]));
}

async fn leads_are_replaced(store: &impl Store) {
    let row = |leg, last| LeadRow { id: (Route::clone(&packet(1).route), leg), last };
    let writes = [row(Leg::Recv, 1), row(Leg::Ack, 2), row(Leg::Recv, 3)].map(Write::Lead);
    store.commit(&writes).await.unwrap();
    let mut leads = store.load().await.unwrap().leads;
    leads.sort_by_key(|row| row.last);
    assert_eq!(leads, [row(Leg::Ack, 2), row(Leg::Recv, 3)]);
}

async fn gaps_stay_until_they_are_closed(store: &impl Store) {
    let id = |index| GapId { path: "a-b".into(), gap: Gap::Packets { index, from: Side::A } };
    let row = |index, lost: &[u64]| GapRow {
        lost: lost.to_vec(),
        after: 9,
        below: Some(7),
        ..GapRow::new(id(index))
    };
    let writes = [row(1, &[]), row(2, &[]), row(1, &[7])].map(Write::Gap);
    store.commit(&writes).await.unwrap();
    store.commit(&[Write::Closed(id(2))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().gaps, [row(1, &[7])]);
}

async fn cursors_and_paths_are_replaced(store: &impl Store) {
    for height in [7, 8] {
        let tip = Tip { height, hash: [u8::try_from(height).unwrap(); 32], time: Time(height) };
        let cursor = CursorRow { chain: chain(), tip };
        let path = path(height);
        store.commit(&[Write::Cursor(cursor.clone()), Write::Path(path.clone())]).await.unwrap();
        let rows = store.load().await.unwrap();
        assert_eq!((rows.cursors, rows.paths), (vec![cursor], vec![path]));
    }
}

async fn packets_leave_when_they_are_no_longer_live(store: &impl Store) {
    store.commit(&[Write::Packet(live_packet())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().packets, vec![live_packet()]);
    store.commit(&[Write::Packet(PacketRow { live: false, ..live_packet() })]).await.unwrap();
    assert_eq!(store.load().await.unwrap().packets, vec![]);
}

async fn acknowledgements_are_filled_in_and_never_lost(store: &impl Store) {
    let row = |ack| PacketDataRow { key: packet(1), data: b"data".to_vec(), ack };
    for ack in [None, Some(b"ack".to_vec()), None] {
        store.commit(&[Write::Data(row(ack))]).await.unwrap();
    }
    let found = store.packet_data(&[packet(1), packet(2)]).await.unwrap();
    assert_eq!(found.len(), 1, "a packet without bytes is left out");
    assert_eq!((&*found[0].data, found[0].ack.as_deref()), (&b"data"[..], Some(&b"ack"[..])));
    // The bytes go when the packet is over.
    store.commit(&[Write::Packet(PacketRow { live: false, ..live_packet() })]).await.unwrap();
    assert_eq!(store.packet_data(&[packet(1)]).await.unwrap(), []);
}

async fn slots_are_offered_until_their_sequence_is_decided(store: &impl Store) {
    let slots: Vec<_> =
        [(3, 0), (3, 1), (4, 0)].map(|(sequence, attempt)| slot(sequence, attempt)).into();
    for slot in &slots {
        let bytes = SlotBytes(slot.hash.to_vec());
        store.commit(&[Write::Slot(slot.clone(), bytes)]).await.unwrap();
        assert_eq!(store.slot_bytes(&slot.id).await.unwrap(), slot.hash);
    }
    assert_eq!(store.load().await.unwrap().slots, slots);
    let outcome = Outcome { height: 9, code: 0, gas_used: 1, noops: 0 };
    store.commit(&[Write::Decided(slots[0].id.clone(), outcome)]).await.unwrap();
    assert_eq!(
        store.load().await.unwrap().slots,
        vec![slots[2].clone()],
        "every attempt is decided"
    );
    store.commit(&[Write::Dropped(slots[2].id.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().slots, vec![]);
    store.slot_bytes(&slots[2].id).await.unwrap_err();
}

fn path(height: u64) -> PathRow {
    PathRow {
        path: PathId::from("a-b"),
        chains: Both { a: chain(), b: ChainId::from("b") },
        ends: Both::default(),
        create: height == 7,
        delay: Span::seconds(height),
        ibc: Ibc::V2,
    }
}

fn chain() -> ChainId {
    ChainId::from("a")
}

fn packet(seq: u64) -> PacketKey {
    let end = |channel: &str| End { port: "transfer".into(), channel: channel.into() };
    let ends = Ends::V1 { src: end("channel-0"), dst: end("channel-1"), order: Order::Unordered };
    PacketKey { route: Arc::new(Route { from: chain(), to: ChainId::from("b"), ends }), seq }
}

fn live_packet() -> PacketRow {
    PacketRow { sent: Some(5), ..PacketRow::new(packet(1), PathId::from("a-b")) }
}

/// A signed transaction.
pub(super) fn slot(sequence: u64, attempt: u16) -> SlotRow {
    let lane = LaneId { chain: chain(), address: Address::from("wasm1relayer") };
    SlotRow {
        id: SlotId { lane, sequence, attempt },
        flow: FlowId { path: PathId::from("a-b"), to: Side::A },
        proved_at: 10,
        updates: 1,
        works: vec![Work::Recv(packet(1))],
        timeout_height: 40,
        gas_limit: 100_000,
        fee: 250,
        denom: "stake".into(),
        granter: Some(Address::from("wasm1granter")),
        size: 1_000,
        hash: [u8::try_from(sequence * 16 + u64::from(attempt)).unwrap(); 32],
    }
}
