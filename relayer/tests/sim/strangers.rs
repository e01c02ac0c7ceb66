//! Channels that strangers begin on our connections: who pays for their handshakes.

use cosmos::wire::path;
use cosmos::wire::tx::any;
use ferry::model::config::{ChainConfig, Handshakes};
use ferry::model::ids::{Both, Side, Span};
use ferry::plan::explain::explain_path;
use ibc_proto::ibc::core::channel::v1::{Channel, Counterparty, MsgChannelOpenTry};
use ibc_proto::ibc::core::client::v1::{Height, MsgUpdateClient};
use ibc_proto::ibc::core::commitment::v1::MerklePrefix;
use ibc_proto::ibc::core::connection::v1::{self as connection, MsgConnectionOpenInit};

use crate::light;
use crate::setup::{Sending, Setup};
use crate::traps::{LATE, begun_by_others, link};
use crate::world::{SECOND, World};
use crate::{checks, settle};

const CLIENT: &str = "07-tendermint-0";

fn paid(world: &World) -> usize {
    world.chains.a.paid.len() + world.chains.b.paid.len()
}

fn begun(adjust: fn(&mut ChainConfig)) -> World {
    let mut world = link(Setup { seed: 71, adjust, ..Setup::default() });
    world.inject(Side::A, any(&begun_by_others("one", "two")));
    world
}

fn is_open(world: &World) -> bool {
    let open = |side, port: &str| {
        let channel = world.chains.on(side).core.channel((port, "channel-1"));
        channel.is_ok_and(|channel| channel.state == 3)
    };
    open(Side::A, "one") && open(Side::B, "two")
}

/// Another relayer opens the end on B of the channel that was begun on A.
fn try_by_another(world: &mut World) {
    let (from, dst) = (&world.chains.a, &world.chains.b);
    let height = from.height;
    let trusted = dst.core.look(CLIENT, dst.time).expect("the client is there").latest;
    let update = MsgUpdateClient {
        client_id: CLIENT.to_owned(),
        client_message: Some(light::pack(&from.headers[&height], trusted)),
        signer: "x".to_owned(),
    };
    let begun = begun_by_others("one", "two").channel.expect("there is a channel");
    let counterparty = Counterparty { port_id: "one".into(), channel_id: "channel-1".into() };
    let key = path::channel("one", "channel-1");
    let value = from.history[&(height - 1)].get(&key);
    let root = light::root(&from.id, height - 1);
    let opened = MsgChannelOpenTry {
        port_id: "two".into(),
        channel: Some(Channel { state: 2, counterparty: Some(counterparty), ..begun.clone() }),
        counterparty_version: begun.version,
        proof_init: light::proof(&root, &key, value.as_deref()),
        proof_height: Some(Height { revision_number: from.revision, revision_height: height }),
        signer: "x".into(),
        ..MsgChannelOpenTry::default()
    };
    world.inject(Side::B, any(&update));
    world.inject(Side::B, any(&opened));
}

/// Whoever switches it off pays for nobody's channels, but carries their packets, and opens those that it asks for.
#[test]
fn handshakes_of_strangers_are_left_to_others_where_only_our_own_are_wanted() {
    for side in ["alpha-1", "beta-4"] {
        let mut world = begun(|_| {});
        world.run(1, |_| false);
        let own = |config: &mut ChainConfig| {
            if config.id.as_str() == side {
                config.handshakes = Handshakes::Own;
            }
        };
        world.reconfigure(own);
        let before = paid(&world);
        assert!(
            !world.run(60, |world| paid(world) > before),
            "somebody else's channel is paid for"
        );
        let why = explain_path(&world.model, &"ab".into());
        assert!(why.contains(&format!("others began it, and `handshakes` of `{side}`")), "{why}");
        world.link(Both { a: "three", b: "four" }, "v");
        let ours = |world: &World| {
            let end = world.chains.b.core.channel(("four", "channel-1"));
            end.is_ok_and(|channel| channel.state == 3)
        };
        assert!(world.run(60, ours), "{:?}", world.notices);
        world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
        settle(&mut world, 60);
        world.retune(|config| config.handshakes = Handshakes::All);
        let theirs = |world: &World| {
            world.chains.a.core.channel(("one", "channel-1")).is_ok_and(|end| end.state == 3)
        };
        assert!(world.run(60, theirs), "{:?}", world.notices);
    }
}

/// A backup does not open a second end beside the one that another relayer opens, and goes on where that one stops.
#[test]
fn a_backup_leaves_steps_to_others_and_opens_what_they_do_not() {
    let mut world = begun(|config| config.backup_blocks = 20);
    world.run(3, |_| false);
    let before = paid(&world);
    try_by_another(&mut world);
    world.run(15, |_| false);
    assert_eq!(paid(&world), before, "the backup paid");
    let why = explain_path(&world.model, &"ab".into());
    assert!(why.contains("channel ack of channel no. 1 is left to other relayers for"), "{why}");
    assert!(world.run(120, is_open), "{:?}", world.notices);
    let ends = Both { a: &world.chains.a, b: &world.chains.b };
    let count = |side| ends.on(side).core.channels.channels();
    assert_eq!(
        (count(Side::A), count(Side::B)),
        (2, 2),
        "one end each, and that of the first channel"
    );
    assert_eq!(checks::wasted(&world), (0, 0));
}

/// What `ferry link` asked for is waited for by somebody.
#[test]
fn a_backup_opens_its_own_channels_at_once() {
    let mut world = link(Setup { adjust: |config| config.backup_blocks = 200, ..Setup::default() });
    world.link(Both { a: "one", b: "two" }, "v");
    assert!(world.run(30, is_open), "{:?}", world.notices);
}

/// Between the making of a client and the connection over it, anybody may begin one: to another client, or with a delay of
/// a year. It is not taken for the one that is being opened.
#[test]
fn a_connection_that_strangers_begin_over_a_new_client_is_not_taken() {
    let year = 365 * 86_400 * SECOND;
    for (client, delay_period) in [("07-tendermint-9", 0), (CLIENT, year)] {
        let mut world = World::with(Setup { seed: 72, ..Setup::default() });
        let has_client = |world: &World| {
            let chain = &world.chains.a;
            chain.core.look(CLIENT, chain.time).is_ok()
        };
        assert!(world.run(60, has_client), "{:?}", world.notices);
        let begun = MsgConnectionOpenInit {
            client_id: CLIENT.to_owned(),
            counterparty: Some(connection::Counterparty {
                client_id: client.to_owned(),
                connection_id: String::new(),
                prefix: Some(MerklePrefix { key_prefix: b"ibc".to_vec() }),
            }),
            delay_period,
            ..MsgConnectionOpenInit::default()
        };
        world.inject(Side::A, any(&begun));
        // The stranger is quicker.
        world.sleep(5);
        assert!(world.run(120, checks::is_linked), "{:?}", world.notices);
        let path = world.model.path(&"ab".into()).expect("the path is stored");
        assert_eq!(path.delay, Span(0));
        assert_eq!(path.ends.a.connection.as_ref().map(|id| id.as_str()), Some("connection-1"));
        world.send_at(Sending { at: 1, from: Side::A, count: 5, expiry: LATE });
        settle(&mut world, 60);
        assert_eq!((checks::wasted(&world), &world.notices[..]), ((0, 0), &[][..]));
    }
}
