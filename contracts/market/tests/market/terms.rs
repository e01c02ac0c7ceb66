//! A change of terms: proposed by one side, accepted by number by the other, without closing.

use cosmwasm_std::{Uint128, coins, from_json};
use market::msg::{ExecuteMsg, LeaseId, NewTerms};
use protocol::Code;
use protocol::control::{Answer, Command};
use protocol::deployment::{LocalOperator, Scope, Selection};

use crate::suite::{RATE, Suite, USD, deployment, group, manual};

fn terms(rate: u128) -> NewTerms {
    NewTerms { rate: Uint128::new(rate), spec_hash: None, valid_for_seconds: 1_000 }
}

fn propose(lease: &LeaseId, terms: NewTerms) -> ExecuteMsg {
    ExecuteMsg::ProposeTerms { lease: lease.clone(), terms }
}

fn accept(terms_no: u64) -> Command {
    Command::AcceptTerms { group: 0, terms_no }
}

fn by_tenant(suite: &Suite, terms_no: u64) -> ExecuteMsg {
    ExecuteMsg::Act { deployment: suite.id(1), command: accept(terms_no) }
}

fn by_provider(lease: &LeaseId, terms_no: u64) -> ExecuteMsg {
    ExecuteMsg::AcceptTerms { lease: lease.clone(), terms_no }
}

/// An active lease of `alice` at [`RATE`].
fn active(units: u128) -> (Suite, LeaseId) {
    let mut suite = Suite::new();
    let lease = suite.leased(units);
    suite.beat("alice", &lease);
    (suite, lease)
}

#[test]
fn the_provider_proposes_and_the_tenant_accepts() {
    let (mut suite, lease) = active(100_000);
    let spec_hash = Some("a".repeat(64));
    let new = NewTerms { spec_hash: spec_hash.clone(), ..terms(3 * RATE) };
    suite.just("alice", &propose(&lease, new));
    let proposals = suite.lease(&lease).proposals;
    assert_eq!((proposals[0].terms_no, proposals[0].by.as_str()), (1, "provider"));
    suite.pass(100);
    suite.refused("alice", &by_tenant(&suite, 1), &[], Code::Unauthorized);
    suite.refused("alice", &by_provider(&lease, 1), &[], Code::NotFound);
    for _ in 0..2 {
        let answer: Answer = from_json(suite.act(accept(1)).data.unwrap()).unwrap();
        assert_eq!(answer, Answer::Done {}, "twice does no more than once");
    }
    let info = suite.lease(&lease);
    assert_eq!((info.rate.u128(), info.spec_hash, info.proposals.len()), (3 * RATE, spec_hash, 0));
    suite.pass(10);
    assert_eq!(suite.lease(&lease).withdrawable.u128(), 100 + 30, "from the acceptance on");
}

#[test]
fn the_tenant_or_its_operator_proposes_and_the_provider_accepts() {
    let mut suite = Suite::new();
    let mut wanted = deployment(manual());
    wanted.local_operators = vec![LocalOperator {
        address: suite.address("operator").into(),
        scopes: vec![Scope::Terms],
        expires_in_seconds: None,
    }];
    let open = ExecuteMsg::Open { seq: 1, refund_to: None, deployment: wanted };
    suite.run("tenant", &open, &coins(100_000, USD));
    let bid = suite.bid("alice", RATE);
    let (provider, bid_no) = (bid.provider, bid.bid_no);
    suite.act(Command::AcceptBid { group: 0, provider, bid_no, max_rate: bid.rate });
    let lease = suite.lease_id(1, 0);
    suite.just("tenant", &propose(&lease, terms(RATE / 2)));
    suite.just("operator", &propose(&lease, terms(RATE / 4)));
    suite.refused("alice", &by_provider(&lease, 1), &[], Code::NotFound);
    suite.refused("operator", &by_tenant(&suite, 2), &[], Code::NotFound);
    suite.refused("bob", &by_provider(&lease, 2), &[], Code::Unauthorized);
    suite.just("alice", &by_provider(&lease, 2));
    assert_eq!(suite.lease(&lease).rate.u128(), RATE / 4);
}

#[test]
fn strangers_and_bad_numbers_are_refused() {
    let (mut suite, lease) = active(100_000);
    suite.refused("bob", &propose(&lease, terms(RATE)), &[], Code::Unauthorized);
    suite.refused("alice", &propose(&lease, terms(0)), &[], Code::LimitExceeded);
    let long = NewTerms { valid_for_seconds: 7 * 86_400 + 1, ..terms(RATE) };
    suite.refused("alice", &propose(&lease, long), &[], Code::LimitExceeded);
    let odd = NewTerms { spec_hash: Some("A".repeat(64)), ..terms(RATE) };
    suite.refused("alice", &propose(&lease, odd), &[], Code::LimitExceeded);
    suite.refused("tenant", &by_tenant(&suite, 0), &[], Code::NotFound);
    suite.refused("tenant", &by_tenant(&suite, 9), &[], Code::NotFound);
}

#[test]
fn a_proposal_ends_by_time_and_by_the_agreement_on_another() {
    let (mut suite, lease) = active(100_000);
    suite.just("alice", &propose(&lease, terms(2 * RATE)));
    suite.just("tenant", &propose(&lease, terms(RATE / 2)));
    suite.pass(999);
    suite.just("alice", &by_provider(&lease, 2));
    suite.refused("tenant", &by_tenant(&suite, 1), &[], Code::NotFound);
    suite.just("alice", &propose(&lease, terms(2 * RATE)));
    suite.pass(1_000);
    suite.refused("tenant", &by_tenant(&suite, 3), &[], Code::TooLate);
    assert_eq!(suite.lease(&lease).rate.u128(), RATE / 2);
}

#[test]
fn a_dearer_rate_needs_its_runway() {
    let (mut suite, lease) = active(1_000);
    suite.just("alice", &propose(&lease, terms(2 * RATE)));
    suite.refused("tenant", &by_tenant(&suite, 1), &[], Code::InsufficientDeposit);
    suite.run("tenant", &ExecuteMsg::TopUp { tenant: None, seq: 1 }, &coins(200, USD));
    suite.just("tenant", &by_tenant(&suite, 1));
}

#[test]
fn terms_do_not_change_while_the_account_is_short() {
    let (mut suite, lease) = active(1_000);
    suite.just("alice", &propose(&lease, NewTerms { valid_for_seconds: 9_999, ..terms(1) }));
    suite.pass(1_001);
    suite.refused("tenant", &by_tenant(&suite, 1), &[], Code::WrongState);
    suite.refused("tenant", &propose(&lease, terms(1)), &[], Code::WrongState);
}

#[test]
fn terms_do_not_change_while_the_lease_ends_by_notice() {
    let mut suite = Suite::new();
    let mut wanted = group("web", Selection::Manual {});
    wanted.notice_seconds = Some(1_000);
    suite.open(1, vec![wanted], 100_000);
    let bid = suite.bid("alice", RATE);
    let (provider, bid_no) = (bid.provider, bid.bid_no);
    suite.act(Command::AcceptBid { group: 0, provider, bid_no, max_rate: bid.rate });
    let lease = suite.lease_id(1, 0);
    suite.beat("alice", &lease);
    suite.just("tenant", &propose(&lease, terms(2 * RATE)));
    suite.just("alice", &ExecuteMsg::CloseLease { lease: lease.clone() });
    suite.refused("alice", &by_provider(&lease, 1), &[], Code::WrongState);
    suite.refused("tenant", &propose(&lease, terms(1)), &[], Code::WrongState);
}

#[test]
fn a_provider_that_is_the_tenants_operator_does_not_agree_with_itself() {
    let (mut suite, lease) = active(100_000);
    let alice = LocalOperator {
        address: suite.address("alice").into(),
        scopes: vec![Scope::Terms],
        expires_in_seconds: None,
    };
    let local_operators = vec![alice];
    suite.act(Command::SetOperators { rev: 1, local_operators, access_keys: vec![] });
    suite.just("alice", &propose(&lease, terms(50 * RATE)));
    suite.refused("alice", &by_tenant(&suite, 1), &[], Code::Unauthorized);
    assert_eq!(suite.lease(&lease).rate.u128(), RATE);
}

#[test]
fn proposals_end_with_the_lease() {
    let (mut suite, lease) = active(100_000);
    suite.just("alice", &propose(&lease, terms(2 * RATE)));
    suite.act(Command::CloseLease { group: 0 });
    suite.refused("tenant", &by_tenant(&suite, 1), &[], Code::NotFound);
}
