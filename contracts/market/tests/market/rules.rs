//! The numbered rules of a contract that speaks IBC: which of them are tested, and where the others hold.

use std::collections::BTreeSet;
use std::path::Path;

/// How many rules there are.
const RULES: u32 = 50;

/// Rules without a test here, and why.
const ELSEWHERE: [(u32, &str); 13] = [
    (7, "the account of ibc-hooks is recomputed: simnet's `story/hooks.rs`"),
    (11, "no third party's code runs in an acknowledgement or timeout"),
    (12, "what a callback takes is measured: `scripts/bench gas`"),
    (16, "every packet is answered in its own transaction"),
    (27, "no chain with such a fee is served; the market pays none"),
    (
        28,
        "the purchase's timeout is the outpost's; that of a transfer home is a parameter (rule 33)",
    ),
    (34, "no address is derived from a salt"),
    (35, "the market instantiates no contract"),
    (36, "callers are addresses: councils buy in simnet's `story/multisig.rs`, DAOs on nodes"),
    (40, "lists are refused if an entry is twice in them, with other bounds (rule 37)"),
    (43, "lints and profiles: `Cargo.toml`"),
    (44, "replies are matched exhaustively: `src/reply.rs`"),
    (47, "the artifact's capabilities and exports: `scripts/build-contracts`"),
];

/// Rules that comments of the form `// Rule 5` or `// Rules 6, 18` name.
fn named(source: &str) -> BTreeSet<u32> {
    let comments = source.lines().filter_map(|line| {
        let line = line.trim_start().strip_prefix("// Rule")?;
        let numbers = line.strip_prefix("s ").or_else(|| line.strip_prefix(' '))?;
        numbers.split(':').next()
    });
    let numbers = comments.flat_map(|numbers| numbers.split(", "));
    numbers.map(|number| number.parse().expect("a number of a rule")).collect()
}

/// Every file below a folder that is Rust.
fn sources(folder: &Path) -> Vec<String> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

// Rule 49: no two items share a key.
#[test]
fn every_item_has_a_key_of_its_own() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut keys = BTreeSet::new();
    for source in &sources {
        for kind in ["Map::new(\"", "Item::new(\""] {
            for rest in source.split(kind).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(keys.insert(key.to_owned()), "`{key}` is the key of two items");
            }
        }
    }
    assert!(keys.len() > 40, "{keys:?}");
}

#[test]
fn every_rule_is_tested_or_said_to_hold_otherwise() {
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/market"));
    let tested: BTreeSet<u32> = tests.iter().flat_map(|source| named(source)).collect();
    let elsewhere: BTreeSet<u32> = ELSEWHERE.iter().map(|(rule, _)| *rule).collect();
    let both: Vec<_> = tested.intersection(&elsewhere).collect();
    assert!(both.is_empty(), "tested after all: {both:?}");
    let all: BTreeSet<u32> = (1..=RULES).collect();
    let told: BTreeSet<u32> = tested.union(&elsewhere).copied().collect();
    assert_eq!(told, all);
}
