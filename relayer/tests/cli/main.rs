//! The command as its user meets it: each mistake is one clear error, and leaves nothing behind.

mod forgetting;
mod imports;
mod told;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

const PASSWORD: &str = "correct horse";
/// A mnemonic of which everybody knows the address.
const MNEMONIC: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                        abandon abandon about";
const ADDRESS: &str = "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4";

/// A home directory of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Two chains at this address, and the key that signs on both.
    fn with_chains(rpc: &str) -> Self {
        let home = Self::empty();
        let chain = |id: &str| {
            format!(
                "[[chain]]\nid = \"{id}\"\nrpc = [\"{rpc}\"]\naddress_prefix = \"cosmos\"\n\
                 key = \"relayer\"\ngas_price = \"0.001stake\"\nrpc_timeout = \"2s\"\n"
            )
        };
        home.write("ferry.toml", &format!("{}{}", chain("a-1"), chain("b-1")));
        home.restore("relayer").succeeds();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.path(name).try_exists().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferry"));
        command.env_clear().env("FERRY_PASSWORD", PASSWORD).arg("--home").arg(self.0.path());
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn ferry(&self, args: &[&str]) -> Ended {
        Ended(self.command(args).output().unwrap())
    }

    fn restore(&self, name: &str) -> Ended {
        self.write("words", MNEMONIC);
        let words = self.path("words");
        self.ferry(&["keys", "restore", name, "--mnemonic-file", words.to_str().unwrap()])
    }
}

/// How a command ended.
struct Ended(Output);

impl Ended {
    fn succeeds(self) -> String {
        let text = self.stderr();
        assert!(self.0.status.success(), "{text}");
        String::from_utf8(self.0.stdout).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// Asserts exit code 1, no result, and one error that says all of this, each once.
    fn fails_with(self, parts: &[&str]) {
        let text = self.stderr();
        assert_eq!(self.0.status.code(), Some(1), "{text}");
        assert!(self.0.stdout.is_empty(), "a failed command has no result");
        let (_, error) = text.split_once("error: ").expect("an error");
        for part in parts {
            assert_eq!(error.matches(part).count(), 1, "`{part}` once in: {text}");
        }
    }
}

/// An address at which nothing listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A server that gives every caller this answer, or none at all; it tells of each call.
fn server(answer: Option<&'static str>) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (called, calls) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = called.send(());
            let Some(body) = answer else {
                // Held until the caller gives up.
                std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
                continue;
            };
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
            let _ = write!(stream, "{head} {length}\r\n\r\n{body}");
        }
    });
    (address, calls)
}

/// A child that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn init_writes_a_configuration_once() {
    let home = Home::empty();
    assert!(home.ferry(&["init"]).succeeds().contains("ferry.toml"));
    home.write("ferry.toml", "# mine\n");
    home.ferry(&["init"]).fails_with(&["exists already"]);
    assert_eq!(std::fs::read_to_string(home.path("ferry.toml")).unwrap(), "# mine\n");
}

#[test]
fn without_a_configuration_every_verb_says_how_to_get_one() {
    for verb in [&["start"][..], &["packets"], &["status"], &["link", "a-1", "b-1"]] {
        Home::empty().ferry(verb).fails_with(&["ferry init"]);
    }
}

#[test]
fn a_wrong_configuration_is_named_by_line() {
    let home = Home::empty();
    home.write("ferry.toml", "[ferry]\n\nmax_trys = 3\n");
    home.ferry(&["status"]).fails_with(&["line 3", "unknown field `max_trys`"]);
}

#[test]
fn an_unknown_chain_is_answered_with_the_known_ones() {
    let home = Home::with_chains(&nobody());
    home.ferry(&["link", "a-1", "c-1"]).fails_with(&["`c-1`", "`a-1`, `b-1`"]);
    home.ferry(&["link", "a-1", "a-1"]).fails_with(&["given twice"]);
    assert!(!home.has("ferry.db"));
}

#[test]
fn a_wrong_password_makes_nothing() {
    let home = Home::with_chains(&nobody());
    let mut command = home.command(&["link", "a-1", "b-1"]);
    let ended = Ended(command.env("FERRY_PASSWORD", "wrong horse").output().unwrap());
    ended.fails_with(&["wrong password for key `relayer`"]);
    assert!(!home.has("ferry.db"));
}

#[test]
fn a_password_that_cannot_be_asked_for_is_named() {
    let home = Home::with_chains(&nobody());
    let mut command = home.command(&["link", "a-1", "b-1"]);
    Ended(command.env_remove("FERRY_PASSWORD").output().unwrap()).fails_with(&["--password-file"]);
    home.ferry(&["link", "a-1", "b-1", "--password-file", "/nowhere"])
        .fails_with(&["cannot read the password file `/nowhere`"]);
}

#[test]
fn a_key_that_is_missing_is_named() {
    let home = Home::with_chains(&nobody());
    std::fs::remove_dir_all(home.path("keys")).unwrap();
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["no key `relayer`"]);
}

#[test]
fn an_unreachable_node_is_named_with_its_address() {
    let rpc = nobody();
    let home = Home::with_chains(&rpc);
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["cannot be reached", &rpc]);
    home.ferry(&["start"]).fails_with(&["there is no path", "ferry link CHAIN_A"]);
}

#[test]
fn a_server_that_is_no_node_is_told_from_one() {
    let (rpc, _calls) = server(Some("hello"));
    let home = Home::with_chains(&rpc);
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["the answer is malformed", &rpc]);
}

#[test]
fn a_node_of_another_chain_is_not_used() {
    let (rpc, _calls) = server(Some(
        r#"{"result":{"node_info":{"network":"other-1","version":"0.38.19"},"sync_info":{
        "latest_block_height":"5","latest_block_time":"2026-11-22T16:12:23Z",
        "earliest_block_height":"1","catching_up":false}}}"#,
    ));
    let home = Home::with_chains(&rpc);
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["is on chain `other-1`", "expected"]);
}

#[test]
fn what_was_never_linked_is_not_made_by_looking() {
    let home = Home::with_chains(&nobody());
    for verb in ["start", "packets", "status"] {
        home.ferry(&[verb]).fails_with(&["there is no store", "ferry link CHAIN_A"]);
    }
    assert!(!home.has("ferry.db"));
}

#[test]
fn only_one_ferry_writes_to_a_store() {
    let (rpc, calls) = server(None);
    let home = Home::with_chains(&rpc);
    // Longer than the second one waits for a ferry that begins.
    let text = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    home.write("ferry.toml", &text.replace("rpc_timeout = \"2s\"", "rpc_timeout = \"60s\""));
    let _first = Running(home.command(&["link", "a-1", "b-1"]).spawn().unwrap());
    // The first one calls the node when it has the store.
    calls.recv().unwrap();
    home.ferry(&["link", "a-1", "b-1"])
        .fails_with(&["another ferry is using", "stop `ferry start`"]);
}

#[test]
fn answers_without_anything_to_show_are_friendly() {
    let home = Home::with_chains(&nobody());
    // The store is made before the node turns out to be unreachable.
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["cannot be reached"]);
    assert!(home.ferry(&["packets"]).succeeds().contains("no packets pending"));
    assert!(home.ferry(&["status"]).succeeds().contains("ferry link"));
    let json = home.ferry(&["packets", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, serde_json::json!({ "running": false, "packets": [], "more": 0 }));
    home.ferry(&["packets", "a-2"]).fails_with(&["there is no path `a-2`", "ferry status"]);
}

#[test]
fn a_restored_key_has_the_address_that_all_wallets_give_it() {
    let home = Home::empty();
    assert!(home.ferry(&["keys", "list"]).succeeds().contains("no keys"));
    assert!(home.restore("relayer").succeeds().contains(ADDRESS));
    let list = home.ferry(&["keys", "list"]).succeeds();
    assert!(list.contains("relayer") && list.contains(ADDRESS));
    assert!(!list.contains("abandon"), "a list shows no mnemonic");
    home.restore("relayer").fails_with(&["key `relayer` exists already"]);
}

#[test]
fn a_new_key_shows_its_mnemonic_once_and_restores_from_it() {
    let home = Home::empty();
    let json = home.ferry(&["keys", "add", "one", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let key = &json["keys"][0];
    let mnemonic = key["mnemonic"].as_str().unwrap();
    assert_eq!(mnemonic.split(' ').count(), 24);
    home.write("words", mnemonic);
    let words = home.path("words");
    let args = ["keys", "restore", "two", "--json", "--mnemonic-file", words.to_str().unwrap()];
    let restored: serde_json::Value = serde_json::from_str(&home.ferry(&args).succeeds()).unwrap();
    assert_eq!(restored["keys"][0]["addresses"], key["addresses"]);
}

#[test]
fn a_bad_mnemonic_or_password_stores_no_key() {
    let home = Home::empty();
    home.write("bad", "abandon abandon about");
    let bad = home.path("bad");
    home.ferry(&["keys", "restore", "k", "--mnemonic-file", bad.to_str().unwrap()])
        .fails_with(&["mnemonic"]);
    let mut command = home.command(&["keys", "add", "k"]);
    Ended(command.env("FERRY_PASSWORD", "short").output().unwrap())
        .fails_with(&["password is too short"]);
    assert!(home.ferry(&["keys", "list"]).succeeds().contains("no keys"));
}

#[test]
fn a_key_directory_that_cannot_be_used_is_told_once() {
    let home = Home::empty();
    home.write("keys", "a file");
    home.restore("relayer").fails_with(&["keys`", "File exists"]);
}

#[test]
fn a_configuration_is_checked_and_shown_with_its_defaults() {
    let home = Home::with_chains(&nobody());
    assert!(home.ferry(&["config", "check"]).succeeds().contains("valid: a-1, b-1"));
    let shown = home.ferry(&["config", "show"]).succeeds();
    assert!(shown.contains("max_msgs = 100") && shown.contains("rpc_timeout = \"2s\""), "{shown}");
    let json = home.ferry(&["config", "show", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["chain"][1]["gas_price"], "0.001stake");
    home.write("ferry.toml", &shown.replace("log = \"info\"", "log = \"a=b=c\""));
    home.ferry(&["config", "check"]).fails_with(&["no log level"]);
}

#[test]
fn a_mistake_in_the_configuration_is_shown_at_its_column() {
    let home = Home::with_chains(&nobody());
    let text = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    home.write("ferry.toml", &text.replacen("0.001stake", "cheap", 1));
    home.ferry(&["config", "check"]).fails_with(&["line 6, column 13", "^^^^^^^", "`0.001stake`"]);
}

#[test]
fn the_doctor_names_every_fault_with_its_cure() {
    let rpc = nobody();
    let home = Home::with_chains(&rpc);
    std::fs::remove_dir_all(home.path("keys")).unwrap();
    let ended = home.ferry(&["doctor", "--json"]);
    assert_eq!(ended.0.status.code(), Some(1), "faults are told by the exit code");
    let report: serde_json::Value = serde_json::from_slice(&ended.0.stdout).unwrap();
    assert_eq!((&report["faults"], &report["warnings"]), (&4.into(), &1.into()), "{report}");
    let findings = report["findings"].as_array().unwrap();
    for (subject, check, cure) in [
        ("home", "store", "ferry link"),
        ("a-1", "key", "ferry keys add"),
        ("b-1", "endpoint", "start the node"),
    ] {
        let found = findings.iter().find(|f| f["subject"] == subject && f["check"] == check);
        let found = found.unwrap_or_else(|| panic!("{subject} {check} in {report}"));
        assert!(found["cure"].as_str().unwrap().contains(cure), "{found}");
    }
    home.write("ferry.toml", "[ferry\n");
    let ended = home.ferry(&["doctor"]);
    let text = String::from_utf8(ended.0.stdout).unwrap();
    assert!(text.contains("FAULT configuration") && text.contains("line 1"), "{text}");
}

#[test]
fn the_doctor_examines_a_node() {
    let (rpc, _calls) = server(Some(
        r#"{"result":{"node_info":{"network":"a-1","version":"0.38.19","other":{"tx_index":"off"}},
        "sync_info":{"latest_block_height":"5","latest_block_time":"2020-01-01T00:00:00Z",
        "earliest_block_height":"3","catching_up":true}}}"#,
    ));
    let ended = Home::with_chains(&rpc).ferry(&["doctor"]);
    let text = String::from_utf8(ended.0.stdout).unwrap();
    for found in [
        "CometBFT 0.38.19, blocks 3 to 5, index of transactions off (ferry needs none); it is catching up",
        "warn  clock: the newest block of",
        "is on chain `a-1`",
    ] {
        assert!(text.contains(found), "`{found}` in {text}");
    }
}

#[test]
fn a_backup_is_restored_and_the_old_store_kept() {
    let home = Home::with_chains(&nobody());
    home.ferry(&["backup", "x"]).fails_with(&["there is no store"]);
    home.ferry(&["link", "a-1", "b-1"]).fails_with(&["cannot be reached"]);
    let copy = home.path("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(home.ferry(&["backup", copy]).succeeds().contains("0 paths"));
    home.ferry(&["backup", copy]).fails_with(&["exists already"]);
    let restored = home.ferry(&["restore", copy, "--json"]);
    assert!(restored.stderr().contains("copying the backup"), "{}", restored.stderr());
    let restored: serde_json::Value = serde_json::from_str(&restored.succeeds()).unwrap();
    assert!(restored["before"].as_str().unwrap().ends_with("ferry.db.before-1"), "{restored}");
    assert!(home.has("ferry.db.before-1"));
    home.write("text", "a text");
    let text = home.path("text");
    home.ferry(&["restore", text.to_str().unwrap()]).fails_with(&["is no backup of ferry"]);
    assert!(home.ferry(&["status"]).succeeds().contains("ferry link"));
}

#[test]
fn what_only_a_running_ferry_can_do_says_so() {
    let home = Home::with_chains(&nobody());
    for verb in [&["reload"][..], &["log", "debug"]] {
        home.ferry(verb).fails_with(&["no ferry runs", "ferry start"]);
    }
    // What a ferry that was killed leaves behind is nobody.
    drop(std::os::unix::net::UnixListener::bind(home.path("ferry.sock")).unwrap());
    home.ferry(&["reload"]).fails_with(&["no ferry runs"]);
}

#[test]
fn a_transfer_of_something_else_than_a_coin_is_refused_before_anything_is_asked() {
    let home = Home::with_chains(&nobody());
    home.ferry(&["transfer", "a-1", "channel-0", "stake", "cosmos1x"])
        .fails_with(&["`stake` is no coin", "`1000stake`"]);
    home.ferry(&["query", "height", "c-1"]).fails_with(&["`c-1`", "`a-1`, `b-1`"]);
}

#[test]
fn a_single_message_needs_no_store_and_names_what_it_lacks() {
    let rpc = nobody();
    let home = Home::with_chains(&rpc);
    for verb in [
        &["tx", "recv", "a-1", "channel-0", "1"][..],
        &["tx", "timeout", "a-1", "07-tendermint-0", "1", "--dry-run"],
        &["tx", "connection-next", "a-1", "connection-0"],
        &["tx", "update-client", "a-1", "07-tendermint-0"],
        &["channel", "show", "a-1", "channel-0"],
        &["link", "a-1", "--channel", "channel-0", "--a-port", "wasm.a"],
    ] {
        home.ferry(verb).fails_with(&["cannot be reached", &rpc]);
    }
    home.ferry(&["tx", "ack", "c-1", "channel-0", "1"]).fails_with(&["`c-1`", "`a-1`, `b-1`"]);
    home.ferry(&["channel", "list"]).fails_with(&["there is no store", "ferry link CHAIN_A"]);
    assert!(!home.has("ferry.db"));
    let help = home.ferry(&["tx", "--help"]).succeeds();
    for part in ["recv", "channel-next", "ferry tx ack chain-a channel-0 17", "--key"] {
        assert!(help.contains(part), "`{part}` in {help}");
    }
}

/// Neither in what is printed nor in errors and logs.
#[test]
fn what_providers_are_paid_for_is_not_shown() {
    let address = nobody();
    let host = address.strip_prefix("http://").unwrap();
    let home = Home::with_chains(&format!("http://me:secret@{host}/secret?key=secret"));
    for verb in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["chains", "list"],
        &["chains", "list", "--json"],
        &["config", "show"],
        &["link", "a-1", "b-1"],
        &["query", "height", "a-1"],
    ] {
        let ended = home.ferry(verb);
        let shown = String::from_utf8_lossy(&ended.0.stdout).into_owned() + &ended.stderr();
        assert!(shown.contains(host), "{verb:?}: {shown}");
        assert!(!shown.contains("secret") && !shown.contains("me:"), "{verb:?}: {shown}");
    }
    let text = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    home.write("ferry.toml", &text.replacen("rpc = [", "rpc = 7 [", 1));
    let ended = home.ferry(&["config", "check"]);
    assert!(!ended.stderr().contains("secret"), "{}", ended.stderr());
}

#[test]
fn a_chain_is_added_once() {
    let (rpc, _calls) = server(Some(
        r#"{"result":{"node_info":{"network":"a-1","version":"0.38.19"},"sync_info":{
        "latest_block_height":"5","latest_block_time":"2026-11-22T16:12:23Z",
        "earliest_block_height":"1","catching_up":false},"response":{"last_block_height":"5"}}}"#,
    ));
    let home = Home::with_chains(&rpc);
    home.ferry(&["chains", "add", &rpc]).fails_with(&["`a-1` is configured already"]);
    home.ferry(&["chains", "check", "c-1"]).fails_with(&["`c-1`", "`a-1`, `b-1`"]);
    let listed = home.ferry(&["chains", "list"]).succeeds();
    assert!(listed.contains("a-1: height 5"), "{listed}");
    assert!(listed.contains("is on chain `a-1`, expected `b-1`"), "{listed}");
}

#[test]
fn completions_know_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Home::empty().ferry(&["completions", shell]).succeeds();
        for verb in ["doctor", "backup", "link", "channel-next", "chains"] {
            assert!(script.contains(verb), "{verb} for {shell}");
        }
    }
}

#[test]
fn wrong_usage_exits_with_two() {
    let ended = Home::empty().ferry(&["link", "a-1"]);
    assert_eq!(ended.0.status.code(), Some(2));
}
