//! Packets and channels that are left to others.

use cosmos::wire::tx::any;
use ferry::model::facts::Fact;
use ferry::model::filter::{Filter, Pattern};
use ferry::model::ids::{Both, Side};
use ferry::plan::explain::{Why, explain_path};

use crate::setup::{Expiry, Faults, Sending};
use crate::traps::{LATE, begun_by_others, why_waits};
use crate::world::World;
use crate::{checks, linked, settle};

fn transfer(sender: &str) -> Vec<u8> {
    format!(r#"{{"denom":"stake","amount":"1","sender":"{sender}","receiver":"r"}}"#).into_bytes()
}

fn send(world: &mut World, sender: &str, count: u64) {
    let sending = Sending { at: 1, from: Side::A, count, expiry: LATE };
    world.send_data_at(sending, transfer(sender));
}

fn reasons(world: &World) -> Vec<String> {
    let reason = |why: Why| match why {
        Why::Filtered { reason } => reason,
        why => panic!("filtered, not: {why}"),
    };
    why_waits(world).into_iter().map(reason).collect()
}

/// What a filter excludes waits with its reason, whatever happens, and costs nothing; the rest goes.
/// When the filter is taken away, clearing moves it.
#[test]
fn filtered_packets_wait_with_their_reason_until_the_filter_goes() {
    let faults = Faults { kill: 3, lost: 3, ..Faults::default() };
    let mut world = linked(41, faults);
    let deny = Filter { deny_senders: vec!["spammer".to_owned()], ..Filter::default() };
    world.reconfigure(|config| config.filter = deny.clone());
    send(&mut world, "spammer", 5);
    send(&mut world, "user", 30);
    let is_left = |world: &World| {
        world.is_quiet() && world.sent() == 35 && world.model.packets().count() == 5
    };
    assert!(world.run(300, is_left), "the others arrive: {:?}", world.notices);
    assert!(!world.run(60, |world| world.model.packets().count() != 5), "they were moved");
    assert_eq!(reasons(&world), vec!["`deny_senders` has its sender `spammer`"; 5]);
    assert!(world.chains.b.core.effects.values().all(|effects| effects.received == 1));
    assert_eq!(world.chains.b.core.effects.len(), 30);

    world.reconfigure(|config| config.filter = Filter::default());
    let path = world.model.paths().next().expect("there is a path").path.clone();
    while !world.feed(Fact::Clear(path.clone())) {}
    settle(&mut world, 300);
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// A channel that either chain's filter excludes is served in neither direction, nor opened.
#[test]
fn a_filtered_channel_is_neither_served_nor_opened() {
    let mut world = linked(42, Faults::default());
    let pattern = |text: &str| Pattern::parse(text).expect("it is a pattern");
    let deny_channels = vec![pattern("transfer/channel-0"), pattern("ica*/*")];
    let deny = Filter { deny_channels, ..Filter::default() };
    world.reconfigure(|config| {
        if config.id.as_str() == "beta-4" {
            config.filter = deny.clone();
        }
    });
    for from in [Side::A, Side::B] {
        world.send_at(Sending { at: 1, from, count: 2, expiry: Expiry::Seconds(5) });
    }
    world.inject(Side::A, any(&begun_by_others("transfer", "icahost")));
    let before = (world.chains.a.paid.len(), world.chains.b.paid.len());
    world.run(120, |_| false);
    assert_eq!((world.chains.a.paid.len(), world.chains.b.paid.len()), before, "nothing is paid");
    let expected = "`deny_channels` has `transfer/channel-0`, which `transfer/channel-0` is";
    assert_eq!(reasons(&world), vec![expected; 4]);
    let why = explain_path(&world.model, &"ab".into());
    assert!(why.contains("`deny_channels` has `ica*/*`"), "{why}");

    world.reconfigure(|config| config.filter = Filter::default());
    let is_open = |world: &World| {
        let ends = Both { a: ("transfer", "channel-1"), b: ("icahost", "channel-1") };
        [Side::A, Side::B].into_iter().all(|side| {
            let end = world.chains.on(side).core.channel(*ends.on(side));
            end.is_ok_and(|channel| channel.state == 3)
        })
    };
    assert!(world.run(60, is_open), "{:?}", world.notices);
    settle(&mut world, 120);
}
