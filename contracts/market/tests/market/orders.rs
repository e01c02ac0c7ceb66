//! What cannot be opened, and what becomes of an order whose offer is gone.

use cosmwasm_std::{Uint128, coin, coins};
use market::msg::{ExecuteMsg, OfferTerms, Prices, QueryMsg, QuoteResponse, StoragePrice};
use protocol::control::{Command, GroupState};
use protocol::deployment::{LocalOperator, Scope, Selection, Volume};
use protocol::{Code, Otherwise};

use crate::suite::{
    BOND, RATE, STAKE, Suite, USD, attribute, by_offer, deployment, group, manual, offer_terms,
    open_msg,
};

#[test]
fn what_can_never_work_is_refused_with_its_reason() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    let mut refuse = |groups, funds: &[cosmwasm_std::Coin], code| {
        suite.refused("tenant", &open_msg(1, groups), funds, code);
    };
    refuse(manual(), &[], Code::WrongCoin);
    refuse(manual(), &[coin(1_000, STAKE), coin(1_000, USD)], Code::WrongCoin);
    refuse(manual(), &coins(1_000, STAKE), Code::UnknownDenom);
    refuse(manual(), &coins(99, USD), Code::InsufficientDeposit);
    refuse(vec![], &coins(1_000, USD), Code::LimitExceeded);
    refuse(vec![group("a", by_offer(99))], &coins(1_000, USD), Code::UnknownOffer);
    refuse(vec![group("a", by_offer(offer))], &coins(599, USD), Code::InsufficientDeposit);
    let mut dear = group("a", by_offer(offer));
    dear.max_rate = Uint128::new(RATE - 1);
    refuse(vec![dear], &coins(1_000, USD), Code::RateAboveMax);
    let mut audited = group("a", by_offer(offer));
    audited.requirements.all_of = vec!["auditor".into()];
    refuse(vec![audited], &coins(1_000, USD), Code::ProviderIneligible);
    assert!(
        suite.app.wrap().query_balance(&suite.market, USD).unwrap().amount > Uint128::zero().into()
    );
}

#[test]
fn an_offer_that_is_gone_full_or_dear_becomes_an_order() {
    let mut suite = Suite::new();
    let terms = OfferTerms { capacity: 1, ..offer_terms() };
    let full = suite.post("alice", terms, &coins(2 * BOND, USD));
    let poor = suite.post("alice", offer_terms(), &coins(BOND - 1, USD));
    let gone = suite.post_offer("alice");
    suite.just("alice", &ExecuteMsg::CancelOffer { offer: gone });
    suite.open(9, vec![group("web", by_offer(full))], 1_000);

    let or_order =
        |offer| Selection::Offer { offer, otherwise: Otherwise::Order, max_charge: None };
    for (seq, offer) in [(1, full), (2, poor), (3, gone)] {
        let refund = open_msg(seq, vec![group("web", by_offer(offer))]);
        suite.refused("tenant", &refund, &coins(1_000, USD), Code::OfferUnavailable);
        suite.open(seq, vec![group("web", or_order(offer))], 1_000);
        assert_eq!(suite.status(seq).groups[0].state, GroupState::Open);
    }
    let mut dear = group("web", or_order(full));
    dear.max_rate = Uint128::new(1);
    suite.open(4, vec![dear], 1_000);
    assert_eq!(suite.status(4).groups[0].state, GroupState::Open);
}

#[test]
fn prices_are_per_quantity_and_rounded_up_once() {
    let mut suite = Suite::new();
    let terms = OfferTerms {
        prices: Prices {
            cpu_milli: Uint128::new(3),
            memory_gib: Uint128::new(5),
            storage: vec![StoragePrice { class: "default".into(), gib: Uint128::new(7) }],
            gpus: vec![],
            endpoint: Uint128::new(11),
        },
        ..offer_terms()
    };
    let offer = suite.post("alice", terms, &coins(BOND, USD));
    let mut wanted = group("web", by_offer(offer));
    wanted.resources[0].count = 2;
    wanted.resources[0].memory_bytes = (1 << 30) + 1;
    wanted.resources[0].volumes =
        vec![Volume { class: "default".into(), bytes: 1 << 31, persistent: true }];
    wanted.resources[0].endpoints = vec![protocol::deployment::Endpoint::SharedHttp];
    let msg = QueryMsg::Quote {
        route: None,
        denom: USD.into(),
        deployment: deployment(vec![wanted.clone()]),
        seconds: 1_000_000_000,
    };
    let quote: QuoteResponse = suite.ask(&msg);
    let rate = 2 * (3 * 1_000 + 5 + 14 + 11) + 1;
    assert_eq!(quote.groups[0].rate.u128(), rate);
    assert_eq!(quote.groups[0].offer, Some(offer));
    assert_eq!(quote.minimum.u128(), 100, "the least deposit covers the runway of so little");
    assert_eq!(quote.deposit.u128(), rate);
    suite.open(1, vec![wanted.clone()], 100);
    let lease = suite.lease_id(1, 0);
    assert_eq!(suite.lease(&lease).rate.u128(), rate);

    wanted.resources[0].volumes[0].class = "fast".into();
    let msg = open_msg(2, vec![wanted]);
    suite.refused("tenant", &msg, &coins(1_000, USD), Code::OfferUnavailable);
}

#[test]
fn a_tenant_has_at_most_32_open_orders() {
    let mut suite = Suite::new();
    let groups = |names: &[&str]| -> Vec<_> {
        names.iter().map(|name| group(name, Selection::Manual {})).collect()
    };
    let eight = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for seq in 1..=4 {
        suite.open(seq, groups(&eight), 1_000);
    }
    suite.refused("tenant", &open_msg(5, manual()), &coins(1_000, USD), Code::TooMany);
    suite.act(Command::CloseLease { group: 3 });
    suite.open(5, manual(), 1_000);
}

#[test]
fn operators_do_what_their_scopes_allow_until_they_expire() {
    let mut suite = Suite::new();
    let mut wanted = deployment(manual());
    wanted.local_operators = vec![LocalOperator {
        address: suite.address("operator").into(),
        scopes: vec![Scope::Close],
        expires_in_seconds: Some(100),
    }];
    for seq in 1..=2 {
        let open = ExecuteMsg::Open { seq, refund_to: None, deployment: wanted.clone() };
        suite.run("tenant", &open, &coins(1_000, USD));
    }
    let act = |suite: &Suite, seq, command| ExecuteMsg::Act { deployment: suite.id(seq), command };
    let surplus = act(&suite, 1, Command::WithdrawSurplus {});
    suite.refused("operator", &surplus, &[], Code::Unauthorized);
    let close = act(&suite, 1, Command::CloseDeployment {});
    suite.refused("bob", &close, &[], Code::Unauthorized);
    suite.just("operator", &close);
    assert_eq!(suite.claimable("tenant", USD), 1_000, "the money is the tenant's");
    suite.pass(100);
    let close = act(&suite, 2, Command::CloseDeployment {});
    suite.refused("operator", &close, &[], Code::Unauthorized);
    suite.just("bob", &act(&suite, 2, Command::Status { n: None }));
}

#[test]
fn messages_without_coins_refuse_them() {
    let mut suite = Suite::new();
    let msg = ExecuteMsg::DeregisterProvider {};
    suite.refused("alice", &msg, &coins(1, USD), Code::WrongCoin);
}

#[test]
fn unknown_fields_are_refused() {
    let text = r#"{"finish":{"deployment":{"tenant":{"local":{"address":"a"}},"seq":1},"x":1}}"#;
    assert!(cosmwasm_std::from_json::<ExecuteMsg>(text).is_err());
}

/// A deployment whose JSON has so many bytes.
fn bulky(bytes: usize) -> protocol::Deployment {
    let mut bulky = deployment(["a", "b"].map(|name| group(name, Selection::Manual {})).into());
    for group in &mut bulky.groups {
        let attributes = (0..24).map(|i| attribute(&format!("{i:02}"), ""));
        group.requirements.attributes.extend(attributes);
    }
    let mut missing = bytes - cosmwasm_std::to_json_vec(&bulky).unwrap().len();
    for group in &mut bulky.groups {
        for attribute in &mut group.requirements.attributes {
            let more = missing.min(64);
            attribute.value = "x".repeat(more);
            missing -= more;
        }
    }
    assert_eq!(cosmwasm_std::to_json_vec(&bulky).unwrap().len(), bytes);
    bulky
}

#[test]
fn an_order_of_this_chain_is_no_larger_than_one_in_a_packet() {
    let mut suite = Suite::new();
    let open = |seq, bytes| ExecuteMsg::Open { seq, refund_to: None, deployment: bulky(bytes) };
    suite.refused("tenant", &open(1, 4_097), &coins(1_000, USD), Code::LimitExceeded);
    suite.run("tenant", &open(1, 4_096), &coins(1_000, USD));
}
