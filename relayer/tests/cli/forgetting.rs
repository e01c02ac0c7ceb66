//! Paths and chains that are not served any more, where no ferry runs and no node answers.

use ferry::model::facts::Tip;
use ferry::model::ids::{
    Both, End, Ends, FlowId, LaneId, Order, PacketKey, Route, Side, SlotId, Span, Time,
};
use ferry::model::rows::{CursorRow, Ibc, PacketRow, PathEnd, PathRow, SlotBytes, SlotRow, Write};
use ferry::store::Store as _;
use ferry::store::sqlite::Sqlite;

use crate::{Home, nobody};

fn path(name: &str) -> PathRow {
    let end = |client: &str| PathEnd {
        client: Some(client.into()),
        connection: Some("connection-7".into()),
        ..PathEnd::default()
    };
    PathRow {
        path: name.into(),
        chains: Both { a: "a-1".into(), b: "b-1".into() },
        ends: Both { a: end("07-tendermint-0"), b: end("07-tendermint-1") },
        create: false,
        delay: Span(0),
        ibc: Ibc::V1,
    }
}

/// A packet that waits.
fn packet(path: &str) -> PacketRow {
    let end = || End { port: "transfer".into(), channel: "channel-0".into() };
    let ends = Ends::V1 { src: end(), dst: end(), order: Order::Unordered };
    let route = Route { from: "a-1".into(), to: "b-1".into(), ends };
    PacketRow {
        sent: Some(5),
        ..PacketRow::new(PacketKey { route: route.into(), seq: 1 }, path.into())
    }
}

/// A transaction that no block has decided.
fn slot(path: &str) -> SlotRow {
    let lane = LaneId { chain: "b-1".into(), address: "cosmos1".into() };
    SlotRow {
        id: SlotId { lane, sequence: 3, attempt: 0 },
        flow: FlowId { path: path.into(), to: Side::B },
        proved_at: 0,
        updates: 1,
        works: Vec::new(),
        timeout_height: 40,
        gas_limit: 100_000,
        fee: 250,
        denom: "stake".into(),
        granter: None,
        size: 1_000,
        hash: [7; 32],
    }
}

fn store(home: &Home, writes: &[Write]) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Sqlite::open(&home.path("ferry.db")).await.unwrap();
        store.commit(writes).await.unwrap();
    });
}

fn read(chain: &str) -> Write {
    let tip = Tip { height: 9, hash: [0; 32], time: Time(9) };
    Write::Cursor(CursorRow { chain: chain.into(), tip })
}

/// Nothing that somebody would have to see to is left without a word.
#[test]
fn a_path_is_forgotten_without_its_chains() {
    let home = Home::with_chains(&nobody());
    let forget = |more: &[&str]| home.ferry(&[&["link", "--forget", "ab"][..], more].concat());
    forget(&[]).fails_with(&["there is no store"]);
    let rows = [read("a-1"), read("b-1"), Write::Path(path("ab")), Write::Path(path("ba"))];
    store(&home, &rows);
    let left = [Write::Packet(packet("ab")), Write::Slot(slot("ab"), SlotBytes(vec![1]))];
    store(&home, &left);

    forget(&[]).fails_with(&[
        "path `ab` has 1 packets that are not over, and 1 transactions that no block has decided",
        "`ferry clear ab`",
        "--yes",
    ]);
    let dry = forget(&["--dry-run"]).succeeds();
    assert!(dry.contains("ab would be forgotten: 0 channels, 1 packets left to others"), "{dry}");
    assert!(home.ferry(&["status"]).succeeds().contains("1 packets pending, 1 transactions open"));
    let told = forget(&["--yes"]).succeeds();
    for part in [
        "path ab is forgotten",
        "a-1: 07-tendermint-0, connection-7",
        "1 transactions are on their way",
        "`ferry link a-1 b-1 --path ab --connection connection-7` takes it up again",
    ] {
        assert!(told.contains(part), "`{part}` in {told}");
    }
    assert!(!told.contains("no other path needs"), "{told}");
    let status = home.ferry(&["status"]).succeeds();
    assert!(!status.contains("path ab") && status.contains("path ba"), "{status}");
    assert!(status.contains("0 packets pending, 1 transactions open"), "{status}");
    forget(&["--yes"]).fails_with(&["there is no path `ab`"]);

    let last: serde_json::Value =
        serde_json::from_str(&home.ferry(&["link", "--forget", "ba", "--json"]).succeeds())
            .unwrap();
    assert_eq!(last["unneeded"], serde_json::json!(["a-1", "b-1"]));
    assert!(home.ferry(&["status"]).succeeds().contains("no path yet"));
}

#[test]
fn one_path_is_forgotten_and_nothing_linked_with_it() {
    let home = Home::with_chains(&nobody());
    for args in [
        &["link", "--forget", "ab", "a-1", "b-1"][..],
        &["link", "--forget", "ab", "--v2"],
        &["link", "--forget", "ab", "--patience", "3"],
        &["link", "a-1", "b-1", "--yes"],
        &["link", "a-1", "b-1", "--dry-run"],
        &["link", "a-1"],
        &["link"],
    ] {
        assert_eq!(home.ferry(args).0.status.code(), Some(2), "{args:?}");
    }
    assert!(!home.has("ferry.db"));
}

#[test]
fn a_chain_goes_once_no_path_needs_it() {
    let home = Home::with_chains(&nobody());
    store(&home, &[Write::Path(path("ab"))]);
    let remove = |chain| home.ferry(&["chains", "remove", chain]);
    remove("c-1").fails_with(&["`c-1`", "`a-1`, `b-1`"]);
    remove("b-1").fails_with(&["path `ab` needs `b-1`", "`ferry link --forget ab`"]);
    home.ferry(&["link", "--forget", "ab"]).succeeds();
    let text = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    remove("b-1").succeeds();
    let left = std::fs::read_to_string(home.path("ferry.toml")).unwrap();
    assert!(text.starts_with(&left) && left.contains("a-1") && !left.contains("b-1"), "{left}");
    remove("a-1").succeeds();
    assert!(home.ferry(&["config", "check"]).succeeds().contains("no chains yet"));
}
