//! `auto_top_up` and `poke`: what is sent, when, and who is paid for it.

use cosmwasm_std::{Uint128, coin};
use outpost::ContractError;
use outpost::msg::responses::AutoTopUpResponse;
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::Action;
use protocol::control::{DeploymentStatus, GroupState};
use protocol::ics20::SUCCESS_ACK;

use crate::suite::market::status;
use crate::suite::{Sent, Suite, USDX};

/// A unit per second.
const RATE: u128 = 1_000_000_000;

/// An order of `dao`, bought with 1,000 and spending a unit per second, that is to be kept funded
/// for 1,200 s out of a budget of 5,000: at most 2,000 per 10,000 s, with a tip of 5.
fn kept() -> (Suite, u64) {
    let mut suite = Suite::connected();
    suite.execute("dao", &ExecuteMsg::Deposit { owner: None }, &[coin(5_000, USDX)]).unwrap();
    let seq = suite.bought("dao", 1_000);
    set(&mut suite, seq, 1_200);
    (suite, seq)
}

fn set(suite: &mut Suite, seq: u64, target_runway_seconds: u64) {
    let msg = ExecuteMsg::AutoTopUp {
        seq,
        target_runway_seconds,
        max_per_period: Uint128::new(2_000),
        period_seconds: Some(10_000),
        tip: Some(Uint128::new(5)),
    };
    suite.execute("dao", &msg, &[]).unwrap();
}

impl Suite {
    fn poke(&mut self, seq: u64) -> Result<Sent, ContractError> {
        self.execute("poker", &ExecuteMsg::Poke { seq }, &[])?;
        Ok(self.last_sent())
    }

    fn auto(&self, seq: u64) -> AutoTopUpResponse {
        self.ask(QueryMsg::AutoTopUp { seq })
    }

    /// The market says that `free` units are left, and that a unit is spent per second.
    fn says(&mut self, seq: u64, revision: u64, free: u128) {
        let (at, free, rate) = (self.now(), Uint128::new(free), Uint128::new(RATE));
        let group = status(seq, revision, GroupState::Active);
        self.notify("dao", DeploymentStatus { at, free, rate, ..group });
    }
}

#[test]
fn a_poke_fills_up_to_the_target_and_is_paid_when_it_has_arrived() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 599);
    let sent = suite.poke(seq).unwrap();
    assert_eq!(sent.coin, coin(601, USDX));
    assert!(matches!(sent.message().action, Action::TopUp(top_up) if top_up.seq == seq));
    assert_eq!((suite.budget("dao"), suite.claimable("poker")), (5_000 - 606, 0));
    suite.acknowledge(&sent, SUCCESS_ACK);
    assert_eq!((suite.budget("dao"), suite.claimable("poker")), (5_000 - 606, 5));
    assert_eq!(suite.auto(seq).left.u128(), 2_000 - 606);
}

#[test]
fn a_poke_that_does_not_arrive_is_not_paid() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 0);
    let sent = suite.poke(seq).unwrap();
    assert_eq!(suite.auto(seq).in_flight, Some(sent.message().n));
    suite.time_out(&sent);
    assert_eq!((suite.budget("dao"), suite.claimable("poker")), (5_000, 0));
    assert_eq!(suite.auto(seq).in_flight, None);
    // The period's limit is not given back.
    assert_eq!(suite.auto(seq).left.u128(), 2_000 - 1_205);
}

#[test]
fn nothing_is_sent_while_the_money_lasts_for_half_of_the_target() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 600);
    assert!(matches!(suite.poke(seq), Err(ContractError::NothingDue { due: 0, .. })));
    suite.pass(1);
    assert_eq!(suite.poke(seq).unwrap().coin, coin(601, USDX));
}

#[test]
fn one_top_up_is_in_flight_at_a_time_and_counts_once_it_has_arrived() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 0);
    let sent = suite.poke(seq).unwrap();
    assert!(matches!(suite.poke(seq), Err(ContractError::TopUpInFlight { .. })));
    suite.pass(10);
    suite.acknowledge(&sent, SUCCESS_ACK);
    // The last status is older than the top-up; what arrived lasts.
    assert!(matches!(suite.poke(seq), Err(ContractError::NothingDue { due: 0, .. })));
    suite.says(seq, 2, 1_190);
    assert_eq!(suite.auto(seq).due.u128(), 0);
    suite.pass(591);
    assert_eq!(suite.auto(seq).due.u128(), 1_200 - 599);
}

#[test]
fn a_period_spends_no_more_than_its_limit_tips_included() {
    let (mut suite, seq) = kept();
    let mut spent = 0;
    for revision in 1..5 {
        suite.says(seq, revision, 0);
        let Ok(sent) = suite.poke(seq) else { break };
        suite.acknowledge(&sent, SUCCESS_ACK);
        spent += Uint128::try_from(sent.coin.amount).unwrap().u128() + 5;
        suite.pass(1);
    }
    assert_eq!((spent, suite.budget("dao")), (2_000, 3_000));
    suite.pass(10_000);
    suite.says(seq, 9, 0);
    suite.poke(seq).unwrap();
}

#[test]
fn without_a_fresh_status_the_highest_rate_is_taken() {
    let (mut suite, seq) = kept();
    // Bought 100 s ago with 1,000 and at most 1.5 per second: 850 last for less than 600 s.
    suite.pass(100);
    assert_eq!(suite.auto(seq).due.u128(), 1_800 - 850);
    suite.says(seq, 1, 1_200);
    assert_eq!(suite.auto(seq).due.u128(), 0);
    suite.pass(86_400 + 1);
    assert_eq!(suite.auto(seq).due.u128(), 1_800);
}

#[test]
fn a_poke_needs_a_wish_a_budget_and_a_chain_that_takes_it() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 0);
    suite.chain.refuses = Some("the client expired".into());
    assert!(matches!(suite.poke(seq), Err(ContractError::NotSent { .. })));
    suite.chain.refuses = None;
    let all = ExecuteMsg::WithdrawBudget { denom: USDX.into(), amount: None, to: None };
    suite.execute("dao", &all, &[]).unwrap();
    assert!(matches!(suite.poke(seq), Err(ContractError::NothingDue { held: 0, .. })));
    set(&mut suite, seq, 0);
    assert!(matches!(suite.poke(seq), Err(ContractError::NoAutoTopUp { .. })));
}

#[test]
fn only_the_owner_sets_it() {
    let (mut suite, seq) = kept();
    let msg = ExecuteMsg::AutoTopUp {
        seq,
        target_runway_seconds: 1_200,
        max_per_period: Uint128::new(10),
        period_seconds: None,
        tip: None,
    };
    for sender in ["poker", "keeper"] {
        let refused = suite.execute(sender, &msg, &[]);
        assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    }
    suite.execute("dao", &msg, &[]).unwrap();
    assert_eq!(suite.auto(seq).period_seconds, 30 * 86_400);
}

#[test]
fn a_lost_top_up_is_repaired_with_its_tip() {
    let (mut suite, seq) = kept();
    suite.says(seq, 1, 0);
    let sent = suite.poke(seq).unwrap();
    suite.pass(100);
    suite.receive_coins(std::slice::from_ref(&sent.coin));
    let n = sent.message().n;
    suite.execute("anyone", &ExecuteMsg::Reconcile { n }, &[]).unwrap();
    let posted = suite.last_posted();
    let never = protocol::control::Answer::Never { at: sent.timeout_at };
    suite.answer(&posted, &protocol::control::ControlAck::Answer(never));
    assert_eq!((suite.budget("dao"), suite.claimable("poker")), (5_000, 0));
    assert_eq!(suite.auto(seq).in_flight, None);
}
