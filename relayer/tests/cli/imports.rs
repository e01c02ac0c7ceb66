//! Configurations and keys of other programs.

use std::path::PathBuf;

use crate::{Home, nobody};

/// The files of Hermes or rly, with every key that they document.
fn foreign(name: &str) -> String {
    format!("{}/tests/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn hermes_is_taken_over_with_its_keys() {
    let home = Home::empty();
    let keys = home.path("hermes/ibc-0/keyring-test");
    std::fs::create_dir_all(&keys).unwrap();
    let secret = "0101010101010101010101010101010101010101010101010101010101010101";
    let key = format!(
        "{{\"private_key\":\"{secret}\",\"public_key\":\"02\",\"address\":[1],\
         \"address_type\":\"Cosmos\",\"account\":\"cosmos1\"}}"
    );
    std::fs::write(keys.join("testkey.json"), key).unwrap();
    let (file, dir) = (foreign("hermes.toml"), home.path("hermes"));
    let args = ["config", "import", &file, "--keys", dir.to_str().unwrap()];

    let dry = home.ferry(&[&args[..], &["--dry-run"]].concat()).succeeds();
    assert!(dry.contains("would write") && dry.contains("gas_price = \"0.025stake\""), "{dry}");
    assert!(!home.has("ferry.toml") && !home.has("keys"), "a dry run writes nothing");

    let report = home.ferry(&[&args[..], &["--json"]].concat()).succeeds();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["chains"], serde_json::json!(["ibc-0", "ibc-1"]));
    assert_eq!(report["keys"][0]["taken_over"], true);
    assert_eq!(report["keys"][1]["taken_over"], false);
    assert!(report["keys"][1]["how"].as_str().unwrap().contains("ferry keys restore testkey"));
    let next = report["next"].as_array().unwrap();
    let links: Vec<_> =
        next.iter().filter(|step| step.to_string().contains("ferry link")).collect();
    assert_eq!(links, ["ferry link ibc-0 --channel channel-0"], "`ica*` stands for any");
    assert!(home.ferry(&["config", "check"]).succeeds().contains("ibc-0, ibc-1"));
    let list = home.ferry(&["keys", "list"]).succeeds();
    assert!(list.contains("testkey  private key") && !list.contains(secret), "{list}");
    let text = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    assert!(text.contains("# NOT taken over: chains[0].packet_filter.min_fees"), "{text}");
    home.ferry(&args).fails_with(&["exists already"]);
}

#[test]
fn rly_is_taken_over_with_the_keys_that_it_has() {
    let home = Home::empty();
    let keyring = home.path("rly/juno-1/keyring-test");
    std::fs::create_dir_all(&keyring).unwrap();
    let written =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/src/keys/keyring/relayer.info");
    std::fs::copy(written, keyring.join("default.info")).unwrap();
    let (file, dir) = (foreign("rly.yaml"), home.path("rly"));
    let args = ["config", "import", &file, "--keys", dir.to_str().unwrap()];
    let text = home.ferry(&args).succeeds();
    for part in [
        "juno-1 `default`: taken over; its address is juno1",
        "cosmoshub-4 `grantee1`: TO DO",
        "gaiad keys export grantee1 --keyring-backend test --keyring-dir",
        "ferry link cosmoshub-4 juno-1 --path hub-juno --connection connection-372",
        "grantees",
    ] {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    assert!(home.ferry(&["keys", "list"]).succeeds().contains("default  private key"));
    // rly has not made this path: nor is there a connection to name.
    let unmade =
        std::fs::read_to_string(&file).unwrap().replace("connection-id: connection-372", "");
    home.write("unmade.yaml", &unmade);
    let unmade = home.path("unmade.yaml");
    let text = home.ferry(&["config", "import", unmade.to_str().unwrap(), "--dry-run"]).succeeds();
    assert!(text.contains("ferry link cosmoshub-4 juno-1 --path hub-juno\n"), "{text}");
}

#[test]
fn private_keys_come_from_a_file_or_a_keyring() {
    let home = Home::with_chains(&nobody());
    home.write("secret", &"2".repeat(64));
    let secret = home.path("secret");
    let args = ["keys", "import", "plain", "--secret-file", secret.to_str().unwrap()];
    home.ferry(&args).succeeds();
    home.write("secret", "2");
    home.ferry(&["keys", "import", "x", "--secret-file", secret.to_str().unwrap()])
        .fails_with(&["64 hexadecimal digits"]);
    let keyring = home.path("keyring-test");
    std::fs::create_dir_all(&keyring).unwrap();
    let written =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/src/keys/keyring/relayer.info");
    std::fs::copy(written, keyring.join("taken.info")).unwrap();
    let folder = keyring.parent().unwrap().to_str().unwrap();
    home.ferry(&["keys", "import", "taken", "--keyring", folder]).succeeds();
    home.ferry(&["keys", "import", "missing", "--keyring", folder])
        .fails_with(&["missing.info", "cannot be read"]);
    let list = home.ferry(&["keys", "list"]).succeeds();
    assert!(list.contains("taken  private key"), "{list}");

    home.ferry(&["keys", "delete", "taken"]).fails_with(&["--yes"]);
    home.ferry(&["keys", "delete", "taken", "--yes"]).succeeds();
    home.ferry(&["keys", "delete", "taken", "--yes"]).fails_with(&["no key `taken`"]);
    home.ferry(&["keys", "delete", "relayer", "--yes"]).fails_with(&["`a-1` signs with `relayer`"]);
}

/// The keyring that an SDK wrote, under another key's name.
fn keyring(home: &Home, folder: &str, name: &str) -> PathBuf {
    let keyring = home.path(folder).join("keyring-test");
    std::fs::create_dir_all(&keyring).unwrap();
    let written =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../packages/cosmos/src/keys/keyring/relayer.info");
    std::fs::copy(written, keyring.join(format!("{name}.info"))).unwrap();
    home.path(folder)
}

/// A name that ferry's store does not take becomes one that it does, and that is told, also by a dry run.
#[test]
fn a_key_with_any_name_is_taken_over() {
    let home = Home::empty();
    keyring(&home, "rly/juno-1", "my.key@home 1");
    let file = std::fs::read_to_string(foreign("rly.yaml")).unwrap();
    assert!(file.contains("key: default"), "the example names it");
    home.write("rly.yaml", &file.replace("key: default", "key: my.key@home 1"));
    let (file, dir) = (home.path("rly.yaml"), home.path("rly"));
    let args = ["config", "import", file.to_str().unwrap(), "--keys", dir.to_str().unwrap()];
    for dry in [&["--dry-run"][..], &[]] {
        let text = home.ferry(&[&args[..], dry].concat()).succeeds();
        let told = "`my-key-home-1`, which was `my.key@home 1`: taken over; its address is juno1";
        assert!(text.contains(told), "{text}");
    }
    let shown = home.ferry(&["config", "show"]).succeeds();
    assert!(shown.contains("key = \"my-key-home-1\""), "{shown}");
    let list = home.ferry(&["keys", "list"]).succeeds();
    assert!(list.contains("my-key-home-1  private key"), "{list}");
}

#[test]
fn a_key_has_another_name_in_its_keyring() {
    let home = Home::with_chains(&nobody());
    let folder = keyring(&home, "gaia", "my.key");
    let folder = folder.to_str().unwrap();
    let import = ["keys", "import", "taken", "--keyring-name", "my.key"];
    home.ferry(&[&import[..], &["--keyring", folder]].concat()).succeeds();
    let list = home.ferry(&["keys", "list"]).succeeds();
    assert!(list.contains("taken  private key"), "{list}");
    assert_eq!(home.ferry(&import).0.status.code(), Some(2), "a name without its keyring");
}
