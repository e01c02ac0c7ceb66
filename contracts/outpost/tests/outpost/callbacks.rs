//! Source callbacks: how money packets end.

use cosmwasm_std::coin;
use outpost::msg::responses::OrderState;
use protocol::control::GroupState;
use protocol::ics20::SUCCESS_ACK;

use crate::suite::market::status;
use crate::suite::{ROUTE, Suite, USDX, event, order};
use outpost::msg::ExecuteMsg;

const ERROR_ACK: &[u8] = br#"{"error":"ABCI code: 6: error handling packet"}"#;

#[test]
fn a_success_means_arrived_and_not_open() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    assert_eq!(suite.state(seq), OrderState::Acked);
    assert!(suite.in_flight().packets.is_empty());
    assert_eq!(suite.solvency().unresolved.u128(), 0);
}

#[test]
fn an_error_refunds_every_unit() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let response = suite.acknowledge(&sent, ERROR_ACK);
    assert!(event(&response, "outpost_refunded").is_some());
    assert_eq!(suite.state(seq), OrderState::Refunded);
    assert_eq!(suite.claimable("dao"), 1_000);
    suite.claim("dao").unwrap();
    assert_eq!((suite.paid("dao"), suite.claimable("dao")), (1_000, 0));
}

#[test]
fn a_timeout_refunds_every_unit() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.time_out(&sent);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
}

// Rule 18: the second word about a packet finds no record.
#[test]
fn a_second_callback_changes_nothing() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.time_out(&sent);
    for data in [None, Some(ERROR_ACK), Some(SUCCESS_ACK)] {
        let response = suite.source_callback(&sent, data);
        assert!(event(&response, "outpost_ignored").is_some());
        assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    }
}

// Rule 6: only our own packets count, by channel and sequence.
#[test]
fn a_packet_that_is_not_ours_changes_nothing() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let mut other = sent.clone();
    other.sequence += 1;
    suite.source_callback(&other, None);
    let mut other = sent;
    other.channel = "channel-8".into();
    suite.source_callback(&other, None);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::InFlight, 0));
}

#[test]
fn an_unreadable_acknowledgement_leaves_the_packet_to_reconcile() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.source_callback(&sent, Some(b"\xff"));
    assert_eq!(suite.state(seq), OrderState::InFlight);
    assert_eq!(suite.in_flight().packets.len(), 1);
}

#[test]
fn a_refund_goes_to_the_address_that_was_named() {
    let mut suite = Suite::proved();
    let mut order = order();
    order.refund_to = Some(suite.who("treasury").into());
    suite.execute("gov", &ExecuteMsg::Buy(Box::new(order)), &[coin(1_000, USDX)]).unwrap();
    let sent = suite.last_sent();
    suite.time_out(&sent);
    assert_eq!(suite.claimable("gov"), 1_000);
    suite.claim("gov").unwrap();
    assert_eq!((suite.paid("gov"), suite.paid("treasury")), (0, 1_000));
}

#[test]
fn what_the_market_said_before_the_acknowledgement_stays() {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.notify("dao", status(seq, 1, GroupState::Active));
    assert_eq!(suite.state(seq), OrderState::Leased);
    suite.acknowledge(&sent, SUCCESS_ACK);
    assert_eq!(suite.state(seq), OrderState::Leased);
}

#[test]
fn the_chains_refund_outweighs_what_the_market_said() {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.notify("dao", status(seq, 1, GroupState::Active));
    suite.acknowledge(&sent, ERROR_ACK);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    suite.notify("dao", status(seq, 2, GroupState::Active));
    assert_eq!(suite.state(seq), OrderState::Refunded);
}

#[test]
fn a_probe_that_fails_proves_nothing_and_comes_back() {
    let mut suite = Suite::proved();
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: Some(20) };
    suite.execute("keeper", &probe, &[coin(3, "uatom")]).unwrap();
    let sent = suite.last_sent();
    assert_eq!(sent.timeout_at, suite.now() + 20);
    suite.time_out(&sent);
    let refused = suite.execute("dao", &crate::suite::purchase(), &[coin(1, "uatom")]);
    assert!(refused.is_err());
}
