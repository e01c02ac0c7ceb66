//! Which works go into the next epoch of a flow, and which header of the other chain proves them.

use std::collections::BTreeSet;

use super::handshake;
use super::idle::Idle;
use super::window::Room;
use super::work::Work;
use crate::model::Model;
use crate::model::config::ChainConfig;
use crate::model::facts::{Timeout, Tip};
use crate::model::ids::{FlowId, LaneId, PacketKey, Span, Time};
use crate::model::packet::elapsed;
use crate::model::purse::lack::Part;
use crate::model::rows::{EndState, PacketRow, PathRow};

/// Headers are used only while they are this much inside a client's tolerance of clocks.
const DRIFT_RESERVE: Span = Span::seconds(2);
/// A packet is put together with others only if its timeout is this far away, and two blocks.
const TIMEOUT_MARGIN: Span = Span::seconds(5);
/// A packet whose timeout is so far away, and so many blocks, goes before those that have more time.
const HURRY: Span = Span::seconds(60);
const HURRY_BLOCKS: u64 = 10;
/// The part of the room that handshakes get while packets wait.
const HANDSHAKE_SHARE: u64 = 4;
/// How many works that failed or are about to time out go into one epoch, each by itself.
const MAX_ALONE: usize = 4;

/// What the next epoch does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The header of the proving chain; zero when nothing is proved.
    pub(crate) height: u64,
    /// Where the destination gets it from.
    pub(crate) base: Base,
    /// The works, in order.
    pub(crate) works: Vec<Chosen>,
}

/// How the destination knows the header that proofs refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// It need not.
    Nothing,
    /// The client is created with it.
    Create,
    /// A block has already brought it.
    Committed,
    /// The epoch brings it, on top of this committed height.
    Update {
        /// The height that the client trusts.
        trusted: u64,
    },
}

/// A work of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The work.
    pub(crate) work: Work,
    /// The source block that caused it; batches are cut between those.
    pub(crate) block: u64,
    /// Whether it may fail, so that it shares its transaction with no other work.
    pub(crate) alone: bool,
}

/// What a work demands of the header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    Nothing,
    /// The state after this block.
    State(u64),
    /// A header past the packet's end.
    Past(Timeout),
}

/// Whether a client that grows old is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    WhenDue,
    Never,
}

/// How likely a packet is still received when its message is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    /// It times out in the next block.
    None,
    /// It may time out before: it must not take others with it.
    Small,
    /// It does not time out before.
    Good,
}

impl Model {
    /// Decides on the next epoch of a flow.
    pub(crate) fn choose(&self, id: &FlowId) -> Result<Choice, Idle> {
        let path = self.record.path(&id.path).ok_or(Idle::Unread)?;
        let chain = self.chain_to(id).ok_or(Idle::Unread)?;
        let stop = self.stop(id);
        if let Some(parked @ Idle::Parked(_)) = stop {
            return Err(parked);
        }
        let lane = self.signing_lane(id).ok_or(Idle::Unread)?;
        self.can_sign(chain, lane)?;
        if self.flows.get(id).is_some_and(|flow| self.now < flow.not_before) {
            let turned_away = self.turned_away(id).map(str::to_owned);
            return Err(turned_away.map_or(Idle::Delayed, Idle::TurnedAway));
        }
        let tip = self.tip_to(id).ok_or(Idle::Unread)?;
        let newest = self.newest_header(id, tip)?;
        let end = path.ends.on(id.to);
        if let Some(stop) = stop.or_else(|| self.unpaid(id, lane, Part::Works)) {
            return self.choose_despite(id, newest, stop);
        }
        if end.client.is_none() {
            return self.choose_creation(id, newest);
        }
        let mut room = self.room(id)?.within(self.payable_gas(lane));
        // A flood of channels must not hold up packets, nor the other way round.
        let packets_wait = self.backlog.queue(id).next().is_some();
        let share = if packets_wait { HANDSHAKE_SHARE } else { 1 };
        let mut works = self.handshakes_now(id, (path, newest), room.split(share));
        let packets = self.packets_now(id, (newest, tip), room);
        if path.delay == Span(0) {
            works.extend(packets);
        } else if works.is_empty() && !packets.is_empty() {
            let choice = self.choose_delayed(id, (path, newest.0, tip), &packets);
            return choice.or_else(|idle| {
                self.choose_update(id, newest, Refresh::WhenDue).map_err(|_| idle)
            });
        }
        if works.is_empty() {
            return self.choose_update(id, newest, Refresh::WhenDue);
        }
        let needs: Vec<Need> = works.iter().map(|(_, need)| *need).collect();
        let (height, base) = self.base(id, newest, &needs)?;
        Ok(Choice { height, base, works: works.into_iter().map(|(work, _)| work).collect() })
    }

    /// What keeps everything but updates and evidence from going to a flow's chain, however long that is.
    pub(super) fn stop(&self, id: &FlowId) -> Option<Idle> {
        if let Some(reason) = self.flows.get(id).and_then(|flow| flow.parked.as_ref()) {
            return Some(Idle::Parked(reason.clone()));
        }
        if self.paused.contains(&id.path) {
            return Some(Idle::Paused);
        }
        let path = self.record.path(&id.path)?;
        let end = path.ends.on(id.to);
        if self.evidence(id).is_some() {
            return Some(Idle::Misbehaviour);
        }
        let no_client = (end.client.is_none() && !path.create).then_some(Idle::NoClient);
        self.gas_price(self.chain_to(id)?).err().or(no_client)
    }

    /// Decides on what goes all the same: evidence, an update that keeps a client alive, or one that fills a sequence.
    fn choose_despite(&self, id: &FlowId, newest: (u64, Time), stop: Idle) -> Result<Choice, Idle> {
        match stop {
            // What is on its way stays in order: an unused sequence would hold up the key's other paths.
            Idle::Paused => self.choose_update(id, newest, Refresh::Never).or(Err(stop)),
            Idle::Misbehaviour => self.choose_misbehaviour(id),
            _ if self.update_price(id).is_err() => Err(stop),
            _ => self.choose_update(id, newest, Refresh::WhenDue).or(Err(stop)),
        }
    }

    /// Whether a lane can sign now.
    fn can_sign(&self, chain: &ChainConfig, id: &LaneId) -> Result<(), Idle> {
        let lane = self.lanes.get(id).ok_or(Idle::Lane)?;
        if let Some(reason) = lane.purse.doubted() {
            let (address, reason) = (id.address.to_string(), reason.to_owned());
            return Err(Idle::Unpaid { address, reason });
        }
        if !lane.can_sign() {
            return Err(Idle::Lane);
        }
        if self.payer_unknown(chain, id) { Err(Idle::Payer) } else { Ok(()) }
    }

    /// The newest header of the proving chain that a client on the other one accepts now.
    fn newest_header(&self, id: &FlowId, tip: Tip) -> Result<(u64, Time), Idle> {
        let from = self.chain_from(id).ok_or(Idle::Unread)?;
        let drift = self.trust_terms(id).ok_or(Idle::Unread)?.max_clock_drift;
        let latest = tip.time.plus(drift).minus(DRIFT_RESERVE);
        let recent = &self.chains.get(&from.id).ok_or(Idle::Unread)?.recent;
        let newest = recent.iter().rev().find(|(_, time)| **time < latest);
        newest.map(|(height, time)| (*height, *time)).ok_or(Idle::NoHeader)
    }

    fn choose_creation(&self, id: &FlowId, newest: (u64, Time)) -> Result<Choice, Idle> {
        let work = Work::CreateClient;
        if !self.may_try(id, &work) {
            return Err(Idle::NoWork);
        }
        let works = vec![Chosen { work, block: 0, alone: false }];
        Ok(Choice { height: newest.0, base: Base::Create, works })
    }

    /// Nothing else is sent to a client that holds a header which its chain did not make.
    fn choose_misbehaviour(&self, id: &FlowId) -> Result<Choice, Idle> {
        let work = Work::Misbehaviour;
        self.update_price(id)?;
        let mut beside = self.record.flows_beside(id);
        let tells = beside.find(|flow| !self.paused.contains(&flow.path)) == Some(id);
        if !tells || !self.may_try(id, &work) {
            return Err(Idle::Misbehaviour);
        }
        let works = vec![Chosen { work, block: 0, alone: false }];
        Ok(Choice { height: 0, base: Base::Nothing, works })
    }

    /// An update with nothing else, if the client is old or an unused sequence holds up transactions
    /// behind it.
    fn choose_update(
        &self,
        id: &FlowId,
        newest: (u64, Time),
        refresh: Refresh,
    ) -> Result<Choice, Idle> {
        let trusted = self.trusted(id).ok_or(Idle::NoWork)?;
        let waits = self.lane_with_hole(id).is_some();
        let refreshes =
            refresh == Refresh::WhenDue && newest.0 > trusted && self.is_refresh_due(id);
        if !waits && !refreshes {
            return Err(Idle::NoWork);
        }
        let lane = self.signing_lane(id).ok_or(Idle::Unread)?;
        if let Some(unpaid) = self.unpaid(id, lane, Part::Update) {
            return Err(unpaid);
        }
        Ok(Choice { height: newest.0, base: Base::Update { trusted }, works: Vec::new() })
    }

    fn trusted(&self, id: &FlowId) -> Option<u64> {
        self.record.path(&id.path)?.ends.on(id.to).consensus.last().copied()
    }

    /// The header to prove with, and how the destination knows it.
    fn base(&self, id: &FlowId, newest: (u64, Time), needs: &[Need]) -> Result<(u64, Base), Idle> {
        if needs.iter().all(|need| matches!(need, Need::Nothing)) {
            return Ok((0, Base::Nothing));
        }
        let path = self.record.path(&id.path).ok_or(Idle::Unread)?;
        let from = self.chain_from(id).ok_or(Idle::Unread)?;
        let recent = self.chains.get(&from.id).map(|chain| &chain.recent).ok_or(Idle::Unread)?;
        let unprovable = self.flows.get(id).map_or(0, |flow| flow.unprovable);
        let suffices = |height: u64| {
            let time = recent.get(&height).copied();
            needs.iter().all(|need| self.satisfied(id, *need, height, time))
        };
        let heights = &path.ends.on(id.to).consensus;
        let known = heights.iter().rev().find(|height| **height > unprovable && suffices(**height));
        if let Some(height) = known {
            return Ok((*height, Base::Committed));
        }
        let trusted = self.trusted(id).ok_or(Idle::NoClient)?;
        Ok((newest.0, Base::Update { trusted }))
    }

    /// Whether a header proves what a work needs.
    pub(super) fn satisfied(
        &self,
        id: &FlowId,
        need: Need,
        height: u64,
        time: Option<Time>,
    ) -> bool {
        match need {
            Need::Nothing => true,
            Need::State(state) => height > state,
            Need::Past(timeout) => {
                let Some(from) = self.chain_from(id) else { return false };
                elapsed(&timeout, self.height(&from.id, height), time.unwrap_or_default())
            }
        }
    }

    fn may_try(&self, id: &FlowId, work: &Work) -> bool {
        let attempt = self.attempt(id, work);
        let height = self.tip_to(id).map_or(0, |tip| tip.height);
        !attempt.given_up && attempt.not_before <= height && !self.backlog.is_busy(id, work)
    }

    fn handshakes_now(
        &self,
        id: &FlowId,
        (path, newest): (&PathRow, (u64, Time)),
        mut room: Room,
    ) -> Vec<(Chosen, Need)> {
        let gas = self.chain_to(id).and_then(|to| self.chains.get(&to.id));
        let mut works = Vec::new();
        let mut owed = handshake::owed(path, id.to, self.moving(id)).peekable();
        if owed.peek().is_some() && self.has_forgotten_steps(path.chains.on(id.to)) {
            return works;
        }
        for (work, proved) in owed {
            let need = proved.map_or(Need::Nothing, Need::State);
            let alone = self.attempt(id, &work).tries > 0;
            let block = proved.unwrap_or(0);
            let is_now = self.may_try(id, &work)
                && self.yields(id, block, &work) == 0
                && self.satisfied(id, need, newest.0, Some(newest.1));
            // The steps of channels after it stand on the connection's.
            let is_last = matches!(work, Work::Connection(_)) && (alone || !is_now);
            let gas = gas.map_or(0, |chain| chain.gas.estimate(&work));
            if is_now && !room.take(gas, self.message_bytes(&work)) {
                break;
            }
            if is_now {
                works.push((Chosen { work, block, alone }, need));
            }
            if is_last {
                break;
            }
        }
        works
    }

    /// The packets that can be moved now and fit the room.
    fn packets_now(
        &self,
        id: &FlowId,
        (newest, tip): ((u64, Time), Tip),
        mut room: Room,
    ) -> Vec<(Chosen, Need)> {
        let is_open = |path: &PathRow| path.ends.on(id.to).state == EndState::Open;
        let Some(to) =
            self.chain_to(id).filter(|_| self.record.path(&id.path).is_some_and(is_open))
        else {
            return Vec::new();
        };
        let gas = self.chains.get(&to.id).map(|chain| &chain.gas);
        let mut chosen: Vec<(Chosen, Need)> = Vec::new();
        let mut keys = BTreeSet::new();
        let mut alone_count = 0;
        let history = self.flows.get(id).map_or(0, |flow| flow.history);
        let mut walk = self.backlog.walk(id, history, self.hurried(id, to, tip));
        while let Some((block, work)) = walk.next() {
            let Some((_, key)) = work.packet() else { continue };
            let need = self.need(*block, work, key);
            if !self.satisfied(id, need, newest.0, Some(newest.1))
                || self.yields(id, *block, work) > 0
                || !self.is_next(work, key, &keys)
            {
                // Of its kind, what left with it has to wait as well; but a packet's end is its own.
                if !matches!(work, Work::Timeout(_)) {
                    walk.pass_alike(*block, work);
                }
                continue;
            }
            if !self.may_try(id, work) {
                continue;
            }
            let chance = self.chance(work, key, tip);
            let alone = self.attempt(id, work).tries > 0 || chance == Chance::Small;
            if chance == Chance::None || (alone && alone_count == MAX_ALONE) {
                continue;
            }
            let gas = gas.map_or(0, |gas| gas.estimate(work));
            if !room.take(gas, self.message_bytes(work)) {
                break;
            }
            alone_count += usize::from(alone);
            // Alone means without those that would come after it.
            if !alone {
                keys.insert(key.clone());
            }
            chosen.push((Chosen { work: work.clone(), block: *block, alone }, need));
        }
        chosen
    }

    /// The receives of packets that end soon.
    fn hurried(&self, id: &FlowId, to: &ChainConfig, tip: Tip) -> Vec<&(u64, Work)> {
        let interval = self.interval(&to.id);
        let end = tip.time.plus(HURRY).plus(Span(interval.0.saturating_mul(HURRY_BLOCKS)));
        let blocks = HURRY_BLOCKS + HURRY.0 / interval.0.max(1);
        let height = self.height(&to.id, tip.height.saturating_add(blocks));
        self.backlog.hurried(id, &to.id, (height, end))
    }

    /// What the message of a packet of `block` demands of the header.
    pub(super) fn need(&self, block: u64, work: &Work, key: &PacketKey) -> Need {
        match (work, self.record.packet(key)) {
            (Work::Timeout(_), Some(row)) => Need::Past(row.timeout),
            _ => Need::State(block),
        }
    }

    /// Whether nothing on an ordered channel has to go before this work.
    fn is_next(&self, work: &Work, key: &PacketKey, chosen: &BTreeSet<PacketKey>) -> bool {
        let before = PacketKey { route: key.route.clone(), seq: key.seq.saturating_sub(1) };
        let Some(row) = self.record.packet(&before).filter(|_| key.route.is_ordered()) else {
            return true;
        };
        // A batch is simulated without the ones before it, so only one may be on its way.
        let is_done = match work {
            Work::Recv(_) => row.received.is_some(),
            Work::Ack(_) => row.done.is_some(),
            _ => true,
        };
        is_done || chosen.contains(&before)
    }

    /// The first packet on an ordered channel that has to go before this one, if one has.
    pub(super) fn held_up_by(&self, work: &Work, key: &PacketKey) -> Option<u64> {
        if self.is_next(work, key, &BTreeSet::new()) {
            return None;
        }
        let is_done = |row: &PacketRow| match work {
            Work::Recv(_) => row.received.is_some(),
            _ => row.done.is_some(),
        };
        self.record.packets_before(key).find(|row| !is_done(row)).map(|row| row.key.seq)
    }

    /// Whether a packet's timeout would come before its message could be included.
    pub(super) fn would_expire(&self, work: &Work, key: &PacketKey, tip: Tip) -> bool {
        self.chance(work, key, tip) == Chance::None
    }

    /// Whether the newest header proves what the message of a packet of `block` needs.
    pub(super) fn is_provable(&self, id: &FlowId, block: u64, work: &Work) -> bool {
        let newest = self.tip_to(id).and_then(|tip| self.newest_header(id, tip).ok());
        let need = work.packet().map(|(_, key)| self.need(block, work, key));
        newest
            .zip(need)
            .is_some_and(|((height, time), need)| self.satisfied(id, need, height, Some(time)))
    }

    /// Whether a packet may still be received when its message is included.
    fn chance(&self, work: &Work, key: &PacketKey, tip: Tip) -> Chance {
        let Some(row) = self.record.packet(key).filter(|_| matches!(work, Work::Recv(_))) else {
            return Chance::Good;
        };
        let chain = &key.route.to;
        let interval = self.interval(chain).0.max(1);
        let is_late = |blocks: u64, time: Time| {
            elapsed(&row.timeout, self.height(chain, tip.height.saturating_add(blocks)), time)
        };
        let next = tip.time.plus(Span(interval));
        let margin_blocks = 2 + TIMEOUT_MARGIN.0.div_ceil(interval);
        if is_late(1, next) {
            Chance::None
        } else if is_late(margin_blocks, next.plus(Span(interval)).plus(TIMEOUT_MARGIN)) {
            Chance::Small
        } else {
            Chance::Good
        }
    }
}
