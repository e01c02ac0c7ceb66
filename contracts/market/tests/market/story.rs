//! The one story, on one chain: buy, serve, pay, close, and every unit is somewhere.

use cosmwasm_std::{Uint128, coins, from_json};
use market::msg::{DeploymentsResponse, ExecuteMsg, QueryMsg, SolvencyResponse, StoredTombstone};
use protocol::control::{Answer, Command, DeploymentState, GroupState};

use crate::suite::{BOND, PEOPLE, PURSE, RATE, Suite, USD, attribute_of, by_offer, group, manual};

fn conserved(suite: &Suite) {
    let outside: u128 = PEOPLE.iter().map(|name| suite.usd(name)).sum();
    let inside = suite.balance(&suite.market, USD);
    assert_eq!(outside + inside, PURSE * u128::try_from(PEOPLE.len()).unwrap());
}

#[test]
fn an_offer_starts_its_lease_in_the_opening_message() {
    let mut suite = Suite::new();
    let lease = suite.leased(10_000);
    let info = suite.lease(&lease);
    assert_eq!(info.state, GroupState::Pending);
    assert_eq!(info.rate.u128(), RATE);
    assert_eq!(info.bond.amount.u128(), BOND);

    suite.pass(100);
    suite.beat("alice", &lease);
    suite.pass(1_000);
    let before = suite.usd("alice");
    suite.just("owner", &ExecuteMsg::Withdraw { lease: lease.clone() });
    assert_eq!(suite.usd("alice") - before, 980, "1,000 s less 2 %, and nothing before the beat");
    assert_eq!(suite.claimable("treasury", USD), 20);
    assert_eq!(suite.status(1).free.u128(), 9_000);
    assert_eq!(suite.status(1).groups[0].state, GroupState::Active);
    conserved(&suite);

    suite.pass(500);
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.usd("tenant"), PURSE - 1_500);
    assert_eq!(suite.claimable("alice", USD), 490);
    suite.claim("alice", USD);
    suite.claim("treasury", USD);
    assert_eq!(suite.usd("treasury"), PURSE + 30);
    assert_eq!(suite.status(1).state, DeploymentState::Closed);
    conserved(&suite);

    suite.just("alice", &ExecuteMsg::CancelOffer { offer: 1 });
    suite.claim("alice", USD);
    assert_eq!(suite.balance(&suite.market, USD), 0, "nothing is left behind");
    conserved(&suite);
}

#[test]
fn a_tenant_accepts_one_of_two_bids() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 10_000);
    suite.bid("alice", RATE);
    let cheaper = suite.bid("bob", RATE / 2);
    suite.act(Command::AcceptBid {
        group: 0,
        provider: cheaper.provider.clone(),
        bid_no: cheaper.bid_no,
        max_rate: cheaper.rate,
    });
    let order = suite.lease_id(1, 0);
    assert_eq!(suite.lease(&order).provider, cheaper.provider);

    let alice = suite.address("alice").to_string();
    let msg = ExecuteMsg::WithdrawBid { order: order.clone(), provider: Some(alice) };
    suite.just("owner", &msg);
    assert_eq!(suite.usd("alice"), PURSE, "the loser has its whole deposit back, whoever asks");

    suite.beat("bob", &order);
    suite.pass(100);
    let info = suite.deployment(1);
    assert_eq!((info.deposited.u128(), info.short_since, info.fee_bps), (10_000, None, 200));
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.usd("tenant"), PURSE - 50);
    assert_eq!(suite.claimable("bob", USD), BOND + 49, "bond and pay, less the fee");
    conserved(&suite);
}

#[test]
fn closing_twice_answers_the_same_and_the_number_stays_used() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    for _ in 0..2 {
        let response = suite.act(Command::CloseDeployment {});
        let answer: Answer = from_json(response.data.unwrap()).unwrap();
        assert_eq!(answer, Answer::Done {});
    }
    assert_eq!(suite.usd("tenant"), PURSE);
    let tombstone: StoredTombstone = suite.ask(&QueryMsg::Tombstone { id: suite.id(1) });
    assert_eq!((tombstone.reason.as_str(), tombstone.refunded.u128()), ("closed", 1_000));
    let again = crate::suite::open_msg(1, manual());
    suite.refused("tenant", &again, &coins(1_000, USD), protocol::Code::UsedSeq);
    let msg = QueryMsg::Deployments {
        tenant: suite.tenant("tenant"),
        denom: None,
        state: None,
        start_after: None,
        limit: None,
    };
    let listed: DeploymentsResponse = suite.ask(&msg);
    assert_eq!(listed.deployments.len(), 1);
    assert_eq!(listed.deployments[0].state, DeploymentState::Closed);
}

#[test]
fn anyone_tops_up_and_surplus_comes_back() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.beat("alice", &lease);
    let msg = ExecuteMsg::TopUp { tenant: Some(suite.tenant("tenant")), seq: 1 };
    suite.run("bob", &msg, &coins(5_000, USD));
    assert_eq!(suite.status(1).free.u128(), 6_000);
    suite.act(Command::WithdrawSurplus {});
    assert_eq!(suite.status(1).free.u128(), 600, "the runway of ten minutes stays");
    assert_eq!(suite.usd("tenant"), PURSE - 1_000 + 5_400);
    conserved(&suite);
}

#[test]
fn each_change_of_state_has_a_greater_revision() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    let groups = vec![group("a", by_offer(offer)), group("b", by_offer(offer))];
    suite.open(1, groups, 10_000);
    let opened = suite.status(1).revision;
    let lease = suite.lease_id(1, 0);
    suite.beat("alice", &lease);
    let active = suite.status(1).revision;
    suite.beat("alice", &lease);
    assert_eq!(suite.status(1).revision, active, "a further beat changes no state");
    suite.act(Command::CloseLease { group: 1 });
    let one_left = suite.status(1).revision;
    suite.act(Command::CloseDeployment {});
    let closed = suite.status(1).revision;
    assert!(opened < active && active < one_left && one_left < closed);
}

#[test]
fn solvency_counts_what_is_owed_and_not_what_was_given_away() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let (from, to) = (suite.address("bob"), suite.market.clone());
    let gift = cosmwasm_std::BankMsg::Send { to_address: to.into(), amount: coins(7, USD) };
    cw_multi_test::Executor::execute(&mut suite.app, from, gift.into()).unwrap();
    let answer: SolvencyResponse = suite.ask(&QueryMsg::Solvency { denom: USD.into() });
    assert_eq!((answer.bank.u128(), answer.liabilities.u128()), (1_007, 1_000));
    assert!(answer.solvent && answer.in_flight == Uint128::zero());
}

// Rule 46: each transition is an event of its own type.
#[test]
fn transitions_are_events() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    let opened = suite.open(1, vec![group("web", by_offer(offer))], 10_000);
    let id = suite.id(1).to_string();
    assert_eq!(attribute_of(&opened, "wasm-deployment_opened", "deployment"), id);
    assert_eq!(attribute_of(&opened, "wasm-lease_started", "rate"), RATE.to_string());
    let lease = suite.lease_id(1, 0);
    let beaten = suite.beat("alice", &lease);
    assert_eq!(attribute_of(&beaten, "wasm-lease_active", "group"), "0");
    let skipped = suite.beat("bob", &lease);
    let reason = attribute_of(&skipped, "wasm-heartbeat_skipped", "reason");
    assert!(reason.starts_with("unauthorized: "), "{reason}");
    let closed = suite.act(Command::CloseDeployment {});
    assert_eq!(attribute_of(&closed, "wasm-lease_closed", "reason"), "tenant");
    assert_eq!(attribute_of(&closed, "wasm-deployment_closed", "refunded"), "10000");
}
