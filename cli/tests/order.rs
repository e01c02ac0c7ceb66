//! `entrepot order` from outside.

use std::path::Path;
use std::process::{Command, Output};

use protocol::Deployment;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn order(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdl/files");
    command.current_dir(files).args(["order", "from"]).args(args).output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = order(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(args: &[&str]) -> String {
    let output = order(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_has_the_order_and_the_hash_of_the_manifest_which_only_its_owner_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let written = dir.path().join("manifest.json");
    let answer = json(&["http-options.yaml", "--manifest-out", written.to_str().unwrap()]);
    let keys: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["manifest_hash", "order"], "a manifest may name passwords");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&written).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    let bytes = std::fs::read(&written).unwrap();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer["manifest_hash"], hash);
    assert!(serde_json::from_slice::<Value>(&bytes).unwrap().is_array());
    let order: Deployment = serde_json::from_value(answer["order"].clone()).unwrap();
    order.validate().unwrap();
    assert_eq!(order.manifest.hash, hash);
}

#[test]
fn terms_go_into_the_order() {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let answer = json(&[
        "two-placements.yaml",
        "--selection=lowest:3600",
        "--selection=west=offer:7:refund",
        "--max-rate=east=12000000000",
        "--runway-seconds=7200",
        "--local-operator=wasm1operator=bid_accept,close",
        &format!("--access-key=ed25519:{key}"),
    ]);
    let (east, west) = (&answer["order"]["groups"][0], &answer["order"]["groups"][1]);
    assert_eq!(east["selection"]["lowest"]["bidding_seconds"], 3_600);
    assert_eq!(west["selection"]["offer"]["else"], "refund");
    assert_eq!(east["max_rate"], "12000000000");
    assert_eq!(west["max_rate"], "30769230770", "200 units per block of 6.5 s");
    assert_eq!(answer["order"]["runway_seconds"], 7_200);
    let operator = &answer["order"]["local_operators"][0];
    assert_eq!(operator["scopes"].as_array().unwrap().len(), 2);
    assert_eq!(answer["order"]["access_keys"][0]["ed25519"], key);
    let block = json(&["two-placements.yaml", "--block-seconds", "5"]);
    assert_eq!(block["order"]["groups"][1]["max_rate"], "40000000000");
}

#[test]
fn people_read_a_table() {
    insta::assert_snapshot!("order_two_placements", text(&["two-placements.yaml"]));
    insta::assert_snapshot!(
        "order_gpu",
        text(&["gpu-models.yaml", "--selection", "offer:3", "--runway-seconds", "3600"])
    );
}

#[test]
fn wrong_terms_say_what_is_wanted() {
    for (args, says) in [
        (&["--selection", "cheapest"][..], "`offer:NUMBER:refund`"),
        (&["--max-rate", "12"], "GROUP=RATE"),
        (&["--max-rate", "moon=12"], "there is no group `moon`"),
        (&["--local-operator", "wasm1x=fly"], "known: bid_accept"),
        (&["--access-key", "rsa:x"], "`ed25519:BASE64`"),
        (&["--runway-seconds", "5"], "`runway_seconds` is 5"),
    ] {
        let output = order(&[&["web.yaml"], args].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(output.stdout.is_empty() && error.contains(says), "{error}");
    }
}

#[test]
fn errors_name_file_line_and_field() {
    let output = order(&["gpu-interface.yaml"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("error: `gpu-interface.yaml`, line 24, column"), "{error}");
    assert!(error.contains("nvidia.interface`: the market does not tell"), "{error}");
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, mark) in
        [("bash", "complete -F"), ("zsh", "#compdef entrepot"), ("fish", "complete -c")]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
        let output = command.args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains(mark), "{shell}");
        assert!(script.contains("manifest-out") && script.contains("why"), "{shell}");
    }
}
