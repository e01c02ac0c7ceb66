//! What Prometheus reads.

use super::super::metrics;
use super::super::wallets::Wallet;
use super::world::World;
use super::*;
use crate::drive::tally::ClientTally;
use crate::model::ids::{ChainId, FlowId, Side};
use crate::model::notice::Notice;

/// A look at a world, as it is shown.
fn shown_of(World { model, tally, wallets, .. }: &World) -> Shown {
    let now = crate::drive::now();
    let look = look::Look::of(model, tally, now, 0);
    let paid = look::PaidLook::of(None, &tally.books, now);
    Shown { look, paid, wallets: wallets.list(), lease: None }
}

fn shown() -> Shown {
    let shown = shown_of(&world::new());
    Shown {
        look: look::Look::of(&world::model(), &Tally::default(), crate::drive::now(), 0),
        ..shown
    }
}

/// The names in the exposition, with their kinds.
fn exposed(text: &str) -> Vec<(String, String)> {
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    kinds.map(|line| line.split_once(' ').unwrap()).map(|(n, k)| (n.into(), k.into())).collect()
}

#[tokio::test]
async fn the_documented_metrics_are_those_exposed() {
    let server = Server::start(None).await;
    let text = server.get("/metrics").await;
    let documented = include_str!("../../../ops/README.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let name = cells.next()?.trim().trim_end_matches('`');
        let labels = cells.next()?.trim();
        let kind = cells.next()?.trim();
        // The other tables have no kinds.
        matches!(kind, "gauge" | "counter" | "histogram").then_some(())?;
        Some((name.to_owned(), labels.to_owned(), kind.to_owned()))
    });
    let documented: Vec<_> = documented.collect();
    let known: Vec<_> = metrics::METRICS
        .iter()
        .map(|m| (m.name.to_owned(), m.labels.join(", "), m.kind.to_owned()))
        .collect();
    assert_eq!(documented, known);
    let named = documented.iter().map(|(name, _, kind)| (name.clone(), kind.clone()));
    assert_eq!(exposed(&text), named.collect::<Vec<_>>());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = series.split('{').next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let is_known = |name: &str| known.iter().any(|(known, ..)| known == name);
        assert!(is_known(name) || base.is_some_and(is_known), "{line}");
    }
    let pending = "ferry_packets_pending{chain=\"a-1\",channel=\"channel-0\",port=\"transfer\"} 3";
    assert!(text.contains(pending), "{text}");
}

/// Four transactions that a mempool refused, two of them for the same reason.
fn refuse_some(tally: &mut Tally) {
    let sequence = "account sequence mismatch, expected 4, got 5: incorrect account sequence";
    let traced = format!("{sequence} [cosmos/cosmos-sdk@v0.50.13/x/auth/ante/sigverify.go:290]");
    for (code, log) in [
        (13, "insufficient fees; got: 1stake required: 2stake: insufficient fee"),
        (32, sequence),
        (32, traced.as_str()),
        (9, "panic at height 7"),
    ] {
        let (chain, address) = ("a-1".into(), "wasm1x".into());
        tally.notice(&Notice::Refused { chain, address, code, log: log.into() });
    }
}

/// The names that Hermes has, with its labels: dashboards made for it go on.
#[test]
fn hermes_names_have_its_labels() {
    let mut world = world::well();
    refuse_some(&mut world.tally);
    let flow = FlowId { path: "a-b".into(), to: Side::B };
    world.tally.clients.insert(flow, ClientTally { updates: 9, misbehaviours: 1 });
    let text = metrics::exposition(&shown_of(&world));
    let at = |chain: &str, other: &str, channel: &str| {
        format!(
            "chain=\"{chain}\",counterparty=\"{other}\",channel=\"{channel}\",port=\"transfer\""
        )
    };
    let between = |[from, to]: [&str; 2], [src, dst]: [&str; 2]| {
        format!(
            "src_chain=\"{from}\",dst_chain=\"{to}\",src_channel=\"{src}\",dst_channel=\"{dst}\",\
             src_port=\"transfer\",dst_port=\"transfer\""
        )
    };
    let client = "src_chain=\"a-1\",dst_chain=\"b-1\",client=\"07-tendermint-2\"";
    let refusal = |code: u32, description: &str| {
        format!("account=\"wasm1x\",error_code=\"{code}\",error_description=\"{description}\"")
    };
    let route = world.tally.routes.values().next().unwrap();
    let there = at("a-1", "b-1", "channel-0");
    let (forth, back) = (
        between(["a-1", "b-1"], ["channel-0", "channel-7"]),
        between(["b-1", "a-1"], ["channel-7", "channel-0"]),
    );
    for (name, labels, value) in [
        ("backlog_size", there.clone(), 3),
        ("backlog_oldest_sequence", there.clone(), 1),
        ("send_packet_events_total", there, route.sent),
        ("acknowledgement_events_total", at("b-1", "a-1", "channel-7"), route.received),
        ("receive_packets_confirmed_total", forth.clone(), 0),
        ("timeout_packets_confirmed_total", forth, 0),
        ("acknowledgment_packets_confirmed_total", back, 0),
        ("client_updates_submitted_total", client.to_owned(), 9),
        ("client_misbehaviours_submitted_total", client.to_owned(), 1),
        ("broadcast_errors_total", refusal(13, "insufficient fee"), 1),
        ("broadcast_errors_total", refusal(32, "incorrect account sequence"), 2),
        ("broadcast_errors_total", refusal(9, "unknown error"), 1),
    ] {
        let line = format!("{name}{{{labels}}} {value}");
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(route.sent > 1_000 && route.received > 1_000, "{route:?}");
}

#[test]
fn dashboard_and_alerts_use_metrics_that_exist() {
    let files =
        [include_str!("../../../ops/grafana.json"), include_str!("../../../ops/alerts.yaml")];
    for file in files {
        let words = file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let names: std::collections::BTreeSet<&str> =
            words.filter(|word| word.starts_with("ferry_")).collect();
        assert!(names.len() > 5, "it uses metrics");
        for name in names {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let is_known = |name: &str| metrics::METRICS.iter().any(|m| m.name == name);
            assert!(is_known(name) || base.is_some_and(is_known), "`{name}`");
        }
    }
    let _: serde_json::Value = serde_json::from_str(files[0]).unwrap();
}

#[test]
fn labels_are_escaped() {
    let mut shown = shown();
    shown.look.chains[0].chain = ChainId::from("a\"b\\c");
    assert!(metrics::exposition(&shown).contains("chain=\"a\\\"b\\\\c\""));
}

/// Every key has a line, and so has everybody who pays. A chain where one key signs is served.
#[test]
fn every_key_and_granter_is_shown() {
    let mut shown = shown();
    let key = |address: &str, paused: Option<&str>| look::KeyLook {
        address: address.into(),
        clients: 2,
        transactions: 0,
        paused: paused.map(Into::into),
    };
    let empty = key("poor", Some("it cannot pay"));
    shown.look.chains[0].keys = vec![key("rich", None), empty.clone()];
    let wallet = |address: &str, granter, low| Wallet {
        chain: "a-1".into(),
        address: address.into(),
        granter,
        denom: "stake".into(),
        balance: Some("7".into()),
        low,
    };
    shown.wallets = vec![wallet("rich", false, false), wallet("granter", true, true)];
    let text = metrics::exposition(&shown);
    for line in [
        "ferry_lane_paused{chain=\"a-1\",account=\"rich\"} 0",
        "ferry_lane_paused{chain=\"a-1\",account=\"poor\"} 1",
        "ferry_lane_clients{chain=\"a-1\",account=\"rich\"} 2",
        "ferry_wallet_low{chain=\"a-1\",account=\"granter\"} 1",
        "ferry_wallet_balance{chain=\"a-1\",account=\"granter\",denom=\"stake\"} 7",
        "wallet_balance{account=\"rich\",chain=\"a-1\",denom=\"stake\"} 7",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let unsigned = |look: &look::Look| {
        health::obstacles(look).into_iter().find(|why| why.contains("nothing is signed on `a-1`"))
    };
    assert_eq!(unsigned(&shown.look), None);
    shown.look.chains[0].keys = vec![empty];
    assert!(unsigned(&shown.look).is_some_and(|why| why.contains("poor: it cannot pay")));
}

/// What keeps a chain or a path from being served is told where a supervisor looks, with the words of who refuses.
#[test]
fn prices_and_refusals_are_obstacles() {
    let mut look = shown_of(&world::well()).look;
    assert_eq!(health::obstacles(&look), Vec::<String>::new());
    look.chains[0].waits = Some("gas costs 3stake".to_owned());
    look.paths[0].ends[1].refused = Some("insufficient fees".to_owned());
    let expected = [
        "nothing is sent to `a-1`: gas costs 3stake",
        "what goes to `b-1` over `a-b` is refused: insufficient fees",
    ];
    assert_eq!(health::obstacles(&look), expected);
}
