//! What whoever likes can pile up on our connections: very many channels, very many packets. No step and no answer
//! may take longer because of them than blocks are waited for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferry::model::Model;
use ferry::model::facts::{Ask, Event, Fact, HandshakeChange, Timeout};
use ferry::model::ids::{AskId, ChainId, End, Ends, Order, PacketKey, Route, Time};
use ferry::model::rows::{ChannelEnd, EndState, PacketRow};
use ferry::model::state::{Listed, ScanEnd, Scanned};
use ferry::model::step;
use ferry::plan::explain::{Explainer, Why};

use crate::many::{CHAINS, answer, as_rows, block, config, open_path, rows};
use crate::world::{SECOND, START};

/// What one step may write at most: 500 channels of a listing, and for each its row and two gaps.
const MOST_WRITES: usize = 1_600;

/// One connection, of which half of the channels are known.
fn crowded(channels: u32) -> Model {
    let mut rows = as_rows(rows(channels, 1));
    rows.channels.truncate(channels as usize / 2);
    Model::load(config(), rows)
}

fn listed(number: u32) -> Listed {
    let channel = format!("channel-{number}");
    Listed {
        end: End { port: "transfer".into(), channel: channel.as_str().into() },
        state: EndState::Open,
        order: Order::Unordered,
        version: "ics20-1".to_owned(),
        counterparty_port: "transfer".into(),
        counterparty: Some(channel.as_str().into()),
    }
}

/// What a check of a path has taken.
#[derive(Debug, Default)]
struct Effort {
    steps: u32,
    /// Directions of channels whose packets were looked at.
    scans: u32,
    /// Writes of the step that had most.
    writes: usize,
    /// The longest step.
    longest: Duration,
    total: Duration,
}

impl Effort {
    fn step(&mut self, model: &mut Model, fact: Fact, now: Time) -> (Vec<(AskId, Ask)>, bool) {
        let began = Instant::now();
        let done = step(model, fact, now);
        let took = began.elapsed();
        self.steps += 1;
        self.writes = self.writes.max(done.writes.len());
        self.longest = self.longest.max(took);
        self.total += took;
        (done.asks, done.wake.is_some_and(|wake| wake <= now))
    }

    fn whole_check(model: &mut Model, channels: u32) -> Self {
        let mut effort = Self::default();
        effort.step(model, Fact::Tick, Time(START + 10 * SECOND));
        effort.check(model, 3_700, |_| (0..channels).map(listed).collect());
        effort
    }

    /// Steps so many seconds after the start until nothing is asked any more and nothing is due.
    fn check(&mut self, model: &mut Model, at: u64, list: impl Fn(&ChainId) -> Vec<Listed>) {
        let now = Time(START + at * SECOND);
        let mut facts = VecDeque::from([Fact::Tick]);
        while let Some(fact) = facts.pop_front() {
            let (asks, goes_on) = self.step(model, fact, now);
            assert!(self.steps < 400_000, "it comes to no end: {self:?}");
            for (id, ask) in asks {
                facts.extend(match ask {
                    Ask::Channels { chain, .. } => Some(Fact::Channels(id, list(&chain))),
                    Ask::Packets { from, to, after } => {
                        self.scans += 1;
                        Some(Fact::Packets(id, none_pending(from, to, after)))
                    }
                    other => answer(id, &other),
                });
            }
            if goes_on && facts.is_empty() {
                facts.push_back(Fact::Tick);
            }
        }
    }
}

fn none_pending(from: ScanEnd, to: ScanEnd, after: u64) -> Scanned {
    Scanned {
        from,
        to,
        after,
        upto: u64::MAX,
        committed: Vec::new(),
        unreceived: Vec::new(),
        events: Vec::new(),
        lost: Vec::new(),
    }
}

/// Checks a path with so many channels, and reads a block in which more are begun.
fn check_crowded(channels: u32) -> Effort {
    let mut model = crowded(channels);
    let effort = Effort::whole_check(&mut model, channels);
    let path = open_path(0).path;
    assert_eq!(model.channel_count(&path), channels as usize, "all are known, each once");
    assert_eq!(model.gaps(&path).count(), 0, "everything is looked at");
    // The few that were looked at before the second end was listed are looked at again.
    let scans = 2 * channels..2 * channels + channels / 10;
    assert!(scans.contains(&effort.scans), "each direction is looked at: {effort:?}");
    assert!(effort.writes <= MOST_WRITES, "writes of one step: {effort:?}");
    let mut live = Effort::default();
    let begun = (channels..channels + 200).map(begun).collect();
    let fact = Fact::Block(CHAINS[0].0.into(), block(11, begun));
    live.step(&mut model, fact, Time(START + 3_701 * SECOND));
    assert_eq!(model.channel_count(&path), channels as usize + 200);
    println!("{channels} channels of one connection: {effort:?}; a block with 200 more: {live:?}");
    Effort { longest: effort.longest.max(live.longest), ..effort }
}

/// Somebody begins a channel.
fn begun(number: u32) -> Event {
    let channel = format!("channel-{number}").as_str().into();
    Event::Channel {
        change: HandshakeChange::Init,
        connection: "connection-0".into(),
        end: End { port: "transfer".into(), channel },
        counterparty_port: "transfer".into(),
        counterparty: None,
    }
}

/// Whoever opens channels on our connection makes the check of it longer, and nothing else slower.
#[test]
fn a_connection_with_many_channels_is_checked_in_short_steps() {
    let effort = check_crowded(10_000);
    assert!(effort.longest < Duration::from_millis(750), "{effort:?}");
}

/// The same with as many as there are on a connection of Xion.
#[test]
#[ignore = "takes half a minute and prints numbers; docs/benchmarks.md has them with the command"]
fn a_connection_with_very_many_channels_is_checked_in_short_steps() {
    let effort = check_crowded(100_000);
    assert!(effort.longest < Duration::from_secs(2), "{effort:?}");
    assert!(effort.total < Duration::from_secs(120), "{effort:?}");
}

/// A listing is as old as the block it was asked for: what a later block has said since stands.
#[test]
fn a_listing_does_not_undo_what_a_later_block_has_said() {
    let mut model = crowded(2);
    let mut effort = Effort::default();
    effort.step(&mut model, Fact::Tick, Time(START + 10 * SECOND));
    let now = Time(START + 3_700 * SECOND);
    let (asks, _) = effort.step(&mut model, Fact::Tick, now);
    let closed = Event::Channel {
        change: HandshakeChange::CloseInit,
        connection: "connection-0".into(),
        end: listed(0).end,
        counterparty_port: "transfer".into(),
        counterparty: Some("channel-0".into()),
    };
    for (chain, _) in CHAINS {
        let fact = Fact::Block(chain.into(), block(11, vec![closed.clone()]));
        effort.step(&mut model, fact, now);
    }
    for (id, ask) in asks {
        if matches!(ask, Ask::Channels { .. }) {
            effort.step(&mut model, Fact::Channels(id, vec![listed(0)]), now);
        }
    }
    let path = open_path(0).path;
    let channel = model.channels(&path).next().expect("it is known");
    assert_eq!([channel.ends.a.state, channel.ends.b.state], [EndState::Closed; 2]);
}

/// Of two answers to one first end that takes one. The other is no channel, whether a block tells of it or a listing.
#[test]
fn a_second_answer_to_one_first_end_is_no_channel() {
    let mut model = crowded(0);
    let mut effort = Effort::default();
    let tried = |number: u32| Event::Channel {
        change: HandshakeChange::Try,
        connection: "connection-0".into(),
        end: listed(number).end,
        counterparty_port: "transfer".into(),
        counterparty: Some("channel-0".into()),
    };
    let blocks = [vec![begun(0)], vec![tried(7), tried(8)]];
    for ((chain, _), events) in CHAINS.into_iter().zip(blocks) {
        let fact = Fact::Block(chain.into(), block(11, events));
        effort.step(&mut model, fact, Time(START + 10 * SECOND));
    }
    let ends = |model: &Model| {
        let path = open_path(0).path;
        let rows = model.channels(&path);
        let end = |end: &ChannelEnd| (end.channel.clone(), end.state);
        rows.map(|row| [end(&row.ends.a), end(&row.ends.b)]).collect::<Vec<_>>()
    };
    let end = |number, state| (Some(listed(number).end.channel), state);
    let (begins, tries) = (EndState::Init, EndState::TryOpen);
    assert_eq!(ends(&model), [[end(0, begins), end(7, tries)]]);
    // What a chain lists of an end in this state, which names this one.
    let told = |number, state, other: Option<u32>| Listed {
        state,
        counterparty: other.map(|other| listed(other).end.channel),
        ..listed(number)
    };
    effort.check(&mut model, 3_700, |chain| match chain.as_str() == CHAINS[0].0 {
        true => vec![told(0, begins, None)],
        false => vec![told(8, tries, Some(0)), told(7, tries, Some(0))],
    });
    assert_eq!(ends(&model), [[end(0, begins), end(7, tries)]]);
    let opens = EndState::Open;
    effort.check(&mut model, 7_400, |chain| match chain.as_str() == CHAINS[0].0 {
        true => vec![told(0, opens, Some(8))],
        false => vec![told(7, tries, Some(0)), told(8, opens, Some(0))],
    });
    assert_eq!(ends(&model), [[end(0, opens), end(8, opens)]]);
}

/// One channel, over which so many packets of this size were sent that nobody has relayed, and chains that take whatever
/// is offered.
fn flooded(packets: u64, bytes: u64) -> Model {
    let mut rows = as_rows(rows(1, 1));
    let ends = Ends::V1 { src: listed(0).end, dst: listed(0).end, order: Order::Unordered };
    let route = Arc::new(Route { from: CHAINS[0].0.into(), to: CHAINS[1].0.into(), ends });
    let timeout = Timeout { time: Time(START + 9_000 * SECOND), ..Timeout::default() };
    rows.packets.extend((1..=packets).map(|seq| {
        let key = PacketKey { route: Arc::clone(&route), seq };
        let row = PacketRow::new(key, open_path(0).path);
        PacketRow { sent: Some(8), timeout, bytes, ..row }
    }));
    let mut config = config();
    for chain in &mut config.chains {
        (chain.block_gas, chain.block_bytes) = (None, 100 * 1024 * 1024);
    }
    Model::load(config, rows)
}

/// Reads a block of each chain, and says how many packets are then taken from the store at once.
fn loaded(model: &mut Model) -> usize {
    let (mut effort, mut loaded) = (Effort::default(), 0);
    let mut facts = vec![Fact::Tick];
    for (chain, _) in CHAINS {
        facts.push(Fact::Block(chain.into(), block(11, Vec::new())));
    }
    while let Some(fact) = facts.pop() {
        let (asks, _) = effort.step(model, fact, Time(START + 11 * SECOND));
        facts.extend(asks.iter().filter_map(|(id, ask)| answer(*id, ask)));
        loaded += asks.iter().map(|(_, ask)| ask_size(ask)).sum::<usize>();
    }
    loaded
}

fn ask_size(ask: &Ask) -> usize {
    if let Ask::Load(keys) = ask { keys.len() } else { 0 }
}

/// A memo costs its sender next to nothing: what long ones take in memory is bounded, as what many short ones take.
#[test]
fn packets_with_long_memos_are_taken_from_the_store_a_few_at_a_time() {
    const MOST: u64 = 16 * 1024 * 1024;
    let long = loaded(&mut flooded(5_000, 32 * 1024)) as u64;
    assert!((100..=MOST / (32 * 1024)).contains(&long), "{long} long ones at once");
    let short = loaded(&mut flooded(5_000, 200));
    assert!(short > 2_000, "{short} short ones at once");
}

/// As many as were stuck on one channel of Osmosis: the relayer must not stand while they are explained.
#[test]
fn very_many_pending_packets_are_explained_in_no_time() {
    const PENDING: u64 = 25_000;
    let mut model = flooded(PENDING, 200);
    loaded(&mut model);
    let began = Instant::now();
    let mut explainer = Explainer::new(&model);
    let whys: Vec<Why> = model.packets().map(|row| explainer.explain(&row.key)).collect();
    let took = began.elapsed();
    let preparing = whys.iter().filter(|why| matches!(why, Why::Preparing { .. })).count();
    let waiting = whys.iter().filter(|why| matches!(why, Why::Queues { .. })).count();
    println!("{PENDING} packets, {preparing} of them being prepared: explained in {took:?}");
    assert!(preparing > 0 && waiting > 0, "{:?} … {:?}", whys.first(), whys.last());
    assert_eq!(preparing + waiting, whys.len());
    assert!(took < Duration::from_secs(5), "{took:?}");
}
