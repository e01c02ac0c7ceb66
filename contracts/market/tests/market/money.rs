//! Random lives of the market: whatever people do and whenever, all invariants hold after every
//! message, no unit is created or lost, and in the end everybody can go with everything.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, LeaseId};
use proptest::prelude::*;
use protocol::control::Command;
use protocol::deployment::Selection;
use protocol::{Otherwise, Tenant};

use crate::suite::{
    BOND, PEOPLE, PURSE, RATE, STAKE, Suite, USD, deployment, group, offer_terms, open_msg,
};

/// Deployments and groups that people talk about.
const SEQS: std::ops::Range<u64> = 1..4;
const GROUPS: std::ops::Range<u32> = 0..2;

/// What somebody may do next.
#[derive(Debug, Clone)]
enum Step {
    Say { from: usize, msg: Box<ExecuteMsg>, denom: &'static str, units: u128 },
    Pass(u64),
}

fn group_ids() -> impl Strategy<Value = LeaseId> {
    (SEQS, GROUPS).prop_map(|(seq, group)| Suite::named_lease(seq, group))
}

fn deployments() -> impl Strategy<Value = protocol::DeploymentId> {
    SEQS.prop_map(|seq| Suite::named_lease(seq, 0).deployment)
}

/// Orders of one or two groups, each by an offer or by bids.
fn orders() -> impl Strategy<Value = ExecuteMsg> {
    let one = (0_u64..3, 1_u64..3, any::<bool>(), prop::option::of(1_000_u64..9_000));
    (SEQS, prop::collection::vec(one, 1..3)).prop_map(|(seq, choices)| {
        let named = ["a", "b"].into_iter().zip(choices);
        let groups = named.map(|(name, (offer, runs, is_strict, seconds))| {
            let otherwise = if is_strict { Otherwise::Refund } else { Otherwise::Order };
            let selection = match offer {
                0 => Selection::Manual {},
                offer => Selection::Offer { offer, otherwise, max_charge: None },
            };
            let mut group = group(name, selection);
            group.resources[0].cpu_milli = 1_000 * runs - 1;
            group.term_seconds = seconds;
            group.notice_seconds = seconds.filter(|seconds| seconds % 2 == 0);
            group
        });
        open_msg(seq, groups.collect())
    })
}

fn tenants_words() -> impl Strategy<Value = ExecuteMsg> {
    let accept = (GROUPS, 3_usize..5, 1_u64..4).prop_map(|(group, provider, bid_no)| {
        let provider = Suite::named(PEOPLE[provider]);
        Command::AcceptBid { group, provider, bid_no, max_rate: Uint128::new(2 * RATE) }
    });
    let command = prop_oneof![
        4 => accept,
        1 => Just(Command::CloseDeployment {}),
        1 => GROUPS.prop_map(|group| Command::CloseLease { group }),
        1 => Just(Command::WithdrawSurplus {}),
    ];
    (deployments(), command)
        .prop_map(|(deployment, command)| ExecuteMsg::Act { deployment, command })
}

fn anyones_words() -> impl Strategy<Value = ExecuteMsg> {
    prop_oneof![
        4 => group_ids().prop_map(|lease| ExecuteMsg::Heartbeat { leases: vec![lease] }),
        2 => group_ids().prop_map(|lease| ExecuteMsg::Withdraw { lease }),
        1 => group_ids().prop_map(|lease| ExecuteMsg::CloseLease { lease }),
        1 => group_ids().prop_map(|lease| ExecuteMsg::EndLease { lease }),
        1 => group_ids().prop_map(|order| ExecuteMsg::ExpireOrder { order }),
        1 => group_ids().prop_map(|lease| ExecuteMsg::CloseUnready { lease }),
        1 => group_ids().prop_map(|lease| ExecuteMsg::ReportSilent { lease }),
        1 => group_ids().prop_map(|lease| ExecuteMsg::CloseSilent { lease }),
        1 => deployments().prop_map(|deployment| ExecuteMsg::CloseShort { deployment }),
        1 => deployments().prop_map(|deployment| ExecuteMsg::Finish { deployment }),
        1 => (1_u64..3).prop_map(|offer| ExecuteMsg::CancelOffer { offer }),
        1 => Just(ExecuteMsg::DeregisterProvider {}),
        1 => (group_ids(), 3_usize..5).prop_map(|(order, provider)| {
            ExecuteMsg::WithdrawBid { order, provider: Some(Suite::named(PEOPLE[provider])) }
        }),
        1 => (0_usize..7).prop_map(|who| {
            let claimant = Tenant::Local { address: Suite::named(PEOPLE[who]) };
            ExecuteMsg::Claim { claimant, denom: USD.into() }
        }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let bid = (group_ids(), RATE / 2..2 * RATE, 60_u64..9_000);
    let bid = bid.prop_map(|(order, rate, valid_for_seconds)| ExecuteMsg::Bid {
        order,
        rate: Uint128::new(rate),
        valid_for_seconds,
    });
    let deposit = prop_oneof![Just(USD), Just(STAKE)];
    let top_up = SEQS.prop_map(|seq| {
        let tenant = Some(Suite::named_lease(seq, 0).deployment.tenant);
        ExecuteMsg::TopUp { tenant, seq }
    });
    let say = |from, msg, denom, units| Step::Say { from, msg: Box::new(msg), denom, units };
    prop_oneof![
        3 => (orders(), 100_u128..20_000).prop_map(move |(msg, units)| say(2, msg, USD, units)),
        3 => (3_usize..5, bid, deposit).prop_map(move |(from, msg, denom)| {
            say(from, msg, denom, 2 * BOND)
        }),
        2 => (3_usize..5).prop_map(move |from| {
            say(from, ExecuteMsg::PostOffer { terms: offer_terms() }, USD, 3 * BOND)
        }),
        2 => (top_up, 90_u128..9_000).prop_map(move |(msg, units)| say(0, msg, USD, units)),
        4 => tenants_words().prop_map(move |msg| say(2, msg, USD, 0)),
        8 => (3_usize..5, anyones_words()).prop_map(move |(from, msg)| say(from, msg, USD, 0)),
        6 => (1_u64..5_000).prop_map(Step::Pass),
        1 => (80_000_u64..200_000).prop_map(Step::Pass),
    ]
}

fn total(suite: &Suite, denom: &str) -> u128 {
    let purses = PEOPLE.iter().map(|name| suite.balance(&suite.address(name), denom));
    purses.sum::<u128>() + suite.balance(&suite.market, denom)
}

/// Lets time pass and takes every exit there is.
fn everybody_goes(suite: &mut Suite) {
    for name in ["alice", "bob"] {
        let _ = suite.send(name, &ExecuteMsg::DeregisterProvider {}, &[]);
    }
    for _ in 0..4 {
        suite.pass(31 * 86_400);
        for (seq, group) in SEQS.flat_map(|seq| GROUPS.map(move |group| (seq, group))) {
            let id = Suite::named_lease(seq, group);
            for msg in [
                ExecuteMsg::ExpireOrder { order: id.clone() },
                ExecuteMsg::CloseUnready { lease: id.clone() },
                ExecuteMsg::EndLease { lease: id.clone() },
                ExecuteMsg::ReportSilent { lease: id.clone() },
                ExecuteMsg::CloseSilent { lease: id.clone() },
                ExecuteMsg::CloseShort { deployment: id.deployment.clone() },
                ExecuteMsg::Finish { deployment: id.deployment.clone() },
            ] {
                let _ = suite.send("pauser", &msg, &[]);
            }
            for name in ["alice", "bob"] {
                let provider = Some(Suite::named(name));
                let msg = ExecuteMsg::WithdrawBid { order: id.clone(), provider };
                let _ = suite.send("pauser", &msg, &[]);
            }
        }
    }
    for offer in 1..40 {
        let _ = suite.send("pauser", &ExecuteMsg::CancelOffer { offer }, &[]);
    }
    for name in PEOPLE {
        let provider = Suite::named(name);
        let _ = suite.send("pauser", &ExecuteMsg::ReleaseStake { provider }, &[]);
        for denom in [USD, STAKE] {
            let msg = ExecuteMsg::Claim { claimant: suite.tenant(name), denom: denom.into() };
            let _ = suite.send("pauser", &msg, &[]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, fork: false, ..ProptestConfig::default() })]

    #[test]
    fn no_unit_is_lost_created_or_stuck(steps in prop::collection::vec(steps(), 1..60)) {
        let mut suite = Suite::new();
        let people = u128::try_from(PEOPLE.len()).unwrap();
        for step in steps {
            match step {
                Step::Pass(seconds) => suite.pass(seconds),
                Step::Say { from, msg, denom, units } => {
                    let funds = if units == 0 { vec![] } else { coins(units, denom) };
                    let _ = suite.send(PEOPLE[from], &msg, &funds);
                }
            }
            prop_assert_eq!(total(&suite, USD), people * PURSE);
        }
        everybody_goes(&mut suite);
        for denom in [USD, STAKE] {
            prop_assert_eq!(suite.balance(&suite.market, denom), 0, "{} is stuck", denom);
            prop_assert_eq!(total(&suite, denom), people * PURSE);
        }
    }
}

// Rules 15, 30: every state has its way out, and all is back at the end.
#[test]
fn the_walk_reaches_the_states_it_is_about() {
    let mut suite = Suite::new();
    let terms = ExecuteMsg::PostOffer { terms: offer_terms() };
    suite.run("alice", &terms, &coins(3 * BOND, USD));
    let selection = Selection::Offer { offer: 1, otherwise: Otherwise::Refund, max_charge: None };
    let wanted = deployment(vec![group("a", selection)]);
    let open = ExecuteMsg::Open { seq: 1, refund_to: None, deployment: wanted };
    suite.run("tenant", &open, &coins(5_000, USD));
    suite.beat("alice", &Suite::named_lease(1, 0));
    everybody_goes(&mut suite);
    assert_eq!(suite.balance(&suite.market, USD), 0);
    assert_eq!(suite.usd("alice"), PURSE + 3_528 - BOND, "silent: it lost its bond");
    assert_eq!(suite.usd("tenant"), PURSE - 3_600 + BOND);
}
