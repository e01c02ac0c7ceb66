//! Single things that go wrong on real chains, one test each.
//!
//! Where the others are that the design of the engine names, and which rule was taken out, each by itself, to see the
//! test fail (2026-11-23). Where a second rule stands behind the first, as the chain's own refusal does behind most, only
//! the time that passes or what is paid tells.
//!
//! | trap | test | taken out |
//! |---|---|---|
//! | an update of another account, or one behind it, may come too late | `checks::updates_come_before_dependants`, after each step of every test; `storms_lose_nothing` runs into it | `unwant_orphans` |
//! | a failed message takes the update along | the same check; `packets_are_received_and_acknowledged_once` | the update alone when dependants follow |
//! | an evicted or silently dropped transaction may still be included | `what_a_mempool_lost_is_offered_again`; `delays_pass_through_kills_lost_answers_and_rivals`; `storms_lose_nothing` | offering again after two blocks; holding the works of a refused transaction that some mempool may have; forgetting it when it has expired |
//! | a refused transaction leaves its sequence unused | `a_sequence_whose_transaction_is_refused_is_filled_at_once` | the lowest free sequence first; an update where nothing else fills it |
//! | `CheckTx` names no message, simulating in the pipeline races it | `isolation` | simulating with the update; the probe's name instead of the lane's; trying apart what fails without a name |
//! | fees are charged on the limit | `gas_limits_follow_gas_used`, `a_single_packet_never_runs_out_of_gas`, `plan::gas` | the multiplier; the fee in simulations |
//! | a mempool that is rechecked stalls consensus | `what_is_on_its_way_stays_within_two_blocks` | the window |
//! | a header ahead of the other clock | `headers_ahead_of_the_other_clock_are_held_back` | the bound of the newest header |
//! | a timeout that elapses by inclusion | `a_packet_about_to_expire_takes_no_other_with_it` | the margin |
//! | a proof of another height, or of nothing | `drive::answer`, `packages/cosmos/tests/rpc.rs`, `golden.rs` | not tried |
//! | transactions and bodies have a size | `plan::batch` | not tried |
//! | ibc-go v8 wants proofs of clients in handshakes | `handshakes_prove_clients_to_chains_that_demand_it`; `handshakes_of_busy_clients_prove_what_one_state_has` | those proofs |

use cosmos::keys::Key;
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan, any};
use ferry::model::ids::{Side, Span, Time};
use ferry::model::notice::Notice;
use ferry::plan::explain::{Why, explain, explain_path};
use ferry::plan::idle::Idle;
use ferry::plan::work::Work;
use ibc_proto::ibc::core::channel::v1::{Channel, Counterparty, MsgChannelOpenInit};
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;

use crate::checks;
use crate::setup::{Expiry, Faults, Sending, Setup};
use crate::world::{MILLI, SECOND, World};
use crate::{light, linked, settle};

pub(crate) const LATE: Expiry = Expiry::Seconds(9_000);

pub(crate) fn link(setup: Setup) -> World {
    let mut world = World::with(setup);
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    world
}

pub(crate) fn why_waits(world: &World) -> Vec<Why> {
    world.model.packets().map(|row| explain(&world.model, &row.key)).collect()
}

/// A header beyond the destination's clock and drift is refused: an older one is taken.
#[test]
fn headers_ahead_of_the_other_clock_are_held_back() {
    let mut world = link(Setup { lag: 20 * SECOND, ..Setup::default() });
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count: 30, expiry: LATE });
    }
    settle(&mut world, 120);
    assert_eq!((checks::wasted(&world), world.notices), ((0, 0), Vec::new()));
}

/// It is the client's own drift that counts, not that with which ferry would make one now.
#[test]
fn a_client_is_held_to_the_drift_that_it_was_made_with() {
    let mut world = link(Setup { lag: 20 * SECOND, ..Setup::default() });
    world.retune(|chain| chain.max_clock_drift = Span::seconds(3_600));
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count: 30, expiry: LATE });
    }
    settle(&mut world, 120);
    assert_eq!((checks::wasted(&world), world.notices), ((0, 0), Vec::new()));
}

/// A packet that may time out before its message is included has a transaction of its own: the chain
/// would fail all that is with it.
#[test]
fn a_packet_about_to_expire_takes_no_other_with_it() {
    let mut world = linked(14, Faults::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 30, expiry: LATE });
    world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: Expiry::Seconds(8) });
    let soon = Time(world.now + 20 * SECOND);
    let is_soon = |world: &World, work: &Work| {
        let Work::Recv(key) = work else { return false };
        world.model.packets().any(|row| row.key == *key && row.timeout.time < soon)
    };
    let carries = |world: &World| {
        world.model.slots().any(|slot| slot.works.iter().any(|work| is_soon(world, work)))
    };
    assert!(world.run(20, carries), "it is not tried: {:?}", world.notices);
    let shared = |world: &World| {
        let mut slots = world.model.slots().filter(|slot| slot.works.len() > 1);
        slots.any(|slot| slot.works.iter().any(|work| is_soon(world, work)))
    };
    assert!(!shared(&world) && !world.run(20, shared), "it shares its transaction");
    settle(&mut world, 120);
    let received = world.chains.b.core.effects.values().filter(|effects| effects.received == 1);
    assert_eq!((received.count(), checks::wasted(&world)), (31, (0, 0)));
}

/// One whose timeout would come first is not sent, and one for which there is no room says so: neither waits for a block
/// that proves it.
#[test]
fn what_cannot_arrive_or_has_no_room_says_so() {
    let mut world = link(Setup::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: Expiry::Blocks(1) });
    let expires =
        |world: &World| why_waits(world).iter().any(|why| matches!(why, Why::Expires { .. }));
    assert!(world.run(20, expires), "{:?}", why_waits(&world));
    settle(&mut world, 60);
    world.send_at(Sending { at: 1, from: Side::A, count: 2_000, expiry: LATE });
    let queues = |world: &World| {
        let whys = why_waits(world);
        let count = whys.iter().filter(|why| matches!(why, Why::Queues { .. })).count();
        assert!(count == 0 || !whys.iter().any(|why| matches!(why, Why::Next { .. })), "{whys:?}");
        count > 500
    };
    assert!(world.run(20, queues), "{:?}", why_waits(&world).last());
    settle(&mut world, 300);
}

/// On a path that is paused nothing is said of a packet but that: it would not help if it could arrive.
#[test]
fn what_waits_on_a_paused_path_says_so() {
    let mut world = link(Setup::default());
    world.pause([0]);
    for expiry in [Expiry::Blocks(1), Expiry::Seconds(4), Expiry::Seconds(9), LATE] {
        world.send_at(Sending { at: 1, from: Side::A, count: 3, expiry });
    }
    let is_paused = |why: &Why| matches!(why, Why::Waits { idle: Idle::Paused, .. });
    let says_other = |world: &World| !why_waits(world).iter().all(is_paused);
    assert!(!world.run(30, says_other), "{:?}", why_waits(&world));
    assert_eq!(why_waits(&world).len(), 12);
    world.pause([]);
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// Nothing ticks: a packet is received within a block of its own chain, one of the other, and what reading and asking
/// take, whenever it is sent.
#[test]
fn a_packet_is_received_within_a_block_of_each_chain() {
    let mut world = link(Setup::default());
    let received = |world: &World| {
        world.chains.b.core.effects.values().map(|effects| effects.received).sum::<u32>()
    };
    for number in 1..=20 {
        let pause = world.rng.below(4_000) * MILLI;
        let until = world.now + pause;
        world.run(5, |world| world.now >= until);
        world.send_at(Sending { at: 0, from: Side::A, count: 1, expiry: LATE });
        assert!(world.run(5, |world| world.sent() == number), "it is sent");
        let sent = world.now;
        assert!(world.run(10, |world| u64::from(received(world)) == number));
        // Intervals of 1 s and 1.7 s, each up to 0.2 s longer; reading and asking take up to 0.4 s.
        let took = (world.now - sent) / MILLI;
        assert!(took <= 1_200 + 1_900 + 400, "packet {number} took {took} ms");
    }
    settle(&mut world, 60);
}

/// What was read is stored: a start looks for nothing, and relays at once.
#[test]
fn a_start_scans_nothing_and_relays_at_once() {
    let mut world = link(Setup::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 200, expiry: LATE });
    world.run(3, |_| false);
    assert!(world.model.packets().count() > 100);
    let before = (world.scans, world.sent());
    world.sleep(20);
    settle(&mut world, 20);
    assert_eq!((world.scans, world.sent()), before);
}

/// The first step of a channel's handshake on the first connection.
pub(crate) fn begun_by_others(port: &str, other_port: &str) -> MsgChannelOpenInit {
    let counterparty = Counterparty { port_id: other_port.into(), channel_id: String::new() };
    let channel = Channel {
        state: 1,
        ordering: 1,
        counterparty: Some(counterparty),
        connection_hops: vec!["connection-0".to_owned()],
        version: "v".into(),
        upgrade_sequence: 0,
    };
    MsgChannelOpenInit { port_id: port.into(), channel: Some(channel), signer: "x".into() }
}

#[test]
fn a_channel_begun_by_others_is_opened() {
    for side in [Side::A, Side::B] {
        let mut world = linked(8, Faults::default());
        world.inject(side, any(&begun_by_others("one", "two")));
        let is_open = |world: &World| {
            let open = |side, port: &str| {
                let channel = world.chains.on(side).core.channel((port, "channel-1"));
                channel.is_ok_and(|channel| channel.state == 3)
            };
            open(side, "one") && open(side.other(), "two")
        };
        assert!(world.run(60, is_open), "{:?}", world.notices);
    }
}

/// A sequence that we did not sign means that the key is used elsewhere: nothing more is signed until
/// it has been left alone for a while.
#[test]
fn a_foreign_transaction_with_our_key_pauses_the_lane_until_there_are_no_more() {
    let mut world = linked(9, Faults::default());
    sign_elsewhere(&mut world);
    world.run(5, |_| false);
    let is_told = |notice: &Notice| matches!(notice, Notice::ForeignTx { .. });
    assert!(world.notices.iter().any(is_told), "{:?}", world.notices);
    world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: LATE });
    for _ in 0..3 {
        world.run(10, |_| false);
        let whys = why_waits(&world);
        assert!(matches!(whys[..], [Why::Waits { idle: Idle::Lane, .. }]), "{whys:?}");
        let why = explain_path(&world.model, &"ab".into());
        assert!(why.contains("`beta-4` waits: ") && why.contains("somebody else uses it"), "{why}");
        sign_elsewhere(&mut world);
    }
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
    let resumed = |notice: &&Notice| matches!(notice, Notice::LaneResumed { .. });
    let pauses = world.notices.iter().filter(|notice| is_told(notice)).count();
    assert_eq!((pauses, world.notices.iter().filter(resumed).count()), (1, 1));
}

/// Two who use one key get on, one after the other, and nothing is lost.
#[test]
fn a_key_used_elsewhere_all_the_time_loses_nothing() {
    let faults = Faults { kill: 2, slow: 10, ..Faults::default() };
    let mut world = linked(11, faults);
    for at in 1..40 {
        world.send_at(Sending { at, from: Side::A, count: 2, expiry: LATE });
    }
    for _ in 0..20 {
        world.run(3, |_| false);
        sign_elsewhere(&mut world);
    }
    settle(&mut world, 300);
}

/// Has a transaction signed with the key of our lane on B, by somebody else.
fn sign_elsewhere(world: &mut World) {
    let key = Key::from_secret(&[2; 32]).expect("the secret of the lane on B");
    let chain = &mut world.chains.b;
    let sequence = chain.core.sequences[chain.lane().address.as_str()];
    let fee = Fee { gas_limit: 100_000, amount: 10_000, denom: "stake".into(), granter: None };
    let plan = TxPlan {
        chain_id: &chain.id.clone(),
        account_number: 1,
        sequence,
        msgs: &[],
        fee: &fee,
        memo: &format!("by hand at {}", chain.height),
        timeout_height: 0,
        extension_options: &[],
    };
    chain.offer(&sign(&key, &plan).bytes);
}

/// ibc-go v8 refuses handshakes that do not prove the other chain's client of it.
#[test]
fn handshakes_prove_clients_to_chains_that_demand_it() {
    let mut world = World::new(12, Faults::default());
    world.chains.a.is_strict = true;
    world.chains.b.is_strict = true;
    assert!(world.run(600, checks::is_linked), "the channel opens: {:?}", world.notices);
    assert_eq!((checks::wasted(&world), world.notices), ((0, 0), Vec::new()));
}

/// The same while others bring a new header with every block: the one that the newest block brought is not in the state
/// that is proved.
#[test]
fn handshakes_of_busy_clients_prove_what_one_state_has() {
    let mut world = World::new(12, Faults::default());
    world.chains.all_mut().for_each(|chain| chain.is_strict = true);
    let mut updates = 0;
    let is_open = (0..120).any(|_| {
        for side in [Side::A, Side::B] {
            updates += u32::from(update_by_others(&mut world, side));
        }
        world.run(1, checks::is_linked)
    });
    assert!(is_open && updates > 10, "{updates} updates by others: {:?}", world.notices);
    assert_eq!((checks::wasted(&world), world.notices), ((0, 0), Vec::new()));
}

/// Brings the newest header to the client on a side, once there is one.
fn update_by_others(world: &mut World, side: Side) -> bool {
    let client_id = "07-tendermint-0".to_owned();
    let Ok(known) = world.chains.on(side).core.client(&client_id) else { return false };
    let other = world.chains.on(side.other());
    let trusted = known.latest_height.unwrap_or_default().revision_height;
    let message = light::pack(&other.headers[&other.height], trusted);
    let (client_message, signer) = (Some(message), "others".to_owned());
    world.inject(side, any(&MsgUpdateClient { client_id, client_message, signer }));
    true
}

/// What waits in a mempool is checked again after every block: a flood of it stalls consensus.
#[test]
fn what_is_on_its_way_stays_within_two_blocks() {
    let mut world = linked(13, Faults::default());
    world.send_at(Sending { at: 1, from: Side::A, count: 2_000, expiry: LATE });
    let block = world.chains.b.block_gas;
    let is_flooded = |world: &World| {
        [Side::A, Side::B].into_iter().any(|side| {
            let id = &world.chains.on(side).id;
            let here = world.model.slots().filter(|slot| slot.id.lane.chain.as_str() == id);
            // What a transaction costs besides its messages is not counted beforehand.
            here.map(|slot| slot.gas_limit).sum::<u64>() > 2 * block + block / 2
        })
    };
    assert!(!world.run(8, is_flooded), "more than two blocks' worth is on its way");
    assert!(world.model.packets().count() > 500, "there was no flood");
    settle(&mut world, 300);
}

/// The smallest transactions have no room for 16,000 gas that a simulation without a fee leaves out.
#[test]
fn a_single_packet_never_runs_out_of_gas() {
    let mut world = linked(11, Faults::default());
    for at in 0..10 {
        world.send_at(Sending { at: 4 * at, from: Side::A, count: 1, expiry: LATE });
    }
    settle(&mut world, 120);
    assert_eq!((checks::wasted(&world), world.notices), ((0, 0), Vec::new()));
}

/// Batches of many packets pay for little more gas than they use.
#[test]
fn gas_limits_follow_gas_used() {
    let mut world = linked(10, Faults::default());
    world.chains.a.block_gas = 200_000_000;
    let before = paid(&world);
    world.send_at(Sending { at: 1, from: Side::B, count: 400, expiry: LATE });
    settle(&mut world, 120);
    let after = paid(&world);
    let (limits, used) = (after.0 - before.0, after.1 - before.1);
    assert!(limits * 100 <= used * 113, "{limits} gas paid for, {used} used");
}

fn paid(world: &World) -> (u64, u64) {
    let chains = [&world.chains.a, &world.chains.b];
    let used = chains.iter().flat_map(|chain| &chain.paid).map(|used| used.gas_used).sum();
    (chains.iter().map(|chain| chain.gas_limits).sum(), used)
}
