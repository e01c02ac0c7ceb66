//! Slashing: how much, for whom, and that the owner gains nothing.

use cosmwasm_std::{Uint128, coins};
use market::msg::{ExecuteMsg, Harm, LeaseId, ProviderInfo, QueryMsg};
use protocol::Code;

use crate::suite::{STAKE, Suite, USD, attribute_of, by_offer, group, open_msg, params};

const MONTH: u64 = 30 * 86_400;

fn slash(amount: u128, harmed: Vec<Harm>) -> ExecuteMsg {
    ExecuteMsg::SlashProvider {
        provider: Suite::named("alice"),
        amount: Uint128::new(amount),
        reason: "sold the same gpu twice".into(),
        harmed,
    }
}

fn harm(lease: &LeaseId, amount: u128) -> Harm {
    Harm { lease: lease.clone(), amount: Uint128::new(amount) }
}

fn stake_of(suite: &Suite) -> u128 {
    let address = suite.address("alice").into();
    let provider: ProviderInfo = suite.ask(&QueryMsg::Provider { address });
    provider.stake.amount.u128()
}

#[test]
fn at_most_a_tenth_of_the_stake_goes_in_any_thirty_days() {
    let mut suite = Suite::new();
    suite.refused("bob", &slash(1, vec![]), &[], Code::Unauthorized);
    suite.refused("owner", &slash(0, vec![]), &[], Code::LimitExceeded);
    suite.refused("owner", &slash(101, vec![]), &[], Code::LimitExceeded);
    let response = suite.just("owner", &slash(60, vec![]));
    let reason = attribute_of(&response, "wasm-provider_slashed", "reason");
    assert_eq!(reason, "sold the same gpu twice");
    suite.refused("owner", &slash(41, vec![]), &[], Code::LimitExceeded);
    suite.pass(MONTH - 1);
    suite.just("owner", &slash(40, vec![]));
    suite.refused("owner", &slash(1, vec![]), &[], Code::LimitExceeded);
    suite.pass(1);
    // The first is a month ago: (900 + 40) / 10 less the 40 that count still.
    suite.refused("owner", &slash(55, vec![]), &[], Code::LimitExceeded);
    suite.just("owner", &slash(54, vec![]));
    assert_eq!(stake_of(&suite), 846);
    assert_eq!(suite.claimable("treasury", STAKE), 154);
}

#[test]
fn leaving_and_coming_back_does_not_start_afresh() {
    let mut suite = Suite::new();
    suite.just("owner", &slash(100, vec![]));
    suite.just("alice", &ExecuteMsg::DeregisterProvider {});
    suite.pass(86_400);
    suite.just("bob", &ExecuteMsg::ReleaseStake { provider: suite.address("alice").into() });
    assert_eq!(suite.claimable("alice", STAKE), 900);
    suite.register("alice");
    suite.refused("owner", &slash(11, vec![]), &[], Code::LimitExceeded);
    suite.just("owner", &slash(10, vec![]));
}

#[test]
fn the_harmed_are_tenants_of_the_provider_and_the_owner_is_nobody() {
    let mut suite = Suite::new();
    let lease = suite.leased(10_000);
    let with_bob = suite.post_offer("bob");
    suite.open(2, vec![group("web", by_offer(with_bob))], 10_000);
    let of_bob = suite.lease_id(2, 0);
    suite.refused("owner", &slash(10, vec![harm(&of_bob, 5)]), &[], Code::WrongState);
    suite.refused("owner", &slash(10, vec![harm(&lease, 11)]), &[], Code::LimitExceeded);
    let twice = vec![harm(&lease, 6), harm(&lease, 5)];
    suite.refused("owner", &slash(10, twice), &[], Code::LimitExceeded);
    let gone = suite.lease_id(3, 0);
    suite.refused("owner", &slash(10, vec![harm(&gone, 1)]), &[], Code::NotFound);

    suite.just("owner", &slash(10, vec![harm(&lease, 7)]));
    assert_eq!(suite.claimable("tenant", STAKE), 7);
    assert_eq!(suite.claimable("treasury", STAKE), 3);

    let update = ExecuteMsg::UpdateProvider { host_uri: None, attributes: None };
    suite.run("alice", &update, &coins(10, STAKE));
    let own = open_msg(1, vec![group("web", by_offer(1))]);
    suite.run("owner", &own, &coins(1_000, USD));
    let id = protocol::DeploymentId { tenant: suite.tenant("owner"), seq: 1 };
    let owners = LeaseId { deployment: id, group: 0 };
    suite.refused("owner", &slash(10, vec![harm(&owners, 10)]), &[], Code::WrongState);
    let params = params(&suite.address("owner"), &suite.address("pauser"));
    suite.just("owner", &ExecuteMsg::SetParams { params });
    suite.refused("owner", &slash(10, vec![]), &[], Code::WrongState);
    suite.just("owner", &slash(10, vec![harm(&lease, 10)]));
}

#[test]
fn below_the_minimum_stake_there_is_no_new_business_until_it_is_topped_up() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    suite.just("owner", &slash(1, vec![]));
    let open = open_msg(1, vec![group("web", by_offer(offer))]);
    suite.refused("tenant", &open, &coins(1_000, USD), Code::ProviderIneligible);
    let terms = crate::suite::offer_terms();
    let post = ExecuteMsg::PostOffer { terms };
    suite.refused("alice", &post, &coins(1_000, USD), Code::ProviderIneligible);
    let update = ExecuteMsg::UpdateProvider { host_uri: None, attributes: None };
    suite.run("alice", &update, &coins(1, STAKE));
    suite.run("tenant", &open, &coins(1_000, USD));
}
