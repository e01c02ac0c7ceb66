//! Auditors: what their signatures are worth, for whom and for how long.

use cosmwasm_std::coins;
use market::msg::{AttestationsResponse, ExecuteMsg, QueryMsg};
use protocol::deployment::{Attribute, Requirements};
use protocol::{Code, Group};

use crate::suite::{Suite, USD, attribute, by_offer, group, open_msg};

const DAY: u64 = 86_400;

fn sign(suite: &Suite, attributes: Vec<Attribute>) -> ExecuteMsg {
    let provider = suite.address("alice").into();
    ExecuteMsg::SignAttributes { provider, attributes, valid_for_seconds: DAY }
}

fn eu() -> Vec<Attribute> {
    vec![attribute("region", "eu-west")]
}

fn asking(offer: u64, requirements: Requirements) -> Vec<Group> {
    vec![Group { requirements, ..group("web", by_offer(offer)) }]
}

fn listed(suite: &Suite) -> Vec<String> {
    let provider = suite.address("alice").into();
    let answer: AttestationsResponse =
        suite.ask(&QueryMsg::Attestations { provider, start_after: None, limit: None });
    answer.attestations.into_iter().map(|signed| signed.auditor).collect()
}

#[test]
fn an_order_gets_only_providers_whom_its_auditors_signed() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    let [one, two] = ["operator", "pauser"].map(Suite::named);
    let all =
        Requirements { attributes: eu(), all_of: vec![one.clone(), two.clone()], any_of: vec![] };
    let any =
        Requirements { attributes: eu(), all_of: vec![], any_of: vec![one.clone(), two.clone()] };
    let ask = |seq, requirements: &Requirements| open_msg(seq, asking(offer, requirements.clone()));
    suite.refused("tenant", &ask(1, &any), &coins(1_000, USD), Code::ProviderIneligible);

    // What is signed must be what is asked for, and a provider that is not there has nothing to sign.
    let other = sign(&suite, vec![attribute("region", "us-east")]);
    suite.just("operator", &other);
    suite.refused("tenant", &ask(1, &any), &coins(1_000, USD), Code::ProviderIneligible);
    let nobody = ExecuteMsg::SignAttributes {
        provider: suite.address("tenant").into(),
        attributes: eu(),
        valid_for_seconds: DAY,
    };
    suite.refused("operator", &nobody, &[], Code::NotFound);

    let signed = sign(&suite, eu());
    suite.just("operator", &signed);
    suite.refused("tenant", &ask(1, &all), &coins(1_000, USD), Code::ProviderIneligible);
    suite.run("tenant", &ask(1, &any), &coins(1_000, USD));
    suite.just("pauser", &signed);
    suite.run("tenant", &ask(2, &all), &coins(1_000, USD));
    assert_eq!(listed(&suite), [one, two]);
}

#[test]
fn a_signature_counts_for_its_time_and_only_for_what_is_claimed() {
    let mut suite = Suite::new();
    let offer = suite.post_offer("alice");
    let operator = Suite::named("operator");
    let wanted = Requirements { attributes: eu(), all_of: vec![operator.clone()], any_of: vec![] };
    let open = |seq| open_msg(seq, asking(offer, wanted.clone()));
    let signed = sign(&suite, eu());
    suite.just("operator", &signed);
    suite.pass(DAY - 1);
    suite.run("tenant", &open(1), &coins(1_000, USD));
    let revoke = ExecuteMsg::RevokeAttributes {
        provider: suite.address("alice").into(),
        auditor: Some(operator),
    };
    suite.refused("bob", &revoke, &[], Code::Unauthorized);
    suite.pass(1);
    suite.refused("tenant", &open(2), &coins(1_000, USD), Code::ProviderIneligible);
    suite.just("bob", &revoke);
    suite.refused("bob", &revoke, &[], Code::NotFound);

    suite.just("operator", &signed);
    suite.just("operator", &revoke);
    suite.refused("tenant", &open(2), &coins(1_000, USD), Code::ProviderIneligible);
    assert!(listed(&suite).is_empty());

    // A key with a star matches what the provider claims and the auditor signed, not one of each.
    suite.just("operator", &sign(&suite, vec![attribute("gpu/h100", "true")]));
    let claimed = vec![attribute("gpu/a100", "true")];
    let update = ExecuteMsg::UpdateProvider { host_uri: None, attributes: Some(claimed) };
    suite.just("alice", &update);
    let attributes = vec![attribute("gpu/*", "true")];
    let mixed = open_msg(2, asking(offer, Requirements { attributes, ..wanted }));
    suite.refused("tenant", &mixed, &coins(1_000, USD), Code::ProviderIneligible);
}

#[test]
fn signatures_have_bounds() {
    let mut suite = Suite::new();
    let provider: String = suite.address("alice").into();
    let with = |attributes, valid_for_seconds| ExecuteMsg::SignAttributes {
        provider: provider.clone(),
        attributes,
        valid_for_seconds,
    };
    suite.refused("operator", &with(eu(), 0), &[], Code::LimitExceeded);
    suite.refused("operator", &with(eu(), 366 * DAY + 1), &[], Code::LimitExceeded);
    let many = (0..25).map(|index| attribute(&index.to_string(), "x")).collect();
    suite.refused("operator", &with(many, DAY), &[], Code::LimitExceeded);
    suite.just("operator", &with(eu(), 366 * DAY));
}
