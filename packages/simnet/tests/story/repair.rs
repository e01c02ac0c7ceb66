//! Repair under attack: callbacks of several owners are lost at once, anyone may ask for anything,
//! and nobody gets what is another's (R1 of the wire; R3 is tested with the outpost alone).

use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use simnet::world::orders::{from_offer, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX};
use simnet::{CallbackKind, World};

use super::{DAY, HOUR, THOUSAND, world_with_offer};

/// An owner whose purchase succeeded, and what it paid.
const TAKER: (&str, u128) = ("taker", 300_000_000);
/// Owners whose purchases were refused, and what is back of each.
const LOSERS: [(&str, u128); 3] = [("dao", 300_000_000), ("l1", 200_000_000), ("l2", 100_000_000)];

/// Every purchase was carried to the market and back, and the outpost heard of none: the taker's
/// coin is at the market, those of the losers are back. Returns the orders in that order.
fn deaf_world() -> (World, u64, Vec<u64>) {
    let (mut world, offer) = world_with_offer();
    let buy = |world: &mut World, (owner, units): (&str, u128), max_rate: Option<u64>| {
        if owner != "dao" {
            world.fund(owner, units).unwrap();
        }
        let mut deployment = web_server(from_offer(offer));
        if let Some(max_rate) = max_rate {
            deployment.groups[0].max_rate = max_rate.into();
        }
        world.buy(owner, deployment, units).unwrap()
    };
    let taken = buy(&mut world, TAKER, None);
    let lost = LOSERS.iter().map(|loser| buy(&mut world, *loser, Some(1_000))).collect();
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
    world.relay().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);
    (world, taken, lost)
}

/// What the outpost owes to everybody who could want something.
fn owed(world: &World) -> Vec<u128> {
    let names = LOSERS.iter().map(|(name, _)| *name).chain([TAKER.0]);
    names.map(|name| world.claimable(name, USDX).unwrap()).collect()
}

fn number(world: &World, seq: u64) -> u64 {
    world.order(seq).unwrap().n
}

#[test]
fn lost_refunds_of_several_owners_reach_each_of_them_once() {
    let (mut world, taken, lost) = deaf_world();
    assert_eq!(owed(&world), [0, 0, 0, 0], "all is back, nothing is credited");
    world.pass(2 * HOUR).unwrap();
    for seq in lost.iter().rev().chain([&taken]) {
        world.reconcile(number(&world, *seq)).unwrap();
    }
    world.relay().unwrap();
    assert_eq!(owed(&world), [300_000_000, 200_000_000, 100_000_000, 0]);
    for ((owner, units), seq) in LOSERS.iter().zip(&lost) {
        assert!(world.reconcile(number(&world, *seq)).is_err(), "credited once");
        let before = world.usdx_of(owner).unwrap();
        world.claim(owner).unwrap();
        assert_eq!(world.usdx_of(owner).unwrap(), before + units);
    }
    assert_eq!(world.order(taken).unwrap().state, OrderState::Leased);
    assert_eq!(world.b().balance(&world.outpost.clone(), USDX).unwrap(), 0);
}

#[test]
fn the_owner_of_a_successful_order_cannot_take_a_lost_refund() {
    let (mut world, taken, lost) = deaf_world();
    let n = number(&world, taken);
    // Coins of the same amount and denom are here and credited to nobody yet.
    world.pass(2 * HOUR).unwrap();
    for _again in 0..3 {
        let _ = world.outpost(TAKER.0, &Outpost::Reconcile { n }, &[]);
        world.relay().unwrap();
    }
    assert_eq!(owed(&world), [0, 0, 0, 0]);
    assert_eq!(world.order(taken).unwrap().state, OrderState::Leased);
    for msg in [
        Outpost::Cancel { seq: taken },
        Outpost::Send { seq: taken },
        Outpost::AnnounceRefund { n },
        Outpost::Reconcile { n },
        Outpost::Reconcile { n: number(&world, lost[0]) },
    ] {
        let _ = world.outpost(TAKER.0, &msg, &[]);
        world.relay().unwrap();
        assert_eq!(world.claimable(TAKER.0, USDX).unwrap(), 0, "{msg:?}");
    }
    // The last of these was a service to the DAO.
    assert_eq!(owed(&world), [300_000_000, 0, 0, 0]);
}

#[test]
fn silence_does_not_help_the_taker_either() {
    let (mut world, taken, lost) = deaf_world();
    // Nobody asks for two weeks; then the taker does, before all others.
    world.pass(15 * DAY).unwrap();
    let n = number(&world, taken);
    world.outpost(TAKER.0, &Outpost::Reconcile { n }, &[]).unwrap();
    assert_eq!(owed(&world), [0, 0, 0, 0], "not everything that is unresolved is back");
    world.relay().unwrap();
    assert_eq!(world.claimable(TAKER.0, USDX).unwrap(), 0);
    // Now all that is unresolved is back, and needs no word of the market any more.
    for seq in &lost {
        world.reconcile(number(&world, *seq)).unwrap();
    }
    assert_eq!(owed(&world), [300_000_000, 200_000_000, 100_000_000, 0]);
}

#[test]
fn acknowledgements_that_come_after_the_repair_change_nothing() {
    let (mut world, offer) = world_with_offer();
    let good = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 2).unwrap();
    let mut refused = web_server(from_offer(offer));
    refused.groups[0].max_rate = 1_000_u64.into();
    let refused = world.buy("dao", refused, THOUSAND / 2).unwrap();
    // Both arrive; nobody carries the acknowledgements back.
    for (packet, _) in world.relayer.pending(&world.network).unwrap() {
        world.network.receive(&packet).unwrap();
        world.relayer.withhold(packet);
    }
    let withheld: Vec<_> = world.network.in_flight().unwrap();
    world.pass(2 * HOUR).unwrap();
    for seq in [good, refused] {
        world.reconcile(number(&world, seq)).unwrap();
    }
    world.relay().unwrap();
    assert_eq!(world.order(good).unwrap().state, OrderState::Leased);
    assert_eq!(world.order(refused).unwrap().state, OrderState::RefundDue, "its coin is not back");
    for (packet, _) in withheld {
        world.relayer.release(&packet);
    }
    world.relay().unwrap();
    assert_eq!(world.order(good).unwrap().state, OrderState::Leased);
    assert_eq!(world.order(refused).unwrap().state, OrderState::Refunded);
    assert_eq!(world.claimable("dao", USDX).unwrap(), THOUSAND / 2, "once");
    assert_eq!(world.flights().unwrap(), []);
}

#[test]
fn a_market_that_answers_never_too_early_moves_nothing() {
    let (mut world, offer) = world_with_offer();
    let units = THOUSAND / 2;
    // Another owner's coin is back of which the outpost has no word: it must not pay for the DAO's.
    world.fund("loser", units).unwrap();
    let mut refused = web_server(from_offer(offer));
    refused.groups[0].max_rate = 1_000_u64.into();
    let lost = world.buy("loser", refused, units).unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
    world.relay().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);

    let bought = world.buy("dao", web_server(from_offer(offer)), units).unwrap();
    let (packet, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    world.relayer.withhold(packet.clone());
    // The outpost's clock is past the packet's timeout, the market's is not.
    world.pass_on(OUTPOST_CHAIN, 2 * HOUR).unwrap();
    world.reconcile(number(&world, bought)).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(bought).unwrap().state, OrderState::InFlight, "`never`, but too early");
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);

    world.relayer.release(&packet);
    world.relay().unwrap();
    assert_eq!(world.order(bought).unwrap().state, OrderState::Acked, "it was still received");
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0, "its coin is at the market");

    // When the market's clock is past the other packet's timeout, its word about that is final.
    world.pass_on(MARKET_CHAIN, 2 * HOUR).unwrap();
    world.reconcile(number(&world, lost)).unwrap();
    world.relay().unwrap();
    assert_eq!(world.claimable("loser", USDX).unwrap(), units);
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
}
