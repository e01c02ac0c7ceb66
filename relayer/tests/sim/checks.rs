//! What must hold after every step, and at rest.

use std::collections::{BTreeMap, BTreeSet};

use ferry::model::facts::Ask;
use ferry::model::ids::Side;
use ferry::model::rows::SlotRow;
use ferry::plan::work::Work;

use crate::channels::Channels;
use crate::world::World;

/// What must hold after every step.
pub(crate) fn after_step<C: Channels>(world: &World<C>) {
    works_stand_in_one_sequence(world);
    updates_come_before_dependants(world);
    if world.steps % 4 == 0 {
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

/// No packet may be in two undecided transactions that could both get into the chain.
fn works_stand_in_one_sequence<C: Channels>(world: &World<C>) {
    let mut places: BTreeMap<&Work, BTreeSet<(&str, u64)>> = BTreeMap::new();
    for slot in world.model.slots() {
        for work in slot.works.iter().filter(|work| !matches!(work, Work::CreateClient)) {
            let place = (slot.id.lane.chain.as_str(), slot.id.sequence);
            places.entry(work).or_default().insert(place);
        }
    }
    for (work, places) in places {
        let chains: BTreeSet<&str> = places.iter().map(|(chain, _)| *chain).collect();
        assert_eq!(chains.len(), places.len(), "{work} stands in several transactions: {places:?}");
    }
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
        let chain = world.chains.on(slot.flow.to);
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
        && world.chains.a.core.channels.commitments() == 0
        && world.chains.b.core.channels.commitments() == 0
        && world.model.slots().next().is_none()
        && world.model.packets().next().is_none()
}

/// What must hold at rest.
pub(crate) fn at_rest<C: Channels>(world: &World<C>) {
    for side in [Side::A, Side::B] {
        let (here, there) = (world.chains.on(side), world.chains.on(side.other()));
        for (name, effects) in &here.core.effects {
            let (chain, channel, seq) = &**name;
            if *chain != here.id {
                assert_eq!(effects.received, 1, "{seq} was received more than once");
                continue;
            }
            let over = there.core.effects.get(&("other".to_owned(), channel.clone(), *seq));
            let received = over.map_or(0, |effects| effects.received);
            let ended = (effects.acknowledged, effects.timed_out);
            let expected = if received == 1 { (1, 0) } else { (0, 1) };
            assert_eq!(ended, expected, "{chain} {seq} was received {received} times");
        }
    }
    for chain in [&world.chains.a, &world.chains.b] {
        let ended = chain.core.effects.keys().filter(|name| name.0 == chain.id).count();
        assert_eq!(ended as u64, chain.core.channels.sent(), "every packet sent has ended");
    }
}

/// Messages of ours that were paid for and had nothing to do, and transactions that failed for
/// another reason than that a packet timed out on its way.
pub(crate) fn wasted<C: Channels>(world: &World<C>) -> (usize, usize) {
    let paid = || world.chains.a.paid.iter().chain(&world.chains.b.paid);
    let noops = paid().map(|used| used.noops.len()).sum();
    (noops, paid().filter(|used| used.code != 0 && used.log != "timeout elapsed").count())
}
