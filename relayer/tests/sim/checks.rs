//! What must hold after every step, and at rest.

use std::collections::{BTreeMap, BTreeSet};

use ferry::model::cost::{Purpose, Spent};
use ferry::model::facts::Ask;
use ferry::model::ids::{PathId, Side};
use ferry::model::notice::Notice;
use ferry::model::rows::{Leg, SlotRow, Write};
use ferry::plan::work::Work;

use crate::chain::Chain;
use crate::channels::Channels;
use crate::world::World;

/// What must hold after every step, of which this was written.
pub(crate) fn after_step<C: Channels>(world: &World<C>, writes: &[Write]) {
    let touches_slots =
        |write: &Write| matches!(write, Write::Slot(..) | Write::Decided(..) | Write::Dropped(_));
    let is_nth = |every: u64| world.steps % every == 0;
    // What is under way changes with the slots. A look at thousands of packets costs more than the step.
    let pending = world.store.pending() as u64;
    if is_nth(1 + pending / 1_000) && writes.iter().any(touches_slots) || is_nth(8 + pending / 50) {
        works_stand_in_one_sequence(world);
        updates_come_before_dependants(world);
    }
    // Loading takes longer the more is pending.
    if is_nth(4 + pending / 20) {
        let reloaded = world.reload();
        assert!(
            world.model.is_same_record(&reloaded),
            "the model differs from the one in the store"
        );
    }
}

/// What must hold of everything that is asked.
pub(crate) fn ask<C: Channels>(world: &World<C>, ask: &Ask) {
    if let Ask::Offer(slot) = ask {
        assert!(world.store.bytes(slot).is_some(), "{slot:?} is offered before it is written");
    }
}

/// A chain, and a sequence there.
type Place<'a> = (&'a str, u64);

/// No packet may be in two undecided transactions that could both get into the chain.
fn works_stand_in_one_sequence<C: Channels>(world: &World<C>) {
    let mut places = BTreeMap::<(Option<&PathId>, &Work), BTreeSet<Place<'_>>>::new();
    for slot in world.model.slots() {
        for work in slot.works.iter().filter(|work| !matches!(work, Work::CreateClient)) {
            let place = (slot.id.lane.chain.as_str(), slot.id.sequence);
            // A packet is the same whatever path moves it: one that was forgotten, too.
            let of = (!is_of_packet(work)).then_some(&slot.flow.path);
            places.entry((of, work)).or_default().insert(place);
        }
    }
    for ((_, work), places) in places {
        let chains: BTreeSet<&str> = places.iter().map(|(chain, _)| *chain).collect();
        assert_eq!(chains.len(), places.len(), "{work} stands in several transactions: {places:?}");
    }
}

fn is_of_packet(work: &Work) -> bool {
    use Work::{Ack, Recv, Timeout, TimeoutOnClose};
    matches!(work, Recv(_) | Ack(_) | Timeout(_) | TimeoutOnClose(_))
}

/// What a transaction proves against must be on chain, or come before it in the same lane.
fn updates_come_before_dependants<C: Channels>(world: &World<C>) {
    for slot in world.model.wanted().filter(|slot| slot.updates == 0 && slot.proved_at != 0) {
        let brings = |other: &SlotRow| {
            let same = other.id.lane == slot.id.lane && other.flow == slot.flow;
            same && other.id.sequence < slot.id.sequence
                && other.works.is_empty()
                && other.updates > 0
                && other.proved_at == slot.proved_at
        };
        let client = world
            .model
            .path(&slot.flow.path)
            .and_then(|path| path.ends.on(slot.flow.to).client.clone());
        let chain = world.chains.named(&slot.id.lane.chain);
        let on_chain = client
            .is_some_and(|client| chain.core.consensus(client.as_str(), slot.proved_at).is_ok());
        assert!(
            on_chain || world.model.slots().any(brings),
            "{:?} needs height {}, which nothing brings before it",
            slot.id,
            slot.proved_at
        );
    }
}

/// Whether every channel that is wanted is open on both sides.
pub(crate) fn is_linked<C: Channels>(world: &World<C>) -> bool {
    world.model.slots().next().is_none()
        && (0..world.wanted_channels()).all(|index| {
            [Side::A, Side::B].into_iter().all(|side| {
                let Some(end) = world.channel_end(index, side) else { return false };
                let name = (end.port.as_str(), end.channel.as_str());
                world.chains.on(side).core.channel(name).is_ok_and(|channel| channel.state == 3)
            })
        })
}

/// Whether every packet has ended and no more are to come.
pub(crate) fn is_at_rest<C: Channels>(world: &World<C>) -> bool {
    world.is_quiet()
        && world.chains.all().all(|chain| chain.core.channels.commitments() == 0)
        && world.chains.all().all(|chain| chain.core.commitments_v2() == 0)
        && world.model.slots().next().is_none()
        && world.model.packets().next().is_none()
}

/// What must hold at rest.
pub(crate) fn at_rest<C: Channels>(world: &World<C>) {
    for path in 0..world.wanted_paths() {
        let chains = world.path_chains(path);
        for from in [Side::A, Side::B] {
            let channels = world.channel_names(path, from);
            each_ended_once(chains.on(from), chains.on(from.other()), &channels);
        }
    }
    for chain in world.chains.all() {
        let ended = chain.core.effects.keys().filter(|name| name.0 == chain.id).count();
        assert_eq!(ended as u64, chain.core.sent(), "every packet sent has ended");
        let twice = chain.core.effects.values().find(|effects| effects.received > 1);
        assert_eq!(twice, None, "received more than once");
    }
}

/// What was sent from one chain to another was acknowledged if it was received, else it timed out.
fn each_ended_once<C: Channels>(here: &Chain<C>, there: &Chain<C>, channels: &BTreeSet<String>) {
    for (name, effects) in here.core.effects.iter() {
        let (chain, channel, seq) = &**name;
        if *chain != here.id || !channels.contains(channel) {
            continue;
        }
        let over = there.core.effects.get(&("other".to_owned(), channel.clone(), *seq));
        let received = over.map_or(0, |effects| effects.received);
        let ended = (effects.acknowledged, effects.timed_out);
        let expected = if received == 1 { (1, 0) } else { (0, 1) };
        assert_eq!(ended, expected, "{chain} {channel} {seq} was received {received} times");
    }
}

/// The books show every unit of fees that our lanes paid, and what was had for it; but of blocks that no node kept until
/// they were read, nobody can tell.
pub(crate) fn books<C: Channels>(world: &World<C>) {
    let gap = |notice: &Notice| match notice {
        Notice::Gap { chain, .. } => Some(chain.to_string()),
        _ => None,
    };
    let gaps: BTreeSet<String> = world.notices.iter().filter_map(gap).collect();
    for chain in world.chains.all() {
        let rows = || world.store.costs.values().filter(|row| chain.lanes.contains(&row.lane));
        let fees = rows().map(|row| row.fee).sum::<u128>();
        if gaps.contains(&chain.id) {
            assert!(fees <= chain.fees, "{fees} of {} on {}", chain.fees, chain.id);
            continue;
        }
        assert_eq!(fees, chain.fees, "fees on {}", chain.id);
        let count = |result: Spent| rows().filter(|row| row.result == result).count();
        let noops: usize = chain.paid.iter().map(|used| used.noops.len()).sum();
        assert_eq!(count(Spent::Redundant), noops, "redundant messages on {}", chain.id);
        let failed = chain.paid.iter().any(|used| used.code != 0);
        assert_eq!(count(Spent::Failed) > 0, failed, "failed messages on {}", chain.id);
    }
    let ends = effected_packets_stand_in_the_books(world);
    let is_all = world.rival.won == 0 && gaps.is_empty();
    assert!(!is_all || ends == world.sent(), "{ends} packets ended, {} sent", world.sent());
}

/// What was received, acknowledged and timed out through us is what the books say was paid for, each once. How many
/// packets ended by it.
fn effected_packets_stand_in_the_books<C: Channels>(world: &World<C>) -> u64 {
    let mut seen = BTreeSet::new();
    // What was had first, so that what follows is in vain.
    let of = |result: Spent| world.store.costs.values().filter(move |row| row.result == result);
    for row in of(Spent::Effected).chain(of(Spent::Redundant)) {
        if let Purpose::Packet { from, src, seq, leg } = &row.purpose {
            let name = (from.clone(), src.clone(), *seq, *leg == Leg::Recv);
            assert!(seen.insert(name), "{row:?} was paid for before");
        }
    }
    let seen: BTreeSet<_> = of(Spent::Effected)
        .filter_map(|row| match &row.purpose {
            Purpose::Packet { from, src, seq, leg } if *leg != Leg::Recv => Some((from, src, *seq)),
            _ => None,
        })
        .collect();
    seen.len() as u64
}

/// Messages of ours that were paid for and had nothing to do, and transactions that failed for
/// another reason than that a packet timed out on its way.
pub(crate) fn wasted<C: Channels>(world: &World<C>) -> (usize, usize) {
    let paid = world.chains.all().flat_map(|chain| &chain.paid);
    (paid.map(|used| used.noops.len()).sum(), failures(world).len())
}

/// What is paid for in vain is what a rival did before, on the paths that it serves: of two who see a packet in the same
/// block each may have its message on its way when the other's is included, and a chain refuses a transaction without a
/// fee only if others did all of it. That no message is paid for twice the books tell. Of steps of handshakes it refuses
/// none beforehand, and the second fails. A simulation that sees what a rival has in a mempool takes too little gas if
/// that is never included.
pub(crate) fn wasted_only_beside_a_rival<C: Channels>(world: &World<C>) {
    for chain in world.chains.all() {
        for channel in &chain.in_vain {
            let served = world.path_of(&chain.id, channel).filter(|path| world.rival.serves(*path));
            assert!(served.is_some(), "paid for in vain on {} for {channel}", chain.id);
        }
    }
    let (gas, steps): (Vec<&str>, Vec<&str>) =
        failures(world).into_iter().partition(|log| *log == "out of gas");
    let included: u64 = world.chains.all().map(|chain| chain.others).sum();
    let lost = world.rival.won - included;
    assert!(gas.len() as u64 <= lost, "{} out of gas, {lost} of the rival's were lost", gas.len());
    // A connection and a channel, of three steps each that the rival may take before us.
    let most = 6 * (0..world.wanted_paths()).filter(|path| world.rival.serves(*path)).count();
    let is_step = |log: &&str| log.contains(" state is ");
    assert!(steps.iter().all(is_step) && steps.len() <= most, "at most {most}: {steps:?}");
}

/// What the chains said of transactions of ours that failed for another reason than a packet's timeout on its way.
pub(crate) fn failures<C: Channels>(world: &World<C>) -> Vec<&str> {
    let paid = world.chains.all().flat_map(|chain| &chain.paid);
    let failed = paid.filter(|used| used.code != 0 && used.log != "timeout elapsed");
    failed.map(|used| used.log.as_str()).collect()
}
