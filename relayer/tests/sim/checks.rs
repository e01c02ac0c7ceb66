//! What must hold after every step, and at rest.

use std::collections::{BTreeMap, BTreeSet};

use ferry::model::facts::Ask;
use ferry::model::ids::Side;
use ferry::model::rows::SlotRow;
use ferry::plan::work::Work;

use crate::world::World;

/// What must hold after every step.
pub(crate) fn after_step(world: &World) {
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
pub(crate) fn ask(world: &World, ask: &Ask) {
    if let Ask::Offer(slot) = ask {
        assert!(world.store.bytes(slot).is_some(), "{slot:?} is offered before it is written");
    }
}

/// No packet may be in two undecided transactions that could both get into the chain.
fn works_stand_in_one_sequence(world: &World) {
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
fn updates_come_before_dependants(world: &World) {
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

/// Whether the channel is open on both sides.
pub(crate) fn is_linked(world: &World) -> bool {
    [Side::A, Side::B].into_iter().all(|side| {
        let Some(end) = world.channel_end(side) else { return false };
        let channel = world.chains.on(side).core.channel(end.port.as_str(), end.channel.as_str());
        channel.is_ok_and(|channel| channel.state == 3)
    }) && world.model.slots().next().is_none()
}

/// Whether every packet has ended.
pub(crate) fn is_at_rest(world: &World) -> bool {
    world.chains.a.core.commitments() + world.chains.b.core.commitments() == 0
        && world.model.slots().next().is_none()
        && world.model.packets().next().is_none()
}

/// What must hold at rest.
pub(crate) fn at_rest(world: &World) {
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
    let sent: usize = [Side::A, Side::B]
        .into_iter()
        .map(|side| {
            let chain = world.chains.on(side);
            chain.core.effects.keys().filter(|name| name.0 == chain.id).count()
        })
        .sum();
    assert_eq!(sent as u64, world.sent, "every packet sent has ended");
}

/// Messages of ours that were paid for and had nothing to do, and transactions that failed for
/// another reason than that a packet timed out on its way.
pub(crate) fn wasted(world: &World) -> (usize, usize) {
    let paid = || world.chains.a.paid.iter().chain(&world.chains.b.paid);
    let noops = paid().map(|used| used.noops.len()).sum();
    (noops, paid().filter(|used| used.code != 0 && used.log != "timeout elapsed").count())
}
