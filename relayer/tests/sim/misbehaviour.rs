//! Validators who sign two headers.

use cosmos::wire::tx::any;
use ferry::model::ids::Side;
use ferry::model::notice::Notice;
use ferry::model::state::ClientStatus;
use ferry::plan::explain::Why;
use ferry::plan::idle::Idle;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;

use crate::gaps::prune;
use crate::light::{self, SimHeader};
use crate::setup::{Faults, Sending};
use crate::traps::{LATE, why_waits};
use crate::world::{SECOND, World};
use crate::{busy, checks, linked, settle};

const CLIENT: &str = "07-tendermint-0";
pub(crate) const FAULTS: Faults =
    Faults { lost: 10, slow: 20, twice: 10, stale: 20, vanish: 10, kill: 5, ..Faults::NONE };

pub(crate) fn status(world: &World, side: Side) -> ClientStatus {
    let chain = world.chains.on(side);
    chain.core.look(CLIENT, chain.time).expect("the client is there").status
}

/// Somebody gives the client on B a header that A's validators signed and A never made.
pub(crate) fn forge(world: &mut World, height: u64, time: u64) {
    let chain = world.chains.a.id.clone();
    let root = light::forged(&chain, height);
    give(world, &SimHeader { chain, height, time, root });
}

/// Somebody gives the client on B a header.
fn give(world: &mut World, header: &SimHeader) {
    let b = &world.chains.b;
    let trusted = b.core.look(CLIENT, b.time).expect("the client is there").latest;
    assert!(header.height > trusted, "the client knows the height already");
    let update = MsgUpdateClient {
        client_id: CLIENT.to_owned(),
        client_message: Some(light::pack(header, trusted)),
        signer: "x".to_owned(),
    };
    world.inject(Side::B, any(&update));
}

/// The client on B freezes; packets to it wait, the operator is told, the other direction does not mind.
fn assert_freezes(world: &mut World) {
    let frozen = |world: &World| status(world, Side::B) == ClientStatus::Frozen;
    assert!(world.run(120, frozen), "the client is not frozen: {:?}", world.notices);
    world.send_at(Sending { at: 1, from: Side::A, count: 2, expiry: LATE });
    world.run(60, |_| false);
    let parked = |why: &Why| match why {
        Why::Waits { idle: Idle::Parked(reason), .. } => reason.contains("it is frozen"),
        _ => false,
    };
    let wait = |world: &World| {
        let whys = why_waits(world);
        whys.len() == 2 && whys.iter().all(parked)
    };
    assert!(world.run(60, wait), "{:?}", why_waits(world));
    let told = |notice: &Notice| matches!(notice, Notice::Misbehaviour { .. });
    assert!(world.notices.iter().any(told), "{:?}", world.notices);
    assert_eq!(status(world, Side::A), ClientStatus::Active);
    assert_eq!(checks::wasted(world), (0, 0));
}

#[test]
fn a_client_that_was_given_another_header_of_a_height_is_frozen() {
    for faults in [Faults::default(), FAULTS] {
        let mut world = linked(81, faults);
        world.run(10, |_| false);
        let (height, time) = (world.chains.a.height - 1, world.chains.a.time);
        forge(&mut world, height, time);
        assert_freezes(&mut world);
    }
}

/// Until the client is frozen, its packets wait for that, and not for room or a block.
#[test]
fn packets_wait_until_the_client_is_frozen_and_say_so() {
    let mut world = linked(87, Faults { slow: 100, ..Faults::default() });
    world.run(10, |_| false);
    let (height, time) = (world.chains.a.height - 1, world.chains.a.time);
    forge(&mut world, height, time);
    let is_proved = |world: &World| {
        world.model.path(&"ab".into()).is_some_and(|path| path.ends.b.evidence.is_some())
    };
    assert!(world.run(60, is_proved), "{:?}", world.notices);
    world.send_at(Sending { at: 0, from: Side::A, count: 3, expiry: LATE });
    let is_it = |why: &Why| matches!(why, Why::Waits { idle: Idle::Misbehaviour, .. });
    let waits = |world: &World| why_waits(world).iter().filter(|why| is_it(why)).count() == 3;
    assert!(world.run(10, waits), "{:?}", why_waits(&world));
    // Evidence goes meanwhile, and they do not go with it.
    let is_over = |world: &World| status(world, Side::B) == ClientStatus::Frozen || !waits(world);
    assert!(world.run(60, is_over) && waits(&world), "{:?}", why_waits(&world));
}

/// The header is of a height that the chain reaches in years, but its time will soon be past.
#[test]
fn a_client_that_was_given_a_header_of_the_future_is_frozen() {
    for faults in [Faults::default(), FAULTS] {
        let mut world = linked(82, faults);
        world.run(10, |_| false);
        let time = world.chains.a.time + 5 * SECOND;
        forge(&mut world, 1_000_000_000, time);
        assert_freezes(&mut world);
    }
}

/// The header came in a block that no node keeps any more. The client's state tells of it, be it the newest
/// that the client knows or one among others.
#[test]
fn a_client_that_was_given_another_header_unseen_is_frozen() {
    for (faults, is_newest) in
        [(Faults::default(), true), (Faults::default(), false), (FAULTS, false)]
    {
        let mut world = linked(85, faults);
        world.run(10, |_| false);
        let (height, time) = (world.chains.a.height, world.chains.a.time);
        forge(&mut world, height - 1, time);
        if !is_newest {
            let honest = world.chains.a.headers[&height].clone();
            give(&mut world, &honest);
        }
        world.sleep(30);
        prune(&mut world);
        assert_freezes(&mut world);
    }
}

/// The one header that is wrong is the oldest of more than may wait to be compared.
#[test]
fn no_header_of_a_long_gap_is_passed_over() {
    const GIVEN: u64 = 1_500;
    for kill in [0, 1] {
        let mut world = linked(86, Faults { kill, ..Faults::default() });
        world.run(10, |_| false);
        let first = world.chains.a.height + 1;
        world.sleep(2 * GIVEN);
        let time = world.chains.a.headers[&first].time;
        forge(&mut world, first, time);
        for height in first + 1..first + GIVEN {
            let honest = world.chains.a.headers[&height].clone();
            give(&mut world, &honest);
        }
        world.sleep(5);
        prune(&mut world);
        assert_freezes(&mut world);
        assert!(world.compared >= GIVEN, "{} were compared", world.compared);
    }
}

/// Each header of others costs one question, ours none.
#[test]
fn honest_headers_are_no_evidence_and_looked_at_once() {
    let mut world = linked(83, Faults { rival: 60, ..Faults::default() });
    world.rival.is_elsewhere = true;
    busy(&mut world);
    settle(&mut world, 900);
    let told = |notice: &Notice| matches!(notice, Notice::Misbehaviour { .. });
    assert!(!world.notices.iter().any(told), "{:?}", world.notices);
    let (compared, won) = (world.compared, world.rival.won);
    assert!(compared > 3 && compared <= won, "{compared} for {won} updates of others");
    let mut world = linked(83, Faults::default());
    busy(&mut world);
    settle(&mut world, 900);
    assert_eq!(world.compared, 0);
}
