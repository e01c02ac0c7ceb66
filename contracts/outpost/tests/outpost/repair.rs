//! `reconcile` by R1: what happens when the chain swallowed a callback.

use cosmwasm_std::coin;
use outpost::ContractError;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::{FlightState, OrderState};
use protocol::Code;
use protocol::control::{Answer, Command, ControlAck, ControlBody, GroupState};
use protocol::ics20::SUCCESS_ACK;
use protocol::money::{SettleKind, Statement};

use crate::suite::market::status;
use crate::suite::{ROUTE, Sent, Suite, USDX};

/// A purchase whose packet timed out, and its number. The coin is not back.
fn overdue() -> (Suite, u64, Sent) {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.pass(100);
    (suite, seq, sent)
}

impl Suite {
    fn reconcile(&mut self, sent: &Sent) -> Result<(), ContractError> {
        self.execute("anyone", &ExecuteMsg::Reconcile { n: sent.message().n }, &[]).map(|_| ())
    }

    /// Asks about a packet, and has the market answer.
    fn asked(&mut self, sent: &Sent, answer: Answer) {
        self.reconcile(sent).unwrap();
        let posted = self.last_posted();
        self.answer(&posted, &ControlAck::Answer(answer));
    }

    fn never(&mut self, sent: &Sent) {
        self.asked(sent, Answer::Never { at: sent.timeout_at });
    }

    fn coin_back(&mut self, sent: &Sent) {
        self.receive_coins(std::slice::from_ref(&sent.coin));
    }
}

#[test]
fn a_lost_refund_is_credited_when_the_market_never_took_the_packet() {
    let (mut suite, seq, sent) = overdue();
    suite.coin_back(&sent);
    suite.never(&sent);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    suite.claim("dao").unwrap();
    assert_eq!(suite.paid("dao"), 1_000);
}

#[test]
fn the_question_names_the_packet() {
    let (mut suite, seq, sent) = overdue();
    suite.reconcile(&sent).unwrap();
    let ControlBody::Do(question) = suite.last_posted().packet.body else { panic!("a question") };
    assert_eq!((question.account, question.seq), (suite.who("dao").to_string(), seq));
    assert_eq!(question.command, Command::Status { n: Some(sent.message().n) });
}

#[test]
fn nobody_asks_before_the_timeout() {
    let mut suite = Suite::connected();
    let (_, sent) = suite.buy("dao", 1_000);
    suite.pass(99);
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::TooEarly { .. })));
    suite.pass(1);
    suite.reconcile(&sent).unwrap();
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::Asked { .. })));
}

#[test]
fn a_never_before_the_packets_timeout_is_not_final() {
    let (mut suite, seq, sent) = overdue();
    suite.coin_back(&sent);
    // The market's clock is behind ours: the packet could still be received.
    suite.asked(&sent, Answer::Never { at: sent.timeout_at - 1 });
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::InFlight, 0));
    suite.never(&sent);
    assert_eq!(suite.claimable("dao"), 1_000);
}

#[test]
fn a_due_refund_waits_until_its_coin_is_back() {
    let (mut suite, seq, sent) = overdue();
    suite.never(&sent);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::RefundDue, 0));
    assert_eq!(suite.in_flight().packets[0].state, FlightState::RefundDue);
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::NotBack { .. })));
    suite.coin_back(&sent);
    suite.reconcile(&sent).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::UnknownPacket { .. })));
}

#[test]
fn a_due_refund_never_touches_what_is_somebodys() {
    let (mut suite, seq, sent) = overdue();
    // The outpost holds more than enough, but all of it is another owner's.
    let other = suite.bought("another", 5_000);
    let home = suite.home("another", other, SettleKind::Surplus);
    suite.settle(&home, coin(4_000, USDX)).unwrap();
    suite.never(&sent);
    assert!(
        matches!(suite.reconcile(&sent), Err(ContractError::NotBack { free, .. }) if free == 0)
    );
    assert_eq!(suite.state(seq), OrderState::RefundDue);
    suite.claim("another").unwrap();
    assert_eq!(suite.paid("another"), 4_000);
}

#[test]
fn the_callback_of_a_due_refund_credits_it_once() {
    let (mut suite, seq, sent) = overdue();
    suite.never(&sent);
    suite.time_out(&sent);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    suite.source_callback(&sent, None);
    assert_eq!(suite.claimable("dao"), 1_000);
}

#[test]
fn a_callback_after_the_credit_changes_nothing() {
    let (mut suite, seq, sent) = overdue();
    suite.coin_back(&sent);
    suite.never(&sent);
    for data in [None, Some(&b"{\"error\":\"x\"}"[..]), Some(SUCCESS_ACK)] {
        suite.source_callback(&sent, data);
        assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    }
}

#[test]
fn what_has_arrived_is_never_credited_here() {
    let (mut suite, seq, sent) = overdue();
    suite.reconcile(&sent).unwrap();
    let posted = suite.last_posted();
    suite.acknowledge(&sent, SUCCESS_ACK);
    // Somebody's stray coins are at hand, and the market denies the packet: still nothing is due.
    suite.coin_back(&sent);
    suite.answer(&posted, &ControlAck::Answer(Answer::Never { at: sent.timeout_at + 9 }));
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Acked, 0));
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::UnknownPacket { .. })));
}

#[test]
fn an_arrival_after_a_due_refund_makes_nothing_due() {
    let (mut suite, seq, sent) = overdue();
    suite.never(&sent);
    suite.acknowledge(&sent, SUCCESS_ACK);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Acked, 0));
    assert_eq!(suite.solvency().unresolved.u128(), 0);
}

#[test]
fn a_market_that_spoke_of_the_order_cannot_deny_it() {
    let (mut suite, seq, sent) = overdue();
    suite.notify("dao", status(seq, 1, GroupState::Open));
    suite.coin_back(&sent);
    suite.never(&sent);
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Open, 0));
}

#[test]
fn a_lost_success_is_repaired_by_the_markets_word() {
    let (mut suite, seq, sent) = overdue();
    suite.asked(&sent, Answer::Deployment(status(seq, 2, GroupState::Active)));
    assert_eq!(suite.state(seq), OrderState::Leased);
    assert!(suite.in_flight().packets.is_empty());

    let (mut suite, seq, sent) = overdue();
    suite.asked(&sent, Answer::Done {});
    assert_eq!(suite.state(seq), OrderState::Acked);
    assert!(suite.in_flight().packets.is_empty());
}

#[test]
fn a_question_that_is_refused_or_lost_can_be_asked_again() {
    let (mut suite, _, sent) = overdue();
    suite.reconcile(&sent).unwrap();
    let posted = suite.last_posted();
    suite.answer(&posted, &ControlAck::refused(Code::Internal, "try again"));
    suite.reconcile(&sent).unwrap();
    let posted = suite.last_posted();
    suite.time_out_control(&posted);
    suite.reconcile(&sent).unwrap();
    suite.pass(100);
    suite.reconcile(&sent).unwrap();
}

#[test]
fn top_ups_commands_and_probes_are_repaired_too() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 1_000);
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
    for (payer, msg) in [
        ("friend", ExecuteMsg::TopUp { seq }),
        ("dao", ExecuteMsg::Close { seq }),
        ("keeper", probe),
    ] {
        suite.execute(payer, &msg, &[coin(30, USDX)]).unwrap();
        let sent = suite.last_sent();
        suite.pass(100);
        suite.coin_back(&sent);
        suite.never(&sent);
        assert_eq!(suite.claimable(payer), 30, "{payer}");
        suite.claim(payer).unwrap();
    }
    assert_eq!(suite.state(seq), OrderState::Acked);
}

// R2, the outpost's half: a statement that comes with a coin repairs as an answer does.
#[test]
fn a_statement_that_comes_home_with_a_coin_repairs_too() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.pass(100);
    suite.coin_back(&sent);
    let mut home = suite.home("dao", 0, SettleKind::Status);
    home.seq = None;
    home.account = String::new();
    let answer = Answer::Never { at: sent.timeout_at };
    home.statement = Some(Statement { n: sent.message().n, answer });
    suite.settle(&home, coin(1, USDX)).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
}

#[test]
fn without_a_control_channel_the_error_says_so() {
    let mut suite = Suite::proved();
    let (_, sent) = suite.buy("dao", 1_000);
    suite.pass(100);
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::NoControlChannel { .. })));
}

/// A week: for how long the market is waited for, and for how long a refund is announced.
const WEEK: u64 = 7 * 86_400;

// R3: the market never answers.
#[test]
fn after_a_week_of_silence_anyone_has_a_refund_credited_if_every_coin_is_back() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let (_, other) = suite.buy("another", 500);
    suite.pass(100 + WEEK - 1);
    suite.coin_back(&sent);
    suite.coin_back(&other);
    assert!(matches!(suite.reconcile(&sent), Err(ContractError::NoControlChannel { .. })));
    suite.pass(1);
    suite.reconcile(&sent).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
    suite.reconcile(&other).unwrap();
    assert_eq!(suite.claimable("another"), 500);
}

#[test]
fn silence_does_not_let_one_take_the_coin_of_another() {
    let mut suite = Suite::proved();
    // Its coin arrived and the word about it was lost; the coin of another is back.
    let (seq, taker) = suite.buy("taker", 500);
    let (_, other) = suite.buy("another", 500);
    suite.pass(100 + 2 * WEEK);
    suite.coin_back(&other);
    for sender in ["taker", "keeper"] {
        let n = taker.message().n;
        let refused = suite.execute(sender, &ExecuteMsg::Reconcile { n }, &[]);
        assert!(matches!(refused, Err(ContractError::NoControlChannel { .. })), "{sender}");
    }
    assert_eq!((suite.state(seq), suite.claimable("taker")), (OrderState::InFlight, 0));
}

#[test]
fn the_contracts_owner_refunds_after_a_week_of_announcement_only_out_of_free_coins() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let (_, _lost) = suite.buy("another", 500);
    let n = sent.message().n;
    let (announce, reconcile) = (ExecuteMsg::AnnounceRefund { n }, ExecuteMsg::Reconcile { n });
    suite.pass(100 + WEEK - 1);
    let early = suite.execute("keeper", &announce, &[]);
    assert!(matches!(early, Err(ContractError::TooEarly { .. })));
    suite.pass(1);
    assert!(suite.execute("dao", &announce, &[]).is_err());
    suite.execute("keeper", &announce, &[]).unwrap();
    assert_eq!(suite.in_flight().packets[0].announced_at, Some(suite.now()));
    suite.coin_back(&sent);
    suite.pass(WEEK - 1);
    assert!(suite.execute("keeper", &reconcile, &[]).is_err());
    suite.pass(1);
    assert!(suite.execute("dao", &reconcile, &[]).is_err());
    suite.execute("keeper", &reconcile, &[]).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Refunded, 1_000));
}

// A market that can be reached decides, not the owner.
#[test]
fn an_announcement_asks_the_market() {
    let mut suite = Suite::connected();
    let (seq, taker) = suite.buy("taker", 500);
    let (_, other) = suite.buy("another", 500);
    let n = taker.message().n;
    suite.pass(100 + WEEK);
    suite.coin_back(&other);
    suite.execute("keeper", &ExecuteMsg::AnnounceRefund { n }, &[]).unwrap();
    let asked = suite.last_posted();
    suite.answer(&asked, &ControlAck::Answer(Answer::Done {}));
    suite.pass(WEEK);
    let refund = suite.execute("keeper", &ExecuteMsg::Reconcile { n }, &[]);
    assert!(matches!(refund, Err(ContractError::UnknownPacket { .. })));
    assert_eq!((suite.state(seq), suite.claimable("taker")), (OrderState::Acked, 0));
    suite.never(&other);
    assert_eq!(suite.claimable("another"), 500);
}

#[test]
fn an_announcement_stands_when_its_question_cannot_be_sent() {
    let mut suite = Suite::connected();
    let (_, sent) = suite.buy("dao", 1_000);
    let n = sent.message().n;
    suite.coin_back(&sent);
    suite.pass(100 + WEEK);
    suite.chain.refuses = Some("client is not active".into());
    suite.execute("keeper", &ExecuteMsg::AnnounceRefund { n }, &[]).unwrap();
    suite.pass(WEEK);
    suite.execute("keeper", &ExecuteMsg::Reconcile { n }, &[]).unwrap();
    assert_eq!(suite.claimable("dao"), 1_000);
}

#[test]
fn an_announced_refund_without_a_free_coin_credits_nothing() {
    let mut suite = Suite::proved();
    let (seq, sent) = suite.buy("dao", 1_000);
    let n = sent.message().n;
    // All that is at hand is somebody's budget.
    suite.execute("another", &ExecuteMsg::Deposit { owner: None }, &[coin(9_000, USDX)]).unwrap();
    suite.pass(100 + WEEK);
    suite.execute("keeper", &ExecuteMsg::AnnounceRefund { n }, &[]).unwrap();
    suite.pass(WEEK);
    assert!(suite.execute("keeper", &ExecuteMsg::Reconcile { n }, &[]).is_err());
    assert_eq!((suite.state(seq), suite.budget("another")), (OrderState::InFlight, 9_000));
}

#[test]
fn what_the_market_spoke_of_is_not_given_up() {
    let mut suite = Suite::connected();
    let (seq, sent) = suite.buy("dao", 1_000);
    suite.notify("dao", status(seq, 1, GroupState::Open));
    suite.coin_back(&sent);
    suite.pass(100 + WEEK);
    suite.reconcile(&sent).unwrap();
    assert_eq!((suite.state(seq), suite.claimable("dao")), (OrderState::Open, 0));
}
