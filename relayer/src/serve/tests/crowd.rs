//! More channels than are listed: what matters is told all the same.

use super::world::{HEIGHT, model};
use super::*;
use crate::drive::tally::RouteTally;
use crate::model::Model;
use crate::model::filter::Pattern;
use crate::model::ids::{Both, ChainId, End, Ends, Order, PacketKey, Route};
use crate::model::rows::{ChannelEnd, ChannelRow, CursorRow, EndState, PacketRow, Rows};

/// More than are listed.
const STRANGERS: u32 = 600;

fn open_channel(index: u32) -> ChannelRow {
    let end = |prefix: &str| ChannelEnd {
        port: "transfer".into(),
        channel: Some(format!("{prefix}-{index}").as_str().into()),
        state: EndState::Open,
        since: 6,
    };
    ChannelRow {
        path: "a-b".into(),
        index,
        version: "ics20-1".into(),
        order: Order::Unordered,
        wanted: false,
        ends: Both { a: end("here"), b: end("there") },
    }
}

/// A packet that was sent over one of them, so many blocks of a second ago.
fn over(index: u32, seq: u64, blocks: u64) -> PacketRow {
    let end = |prefix: &str| End {
        port: "transfer".into(),
        channel: format!("{prefix}-{index}").as_str().into(),
    };
    let ends = Ends::V1 { src: end("here"), dst: end("there"), order: Order::Unordered };
    let route = Route { from: "a-1".into(), to: "b-1".into(), ends };
    let key = PacketKey { route: std::sync::Arc::new(route), seq };
    PacketRow { sent: Some(HEIGHT - blocks), ..PacketRow::new(key, "a-b".into()) }
}

/// Strangers send two packets over each of their channels; one packet is stuck on a quiet channel.
fn crowded(quiet: u32) -> Model {
    let base = model();
    let channels = (0..=STRANGERS).map(open_channel).collect();
    let of_strangers = (0..=STRANGERS).filter(|index| *index != quiet);
    let packets = of_strangers.flat_map(|index| [over(index, 1, 3), over(index, 2, 2)]);
    let rows = Rows {
        cursors: base
            .config
            .keys()
            .map(|chain| CursorRow { chain: chain.clone(), tip: base.cursor(chain).unwrap() })
            .collect(),
        paths: base.paths().cloned().collect(),
        channels,
        packets: packets.chain([over(quiet, 1, 900)]).collect(),
        ..Rows::default()
    };
    let mut model = Model::load(Default::default(), rows);
    (model.config, model.chains, model.now) = (base.config, base.chains, base.now);
    model
}

fn value(exposition: &str, series: &str) -> u64 {
    let line = exposition.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{series} is not told"));
    line.parse().unwrap()
}

#[tokio::test]
async fn a_packet_that_is_stuck_is_told_however_many_channels_have_more() {
    let model = crowded(STRANGERS);
    let oldest = model.interval(&"a-1".into()).0 * 900 / 1_000_000_000;
    let server = Server::of(model, Tally::default(), None).await;
    let channels = server.json("/api/channels").await;
    let quiet = format!("here-{STRANGERS}");
    let listed = channels.as_array().unwrap();
    assert!(
        listed.iter().all(|channel| channel["ends"][0]["channel"] != quiet),
        "it is not listed"
    );
    let metrics = server.get("/metrics").await;
    let told = value(&metrics, "ferry_packets_oldest_age_seconds{path=\"a-b\"}");
    assert!((oldest..oldest + 60).contains(&told), "{told} s");
    let paths = server.json("/api/paths").await;
    assert!(paths[0]["oldest_age_seconds"].as_u64().unwrap() >= oldest);
}

#[tokio::test]
async fn a_channel_that_the_configuration_names_is_listed() {
    let mut model = crowded(STRANGERS);
    let config = model.config.get_mut(&ChainId::from("b-1")).unwrap();
    let patterns = ["*/*".to_owned(), format!("transfer/there-{STRANGERS}")];
    config.filter.allow_channels =
        patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
    let server = Server::of(model, Tally::default(), None).await;
    let metrics = server.get("/metrics").await;
    let series = format!(
        "ferry_packets_pending{{chain=\"a-1\",channel=\"here-{STRANGERS}\",port=\"transfer\"}}"
    );
    assert_eq!(value(&metrics, &series), 1);
}

#[tokio::test]
async fn what_is_counted_together_is_shown_on_a_line_of_its_own() {
    let mut tally = Tally::default();
    let end = End { port: "transfer".into(), channel: "channel-0".into() };
    tally.routes.insert(("a-1".into(), end), RouteTally { sent: 5, ..RouteTally::default() });
    let server = Server::of(model(), tally, None).await;
    assert_eq!(server.json("/api/costs").await.as_array().unwrap().len(), 1, "nothing else");
    let mut tally = Tally::default();
    tally.other_routes.sent = 7;
    tally.other_routes.fees.insert("b-1".into(), 40);
    let server = Server::of(model(), tally, None).await;
    let costs = server.json("/api/costs").await;
    assert_eq!((&costs[0]["channel"], &costs[0]["sent"]), (&"".into(), &7.into()));
    let metrics = server.get("/metrics").await;
    let others = "{chain=\"\",channel=\"\",port=\"\"";
    assert_eq!(value(&metrics, &format!("ferry_packets_sent_total{others}}}")), 7);
    let paid = format!("ferry_packet_fees_total{others},paid_on=\"b-1\",denom=\"stake\"}}");
    assert_eq!(value(&metrics, &paid), 40);
}
