//! Property: each style of route asks each end for just what its chain has.

use cosmwasm_std::Binary;
use protocol::hooks::{Lifecycle, Sudo, data_of, data_of_intermediary};
use protocol::ics20::TransferOutcome;
use protocol::json;
use protocol::money::{Probe, SettleKind};
use protocol::{Action, Memo, Message, Parties, RouteStyle};
use serde_json::{Value, json};

use crate::golden::assert_golden;
use crate::samples;

const CALLBACKS: RouteStyle = RouteStyle::Callbacks { source_gas: 1, destination_gas: 2 };
const HOOKS: RouteStyle = RouteStyle::Hooks { market_gas: None };
const HOOKS_AT_HOME: RouteStyle = RouteStyle::Hooks { market_gas: Some(3) };
const PLAIN: RouteStyle = RouteStyle::Plain {};

fn order() -> Message {
    samples::message(Action::Open(samples::small_open()))
}

fn settlement() -> Message {
    samples::message(Action::Settle(samples::settle(SettleKind::Closed)))
}

fn outward(style: &RouteStyle) -> String {
    let parties = Parties { source: samples::OUTPOST, destination: Some(samples::MARKET) };
    style.memo(parties, &order()).unwrap()
}

fn homeward(style: &RouteStyle) -> String {
    let parties = Parties { source: samples::MARKET, destination: Some(samples::OUTPOST) };
    style.memo(parties, &settlement()).unwrap()
}

/// The memos that are pinned besides those of the default style.
fn pinned() -> [(&'static str, String); 4] {
    [
        ("memo_hooks_open", outward(&HOOKS)),
        ("memo_hooks_settle", homeward(&HOOKS)),
        ("memo_hooks_at_home_open", outward(&HOOKS_AT_HOME)),
        ("memo_hooks_at_home_settle", homeward(&HOOKS_AT_HOME)),
    ]
}

/// The golden files of this module.
pub(crate) fn files() -> impl Iterator<Item = String> {
    pinned().into_iter().map(|(name, _)| format!("{name}.json"))
}

#[test]
fn memos_of_hooks_encode_to_the_golden_bytes() {
    for (name, memo) in pinned() {
        assert_golden(name, &memo);
    }
}

/// What a memo asks for: source callback, destination callback, call, hook, bare message.
fn asks(memo: &str) -> [bool; 5] {
    let memo: Value = serde_json::from_str(memo).unwrap();
    ["src_callback", "dest_callback", "wasm", "ibc_callback", "entrepot"]
        .map(|key| memo.get(key).is_some())
}

#[test]
fn each_end_is_asked_for_what_it_has() {
    let (callbacks, called, hooked) = (true, true, true);
    let expected = [
        (
            CALLBACKS,
            [callbacks, called, false, false, true],
            [callbacks, called, false, false, true],
        ),
        (HOOKS, [false, false, called, hooked, false], [false, false, called, hooked, false]),
        (
            HOOKS_AT_HOME,
            [false, called, false, hooked, true],
            [callbacks, false, called, false, false],
        ),
        (PLAIN, [false, called, false, false, true], [callbacks, false, false, false, true]),
    ];
    for (style, out, home) in expected {
        assert_eq!(asks(&outward(&style)), out, "{style:?} outward");
        assert_eq!(asks(&homeward(&style)), home, "{style:?} homeward");
    }
}

#[test]
fn nobody_is_called_at_a_wallet() {
    for style in [CALLBACKS, HOOKS, HOOKS_AT_HOME, PLAIN] {
        let parties = Parties { source: samples::MARKET, destination: None };
        let [_, called, executed, _, bare] = asks(&style.memo(parties, &settlement()).unwrap());
        assert_eq!([called, executed, bare], [false, false, true], "{style:?}");
    }
}

#[test]
fn a_call_carries_the_message_whole() {
    for (memo, message, contract) in [
        (outward(&HOOKS), order(), samples::MARKET),
        (homeward(&HOOKS), settlement(), samples::OUTPOST),
    ] {
        let json: Value = serde_json::from_str(&memo).unwrap();
        assert_eq!(json["wasm"]["contract"], contract);
        let carried = json["wasm"]["msg"]["entrepot"].clone();
        assert_eq!(serde_json::from_value::<Message>(carried).unwrap(), message);
    }
}

#[test]
fn the_market_reads_what_hooks_leave_of_a_memo() {
    let mut json: Value = serde_json::from_str(&outward(&HOOKS_AT_HOME)).unwrap();
    json.as_object_mut().unwrap().remove("ibc_callback");
    let memo = Memo::parse(&json.to_string()).unwrap();
    assert_eq!(memo.dest_callback.unwrap().gas_limit.as_deref(), Some("3"));
    assert_eq!(memo.entrepot, order());
}

#[test]
fn a_style_without_gas_reads_as_before() {
    assert_eq!(serde_json::to_string(&HOOKS).unwrap(), r#"{"hooks":{}}"#);
    assert_eq!(serde_json::from_str::<RouteStyle>(r#"{"hooks":{}}"#).unwrap(), HOOKS);
    let gas = r#"{"hooks":{"market_gas":3}}"#;
    assert_eq!(serde_json::from_str::<RouteStyle>(gas).unwrap(), HOOKS_AT_HOME);
}

#[test]
fn a_message_beyond_its_limits_makes_no_memo() {
    let message =
        Message { n: 1 << 53, action: Action::Probe(Probe { nonce: 1, refund_to: None }) };
    let parties = Parties { source: samples::OUTPOST, destination: Some(samples::MARKET) };
    for style in [CALLBACKS, HOOKS, HOOKS_AT_HOME, PLAIN] {
        style.memo(parties, &message).unwrap_err();
    }
}

fn told(ack: &[u8]) -> TransferOutcome {
    // As the middleware writes it; `success` is beside the point.
    let told = json!({ "ibc_lifecycle_complete": { "ibc_ack": {
        "channel": "channel-7", "sequence": 3, "ack": Binary::from(ack), "success": true,
    } } });
    let told = told.to_string();
    let Sudo::IbcLifecycleComplete(told) = json::from_slice(told.as_bytes()).unwrap();
    assert_eq!(told.packet(), ("channel-7", 3));
    told.outcome()
}

#[test]
fn the_acknowledgements_own_bytes_say_how_a_transfer_ended() {
    assert_eq!(told(br#"{"result":"AQ=="}"#), TransferOutcome::Arrived);
    // That of a call: `{"contract_result":null,"ibc_ack":"…"}`.
    let call = br#"{"result":"eyJjb250cmFjdF9yZXN1bHQiOm51bGwsImliY19hY2siOiJleUp5WlhOMWJIUWlPaUpCVVQwOUluMD0ifQ=="}"#;
    assert_eq!(told(call), TransferOutcome::Arrived);
    let error = String::from("ABCI code: 6");
    assert_eq!(told(br#"{"error":"ABCI code: 6"}"#), TransferOutcome::Reverted { error });
    let wordless = TransferOutcome::Reverted { error: String::new() };
    assert_eq!(told(br#"{"error":""}"#), wordless, "the transfer module refunds it");
    for junk in [&b""[..], b"7", b"{}", b"\xff", br#"{"result":7}"#] {
        assert_eq!(told(junk), TransferOutcome::Unreadable);
    }
    let junk = Lifecycle::IbcAck { channel: "c".into(), sequence: 1, ack: "no base64".into() };
    assert_eq!(junk.outcome(), TransferOutcome::Unreadable);
    let late = Lifecycle::IbcTimeout { channel: "c".into(), sequence: 1 };
    assert!(matches!(late.outcome(), TransferOutcome::Reverted { .. }));
}

/// The account of `chain_rules`, as Osmosis writes its address.
#[test]
fn an_intermediary_is_known_by_the_address_that_the_chain_gives_it() {
    let address = "osmo1nt0pudh879m6enw4j6z4mvyu3vmwawjv5gr7xw6lvhdsdpn3m0qs74xdjl";
    let derived = data_of_intermediary("channel-0", "juno12smx2wdlyttvyzvzg54y2vnqwq2qjatezqwqxu");
    assert_eq!(data_of(address), Some(derived.as_str()));
    for other in ["osmo1", "osmo", "", "1", "osmo1qqqqq", "ö1äöüäöüä"] {
        assert_ne!(data_of(other), Some(derived.as_str()), "{other}");
    }
}
