//! Every state has a way out by time alone, that anybody can take, and not a second earlier.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, LeaseId, OfferTerms};
use protocol::Code;
use protocol::control::{Command, DeploymentState, GroupState};
use protocol::deployment::Selection;

use crate::suite::{
    BOND, GRACE, PURSE, RATE, STAKE, Suite, USD, by_offer, group, manual, offer_terms,
};

/// Waits until a second before the time, is refused, waits for it, and is served.
fn exactly_after(suite: &mut Suite, seconds: u64, msg: &ExecuteMsg) {
    suite.pass(seconds - 1);
    suite.refused("owner", msg, &[], Code::TooEarly);
    suite.pass(1);
    suite.just("owner", msg);
}

// Rule 15: every state has a way out by time alone, for anyone.
#[test]
fn an_order_expires_and_then_its_deployment_is_finished() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let order = suite.lease_id(1, 0);
    exactly_after(&mut suite, 86_400, &ExecuteMsg::ExpireOrder { order });
    assert_eq!(suite.status(1).groups[0].state, GroupState::Closed);
    let deployment = suite.id(1);
    exactly_after(&mut suite, 86_400, &ExecuteMsg::Finish { deployment });
    assert_eq!(suite.claimable("tenant", USD), 1_000);
    suite.claim("tenant", USD);
    assert_eq!(suite.usd("tenant"), PURSE);
}

#[test]
fn a_provider_that_never_comes_loses_its_bond_to_the_tenant() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    exactly_after(&mut suite, 7_200, &report(&lease));
    exactly_after(&mut suite, 3_600, &ExecuteMsg::CloseUnready { lease });
    assert_eq!(suite.status(1).free.u128(), 1_000 + BOND);
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.usd("tenant"), PURSE + BOND);
}

#[test]
fn a_late_first_beat_counts_until_the_close() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.pass(8_000);
    suite.just("owner", &report(&lease));
    suite.pass(4_000);
    let silent = ExecuteMsg::CloseSilent { lease: lease.clone() };
    suite.refused("owner", &silent, &[], Code::WrongState);
    suite.beat("alice", &lease);
    assert_eq!(suite.lease(&lease).silent_deadline, None);
    suite.refused("owner", &ExecuteMsg::CloseUnready { lease }, &[], Code::WrongState);
}

#[test]
fn a_halt_of_the_chain_costs_nobody_a_bond() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.pass(30 * 86_400);
    // The first block after it: whoever is first can only state what everybody sees.
    let close = ExecuteMsg::CloseUnready { lease: lease.clone() };
    suite.refused("bob", &close, &[], Code::WrongState);
    suite.just("bob", &report(&lease));
    suite.refused("bob", &close, &[], Code::TooEarly);
    suite.beat("alice", &lease);
    assert_eq!(suite.status(1).groups[0].state, GroupState::Active);
}

fn silent(suite: &mut Suite) -> LeaseId {
    let lease = suite.leased(100_000);
    suite.beat("alice", &lease);
    suite.refused("owner", &report(&lease), &[], Code::TooEarly);
    suite.pass(3_600);
    suite.just("owner", &report(&lease));
    lease
}

fn report(lease: &LeaseId) -> ExecuteMsg {
    ExecuteMsg::ReportSilent { lease: lease.clone() }
}

#[test]
fn silence_is_stated_then_closed_and_pays_no_second_of_it() {
    let mut suite = Suite::new();
    let lease = silent(&mut suite);
    suite.refused("owner", &report(&lease), &[], Code::WrongState);
    let unready = ExecuteMsg::CloseUnready { lease: lease.clone() };
    suite.refused("owner", &unready, &[], Code::WrongState);
    exactly_after(&mut suite, 3_600, &ExecuteMsg::CloseSilent { lease });
    assert_eq!(suite.status(1).free.u128(), 100_000 - 3_600 + BOND);
    assert_eq!(suite.claimable("alice", USD), 3_600 - 72);
}

#[test]
fn who_is_reported_has_an_hour_or_its_window_if_that_is_longer() {
    for (window, has) in [(900, 3_600), (3_601, 3_601)] {
        let mut suite = Suite::new();
        let offer = suite.post_offer("alice");
        let mut wanted = group("web", by_offer(offer));
        wanted.heartbeat_window_seconds = Some(window);
        suite.open(1, vec![wanted], 100_000);
        let lease = suite.lease_id(1, 0);
        suite.beat("alice", &lease);
        suite.pass(window);
        suite.just("owner", &report(&lease));
        exactly_after(&mut suite, has, &ExecuteMsg::CloseSilent { lease });
    }
}

#[test]
fn a_heartbeat_breaks_silence() {
    let mut suite = Suite::new();
    let lease = silent(&mut suite);
    suite.pass(4_000);
    suite.beat("alice", &lease);
    suite.refused("owner", &ExecuteMsg::CloseSilent { lease }, &[], Code::WrongState);
    assert_eq!(suite.status(1).free.u128(), 100_000 - 3_600, "the gap stays unpaid");
}

#[test]
fn a_deployment_out_of_funds_is_closed_after_its_grace() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.beat("alice", &lease);
    let deployment = suite.id(1);
    let msg = ExecuteMsg::CloseShort { deployment };
    suite.pass(1_000);
    suite.refused("owner", &msg, &[], Code::WrongState);
    exactly_after(&mut suite, GRACE, &msg);
    assert_eq!(suite.status(1).state, DeploymentState::Closed);
    assert_eq!(suite.claimable("alice", USD), 980);
    assert_eq!(suite.claimable("treasury", USD), 20);
    assert_eq!(suite.usd("tenant"), PURSE - 1_000);
}

#[test]
fn grace_cannot_be_stretched_by_dust() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.beat("alice", &lease);
    suite.pass(1_000 + GRACE / 2);
    let top_up = ExecuteMsg::TopUp { tenant: Some(suite.tenant("tenant")), seq: 1 };
    suite.refused("bob", &top_up, &coins(99, USD), Code::InsufficientDeposit);
    suite.run("bob", &top_up, &coins(599, USD));
    let deployment = suite.id(1);
    suite.pass(GRACE / 2);
    suite.just("owner", &ExecuteMsg::CloseShort { deployment });
    assert_eq!(suite.claimable("tenant", USD), 599);
}

#[test]
fn out_of_funds_nobody_is_silent_and_the_provider_may_go() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000);
    suite.beat("alice", &lease);
    suite.pass(4_000);
    suite.refused("owner", &report(&lease), &[], Code::WrongState);
    suite.just("alice", &ExecuteMsg::CloseLease { lease });
    assert_eq!(suite.claimable("alice", USD), 980);
    suite.just("alice", &ExecuteMsg::CancelOffer { offer: 1 });
    assert_eq!(suite.claimable("alice", USD), 980 + 2 * BOND, "no fault, no forfeit");
}

/// A lease by bid, so that the group can have terms that the offer's group has not.
fn leased_for(suite: &mut Suite, change: impl Fn(&mut protocol::Group)) -> LeaseId {
    let mut wanted = group("web", Selection::Manual {});
    change(&mut wanted);
    suite.open(1, vec![wanted], 100_000);
    let bid = suite.bid("alice", RATE);
    suite.act(Command::AcceptBid {
        group: 0,
        provider: bid.provider,
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    });
    suite.lease_id(1, 0)
}

#[test]
fn a_term_ends_the_lease() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |group| group.term_seconds = Some(1_800));
    suite.beat("alice", &lease);
    exactly_after(&mut suite, 1_800, &ExecuteMsg::EndLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND + 1_800 - 36);
}

#[test]
fn a_term_runs_from_the_first_heartbeat_so_a_halt_longer_than_it_costs_no_bond() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |group| group.term_seconds = Some(1_800));
    assert_eq!(suite.lease(&lease).stops_at, None);
    suite.pass(30 * 86_400);
    suite.just("bob", &report(&lease));
    let close = ExecuteMsg::CloseUnready { lease: lease.clone() };
    suite.refused("bob", &close, &[], Code::TooEarly);
    suite.beat("alice", &lease);
    assert!(suite.lease(&lease).stops_at.is_some());
    exactly_after(&mut suite, 1_800, &ExecuteMsg::EndLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND + 1_800 - 36);
}

#[test]
fn who_never_comes_in_a_short_term_was_not_ready() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |group| group.term_seconds = Some(1_800));
    suite.pass(7_200);
    suite.refused("owner", &ExecuteMsg::EndLease { lease: lease.clone() }, &[], Code::WrongState);
    suite.just("owner", &report(&lease));
    exactly_after(&mut suite, 3_600, &ExecuteMsg::CloseUnready { lease });
    assert_eq!(suite.status(1).free.u128(), 100_000 + BOND);
}

/// A lease of ten thousand seconds whose provider beats once and then no more.
fn silent_in_its_term(suite: &mut Suite, until: u64) -> LeaseId {
    let lease = leased_for(suite, |group| {
        group.term_seconds = Some(10_000);
        group.heartbeat_window_seconds = Some(900);
    });
    suite.beat("alice", &lease);
    suite.pass(until);
    lease
}

#[test]
fn a_silence_that_outlasts_its_time_is_not_saved_by_the_stop() {
    let mut suite = Suite::new();
    let lease = silent_in_its_term(&mut suite, 6_399);
    suite.just("owner", &report(&lease));
    suite.pass(3_601);
    let end = ExecuteMsg::EndLease { lease: lease.clone() };
    suite.refused("alice", &end, &[], Code::WrongState);
    suite.just("owner", &ExecuteMsg::CloseSilent { lease });
    assert_eq!(suite.claimable("alice", USD), 900 - 18);
}

#[test]
fn a_silence_that_the_stop_cuts_short_costs_no_bond() {
    let mut suite = Suite::new();
    let lease = silent_in_its_term(&mut suite, 6_400);
    suite.refused("owner", &report(&lease), &[], Code::WrongState);
    suite.pass(3_600);
    suite.just("owner", &ExecuteMsg::EndLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND + 900 - 18);
}

#[test]
fn a_notice_cuts_a_reported_silence_short_and_then_only_the_stop_ends_the_lease() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |group| {
        group.notice_seconds = Some(1_000);
        group.heartbeat_window_seconds = Some(900);
    });
    suite.beat("alice", &lease);
    suite.pass(900);
    suite.just("owner", &report(&lease));
    suite.just("alice", &ExecuteMsg::CloseLease { lease: lease.clone() });
    suite.pass(3_600);
    let silent = ExecuteMsg::CloseSilent { lease: lease.clone() };
    suite.refused("owner", &silent, &[], Code::WrongState);
    suite.just("owner", &ExecuteMsg::EndLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND + 900 - 18);
}

/// Leases by offers with a minimum charge, each with a window of a quarter of an hour.
fn charged(suite: &mut Suite, charges: &[(&str, u128)], deposit: u128) -> Vec<LeaseId> {
    charged_for(suite, charges, deposit, None)
}

/// The same, for a term.
fn charged_for(
    suite: &mut Suite,
    charges: &[(&str, u128)],
    deposit: u128,
    term_seconds: Option<u64>,
) -> Vec<LeaseId> {
    let mut groups = Vec::new();
    for (provider, min_charge) in charges {
        let min_charge = Uint128::new(*min_charge);
        let terms = OfferTerms { min_charge, ..offer_terms() };
        let offer = suite.post(provider, terms, &coins(2 * BOND, USD));
        let mut wanted = group(provider, by_offer(offer));
        wanted.heartbeat_window_seconds = Some(900);
        wanted.term_seconds = term_seconds;
        groups.push(wanted);
    }
    suite.open(1, groups, deposit);
    (0..).zip(charges).map(|(group, _)| suite.lease_id(1, group)).collect()
}

/// Both ways in which a deployment out of funds is closed as a whole.
const CLOSES: [fn(&mut Suite); 2] = [
    |suite| drop(suite.act(Command::CloseDeployment {})),
    |suite| {
        suite.pass(GRACE);
        let deployment = suite.id(1);
        suite.just("owner", &ExecuteMsg::CloseShort { deployment });
    },
];

#[test]
fn who_stops_to_beat_unpaid_has_its_minimum_charge_whoever_closes() {
    for close in CLOSES {
        let mut suite = Suite::new();
        let leases = charged(&mut suite, &[("alice", 900)], 1_500);
        suite.beat("alice", &leases[0]);
        suite.pass(2_000);
        close(&mut suite);
        assert_eq!(suite.claimable("alice", USD), 900 - 18);
    }
}

/// Alice falls silent, Bob beats on until the money is out and then stops, as who is not paid may.
fn one_silent_before_the_shortage(suite: &mut Suite, charges: &[(&str, u128)]) -> Vec<LeaseId> {
    let leases = charged(suite, charges, 3_900 + 2_500);
    let of = |name| charges.iter().position(|(provider, _)| *provider == name).unwrap();
    suite.beat("alice", &leases[of("alice")]);
    suite.beat("bob", &leases[of("bob")]);
    suite.pass(800);
    suite.beat("bob", &leases[of("bob")]);
    suite.pass(2_200);
    leases
}

#[test]
fn who_was_silent_before_the_money_ran_out_has_no_minimum_charge_whoever_closes_and_in_any_order() {
    for close in CLOSES {
        for charges in [[("alice", 1_500), ("bob", 2_500)], [("bob", 2_500), ("alice", 1_500)]] {
            let mut suite = Suite::new();
            one_silent_before_the_shortage(&mut suite, &charges);
            close(&mut suite);
            assert_eq!(suite.claimable("alice", USD), 900 - 18, "{charges:?}");
            assert_eq!(suite.claimable("bob", USD), 2_500 - 50, "{charges:?}");
        }
    }
}

#[test]
fn a_stop_within_a_shortage_blames_who_was_silent_before_it() {
    let mut suite = Suite::new();
    let leases = charged_for(&mut suite, &[("alice", 1_500), ("bob", 0)], 3_900, Some(3_000));
    suite.beat("alice", &leases[0]);
    suite.beat("bob", &leases[1]);
    suite.pass(800);
    suite.beat("bob", &leases[1]);
    suite.pass(2_200);
    suite.just("owner", &ExecuteMsg::EndLease { lease: leases[0].clone() });
    assert_eq!(suite.claimable("alice", USD), 900 - 18);
}

#[test]
fn a_provider_leaves_with_notice_and_is_paid_meanwhile() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |group| group.notice_seconds = Some(1_000));
    suite.beat("alice", &lease);
    suite.pass(500);
    suite.just("alice", &ExecuteMsg::CloseLease { lease: lease.clone() });
    assert_eq!(suite.lease(&lease).state, GroupState::Reclaiming);
    let again = ExecuteMsg::CloseLease { lease: lease.clone() };
    suite.refused("alice", &again, &[], Code::WrongState);
    exactly_after(&mut suite, 1_000, &ExecuteMsg::EndLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND + 1_500 - 30);
}

#[test]
fn declining_before_the_first_beat_costs_a_tenth() {
    let mut suite = Suite::new();
    let lease = leased_for(&mut suite, |_| {});
    suite.refused("bob", &ExecuteMsg::CloseLease { lease: lease.clone() }, &[], Code::Unauthorized);
    suite.just("alice", &ExecuteMsg::CloseLease { lease });
    assert_eq!(suite.claimable("alice", USD), BOND - BOND / 10);
    assert_eq!(suite.status(1).free.u128(), 100_000 + BOND / 10);
}

#[test]
fn an_expired_offer_is_ended_by_anyone_and_its_bond_freed_with_its_leases() {
    let mut suite = Suite::new();
    let lease = suite.leased(100_000_000);
    suite.beat("alice", &lease);
    exactly_after_unauthorized(&mut suite, 30 * 86_400, &ExecuteMsg::CancelOffer { offer: 1 });
    assert_eq!(suite.claimable("alice", USD), BOND, "one lease locks the other half");
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.claimable("alice", USD), 2 * BOND + 3_600 - 72);
    suite.refused("alice", &ExecuteMsg::CancelOffer { offer: 1 }, &[], Code::NotFound);
}

fn exactly_after_unauthorized(suite: &mut Suite, seconds: u64, msg: &ExecuteMsg) {
    suite.pass(seconds - 1);
    suite.refused("owner", msg, &[], Code::Unauthorized);
    suite.pass(1);
    suite.just("owner", msg);
}

#[test]
fn a_leaving_provider_gets_its_stake_when_time_and_leases_are_over() {
    let mut suite = Suite::new();
    let lease = suite.leased(1_000_000);
    suite.beat("alice", &lease);
    suite.just("alice", &ExecuteMsg::DeregisterProvider {});
    let offer = group("late", by_offer(1));
    let msg = crate::suite::open_msg(2, vec![offer]);
    suite.refused("tenant", &msg, &coins(1_000, USD), Code::ProviderIneligible);
    let release = ExecuteMsg::ReleaseStake { provider: suite.address("alice").into() };
    suite.pass(86_399);
    suite.refused("owner", &release, &[], Code::TooEarly);
    suite.pass(1);
    suite.refused("owner", &release, &[], Code::WrongState);
    suite.act(Command::CloseDeployment {});
    suite.just("owner", &release);
    suite.claim("alice", STAKE);
    assert_eq!(suite.stake("alice"), PURSE);
}

#[test]
fn a_min_charge_is_paid_only_to_who_was_alive_and_not_at_fault() {
    let terms = || OfferTerms { min_charge: Uint128::new(3_000), ..offer_terms() };
    let silent = (true, 5_000, 2_000);
    for (beats, wait, paid) in [(false, 9, 0), (true, 100, 3_000), (true, 1_500, 3_000), silent] {
        let mut suite = Suite::new();
        let offer = suite.post("alice", terms(), &coins(BOND, USD));
        let mut wanted = group("web", by_offer(offer));
        wanted.heartbeat_window_seconds = Some(2_000);
        suite.open(1, vec![wanted], 100_000);
        let lease = suite.lease_id(1, 0);
        if beats {
            suite.beat("alice", &lease);
        }
        suite.pass(wait);
        suite.act(Command::CloseDeployment {});
        assert_eq!(PURSE - suite.usd("tenant"), paid, "{beats} {wait}");
    }
}

#[test]
fn a_tenant_leaves_free_of_charge_when_a_required_attribute_is_gone() {
    let mut suite = Suite::new();
    let terms = OfferTerms { min_charge: Uint128::new(1_000), ..offer_terms() };
    let offer = suite.post("alice", terms, &coins(BOND, USD));
    let mut wanted = group("web", by_offer(offer));
    wanted.requirements.attributes = vec![crate::suite::attribute("reg*", "eu-west")];
    suite.open(1, vec![wanted], 100_000);
    let lease = suite.lease_id(1, 0);
    suite.beat("alice", &lease);
    suite.pass(10);
    suite.just("alice", &ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(vec![]) });
    suite.act(Command::CloseDeployment {});
    assert_eq!(PURSE - suite.usd("tenant"), 10);
}

#[test]
fn a_provider_that_gave_notice_earns_no_minimum_charge_however_its_lease_ends() {
    for leaves in [true, false] {
        let mut suite = Suite::new();
        let terms = OfferTerms { min_charge: Uint128::new(3_000), ..offer_terms() };
        let offer = suite.post("alice", terms, &coins(BOND, USD));
        let mut wanted = group("web", by_offer(offer));
        wanted.notice_seconds = Some(1_000);
        suite.open(1, vec![wanted], 100_000);
        let lease = suite.lease_id(1, 0);
        suite.beat("alice", &lease);
        suite.pass(500);
        suite.just("alice", &ExecuteMsg::CloseLease { lease: lease.clone() });
        suite.pass(500);
        if !leaves {
            suite.pass(500);
            suite.just("owner", &ExecuteMsg::EndLease { lease });
        }
        suite.act(Command::CloseDeployment {});
        let served = if leaves { 1_000 } else { 1_500 };
        assert_eq!(PURSE - suite.usd("tenant"), served);
    }
}
