//! `buy` and `top_up`.

use cosmwasm_std::{coin, from_json};
use outpost::ContractError;
use outpost::msg::responses::{FlightKind, OrderState};
use outpost::msg::{ExecuteMsg, Operator};
use protocol::Action;
use protocol::deployment::Scope;
use protocol::ics20::SUCCESS_ACK;
use protocol::limits::{self, LimitError};

use crate::suite::{MARKET, Suite, TRANSFER, USDX, order, purchase};

#[test]
fn one_call_with_one_coin_sends_one_packet_that_carries_the_order() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    assert_eq!((sent.channel.as_str(), sent.to.as_str()), (TRANSFER, MARKET));
    assert_eq!(sent.coin, coin(1_000, USDX));
    assert_eq!(sent.timeout_at, suite.now() + 100);
    let Action::Open(open) = sent.message().action else { panic!("an order was sent") };
    assert_eq!(open.account, suite.who("dao").as_str());
    assert_eq!((open.seq, open.refund_to), (seq, None));
    assert_eq!(open.deployment, order().deployment);
    assert_eq!(suite.state(seq), OrderState::InFlight);
    let flights = suite.in_flight().packets;
    assert_eq!((flights[0].kind, flights[0].sequence), (FlightKind::Open, sent.sequence));
    assert_eq!(suite.solvency().unresolved.u128(), 1_000);
}

#[test]
fn the_json_of_a_dao_is_understood() {
    let mut suite = Suite::proved();
    let deployment = serde_json::to_string(&order().deployment).unwrap();
    let json = format!(r#"{{"buy":{{"route":"akash","deployment":{deployment}}}}}"#);
    let buy: ExecuteMsg = from_json(json.as_bytes()).unwrap();
    assert_eq!(buy, purchase());
    suite.execute("dao", &buy, &[coin(1, USDX)]).unwrap();
    let unknown = json.replace("\"route\"", "\"rout\":1,\"route\"");
    assert!(from_json::<ExecuteMsg>(unknown.as_bytes()).is_err());
}

#[test]
fn numbers_are_never_used_again() {
    let mut suite = Suite::proved();
    let (first, sent) = suite.buy("dao", 1);
    suite.time_out(&sent);
    let (second, again) = suite.buy("dao", 1);
    assert!(second > first);
    assert!(again.message().n > sent.message().n);
}

// Rule 21: exactly one coin, and not more than a packet may carry.
#[test]
fn anything_but_one_coin_is_refused() {
    let mut suite = Suite::proved();
    let none = suite.execute("dao", &purchase(), &[]);
    assert!(matches!(none, Err(ContractError::NotOneCoin { got: 0 })));
    let two = suite.execute("dao", &purchase(), &[coin(1, USDX), coin(1, "uatom")]);
    assert!(matches!(two, Err(ContractError::NotOneCoin { got: 2 })));
    let zero = suite.execute("dao", &purchase(), &[coin(0, USDX)]);
    assert!(matches!(zero, Err(ContractError::Amount { .. })));
    let most = suite.execute("dao", &purchase(), &[coin(limits::AMOUNT, USDX)]);
    assert!(most.is_ok());
    let more = suite.execute("dao", &purchase(), &[coin(limits::AMOUNT + 1, USDX)]);
    assert!(matches!(more, Err(ContractError::Amount { .. })));
}

#[test]
fn an_unproved_denom_and_an_unknown_route_are_refused() {
    let mut suite = Suite::proved();
    let unproved = suite.execute("dao", &purchase(), &[coin(1, "uatom")]);
    assert!(
        matches!(unproved, Err(ContractError::UnprovedRoute { denom, .. }) if denom == "uatom")
    );
    let mut elsewhere = order();
    elsewhere.route = "elsewhere".into();
    let unknown = suite.execute("dao", &ExecuteMsg::Buy(Box::new(elsewhere)), &[coin(1, USDX)]);
    assert!(matches!(unknown, Err(ContractError::UnknownRoute { .. })));
}

// Rule 28: timeouts are relative and within limits.
#[test]
fn a_timeout_is_taken_at_its_limits_and_refused_beyond() {
    let mut suite = Suite::proved();
    let with = |timeout_seconds| {
        let mut order = order();
        order.timeout_seconds = Some(timeout_seconds);
        ExecuteMsg::Buy(Box::new(order))
    };
    for seconds in [20, limits::TIMEOUT_MAX_SECONDS] {
        suite.execute("dao", &with(seconds), &[coin(1, USDX)]).unwrap();
        assert_eq!(suite.last_sent().timeout_at, suite.now() + seconds);
    }
    for seconds in [19, limits::TIMEOUT_MAX_SECONDS + 1] {
        let refused = suite.execute("dao", &with(seconds), &[coin(1, USDX)]);
        assert!(matches!(refused, Err(ContractError::Limit(LimitError::OutOfRange { .. }))));
    }
}

#[test]
fn a_bad_order_is_refused_before_its_coin_leaves() {
    let mut suite = Suite::proved();
    let mut bad = order();
    bad.deployment.runway_seconds = 1;
    let refused = suite.execute("dao", &ExecuteMsg::Buy(Box::new(bad)), &[coin(1, USDX)]);
    assert!(matches!(refused, Err(ContractError::Memo(_))));
    let mut bad = order();
    bad.refund_to = Some("nobody".into());
    let refused = suite.execute("dao", &ExecuteMsg::Buy(Box::new(bad)), &[coin(1, USDX)]);
    assert!(matches!(refused, Err(ContractError::BadAddress { field: "refund_to", .. })));
}

#[test]
fn operators_are_at_most_four_each_named_once_and_with_a_scope() {
    let mut suite = Suite::proved();
    let with = |operators| {
        let mut order = order();
        order.operators = operators;
        ExecuteMsg::Buy(Box::new(order))
    };
    let operator = |name: String, scopes| Operator { address: name, scopes };
    let named = |suite: &Suite, i| operator(suite.who(i).into(), vec![Scope::Close]);
    let four = ["a", "b", "c", "d"].map(|name| named(&suite, name)).to_vec();
    suite.execute("dao", &with(four.clone()), &[coin(1, USDX)]).unwrap();
    let five = [four.clone(), vec![named(&suite, "e")]].concat();
    let twice = vec![four[0].clone(), four[0].clone()];
    let idle = vec![operator(suite.who("a").into(), Vec::new())];
    for refused in [five, twice, idle] {
        let result = suite.execute("dao", &with(refused), &[coin(1, USDX)]);
        assert!(matches!(result, Err(ContractError::Limit(_))));
    }
    let stranger = vec![operator("nobody".into(), vec![Scope::Close])];
    let result = suite.execute("dao", &with(stranger), &[coin(1, USDX)]);
    assert!(matches!(result, Err(ContractError::BadAddress { .. })));
}

// Rule 39: one owner cannot fill the store for nothing.
#[test]
fn live_orders_of_an_owner_are_limited_and_end_by_their_refund() {
    let mut suite = Suite::proved();
    let packets: Vec<_> = (0..64).map(|_| suite.buy("dao", 1).1).collect();
    let one_more = suite.execute("dao", &purchase(), &[coin(1, USDX)]);
    assert!(matches!(one_more, Err(ContractError::TooManyOrders { max: 64, .. })));
    suite.buy("another", 1);
    suite.time_out(&packets[0]);
    suite.buy("dao", 1);
}

#[test]
fn anyone_tops_up_and_gets_a_failed_top_up_back() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    suite.execute("friend", &ExecuteMsg::TopUp { seq }, &[coin(50, USDX)]).unwrap();
    let sent = suite.last_sent();
    let Action::TopUp(top_up) = sent.message().action else { panic!("a top-up was sent") };
    assert_eq!((top_up.account, top_up.seq), (suite.who("dao").to_string(), seq));
    assert_eq!(top_up.tenant, None);
    suite.acknowledge(&sent, br#"{"error":"ABCI code: 6"}"#);
    assert_eq!((suite.claimable("friend"), suite.claimable("dao")), (50, 0));
    assert_eq!(suite.state(seq), OrderState::Acked);
    suite.claim("friend").unwrap();
    assert_eq!(suite.paid("friend"), 50);
}

#[test]
fn a_top_up_is_for_an_order_that_may_live_and_in_its_denom() {
    let mut suite = Suite::proved();
    suite.probe(coin(1, "uatom"));
    let top_up = ExecuteMsg::TopUp { seq: 9 };
    let unknown = suite.execute("friend", &top_up, &[coin(1, USDX)]);
    assert!(matches!(unknown, Err(ContractError::UnknownOrder { seq: 9 })));
    let (seq, sent) = suite.buy("dao", 10);
    let early = suite.execute("friend", &ExecuteMsg::TopUp { seq }, &[coin(1, USDX)]);
    assert!(matches!(early, Err(ContractError::WrongState { .. })));
    suite.acknowledge(&sent, SUCCESS_ACK);
    let other = suite.execute("friend", &ExecuteMsg::TopUp { seq }, &[coin(1, "uatom")]);
    assert!(matches!(other, Err(ContractError::OtherDenom { .. })));
}

#[test]
fn a_top_up_that_the_chain_does_not_take_is_credited_to_who_paid() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 10);
    suite.chain.refuses = Some("the channel is closed".into());
    suite.execute("friend", &ExecuteMsg::TopUp { seq }, &[coin(7, USDX)]).unwrap();
    assert_eq!(suite.claimable("friend"), 7);
    assert!(suite.in_flight().packets.is_empty());
}
