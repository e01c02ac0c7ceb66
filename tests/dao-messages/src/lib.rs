//! The proposals of `cli/tests/propose`, read by the types of the contracts that take them.
#![cfg(test)]

use std::path::PathBuf;

use serde::{de::DeserializeOwned, Serialize};
use serde_json::Value;

/// The files of these kinds that `entrepot propose` has written.
fn files(kind: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cli/tests/propose");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with(kind) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    assert!(!found.is_empty(), "there are proposals of {kind}");
    found
}

/// Removes what a type writes for a field that was not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Reads the files as a contract does, and asserts that nothing in them was passed over.
fn are<T: DeserializeOwned + Serialize>(kind: &str) {
    for (name, written) in files(kind) {
        let read: T = serde_json::from_value(written.clone())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(without_nulls(serde_json::to_value(read).unwrap()), written, "{name}");
    }
}

#[test]
fn both_multisigs_of_cw3_read_theirs() {
    are::<cw3_fixed_multisig::msg::ExecuteMsg>("cw3-");
    are::<cw3_flex_multisig::msg::ExecuteMsg>("cw3-");
}

#[test]
fn the_proposal_module_of_dao_dao_reads_its_own() {
    are::<dao_proposal_single::msg::ExecuteMsg>("daodao-");
}

#[test]
fn the_pre_propose_module_of_dao_dao_reads_its_own() {
    are::<dao_pre_propose_single::ExecuteMsg>("pre-propose-");
}

/// The types refuse what they do not know: otherwise the tests above would say nothing.
#[test]
fn a_field_too_many_is_refused() {
    for (name, mut written) in files("daodao-") {
        for fields in written.as_object_mut().unwrap().values_mut() {
            fields["surplus"] = Value::from(1);
        }
        let read = serde_json::from_value::<dao_proposal_single::msg::ExecuteMsg>(written);
        assert!(read.is_err(), "{name}");
    }
}
