//! Ferries to look at: one where all is well, one where everything is wrong that can be, one that has just begun.

use tendermint::trust_threshold::TrustThresholdFraction;

use super::super::wallets::{Wallet, Wallets};
use crate::drive::books::Books;
use crate::drive::setup::offline;
use crate::drive::tally::{Ours, Tally};
use crate::model::cost::{CostRow, Purpose, Spent};
use crate::model::facts::{Ask, BlockFacts, Fact, Timeout, Tip, TrustTerms};
use crate::model::ids::{
    Address, Both, ChainId, End, Ends, LaneId, Order, PacketKey, Route, Side, Span, Time,
};
use crate::model::rows::{
    Attempt, ChannelEnd, ChannelRow, CursorRow, Done, EndState, Gap, GapId, GapRow, Ibc, Leg,
    PacketRow, PathEnd, PathRow, Rows, Write,
};
use crate::model::state::{Account, ClientFacts, ClientStatus};
use crate::model::{Model, step};

/// The height of all chains: an hour of blocks and more.
pub(super) const HEIGHT: u64 = 5_000;
const DAY: u64 = 86_400;

/// What there is to be looked at.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) tally: Tally,
    pub(super) wallets: Wallets,
    /// What was paid before this start; none while that is read.
    pub(super) before: Option<Books>,
    /// The chains that make blocks while one looks.
    pub(super) alive: &'static [&'static str],
}

impl World {
    /// Lets each chain that is alive make a block, unless it has just made one.
    pub(super) fn go_on(&mut self) {
        let now = crate::drive::now();
        for chain in self.alive.iter().map(|chain| ChainId::from(*chain)) {
            let tip = self.model.cursor(&chain).unwrap();
            if now.since(tip.time) >= Span::seconds(1) {
                let tip = Tip { height: tip.height + 1, hash: [0; 32], time: now };
                let block = BlockFacts { tip, txs: Vec::new(), limits: None };
                step(&mut self.model, Fact::Block(chain, block), now);
            }
        }
    }
}

/// An address of each chain.
fn address(chain: &str) -> &'static str {
    match chain {
        "a-1" => "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7",
        "b-1" => "osmo1kqsg5hv6zs0hn9kjvzv5jvuw5f4rkyw6vx3l5a",
        _ => "cosmos1v0k2q6u3xwz5tkq0c9n5a9qyl4yhx6l7w8sj2f",
    }
}

fn load(chains: &[&str], paused: &str, rows: impl FnOnce(Time) -> Rows) -> Model {
    let chain = |id: &&str| {
        format!(
            "[[chain]]\nid = \"{id}\"\nrpc = [\"http://x\"]\naddress_prefix = \"x\"\nkey = \"k\"\n\
             gas_price = \"0.1stake\"\n"
        )
    };
    let chains: String = chains.iter().map(chain).collect();
    let file = toml::from_str(&format!("[ferry]\npaused = [{paused}]\n{chains}")).unwrap();
    let mut config = offline(&file);
    for chain in &mut config.chains {
        chain.lanes[0].id.address = address(chain.id.as_str()).into();
    }
    let now = crate::drive::now();
    let mut model = Model::load(config, rows(now));
    model.now = now;
    model
}

/// A chain of which the newest block is so old.
fn cursor(chain: &str, now: Time, seconds: u64) -> CursorRow {
    let tip = Tip { height: HEIGHT, hash: [0; 32], time: now.minus(Span::seconds(seconds)) };
    CursorRow { chain: chain.into(), tip }
}

fn path(name: &str, [a, b]: [&str; 2], number: u64) -> PathRow {
    let end = |client: u64| PathEnd {
        client: Some(format!("07-tendermint-{client}").as_str().into()),
        consensus: vec![90],
        connection: Some(format!("connection-{number}").as_str().into()),
        state: EndState::Open,
        since: 5,
        ..PathEnd::default()
    };
    PathRow {
        path: name.into(),
        chains: Both { a: a.into(), b: b.into() },
        ends: Both { a: end(2 * number + 1), b: end(2 * number + 2) },
        create: true,
        delay: Span(0),
        ibc: Ibc::V1,
    }
}

fn channel(path: &str, [a, b]: [&str; 2]) -> ChannelRow {
    let end = |channel: &str| ChannelEnd {
        port: "transfer".into(),
        channel: Some(channel.into()),
        state: EndState::Open,
        since: 6,
    };
    ChannelRow {
        path: path.into(),
        index: 0,
        version: "ics20-1".into(),
        order: Order::Unordered,
        wanted: true,
        ends: Both { a: end(a), b: end(b) },
    }
}

/// A model with a path, its channel and three pending packets.
pub(super) fn model() -> Model {
    load(&["a-1", "b-1"], "", |now| Rows {
        cursors: ["a-1", "b-1"].map(|chain| cursor(chain, now, 0)).into(),
        paths: vec![path("a-b", ["a-1", "b-1"], 0)],
        channels: vec![channel("a-b", ["channel-0", "channel-7"])],
        packets: (1..=3).map(packet).collect(),
        ..Rows::default()
    })
}

/// Tells a model all it asks: `client` says of each client how it is, and how many days ago it was updated; the account
/// on `unknown` is not found.
fn tell(model: &mut Model, unknown: &str, client: impl Fn(&str) -> (ClientStatus, u64)) {
    let now = model.now;
    for (id, ask) in step(model, Fact::Tick, now).asks {
        let fact = match ask {
            Ask::Account(lane) if lane.chain.as_str() != unknown => {
                Fact::Account(id, Account { number: 7, sequence: 3 })
            }
            Ask::Client { client: name, .. } => {
                let (status, days) = client(name.as_str());
                let facts = ClientFacts {
                    status,
                    latest: 90,
                    time: now.minus(Span::seconds(days * DAY)),
                    terms: TrustTerms {
                        trusting_period: Span::seconds(14 * DAY),
                        trust_threshold: TrustThresholdFraction::ONE_THIRD,
                        max_clock_drift: Span::seconds(40),
                    },
                    allowed: Vec::new(),
                };
                Fact::Client(id, facts)
            }
            _ => continue,
        };
        step(model, fact, now);
    }
}

/// A ferry where all is well, with an hour of packets that were counted and a month of costs.
pub(super) fn well() -> World {
    let mut model = model();
    tell(&mut model, "", |_| (ClientStatus::Active, 3));
    let mut tally = an_hour(&mut model);
    let before = a_month(&mut tally.books, model.now);
    let wallets = wallets(&[("a-1", false, 12_500_000, false), ("b-1", false, 84_000, false)]);
    World { model, tally, wallets, before: Some(before), alive: &["a-1", "b-1"] }
}

/// Waves, a quiet quarter, and a spike.
fn an_hour(model: &mut Model) -> Tally {
    let now = model.now;
    let mut tally = Tally { started: now.minus(Span::seconds(7_205)), ..Tally::default() };
    for moment in 0..360 {
        let (height, seconds) = (HEIGHT - 3_590 + 10 * moment, 3_590 - 10 * moment);
        model.now = now.minus(Span::seconds(seconds));
        let wave = moment % 90;
        let packets = match moment {
            90..180 => 0,
            300..306 => 180,
            _ => 20 + wave.min(90 - wave) + moment % 11,
        };
        let seq = |n: u64| 1_000 * moment + n + 10;
        let sent = |n| PacketRow { sent: Some(height), ..packet(seq(n)) };
        let received = |n: u64| {
            let before = 2 + (moment * 7 + n * n) % (3 + wave / 15);
            PacketRow { sent: Some(height - before), received: Some(height), ..packet(seq(n)) }
        };
        let ended = |n| PacketRow { done: Some(Done::Acknowledged(height)), ..received(n + 500) };
        let on_b: Vec<Write> = (0..packets).map(received).map(Write::Packet).collect();
        let on_a = (0..packets + moment % 3).map(sent);
        let on_a = on_a.chain((0..packets.saturating_sub(moment % 5)).map(ended));
        let on_a: Vec<Write> = on_a.map(Write::Packet).collect();
        for (chain, writes) in [("a-1", on_a), ("b-1", on_b)] {
            tally.block(model, (&chain.into(), height), &Ours::default(), &writes);
        }
    }
    model.now = now;
    tally
}

/// Twenty packets on each day of a month: received for 250 each, acknowledged for 180, every tenth receipt too late. On
/// each day both clients are updated for 900. Today's are in the books of now, all others in those of before.
fn a_month(since: &mut Books, now: Time) -> Books {
    let mut before = Books::default();
    for days in (0..30).rev() {
        let time = now.minus(Span::seconds(days * DAY));
        let books = if days == 0 { &mut *since } else { &mut before };
        for seq in 0..20 {
            let late = if seq % 10 == 0 { Spent::Redundant } else { Spent::Effected };
            books.add(&cost("b-1", time, (of_packet(seq, Leg::Recv), late), 250));
            books.add(&cost("a-1", time, (of_packet(seq, Leg::Ack), Spent::Effected), 180));
        }
        for chain in ["a-1", "b-1"] {
            books.add(&cost(chain, time, (Purpose::Client, Spent::Effected), 900));
        }
    }
    before
}

fn of_packet(seq: u64, leg: Leg) -> Purpose {
    let src = End { port: "transfer".into(), channel: "channel-0".into() };
    Purpose::Packet { from: "a-1".into(), src, seq, leg }
}

fn cost(chain: &str, time: Time, (purpose, result): (Purpose, Spent), fee: u128) -> CostRow {
    CostRow {
        lane: LaneId { chain: chain.into(), address: Address::from(address(chain)) },
        sequence: 1,
        place: 0,
        path: "a-b".into(),
        purpose,
        result,
        height: HEIGHT,
        time,
        fee,
        denom: "stake".into(),
        gas: 70_000,
    }
}

/// A ferry on which nearly everything is wrong: a client that expires soon, one that has expired and one that is frozen; a
/// chain that makes no blocks and whose account is not known; packets that are lost and given up; a paused path; and
/// wallets that are low and empty.
pub(super) fn troubled() -> World {
    let rows = |now| Rows {
        cursors: vec![cursor("a-1", now, 2), cursor("b-1", now, 1), cursor("c-1", now, 1_265)],
        paths: vec![
            path("a-b", ["a-1", "b-1"], 0),
            path("a-c", ["a-1", "c-1"], 1),
            path("b-c", ["b-1", "c-1"], 2),
        ],
        channels: vec![
            channel("a-b", ["channel-0", "channel-7"]),
            channel("a-c", ["channel-1", "channel-0"]),
        ],
        packets: (1..=3).map(packet).chain([given_up(4)]).chain((5..=6).map(from_c)).collect(),
        gaps: vec![GapRow {
            lost: vec![11, 12],
            reason: Some("no endpoint has block 4711 any more".to_owned()),
            after: u64::MAX,
            ..GapRow::new(GapId {
                path: "a-b".into(),
                gap: Gap::Packets { index: 0, from: Side::A },
            })
        }],
        ..Rows::default()
    };
    let mut model = load(&["a-1", "b-1", "c-1"], "\"a-c\"", rows);
    tell(&mut model, "c-1", |client| match client {
        "07-tendermint-1" => (ClientStatus::Active, 12),
        "07-tendermint-2" => (ClientStatus::Expired, 15),
        "07-tendermint-6" => (ClientStatus::Frozen, 1),
        _ => (ClientStatus::Active, 3),
    });
    let mut tally = an_hour(&mut model);
    let before = a_month(&mut tally.books, model.now);
    let wallets = wallets(&[
        ("a-1", false, 12_500_000, false),
        ("b-1", true, 84_000, true),
        ("c-1", false, 0, true),
    ]);
    World { model, tally, wallets, before: Some(before), alive: &["a-1", "b-1"] }
}

/// A ferry that has just begun: nothing is known of its accounts, and what was paid before is still read.
pub(super) fn new() -> World {
    let mut model = load(&["a-1", "b-1"], "", |now| Rows {
        cursors: ["a-1", "b-1"].map(|chain| cursor(chain, now, 0)).into(),
        ..Rows::default()
    });
    tell(&mut model, "", |_| (ClientStatus::Active, 3));
    let tally = Tally { started: model.now, ..Tally::default() };
    World { model, tally, wallets: Wallets::default(), before: None, alive: &["a-1", "b-1"] }
}

/// Accounts: chain, whether it grants fees, what it has, whether that is little.
fn wallets(accounts: &[(&str, bool, u64, bool)]) -> Wallets {
    let wallets = Wallets::default();
    for &(chain, granter, balance, low) in accounts {
        wallets.tell(Wallet {
            chain: chain.into(),
            address: address(chain).into(),
            granter,
            denom: "stake".into(),
            balance: Some(balance.to_string()),
            low,
        });
    }
    wallets
}

fn pending(path: &str, [from, to]: [&str; 2], [src, dst]: [&str; 2], seq: u64) -> PacketRow {
    let end = |channel: &str| End { port: "transfer".into(), channel: channel.into() };
    let ends = Ends::V1 { src: end(src), dst: end(dst), order: Order::Unordered };
    let route = Route { from: ChainId::from(from), to: ChainId::from(to), ends };
    let key = PacketKey { route: std::sync::Arc::new(route), seq };
    PacketRow {
        timeout: Timeout { time: Time(u64::MAX), ..Timeout::default() },
        sent: Some(HEIGHT.saturating_sub(10 * seq)),
        ..PacketRow::new(key, path.into())
    }
}

fn packet(seq: u64) -> PacketRow {
    pending("a-b", ["a-1", "b-1"], ["channel-0", "channel-7"], seq)
}

/// A packet on the path that is paused.
fn from_c(seq: u64) -> PacketRow {
    pending("a-c", ["c-1", "a-1"], ["channel-0", "channel-1"], seq)
}

fn given_up(seq: u64) -> PacketRow {
    let reason = "out of gas in location: wasm contract; gasWanted: 4000000: out of gas";
    let attempt =
        Attempt { tries: 40, not_before: HEIGHT, reason: Some(reason.to_owned()), given_up: true };
    PacketRow { failed: Some((Leg::Recv, attempt)), ..packet(seq) }
}
