//! Bids: who may, how much it takes, for how long they bind.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, LeaseId, OrdersResponse, QueryMsg};
use protocol::Code;
use protocol::control::Command;
use protocol::deployment::Selection;

use crate::suite::{BOND, PURSE, RATE, STAKE, Suite, USD, group, manual};

fn bid_msg(order: &LeaseId, rate: u128) -> ExecuteMsg {
    ExecuteMsg::Bid { order: order.clone(), rate: Uint128::new(rate), valid_for_seconds: 3_600 }
}

fn opened() -> (Suite, LeaseId) {
    let mut suite = Suite::new();
    suite.open(1, manual(), 10_000);
    let order = suite.lease_id(1, 0);
    (suite, order)
}

#[test]
fn a_bid_needs_a_rate_a_deposit_and_a_registered_bidder() {
    let (mut suite, order) = opened();
    let bid = bid_msg(&order, RATE);
    suite.refused("bob", &bid_msg(&order, 2 * RATE + 1), &coins(BOND, USD), Code::RateAboveMax);
    suite.refused("bob", &bid_msg(&order, 0), &coins(BOND, USD), Code::LimitExceeded);
    suite.refused("bob", &bid, &coins(BOND - 1, USD), Code::InsufficientDeposit);
    suite.refused("bob", &bid, &[], Code::WrongCoin);
    suite.refused("operator", &bid, &coins(BOND, USD), Code::NotFound);
    suite.run("bob", &bid, &coins(BOND, USD));
    suite.refused("bob", &bid, &coins(BOND, USD), Code::WrongState);
    let none = suite.lease_id(1, 7);
    suite.refused("bob", &bid_msg(&none, RATE), &coins(BOND, USD), Code::NotFound);
}

#[test]
fn a_deposit_may_be_in_the_bond_denom_at_its_factor() {
    let (mut suite, order) = opened();
    let bid = bid_msg(&order, RATE);
    suite.refused("bob", &bid, &coins(BOND / 2 - 1, STAKE), Code::InsufficientDeposit);
    suite.run("bob", &bid, &coins(BOND / 2, STAKE));
    let provider = suite.address("bob").into();
    suite.act(Command::AcceptBid { group: 0, provider, bid_no: 1, max_rate: Uint128::new(RATE) });
    suite.pass(7_200);
    suite.never_ready(&order);
    assert_eq!(suite.claimable("tenant", STAKE), BOND / 2, "another denom than the account's");
}

#[test]
fn a_binding_bid_costs_a_tenth_to_leave_and_an_expired_one_nothing() {
    let (mut suite, order) = opened();
    suite.bid("alice", RATE);
    suite.bid("bob", RATE);
    let bob = Some(suite.address("bob").into());
    let others = ExecuteMsg::WithdrawBid { order: order.clone(), provider: bob };
    let own = ExecuteMsg::WithdrawBid { order, provider: None };
    suite.refused("owner", &others, &[], Code::Unauthorized);
    suite.just("alice", &own);
    assert_eq!(suite.usd("alice"), PURSE - BOND / 10);
    assert_eq!(suite.status(1).free.u128(), 10_000 + BOND / 10);
    suite.pass(3_600);
    suite.just("owner", &others);
    assert_eq!(suite.usd("bob"), PURSE);
    suite.refused("bob", &own, &[], Code::NotFound);
}

// Rule 26: what is accepted is what was seen.
#[test]
fn acceptance_pins_provider_number_and_rate() {
    let (mut suite, _) = opened();
    let bid = suite.bid("alice", RATE);
    let deployment = suite.id(1);
    let accept = |group, provider: &str, bid_no, rate| ExecuteMsg::Act {
        deployment: deployment.clone(),
        command: Command::AcceptBid {
            group,
            provider: provider.into(),
            bid_no,
            max_rate: Uint128::new(rate),
        },
    };
    let bob = suite.address("bob").to_string();
    suite.refused("tenant", &accept(0, &bid.provider, 1, RATE - 1), &[], Code::RateAboveMax);
    suite.refused("tenant", &accept(0, &bid.provider, 2, RATE), &[], Code::NotFound);
    suite.refused("tenant", &accept(0, &bob, 1, RATE), &[], Code::NotFound);
    suite.refused("tenant", &accept(1, &bid.provider, 1, RATE), &[], Code::NotFound);
    suite.refused("bob", &accept(0, &bid.provider, 1, RATE), &[], Code::Unauthorized);
    suite.just("tenant", &accept(0, &bid.provider, 1, RATE));
    suite.just("tenant", &accept(0, &bid.provider, 1, RATE));
    suite.refused("tenant", &accept(0, &bob, 1, RATE), &[], Code::WrongState);
}

#[test]
fn an_expired_bid_cannot_be_accepted() {
    let (mut suite, _) = opened();
    let bid = suite.bid("alice", RATE);
    suite.pass(3_600);
    let deployment = suite.id(1);
    let command = Command::AcceptBid {
        group: 0,
        provider: bid.provider,
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    };
    let accept = ExecuteMsg::Act { deployment, command };
    suite.refused("tenant", &accept, &[], Code::TooLate);
}

#[test]
fn acceptance_needs_the_runway() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 599);
    let bid = suite.bid("alice", RATE);
    let deployment = suite.id(1);
    let command = Command::AcceptBid {
        group: 0,
        provider: bid.provider,
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    };
    let accept = ExecuteMsg::Act { deployment, command };
    suite.refused("tenant", &accept, &[], Code::InsufficientDeposit);
    let top_up = ExecuteMsg::TopUp { tenant: None, seq: 1 };
    suite.run("tenant", &top_up, &coins(100, USD));
    suite.just("tenant", &accept);
}

#[test]
fn orders_say_whom_they_want() {
    let mut suite = Suite::new();
    let (alice, bob) = (suite.address("alice").to_string(), suite.address("bob").to_string());
    let wanted = |change: &dyn Fn(&mut protocol::Group)| {
        let mut group = group("web", Selection::Manual {});
        change(&mut group);
        vec![group]
    };
    let cases = [
        wanted(&|group| group.allow = vec![alice.clone()]),
        wanted(&|group| group.deny = vec![bob.clone()]),
        wanted(&|group| group.min_stake = Some(Uint128::new(1_001))),
        wanted(&|group| {
            group.requirements.attributes = vec![crate::suite::attribute("region", "us")];
        }),
    ];
    for (seq, groups) in (1..).zip(cases) {
        suite.open(seq, groups, 1_000);
        let order = suite.lease_id(seq, 0);
        let bid = bid_msg(&order, RATE);
        suite.refused("bob", &bid, &coins(BOND, USD), Code::ProviderIneligible);
    }
    let first = suite.lease_id(1, 0);
    suite.run("alice", &bid_msg(&first, RATE), &coins(BOND, USD));

    let page =
        |start_after| QueryMsg::Orders { tenant: None, denom: None, start_after, limit: Some(3) };
    let orders: OrdersResponse = suite.ask(&page(None));
    let ids: Vec<_> = orders.orders.iter().map(|order| order.id.deployment.seq).collect();
    assert_eq!((ids, orders.orders[0].bids), (vec![1, 2, 3], 1));
    let rest: OrdersResponse = suite.ask(&page(Some(suite.lease_id(3, 0))));
    assert_eq!(rest.orders.len(), 1);
}

#[test]
fn a_tenant_does_not_bid_for_its_own_order() {
    let mut suite = Suite::new();
    suite.register("tenant");
    suite.open(1, manual(), 1_000);
    let order = suite.lease_id(1, 0);
    let bid = bid_msg(&order, RATE);
    suite.refused("tenant", &bid, &coins(BOND, USD), Code::ProviderIneligible);
}

#[test]
fn b3_deposits_of_lost_bids_outlive_the_deployment_and_are_returned() {
    let (mut suite, order) = opened();
    suite.bid("bob", RATE);
    suite.act(Command::CloseDeployment {});
    suite.just("bob", &ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!(suite.usd("bob"), PURSE);
}
