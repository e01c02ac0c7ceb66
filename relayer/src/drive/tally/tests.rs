//! Counting: each thing once, and fees to those who caused them.

use std::sync::Arc;

use super::*;
use crate::drive::setup::offline;
use crate::model::facts::{Fact, Tip};
use crate::model::filter::Pattern;
use crate::model::ids::{
    Address, Both, Ends, FlowId, LaneId, Order, PacketKey, Route, Side, SlotId,
};
use crate::model::rows::{
    ChannelEnd, ChannelRow, CursorRow, EndState, Ibc, PathEnd, PathRow, Rows,
};
use crate::model::step;
use crate::plan::work::Work;

const SECOND: u64 = 1_000_000_000;

/// Two chains read up to height 100, at second 1,000, with a block each second.
fn model() -> Model {
    let chain = |id: &str| {
        format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\"http://x\"]\naddress_prefix = \"x\"\nkey = \"k\"\n\
             gas_price = \"0.1stake\"\n"
        )
    };
    let file = toml::from_str(&format!("{}{}", chain("a-1"), chain("b-1"))).unwrap();
    let tip = Tip { height: 100, hash: [0; 32], time: Time(1_000 * SECOND) };
    let cursors = ["a-1", "b-1"].map(|chain| CursorRow { chain: chain.into(), tip });
    let mut model =
        Model::load(offline(&file), Rows { cursors: cursors.into(), ..Rows::default() });
    model.now = Time(1_000 * SECOND);
    model
}

fn key(seq: u64) -> PacketKey {
    let end = |channel: &str| End { port: "transfer".into(), channel: channel.into() };
    let ends = Ends::V1 { src: end("channel-0"), dst: end("channel-7"), order: Order::Unordered };
    PacketKey { route: Arc::new(Route { from: "a-1".into(), to: "b-1".into(), ends }), seq }
}

fn row(seq: u64, sent: u64, received: Option<u64>) -> PacketRow {
    let acked = received;
    PacketRow { sent: Some(sent), received, acked, ..PacketRow::new(key(seq), "a-b".into()) }
}

fn of_route(tally: &Tally) -> RouteTally {
    tally.routes.values().next().unwrap().clone()
}

#[test]
fn a_packet_is_counted_once_in_the_block_that_moved_it() {
    let (model, mut tally) = (model(), Tally::new(Time(0)));
    let b = ChainId::from("b-1");
    // Written twice by one step; an old one is written again for another reason.
    let writes =
        [row(1, 93, Some(100)), row(1, 93, Some(100)), row(2, 90, Some(95))].map(Write::Packet);
    tally.block(&model, (&b, 100), &Ours::default(), &writes);
    let route = of_route(&tally);
    assert_eq!((route.sent, route.received, route.acknowledged), (0, 1, 0));
    assert_eq!((tally.receive_latency.count, tally.receive_latency.sum), (1, 7_000));
    assert_eq!(tally.history.back().unwrap().latency(95), Some(7_000));
    let ended = PacketRow { done: Some(Done::Acknowledged(100)), ..row(1, 93, Some(98)) };
    tally.block(&model, (&"a-1".into(), 100), &Ours::default(), &[Write::Packet(ended)]);
    assert_eq!(of_route(&tally).acknowledged, 1);
    assert_eq!(tally.complete_latency.count, 1);
    assert_eq!(tally.chains[&b].blocks, 1);
}

#[test]
fn what_is_shown_of_costs_is_what_the_books_say() {
    let (model, mut tally) = (model(), Tally::new(Time(0)));
    let lane = LaneId { chain: "b-1".into(), address: Address::from("x1") };
    let slot = SlotRow {
        id: SlotId { lane: lane.clone(), sequence: 4, attempt: 0 },
        flow: FlowId { path: "a-b".into(), to: Side::B },
        proved_at: 99,
        updates: 1,
        works: vec![Work::Recv(key(1)), Work::Recv(key(2))],
        timeout_height: 130,
        gas_limit: 1_000,
        fee: 100,
        denom: "stake".into(),
        granter: None,
        size: 10,
        hash: [0; 32],
    };
    let used = Used {
        lane,
        sequence: 4,
        hash: [0; 32],
        code: 0,
        codespace: String::new(),
        log: String::new(),
        failed_index: None,
        noops: vec![2],
        gas_used: 900,
    };
    let first = key(1);
    let src = first.route.src();
    let booked = |place: u32, result: Spent, fee: u128| {
        Write::Cost(CostRow {
            lane: used.lane.clone(),
            sequence: used.sequence,
            place,
            path: "a-b".into(),
            purpose: Purpose::Packet {
                from: "a-1".into(),
                src: src.clone(),
                seq: u64::from(place) + 1,
                leg: Leg::Recv,
            },
            result,
            height: 100,
            time: Time(0),
            fee,
            denom: "stake".into(),
            gas: 450,
        })
    };
    let books = [booked(0, Spent::Effected, 61), booked(1, Spent::Redundant, 39)];
    tally.block(&model, (&"b-1".into(), 100), &Ours(vec![(used, slot)]), &books);
    let (chain, route) = (&tally.chains[&"b-1".into()], of_route(&tally));
    assert_eq!((chain.fees, chain.gas_wanted, chain.gas_used, chain.updates), (100, 1_000, 900, 1));
    assert_eq!(route.fees[&"b-1".into()], 100, "what is shown is what the books say");
    // The second message is the third of the transaction, and found nothing left to do.
    assert_eq!((route.ours, route.redundant, chain.redundant), ([1, 0, 0], 1, 1));
}

#[test]
fn the_history_has_no_holes_and_ends() {
    let mut tally = Tally::default();
    for second in [5, 12, 58, 9_000] {
        tally.moment(Time(second * SECOND));
    }
    let begins: Vec<u64> = tally.history.iter().map(|moment| moment.begin.0 / SECOND).collect();
    assert_eq!(begins.len(), HISTORY);
    assert_eq!(begins.last(), Some(&9_000));
    assert!(begins.windows(2).all(|pair| pair[1] - pair[0] == 10));
}

/// Channels 0, 1, 2 … of one path, open on both sides.
fn crowd(channels: u32) -> Model {
    let end = |index: u32| ChannelEnd {
        port: "transfer".into(),
        channel: Some(format!("channel-{index}").as_str().into()),
        state: EndState::Open,
        since: 1,
    };
    let row = |index| ChannelRow {
        path: "a-b".into(),
        index,
        version: "ics20-1".into(),
        order: Order::Unordered,
        wanted: false,
        ends: Both::of(end(index)),
    };
    let mut model = model();
    let path = PathRow {
        path: "a-b".into(),
        chains: Both { a: "a-1".into(), b: "b-1".into() },
        ends: Both::of(PathEnd::default()),
        create: false,
        delay: Span(0),
        ibc: Ibc::V1,
    };
    step(&mut model, Fact::Path(path, (0..channels).map(row).collect()), Time(1_000 * SECOND));
    model
}

fn sent_over(index: u32) -> Write {
    let end = End { port: "transfer".into(), channel: format!("channel-{index}").as_str().into() };
    let ends = Ends::V1 { src: end.clone(), dst: end, order: Order::Unordered };
    let route = Arc::new(Route { from: "a-1".into(), to: "b-1".into(), ends });
    let row = PacketRow::new(PacketKey { route, seq: 1 }, "a-b".into());
    Write::Packet(PacketRow { sent: Some(100), ..row })
}

#[test]
fn strangers_channels_do_not_crowd_out_ones_own() {
    const STRANGERS: u32 = 2_000;
    let (first, named) = (0, STRANGERS + 1);
    let mut model = crowd(named + 1);
    let config = model.config.get_mut(&ChainId::from("a-1")).unwrap();
    config.filter.allow_channels = ["*/*", &format!("transfer/channel-{named}")]
        .map(|text| Pattern::parse(text).unwrap())
        .into();
    let mut tally = Tally::new(Time(0));
    // Those of strangers are there first, and take all the room.
    let mut send = |index| {
        tally.block(&model, (&"a-1".into(), 100), &Ours::default(), &[sent_over(index)]);
    };
    (1..=STRANGERS).for_each(&mut send);
    // The channel that is there longest, the newest of all, which the configuration names, and one more.
    [first, named, STRANGERS, first, named].into_iter().for_each(send);
    let sent = |index: u32| {
        let end =
            End { port: "transfer".into(), channel: format!("channel-{index}").as_str().into() };
        tally.routes.get(&("a-1".into(), end)).map(|route| route.sent)
    };
    assert_eq!((sent(first), sent(named)), (Some(2), Some(2)));
    assert_eq!((sent(1), sent(STRANGERS - 2)), (Some(1), Some(1)));
    assert_eq!((sent(STRANGERS - 1), sent(STRANGERS)), (None, None), "the newest give way");
    // Nothing is lost: theirs is counted with the others'.
    assert_eq!((tally.routes.len(), tally.other_routes.sent), (MAX_ROUTES, 3));
    let all: u64 = tally.routes.values().map(|route| route.sent).sum();
    assert_eq!(all + tally.other_routes.sent, u64::from(STRANGERS) + 5);
}
