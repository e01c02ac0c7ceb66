//! Clients grow old: they are refreshed while nothing is relayed, and dead ones park their path.

use ferry::model::ids::{Side, Span};
use ferry::model::notice::Notice;
use ferry::plan::explain::Why;
use ferry::plan::idle::Idle;

use crate::checks;
use crate::settle;
use crate::setup::{Faults, Sending, Setup};
use crate::traps::{LATE, link, why_waits};
use crate::world::{SECOND, World};

const CLIENT: &str = "07-tendermint-0";
const PERIOD: u64 = 300;

fn short_lived(faults: Faults) -> World {
    link(Setup { faults, trusting_period: Span::seconds(PERIOD), ..Setup::default() })
}

/// How old the newest header is, in seconds, that the client on a side knows.
pub(crate) fn age(world: &World, side: Side) -> u64 {
    let chain = world.chains.on(side);
    let facts = chain.core.look(CLIENT, chain.time).expect("the client is there");
    chain.time.saturating_sub(facts.time.0) / SECOND
}

#[test]
fn idle_clients_are_refreshed_long_before_they_expire() {
    let mut world = short_lived(Faults::default());
    let paid = |world: &World| world.chains.a.paid.len() + world.chains.b.paid.len();
    let before = paid(&world);
    let grows_old = |world: &World| {
        [Side::A, Side::B].into_iter().any(|side| age(world, side) > PERIOD * 7 / 10)
    };
    assert!(!world.run(10 * PERIOD, grows_old), "a client is not refreshed");
    let refreshes = paid(&world) - before;
    assert!((28..=34).contains(&refreshes), "{refreshes} transactions in ten periods");
    assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
}

#[test]
fn idle_clients_live_on_through_kills_and_lost_answers() {
    let faults = Faults { kill: 5, lost: 10, vanish: 20, stale: 20, ..Faults::default() };
    let mut world = short_lived(faults);
    let dies = |world: &World| {
        [Side::A, Side::B].into_iter().any(|side| age(world, side) > PERIOD * 9 / 10)
    };
    assert!(!world.run(10 * PERIOD, dies), "a client is not refreshed: {:?}", world.notices);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Nothing is paid for a client that expired, the operator is told once, and when governance has
/// revived it everything goes on by itself.
#[test]
fn an_expired_client_parks_its_flow_until_it_is_revived() {
    let mut world = short_lived(Faults::default());
    world.sleep(PERIOD + 10);
    world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry: LATE });
    world.run(200, |_| false);
    let is_told = |notice: &&Notice| matches!(notice, Notice::ClientUnusable { .. });
    assert_eq!(world.notices.iter().filter(is_told).count(), 2, "{:?}", world.notices);
    for why in why_waits(&world) {
        assert!(matches!(why, Why::Waits { idle: Idle::Parked(_), .. }), "{why}");
    }
    assert_eq!(checks::wasted(&world), (0, 0));
    for side in [Side::A, Side::B] {
        let other = world.chains.on(side.other());
        let header = other.headers[&other.height].clone();
        let chain = world.chains.on_mut(side);
        let at = chain.context(chain.height, chain.time);
        chain.core.recover_client(&at, CLIENT, &header);
    }
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0));
}
