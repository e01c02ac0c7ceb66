//! Others who pay fees.

use ferry::model::config::ChainConfig;
use ferry::model::ids::{Address, Side};
use ferry::model::notice::Notice;
use ferry::model::purse::Payer;

use crate::keys::{NAMES, address, endow, linked, three_keys};
use crate::money::Allowance;
use crate::setup::{Sending, Setup};
use crate::traps::{LATE, link};
use crate::world::{SECOND, World};
use crate::{checks, settle};

fn granters(config: &mut ChainConfig) {
    config.fee_granters = ["sim1first", "sim1second", "sim1third"].map(Address::from).into();
}

fn grant(world: &mut World, granter: &str, allowance: Allowance) {
    let grantee = address(world, Side::B, 0).to_string();
    let grants = &mut world.chains.b.core.money.grants;
    grants.insert((granter.to_owned(), grantee), allowance);
}

fn allows(left: u128) -> Allowance {
    Allowance { left, expires: u64::MAX, messages: None, gas: 0 }
}

fn paid(world: &World, payer: &str) -> u128 {
    world.chains.b.core.paid(payer)
}

/// Who began to pay on B, in turn.
fn payers(world: &World) -> Vec<String> {
    let payer = |notice: &Notice| match notice {
        Notice::Payer { lane, .. } if lane.chain.as_str() != NAMES[1].0 => None,
        Notice::Payer { payer: Payer::Granter(granter), .. } => Some(granter.to_string()),
        Notice::Payer { payer: Payer::Own, .. } => Some("own".to_owned()),
        _ => None,
    };
    world.notices.iter().filter_map(payer).collect()
}

/// Every grant is looked at before it is used: one that is not there, has ended or is for other messages
/// is passed over and nothing is refused; one that is used up gives way to the next, then to the key.
#[test]
fn grants_are_used_in_turn_while_they_pay() {
    let mut world = link(Setup::default());
    let own = address(&world, Side::B, 0);
    let now = world.now;
    grant(&mut world, "sim1first", Allowance { expires: now - SECOND, ..allows(u128::MAX) });
    grant(&mut world, "sim1second", allows(40_000));
    grant(&mut world, "sim1third", allows(40_000));
    world.reconfigure(granters);
    let before = paid(&world, own.as_str());
    for at in 1..30 {
        world.send_at(Sending { at, from: Side::A, count: 1, expiry: LATE });
    }
    let second_pays = |world: &World| paid(world, "sim1second") > 0;
    assert!(world.run(30, second_pays), "{:?}", world.notices);
    assert_eq!(paid(&world, own.as_str()), before, "the key's own money stays");
    settle(&mut world, 300);
    assert_eq!(payers(&world), ["sim1second", "sim1third", "own"], "{:?}", world.notices);
    assert_eq!(paid(&world, "sim1first"), 0);
    assert!(paid(&world, "sim1second") > 30_000 && paid(&world, "sim1third") > 30_000);
    assert!(paid(&world, own.as_str()) > before);
    assert!(!world.notices.iter().any(|notice| matches!(notice, Notice::Refused { .. })));
    assert_eq!(checks::wasted(&world), (0, 0));
    checks::books(&world);
}

/// A grant for receives only pays for what has nothing else in it, and a granter without money for nothing.
#[test]
fn a_grant_pays_only_for_its_messages() {
    let mut world = link(Setup::default());
    let acks = ["/ibc.core.channel.v1.MsgAcknowledgement".to_owned()];
    grant(&mut world, "sim1first", Allowance { messages: Some(acks.into()), ..allows(u128::MAX) });
    grant(&mut world, "sim1second", allows(u128::MAX));
    endow(&mut world, Side::B, &"sim1second".into(), 5);
    world.reconfigure(granters);
    world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
    settle(&mut world, 60);
    assert_eq!((paid(&world, "sim1first"), paid(&world, "sim1second")), (0, 0));
    assert_eq!(payers(&world), ["own"], "{:?}", world.notices);
    assert!(!world.notices.iter().any(|notice| matches!(notice, Notice::Refused { .. })));
}

/// A grant for other messages makes no empty key one that can pay: its works go to the key with money, and it
/// is said once.
#[test]
fn a_grant_for_other_messages_fills_no_purse() {
    let adjust = |config: &mut ChainConfig| {
        three_keys(config);
        granters(config);
    };
    let mut world = linked(1, Setup { adjust, ..Setup::default() });
    let first = address(&world, Side::B, 0);
    let acks = ["/ibc.core.channel.v1.MsgAcknowledgement".to_owned()];
    grant(&mut world, "sim1first", Allowance { messages: Some(acks.into()), ..allows(u128::MAX) });
    endow(&mut world, Side::B, &first, 5);
    world.reconfigure(adjust);
    for at in 1..6 {
        world.send_at(Sending { at, from: Side::A, count: 10, expiry: LATE });
    }
    settle(&mut world, 120);
    let of_first = |notice: &&Notice| matches!(notice, Notice::LaneEmpty { lane, .. } | Notice::LaneResumed { lane } if lane.address == first);
    let said: Vec<_> = world.notices.iter().filter(of_first).collect();
    assert!(matches!(said[..], [Notice::LaneEmpty { .. }]), "{:?}", world.notices);
    assert!(paid(&world, address(&world, Side::B, 1).as_str()) > 0);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What was granted and is taken back between two looks is refused once, for free, and passed over.
#[test]
fn a_grant_that_is_taken_back_costs_nothing() {
    let mut world = link(Setup::default());
    grant(&mut world, "sim1first", allows(u128::MAX));
    world.reconfigure(granters);
    world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
    settle(&mut world, 60);
    assert!(paid(&world, "sim1first") > 0);
    world.chains.b.core.money.grants.clear();
    world.send_at(Sending { at: 2, from: Side::A, count: 5, expiry: LATE });
    settle(&mut world, 60);
    assert_eq!(payers(&world), ["sim1first", "own"], "{:?}", world.notices);
    let refused = world.notices.iter().filter(|n| matches!(n, Notice::Refused { .. })).count();
    assert_eq!((refused, checks::wasted(&world)), (1, (0, 0)), "{:?}", world.notices);
}

/// What is on its way of those who granted fees before tells nothing of those who do now, and nothing that was
/// prepared before is signed until they are looked at: the key's own money stays where it is.
#[test]
fn whoever_grants_fees_after_a_reload_is_looked_at_before_anything_is_signed() {
    let mut world = link(Setup::default());
    let own = address(&world, Side::B, 0);
    for granter in ["sim1second", "sim1third"] {
        grant(&mut world, granter, allows(u128::MAX));
    }
    let before = paid(&world, own.as_str());
    let turned = |order: [&'static str; 2]| {
        move |config: &mut ChainConfig| config.fee_granters = order.map(Address::from).into()
    };
    // Nobody's answer comes between these two.
    world.retune(|config| config.fee_granters = vec!["sim1first".into()]);
    world.retune(turned(["sim1second", "sim1third"]));
    for turn in 0..30 {
        world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: LATE });
        let prepares =
            |world: &World| world.simulating.values().any(|chain| chain.as_str() == NAMES[1].0);
        assert!(world.run(30, prepares), "{:?}", world.notices);
        let order = ["sim1second", "sim1third"];
        world.retune(turned(if turn % 2 == 0 { [order[1], order[0]] } else { order }));
    }
    settle(&mut world, 60);
    assert_eq!(paid(&world, own.as_str()), before, "{:?}", world.notices);
    assert!(paid(&world, "sim1second") + paid(&world, "sim1third") > 0);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// One whose grant cannot be looked at is no reason not to sign; and what was known of it stands.
#[test]
fn a_grant_that_cannot_be_looked_at_holds_up_no_other() {
    let mut world = link(Setup::default());
    let own = address(&world, Side::B, 0);
    for granter in ["sim1first", "sim1second"] {
        grant(&mut world, granter, allows(u128::MAX));
    }
    world.chains.b.core.money.unread.insert("sim1first".to_owned());
    world.reconfigure(granters);
    let before = paid(&world, own.as_str());
    let carry = |world: &mut World| {
        world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
        settle(world, 60);
    };
    carry(&mut world);
    assert_eq!(payers(&world), ["sim1second"], "{:?}", world.notices);
    world.chains.b.core.money.unread.clear();
    world.run(10, |_| false);
    carry(&mut world);
    world.chains.b.core.money.unread.insert("sim1first".to_owned());
    world.run(120, |_| false);
    carry(&mut world);
    assert_eq!(payers(&world), ["sim1second", "sim1first"], "{:?}", world.notices);
    assert_eq!(paid(&world, own.as_str()), before);
}

/// The only one, unread at the first look, is waited for: the key's own money stays where it is. But not for ever.
#[test]
fn a_grant_that_was_never_read_is_waited_for_where_no_other_pays() {
    let mut world = link(Setup::default());
    let own = address(&world, Side::B, 0);
    grant(&mut world, "sim1first", allows(u128::MAX));
    let begin = |world: &mut World, granter: &'static str| {
        world.chains.b.core.money.unread.insert(granter.to_owned());
        world.retune(|config| config.fee_granters = vec![granter.into()]);
        world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
    };
    let before = paid(&world, own.as_str());
    begin(&mut world, "sim1first");
    world.run(12, |_| false);
    assert!(payers(&world).is_empty(), "{:?}", world.notices);
    world.chains.b.core.money.unread.clear();
    settle(&mut world, 60);
    assert_eq!(payers(&world), ["sim1first"], "{:?}", world.notices);
    assert_eq!(paid(&world, own.as_str()), before);
    begin(&mut world, "sim1second");
    settle(&mut world, 120);
    assert_eq!(payers(&world), ["sim1first", "own"], "{:?}", world.notices);
    assert!(paid(&world, own.as_str()) > before);
}

/// Taking a fee from a grant takes gas too: a batch for which that is too much is halved before it is paid for.
#[test]
fn the_gas_of_a_grant_stays_below_the_most_that_may_be_paid_for() {
    let adjust = |config: &mut ChainConfig| {
        granters(config);
        // Two receives with their update take 293,000, or 301,860 with what is added.
        config.max_gas = Some(302_000);
    };
    let mut world = link(Setup { adjust, ..Setup::default() });
    grant(&mut world, "sim1first", Allowance { gas: 10_000, ..allows(u128::MAX) });
    world.run(61, |_| false);
    for at in 1..4 {
        world.send_at(Sending { at: at * 20, from: Side::A, count: 2, expiry: LATE });
    }
    settle(&mut world, 120);
    assert_eq!(checks::wasted(&world), (0, 0), "{:?}", world.notices);
    assert_eq!(payers(&world), ["own", "sim1first"], "{:?}", world.notices);
}

/// After a restart it is known who was to pay for what is on its way: the messages of a transaction whose grant was
/// taken back are not to blame.
#[test]
fn who_pays_for_what_is_on_its_way_is_known_after_a_restart() {
    let mut world = link(Setup::default());
    grant(&mut world, "sim1first", allows(u128::MAX));
    world.reconfigure(granters);
    world.chains.b.capacity = 0;
    world.send_at(Sending { at: 1, from: Side::A, count: 1, expiry: LATE });
    let is_signed = |world: &World| world.model.slots().any(|slot| slot.granter.is_some());
    assert!(world.run(30, is_signed), "{:?}", world.notices);
    world.sleep(1);
    world.chains.b.core.money.grants.clear();
    world.chains.b.capacity = 1_000;
    settle(&mut world, 120);
    let is_blamed = |notice: &Notice| matches!(notice, Notice::Failing { .. });
    assert!(!world.notices.iter().any(is_blamed), "{:?}", world.notices);
    assert_eq!(checks::wasted(&world), (0, 0));
}
