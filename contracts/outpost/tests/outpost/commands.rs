//! `accept_bid`, `close`, `status`, and what the market answers.

use cosmwasm_std::{Uint128, coin};
use outpost::ContractError;
use outpost::msg::responses::{FlightKind, OrderState};
use outpost::msg::{ExecuteMsg, Operator, RemoteOperators};
use protocol::control::{Answer, Command, ControlAck, ControlBody, GroupState};
use protocol::deployment::Scope;
use protocol::{Action, Code};

use crate::suite::market::{closed, status};
use crate::suite::{CONTROL, Suite, USDX, order};

fn accept(seq: u64) -> ExecuteMsg {
    ExecuteMsg::AcceptBid {
        seq,
        group: 0,
        provider: "away1provider".into(),
        bid_no: 3,
        max_rate: Uint128::new(1_000),
    }
}

#[test]
fn a_command_travels_over_the_control_channel() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("dao", &accept(seq), &[]).unwrap();
    let posted = suite.last_posted();
    assert_eq!(posted.channel, CONTROL);
    let ControlBody::Do(instruction) = &posted.packet.body else { panic!("a command was sent") };
    assert_eq!((instruction.account.as_str(), instruction.seq), (suite.who("dao").as_str(), seq));
    assert!(matches!(instruction.command, Command::AcceptBid { bid_no: 3, .. }));
    suite.answer(&posted, &ControlAck::Answer(Answer::Done {}));
    assert_eq!(suite.state(seq), OrderState::Leased);
}

#[test]
fn a_close_that_is_done_closes_the_order() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("dao", &ExecuteMsg::Close { seq }, &[]).unwrap();
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::Answer(Answer::Done {}));
    assert_eq!(suite.state(seq), OrderState::Closed);
    let again = suite.execute("dao", &ExecuteMsg::Close { seq }, &[]);
    assert!(matches!(again, Err(ContractError::WrongState { .. })));
}

#[test]
fn without_a_control_channel_a_coin_carries_the_command() {
    let mut suite = Suite::proved();
    let seq = suite.bought("dao", 1_000);
    let refused = suite.execute("dao", &ExecuteMsg::Close { seq }, &[]);
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("attach a coin"), "{text}");
    suite.execute("dao", &ExecuteMsg::Close { seq }, &[coin(10, USDX)]).unwrap();
    let sent = suite.last_sent();
    let Action::Do(instruction) = sent.message().action else { panic!("a command was sent") };
    assert_eq!((instruction.seq, instruction.command), (seq, Command::CloseDeployment {}));
    assert_eq!(suite.in_flight().packets[0].kind, FlightKind::Command);
    suite.acknowledge(&sent, br#"{"error":"refused"}"#);
    assert_eq!(suite.claimable("dao"), 10);
}

#[test]
fn only_the_owner_and_operators_with_the_scope_command() {
    let mut suite = Suite::connected();
    let mut order = order();
    let address = suite.who("operator").into();
    order.operators = vec![Operator { address, scopes: vec![Scope::Close] }];
    suite.execute("dao", &ExecuteMsg::Buy(Box::new(order)), &[coin(10, USDX)]).unwrap();
    let seq = suite.in_flight().packets[0].seq.unwrap();
    let sent = suite.last_sent();
    suite.acknowledge(&sent, protocol::ics20::SUCCESS_ACK);
    for sender in ["stranger", "keeper"] {
        let refused = suite.execute(sender, &ExecuteMsg::Close { seq }, &[]);
        assert!(matches!(refused, Err(ContractError::Unauthorized { .. })), "{sender}");
    }
    let refused = suite.execute("operator", &accept(seq), &[]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    suite.execute("operator", &ExecuteMsg::Close { seq }, &[]).unwrap();
}

#[test]
fn a_refusal_is_kept_for_the_owner_to_read() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("dao", &accept(seq), &[]).unwrap();
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::refused(Code::RateAboveMax, "it asks for 2,000"));
    let refusal = suite.order(seq).refusal.unwrap();
    assert_eq!((refusal.code, refusal.detail.as_str()), (Code::RateAboveMax, "it asks for 2,000"));
    assert_eq!(suite.state(seq), OrderState::Acked);
    suite.execute("dao", &accept(seq), &[]).unwrap();
    let posted = suite.last_posted();
    suite.time_out_control(&posted);
    assert_eq!(suite.order(seq).refusal.unwrap().code, Code::TooLate);
}

#[test]
fn anyone_asks_for_the_status_one_question_at_a_time() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("anyone", &ExecuteMsg::Status { seq }, &[]).unwrap();
    let asked = suite.execute("anyone", &ExecuteMsg::Status { seq }, &[]);
    assert!(matches!(asked, Err(ContractError::Asked { .. })));
    let posted = suite.last_posted();
    let answer = Answer::Deployment(status(seq, 3, GroupState::Active));
    suite.answer(&posted, &ControlAck::Answer(answer));
    assert_eq!(suite.state(seq), OrderState::Leased);
    suite.execute("anyone", &ExecuteMsg::Status { seq }, &[]).unwrap();
    // An answer that never comes does not stop questions for ever.
    suite.pass(100);
    suite.execute("anyone", &ExecuteMsg::Status { seq }, &[]).unwrap();
}

#[test]
fn an_older_status_does_not_replace_a_newer_one() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.notify("dao", status(seq, 3, GroupState::Active));
    suite.notify("dao", status(seq, 2, GroupState::Open));
    assert_eq!(suite.order(seq).status.unwrap().revision, 3);
    assert_eq!(suite.state(seq), OrderState::Leased);
    suite.notify("dao", closed(seq, 4));
    assert_eq!(suite.state(seq), OrderState::Closed);
    suite.notify("dao", status(seq, 5, GroupState::Active));
    assert_eq!(suite.state(seq), OrderState::Closed);
}

#[test]
fn a_status_of_another_order_is_not_taken() {
    let mut suite = Suite::connected();
    let (first, second) = (suite.bought("dao", 10), suite.bought("dao", 10));
    suite.execute("anyone", &ExecuteMsg::Status { seq: first }, &[]).unwrap();
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::Answer(Answer::Deployment(closed(second, 9))));
    assert_eq!((suite.state(first), suite.state(second)), (OrderState::Acked, OrderState::Acked));
}

#[test]
fn a_notice_is_answered_and_a_strange_packet_refused() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    let noticed = suite.notify("dao", status(seq, 1, GroupState::Open));
    assert_eq!(noticed, ControlAck::Answer(Answer::Done {}));
    assert_eq!(suite.state(seq), OrderState::Open);
    let refused = |ack, code| matches!(ack, ControlAck::Refused(refusal) if refusal.code == code);
    let other = suite.notify("stranger", closed(seq, 9));
    assert!(refused(other, Code::NotFound));
    let garbage = suite.tell_bytes(CONTROL, b"{}".into());
    assert!(refused(garbage, Code::Malformed));
    let unknown = suite.tell_bytes("channel-99", b"{}".into());
    assert!(refused(unknown, Code::WrongRoute));
    suite.execute("dao", &ExecuteMsg::Close { seq }, &[]).unwrap();
    let command = suite.last_posted().packet.body;
    let command = suite.tell(command);
    assert!(refused(command, Code::Unsupported));
    assert_eq!(suite.state(seq), OrderState::Open);
}

#[test]
fn a_second_answer_changes_nothing() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.execute("dao", &accept(seq), &[]).unwrap();
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::refused(Code::NotFound, "no such bid"));
    suite.answer(&posted, &ControlAck::Answer(Answer::Done {}));
    suite.time_out_control(&posted);
    assert_eq!(suite.state(seq), OrderState::Acked);
    assert_eq!(suite.order(seq).refusal.unwrap().code, Code::NotFound);
}

#[test]
fn a_command_the_chain_does_not_take_fails_and_costs_nothing() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.chain.refuses = Some("the channel is closed".into());
    let failed = suite.execute("dao", &ExecuteMsg::Close { seq }, &[]);
    assert!(matches!(failed, Err(ContractError::NotSent { .. })));
    // A question that was not sent is not outstanding.
    assert!(suite.execute("dao", &ExecuteMsg::Status { seq }, &[]).is_err());
    suite.chain.refuses = None;
    suite.execute("dao", &ExecuteMsg::Status { seq }, &[]).unwrap();
}

#[test]
fn every_command_travels_with_the_scope_it_needs() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    let manifest = order().deployment.manifest;
    let table = [
        (ExecuteMsg::AcceptTerms { seq, group: 0, terms_no: 4 }, Scope::Terms),
        (ExecuteMsg::CloseLease { seq, group: 0 }, Scope::Close),
        (ExecuteMsg::UpdateManifest { seq, manifest }, Scope::Manifest),
        (ExecuteMsg::WithdrawSurplus { seq }, Scope::Withdraw),
    ];
    for (msg, scope) in table {
        let every =
            [Scope::BidAccept, Scope::Close, Scope::Manifest, Scope::Withdraw, Scope::Terms];
        let others = every.into_iter().filter(|other| *other != scope).collect();
        suite.employ(seq, others);
        let refused = suite.execute("operator", &msg, &[]);
        assert!(matches!(refused, Err(ContractError::Unauthorized { .. })), "{scope:?}");
        suite.employ(seq, vec![scope]);
        suite.execute("operator", &msg, &[]).unwrap();
        let posted = suite.last_posted();
        suite.answer(&posted, &ControlAck::Answer(Answer::Done {}));
        assert_eq!(suite.state(seq), OrderState::Open);
        // With a coin it travels in the memo.
        suite.execute("operator", &msg, &[coin(7, USDX)]).unwrap();
        let ControlBody::Do(over_channel) = posted.packet.body else { panic!("a command") };
        let Action::Do(with_coin) = suite.last_sent().message().action else { panic!("a command") };
        let same = std::mem::discriminant(&over_channel.command)
            == std::mem::discriminant(&with_coin.command);
        assert!(same, "{over_channel:?} {with_coin:?}");
    }
}

impl Suite {
    /// Makes `operator` the only operator of an order.
    fn employ(&mut self, seq: u64, scopes: Vec<Scope>) {
        let operators = Some(vec![Operator { address: self.who("operator").into(), scopes }]);
        let msg = ExecuteMsg::SetOperators { seq, operators, remote: None };
        self.execute("dao", &msg, &[]).unwrap();
    }
}

#[test]
fn commands_that_overwrite_carry_growing_revisions() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    let update = ExecuteMsg::UpdateManifest { seq, manifest: order().deployment.manifest };
    let remote = RemoteOperators { local_operators: Vec::new(), access_keys: Vec::new() };
    let replace = ExecuteMsg::SetOperators { seq, operators: None, remote: Some(remote) };
    let rev_of = |suite: &Suite| {
        let ControlBody::Do(instruction) = suite.last_posted().packet.body else { panic!("no") };
        match instruction.command {
            Command::UpdateManifest { rev, .. } | Command::SetOperators { rev, .. } => rev,
            other => panic!("{other:?} overwrites nothing"),
        }
    };
    suite.execute("dao", &update, &[]).unwrap();
    assert_eq!(rev_of(&suite), 1);
    suite.execute("dao", &replace, &[]).unwrap();
    assert_eq!(rev_of(&suite), 2);
    // The market has a greater one in force, whyever: the next is above it.
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::Answer(Answer::Stale { rev: 40 }));
    suite.execute("dao", &update, &[]).unwrap();
    assert_eq!(rev_of(&suite), 41);
}

#[test]
fn only_the_owner_says_who_may_act_for_it() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    suite.employ(seq, vec![Scope::Manifest, Scope::Close]);
    let own =
        vec![Operator { address: suite.who("operator").into(), scopes: vec![Scope::Withdraw] }];
    let msg = ExecuteMsg::SetOperators { seq, operators: Some(own), remote: None };
    let refused = suite.execute("operator", &msg, &[]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    let nothing = ExecuteMsg::SetOperators { seq, operators: None, remote: None };
    let refused = suite.execute("dao", &nothing, &[]);
    assert!(matches!(refused, Err(ContractError::NothingToChange)));
}
