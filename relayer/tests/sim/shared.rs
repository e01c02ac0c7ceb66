//! Several paths over one pair of clients: what one learns of a client, all of them know.

use cosmos::wire::tx::any;
use ferry::model::ids::{Both, Order, PathId, Side, Span};
use ferry::model::notice::Notice;
use ferry::model::rows::{EndState, Ibc, PathEnd, PathRow};
use ferry::model::state::ClientStatus;
use ibc_proto::ibc::core::commitment::v1::MerklePrefix;
use ibc_proto::ibc::core::connection::v1::{Counterparty, MsgConnectionOpenInit};

use crate::clients::age;
use crate::misbehaviour::{FAULTS, forge, status};
use crate::setup::{Expiry, Faults, Sending, Setup, wanted};
use crate::traps::{LATE, link};
use crate::world::World;
use crate::{checks, pairs, settle};

const CLIENT: &str = "07-tendermint-0";
const PERIOD: u64 = 300;

/// Wants one more path over the clients of the first: with a connection of its own, or by IBC v2.
fn want_beside(world: &mut World, ibc: Ibc) {
    let first = world.model.paths().next().expect("there is a path").clone();
    // In the order of names it is before the first, which must not matter.
    let path = PathId::from("aa");
    let (row, mut channels) = wanted(first.chains, Order::Unordered, Span(0));
    channels.iter_mut().for_each(|channel| channel.path = path.clone());
    channels.retain(|_| ibc == Ibc::V1);
    let end = |end: &PathEnd| PathEnd {
        client: end.client.clone(),
        consensus: end.consensus.clone(),
        ..PathEnd::default()
    };
    let ends = Both { a: end(&first.ends.a), b: end(&first.ends.b) };
    world.want(PathRow { path: path.clone(), ends, ibc, ..row }, channels);
    let is_open = |world: &World| {
        let open = |side: Side| {
            let row = world.model.path(&path).expect("the path is stored");
            row.ends.on(side).state == EndState::Open
        };
        let stands = ibc == Ibc::V2 || world.is_path_open(1);
        stands && open(Side::A) && open(Side::B) && world.model.slots().next().is_none()
    };
    assert!(world.run(600, is_open), "the second path opens: {:?}", world.notices);
}

fn beside(ibc: Ibc, faults: Faults) -> World {
    let mut world = link(Setup { trusting_period: Span::seconds(PERIOD), ..Setup::default() });
    want_beside(&mut world, ibc);
    world.faults = faults;
    world
}

fn paid(world: &World) -> usize {
    world.chains.a.paid.len() + world.chains.b.paid.len()
}

/// As many as when there is one path, and what both paths send arrives afterwards.
#[test]
fn clients_of_several_paths_are_refreshed_once() {
    for ibc in [Ibc::V1, Ibc::V2] {
        let mut world = beside(ibc, Faults::default());
        let before = paid(&world);
        let grows_old = |world: &World| {
            [Side::A, Side::B].into_iter().any(|side| age(world, side) > PERIOD * 7 / 10)
        };
        assert!(!world.run(10 * PERIOD, grows_old), "a client is not refreshed");
        let refreshes = paid(&world) - before;
        assert!((28..=36).contains(&refreshes), "{refreshes} transactions in ten periods, {ibc:?}");
        send_on_both(&mut world, ibc);
        settle(&mut world, 120);
        assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
    }
}

#[test]
fn clients_of_several_paths_live_on_through_kills_and_lost_answers() {
    let faults = Faults { kill: 5, lost: 10, vanish: 20, stale: 20, ..Faults::default() };
    for ibc in [Ibc::V1, Ibc::V2] {
        let mut world = beside(ibc, faults);
        let dies = |world: &World| {
            [Side::A, Side::B].into_iter().any(|side| age(world, side) > PERIOD * 9 / 10)
        };
        assert!(!world.run(5 * PERIOD, dies), "a client is not refreshed: {:?}", world.notices);
        send_on_both(&mut world, ibc);
        settle(&mut world, 900);
        assert_eq!(checks::wasted(&world), (0, 0));
    }
}

fn send_on_both(world: &mut World, ibc: Ibc) {
    for from in [Side::A, Side::B] {
        let sending = Sending { at: 1, from, count: 20, expiry: LATE };
        match ibc {
            Ibc::V1 => world.send_on(1, &sending, |number| vec![number as u8]),
            Ibc::V2 => world.send_between_clients_at(0, sending.clone()),
        }
        world.send_at(sending);
    }
}

/// One proof is enough, and neither path sends anything to the frozen client.
#[test]
fn all_paths_of_a_client_hear_that_it_is_frozen() {
    for faults in [Faults::default(), FAULTS] {
        let mut world = beside(Ibc::V1, faults);
        world.run(10, |_| false);
        let (height, time) = (world.chains.a.height - 1, world.chains.a.time);
        forge(&mut world, height, time);
        let frozen = |world: &World| status(world, Side::B) == ClientStatus::Frozen;
        assert!(world.run(120, frozen), "the client is not frozen: {:?}", world.notices);
        world.run(60, |_| false);
        world.faults = Faults::default();
        let is_told = |notice: &&Notice| matches!(notice, Notice::Misbehaviour { .. });
        let told = world.notices.iter().filter(is_told).count();
        assert!(told == 1 || faults.kill > 0, "{:?}", world.notices);
        let before = world.chains.b.paid.len();
        send_on_both(&mut world, Ibc::V1);
        world.run(60, |_| false);
        assert_eq!(world.chains.b.paid.len(), before, "nothing is paid for a frozen client");
        assert_eq!(checks::wasted(&world), (0, 0));
    }
}

/// Anybody may begin a connection over any client: a pair of clients is none the worse for it.
#[test]
fn a_connection_begun_by_others_does_not_stop_a_pair_of_clients() {
    let mut world = pairs::paired(44, Faults::default());
    let prefix = Some(MerklePrefix { key_prefix: b"ibc".to_vec() });
    for side in [Side::A, Side::B] {
        let begun = MsgConnectionOpenInit {
            client_id: CLIENT.to_owned(),
            counterparty: Some(Counterparty {
                client_id: CLIENT.to_owned(),
                connection_id: String::new(),
                prefix: prefix.clone(),
            }),
            ..MsgConnectionOpenInit::default()
        };
        world.inject(side, any(&begun));
    }
    world.run(10, |_| false);
    for from in [Side::A, Side::B] {
        let expiry = Expiry::Seconds(600);
        world.send_between_clients_at(0, Sending { at: 1, from, count: 5, expiry });
    }
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0));
}
