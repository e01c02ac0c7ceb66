//! Purchases that the chain does not take.

use cosmwasm_std::coin;
use outpost::ContractError;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderState;
use protocol::Action;
use protocol::ics20::SUCCESS_ACK;

use crate::suite::{Suite, USDX, purchase};

/// A purchase of 1,000 that could not leave.
fn kept() -> (Suite, u64) {
    let mut suite = Suite::proved();
    suite.chain.refuses = Some("the client has expired".into());
    suite.execute("dao", &purchase(), &[coin(1_000, USDX)]).unwrap();
    (suite, 1)
}

#[test]
fn a_purchase_does_not_fail_when_the_transfer_does() {
    let (suite, seq) = kept();
    let order = suite.order(seq);
    assert_eq!((order.state, order.send_by), (OrderState::Unsent, Some(suite.now() + 1_000)));
    assert_eq!(suite.solvency().tracked.u128(), 1_000);
    assert!(suite.in_flight().packets.is_empty());
}

#[test]
fn anyone_sends_it_while_there_is_time() {
    let (mut suite, seq) = kept();
    suite.pass(999);
    let still = suite.execute("anyone", &ExecuteMsg::Send { seq }, &[]);
    assert!(matches!(still, Err(ContractError::NotSent { .. })));
    assert_eq!(suite.state(seq), OrderState::Unsent);
    suite.chain.refuses = None;
    suite.execute("anyone", &ExecuteMsg::Send { seq }, &[]).unwrap();
    let sent = suite.last_sent();
    assert_eq!((sent.coin.clone(), sent.timeout_at), (coin(1_000, USDX), suite.now() + 100));
    assert!(matches!(sent.message().action, Action::Open(open) if open.seq == seq));
    assert_eq!((suite.state(seq), suite.solvency().tracked.u128()), (OrderState::InFlight, 0));
    suite.acknowledge(&sent, SUCCESS_ACK);
    let again = suite.execute("anyone", &ExecuteMsg::Send { seq }, &[]);
    assert!(matches!(again, Err(ContractError::WrongState { .. })));
}

#[test]
fn nobody_sends_it_when_the_time_is_over() {
    let (mut suite, seq) = kept();
    suite.chain.refuses = None;
    suite.pass(1_000);
    let late = suite.execute("dao", &ExecuteMsg::Send { seq }, &[]);
    assert!(matches!(late, Err(ContractError::TooLate { .. })));
}

#[test]
fn its_owner_cancels_it_at_once() {
    let (mut suite, seq) = kept();
    suite.execute("dao", &ExecuteMsg::Cancel { seq }, &[]).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    suite.claim("dao").unwrap();
    assert_eq!(suite.paid("dao"), 1_000);
    let again = suite.execute("dao", &ExecuteMsg::Cancel { seq }, &[]);
    assert!(matches!(again, Err(ContractError::WrongState { .. })));
}

#[test]
fn anyone_else_cancels_it_only_when_its_time_is_over() {
    let (mut suite, seq) = kept();
    suite.pass(999);
    let early = suite.execute("anyone", &ExecuteMsg::Cancel { seq }, &[]);
    assert!(matches!(early, Err(ContractError::TooEarly { .. })));
    suite.pass(1);
    suite.execute("anyone", &ExecuteMsg::Cancel { seq }, &[]).unwrap();
    assert_eq!((suite.claimable("anyone"), suite.claimable("dao")), (0, 1_000));
}

#[test]
fn a_chain_that_names_no_sequence_sends_nothing() {
    use cosmwasm_std::{Binary, MsgResponse, Reply, SubMsgResponse, SubMsgResult};
    let mut suite = Suite::proved();
    suite.chain.refuses = Some("not yet".into());
    let response = suite.execute("dao", &purchase(), &[coin(1, USDX)]).unwrap();
    let nameless = MsgResponse { type_url: "/a.Response".into(), value: Binary::default() };
    #[expect(deprecated, reason = "the field must be named to build the struct")]
    let result = SubMsgResponse { events: Vec::new(), data: None, msg_responses: vec![nameless] };
    let message = &response.messages[0];
    let (id, payload, result) = (message.id, message.payload.clone(), SubMsgResult::Ok(result));
    let reply = Reply { id, payload, gas_used: 0, result };
    let env = suite.env.clone();
    let refused = outpost::contract::reply(suite.deps.as_mut(), env, reply);
    assert!(matches!(refused, Err(ContractError::NoSequence)));
}

// Rule 44: a reply that nobody asked for is an error.
#[test]
fn a_reply_that_nobody_asked_for_is_refused() {
    use cosmwasm_std::{Binary, Reply, SubMsgResult};
    let mut suite = Suite::proved();
    let result = SubMsgResult::Err("x".into());
    let reply = Reply { id: 77, payload: Binary::default(), gas_used: 0, result };
    let env = suite.env.clone();
    let refused = outpost::contract::reply(suite.deps.as_mut(), env, reply);
    assert!(matches!(refused, Err(ContractError::UnknownReply { id: 77 })));
}
