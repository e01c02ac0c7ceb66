//! Property: every list takes as many entries as its limit says, and not one more.

use cosmwasm_std::Binary;
use protocol::deployment::{
    AccessKey, Attribute, Endpoint, Gpu, GpuModel, LocalOperator, Requirements, Scope, Volume,
    validate_access_keys, validate_attributes, validate_operators,
};
use protocol::limits::{self, LimitError};
use protocol::{Group, Otherwise, Selection};

use crate::edges::assert_entries;
use crate::samples::{deployment, group, unit};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("name{at}")).collect()
}

fn groups(count: usize, selection: &Selection) -> Vec<Group> {
    names(count).iter().map(|name| group(name, selection.clone())).collect()
}

fn resources(change: impl FnOnce(&mut protocol::deployment::ResourceUnit)) -> Group {
    let mut unit = unit();
    change(&mut unit);
    Group { resources: vec![unit], ..group("web", Selection::Manual {}) }
}

fn requirements(requirements: Requirements) -> Group {
    Group { requirements, ..group("web", Selection::Manual {}) }
}

#[test]
fn groups_of_a_deployment() {
    let check = |count| deployment(groups(count, &Selection::Manual {})).validate();
    assert_eq!(check(0), Err(LimitError::Empty { field: "groups" }));
    assert_entries("groups", limits::GROUPS, check);
}

#[test]
fn groups_that_name_an_offer() {
    let offer = Selection::Offer { offer: 1, otherwise: Otherwise::Order, max_charge: None };
    let check = |count| deployment(groups(count, &offer)).validate();
    assert_entries("groups naming an offer", limits::OFFER_GROUPS, check);

    // Groups of another selection do not count.
    let mut mixed = groups(limits::OFFER_GROUPS, &offer);
    mixed.push(group("spare", Selection::Manual {}));
    deployment(mixed).validate().unwrap();
}

#[test]
fn groups_have_names_of_their_own() {
    let twice = vec![group("web", Selection::Manual {}), group("web", Selection::Manual {})];
    let duplicate = LimitError::Duplicate { field: "groups", entry: "web".into() };
    assert_eq!(deployment(twice).validate(), Err(duplicate));
}

#[test]
fn resource_units_of_a_group() {
    let check = |count| {
        let resources = vec![unit(); count];
        Group { resources, ..group("web", Selection::Manual {}) }.validate()
    };
    assert_eq!(check(0), Err(LimitError::Empty { field: "groups.resources" }));
    assert_entries("groups.resources", limits::RESOURCE_UNITS, check);
}

#[test]
fn volumes_of_a_resource_unit() {
    let volume = Volume { class: "default".into(), bytes: 1, persistent: false };
    let check = |count| resources(|unit| unit.volumes = vec![volume.clone(); count]).validate();
    assert_entries("resources.volumes", limits::VOLUMES, check);
}

#[test]
fn endpoints_of_a_resource_unit() {
    let check =
        |count| resources(|unit| unit.endpoints = vec![Endpoint::RandomPort; count]).validate();
    assert_entries("resources.endpoints", limits::ENDPOINTS, check);
}

#[test]
fn alternatives_of_a_gpu() {
    let any = GpuModel { vendor: "nvidia".into(), model: None, ram_gib: None };
    let check = |count| {
        let gpu = Gpu { units: 1, alternatives: vec![any.clone(); count] };
        resources(|unit| unit.gpu = Some(gpu)).validate()
    };
    assert_entries("resources.gpu.alternatives", limits::GPU_ALTERNATIVES, check);
}

#[test]
fn attributes_of_a_list() {
    let attributes = |count| -> Vec<Attribute> {
        names(count).into_iter().map(|key| Attribute { key, value: String::new() }).collect()
    };
    assert_entries("attributes", limits::ATTRIBUTES, |count| {
        validate_attributes("attributes", &attributes(count))
    });
    assert_entries("requirements.attributes", limits::ATTRIBUTES, |count| {
        requirements(Requirements { attributes: attributes(count), ..Requirements::default() })
            .validate()
    });
    let mut twice = attributes(1);
    twice.push(Attribute { key: "name0".into(), value: "other".into() });
    let duplicate = LimitError::Duplicate { field: "attributes", entry: "name0".into() };
    assert_eq!(validate_attributes("attributes", &twice), Err(duplicate));
}

#[test]
fn auditors_of_a_list() {
    let all_of = |all_of| Requirements { all_of, ..Requirements::default() };
    let any_of = |any_of| Requirements { any_of, ..Requirements::default() };
    assert_entries("requirements.all_of", limits::AUDITORS, |count| {
        requirements(all_of(names(count))).validate()
    });
    assert_entries("requirements.any_of", limits::AUDITORS, |count| {
        requirements(any_of(names(count))).validate()
    });
    let twice = vec!["a".to_owned(), "a".to_owned()];
    let duplicate = |field| Err(LimitError::Duplicate { field, entry: "a".into() });
    assert_eq!(all_of(twice.clone()).validate(), duplicate("requirements.all_of"));
    assert_eq!(any_of(twice).validate(), duplicate("requirements.any_of"));
}

#[test]
fn providers_allowed_and_denied() {
    let allow = |allow| Group { allow, ..group("web", Selection::Manual {}) }.validate();
    let deny = |deny| Group { deny, ..group("web", Selection::Manual {}) }.validate();
    assert_entries("groups.allow", limits::PROVIDERS, |count| allow(names(count)));
    assert_entries("groups.deny", limits::PROVIDERS, |count| deny(names(count)));
    let twice = vec!["a".to_owned(), "a".to_owned()];
    let duplicate = |field| Err(LimitError::Duplicate { field, entry: "a".into() });
    assert_eq!(allow(twice.clone()), duplicate("groups.allow"));
    assert_eq!(deny(twice), duplicate("groups.deny"));
}

#[test]
fn operators_of_a_deployment() {
    let operator =
        |address: String, scopes| LocalOperator { address, scopes, expires_in_seconds: None };
    let operators = |count| -> Vec<LocalOperator> {
        names(count).into_iter().map(|name| operator(name, vec![Scope::Close])).collect()
    };
    assert_entries("local_operators", limits::OPERATORS, |count| {
        validate_operators(&operators(count))
    });
    let twice = [operators(1), operators(1)].concat();
    let duplicate = LimitError::Duplicate { field: "local_operators", entry: "name0".into() };
    assert_eq!(validate_operators(&twice), Err(duplicate));

    let scoped = |count| validate_operators(&[operator("a".into(), vec![Scope::Close; count])]);
    assert_eq!(scoped(0), Err(LimitError::Empty { field: "local_operators.scopes" }));
    assert_entries("local_operators.scopes", 5, scoped);
}

#[test]
fn access_keys_of_a_deployment() {
    let key = AccessKey::Ed25519(Binary::new(vec![0; 32]));
    assert_entries("access_keys", limits::OPERATORS, |count| {
        validate_access_keys(&vec![key.clone(); count])
    });
}
