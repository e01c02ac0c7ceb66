//! How mistakes are told: to programs, and with what is wrong by name.

use crate::{Home, MNEMONIC, nobody};

fn json(text: &[u8]) -> serde_json::Value {
    serde_json::from_slice(text).unwrap()
}

/// A program reads one object, whatever becomes of the command; people read the error beside it.
#[test]
fn with_json_a_failed_command_prints_one_object() {
    let home = Home::with_chains(&nobody());
    let failed = home.ferry(&["packets", "--json"]);
    assert_eq!(failed.0.status.code(), Some(1));
    let error = json(&failed.0.stdout)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("there is no store"), "{error}");
    assert!(failed.stderr().contains(&format!("error: {error}")), "{}", failed.stderr());
    // What was found is the result of the doctor, whatever it is.
    let faults = home.ferry(&["doctor", "--json"]);
    assert_eq!(faults.0.status.code(), Some(1));
    assert!(json(&faults.0.stdout).get("error").is_none());
}

#[test]
fn a_file_that_is_no_store_is_named_with_what_to_do() {
    let home = Home::with_chains(&nobody());
    home.write("ferry.db", "dear diary\n");
    let path = home.path("ferry.db");
    let wrong = format!("`{}` is no store of ferry's", path.display());
    for verb in [&["status"][..], &["packets"], &["start"], &["link", "a-1", "b-1"]] {
        if verb[0] == "link" {
            home.ferry(verb).fails_with(&[&wrong, "`store` of [ferry]"]);
        } else {
            home.ferry(verb).fails_with(&[&wrong, "move it away"]);
        }
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), "dear diary\n");
}

#[test]
fn a_path_that_the_configuration_names_is_looked_for() {
    let home = Home::with_chains(&nobody());
    let chains = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    home.write("ferry.toml", &format!("[ferry]\npaused = [\"a-c\"]\n{chains}"));
    // Where nothing was linked yet there is nothing to look in.
    home.ferry(&["config", "check"]).succeeds();
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["cannot be reached"]);
    home.ferry(&["config", "check"]).fails_with(&[
        "line 2, column 11",
        "no path `a-c`",
        "ferry status",
    ]);
}

/// Another number would be another account, which somebody would fund.
#[test]
fn a_key_lies_where_its_path_says_or_nowhere() {
    let home = Home::empty();
    home.write("words", MNEMONIC);
    let words = home.path("words");
    let restore = |name: &str, more: &[&str]| {
        let file = ["keys", "restore", name, "--json", "--mnemonic-file", words.to_str().unwrap()];
        home.ferry(&[&file, more].concat())
    };
    for wrong in [
        &["--index", "2147483648"][..],
        &["--hd-path", "m/44'/118'/0'/0/2147483648"],
        &["--hd-path", "44/118"],
        &["--hd-path", "m/44'/118'/0'/0/1", "--index", "1"],
    ] {
        let refused = restore("wrong", wrong);
        assert_eq!(refused.0.status.code(), Some(2), "{wrong:?}: {}", refused.stderr());
    }
    let simulates = restore("wrong", &["--index", "1000"]);
    assert!(simulates.stderr().contains("simulates"), "{}", simulates.stderr());
    let address = |restored: &str| json(restored.as_bytes())["keys"][0]["addresses"].clone();
    let by_index = address(&restore("one", &["--index", "7"]).succeeds());
    let by_path = address(&restore("two", &["--hd-path", "m/44'/118'/0'/0/7"]).succeeds());
    assert_eq!(by_index, by_path);
    let of_terra = restore("three", &["--hd-path", "m/44'/330'/0'/0/7"]).succeeds();
    assert_ne!(address(&of_terra), by_index);
    assert_eq!(json(of_terra.as_bytes())["keys"][0]["hd_path"], "m/44'/330'/0'/0/7");
}
