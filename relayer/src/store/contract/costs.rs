//! What was paid: kept once, found by day, and the same to the unit after it is summed up.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::chain;
use crate::drive::books::{Books, DAYS};
use crate::model::cost::{About, CostRow, Paid, Purpose, Spent, Sum};
use crate::model::facts::Tip;
use crate::model::ids::{Address, ChainId, End, LaneId, PathId, Span, Time};
use crate::model::rows::{CursorRow, Leg, Write};
use crate::store::Store;

/// How many random histories are summed up.
const HISTORIES: usize = 8;

pub(super) async fn are_kept_once_and_found_by_day(store: &impl Store) {
    let lane = LaneId { chain: chain(), address: Address::from("wasm1relayer") };
    let row = |sequence, days: u64| CostRow {
        lane: lane.clone(),
        sequence,
        place: 0,
        path: PathId::from("a-b"),
        purpose: Purpose::Handshake,
        result: Spent::Effected,
        height: 7,
        time: Time::default().plus(Span::seconds(86_400 * days + 5)),
        // More than 2^64: 18 decimals are common.
        fee: u128::from(u64::MAX) * 1_000,
        denom: "astake".to_owned(),
        gas: 80_000,
    };
    // Written in any order; one transaction has several messages, and is written twice after a lost answer.
    let second = CostRow { place: 1, result: Spent::Redundant, ..row(2, 21) };
    let writes = [row(2, 21), row(1, 20), second.clone(), row(2, 21), row(3, 19)].map(Write::Cost);
    store.commit(&writes).await.unwrap();
    assert_eq!(costs(store, 0).await, [row(3, 19), row(1, 20), row(2, 21), second.clone()]);
    assert_eq!(costs(store, 20).await, [row(1, 20), row(2, 21), second.clone()]);
    assert_eq!(costs(store, 22).await, []);
    store.forget_costs(21).await.unwrap();
    assert_eq!(costs(store, 0).await, [row(2, 21), second.clone()]);
    periods_are_summed_up(store, (&lane.chain, 7), &[row(2, 21), second]).await;
}

/// What was paid from a day on.
async fn paid(store: &impl Store, day: u64) -> Vec<Paid> {
    let mut all = Vec::new();
    store.each_cost(day, &mut |paid| all.push(paid)).await.unwrap();
    all
}

/// The messages that were paid for from a day on, none of which is summed up.
pub(in crate::store) async fn costs(store: &impl Store, day: u64) -> Vec<CostRow> {
    let message = |paid| match paid {
        Paid::Message(row) => row,
        Paid::Day(row) => panic!("{row:?} is summed up"),
    };
    paid(store, day).await.into_iter().map(message).collect()
}

/// Books are made of what is stored up to a height, and of no day that is over for too long.
async fn periods_are_summed_up(
    store: &impl Store,
    (chain, height): (&ChainId, u64),
    stored: &[CostRow],
) {
    for (height, day, counted) in [(height, 21, 2), (height - 1, 21, 0), (height, 21 + DAYS, 0)] {
        let time = Time::default().plus(Span::seconds(86_400 * day));
        let tip = Tip { height, hash: [0; 32], time };
        let cursor = CursorRow { chain: chain.clone(), tip };
        let mut books = Books::default();
        stored.iter().take(counted).for_each(|row| books.add(row));
        assert_eq!(Books::read(store, &[cursor]).await.unwrap(), books, "{height} {day}");
    }
}

/// What is asked of the books: by day and by what was paid for.
type Asked = BTreeMap<(u64, About), Sum>;

fn sums(all: &[Paid]) -> Asked {
    let mut sums = Asked::new();
    for paid in all {
        sums.entry((paid.day(), paid.about())).or_default().take(paid);
    }
    sums
}

/// Messages of a few days, paths, channels and denoms, so that many are for the same.
fn history() -> impl Strategy<Value = Vec<CostRow>> {
    let purpose = prop_oneof![
        Just(Purpose::Handshake),
        Just(Purpose::Client),
        (0..3u64, 0..50u64, 0..3usize).prop_map(|(channel, seq, leg)| {
            let channel = format!("channel-{channel}").as_str().into();
            let leg = [Leg::Recv, Leg::Ack, Leg::Timeout][leg];
            let src = End { port: "transfer".into(), channel };
            Purpose::Packet { from: chain(), src, seq, leg }
        }),
    ];
    let result = prop_oneof![Just(Spent::Effected), Just(Spent::Redundant), Just(Spent::Failed)];
    let row = (purpose, result, 10..20u64, 0..2u8, 0..2u8, 0..1u128 << 90, 0..1u64 << 40);
    let rows = vec(row, 1..80);
    rows.prop_map(|rows| {
        let rows = (1..).zip(rows);
        rows.map(|(sequence, (purpose, result, day, path, denom, fee, gas))| CostRow {
            lane: LaneId { chain: chain(), address: Address::from("wasm1relayer") },
            sequence,
            place: 0,
            path: PathId::from(format!("path-{path}")),
            purpose,
            result,
            height: day,
            time: Time::default().plus(Span::seconds(86_400 * day + sequence)),
            fee,
            denom: format!("denom-{denom}"),
            gas,
        })
        .collect()
    })
}

/// Whatever was paid, and in whatever portions it is summed up, also where a block comes late: every sum from whichever day
/// on is as before, what is not old enough is there message by message, and of the rest no message is.
pub(super) async fn are_the_same_once_they_are_summed_up(store: &impl Store) {
    let mut runner = TestRunner::deterministic();
    let cases = (history(), history(), 10..21u64, 1..30u32);
    for _ in 0..HISTORIES {
        store.forget_costs(1_000).await.unwrap();
        let (first, late, before, most) = cases.new_tree(&mut runner).unwrap().current();
        // Other sequences than those of the first.
        let late = late.into_iter().map(|row| CostRow { sequence: row.sequence + 1_000, ..row });
        let (first, late): (Vec<_>, Vec<_>) = (write(&first), write(&late.collect::<Vec<_>>()));
        for writes in [first, late] {
            store.commit(&writes).await.unwrap();
            let mut then = Vec::new();
            for from in 9..21 {
                then.push(sums(&paid(store, from).await));
            }
            while store.fold_costs(before, most).await.unwrap() {}
            for (from, then) in (9..21).zip(then) {
                let now = paid(store, from).await;
                assert_eq!(sums(&now), then, "from day {from}");
                let is_sum = |paid: &&Paid| matches!(paid, Paid::Day(_));
                assert!(now.iter().all(|paid| is_sum(&paid) == (paid.day() < before)));
                let old = then.keys().filter(|(day, _)| *day < before).count();
                assert_eq!(now.iter().filter(is_sum).count(), old, "one row for a day and purpose");
            }
        }
    }
    store.forget_costs(1_000).await.unwrap();
    assert_eq!(paid(store, 0).await, []);
    // Those who come after it find some.
    let row = history().new_tree(&mut runner).unwrap().current().remove(0);
    store.commit(&[Write::Cost(row)]).await.unwrap();
}

fn write(rows: &[CostRow]) -> Vec<Write> {
    rows.iter().cloned().map(Write::Cost).collect()
}
