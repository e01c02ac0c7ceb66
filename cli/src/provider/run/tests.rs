//! The loop as a whole, on the market itself: on simulated chains, with strangers' orders, slow blocks and faults.

mod offers;
mod sim;

use cosmwasm_std::Uint128;
use market::msg::ExecuteMsg;
use protocol::Group;
use simnet::world::STAKE;
use simnet::world::orders::web_prices;

use super::{Round, Worker};
use crate::provider::{Capacity, Config, DenomPrices, Limits};
use sim::{DEPOSIT, STAKED, Sim};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const GIB: u64 = 1 << 30;

impl Sim {
    /// A provider that has just been started, with room for so many web servers.
    fn start(&self, room: u64) -> Worker<Self> {
        self.start_with(room, |_| ())
    }

    fn start_with(&self, room: u64, change: impl Fn(&mut Config)) -> Worker<Self> {
        let mut config = Config {
            host_uri: "https://provider.example".into(),
            attributes: Vec::new(),
            stake: format!("{STAKED}{STAKE}"),
            capacity: Capacity {
                cpu_milli: room * 1_000,
                memory_bytes: room * 2 * GIB,
                storage_bytes: [("default".into(), room * 10 * GIB)].into(),
                ..Capacity::default()
            },
            prices: vec![DenomPrices { denom: self.usdx(), each: web_prices() }],
            offers: Vec::new(),
            valid_for_seconds: DAY,
            poll_seconds: 10,
            withdraw_every_seconds: DAY,
            limits: Limits::default(),
        };
        change(&mut config);
        Worker::new(self.desk(), config, (STAKED, STAKE.into()))
    }

    /// A round by a clock that is right, and what it did; nothing in it may fail.
    async fn round(&self, worker: &mut Worker<Self>) -> Vec<String> {
        let Round { done, failed } = worker.round(self.time()).await;
        assert!(failed.is_empty(), "{failed:?}");
        done
    }

    /// Rounds for so long, with the pauses between them.
    async fn run(&self, worker: &mut Worker<Self>, seconds: u64) {
        let end = self.time() + seconds;
        while self.time() < end {
            self.round(worker).await;
            self.pass(worker.pause_seconds());
        }
    }
}

fn is_beat(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::Heartbeat { .. })
}

fn is_bid(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::Bid { .. })
}

fn is_taken_back(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::WithdrawBid { .. })
}

fn is_withdrawal(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::Withdraw { .. })
}

const fn shortest_window(group: &mut Group) {
    group.heartbeat_window_seconds = Some(900);
}

/// Half a window, then the transaction that was begun before, a second, and the heartbeat's own block.
#[tokio::test]
async fn a_heartbeat_waits_for_one_transaction_at_most_whatever_strangers_order() {
    for (seconds_per_tx, poll) in [(6, 10), (60, 10), (60, 3_600)] {
        let sim = Sim::new();
        let mut worker = sim.start_with(1_000, |config| config.poll_seconds = poll);
        let order = sim.order_as("tenant", 100_000_000, shortest_window);
        sim.round(&mut worker).await;
        sim.accept("tenant", &order);
        for stranger in 0..13 {
            sim.orders(&format!("stranger-{stranger}"), 8, 1_000_000, |_| ());
        }
        sim.slow(seconds_per_tx);
        let began = sim.time();
        sim.run(&mut worker, HOUR).await;
        let beats = sim.told(is_beat);
        assert!(beats[0] <= began + seconds_per_tx, "the first at once");
        let most = beats.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        let bids = sim.told(is_bid).len();
        assert!(most <= 450 + 2 * seconds_per_tx + 1, "{most} seconds without, {bids} bids");
        assert!(sim.time() - beats.last().unwrap() <= 450 + 2 * seconds_per_tx);
        assert!(bids > 20, "and it bids: {bids}");
        let [lease] = &sim.leases().await[..] else { panic!("one lease") };
        assert_eq!(lease.silent_deadline, None);
    }
}

#[tokio::test]
async fn bids_are_found_again_after_a_restart_and_taken_back_when_they_bind_no_more() {
    let sim = Sim::new();
    sim.order("tenant");
    sim.round(&mut sim.start(1)).await;
    let [own] = &sim.open_bids().await[..] else { panic!("one bid") };
    let before = sim.purse();
    for _ in 0..3 {
        sim.round(&mut sim.start(2)).await;
    }
    assert_eq!(sim.told(is_bid).len(), 1, "it is known from the market");
    sim.pass(own.bid.valid_until + 14 - sim.time());
    sim.round(&mut sim.start(1)).await;
    assert!(sim.told(is_taken_back).is_empty(), "a block may still be of before its end");
    sim.pass(1);
    sim.round(&mut sim.start(1)).await;
    assert_eq!(sim.told(is_taken_back).len(), 1);
    assert_eq!(sim.told(is_bid).len(), 1, "of what was taken back it is told by the next round");
    assert_eq!(sim.purse(), before + DEPOSIT, "all of it");
    sim.round(&mut sim.start(1)).await;
    assert_eq!(sim.told(is_bid).len(), 2, "the order stands");
}

#[tokio::test]
async fn the_machines_clock_decides_nothing() {
    for ahead in [0, 30 * DAY] {
        let sim = Sim::new();
        sim.order("tenant");
        let mut worker = sim.start(1);
        for _ in 0..3 {
            let clock = (sim.time() + ahead).saturating_sub(15 * DAY);
            let done = worker.round(clock).await;
            assert!(done.failed.is_empty(), "{done:?}");
            sim.pass(10);
        }
        assert_eq!((sim.told(is_bid).len(), sim.told(is_taken_back).len()), (1, 0));
    }
}

/// Tenants accept and close at any moment, orders come all the time, and it is started anew every few rounds.
#[tokio::test]
async fn what_it_carries_and_may_have_to_carry_is_never_beyond_its_capacity() {
    const ROOM: usize = 3;
    let sim = Sim::new();
    let mut worker = sim.start(ROOM as u64);
    let (mut accepted, mut closed, mut fullest) = (Vec::new(), 0, 0);
    for step in 0..40 {
        if step % 2 == 0 {
            sim.order("tenant");
        }
        if step % 7 == 6 {
            worker = sim.start(ROOM as u64);
        }
        sim.round(&mut worker).await;
        let (bids, leases) = (sim.open_bids().await, sim.leases().await);
        let carried = bids.len() + leases.len();
        assert!(carried <= ROOM, "step {step}: {} bids and {} leases", bids.len(), leases.len());
        fullest = fullest.max(leases.len());
        match (step % 3, bids.get(step % ROOM)) {
            (0 | 1, Some(own)) => {
                sim.accept("tenant", &own.order);
                accepted.push(own.order.clone());
            }
            (2, _) if step % 4 == 1 && !accepted.is_empty() => {
                sim.close("tenant", &accepted.remove(0));
                closed += 1;
            }
            _ => {}
        }
        sim.pass(worker.pause_seconds());
    }
    assert_eq!(fullest, ROOM, "and it uses all of it");
    assert!(closed > 1, "{closed}");
}

#[tokio::test]
async fn the_fees_of_its_heartbeats_are_never_put_down() {
    let kept = 4_250_000;
    let sim = Sim::with_purse(STAKED + 3 * DEPOSIT - 1 + kept);
    let mut worker = sim.start(10);
    sim.orders("tenant", 5, 1_000_000, |_| ());
    let done = sim.round(&mut worker).await;
    assert_eq!(sim.told(is_bid).len(), 2, "{done:?}");
    assert!(sim.purse() >= kept);
    let told: Vec<_> = done.iter().filter(|line| line.contains("`keep_for_fees`")).collect();
    assert_eq!(told.len(), 3, "{done:?}");
    sim.run(&mut worker, 300).await;
    assert_eq!(sim.told(is_bid).len(), 2);
}

#[tokio::test]
async fn a_step_that_is_refused_stops_nothing_behind_it_and_repeats_nothing_before_it() {
    let sim = Sim::new();
    let slowly = |config: &mut Config| config.poll_seconds = 300;
    let mut worker = sim.start_with(10, slowly);
    let (order, other) = (sim.order("tenant"), sim.order("other"));
    sim.round(&mut worker).await;
    sim.accept("tenant", &order);
    sim.accept("other", &other);
    sim.run(&mut worker, HOUR).await;
    // Orders of one outpost are numbered one after the other, so this is one of the two.
    sim.refuse(
        |msg| matches!(msg, ExecuteMsg::Withdraw { lease } if lease.deployment.seq % 2 == 0),
    );
    sim.order("third");
    let mut worker = sim.start_with(10, slowly);
    let Round { done, failed } = worker.round(sim.time()).await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].to_string().starts_with("cannot withdraw from"), "{failed:?}");
    assert_eq!(sim.told(is_withdrawal).len(), 1, "{done:?}");
    assert_eq!(sim.told(is_bid).len(), 3, "{done:?}");
    sim.run(&mut worker, HOUR).await;
    assert_eq!(sim.told(is_withdrawal).len(), 1, "within the day neither is tried again");
    sim.refuse(|_| false);
    sim.run(&mut worker, DAY).await;
    assert_eq!(sim.told(is_withdrawal).len(), 3, "the next day both are");
}

#[tokio::test]
async fn an_order_whose_bid_was_refused_is_bid_for_again_ten_minutes_later() {
    let sim = Sim::new();
    let mut worker = sim.start(1);
    sim.round(&mut worker).await;
    sim.order("tenant");
    sim.refuse(is_bid);
    let first = sim.round(&mut worker).await;
    assert!(first.iter().any(|line| line.starts_with("no bid for")), "{first:?}");
    sim.refuse(|_| false);
    sim.run(&mut worker, 580).await;
    assert!(sim.told(is_bid).is_empty(), "it is left alone");
    sim.run(&mut worker, 40).await;
    assert_eq!(sim.told(is_bid).len(), 1);
}

#[tokio::test]
async fn while_the_fate_of_a_transaction_is_unknown_heartbeats_are_sent_and_nothing_else() {
    let sim = Sim::new();
    let mut worker = sim.start(10);
    let order = sim.order_as("tenant", 100_000_000, shortest_window);
    sim.round(&mut worker).await;
    sim.accept("tenant", &order);
    sim.order("other");
    sim.lose_sight();
    for _ in 0..200 {
        let Round { failed, .. } = worker.round(sim.time()).await;
        assert_eq!(failed.len(), 1, "{failed:?}");
        sim.pass(worker.pause_seconds());
    }
    let beats = sim.told(is_beat);
    assert!(beats.len() >= 4, "{beats:?}");
    assert!(beats.windows(2).all(|pair| pair[1] - pair[0] <= 470), "{beats:?}");
    assert_eq!(sim.told(is_bid).len(), 1, "the one of before");
    sim.find_out();
    sim.round(&mut worker).await;
    assert_eq!(sim.told(is_bid).len(), 2);
}

/// However seldom it looks: the node fails for a while, or the heartbeat is refused.
#[tokio::test]
async fn after_a_round_that_failed_a_heartbeat_is_tried_again_within_a_minute() {
    let sim = Sim::new();
    let mut worker = sim.start_with(1, |config| config.poll_seconds = 3_600);
    let order = sim.order_as("tenant", 100_000_000, shortest_window);
    sim.round(&mut worker).await;
    sim.accept("tenant", &order);
    sim.round(&mut worker).await;
    sim.refuse(is_beat);
    sim.pass(450);
    for _ in 0..5 {
        let Round { failed, .. } = worker.round(sim.time()).await;
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert!(worker.pause_seconds() <= 60, "{}", worker.pause_seconds());
        sim.pass(worker.pause_seconds());
    }
    sim.refuse(|_| false);
    sim.lose_sight();
    assert_eq!(worker.round(sim.time()).await.failed.len(), 1);
    assert!(worker.pause_seconds() <= 60, "{}", worker.pause_seconds());
    let beats = sim.told(is_beat);
    assert_eq!(beats.len(), 2, "{beats:?}");
    assert!(beats[1] - beats[0] < 900, "before the window was over: {beats:?}");
}

#[tokio::test]
async fn a_lease_that_is_over_or_unpaid_is_served_no_longer() {
    let sim = Sim::new();
    let mut worker = sim.start_with(10, |config| config.poll_seconds = 60);
    let term = sim.order_as("tenant", 100_000_000, |group| group.term_seconds = Some(2 * HOUR));
    // Ten hours at 11 units a second.
    let poor = sim.order_as("poor", 10 * 11 * 3_600, shortest_window);
    sim.round(&mut worker).await;
    sim.accept("tenant", &term);
    sim.accept("poor", &poor);
    sim.run(&mut worker, 2 * HOUR + 120).await;
    assert_eq!(sim.told(|msg| matches!(msg, ExecuteMsg::EndLease { .. })).len(), 1);
    assert_eq!(sim.leases().await.len(), 1);
    sim.run(&mut worker, 10 * HOUR).await;
    assert_eq!(sim.told(|msg| matches!(msg, ExecuteMsg::CloseLease { .. })).len(), 1);
    assert!(sim.leases().await.is_empty());
    let beats = sim.told(is_beat).len();
    sim.run(&mut worker, HOUR).await;
    assert_eq!(sim.told(is_beat).len(), beats, "nothing is left to beat for");
    assert_eq!(worker.known.len(), 0, "nor to remember");
    assert!(
        sim.desk()
            .record()
            .await
            .unwrap()
            .is_some_and(|record| record.stake.amount == Uint128::new(STAKED))
    );
}
