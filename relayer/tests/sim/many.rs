//! Very many channels on which nothing happens: what they take, and what a packet on one of them then takes.

use std::path::Path;

use cosmos::keys::Key;
use ferry::model::config::Config;
use ferry::model::facts::{
    Ask, BlockFacts, Event, Fact, PacketChange, PacketEvent, Timeout, Tip, TrustTerms, TxFacts, Via,
};
use ferry::model::ids::{AskId, Both, End, Order, Span, Time};
use ferry::model::rows::{ChannelEnd, CursorRow, EndState, Ibc, PathEnd, PathRow, Rows, Write};
use ferry::model::state::{Account, ClientFacts, ClientStatus};
use ferry::model::{Model, step};
use ferry::store::Store as _;
use ferry::store::sqlite::Sqlite;
use tendermint::trust_threshold::TrustThresholdFraction;

use crate::setup::{chain_config, unopened};
use crate::world::{SECOND, START};

/// Where channels share connections.
const PATHS: u32 = 100;
pub(crate) const CHAINS: [(&str, u64); 2] = [("alpha-1", 1), ("beta-4", 4)];

pub(crate) fn config() -> Config {
    let chain = |(number, (id, revision)): (usize, (&str, u64))| {
        let key = Key::from_secret(&[number as u8 + 1; 32]).expect("the secret is valid");
        chain_config(id, revision, key)
    };
    let chains = CHAINS.into_iter().enumerate().map(chain).collect();
    Config { chains, max_tries: 40, check_every: Span::seconds(3_600), ..Config::default() }
}

pub(crate) fn tip(height: u64) -> Tip {
    Tip { height, hash: [height as u8; 32], time: Time(START + height * SECOND) }
}

pub(crate) fn open_path(number: u32) -> PathRow {
    let end = PathEnd {
        client: Some(format!("07-tendermint-{number}").as_str().into()),
        consensus: vec![5],
        connection: Some(format!("connection-{number}").as_str().into()),
        state: EndState::Open,
        since: 3,
        ..PathEnd::default()
    };
    PathRow {
        path: format!("path-{number}").as_str().into(),
        chains: Both { a: CHAINS[0].0.into(), b: CHAINS[1].0.into() },
        ends: Both { a: end.clone(), b: end },
        create: false,
        delay: Span(0),
        ibc: Ibc::V1,
    }
}

/// Two chains that were read, with so many open channels between them, over so many connections.
pub(crate) fn rows(channels: u32, paths: u32) -> Vec<Write> {
    let cursor =
        |(chain, _): (&str, u64)| Write::Cursor(CursorRow { chain: chain.into(), tip: tip(10) });
    let mut writes: Vec<Write> = CHAINS.into_iter().map(cursor).collect();
    writes.extend((0..paths).map(|number| Write::Path(open_path(number))));
    for number in 0..channels {
        let path = open_path(number % paths).path;
        let ports = Both { a: "transfer", b: "transfer" };
        let mut row = unopened(&path, number / paths, ports, "ics20-1");
        let open = |end: &mut ChannelEnd| {
            (end.channel, end.state) =
                (Some(format!("channel-{number}").as_str().into()), EndState::Open);
        };
        open(&mut row.ends.a);
        open(&mut row.ends.b);
        writes.push(Write::Channel(row));
    }
    writes
}

/// What this process has in memory, in bytes.
fn memory() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: u64 = stat.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4_096
}

fn seconds(act: impl FnOnce()) -> f64 {
    let began = std::time::Instant::now();
    act();
    began.elapsed().as_secs_f64()
}

async fn stored(file: &Path, channels: u32) {
    let store = Sqlite::open(file).await.expect("a new file");
    for part in rows(channels, PATHS).chunks(5_000) {
        store.commit(part).await.expect("rows are stored");
    }
}

/// Feeds a fact, and answers what is asked of accounts and clients.
fn feed(model: &mut Model, fact: Fact, now: u64) -> Vec<Ask> {
    let (mut facts, mut asked) = (vec![fact], Vec::new());
    while let Some(fact) = facts.pop() {
        for (id, ask) in step(model, fact, Time(now)).asks {
            facts.extend(answer(id, &ask));
            asked.push(ask);
        }
    }
    asked
}

pub(crate) fn answer(id: AskId, ask: &Ask) -> Option<Fact> {
    match ask {
        Ask::Account(_) => Some(Fact::Account(id, Account { number: 1, sequence: 1 })),
        Ask::Client { .. } => {
            let (status, time) = (ClientStatus::Active, tip(5).time);
            let terms = TrustTerms {
                trusting_period: Span::seconds(100_000),
                trust_threshold: TrustThresholdFraction::ONE_THIRD,
                max_clock_drift: Span::seconds(15),
            };
            Some(Fact::Client(
                id,
                ClientFacts { status, latest: 5, time, terms, allowed: Vec::new() },
            ))
        }
        _ => None,
    }
}

pub(crate) fn block(height: u64, events: Vec<Event>) -> BlockFacts {
    BlockFacts { tip: tip(height), txs: vec![TxFacts { ours: Vec::new(), events }], limits: None }
}

fn sent(channel: u32) -> Event {
    let end =
        || End { port: "transfer".into(), channel: format!("channel-{channel}").as_str().into() };
    Event::Packet(PacketEvent {
        seq: 1,
        src: end(),
        dst: end(),
        via: Some(Via::Connection {
            connection: format!("connection-{}", channel % PATHS).as_str().into(),
            order: Order::Unordered,
        }),
        change: PacketChange::Sent {
            timeout: Timeout { time: Time(START + 9_000 * SECOND), ..Timeout::default() },
            data: b"packet".to_vec(),
        },
    })
}

/// What so many idle channels take.
struct Cost {
    /// Bytes in memory of this process, with what making the rows left behind.
    resident: u64,
    /// The shortest time of a tick, in milliseconds: the others waited for the machine.
    tick: f64,
    /// Questions to the chains in fifty empty blocks of each.
    asked: usize,
}

impl Cost {
    /// A tick takes about as long as with a tenth of the channels.
    fn ticks_like(&self, few: &Self) {
        let (few, many) = (few.tick, self.tick);
        assert!(many < 3.0 * few + 1.0, "{few} ms a tick, {many} ms with ten times as many");
    }
}

async fn measure(channels: u32) -> Cost {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("ferry.db");
    stored(&file, channels).await;
    let mut model = None;
    let began = std::time::Instant::now();
    let read = Sqlite::open(&file).await.expect("it is there").load().await.expect("it reads");
    let load =
        began.elapsed().as_secs_f64() + seconds(|| model = Some(Model::load(config(), read)));
    let mut model = model.expect("it is loaded");
    let resident = memory();
    let now = START + 10 * SECOND;
    feed(&mut model, Fact::Tick, now);
    let ticks = (0..100).map(|_| seconds(|| drop(feed(&mut model, Fact::Tick, now))));
    let tick = ticks.fold(f64::INFINITY, f64::min) * 1e3;
    let mut asked = 0;
    let blocks = seconds(|| {
        for height in 11..61 {
            for (chain, _) in CHAINS {
                let fact = Fact::Block(chain.into(), block(height, Vec::new()));
                asked += feed(&mut model, fact, START + height * SECOND).len();
            }
        }
    });
    let alpha = |height, events| Fact::Block(CHAINS[0].0.into(), block(height, events));
    feed(&mut model, alpha(61, vec![sent(channels - 1)]), START + 61 * SECOND);
    let now = START + 62 * SECOND;
    let asks = feed(&mut model, alpha(62, Vec::new()), now);
    let proves = asks.iter().any(|ask| matches!(ask, Ask::Prove { .. }));
    assert!(proves, "the packet on the last channel is to be proved: {asks:?}");
    let block = blocks * 10.0;
    println!(
        "{channels} channels: {load:.2} s to load, {} MiB resident, {tick:.2} ms a tick, {block:.2} ms a block",
        resident >> 20
    );
    Cost { resident, tick, asked }
}

/// What does not happen costs nothing: neither memory that counts, nor time in each step. In a process of its own, as
/// the others' memory is in this one.
#[test]
fn ten_thousand_idle_channels_cost_little() {
    let alone = ["--exact", "many::ten_thousand_idle_channels", "--ignored", "--nocapture"];
    let test = std::env::current_exe().expect("this test");
    let run = std::process::Command::new(test).args(alone).output().expect("it runs again");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("10000 channels: "), "{said}");
}

/// The rows of these writes, as the store would give them back.
pub(crate) fn as_rows(writes: Vec<Write>) -> Rows {
    let mut rows = Rows::default();
    for write in writes {
        match write {
            Write::Cursor(row) => rows.cursors.push(row),
            Write::Path(row) => rows.paths.push(row),
            Write::Channel(row) => rows.channels.push(row),
            other => panic!("not a row of an idle channel: {other:?}"),
        }
    }
    rows
}

#[tokio::test]
#[ignore = "`ten_thousand_idle_channels_cost_little` runs it"]
async fn ten_thousand_idle_channels() {
    let few = measure(1_000).await;
    let many = measure(10_000).await;
    assert_eq!(many.asked, few.asked, "nothing is asked about a channel where nothing happens");
    assert!(many.resident < 150 << 20, "{} MiB", many.resident >> 20);
    many.ticks_like(&few);
}

/// The same with ten times as many.
#[tokio::test]
#[ignore = "takes a minute; `scripts/test --long` runs it, docs/benchmarks.md has its numbers"]
async fn idle_channels_cost_little() {
    let few = measure(10_000).await;
    let many = measure(100_000).await;
    assert!(many.resident < 1_000 << 20, "{} MiB for 100,000 channels", many.resident >> 20);
    many.ticks_like(&few);
}
