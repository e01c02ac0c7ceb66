//! Why a packet or a path has not moved, from the same conditions by which epochs are chosen.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::Choice;
use super::handshake;
use super::idle::Idle;
use super::work::Work;
use crate::model::Model;
use crate::model::ids::{FlowId, PacketKey, PathId, Side, Span};
use crate::model::rows::{Done, EndState, SlotRow};

/// Why a packet stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing is known of it.
    #[error("it is over, or no path carries it")]
    Unknown,
    /// It is over on the source.
    #[error("it ended at height {height} of `{chain}`; the other chain is not read that far")]
    Over {
        /// The source.
        chain: String,
        /// The block that ended it.
        height: u64,
    },
    /// A filter leaves it to others.
    #[error("it is left to others: {reason}")]
    Filtered {
        /// Which filter, and what is wrong with the packet.
        reason: String,
    },
    /// The application has not answered.
    #[error("it was received at height {height}; the application has not acknowledged it yet")]
    NoAck {
        /// The destination's block that received it.
        height: u64,
    },
    /// It was acknowledged before the source was read.
    #[error("it was sent before the source was read, and waits for nothing")]
    NotSent,
    /// Its message failed too often.
    #[error(
        "{work} is given up after {tries} tries, until the next check or `ferry clear`: {reason}"
    )]
    GivenUp {
        /// The message.
        work: String,
        /// How often it was tried.
        tries: u16,
        /// Why it failed last.
        reason: String,
    },
    /// Its message failed and is tried again later.
    #[error("{work} is tried again at height {not_before}, after {tries} tries: {reason}")]
    BackOff {
        /// The message.
        work: String,
        /// How often it was tried.
        tries: u16,
        /// The height of the chain that it goes to.
        not_before: u64,
        /// Why it failed last.
        reason: String,
    },
    /// A transaction with its message is signed.
    #[error(
        "{work} is in the transaction at sequence {sequence} of `{address}`, valid until height {until}"
    )]
    Signed {
        /// The message.
        work: String,
        /// The account.
        address: String,
        /// The sequence.
        sequence: u64,
        /// The last height that may include it.
        until: u64,
    },
    /// Its message is being prepared.
    #[error("{work} is being proved and simulated")]
    Preparing {
        /// The message.
        work: String,
    },
    /// Its connection delays packets.
    #[error(
        "{work} waits for the delay of its connection: header {header} is old enough at height {until} and in {seconds} s"
    )]
    Ages {
        /// The message.
        work: String,
        /// The header of the other chain that proves it.
        header: u64,
        /// The height of the chain that it goes to.
        until: u64,
        /// By the time of that chain's last block.
        seconds: u64,
    },
    /// Everything that goes to its chain waits.
    #[error("{work} waits: {idle}")]
    Waits {
        /// The message.
        work: String,
        /// What for.
        idle: Idle,
    },
    /// It is left to other relayers for a while.
    #[error("{work} is left to other relayers for {blocks} more blocks")]
    Yields {
        /// The message.
        work: String,
        /// How many blocks of the chain that it goes to.
        blocks: u64,
    },
    /// One before it on its ordered channel has to go first.
    #[error("{work} waits for packet {seq}, which goes before it on its ordered channel")]
    Behind {
        /// The message.
        work: String,
        /// The first packet that holds it up.
        seq: u64,
    },
    /// It could not arrive before its timeout.
    #[error("{work} is not sent: its timeout would come first, and is relayed then")]
    Expires {
        /// The message.
        work: String,
    },
    /// Others take the room that there is.
    #[error("{work} waits for its turn: what goes before it takes the room that there is")]
    Queues {
        /// The message.
        work: String,
    },
    /// It goes with the next epoch, or when the block that proves it is there.
    #[error("{work} waits for a block that proves it")]
    Next {
        /// The message.
        work: String,
    },
}

/// Says why a packet has not moved. For many packets there is [`Explainer`].
pub fn explain(model: &Model, key: &PacketKey) -> Why {
    Explainer::new(model).explain(key)
}

/// Says why packets have not moved: what is the same for many of them is found once.
#[derive(Debug)]
pub struct Explainer<'a> {
    model: &'a Model,
    /// The first transaction on its way that does a work.
    signed: BTreeMap<&'a Work, &'a SlotRow>,
    flows: BTreeMap<FlowId, Outlook<'a>>,
}

/// What a flow does next.
#[derive(Debug)]
struct Outlook<'a> {
    /// The works of the epoch that is being prepared.
    prepared: BTreeSet<&'a Work>,
    /// Those that would be chosen now, or why none would.
    next: Result<Next, Idle>,
}

/// What would be chosen now.
#[derive(Debug)]
struct Next {
    works: BTreeSet<Work>,
    /// Whether packets are among it.
    has_packets: bool,
}

impl From<Choice> for Next {
    fn from(choice: Choice) -> Self {
        let works: BTreeSet<Work> = choice.works.into_iter().map(|chosen| chosen.work).collect();
        Self { has_packets: works.iter().any(|work| work.packet().is_some()), works }
    }
}

impl<'a> Outlook<'a> {
    fn of(model: &'a Model, id: &FlowId) -> Self {
        let epoch = model.flows.get(id).and_then(|flow| flow.epoch.as_ref());
        let prepared = epoch.into_iter().flat_map(|epoch| &epoch.works).map(|chosen| &chosen.work);
        Self { prepared: prepared.collect(), next: model.choose(id).map(Next::from) }
    }
}

impl<'a> Explainer<'a> {
    /// Looks at what is on its way.
    pub fn new(model: &'a Model) -> Self {
        let mut signed = BTreeMap::new();
        for slot in model.record.all_slots() {
            // Whatever path sent it: one that was forgotten may have had the connection.
            for work in slot.works.iter().filter(|work| work.packet().is_some()) {
                signed.entry(work).or_insert(slot);
            }
        }
        Self { model, signed, flows: BTreeMap::new() }
    }

    /// Says why a packet has not moved.
    pub fn explain(&mut self, key: &PacketKey) -> Why {
        let model = self.model;
        let Some(row) = model.record.packet(key) else { return Why::Unknown };
        if let Some(Done::Acknowledged(height) | Done::TimedOut(height)) = row.done {
            return Why::Over { chain: key.route.from.to_string(), height };
        }
        if let Some(reason) = model.filtered(row) {
            return Why::Filtered { reason };
        }
        let Some((flow, block, work)) = model.owed(row) else {
            return match row.received {
                Some(height) => Why::NoAck { height },
                None => Why::NotSent,
            };
        };
        self.on_work(&flow, (block, &work))
    }

    /// Why what a packet waits for failed the last time, in the words of who refused it; none when it did not.
    pub fn last_failure(&self, key: &PacketKey) -> Option<String> {
        let (flow, _, work) = self.model.owed(self.model.record.packet(key)?)?;
        let of_flow = || self.model.turned_away(&flow).map(str::to_owned);
        self.model.attempt(&flow, &work).reason.or_else(of_flow)
    }

    fn on_work(&mut self, flow: &FlowId, (block, work): (u64, &Work)) -> Why {
        let model = self.model;
        let name = work.to_string();
        if let Some(slot) = self.signed.get(work) {
            return Why::Signed {
                work: name,
                address: slot.id.lane.address.to_string(),
                sequence: slot.id.sequence,
                until: slot.timeout_height,
            };
        }
        let attempt = model.attempt(flow, work);
        let reason = attempt.reason.unwrap_or_default();
        if attempt.given_up {
            return Why::GivenUp { work: name, tries: attempt.tries, reason };
        }
        // Whatever else may be said of the packet: it would not help.
        if let Some(idle) = model.stop(flow) {
            return Why::Waits { work: name, idle };
        }
        if model.tip_to(flow).is_some_and(|tip| attempt.not_before > tip.height) {
            let (tries, not_before) = (attempt.tries, attempt.not_before);
            return Why::BackOff { work: name, tries, not_before, reason };
        }
        let blocks = model.yields(flow, block, work);
        if blocks > 0 {
            return Why::Yields { work: name, blocks };
        }
        if let Some(why) = ages(model, flow, (block, work)) {
            return why;
        }
        let outlook = self.flows.entry(flow.clone());
        let Outlook { prepared, next } = outlook.or_insert_with(|| Outlook::of(model, flow));
        if prepared.contains(work) {
            return Why::Preparing { work: name };
        }
        if let Some(why) = held_up(model, flow, work) {
            return why;
        }
        match next {
            Ok(next) if model.is_provable(flow, block, work) => {
                passed_over(model, flow, work, next)
            }
            Ok(_) | Err(Idle::NoWork) => Why::Next { work: name },
            Err(idle) => Why::Waits { work: name, idle: idle.clone() },
        }
    }
}

/// Says what a path waits for, for each chain that something is owed to.
pub fn explain_path(model: &Model, path: &PathId) -> String {
    let filtered = model.record.channels(path).filter_map(|row| {
        let is_open = [&row.ends.a, &row.ends.b].iter().all(|end| end.state == EndState::Open);
        let reason = model.left_handshake(row).filter(|_| !is_open)?;
        Some(format!("channel no. {} is left to others: {reason}", row.index))
    });
    let waiting = [Side::A, Side::B].into_iter().filter_map(|to| waits_for(model, path, to));
    let reasons: Vec<String> = filtered.chain(waiting).collect();
    if reasons.is_empty() {
        return "one of the chains makes no blocks, or its node does not answer".to_owned();
    }
    reasons.join("; ")
}

/// What keeps everything from going to one chain of a path; none when nothing does.
pub fn obstacle(model: &Model, path: &PathId, to: Side) -> Option<String> {
    let flow = FlowId { path: path.clone(), to };
    // An update, or evidence, may go all the same.
    if let Some(stop) = model.stop(&flow) {
        return Some(stop.to_string());
    }
    // One refusal is no obstacle, nor is a delay that runs: what waits for it goes by itself.
    if let Some(refusal) = model.shut_out(&flow) {
        return Some(format!("it is refused again and again: {refusal}"));
    }
    match model.choose(&flow) {
        Err(
            idle @ (Idle::Unread | Idle::NoHeader | Idle::Lane | Idle::Unpaid { .. } | Idle::Payer),
        ) => Some(idle.to_string()),
        _ => None,
    }
}

fn waits_for(model: &Model, path: &PathId, to: Side) -> Option<String> {
    let chain = model.record.path(path)?.chains.on(to);
    let flow = FlowId { path: path.clone(), to };
    if let Some(slot) = model.record.all_slots().find(|slot| slot.flow == flow) {
        let (sequence, address) = (slot.id.sequence, &slot.id.lane.address);
        return Some(format!(
            "no block of `{chain}` has the transaction at sequence {sequence} of `{address}`"
        ));
    }
    match model.choose(&flow) {
        Ok(_) => Some(format!("what goes to `{chain}` is not proved and simulated yet")),
        Err(Idle::NoWork) => left_for_now(model, &flow),
        Err(idle) => Some(format!("what goes to `{chain}` waits: {idle}")),
    }
}

/// The first step of a handshake that is left to others for a while.
fn left_for_now(model: &Model, flow: &FlowId) -> Option<String> {
    let path = model.record.path(&flow.path)?;
    let chain = path.chains.on(flow.to);
    let mut owed = handshake::owed(path, flow.to, model.moving(flow)).peekable();
    if owed.peek().is_some() && model.has_forgotten_steps(chain) {
        return Some(format!("no block of `{chain}` has the steps that a forgotten path has sent"));
    }
    owed.find_map(|(work, block)| {
        let blocks = model.yields(flow, block?, &work);
        (blocks > 0).then(|| Why::Yields { work: work.to_string(), blocks }.to_string())
    })
}

/// Why a packet's message that can be proved is not among those that go next, if it is not.
fn passed_over(model: &Model, flow: &FlowId, work: &Work, next: &Next) -> Why {
    let name = work.to_string();
    if next.works.contains(work) {
        return Why::Next { work: name };
    }
    if next.has_packets {
        return Why::Queues { work: name };
    }
    // A header that is to grow old, or the path's own handshake, goes first.
    match model.record.path(&flow.path).filter(|path| path.delay != Span(0)) {
        Some(_) => Why::Waits { work: name, idle: Idle::ConnectionDelay },
        None => Why::Next { work: name },
    }
}

/// What keeps a packet's message from going with others that can.
fn held_up(model: &Model, flow: &FlowId, work: &Work) -> Option<Why> {
    let (_, key) = work.packet()?;
    if let Some(seq) = model.held_up_by(work, key) {
        return Some(Why::Behind { work: work.to_string(), seq });
    }
    let tip = model.tip_to(flow)?;
    model.would_expire(work, key, tip).then(|| Why::Expires { work: work.to_string() })
}

/// How long a packet is still held back by its connection, if a header that proves it is known.
fn ages(model: &Model, flow: &FlowId, (block, work): (u64, &Work)) -> Option<Why> {
    let path = model.record.path(&flow.path).filter(|path| path.delay != Span(0))?;
    let (_, key) = work.packet()?;
    let (header, until) = model.aging(flow, path, model.need(block, work, key))?;
    let tip = model.tip_to(flow).filter(|tip| !until.is_past(*tip))?;
    let seconds = until.time.since(tip.time).0.div_ceil(Span::seconds(1).0);
    Some(Why::Ages { work: work.to_string(), header, until: until.height, seconds })
}
