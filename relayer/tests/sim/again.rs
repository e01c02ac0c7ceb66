//! Steps that a chain refuses: given up, and tried again when somebody asks for it.

use cosmos::wire::tx::any;
use ferry::model::facts::Fact;
use ferry::model::ids::Side;
use ferry::model::notice::Notice;

use crate::setup::Faults;
use crate::traps::begun_by_others;
use crate::world::World;
use crate::{checks, linked, settle};

/// A world in which an application on the other chain takes no channels for a while, until the step is given up.
pub(crate) fn shut_out(seed: u64) -> World {
    let mut world = linked(seed, Faults::default());
    world.chains.b.core.channels.shut = Some("shut");
    world.inject(Side::A, any(&begun_by_others("one", "shut")));
    let given_up =
        |world: &World| world.notices.iter().any(|notice| matches!(notice, Notice::GivenUp { .. }));
    assert!(world.run(9_000, given_up), "it is tried for ever");
    world.chains.b.core.channels.shut = None;
    world
}

pub(crate) fn is_open(world: &World) -> bool {
    let open = |side, port: &str| {
        let channel = world.chains.on(side).core.channel((port, "channel-1"));
        channel.is_ok_and(|channel| channel.state == 3)
    };
    open(Side::A, "one") && open(Side::B, "shut")
}

/// Clearing has the step tried again at once.
#[test]
fn a_step_that_was_given_up_is_tried_again_after_clear() {
    let mut world = shut_out(91);
    assert!(!world.run(600, is_open), "nobody asked for it");
    world.feed(Fact::Clear("ab".into()));
    assert!(world.run(30, is_open), "{:?}", world.notices.last());
    settle(&mut world, 60);
    assert_eq!(checks::wasted(&world), (0, 0));
}
