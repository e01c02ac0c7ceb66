//! `--watch` on a terminal, which `script` of util-linux makes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use cosmwasm_std::Binary;
use serde_json::{Value, json};

/// What moves to the corner of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a node answers to its queries, in turn, the last again and again.
const ANSWERS: [&str; 4] = ["no offers", "no offers", "a refusal", "no offers"];

/// A node whose market has no offers, and does not answer for once.
fn node() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let rpc = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut turn = 0;
        for stream in listener.incoming() {
            serve(stream.unwrap(), &mut turn);
        }
    });
    rpc
}

fn serve(mut stream: TcpStream, turn: &mut usize) {
    let mut request = Vec::new();
    let body: Value = loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).unwrap();
        request.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&request);
        let body =
            text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
        match body {
            Some(body) => break body,
            None if length == 0 => return,
            None => {}
        }
    };
    let result = match body["method"].as_str().unwrap() {
        "status" => json!({
            "node_info": { "network": "alpha-1", "version": "0.38" },
            "sync_info": {
                "latest_block_height": "1",
                "latest_block_time": "2026-01-01T00:00:00Z",
                "earliest_block_height": "1",
                "catching_up": false,
            },
        }),
        "abci_query" => {
            let answer = ANSWERS[(*turn).min(ANSWERS.len() - 1)];
            *turn += 1;
            json!({ "response": answered(answer) })
        }
        other => panic!("{other} is not asked for"),
    };
    let body = json!({ "result": result }).to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

fn answered(answer: &str) -> Value {
    if answer == "a refusal" {
        return json!({ "code": 5, "codespace": "wasm", "log": "the market is asleep", "height": "1" });
    }
    // `QuerySmartContractStateResponse`: one field of bytes.
    let data = br#"{"offers":[],"next":null}"#;
    let mut value = vec![0x0a, u8::try_from(data.len()).unwrap()];
    value.extend_from_slice(data);
    json!({ "code": 0, "value": Binary::from(value).to_base64(), "height": "1" })
}

/// What a program writes, as it comes.
fn written(mut out: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (to, from) = channel();
    thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = out.read(&mut part) {
            if to.send(String::from_utf8_lossy(&part[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    from
}

/// Reads until `is_enough`, or the end.
fn read(from: &Receiver<String>, all: &mut String, is_enough: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_enough(all) {
        match from.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(part) => all.push_str(&part),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
            Err(error) => panic!("{error} after: {all:?}"),
        }
    }
}

/// Runs `entrepot offers --watch` on a terminal until it has drawn so often, then presses Ctrl-C; all that was drawn,
/// between the terminal's settings before and after.
fn watch(home: &Path, draws: usize) -> String {
    let entrepot = env!("CARGO_BIN_EXE_entrepot");
    let home = home.display();
    // The shell is of the same group as what it runs, and must outlive the signal.
    let shell = format!(
        "trap : INT; stty -g; {entrepot} --home {home} offers --watch --interval 1; echo \"code $?\"; stty -g"
    );
    let mut command = Command::new("script");
    command.args(["-qec", &shell, "/dev/null"]).env("SHELL", "/bin/sh").env("TERM", "xterm");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("`script` of util-linux");
    let mut keyboard = child.stdin.take().unwrap();
    let from = written(child.stdout.take().unwrap());
    let mut all = String::new();
    read(&from, &mut all, |all| all.matches(CLEAR).count() >= draws);
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    read(&from, &mut all, |_| false);
    assert!(child.wait().unwrap().success(), "{all:?}");
    all
}

#[test]
fn a_watch_draws_anew_what_changes_and_ends_at_ctrl_c_with_the_terminal_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "[market]\nchain_id = \"alpha-1\"\nrpc = \"{}\"\naddress_prefix = \"wasm\"\ngas_price = \"0.001stake\"\n\
         contract = \"wasm1market\"\n",
        node()
    );
    std::fs::write(home.path().join("config.toml"), config).unwrap();
    let all = watch(home.path(), 3);
    let (before, rest) = all.split_once(CLEAR).unwrap();
    let (drawn, after) = rest.split_once("code ").unwrap();
    let views: Vec<&str> = drawn.split(CLEAR).collect();
    let [first, second, third] = &views[..] else { panic!("{all:?}") };
    assert!(first.starts_with("no offer can be taken now"), "{all:?}");
    assert!(second.starts_with("the market is asleep"), "{all:?}");
    assert!(third.starts_with(*first), "what did not change is not drawn again: {all:?}");
    let (code, settings) = after.split_once("\r\n").unwrap();
    assert_eq!(code, "0", "{all:?}");
    assert_eq!(settings.trim(), before.trim(), "the terminal's settings");
    assert!(!drawn.contains("\x1b[?"), "no mode of the terminal was changed: {all:?}");
}
