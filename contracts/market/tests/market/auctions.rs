//! Auctions: the twenty best bids, what it takes to take a place, and the decision by the lowest.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, LeaseId, OrderInfo, QueryMsg};
use protocol::Code;
use protocol::control::{Command, GroupState};
use protocol::deployment::Selection;

use crate::suite::{BOND, CROWD, PURSE, RATE, STAKE, Suite, USD, attribute, attribute_of, group};

/// Seconds of bidding.
const BIDDING: u64 = 600;

/// An auction whose provider must be in `eu-west`.
fn auction() -> (Suite, LeaseId) {
    let mut suite = Suite::new();
    let mut wanted = group("web", Selection::Lowest { bidding_seconds: BIDDING });
    wanted.requirements.attributes = vec![attribute("region", "eu-west")];
    suite.open(1, vec![wanted], 10_000);
    let order = suite.lease_id(1, 0);
    (suite, order)
}

fn decide(order: &LeaseId) -> ExecuteMsg {
    ExecuteMsg::Match { order: order.clone() }
}

fn withdraw(order: &LeaseId, provider: Option<&str>) -> ExecuteMsg {
    ExecuteMsg::WithdrawBid { order: order.clone(), provider: provider.map(Into::into) }
}

#[test]
fn the_lowest_bid_wins_and_the_earlier_of_two_equals() {
    let (mut suite, order) = auction();
    suite.register("operator");
    suite.bid("alice", RATE);
    suite.bid("bob", RATE - 1);
    suite.bid("operator", RATE - 1);
    suite.pass(BIDDING);
    suite.just("owner", &decide(&order));
    let lease = suite.lease(&order);
    assert_eq!(lease.provider, suite.address("bob").to_string());
    assert_eq!((lease.rate.u128(), lease.state), (RATE - 1, GroupState::Pending));
    assert_eq!(lease.bond.amount.u128(), BOND);
    suite.just("alice", &withdraw(&order, None));
    assert_eq!(suite.usd("alice"), PURSE, "who did not win has its deposit back");
    suite.refused("owner", &decide(&order), &[], Code::NotFound);
}

#[test]
fn an_auction_is_decided_in_the_hour_after_its_bidding_and_not_outside_it() {
    let (mut suite, order) = auction();
    suite.bid("alice", RATE);
    let info: OrderInfo = suite.ask(&QueryMsg::Order { id: order.clone() });
    assert_eq!(info.match_by, info.bidding_until.map(|until| until + 3_600));
    suite.pass(BIDDING - 1);
    suite.refused("owner", &decide(&order), &[], Code::TooEarly);
    suite.pass(1);
    suite.refused("bob", &suite.bid_msg(1, 60), &coins(BOND, USD), Code::TooLate);
    suite.pass(3_600);
    suite.refused("owner", &decide(&order), &[], Code::TooLate);
    let alice = suite.address("alice").to_string();
    suite.just("owner", &withdraw(&order, Some(&alice)));
    assert_eq!(suite.usd("alice"), PURSE, "it binds no more");

    let late = suite.bid("bob", RATE);
    let provider = late.provider;
    suite.act(Command::AcceptBid { group: 0, provider, bid_no: late.bid_no, max_rate: late.rate });
    assert_eq!(suite.status(1).groups[0].state, GroupState::Pending, "an order like any other");
}

#[test]
fn bids_of_an_auction_bind_until_its_decision_whatever_they_say() {
    let (mut suite, order) = auction();
    suite.run("alice", &suite.bid_msg(RATE, 1), &coins(BOND, USD));
    suite.pass(BIDDING);
    let alice = suite.address("alice").to_string();
    suite.refused("owner", &withdraw(&order, Some(&alice)), &[], Code::Unauthorized);
    suite.just("alice", &withdraw(&order, None));
    assert_eq!(suite.usd("alice"), PURSE - BOND / 10);
    suite.refused("owner", &decide(&order), &[], Code::WrongState);
}

#[test]
fn an_order_does_not_expire_while_its_auction_binds() {
    let mut suite = Suite::new();
    let mut wanted = group("web", Selection::Lowest { bidding_seconds: BIDDING });
    wanted.expires_in_seconds = BIDDING;
    suite.open(1, vec![wanted], 10_000);
    let order = suite.lease_id(1, 0);
    suite.bid("alice", RATE);
    suite.pass(BIDDING + 3_599);
    suite.refused("owner", &ExecuteMsg::ExpireOrder { order: order.clone() }, &[], Code::TooEarly);
    suite.just("owner", &decide(&order));
}

#[test]
fn who_drops_a_required_attribute_is_passed_over_and_pays_a_tenth() {
    let (mut suite, order) = auction();
    suite.bid("alice", RATE - 1);
    suite.bid("bob", RATE);
    let update = ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(vec![]) };
    suite.just("alice", &update);
    suite.pass(BIDDING);
    suite.just("owner", &decide(&order));
    assert_eq!(suite.lease(&order).provider, suite.address("bob").to_string());
    assert_eq!(suite.claimable("alice", USD), BOND - BOND / 10);
    assert_eq!(suite.status(1).free.u128(), 10_000 + BOND / 10);
}

#[test]
fn an_auction_without_a_bid_that_can_win_changes_nothing() {
    let (mut suite, order) = auction();
    suite.bid("alice", RATE);
    let update = ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(vec![]) };
    suite.just("alice", &update);
    suite.pass(BIDDING);
    suite.refused("owner", &decide(&order), &[], Code::WrongState);
    assert_eq!(suite.bidders(), ["alice"]);
    let alice = suite.address("alice").to_string();
    suite.just("owner", &withdraw(&order, Some(&alice)));
    assert_eq!(suite.usd("alice"), PURSE - BOND / 10, "anyone may clear it away, at its cost");
}

#[test]
fn an_auction_whose_account_is_too_poor_can_be_decided_after_a_top_up() {
    let mut suite = Suite::new();
    let lowest = Selection::Lowest { bidding_seconds: BIDDING };
    suite.open(1, vec![group("web", lowest)], 599);
    let order = suite.lease_id(1, 0);
    suite.bid("alice", RATE);
    suite.pass(BIDDING);
    suite.refused("owner", &decide(&order), &[], Code::InsufficientDeposit);
    let top_up = ExecuteMsg::TopUp { tenant: None, seq: 1 };
    suite.run("tenant", &top_up, &coins(100, USD));
    suite.just("owner", &decide(&order));
}

#[test]
fn only_an_auction_is_matched() {
    let mut suite = Suite::new();
    suite.open(1, crate::suite::manual(), 1_000);
    let order = suite.lease_id(1, 0);
    suite.refused("owner", &decide(&order), &[], Code::WrongState);
    suite.just("pauser", &ExecuteMsg::Pause {});
    suite.refused("owner", &decide(&order), &[], Code::Paused);
}

#[test]
fn a_full_order_makes_room_for_half_a_percent_less_than_its_worst() {
    let (mut suite, _) = auction();
    suite.fill_slots();
    let worst = RATE + 19;
    let most = worst * 995 / 1_000;
    let deposit = coins(2 * BOND, USD);
    suite.refused("bob", &suite.bid_msg(most + 1, 60), &deposit, Code::RateAboveMax);
    let response = suite.run("bob", &suite.bid_msg(most, 60), &deposit);
    let evicted = attribute_of(&response, "wasm-bid_evicted", "provider");
    assert_eq!(evicted, suite.address(CROWD[19]).to_string());
    assert_eq!(suite.claimable(CROWD[19], USD), 2 * BOND, "the whole deposit");
    assert_eq!(suite.bidders().len(), 20);
    assert!(suite.bidders().contains(&"bob"));
}

#[test]
fn a_bid_that_binds_no_more_gives_its_place_to_any_other() {
    let mut suite = Suite::new();
    suite.open(1, crate::suite::manual(), 1_000);
    suite.fill_slots();
    let dear = suite.bid_msg(2 * RATE, 60);
    let deposit = coins(2 * BOND, USD);
    suite.refused("bob", &dear, &deposit, Code::RateAboveMax);
    suite.pass(3_600);
    suite.run("bob", &dear, &deposit);
    assert_eq!(suite.bidders().len(), 20);
}

#[test]
fn a_leaving_provider_stays_bound_by_its_bids() {
    let (mut suite, order) = auction();
    suite.bid("alice", RATE);
    suite.just("alice", &ExecuteMsg::DeregisterProvider {});
    let alice = suite.address("alice").to_string();
    suite.refused("owner", &withdraw(&order, Some(&alice)), &[], Code::Unauthorized);
    suite.pass(BIDDING);
    suite.just("owner", &decide(&order));
    assert_eq!(suite.lease(&order).provider, alice);
}

#[test]
fn a_stake_is_held_until_no_bid_binds() {
    let mut suite = Suite::new();
    let mut wanted = group("web", Selection::Manual {});
    wanted.expires_in_seconds = 5 * 86_400;
    suite.open(1, vec![wanted], 1_000);
    suite.run("alice", &suite.bid_msg(RATE, 3 * 86_400), &coins(BOND, USD));
    suite.just("alice", &ExecuteMsg::DeregisterProvider {});
    let provider = suite.address("alice").to_string();
    let release = ExecuteMsg::ReleaseStake { provider: provider.clone() };
    suite.pass(2 * 86_400);
    suite.refused("owner", &release, &[], Code::TooEarly);
    // The binding is counted in whole days.
    suite.pass(2 * 86_400);
    suite.just("owner", &release);
    assert_eq!(suite.claimable("alice", STAKE), 1_000);
    let order = suite.lease_id(1, 0);
    suite.just("owner", &withdraw(&order, Some(&provider)));
    assert_eq!(suite.usd("alice"), PURSE);
}

#[test]
fn an_operator_does_not_accept_its_own_bid() {
    use protocol::deployment::{LocalOperator, Scope};
    let mut suite = Suite::new();
    let mut deployment = crate::suite::deployment(crate::suite::manual());
    deployment.local_operators = vec![LocalOperator {
        address: suite.address("alice").into(),
        scopes: vec![Scope::BidAccept],
        expires_in_seconds: None,
    }];
    let open = ExecuteMsg::Open { seq: 1, refund_to: None, deployment };
    suite.run("tenant", &open, &coins(1_000, USD));
    for (name, accepted) in [("alice", false), ("bob", true)] {
        let bid = suite.bid(name, RATE);
        let max_rate = Uint128::new(RATE);
        let command =
            Command::AcceptBid { group: 0, provider: bid.provider, bid_no: bid.bid_no, max_rate };
        let accept = ExecuteMsg::Act { deployment: suite.id(1), command };
        if accepted {
            suite.just("alice", &accept);
        } else {
            suite.refused("alice", &accept, &[], Code::Unauthorized);
        }
    }
}
