//! Deployment files: the manifest against Akash's own package, the order, and every refusal.
//!
//! `sdl/record` makes `sdl/expected.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use cosmwasm_std::Uint128;
use entrepot::sdl::manifest::{hash, manifest, sorted_json};
use entrepot::sdl::{Sdl, SdlError, Terms, order};
use protocol::deployment::{Endpoint, GpuModel};
use protocol::{Deployment, Selection};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    hash: String,
    manifest: String,
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "sdl"].iter().collect()
}

fn file(name: &str) -> String {
    fs::read_to_string(folder().join("files").join(format!("{name}.yaml"))).unwrap()
}

fn terms() -> Terms {
    Terms {
        block_millis: 6_500,
        runway_seconds: 86_400,
        expires_in_seconds: 604_800,
        selection: Selection::Manual {},
        selections: BTreeMap::new(),
        max_rates: BTreeMap::new(),
        manifest_uri: None,
        notice_seconds: None,
        term_seconds: None,
        local_operators: Vec::new(),
        access_keys: Vec::new(),
    }
}

fn ordered(text: &str) -> Result<Deployment, SdlError> {
    order(&Sdl::parse(text)?, &terms(), "5e".repeat(32))
}

#[test]
fn every_manifest_is_that_of_akash_byte_for_byte() {
    let recorded = fs::read_to_string(folder().join("expected.json")).unwrap();
    let recorded: BTreeMap<String, Recorded> = serde_json::from_str(&recorded).unwrap();
    assert!(recorded.len() >= 40);
    let files = fs::read_dir(folder().join("files")).unwrap().count();
    assert_eq!(files, recorded.len(), "a file was added or removed: run `tests/sdl/record`");
    for (name, expected) in recorded {
        let sdl = Sdl::parse(&file(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let json = sorted_json(&manifest(&sdl)).unwrap();
        assert_eq!(json, expected.manifest, "{name}");
        assert_eq!(hash(&json), expected.hash, "{name}");
    }
}

#[test]
fn every_file_becomes_an_order_unless_the_market_cannot_express_it() {
    for entry in fs::read_dir(folder().join("files")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let order = ordered(&file(name));
        if name == "gpu-interface" {
            let error = order.unwrap_err();
            assert_eq!(
                error.field,
                "profiles.compute.small.resources.gpu.attributes.vendor.nvidia.interface"
            );
            assert_eq!(error.line, 24);
        } else {
            order.unwrap_or_else(|error| panic!("{name}: {error}")).validate().unwrap();
        }
    }
}

#[test]
fn an_order_asks_for_what_the_file_asks_for() {
    let order = ordered(&file("to-many")).unwrap();
    let [group] = &order.groups[..] else { panic!("one placement is one group") };
    assert_eq!(group.name, "dcloud");
    let units: Vec<_> = group.resources.iter().map(|unit| (unit.count, unit.cpu_milli)).collect();
    assert_eq!(units, [(1, 250), (1, 500), (4, 1_500)], "by the services' names");
    assert_eq!(group.resources[1].endpoints, [Endpoint::SharedHttp]);
    assert!(group.resources[0].endpoints.is_empty(), "what only services reach is no endpoint");
    // (10.5 + 3 + 4·20) units per 6.5 s.
    assert_eq!(group.max_rate, Uint128::new(14_384_615_385), "rounded up");
}

#[test]
fn equal_units_are_one_unit() {
    let text = file("web")
        .replace("deployment:", "deployment:\n  copy: {dcloud: {profile: small, count: 2}}");
    let text = text.replace(
        "services:",
        "services:\n  copy: {image: x, expose: [{port: 80, to: [{global: true}]}]}",
    );
    let order = ordered(&text).unwrap();
    assert_eq!(order.groups[0].resources.len(), 1);
    assert_eq!(order.groups[0].resources[0].count, 3);
}

#[test]
fn storage_gpus_and_auditors_arrive() {
    let order = ordered(&file("persistent")).unwrap();
    let volume = &order.groups[0].resources[0].volumes[1];
    assert_eq!((volume.class.as_str(), volume.persistent), ("beta3", true));

    let order = ordered(&file("gpu-models")).unwrap();
    let gpu = order.groups[0].resources[0].gpu.clone().unwrap();
    let model = |model: &str, ram_gib| GpuModel {
        vendor: "nvidia".into(),
        model: Some(model.into()),
        ram_gib,
    };
    assert_eq!(gpu.alternatives, [model("a100", Some(80)), model("h100", None)]);

    let order = ordered(&file("placement-attributes")).unwrap();
    let wanted = &order.groups[0].requirements;
    assert_eq!(wanted.attributes.len(), 5);
    assert_eq!((wanted.all_of.len(), wanted.any_of.len()), (1, 2));

    let order = ordered(&file("leased-ip")).unwrap();
    let endpoints = &order.groups[0].resources[0].endpoints;
    use Endpoint::{LeasedIp, RandomPort, SharedHttp};
    assert_eq!(endpoints[..], [RandomPort, LeasedIp, SharedHttp, LeasedIp]);
}

#[test]
fn an_unused_placement_is_no_group() {
    assert_eq!(ordered(&file("placement-unused")).unwrap().groups.len(), 1);
}

/// Files that are right, and a change to each that makes it wrong.
const WRONG: &[(&str, &str, &str)] = &[
    ("web", "\"2.0\"", "2.0"),
    ("web", "\"2.0\"", "\"3.0\""),
    ("web", "image: nginx:1.27", "imag: nginx"),
    ("web", "image: nginx:1.27", "image: 1"),
    ("web", "image: nginx:1.27", "image: x\n    ports: 1"),
    ("web", "image: nginx:1.27", "image: x\n    image: y"),
    ("web", "- port: 80", "- port: 70000"),
    ("web", "global: true", "global: \"true\""),
    ("web", "- global: true", "- ip: front"),
    ("web", "- global: true", "- {global: true, ip: front}"),
    ("web", "  web:\n    image", "  Web:\n    image"),
    ("web", "units: 0.5", "units: 0.0005"),
    ("web", "units: 0.5", "units: 1\n          attributes: {arch: arm64}"),
    ("web", "512Mi", "512MiB"),
    ("web", "size: 1Gi", "size: 1Gi\n          attributes: {persistent: true}"),
    ("web", "amount: 1000", "amount: -1"),
    ("web", "amount: 1000", "amount: 0"),
    ("web", "profile: small", "profile: big"),
    ("web", "    dcloud:\n      profile", "    mars:\n      profile"),
    ("web", "deployment:\n  web:", "deployment:\n  api:"),
    ("web", "count: 1", "count: 0"),
    ("web", "count: 1", "count: 2000"),
    ("web", "services:", "include: [other.yaml]\nservices:"),
    ("web", "services:", "services: !!set"),
    ("web", "services:", "endpoints: {front: {kind: ip}}\nservices:"),
    ("two-services", "denom: uakt\n          amount: 4000", "denom: uact\n          amount: 4000"),
    ("persistent", "mount: /var/lib/postgresql", "mount: data"),
    ("persistent", "      data:\n", "      date:\n"),
    ("three-volumes", "mount: /wal", "mount: /data"),
    ("persistent", "class: beta3", "class: ram"),
    ("persistent", "persistent: true", "persistence: true"),
    ("gpu-models", "ram: 80Gi", "ram: 80G"),
    ("gpu-models", "units: 1\n", "units: 0\n"),
    ("gpu-models", "nvidia:", "amd:"),
    ("leased-ip", "port: 80", "port: 1194\n        proto: udp"),
    ("http-options", "2097152", "204857600"),
    ("http-options", "\"502\"", "\"off\""),
    ("credentials", "correct&horse<battery>", "short"),
    ("placement-attributes", "tier: \"1\"", "tier: 1.50"),
    ("placement-attributes", "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63", "Akash1"),
    ("anchors", "*defaults", "*missing"),
    ("styles", "- |-", "- !!binary"),
];

#[test]
fn what_is_wrong_is_said_with_line_and_field() {
    let mut said = String::new();
    for (from, right, wrong) in WRONG {
        let text = file(from);
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(text, changed, "`{right}` does not stand in `{from}`");
        let error = ordered(&changed).expect_err(wrong);
        said.push_str(&format!("{from}: {right:?} -> {wrong:?}\n  {error}\n"));
    }
    insta::assert_snapshot!("refusals", said);
}

#[test]
fn no_text_makes_the_reader_fail_but_with_an_error() {
    let deep = "[".repeat(10_000);
    let bomb: String =
        (1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)).collect();
    let bomb = format!("a0: &a0 [x]\n{bomb}");
    for text in [
        "",
        "\0",
        "- ",
        "a: *b",
        "a: &a [*a]",
        "{",
        "a: b: c",
        "? [x]\n: y",
        "--- a\n--- b",
        &deep,
        &bomb,
    ] {
        let error = Sdl::parse(text).expect_err("no deployment file");
        assert!(error.line >= 1 && error.column >= 1 && !error.reason.is_empty(), "{text:.40}");
    }
}
